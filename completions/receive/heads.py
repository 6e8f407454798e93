"""Heads of requests that were parsed before: a client sends the same bytes again and again, but for a body's length.

uvicorn's parser calls a function for each header, which makes up most of what receiving a small request takes.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

END = b"\r\n\r\n"

MAX_KNOWN = 512
"""Heads that are remembered at most; then all are forgotten."""

MAX_SIZE = 4096
"""Bytes of a head that is remembered, at most."""

OWN = frozenset(("server", "client", "scheme", "headers", "state"))
"""What a scope has of its connection and of its request, rather than of its head."""


class Head(NamedTuple):
    """What the parser made of a head: values of the scope, the headers, and how many bytes the body has."""

    values: Mapping[str, Any]
    headers: tuple[tuple[bytes, bytes], ...]
    length: int


class Heads:
    """The heads that have come, each with what the parser made of it under a server's `root_path`."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes], Head] = {}
        self._seen: set[int] = set()

    def find(self, root_path: str, data: bytes) -> tuple[Head, bytes] | None:
        """Return the head and the body where these bytes are one whole request, and its head is known."""
        end = data.find(END, 0, MAX_SIZE) + len(END)
        head = self._known.get((root_path, data[:end]))
        return None if head is None or len(data) - end != head.length else (head, data[end:])

    def learn(self, data: bytes, cycle: RequestResponseCycle) -> None:
        """Remember the head of what the parser took for a request, if these bytes are that one, whole and ordinary.

        Only heads that come twice are remembered: some clients send an id in each.
        """
        end, scope = data.find(END, 0, MAX_SIZE) + len(END), cycle.scope
        if cycle.more_body or not cycle.keep_alive or cycle.waiting_for_100_continue or cycle.body != data[end:]:
            return
        key = scope["root_path"], data[:end]
        if (seen := hash(key)) not in self._seen:
            if len(self._seen) >= MAX_KNOWN:
                self._seen.clear()
            self._seen.add(seen)
            return
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        values = {name: value for name, value in scope.items() if name not in OWN}
        self._known[key] = Head(values, tuple(scope["headers"]), len(data) - end)


heads = Heads()
"""Those of this process."""
