"""Which headers are passed on: all but those of one connection alone (RFC 9110, section 7.6.1), and the mock's own."""

import secrets
from collections.abc import Iterable, Mapping

Header = tuple[bytes, bytes]

OF_CONNECTION = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)

REPLACED = frozenset((b"host", b"content-length", b"content-encoding", b"expect", b"accept-encoding", b"via"))
"""What a request gets for its new connection; compressed bodies could be neither shown nor recorded."""

OWN = b"x-mock-"
"""How the headers begin that are for the mock."""

NAME = f"1.1 mock-{secrets.token_hex(6)}".encode()
"""What this process calls itself in `Via`, by which it knows its own requests again."""


def for_upstream(headers: Mapping[bytes, bytes]) -> list[Header]:
    """Return the headers with which a request is passed on."""
    dropped = OF_CONNECTION | REPLACED | _named(headers.get(b"connection", b""))
    kept = [(name, value) for name, value in headers.items() if name not in dropped and not name.startswith(OWN)]
    via = b", ".join(filter(None, (headers.get(b"via", b""), NAME)))
    return [*kept, (b"accept-encoding", b"identity"), (b"via", via)]


def came_from_here(headers: Mapping[bytes, bytes]) -> bool:
    """Say whether a request was passed on by this process before, to itself."""
    return NAME in headers.get(b"via", b"")


def for_client(headers: Iterable[Header]) -> list[Header]:
    """Return the headers of an answer that go to the client, as they came and as often."""
    found = [(name.lower(), value) for name, value in headers]
    dropped = OF_CONNECTION | _named(b",".join(value for name, value in found if name == b"connection"))
    return [(name, value) for name, value in found if name not in dropped]


def _named(value: bytes) -> frozenset[bytes]:
    return frozenset(each.strip().lower() for each in value.split(b",") if each.strip())
