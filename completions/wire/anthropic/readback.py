"""Read an answer back from a message of Anthropic's: from the whole one, or from the events of its stream."""

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
"""The finish reasons of chat completions by the stop reason of a message."""

RESULT_SUFFIX = "_tool_result"
"""The suffix of the types of blocks with results of server tools."""

CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")


def collect_message(document: Document, answer: Answer) -> None:
    """Add a whole message, or an event of its stream, to the answer."""
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
            _place_citations(answer.choice())
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
    """Add a block; with `begins` it opens in a stream, with an empty input, and its text is still to come."""
    if block.get("type") in CALLS:
        block_input = block.get("input")
        place = index if isinstance(index, int) else -1
        arguments = "" if begins and not block_input else block_input
        kind: CallKind = "function" if block["type"] == "tool_use" else "hosted"
        choice.add_call(place, name=block.get("name"), id=block.get("id"), arguments=arguments, kind=kind)
        return
    if text(block.get("type")).endswith(RESULT_SUFFIX):
        choice.add_result(block.get("tool_use_id"), block.get("content"))
        return
    if not begins or block.get("text"):
        choice.add_text(block.get("text"), place=index)
    choice.add_text(block.get("thinking") or None, "reasoning", place=index)
    for citation in dicts(block.get("citations")):
        _cite(citation, choice)
    if not begins:
        _place_citations(choice)


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


def _cite(citation: Document, choice: ChoiceBuilder) -> None:
    """Add a citation, in the form of chat completions; in a stream it comes before the text that it cites.

    A document or a search result is named by its source or its title.
    """
    title = text(citation.get("title") or citation.get("document_title"))
    if url := text(citation.get("url") or citation.get("source")) or title:
        page = {
            "url": url,
            "title": title,
            "start_index": 0,
            "end_index": 0,
        }
        choice.annotations.append({"type": "url_citation", "url_citation": page})
        choice.citing.append((page, text(citation.get("cited_text"))))


def _place_citations(choice: ChoiceBuilder) -> None:
    """Set the offsets of the citations of a complete block: where its text has the quotation, else the whole text."""
    block_text = choice.runs[-1].text if choice.runs and choice.runs[-1].kind == "text" else ""
    begin = len(choice.texts.get("text", "")) - len(block_text)
    for page, quoted in choice.citing:
        at = block_text.find(quoted)
        start, end = (0, len(block_text)) if not quoted or at < 0 else (at, at + len(quoted))
        page["start_index"], page["end_index"] = begin + start, begin + end
    choice.citing.clear()


def _ending(end: Document, answer: Answer) -> None:
    """Add the end of a message; a refusal's explanation is a script's `refusal`."""
    choice = answer.choice()
    explanation = text(mapping(end.get("stop_details")).get("explanation"))
    if end.get("stop_reason") == "refusal" and explanation:
        choice.add_text(explanation, "refusal")
        choice.set_finish_reason(NATURAL, {})
    else:
        choice.set_finish_reason(end.get("stop_reason"), FINISH_REASONS)
    stop = end.get("stop_sequence")
    choice.stopped_by = stop if isinstance(stop, str) else choice.stopped_by


def _usage(usage: Document, answer: Answer) -> None:
    """Note the usage; its input excludes the tokens that were read from the cache or written to it.

    At the end of a stream, the usage of the first models has only the output.
    """
    input_tokens, cached = usage.get("input_tokens"), usage.get("cache_read_input_tokens")
    if isinstance(input_tokens, int):
        input_tokens += sum(
            count for count in (cached, usage.get("cache_creation_input_tokens")) if isinstance(count, int)
        )
    if input_tokens is None and answer.usage:
        input_tokens, cached = answer.usage.prompt_tokens, answer.usage.cached_tokens
    thought = mapping(usage.get("output_tokens_details")).get("thinking_tokens")
    answer.set_usage(input_tokens, usage.get("output_tokens"), cached, thought)


def collect_count(document: Document, answer: Answer) -> None:
    """Note the number of tokens."""
    answer.set_usage(document.get("input_tokens"), 0)
