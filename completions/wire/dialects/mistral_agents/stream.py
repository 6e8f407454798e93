"""Step 4: an answer as a stream of typed events, derived from the whole answer so that the two are equal.

Shapes: `ConversationEventsData` of the mistralai SDK 3.7. A text is streamed as texts, and what is not one as chunks.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from completions.event import HOLE, Event, Events, Template
from completions.event.scatter import Length
from completions.tokens import text as tokens
from completions.wire.framing import counts, joined

Document = Mapping[str, Any]


def conversation_events(answer: Document, model: str, per_chunk: Length | None) -> Events:
    """Return the events of an answer, with `per_chunk` tokens a delta."""
    writer = _EventWriter(model, per_chunk)
    created = answer["outputs"][0]["created_at"]
    started = {"conversation_id": answer["conversation_id"]}
    writer.add("conversation.response.started", {"created_at": created, **started})
    for index, entry in enumerate(answer["outputs"]):
        writer.entry(index, entry)
    ended = answer["outputs"][-1]["created_at"]
    writer.add("conversation.response.done", {"created_at": ended, "usage": answer["usage"]}, part="finish")
    return writer.events


class _EventWriter:
    """Writes one stream."""

    def __init__(self, model: str, per_chunk: Length | None) -> None:
        self._model, self._per_chunk = model, per_chunk
        self.events = Events()

    def add(self, kind: str, fields: Document, *, token: int = 0, part: str = "") -> None:
        """Add an event."""
        self.events.append(Event(orjson.dumps({"type": kind, **fields}), token, True, part, kind))

    def entry(self, index: int, entry: Document) -> None:
        """Add the events of an entry."""
        head = {"created_at": entry["created_at"], "output_index": index, "id": entry["id"]}
        by = {key: entry[key] for key in ("model", "agent_id") if key in entry}
        match entry["type"]:
            case "message.output":
                self._message({**head, **by, "role": "assistant"}, entry["content"])
            case "function.call":
                call = {key: entry[key] for key in ("name", "tool_call_id", "confirmation_status")}
                delta = {**head, **by, **call, "arguments": HOLE}
                self._pieces("function.call.delta", delta, entry["arguments"], "arguments")
            case "tool.execution":
                called = {"name": entry["name"], "arguments": entry["arguments"]}
                self.add("tool.execution.started", {**head, **by, **called}, token=1)
                self.add("tool.execution.done", {**head, "name": entry["name"], "info": entry["info"]})
            case _:
                for side, kind in (("previous", "started"), ("next", "done")):
                    agent = {key: entry[key] for key in (f"{side}_agent_id", f"{side}_agent_name")}
                    self.add(f"agent.handoff.{kind}", {**head, **agent}, token=kind == "started")

    def _message(self, head: Document, content: str | list[dict[str, Any]]) -> None:
        if isinstance(content, str):
            self._pieces("message.output.delta", {**head, "content_index": 0, "content": HOLE}, content)
            return
        for place, chunk in enumerate(content):
            delta = {**head, "content_index": place}
            if chunk["type"] == "text":
                self._pieces("message.output.delta", {**delta, "content": {**chunk, "text": HOLE}}, chunk["text"])
            elif chunk["type"] == "thinking":
                [thought] = chunk["thinking"]
                holed = {**chunk, "thinking": [{**thought, "text": HOLE}]}
                self._pieces("message.output.delta", {**delta, "content": holed}, thought["text"])
            else:
                self.add("message.output.delta", {**delta, "content": chunk})

    def _pieces(self, kind: str, delta: Document, content: str, part: str = "") -> None:
        """Add a delta for each token, or a single one without text."""
        pieces = joined(tokens.split(content, self._model), self._per_chunk) or [""]
        self.events += Template({"type": kind, **delta}).events(pieces, part, kind, counts(pieces))
