"""Read a realtime answer back from its events."""

from collections.abc import Mapping
from typing import Any

from completions.wire.fields import dicts, mapping, text
from completions.wire.openai.realtime.events import UNFINISHED
from completions.wire.readback import NATURAL, Answer, ChoiceBuilder

TEXTS = ("response.output_text.delta", "response.output_audio_transcript.delta")
REASONS = {reason: chats for chats, reason in UNFINISHED.items()}


def collect_event(document: Mapping[str, Any], answer: Answer) -> None:
    """Add an event to the answer."""
    kind, place = text(document.get("type")), document.get("output_index")
    item = mapping(document.get("item"))
    if kind == "response.done":
        _response(mapping(document.get("response")), answer)
        answer.ended = True
    elif kind in TEXTS:
        answer.choice().add_text(document.get("delta"), "text", place)
    elif kind == "response.output_item.added" and item.get("type") == "function_call":
        answer.choice().add_call(place, name=item.get("name"), id=item.get("call_id"))
    elif kind == "response.function_call_arguments.delta":
        answer.choice().add_call(place, arguments=text(document.get("delta")))


def _response(response: Mapping[str, Any], answer: Answer) -> None:
    """Add the complete response, in place of the content of the events before it."""
    answer.set_id_and_model(response.get("id"), None)
    usage, details = mapping(response.get("usage")), mapping(response.get("status_details"))
    cached = mapping(usage.get("input_token_details")).get("cached_tokens")
    answer.set_usage(usage.get("input_tokens"), usage.get("output_tokens"), cached)
    if error := mapping(details.get("error")):
        answer.note_error({"error": error})
    items = dicts(response.get("output"))
    if response.get("status") == "failed" and not items:
        return
    choice = answer.choice()
    if items:
        choice.clear()
    for place, item in enumerate(items):
        _item(place, item, choice)
    if response.get("status") == "completed":
        choice.set_finish_reason(NATURAL, {})
    elif response.get("status") == "incomplete":
        choice.set_finish_reason(details.get("reason"), REASONS)


def _item(place: int, item: Mapping[str, Any], choice: ChoiceBuilder) -> None:
    for part in dicts(item.get("content")):
        choice.add_text(part.get("transcript") or part.get("text"), "text", place)
    if item.get("type") == "function_call":
        choice.add_call(place, name=item.get("name"), arguments=text(item.get("arguments")), id=item.get("call_id"))
