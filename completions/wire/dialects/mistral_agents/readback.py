"""Read an answer of a conversation back: from the whole answer, or from the events of its stream."""

from collections.abc import Mapping
from typing import Any

from completions.wire.fields import dicts, text
from completions.wire.openai.readback import collect_usage
from completions.wire.readback import NATURAL, Answer, ChoiceBuilder

Document = Mapping[str, Any]


def collect_conversation(document: Document, answer: Answer) -> None:
    """Add a whole answer, or an event of its stream, to the answer."""
    answer.set_id_and_model(document.get("conversation_id"), document.get("model"))
    collect_usage(document.get("usage"), answer)
    outputs = dicts(document.get("outputs"))
    for place, entry in enumerate(outputs):
        answer.set_id_and_model(None, entry.get("model"))
        _entry(place, entry, answer.choice())
    kind = text(document.get("type"))
    if kind in ("message.output.delta", "function.call.delta", "tool.execution.started", "tool.execution.done"):
        _entry(document.get("output_index"), {**document, "type": kind}, answer.choice())
    elif kind == "conversation.response.done":
        answer.ended = True
    if outputs or answer.ended:
        answer.choice().set_finish_reason(NATURAL, {})


def _entry(place: object, entry: Document, choice: ChoiceBuilder) -> None:
    """Add an entry, or a delta of one, to the answer; a handoff is none of its calls."""
    match entry.get("type"):
        case "message.output" | "message.output.delta":
            _content(place, entry.get("content"), choice)
        case "function.call":
            _call(place, entry, choice)
        case "function.call.delta":
            name = "" if place in choice.calls else entry.get("name")
            choice.add_call(place, name=name, id=entry.get("tool_call_id"), arguments=text(entry.get("arguments")))
        case "tool.execution":
            choice.add_call(
                place, name=entry.get("name"), id=entry.get("id"), arguments=text(entry.get("arguments")), kind="hosted"
            )
            choice.add_result(entry.get("id"), entry.get("info"))
        case "tool.execution.started":
            choice.add_call(
                place, name=entry.get("name"), id=entry.get("id"), arguments=text(entry.get("arguments")), kind="hosted"
            )
        case "tool.execution.done":
            choice.add_result(entry.get("id"), entry.get("info"))


def _call(place: object, entry: Document, choice: ChoiceBuilder) -> None:
    choice.add_call(place, name=entry.get("name"), id=entry.get("tool_call_id"), arguments=entry.get("arguments"))


def _content(place: object, content: object, choice: ChoiceBuilder) -> None:
    """Add the content of a message: a text, a chunk, or several."""
    for chunk in dicts(content if isinstance(content, list) else [content]):
        for thought in dicts(chunk.get("thinking")):
            choice.add_text(thought.get("text"), "reasoning", place)
        choice.add_text(chunk.get("text"), "text", place)
        if chunk.get("type") == "tool_reference":
            cited = {key: chunk[key] for key in ("url", "title") if key in chunk}
            choice.annotations.append({"type": "url_citation", "url_citation": cited})
    if isinstance(content, str):
        choice.add_text(content, "text", place)
