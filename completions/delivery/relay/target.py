"""Where a request goes: which of the addresses it is passed on to, and what of its own path stands behind that."""

from completions.outcome import Upstream, joined


def url_of(upstream: Upstream, path: str, query: str, surface: str) -> str | None:
    """Return the address that a request for `path` goes to, of the format `surface`; None where none is for it."""
    base = upstream.server_for(path, surface)
    return None if base is None else joined(base, path) + (f"?{query}" if query else "")
