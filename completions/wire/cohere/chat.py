"""Cohere's chat: `POST /v2/chat`.

The shapes, and the order of a stream's events, are those of the recorded exchanges.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import orjson

from completions.conversation import Block, Choice, Prompt, Reply, ToolCall
from completions.event import HOLE, Event, Events, Template
from completions.exceptions import RequestError
from completions.tokens import unbilled
from completions.wire.base import NO_ROUTE, Headers, Route, StreamFailure
from completions.wire.cohere import citations, logprobs
from completions.wire.cohere import models as cohere_models
from completions.wire.cohere import prompt as cohere_prompt
from completions.wire.cohere.base import NOT_IN_CHAT, CohereFormat, answer_id, call_id, collect_error, read_chat_body
from completions.wire.content import only_choice, written_arguments
from completions.wire.fields import dicts, mapping, text
from completions.wire.framing import DONE, counts
from completions.wire.framing import pieces as cut
from completions.wire.readback import Answer, ChoiceBuilder

FINISH_REASONS = {"stop": "COMPLETE", "length": "MAX_TOKENS", "tool_calls": "TOOL_CALL", "content_filter": "ERROR"}
FINISH_REASON_NAMES = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
    "ERROR": "content_filter",
}


GENERATE_REMOVED = (
    "Generate API was removed on September 15 2025. Please migrate to Chat API. "
    "See https://docs.cohere.com/docs/migrating-from-cogenerate-to-cochat for details."
)

REASONING_MODELS = re.compile(r"command-a-(plus|reasoning)")
"""Models that reason, whose usage always has the reasoning tokens."""


NO_ARGUMENTS = "{}"


class CohereChat(CohereFormat):
    """A message for messages; a text before a call is the plan of it."""

    name = "cohere"
    vendor = "cohere"
    refusals = NOT_IN_CHAT
    identified_by = ("x-fern-sdk-name",)
    model_list = staticmethod(cohere_models.model_list)
    model = staticmethod(cohere_models.find)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a chat's request."""
        document = read_chat_body(body)
        if validate:
            cohere_prompt.validate(document)
        return cohere_prompt.read_prompt(document, headers)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the message, its finish reason and its usage; a script's document as it is."""
        if (verbatim := reply.verbatim(self.name)) is not None:
            return dict(verbatim)
        choice = only_choice(reply)
        message: dict[str, Any] = {"role": "assistant"}
        if content := [{"type": kind, kind: content_text} for kind, content_text in _content(choice)]:
            message["content"] = content
        if blocks_with_annotations := citations.citations_of(choice, prompt):
            text_index = next(place for place, block in enumerate(content) if block["type"] == "text")
            message["citations"] = [
                citations.v2_citation(citation, choice.text or "", prompt, text_index)
                for citation in blocks_with_annotations
            ]
        if choice.tool_calls:
            message |= {"tool_plan": choice.text} if choice.text else {}
            message["tool_calls"] = [_call(call, reply, index) for index, call in enumerate(choice.tool_calls)]
        document = {"id": answer_id(reply), "message": message, **_ending(reply, prompt)}
        if prompt.top_logprobs is not None and (texts := [said for kind, said in _content(choice) if kind == "text"]):
            document["logprobs"] = logprobs.items("".join(texts), choice, prompt.model)
        return document

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the events: the start, the content piece by piece, the calls, the end."""
        choice = only_choice(reply)
        empty = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
        events = Events([_event("message-start", {"message": empty}, id=answer_id(reply))])
        texts, calls = count(), count()
        citation_events = _CitationEvents(choice, prompt)
        for block in choice.content:
            kind, pieces = _kind(block, choice), cut(block.text, prompt)
            if block.call is not None:
                index = next(calls)
                events += _streamed_call(index, _call(block.call, reply, index), prompt)
            elif kind == "tool_plan":
                events += _pieces("tool-plan-delta", {"tool_plan": HOLE}, pieces)
            elif kind == "text":
                events += _streamed(next(texts), kind, pieces, citation_events)
            elif kind:
                events += _streamed(next(texts), kind, pieces)
        return [*events, _event("message-end", _ending(reply, prompt), part="finish"), DONE]

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return the end of a message that failed."""
        error = self.adapt_error(failure.error)
        return [_event("message-end", {"finish_reason": "ERROR", "error": error.message})]

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read a message back, or an event of its stream."""
        if collect_error(document, answer):
            return
        answer.set_id_and_model(document.get("id"), None)
        delta = mapping(document.get("delta"))
        index = document.get("index", 0)
        for part in (document, delta):
            _collect_message(mapping(part.get("message")), index, answer.choice())
            _collect_ending(part, answer)


class CohereGenerate(CohereChat):
    """Completions: `POST /v1/generate`, which was removed; the error is the one that users quote since 2025."""

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return the error that names the replacement."""
        return RequestError(GENERATE_REMOVED, status=404) if exc.status == 404 else super().adapt_error(exc)


def _content(choice: Choice) -> list[tuple[str, str]]:
    """Return the parts of the content: the kind and the text of each."""
    parts = [(_kind(block, choice), block.text) for block in choice.content]
    return [(kind, part_text) for kind, part_text in parts if kind in ("thinking", "text")]


def _kind(block: Block, choice: Choice) -> str:
    """Return the kind of a block in this API: with calls, a text is their plan, and a refusal is left out."""
    if block.kind == "refusal":
        return "" if choice.tool_calls or choice.text else "text"
    return {"reasoning": "thinking", "text": "tool_plan" if choice.tool_calls else "text"}.get(block.kind, "")


def _call(call: ToolCall, reply: Reply, index: int) -> dict[str, Any]:
    arguments = written_arguments(call)
    function = {"name": call.name, "arguments": arguments}
    return {"id": call.id or call_id(reply, call.name, index), "type": "function", "function": function}


def _ending(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    reason = finish_reason(only_choice(reply), FINISH_REASONS)
    return {"finish_reason": reason, "usage": usage_of(reply, prompt)}


def finish_reason(choice: Choice, names: Mapping[str, str]) -> str:
    """Return the finish reason, by the API's `names` of OpenAI's reasons."""
    if choice.stopped_by is not None and choice.finish_reason == "stop":
        return "STOP_SEQUENCE"
    return names.get(choice.finish_reason or "stop", "COMPLETE")


def usage_of(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the billed tokens and the actual ones, which are more unless the script sets them."""
    usage = reply.used
    billed = {"input_tokens": usage.prompt_tokens, "output_tokens": usage.completion_tokens}
    actual = dict(billed)
    if prompt.counted is not None and usage.prompt_tokens == prompt.counted.total:
        actual["input_tokens"] += unbilled.unbilled_prompt_tokens(prompt) - usage.image_tokens
        actual["output_tokens"] += unbilled.unbilled_answer_tokens(reply.choices, prompt)
    if usage.reasoning_tokens or REASONING_MODELS.match(prompt.model or ""):
        actual["reasoning_tokens"] = usage.reasoning_tokens
    if usage.image_tokens:
        actual["image_tokens"] = usage.image_tokens
    return {"billed_units": billed, "tokens": actual, "cached_tokens": usage.cached_tokens}


class _CitationEvents:
    """Puts the events of a choice's citations between the pieces of its text."""

    def __init__(self, choice: Choice, prompt: Prompt) -> None:
        self._citations, self._prompt, self._text = citations.citations_of(choice, prompt), prompt, choice.text or ""
        self._choice, self._end, self._count, self._tokens = choice, 0, count(), 0

    def around(self, index: int, pieces: list[str]) -> Events:
        """Return the events of a text, with each citation after the piece in which it ends."""
        end = self._end + sum(map(len, pieces))
        last = end >= len(self._text)
        citations_here = citations.ending_between(self._citations, self._end, end, last=last)
        text_events = self._text_events(pieces, index)
        self._end, start = end, self._end
        if not citations_here:
            return text_events
        events, position = Events(), 0
        for size, ending_here in citations.with_citations(pieces, citations_here, start):
            events += text_events[position : position + size]
            events += [event for citation in ending_here for event in self._citation(citation, index)]
            position += size
        return events

    def _text_events(self, pieces: list[str], index: int) -> Events:
        """Return the events of a text, with the log probabilities of its tokens if they are requested."""
        if self._prompt.top_logprobs is None:
            return _pieces("content-delta", {"content": {"text": HOLE}}, pieces, index=index)
        items = [*logprobs.items_of_pieces(pieces, self._choice, self._prompt.model, self._tokens)]
        self._tokens += sum(counts(pieces) or [1] * len(pieces))
        head = {"type": "content-delta", "index": index}
        documents = (
            head | {"delta": {"message": {"content": {"text": piece}}}, "logprobs": item}
            for piece, item in zip(pieces, items, strict=True)
        )
        return Events(Event.tokens(map(orjson.dumps, documents), name="content-delta", counts=counts(pieces)))

    def _citation(self, citation: Mapping[str, Any], index: int) -> list[Event]:
        position, document = next(self._count), citations.v2_citation(citation, self._text, self._prompt, index)
        return [
            _event("citation-start", {"message": {"citations": document}}, index=position),
            _event("citation-end", index=position),
        ]


def _streamed(index: int, kind: str, pieces: list[str], citation_events: _CitationEvents | None = None) -> Events:
    text_events = (
        _pieces("content-delta", {"content": {kind: HOLE}}, pieces, index=index)
        if citation_events is None
        else citation_events.around(index, pieces)
    )
    return Events(
        [_event("content-start", {"message": {"content": {"type": kind, kind: ""}}}, index=index)],
        text_events,
        [_event("content-end", index=index)],
    )


def _streamed_call(index: int, call: dict[str, Any], prompt: Prompt) -> Events:
    """Return a call in pieces; one without arguments has none (recorded by maruel/genai in October 2026)."""
    opening = call | {"function": call["function"] | {"arguments": ""}}
    arguments = call["function"]["arguments"]
    pieces = [] if arguments == NO_ARGUMENTS else cut(arguments, prompt)
    delta = {"tool_calls": {"function": {"arguments": HOLE}}}
    return Events(
        [_event("tool-call-start", {"message": {"tool_calls": opening}}, index=index, token=True)],
        _pieces("tool-call-delta", delta, pieces, part="arguments", index=index),
        [_event("tool-call-end", index=index)],
    )


def _pieces(kind: str, message: dict[str, Any], pieces: list[str], part: str = "", **facts: Any) -> Events:
    template = Template({"type": kind, **facts, "delta": {"message": message}})
    return template.events(pieces, part, kind, counts(pieces))


def _event(
    kind: str, delta: dict[str, Any] | None = None, *, token: bool = False, part: str = "", **facts: Any
) -> Event:
    named = {"id": facts.pop("id")} if "id" in facts else {}
    document = {**named, "type": kind, **facts} | ({} if delta is None else {"delta": delta})
    return Event(orjson.dumps(document), token, True, part, kind)


def _collect_message(message: Mapping[str, Any], index: object, choice: ChoiceBuilder) -> None:
    content = message.get("content")
    for block in dicts(content if isinstance(content, list) else [content]):
        choice.add_text(block.get("text") or None)
        choice.add_text(block.get("thinking") or None, "reasoning")
    choice.add_text(message.get("tool_plan") or None)
    citation_documents = message.get("citations")
    choice.annotations += filter(
        None,
        map(
            citations.read_citation,
            dicts(citation_documents if isinstance(citation_documents, list) else [citation_documents]),
        ),
    )
    calls = message.get("tool_calls")
    for call_index, call in enumerate(dicts(calls if isinstance(calls, list) else [calls])):
        function = mapping(call.get("function"))
        index_in_message = call_index if isinstance(calls, list) else index
        choice.add_call(
            index_in_message, name=function.get("name"), id=call.get("id"), arguments=text(function.get("arguments"))
        )


def _collect_ending(document: Mapping[str, Any], answer: Answer) -> None:
    answer.choice().set_finish_reason(document.get("finish_reason"), FINISH_REASON_NAMES)
    collect_usage(mapping(document.get("usage")), answer)


def collect_usage(usage: Mapping[str, Any], answer: Answer) -> None:
    """Read the billed tokens back, or else the actual ones."""
    actual, billed = mapping(usage.get("tokens")), mapping(usage.get("billed_units"))
    prompt_tokens, completion_tokens = (
        billed.get(name, actual.get(name)) for name in ("input_tokens", "output_tokens")
    )
    answer.set_usage(prompt_tokens, completion_tokens, usage.get("cached_tokens"), actual.get("reasoning_tokens"))
