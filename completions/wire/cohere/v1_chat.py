"""Version 1 of Cohere's chat: `POST /v1/chat`, whose stream is lines of JSON, or events if a header asks for them.

The shapes, and the order of a stream's events, are those of exchanges that langchain-cohere recorded in July 2024; the
fields are those of `NonStreamedChatResponse` and `StreamedChatResponse` in the cohere SDK 7.
"""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import orjson

from completions import ids
from completions.conversation import Choice, Prompt, Reply, ToolCall
from completions.event import HOLE, Event, Events, Template
from completions.wire.base import NO_ROUTE, Headers, Route, StreamFailure
from completions.wire.cohere import citations, v1_prompt
from completions.wire.cohere.base import NOT_IN_CHAT, CohereFormat, answer_id, collect_error, meta, read_chat_body
from completions.wire.cohere.chat import FINISH_REASON_NAMES, collect_usage, finish_reason, usage_of
from completions.wire.content import arguments_of, only_choice, written_arguments
from completions.wire.fields import dicts, mapping, text
from completions.wire.framing import SSE, Framing, JSONLines, counts
from completions.wire.framing import pieces as cut
from completions.wire.readback import NATURAL, Answer, ChoiceBuilder

FINISH_REASONS = {"stop": "COMPLETE", "length": "MAX_TOKENS", "tool_calls": "COMPLETE", "content_filter": "ERROR_TOXIC"}
V1_FINISH_REASON_NAMES = {**FINISH_REASON_NAMES, "COMPLETE": NATURAL, "ERROR_TOXIC": "content_filter"}


class StreamJSONLines(JSONLines):
    """JSON lines, with the API's media type for them."""

    media_type = "application/stream+json"


STREAM_JSON_LINES = StreamJSONLines()


class CohereChatV1(CohereFormat):
    """A text for a message, with the conversation so far."""

    name = "cohere_v1"
    vendor = "cohere"
    refusals = NOT_IN_CHAT

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a chat's request."""
        document = read_chat_body(body)
        if validate:
            v1_prompt.validate(document)
        return v1_prompt.read_prompt(document, headers)

    def framing(self, prompt: Prompt) -> Framing:
        """Return JSON lines, or server-sent events if the header `Accepts` asks for them."""
        return SSE if prompt.headers.get("accepts") == SSE.media_type else STREAM_JSON_LINES

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the text, the conversation with it, and the usage."""
        choice = only_choice(reply)
        if prompt.body.get("search_queries_only") is True:
            return _search_queries(reply, prompt)
        answer, calls = choice.text or choice.refusal or "", _calls(choice)
        tool_calls = {"tool_calls": calls} if calls else {}
        blocks_with_annotations = citations.citations_of(choice, prompt)
        names = {text(each.get("url")) for each in blocks_with_annotations}
        citation_fields = {
            "citations": [citations.v1_citation(each, answer) for each in blocks_with_annotations],
            "documents": [source for name, source in citations.documents_of(prompt).items() if name in names],
        }
        return {
            "response_id": answer_id(reply),
            "text": answer,
            "generation_id": ids.uuid_of(f"generation/{reply.serial}"),
            "chat_history": [*v1_prompt.turns(prompt.body), {"role": "CHATBOT", "message": answer, **tool_calls}],
            "finish_reason": finish_reason(choice, FINISH_REASONS),
            "meta": {**meta("1"), **usage_of(reply, prompt)},
            **tool_calls,
            **(citation_fields if blocks_with_annotations else {}),
        }

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the events: the start, the text piece by piece, the calls piece by piece and whole, the end."""
        choice, document = only_choice(reply), self.document(reply, prompt)
        events, call_indexes = Events([_event("stream-start", generation_id=document["generation_id"])]), count()
        last = {"response": document, "finish_reason": document["finish_reason"]}
        if (queries := document.get("search_queries")) is not None:
            found = _event("search-queries-generation", search_queries=queries)
            return [*events, found, _event("stream-end", part="finish", **last)]
        kind = "tool-calls-chunk" if choice.tool_calls else "text-generation"
        for block in choice.content:
            if block.call is not None and arguments_of(block.call) is not None:
                events += _streamed_call(next(call_indexes), block.call, prompt)
            elif block.kind == "text" or (block.kind == "refusal" and not choice.text):
                events += _pieces(kind, {"text": HOLE}, cut(block.text, prompt))
        if calls := document.get("tool_calls"):
            events.append(_event("tool-calls-generation", text=document["text"], tool_calls=calls))
        events += [_event("citation-generation", citations=[each]) for each in document.get("citations", ())]
        return [*events, _event("stream-end", part="finish", **last)]

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return the end of an answer that failed; its text is the error."""
        message = self.adapt_error(failure.error).message
        return [_event("stream-end", response={"text": message, "finish_reason": "ERROR"}, finish_reason="ERROR")]

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read an answer back, or an event of its stream."""
        if collect_error(document, answer):
            return
        match document.get("event_type"):
            case None:
                _collect_whole(document, answer)
            case "stream-end":
                answer.ended = True
                _collect_ending({**mapping(document.get("response")), **document}, answer)
            case "text-generation" | "tool-calls-chunk":
                _collect_piece(document, answer.choice())
            case "citation-generation":
                _collect_citations(document, answer.choice())


def _search_queries(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return what to search instead of an answer: the message itself."""
    query = {"text": prompt.last_user, "generation_id": ids.uuid_of(f"query/{reply.serial}")}
    return {
        "response_id": answer_id(reply),
        "text": "",
        "generation_id": ids.uuid_of(f"generation/{reply.serial}"),
        "finish_reason": "COMPLETE",
        "meta": {**meta("1"), **usage_of(reply, prompt)},
        "is_search_required": True,
        "search_queries": [query],
    }


def _calls(choice: Choice) -> list[dict[str, Any]]:
    """Return the calls, without those whose arguments were cut: in this API they are objects."""
    calls = [(call.name, arguments_of(call)) for call in choice.tool_calls]
    return [{"name": name, "parameters": parameters} for name, parameters in calls if parameters is not None]


def _streamed_call(index: int, call: ToolCall, prompt: Prompt) -> Events:
    kind, name_delta = "tool-calls-chunk", {"index": index, "name": call.name}
    arguments_delta = {"tool_call_delta": {"index": index, "parameters": HOLE}}
    return Events(
        [_event(kind, token=True, tool_call_delta=name_delta)],
        _pieces(kind, arguments_delta, cut(written_arguments(call), prompt), part="arguments"),
    )


def _pieces(kind: str, fields: dict[str, Any], pieces: list[str], part: str = "") -> Events:
    template = Template({"is_finished": False, "event_type": kind, **fields})
    return template.events(pieces, part, kind, counts(pieces))


def _event(kind: str, *, token: bool = False, part: str = "", **fields: Any) -> Event:
    document = {"is_finished": kind == "stream-end", "event_type": kind, **fields}
    return Event(orjson.dumps(document), token, True, part, kind)


def _collect_whole(document: Mapping[str, Any], answer: Answer) -> None:
    choice = answer.choice()
    choice.add_text(document.get("text") or None)
    _collect_citations(document, choice)
    for at, call in enumerate(dicts(document.get("tool_calls"))):
        choice.add_call(at, name=call.get("name"), arguments=call.get("parameters"))
    _collect_ending(document, answer)


def _collect_citations(document: Mapping[str, Any], choice: ChoiceBuilder) -> None:
    choice.annotations += filter(None, map(citations.read_citation, dicts(document.get("citations"))))


def _collect_piece(document: Mapping[str, Any], choice: ChoiceBuilder) -> None:
    choice.add_text(document.get("text"))
    if delta := mapping(document.get("tool_call_delta")):
        choice.add_call(delta.get("index"), name=delta.get("name"), arguments=delta.get("parameters") or "")


def _collect_ending(document: Mapping[str, Any], answer: Answer) -> None:
    answer.set_id_and_model(document.get("response_id"), None)
    answer.choice().set_finish_reason(document.get("finish_reason"), V1_FINISH_REASON_NAMES)
    collect_usage(mapping(document.get("meta")), answer)
