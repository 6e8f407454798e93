"""What a realtime answer says, as its events tell it."""

from collections.abc import Mapping
from typing import Any

from completions.wire.fields import dicts, mapping, text
from completions.wire.openai.realtime.events import UNFINISHED
from completions.wire.readback import NATURAL, Answer, Voice

TEXTS = ("response.output_text.delta", "response.output_audio_transcript.delta")
REASONS = {reason: chats for chats, reason in UNFINISHED.items()}


def collect_event(document: Mapping[str, Any], answer: Answer) -> None:
    """Take in an event."""
    kind, place = text(document.get("type")), document.get("output_index")
    item = mapping(document.get("item"))
    if kind == "response.done":
        _response(mapping(document.get("response")), answer)
        answer.ended = True
    elif kind in TEXTS:
        answer.voice().says(document.get("delta"), "text", place)
    elif kind == "response.output_item.added" and item.get("type") == "function_call":
        answer.voice().call(place, name=item.get("name"), id=item.get("call_id"))
    elif kind == "response.function_call_arguments.delta":
        answer.voice().call(place, arguments=text(document.get("delta")))


def _response(response: Mapping[str, Any], answer: Answer) -> None:
    """Take in the whole answer, in place of what its events have told so far."""
    answer.notes(response.get("id"), None)
    usage, details = mapping(response.get("usage")), mapping(response.get("status_details"))
    cached = mapping(usage.get("input_token_details")).get("cached_tokens")
    answer.costs(usage.get("input_tokens"), usage.get("output_tokens"), cached)
    if error := mapping(details.get("error")):
        answer.fails({"error": error})
    items = dicts(response.get("output"))
    if response.get("status") == "failed" and not items:
        return
    voice = answer.voice()
    if items:
        voice.restart()
    for place, item in enumerate(items):
        _item(place, item, voice)
    if response.get("status") == "completed":
        voice.ends(NATURAL, {})
    elif response.get("status") == "incomplete":
        voice.ends(details.get("reason"), REASONS)


def _item(place: int, item: Mapping[str, Any], voice: Voice) -> None:
    for part in dicts(item.get("content")):
        voice.says(part.get("transcript") or part.get("text"), "text", place)
    if item.get("type") == "function_call":
        voice.call(place, name=item.get("name"), arguments=text(item.get("arguments")), id=item.get("call_id"))
