"""A cache of parsed heads of requests: a client repeats the same bytes, except for the body's length.

uvicorn's parser calls a function for each header, which makes up most of what receiving a small request takes.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

END = b"\r\n\r\n"

LENGTH_PREFIXES = (b"\r\nContent-Length: ", b"\r\ncontent-length: ")
"""The beginnings of the line of a body's length, as clients send it."""

MAX_DIGITS = 12
"""The most digits of a length."""

MAX_HEADS = 512
"""The most heads in the cache; beyond that, it is cleared."""

MAX_HEAD_SIZE = 4096
"""The most bytes of a head in the cache."""

CONNECTION_KEYS = frozenset(("server", "client", "scheme", "headers", "state"))
"""The keys of a scope that depend on the connection or the request, not on the head."""


class Parts(NamedTuple):
    """The bytes of a request: its head without the digits of the body's length, these digits, if any, and the body."""

    head: bytes
    digits: bytes
    body: bytes


class Head(NamedTuple):
    """A parsed head: values of the scope, the headers, and the index of the body's length among them."""

    values: Mapping[str, Any]
    headers: tuple[tuple[bytes, bytes], ...]
    length_index: int

    def headers_of(self, parts: Parts) -> list[tuple[bytes, bytes]]:
        """Return the headers of a request with this head."""
        headers = [*self.headers]
        if parts.digits:
            headers[self.length_index] = headers[self.length_index][0], parts.digits
        return headers


def split_request(data: bytes) -> Parts | None:
    """Return the parts of bytes that may be one whole request, which only the parser can confirm; None otherwise."""
    end = data.find(END, 0, MAX_HEAD_SIZE)
    if end < 0:
        return None
    body = data[end + len(END) :]
    for name in LENGTH_PREFIXES:
        if (length_index := data.find(name, 0, end)) >= 0:
            start = length_index + len(name)
            stop = data.find(b"\r\n", start)
            digits = data[start:stop]
            is_valid = len(digits) <= MAX_DIGITS and digits.isdigit() and int(digits) == len(body)
            return Parts(data[:start] + data[stop:end], digits, body) if is_valid else None
    return None if body else Parts(data[:end], b"", body)


class Heads:
    """The cache of parsed heads, by the server's `root_path` and the bytes."""

    def __init__(self) -> None:
        self._heads: dict[tuple[str, bytes], Head] = {}
        self._seen_once: set[int] = set()

    def find(self, root_path: str, parts: Parts) -> Head | None:
        """Return the head of a request, if it is cached."""
        return self._heads.get((root_path, parts.head))

    def learn(self, parts: Parts, cycle: RequestResponseCycle) -> None:
        """Cache the head of a parsed request, if the request is complete, ordinary, and the same as `parts`.

        Only heads that come twice are cached: some clients send an id in each.
        """
        scope = cycle.scope
        if cycle.more_body or not cycle.keep_alive or cycle.waiting_for_100_continue or cycle.body != parts.body:
            return
        key = scope["root_path"], parts.head
        if (key_hash := hash(key)) not in self._seen_once:
            if len(self._seen_once) >= MAX_HEADS:
                self._seen_once.clear()
            self._seen_once.add(key_hash)
            return
        if len(self._heads) >= MAX_HEADS:
            self._heads.clear()
        headers = tuple(scope["headers"])
        length_index = headers.index((b"content-length", parts.digits)) if parts.digits else 0
        self._heads[key] = Head(
            {name: value for name, value in scope.items() if name not in CONNECTION_KEYS}, headers, length_index
        )


heads = Heads()
"""The cache of this process."""
