"""What a message of Anthropic's says: its content blocks, whole or as its stream's events tell them."""

from collections.abc import Mapping
from typing import Any

from completions.wire.fields import dicts, mapping, text
from completions.wire.readback import NATURAL, Answer, CallKind, ChoiceBuilder

Document = Mapping[str, Any]

FINISH_REASONS = {
    "end_turn": "stop",
    "pause_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
    "compaction": "stop",
}
"""Why a message ends, in chat's words."""

RESULT = "_tool_result"
"""How the types of the blocks end that have what the API's own tools found."""

CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")


def collect_message(document: Document, answer: Answer) -> None:
    """Take in a whole message, or an event of its stream."""
    match document.get("type"):
        case "message":
            _head(document, answer)
            for index, block in enumerate(dicts(document.get("content"))):
                _block(index, block, answer.choice())
            _ending(document, answer)
        case "message_start":
            _head(mapping(document.get("message")), answer)
        case "content_block_start":
            _block(document.get("index"), mapping(document.get("content_block")), answer.choice(), begins=True)
        case "content_block_delta":
            _delta(document.get("index"), mapping(document.get("delta")), answer.choice())
        case "content_block_stop":
            _settle(answer.choice())
            if (call := answer.choice().calls.get(document.get("index"))) is not None:
                call.arguments = call.arguments or "{}"
        case "message_delta":
            _ending(mapping(document.get("delta")), answer)
            _usage(mapping(document.get("usage")), answer)
        case "message_stop":
            answer.ended = True


def _head(message: Document, answer: Answer) -> None:
    answer.set_id_and_model(message.get("id"), message.get("model"))
    _usage(mapping(message.get("usage")), answer)


def _block(index: object, block: Document, choice: ChoiceBuilder, *, begins: bool = False) -> None:
    """Take in a block; one that `begins` a stream's has an empty input, and its text is still to come."""
    if block.get("type") in CALLS:
        given = block.get("input")
        place = index if isinstance(index, int) else -1
        arguments = "" if begins and not given else given
        kind: CallKind = "function" if block["type"] == "tool_use" else "hosted"
        choice.add_call(place, name=block.get("name"), id=block.get("id"), arguments=arguments, kind=kind)
        return
    if text(block.get("type")).endswith(RESULT):
        choice.add_result(block.get("tool_use_id"), block.get("content"))
        return
    if not begins or block.get("text"):
        choice.add_text(block.get("text"), place=index)
    choice.add_text(block.get("thinking") or None, "reasoning", place=index)
    for citation in dicts(block.get("citations")):
        _cite(citation, choice)
    if not begins:
        _settle(choice)


def _delta(index: object, delta: Document, choice: ChoiceBuilder) -> None:
    match delta.get("type"):
        case "text_delta":
            choice.add_text(delta.get("text"), place=index)
        case "thinking_delta":
            choice.add_text(delta.get("thinking"), "reasoning", place=index)
        case "input_json_delta":
            choice.add_call(index if isinstance(index, int) else -1, arguments=text(delta.get("partial_json")))
        case "citations_delta":
            _cite(mapping(delta.get("citation")), choice)


def _cite(given: Document, choice: ChoiceBuilder) -> None:
    """Add a citation of a page, in chat's shape, as scripts have it; in a stream it comes before what it stands at."""
    if given.get("type") == "web_search_result_location":
        page = {"url": text(given.get("url")), "title": text(given.get("title")), "start_index": 0, "end_index": 0}
        choice.annotations.append({"type": "url_citation", "url_citation": page})
        choice.citing.append((page, text(given.get("cited_text"))))


def _settle(choice: ChoiceBuilder) -> None:
    """Place the citations of a block whose text is there: where it says what they quote, else at all of it."""
    said = choice.runs[-1].text if choice.runs and choice.runs[-1].kind == "text" else ""
    begin = len(choice.texts.get("text", "")) - len(said)
    for page, quoted in choice.citing:
        at = said.find(quoted)
        start, end = (0, len(said)) if not quoted or at < 0 else (at, at + len(quoted))
        page["start_index"], page["end_index"] = begin + start, begin + end
    choice.citing.clear()


def _ending(given: Document, answer: Answer) -> None:
    """Take in why it ends; a refusal's explanation is what a script has for a refusal."""
    choice = answer.choice()
    explanation = text(mapping(given.get("stop_details")).get("explanation"))
    if given.get("stop_reason") == "refusal" and explanation:
        choice.add_text(explanation, "refusal")
        choice.set_finish_reason(NATURAL, {})
    else:
        choice.set_finish_reason(given.get("stop_reason"), FINISH_REASONS)
    stop = given.get("stop_sequence")
    choice.stopped_by = stop if isinstance(stop, str) else choice.stopped_by


def _usage(usage: Document, answer: Answer) -> None:
    """Note the usage: here the input is what was neither read from the cache nor written to it.

    The end of a stream of the first models tells what was written alone.
    """
    asked, cached = usage.get("input_tokens"), usage.get("cache_read_input_tokens")
    if isinstance(asked, int):
        asked += sum(count for count in (cached, usage.get("cache_creation_input_tokens")) if isinstance(count, int))
    if asked is None and answer.usage:
        asked, cached = answer.usage.prompt_tokens, answer.usage.cached_tokens
    thought = mapping(usage.get("output_tokens_details")).get("thinking_tokens")
    answer.set_usage(asked, usage.get("output_tokens"), cached, thought)


def collect_count(document: Document, answer: Answer) -> None:
    """Note how many tokens there are."""
    answer.set_usage(document.get("input_tokens"), 0)
