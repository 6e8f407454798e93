"""Read a response back from its document, or from the events of its stream."""

from collections.abc import Mapping
from typing import Any

from completions.conversation import TextKind
from completions.wire.content import shifted
from completions.wire.fields import dicts, mapping, text, whole, without_fields
from completions.wire.openai.readback import collect_usage
from completions.wire.openai.responses.hosted import call_of
from completions.wire.readback import NATURAL, Answer, ChoiceBuilder

Document = Mapping[str, Any]

UNFINISHED = {"max_output_tokens": "length"}
"""Chat's finish reasons of incomplete responses, by the API's reason."""

AUTOMATIC_ITEMS = ("mcp_list_tools", "mcp_approval_request")
"""Items that the mock adds by default; if there is one, the script has not called the API's tools."""

DELTAS: Mapping[str, TextKind] = {
    "response.output_text.delta": "text",
    "response.refusal.delta": "refusal",
    "response.reasoning_summary_text.delta": "reasoning",
    "response.reasoning_text.delta": "reasoning",
}


def collect_response(document: Document, answer: Answer) -> None:
    """Add a complete response, or an event of its stream, to the answer."""
    kind = text(document.get("type"))
    if document.get("object") == "response":
        _response(document, answer)
    elif kind in ("response.completed", "response.incomplete", "response.failed"):
        _response(mapping(document.get("response")), answer)
        answer.ended = True
    elif kind in DELTAS:
        place = (document.get("output_index"), document.get("content_index", document.get("summary_index")))
        answer.choice().add_text(document.get("delta"), DELTAS[kind], place)
    elif kind.startswith("response.") and kind != "response.created":
        _event(kind, document, answer.choice())


def _event(kind: str, document: Document, choice: ChoiceBuilder) -> None:
    place, item = document.get("output_index"), mapping(document.get("item"))
    place = place if isinstance(place, int) else -1
    match kind:
        case "response.output_item.added" if item.get("type") in ("function_call", "custom_tool_call"):
            custom = item["type"] == "custom_tool_call"
            choice.add_call(place, name=item.get("name"), id=item.get("call_id"), kind="custom" if custom else None)
        case "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta":
            choice.add_call(place, arguments=text(document.get("delta")))
        case "response.output_item.done" if item.get("type") == "shell_call_output":
            choice.add_result(item.get("call_id"), item.get("output"))
        case "response.output_item.done" if (call := call_of(item)) is not None:
            choice.add_call(place, name=call.name, arguments=call.arguments, id=call.id, kind=call.kind)
        case "response.output_text.annotation.added":
            choice.annotations.append(_annotation(mapping(document.get("annotation"))))


def _response(response: Document, answer: Answer) -> None:
    """Add the complete response, in place of the content of the events before it."""
    answer.set_id_and_model(response.get("id"), response.get("model"))
    collect_usage(response.get("usage"), answer, "input", "output")
    if error := mapping(response.get("error")):
        answer.note_error({"error": error})
    items = dicts(response.get("output"))
    if response.get("status") not in ("completed", "incomplete") and not items:
        return  # queued, or failed before any output
    choice = answer.choice()
    if items:
        choice.clear()
    kinds = {item.get("type") for item in items}
    calls_of_api = not kinds & set(AUTOMATIC_ITEMS)
    for place, item in enumerate(items):
        _item(place, item, choice, calls_of_api=calls_of_api)
    if response.get("status") == "failed":
        choice.finish_reason = "error"
    elif response.get("status") == "incomplete":
        choice.set_finish_reason(mapping(response.get("incomplete_details")).get("reason"), UNFINISHED)
    elif response.get("status") == "completed" and "mcp_approval_request" not in kinds:  # which comes before the end
        choice.set_finish_reason(NATURAL, {})


def _item(place: int, item: Document, choice: ChoiceBuilder, *, calls_of_api: bool) -> None:
    for at, part in enumerate(dicts(item.get("summary")) if item.get("type") == "reasoning" else ()):
        choice.add_text(part.get("text"), "reasoning", (place, at))
    for at, part in enumerate(dicts(item.get("content"))):
        before = len(choice.texts.get("text", ""))
        choice.add_text(part.get("text"), "reasoning" if item.get("type") == "reasoning" else "text", (place, at))
        choice.add_text(part.get("refusal"), "refusal", (place, at))
        choice.annotations += (dict(shifted(_annotation(each), before)) for each in dicts(part.get("annotations")))
    match item.get("type"):
        case "function_call":
            choice.add_call(place, name=item.get("name"), arguments=text(item.get("arguments")), id=item.get("call_id"))
        case "custom_tool_call":
            arguments = text(item.get("input"))
            choice.add_call(place, name=item.get("name"), arguments=arguments, id=item.get("call_id"), kind="custom")
        case "shell_call_output":
            choice.add_result(item.get("call_id"), item.get("output"))
        case _ if calls_of_api and (call := call_of(item)) is not None:
            choice.add_call(place, name=call.name, arguments=call.arguments, id=call.id, kind=call.kind)


def _annotation(annotation: Document) -> dict[str, Any]:
    """Return an annotation in chat's shape, as in scripts, if it cites a web page."""
    if annotation.get("type") != "url_citation":
        return dict(annotation)
    return {"type": "url_citation", "url_citation": without_fields(annotation, "type")}


def collect_count(document: Document, answer: Answer) -> None:
    """Set the number of tokens."""
    answer.set_usage(whole(document.get("input_tokens"), 0), 0)
