"""Step 4 for OpenAI's formats that stream chunks: what all chunks of a stream share, and the order they come in."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from completions.event import HOLE, PAD, Event, Events, Template, in_step, padding
from completions.wire.fields import arranged
from completions.wire.framing import DONE, counts


class Chunks:
    """Writes the chunks of one stream: a constant head, one choice, and the fields after it.

    With `include_usage`, every chunk has a null usage and the last one the real usage. `padding` is the field that pads
    each chunk with a choice; `ordered` says that the keys of a chunk are in the order of their names.
    """

    def __init__(self, head: dict[str, Any], *, include_usage: bool, padding: str = "", ordered: bool = False) -> None:
        self._head, self._ordered = head, ordered
        self._pad = {padding: PAD} if padding else {}
        self._tail: dict[str, Any] = ({"usage": None} if include_usage else {}) | self._pad
        self._any = self._template(HOLE)

    def one(self, choice: dict[str, Any], more: Mapping[str, Any] | None = None) -> bytes:
        """Return the chunk with a choice, and with the further fields that only this chunk has."""
        return (Template({**self._with(HOLE), **more}) if more else self._any).one(choice)

    def each(self, choice: dict[str, Any], values: list[str], part: str = "") -> Events:
        """Return one chunk for each piece of a text, placed in the hole of the same choice."""
        return self._template(choice).events(values, part, counts=counts(values))

    def usage(self, document: dict[str, Any], more: Mapping[str, Any] | None = None) -> Event:
        """Return the chunk with the usage and the further fields: no choices."""
        told = {**self._head, **(more or {"choices": []}), "usage": document}
        told |= dict.fromkeys(self._pad, padding(orjson.dumps(document)).decode())
        return Event(orjson.dumps(arranged(told, sorted(told)) if self._ordered else told))

    def moderation(self, found: Mapping[str, Any]) -> Event:
        """Return the chunk that has what a moderation found alone, and no choices."""
        return Event(Template(self._head | {"choices": [], "moderation": HOLE} | self._tail).one(found))

    def _template(self, choice: object) -> Template:
        return Template(self._with(choice))

    def _with(self, choice: object) -> dict[str, Any]:
        told = self._head | {"choices": [choice]} | self._tail
        return arranged(told, sorted(told)) if self._ordered else told


def stream(
    starts: Iterable[Event], lanes: Sequence[Sequence[Event]], finishes: Iterable[Event], endings: Iterable[Event]
) -> Events:
    """Return a whole stream: the start of its choices, their content, their ends, the usage, the terminator."""
    return Events(starts, in_step(lanes), finishes, endings, [DONE])
