"""What a response says: its items, whole or as the events of its stream tell them."""

from collections.abc import Mapping
from typing import Any

from completions.conversation import TextKind
from completions.wire.content import moved
from completions.wire.fields import dicts, mapping, text, whole, without_fields
from completions.wire.openai.readback import collect_usage
from completions.wire.openai.responses.hosted import call_of
from completions.wire.readback import NATURAL, Answer, Voice

Document = Mapping[str, Any]

UNFINISHED = {"max_output_tokens": "length"}
"""Why a response is incomplete, in chat's words."""

UNASKED = ("mcp_list_tools", "mcp_approval_request")
"""Items that only come of themselves: where one stands, no script has called the API's own tools."""

DELTAS: Mapping[str, TextKind] = {
    "response.output_text.delta": "text",
    "response.refusal.delta": "refusal",
    "response.reasoning_summary_text.delta": "reasoning",
    "response.reasoning_text.delta": "reasoning",
}


def collect_response(document: Document, answer: Answer) -> None:
    """Take in a whole response, or an event of its stream."""
    kind = text(document.get("type"))
    if document.get("object") == "response":
        _response(document, answer)
    elif kind in ("response.completed", "response.incomplete", "response.failed"):
        _response(mapping(document.get("response")), answer)
        answer.ended = True
    elif kind in DELTAS:
        place = (document.get("output_index"), document.get("content_index", document.get("summary_index")))
        answer.voice().says(document.get("delta"), DELTAS[kind], place)
    elif kind.startswith("response.") and kind != "response.created":
        _event(kind, document, answer.voice())


def _event(kind: str, document: Document, voice: Voice) -> None:
    place, item = document.get("output_index"), mapping(document.get("item"))
    place = place if isinstance(place, int) else -1
    match kind:
        case "response.output_item.added" if item.get("type") in ("function_call", "custom_tool_call"):
            custom = item["type"] == "custom_tool_call"
            voice.call(place, name=item.get("name"), id=item.get("call_id"), kind="custom" if custom else None)
        case "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta":
            voice.call(place, arguments=text(document.get("delta")))
        case "response.output_item.done" if item.get("type") == "shell_call_output":
            voice.finds(item.get("call_id"), item.get("output"))
        case "response.output_item.done" if (call := call_of(item)) is not None:
            voice.call(place, name=call.name, arguments=call.arguments, id=call.id, kind=call.kind)
        case "response.output_text.annotation.added":
            voice.annotations.append(_annotation(mapping(document.get("annotation"))))


def _response(response: Document, answer: Answer) -> None:
    """Take in a whole response, in place of what its events have told so far."""
    answer.notes(response.get("id"), response.get("model"))
    collect_usage(response.get("usage"), answer, "input", "output")
    if error := mapping(response.get("error")):
        answer.fails({"error": error})
    items = dicts(response.get("output"))
    if response.get("status") not in ("completed", "incomplete") and not items:
        return  # queued, or failed before anything was said
    voice = answer.voice()
    if items:
        voice.restart()
    kinds = {item.get("type") for item in items}
    calls_of_api = not kinds & set(UNASKED)
    for place, item in enumerate(items):
        _item(place, item, voice, calls_of_api=calls_of_api)
    if response.get("status") == "failed":
        voice.finish_reason = "error"
    elif response.get("status") == "incomplete":
        voice.ends(mapping(response.get("incomplete_details")).get("reason"), UNFINISHED)
    elif response.get("status") == "completed" and "mcp_approval_request" not in kinds:  # which comes before the end
        voice.ends(NATURAL, {})


def _item(place: int, item: Document, voice: Voice, *, calls_of_api: bool) -> None:
    for at, part in enumerate(dicts(item.get("summary")) if item.get("type") == "reasoning" else ()):
        voice.says(part.get("text"), "reasoning", (place, at))
    for at, part in enumerate(dicts(item.get("content"))):
        before = len(voice.texts.get("text", ""))
        voice.says(part.get("text"), "reasoning" if item.get("type") == "reasoning" else "text", (place, at))
        voice.says(part.get("refusal"), "refusal", (place, at))
        voice.annotations += (dict(moved(_annotation(each), before)) for each in dicts(part.get("annotations")))
    match item.get("type"):
        case "function_call":
            voice.call(place, name=item.get("name"), arguments=text(item.get("arguments")), id=item.get("call_id"))
        case "custom_tool_call":
            given = text(item.get("input"))
            voice.call(place, name=item.get("name"), arguments=given, id=item.get("call_id"), kind="custom")
        case "shell_call_output":
            voice.finds(item.get("call_id"), item.get("output"))
        case _ if calls_of_api and (call := call_of(item)) is not None:
            voice.call(place, name=call.name, arguments=call.arguments, id=call.id, kind=call.kind)


def _annotation(given: Document) -> dict[str, Any]:
    """Return an annotation in chat's shape, as scripts have it, where it is a citation of a page."""
    if given.get("type") != "url_citation":
        return dict(given)
    return {"type": "url_citation", "url_citation": without_fields(given, "type")}


def collect_count(document: Document, answer: Answer) -> None:
    """Note how many tokens there are."""
    answer.costs(whole(document.get("input_tokens"), 0), 0)
