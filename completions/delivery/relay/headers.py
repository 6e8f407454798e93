"""The headers that are relayed: all except those of a connection (RFC 9110, section 7.6.1), and the mock's own."""

import secrets
from collections.abc import Iterable, Mapping

Header = tuple[bytes, bytes]

CONNECTION_HEADERS = frozenset(
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

REPLACED_HEADERS = frozenset((b"host", b"content-length", b"content-encoding", b"expect", b"accept-encoding", b"via"))
"""Headers that are set for the new connection; compressed bodies could be neither shown nor recorded."""

MOCK_PREFIX = b"x-mock-"
"""The prefix of the headers for the mock."""

VIA = f"1.1 mock-{secrets.token_hex(6)}".encode()
"""The value of `Via` for this process, by which it recognizes its own requests."""


def for_upstream(headers: Mapping[bytes, bytes]) -> list[Header]:
    """Return the headers of a request for the upstream."""
    dropped = CONNECTION_HEADERS | REPLACED_HEADERS | _header_names(headers.get(b"connection", b""))
    relayed = [
        (name, value) for name, value in headers.items() if name not in dropped and not name.startswith(MOCK_PREFIX)
    ]
    via = b", ".join(filter(None, (headers.get(b"via", b""), VIA)))
    return [*relayed, (b"accept-encoding", b"identity"), (b"via", via)]


def was_sent_here(headers: Mapping[bytes, bytes]) -> bool:
    """Return whether this process has sent the request, to itself."""
    return VIA in headers.get(b"via", b"")


def for_client(headers: Iterable[Header]) -> list[Header]:
    """Return the headers of an answer for the client, unchanged, with repeated ones."""
    lowered = [(name.lower(), value) for name, value in headers]
    dropped = CONNECTION_HEADERS | _header_names(b",".join(value for name, value in lowered if name == b"connection"))
    return [(name, value) for name, value in lowered if name not in dropped]


def _header_names(value: bytes) -> frozenset[bytes]:
    return frozenset(each.strip().lower() for each in value.split(b",") if each.strip())
