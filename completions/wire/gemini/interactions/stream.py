"""Step 4: an interaction as a stream of typed events, derived from the whole interaction so that the two are equal.

The order of events, and of keys in them, is as recorded from May to October 2026.
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from completions.event import HOLE, Event, Events, Template
from completions.event.scatter import Length
from completions.tokens import text as tokens
from completions.wire.fields import without_fields
from completions.wire.framing import counts, joined, with_counts
from completions.wire.gemini.interactions.answer import unfinished

DONE = Event(b"[DONE]", chunk=False, name="done")
START_FIELDS = ("id", "call_id", "type", "name")
"""The fields of a step that its `step.start` event has."""

EVENT_ID = re.compile(r"(\d{1,6})_\w+_(\d{1,9})")

Document = Mapping[str, Any]


def interaction_events(interaction: Document, per_chunk: Length | None, *, resumable: bool = False) -> Events:
    """Return the events of an interaction, with `per_chunk` tokens a delta; text deltas have ids if it is `resumable`.

    If the stream is not resumed, the first event has no status (recorded in October 2026).
    """
    writer = _EventWriter(interaction.get("model") or interaction.get("agent") or "", per_chunk, resumable=resumable)
    started = {
        key: unfinished(interaction)[key] for key in ("id", "status", "object", "model", "agent") if key in interaction
    }
    if not resumable:
        del started["status"]
    writer.add("interaction.created", {"interaction": started})
    writer.add("interaction.status_update", {"interaction_id": interaction["id"], "status": "in_progress"})
    for index, step in enumerate(interaction.get("steps") or ()):
        writer.step(index, step)
    writer.add("interaction.completed", {"interaction": without_fields(interaction, "steps")}, part="finish")
    writer.events.append(DONE)
    return writer.events


def count_seen(events: Sequence[Event], last: str) -> int:
    """Return the number of events that a client has seen, up to the one with the id `last`; 0 without an id."""
    last_place = _place_of(last)
    if last_place is None:
        return 0
    for index, event in enumerate(events):
        document = orjson.loads(event.data) if event.chunk else {}
        if (place := _place_of(document.get("event_id", ""))) is not None and place >= last_place:
            return index + 1
        if document.get("index", 0) > last_place[0]:
            return index
    return len(events)


def is_event_id(value: str) -> bool:
    """Tell whether a text has the form of an event's id."""
    return _place_of(value) is not None


def _place_of(event_id: str) -> tuple[int, int] | None:
    """Return the index of the step in an event's id, and that of the last token."""
    try:
        decoded = base64.urlsafe_b64decode(event_id.removeprefix("v1_") + "==").decode()
    except (binascii.Error, ValueError):
        return None
    found = EVENT_ID.fullmatch(decoded) if event_id.startswith("v1_") else None
    return None if found is None else (int(found[1]), int(found[2]))


def _event_id(index: int, place: int) -> str:
    return f"v1_{base64.urlsafe_b64encode(f'{index}_text_{place}'.encode()).decode().rstrip('=')}"


class _EventWriter:
    """Writes one stream."""

    def __init__(self, model: str, per_chunk: Length | None, *, resumable: bool) -> None:
        self._model, self._per_chunk, self._resumable = model, per_chunk, resumable
        self.events = Events()

    def add(self, kind: str, fields: Document, *, token: int = 0, part: str = "") -> None:
        """Add an event."""
        self.events.append(Event(orjson.dumps({**fields, "event_type": kind}), token, True, part, kind))

    def step(self, index: int, step: Document) -> None:
        """Add the events of a step."""
        kind = step["type"]
        started = {key: value for key, value in step.items() if key in START_FIELDS}
        if kind == "function_call":
            started["arguments"] = {}
        elif kind not in ("thought", "model_output"):
            started["signature"] = ""
        self.add("step.start", {"index": index, "step": started}, token=kind.endswith("_call"))
        match kind:
            case "thought":
                for content in step.get("summary") or ():
                    self._texts(index, {"content": {"text": HOLE, "type": "text"}, "type": "thought_summary"}, content)
                if step.get("signature"):
                    self._delta(index, {"signature": step["signature"], "type": "thought_signature"})
            case "function_call":
                arguments = orjson.dumps(step["arguments"]).decode()
                self._pieces(index, {"arguments": HOLE, "type": "arguments_delta"}, arguments, "arguments")
            case "model_output":
                for content in step.get("content") or ():
                    self._content(index, content)
            case _:
                self._delta(index, {**without_fields(step, *START_FIELDS), "type": kind})
        self.add("step.stop", {"index": index})

    def _content(self, index: int, content: Document) -> None:
        if content["type"] != "text":
            self._delta(index, content, token=1)
            return
        self._texts(index, {"text": HOLE, "type": "text"}, content)
        if notes := content.get("annotations"):
            self._delta(index, {"annotations": notes, "type": "text_annotation_delta"})

    def _texts(self, index: int, delta: Document, content: Document) -> None:
        self._pieces(index, delta, content.get("text") or "")

    def _pieces(self, index: int, delta: Document, content: str, part: str = "") -> None:
        """Add a delta for each token; the parts that all share are encoded once, unless each delta has an id."""
        pieces = joined(tokens.split(content, self._model), self._per_chunk)
        if not self._resumable:
            template = Template({"index": index, "delta": delta, "event_type": "step.delta"})
            self.events += template.events(pieces, part, "step.delta", counts(pieces))
            return
        last = -1
        for piece, size in with_counts(pieces):
            last += size
            numbered = {"index": index, "delta": delta, "event_id": _event_id(index, last), "event_type": "step.delta"}
            self.events.append(Event(Template(numbered).one(piece), size, True, part, "step.delta"))

    def _delta(self, index: int, delta: Document, *, token: int = 0) -> None:
        self.add("step.delta", {"index": index, "delta": delta}, token=token)
