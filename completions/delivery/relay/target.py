"""Where a request goes: which of the addresses it is passed on to, and what of its own path stands behind that."""

from collections.abc import Sequence

from completions.outcome import Upstream, joined


def url_of(upstream: Upstream, path: str, query: str, surface: str) -> str | None:
    """Return the address that a request for `path` goes to, of the format `surface`; None where none is for it.

    Of several addresses the one with the longest beginning of the path is taken, then the one of the format, then the
    one for all.
    """
    base = _chosen(upstream.servers, path, surface)
    return None if base is None else joined(base, path) + (f"?{query}" if query else "")


def _chosen(urls: Sequence[tuple[str, str]], path: str, surface: str) -> str | None:
    by_path = [(len(of), url) for of, url in urls if of.startswith("/") and _begins(path, of)]
    if by_path:
        return max(by_path)[1]
    by_name = dict(urls)
    return by_name.get(surface) or by_name.get("")


def _begins(path: str, beginning: str) -> bool:
    return f"{path}/".startswith(f"{beginning.rstrip('/')}/")
