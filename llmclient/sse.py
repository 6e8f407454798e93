"""Split the bytes of a `text/event-stream` into events, independent of network chunks."""

import re
from collections.abc import Iterator

# A CR at the very end may be the first half of a CRLF, so it waits for the next byte.
_LINE_END = re.compile(rb"\r\n|\n|\r(?!\Z)")


class EventReader:
    """Read events by the WHATWG HTML standard (9.2.6): an event without its blank line is dropped."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._name = ""
        self._data: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield `(event name or "", data)` for each event that `data` completes."""
        # Without a line end there is nothing to cut: looking only at the new bytes keeps a huge event linear.
        self._rest += data
        if b"\n" in data or b"\r" in data:
            *lines, rest = _LINE_END.split(bytes(self._rest))
            self._rest = bytearray(rest)
            for line in lines:
                yield from self._line(line)

    def end(self) -> Iterator[tuple[str, bytes]]:
        """Yield the event that a final lone CR completes, if any."""
        if self._rest.endswith(b"\r"):
            yield from self.feed(b"\n")

    def _line(self, line: bytes) -> Iterator[tuple[str, bytes]]:
        if not line:
            if self._data:
                yield self._name, b"\n".join(self._data)
            self._name, self._data = "", []
            return
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._name = value.decode("utf-8", "replace")
