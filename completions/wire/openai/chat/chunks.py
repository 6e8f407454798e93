"""The chunks of a chat completion's stream, and the order of their events."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import orjson

from completions.event import HOLE, PAD, Event, Events, Template, in_step, padding
from completions.wire.fields import arranged
from completions.wire.framing import DONE, counts


class Chunks:
    """Writes the chunks of one stream: a constant head, one choice, and the fields after it.

    With `include_usage`, every chunk has a null usage and the last one the real usage. `padding` is the field that pads
    each chunk with a choice; `foot` are the fields of the head that are at a chunk's end; `ordered` says that the keys
    of a chunk are in the order of their names.
    """

    def __init__(
        self,
        head: dict[str, Any],
        *,
        include_usage: bool,
        padding: str = "",
        foot: Collection[str] = (),
        ordered: bool = False,
    ) -> None:
        self._head = {key: value for key, value in head.items() if key not in foot}
        self._foot, self._ordered = {key: head[key] for key in foot}, ordered
        self._pad = {padding: PAD} if padding else {}
        self._tail: dict[str, Any] = ({"usage": None} if include_usage else {}) | self._pad
        self._any = self._template(HOLE)

    def one(self, choice: dict[str, Any], more: Mapping[str, Any] | None = None) -> bytes:
        """Return the chunk with a choice, and with the further fields that only this chunk has."""
        if not more:
            return self._any.one(choice)
        told = {**self._with(HOLE), **more}
        last = {} if self._ordered else self._pad
        return Template({key: value for key, value in told.items() if key not in last} | last).one(choice)

    def unpadded(self, choice: dict[str, Any], more: Mapping[str, Any]) -> bytes:
        """Return the chunk with a choice and further fields, without padding."""
        told = {**self._with(choice), **more}
        return orjson.dumps({key: value for key, value in told.items() if key not in self._pad})

    def each(self, choice: dict[str, Any], values: list[str], part: str = "") -> Events:
        """Return one chunk for each piece of a text, placed in the hole of the same choice."""
        return self._template(choice).events(values, part, counts=counts(values))

    def usage(self, document: dict[str, Any], more: Mapping[str, Any] | None = None) -> Event:
        """Return the chunk with the usage and the further fields: no choices."""
        told = {**self._head, **(more or {"choices": []}), "usage": document, **self._foot}
        if self._pad:
            told |= dict.fromkeys(self._pad, padding(orjson.dumps(document)).decode())
        return Event(orjson.dumps(arranged(told, sorted(told)) if self._ordered else told))

    def moderation(self, found: Mapping[str, Any]) -> Event:
        """Return the chunk that has what a moderation found alone, and no choices."""
        return Event(Template(self._head | {"choices": [], "moderation": HOLE} | self._tail | self._foot).one(found))

    def _template(self, choice: object) -> Template:
        return Template(self._with(choice))

    def _with(self, choice: object) -> dict[str, Any]:
        told = self._head | {"choices": [choice]} | self._tail | self._foot
        return arranged(told, sorted(told)) if self._ordered else told


def stream(
    starts: Iterable[Event], lanes: Sequence[Sequence[Event]], finishes: Iterable[Event], endings: Iterable[Event]
) -> Events:
    """Return a whole stream: the start of its choices, their content, their ends, the usage, the terminator."""
    return Events(starts, in_step(lanes), finishes, endings, [DONE])
