"""Read an answer back from an interaction: from the whole one, or from the events of its stream."""

from collections.abc import Mapping
from typing import Any

from completions.wire.fields import dicts, mapping, text, whole
from completions.wire.readback import NATURAL, Answer, ChoiceBuilder

Document = Mapping[str, Any]

ENDINGS = {"completed": NATURAL, "requires_action": NATURAL, "incomplete": "length", "failed": "content_filter"}
"""The finish reasons of chat completions by the status of an interaction."""


def collect_interaction(document: Document, answer: Answer) -> None:
    """Add a whole interaction, or an event of its stream, to the answer."""
    kind = text(document.get("event_type"))
    if document.get("object") == "interaction":
        _interaction(document, answer)
        for at, step in enumerate(dicts(document.get("steps"))):
            _step(at, step, answer.choice())
    elif kind == "interaction.created":
        interaction = mapping(document.get("interaction"))
        answer.set_id_and_model(interaction.get("id"), interaction.get("model") or interaction.get("agent"))
    elif kind == "interaction.completed":
        _interaction(mapping(document.get("interaction")), answer)
        answer.ended = True
    elif kind in ("step.start", "step.delta"):
        place = document.get("index")
        start = {**mapping(document.get("step")), "arguments": ""}  # they come in deltas
        step = start if kind == "step.start" else mapping(document.get("delta"))
        _step(place if isinstance(place, int) else -1, step, answer.choice())


def _interaction(document: Document, answer: Answer) -> None:
    answer.set_id_and_model(document.get("id"), document.get("model") or document.get("agent"))
    usage = mapping(document.get("usage"))
    thought, output = whole(usage.get("total_thought_tokens"), 0) or 0, whole(usage.get("total_output_tokens"), 0) or 0
    if usage:
        answer.set_usage(usage.get("total_input_tokens"), output + thought, usage.get("total_cached_tokens"), thought)
    if (status := text(document.get("status"))) in ENDINGS:
        answer.choice().set_finish_reason(status, ENDINGS)


def _step(place: int, step: Document, choice: ChoiceBuilder) -> None:
    """Add a step, or a delta of one, to the answer."""
    match step.get("type"):
        case "function_call":
            choice.add_call(place, name=step.get("name"), id=step.get("id"), arguments=step.get("arguments"))
        case "arguments_delta":
            choice.add_call(place, arguments=text(step.get("arguments")))
        case "text":
            choice.add_text(step.get("text"), "text", place)
            _annotate(step, choice)
        case "text_annotation_delta":
            _annotate(step, choice)
        case "thought_summary":
            choice.add_text(mapping(step.get("content")).get("text"), "reasoning", place)
        case "thought":
            for content in dicts(step.get("summary")):
                choice.add_text(content.get("text"), "reasoning", place)
        case "model_output":
            for content in dicts(step.get("content")):
                _step(place, content, choice)


def _annotate(content: Document, choice: ChoiceBuilder) -> None:
    """Add the citations of a text to the answer, in the form of chat completions that scripts have."""
    for note in dicts(content.get("annotations")):
        if note.get("type") == "url_citation":
            cited = {key: note[key] for key in ("start_index", "end_index", "url", "title") if key in note}
            choice.annotations.append({"type": "url_citation", "url_citation": cited})
