"""Heads of requests that were parsed before: a client sends the same bytes again and again, but for a body's length.

uvicorn's parser calls a function for each header, which makes up most of what receiving a small request takes.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

END = b"\r\n\r\n"

LENGTHS = (b"\r\nContent-Length: ", b"\r\ncontent-length: ")
"""How clients begin the line of a body's length."""

MAX_DIGITS = 12
"""Digits of a length, at most."""

MAX_KNOWN = 512
"""Heads that are remembered at most; then all are forgotten."""

MAX_SIZE = 4096
"""Bytes of a head that is remembered, at most."""

OWN = frozenset(("server", "client", "scheme", "headers", "state"))
"""What a scope has of its connection and of its request, rather than of its head."""


class Parts(NamedTuple):
    """A request's bytes: its head without the digits of the body's length, these digits, if any, and the body."""

    head: bytes
    digits: bytes
    body: bytes


class Head(NamedTuple):
    """What the parser made of a head: values of the scope, the headers, and which of them is the body's length."""

    values: Mapping[str, Any]
    headers: tuple[tuple[bytes, bytes], ...]
    at: int

    def headers_of(self, parts: Parts) -> list[tuple[bytes, bytes]]:
        """Return the headers of a request that has this head."""
        headers = [*self.headers]
        if parts.digits:
            headers[self.at] = headers[self.at][0], parts.digits
        return headers


def parts_of(data: bytes) -> Parts | None:
    """Return the parts of what may be one whole request, which only the parser can tell; None if it is none."""
    end = data.find(END, 0, MAX_SIZE)
    if end < 0:
        return None
    body = data[end + len(END) :]
    for name in LENGTHS:
        if (at := data.find(name, 0, end)) >= 0:
            start = at + len(name)
            stop = data.find(b"\r\n", start)
            digits = data[start:stop]
            is_right = len(digits) <= MAX_DIGITS and digits.isdigit() and int(digits) == len(body)
            return Parts(data[:start] + data[stop:end], digits, body) if is_right else None
    return None if body else Parts(data[:end], b"", body)


class Heads:
    """The heads that have come, each with what the parser made of it under a server's `root_path`."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes], Head] = {}
        self._seen: set[int] = set()

    def find(self, root_path: str, parts: Parts) -> Head | None:
        """Return the head of a request, if it is known."""
        return self._known.get((root_path, parts.head))

    def learn(self, parts: Parts, cycle: RequestResponseCycle) -> None:
        """Remember the head of what the parser took for a request, if that is the same, whole and ordinary.

        Only heads that come twice are remembered: some clients send an id in each.
        """
        scope = cycle.scope
        if cycle.more_body or not cycle.keep_alive or cycle.waiting_for_100_continue or cycle.body != parts.body:
            return
        key = scope["root_path"], parts.head
        if (seen := hash(key)) not in self._seen:
            if len(self._seen) >= MAX_KNOWN:
                self._seen.clear()
            self._seen.add(seen)
            return
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        headers = tuple(scope["headers"])
        at = headers.index((b"content-length", parts.digits)) if parts.digits else 0
        self._known[key] = Head({name: value for name, value in scope.items() if name not in OWN}, headers, at)


heads = Heads()
"""Those of this process."""
