"""Step 3: `reply: {events: [...]}`, the exact events of a stream."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.template import Context

from completions.conversation import Choice, Prompt, Reply
from completions.event import RawEvent
from completions.exceptions import RequestError
from completions.script.language import EVENT
from completions.script.reply.replies import Answer, Answered, Awaited
from completions.script.reply.templates import Text, Tree, context, fill, text, tree, write
from completions.script.schemas.document import as_text
from completions.script.text.node import Node

DONE = "[DONE]"
"""The data that ends a stream of OpenAI's; it is not a token."""

FIELDS: Mapping[str, str] = {"data": "data", "name": "event", "id": "id", "retry": "retry", "comment": ""}
"""The fields of server-sent events by their keys in scripts; a comment's name is empty."""

COUNTED_REPLY = Reply((Choice(text=""),))
"""The reply whose tokens are counted for a stream of exact events."""


@dataclass(frozen=True, slots=True)
class WrittenEvent:
    """An event as written in a script: its fields in order, and whether it is a token, if that is set."""

    data: Tree
    fields: tuple[tuple[str, Text], ...]
    token: bool | None

    def write(self, context: Context) -> RawEvent:
        """Return the event for one prompt."""
        data = as_text(fill(self.data, context))
        has_data = any(name == "data" for name, _ in self.fields)
        is_chunk = has_data and data != DONE
        fields = tuple((name, write(value, context)) for name, value in self.fields)
        return RawEvent(data, fields, is_chunk if self.token is None else self.token, is_chunk)


@dataclass(frozen=True, slots=True)
class ExactEvents:
    """A stream of exact events; `otherwise` answers requests without a stream."""

    events: tuple[WrittenEvent, ...]
    otherwise: Answer | None

    def __call__(self, prompt: Prompt) -> Answered | Awaited:
        """Write the events."""
        if prompt.stream:
            names = context(prompt)
            return Reply(COUNTED_REPLY.choices, events=tuple(event.write(names) for event in self.events))
        if self.otherwise is not None:
            return self.otherwise(prompt)
        return RequestError(
            "This answer is a stream that its rule gives event by event. Request it with `stream: true`, or give the "
            "rule's reply a text next to its `events`.",
            code="mock_stream_only",
        )


def exact_events(node: Node, otherwise: Answer | None) -> ExactEvents:
    """Read a list of events."""
    return ExactEvents(tuple(map(_event, node.items("event"))), otherwise)


def _event(node: Node) -> WrittenEvent:
    """Read an event: its data as a text, or its fields."""
    if not isinstance(node.value, dict):
        return WrittenEvent(text(node), (("data", ""),), None)
    fields = node.keyed(EVENT)
    if not fields.keys() & FIELDS.keys():
        raise node.error(f"is empty; it must have one of: {', '.join(FIELDS)}.")
    return WrittenEvent(
        tree(fields["data"]) if "data" in fields else "",
        tuple((FIELDS[key], _value(key, child)) for key, child in fields.items() if key in FIELDS),
        fields["token"].as_(bool) if "token" in fields else None,
    )


def _value(key: str, node: Node) -> Text:
    match key:
        case "data":
            return ""
        case "retry":
            return str(node.count())
        case "id" | "comment":
            return text(node) if isinstance(node.value, str) else node.raw
    return text(node)
