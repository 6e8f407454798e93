"""Chat completions: `POST /v1/chat/completions`, as OpenAI has them and as those who speak a dialect of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.conversation import Choice, Prompt, Reply
from completions.event import Event
from completions.exceptions import RequestError
from completions.tokens import text as tokens
from completions.wire.base import NO_DIALECTS, NO_ROUTE, Kept, Span, WireFormat, decode_object
from completions.wire.framing import Framing, ServerSentEvents
from completions.wire.openai.base import (
    Chunks,
    OpenAIFormat,
    check_stream,
    fingerprint,
    made_id,
    service_tier,
    stream,
    usage,
)
from completions.wire.openai.chat import kept as chat_kept
from completions.wire.openai.chat import message as chat_message
from completions.wire.openai.chat import rules as chat_rules
from completions.wire.openai.chat.dialect import OPENAI, Dialect
from completions.wire.openai.chat.prompt import read_prompt
from completions.wire.openai.logprobs import chat_entries
from completions.wire.openai.readback import hear_choices
from completions.wire.readback import Answer
from completions.wire.template import HOLE


class ChatCompletions(OpenAIFormat):
    """OpenAI's chat format; a verbatim document goes out as it stands, and its stream has its keys.

    It speaks OpenAI's own `dialect`, or another; `dialects` has its like in others, for scripts to choose by name.
    """

    name = "chat"

    def __init__(self, dialect: Dialect = OPENAI, dialects: Mapping[str, WireFormat] = NO_DIALECTS) -> None:
        self._dialect = dialect
        self.dialects = dialects
        self.bare = not dialect.name
        self._framing = ServerSentEvents(keep_alive=dialect.keep_alive)
        self.vendor, self.refusals = dialect.vendor, dialect.refusals

    def headers(self, elapsed_ms: float, request_id: str) -> Mapping[str, str]:
        """Return the API's own headers."""
        own = self._dialect.headers(request_id)
        return super().headers(elapsed_ms, request_id) if own is None else own

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope of those who speak the dialect."""
        return self._dialect.error(exc)

    def framing(self, prompt: Prompt) -> Framing:
        """Return server-sent events, with the comment of those who speak the dialect."""
        return self._framing

    def parse(
        self, body: bytes, headers: Mapping[str, str], *, validate: bool, route: Mapping[str, str] = NO_ROUTE
    ) -> Prompt:
        """Read a chat completion's request."""
        document = decode_object(body)
        check_stream(document)
        if validate:
            chat_rules.validate(self._dialect.checked(document))
        return self._dialect.asked(read_prompt(document, headers))

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return a `chat.completion`."""
        reply = self._dialect.own(reply)
        if reply.body is not None:
            return dict(reply.body)
        choices = [self._choice(reply, prompt, index) for index in range(len(reply.choices))]
        counted = self._dialect.usage(chat_message.usage_with_details(reply, prompt), reply, prompt)
        head = self._head(reply, prompt)
        tail = {key: head.pop(key) for key in ("service_tier", "system_fingerprint") if key in head}
        return head | {"choices": choices, "usage": counted} | tail | self._dialect.whole(reply, prompt)

    def keeps(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[Kept]:
        """Return what is kept of an answer that is to be stored."""
        return [chat_kept.kept(self.document(reply, prompt), prompt)] if prompt.body.get("store") is True else ()

    def events(self, reply: Reply, prompt: Prompt) -> list[Event]:
        """Return the chunks: one that opens each choice, one a token, one that finishes it, usage, terminator."""
        dialect, reply = self._dialect, self._dialect.own(reply)
        head = self._head(reply, prompt) | {"object": "chat.completion.chunk"}
        plain, told = reply.body is not None, dialect.tells_usage(prompt)
        padded = prompt.include_obfuscation and not plain and dialect.obfuscates
        chunks = Chunks(head, include_usage=prompt.include_usage and told, obfuscate=padded)
        writers = [_ChoiceWriter(dialect, chunks, reply, prompt, index) for index in range(len(reply.choices))]
        detailed = chat_message.usage_with_details
        counted = usage(reply.usage) if plain else dialect.usage(detailed(reply, prompt), reply, prompt)
        last = len(writers) - 1
        return dialect.opening(reply) + stream(
            [writer.start(dialect.first(reply, prompt) if not at else None) for at, writer in enumerate(writers)],
            [writer.says() for writer in writers],
            [writer.finish(dialect.last(reply, counted) if at == last else None) for at, writer in enumerate(writers)],
            chunks.usage(counted) if told else None,
        )

    def hear(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Take in a chat completion or a chunk, in any dialect."""
        hear_choices(document, answer)

    def _head(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer's top level without choices and usage; a verbatim document has its own."""
        if reply.body is not None:
            return {key: value for key, value in reply.body.items() if key not in ("choices", "usage")}
        head = {
            "id": reply.id or made_id("chatcmpl-", reply),
            "object": "chat.completion",
            "created": reply.created,
            "model": reply.model or prompt.model or "",
            "service_tier": service_tier(prompt.body),
            "system_fingerprint": fingerprint(reply.model),
        }
        return self._dialect.head(head, reply, prompt)

    def _choice(self, reply: Reply, prompt: Prompt, index: int) -> dict[str, Any]:
        choice, message = reply.choices[index], chat_message.message(reply, prompt, index)
        reason = chat_message.finish_reason(choice, prompt)
        return {
            "index": index,
            "message": self._dialect.message(message, choice),
            "logprobs": _logprobs(message, choice, prompt),
            "finish_reason": reason,
        } | self._dialect.beside(choice, reason)


def _logprobs(message: dict[str, Any], choice: Choice, prompt: Prompt) -> dict[str, Any] | None:
    """Return a whole message's log probabilities, if they are asked for and it has a text."""
    count = prompt.top_logprobs
    texts = {key: message[key] for key in ("content", "refusal")}
    if count is None or not any(texts.values()):
        return None
    return {
        key: chat_entries(tokens.split(text, prompt.model), count, choice.logprobs) if text else None
        for key, text in texts.items()
    }


class _ChoiceWriter:
    """Writes one choice of a stream as events."""

    def __init__(self, dialect: Dialect, chunks: Chunks, reply: Reply, prompt: Prompt, index: int) -> None:
        self._dialect = dialect
        self._chunks, self._reply, self._prompt, self._index = chunks, reply, prompt, index
        self._choice = reply.choices[index]
        # what a chunk's choice has beside its delta: a verbatim document's own keys, or a null `logprobs`
        self._beside = chat_message.beside(reply, index) | dialect.said(self._choice)

    def start(self, more: Mapping[str, Any] | None) -> Event:
        delta = self._dialect.start(chat_message.opening_delta(self._reply, self._prompt, self._index))
        return Event(self._chunks.one(self._around(delta) | self._dialect.said(None), more))

    def says(self) -> list[Event]:
        audio = chat_message.audio(self._reply, self._prompt, self._index)
        events = self._thoughts()
        events += self._text("content", self._choice.text) if audio is None else self._spoken(audio)
        events += self._text("refusal", self._choice.refusal)
        if self._dialect.whole_calls:
            return events + self._whole_calls()
        for opening, fragment, arguments in chat_message.calls_in_stream(self._reply, self._prompt, self._index):
            events.append(Event(self._chunks.one(self._around(opening)), token=True))
            events += self._pieces(fragment, arguments, "arguments")
        if annotations := self._annotations():
            events.append(Event(self._chunks.one(self._around({"annotations": annotations}))))
        return events

    def _annotations(self) -> list[Mapping[str, Any]]:
        if self._reply.body is not None:
            return list(self._choice.annotations)
        return chat_message.annotations(self._choice, self._prompt)

    def _thoughts(self) -> list[Event]:
        """Return what is thought before the answer, where the dialect tells it."""
        delta = self._dialect.thought(HOLE)
        return self._pieces(delta, self._choice.reasoning) if delta and self._choice.reasoning else []

    def _whole_calls(self) -> list[Event]:
        message = chat_message.message(self._reply, self._prompt, self._index)
        calls = self._dialect.message(message, self._choice).get("tool_calls") or ()
        deltas = ({"tool_calls": [{"index": place, **call}]} for place, call in enumerate(calls))
        return [Event(self._chunks.one(self._around(delta)), token=True) for delta in deltas]

    def finish(self, more: Mapping[str, Any] | None) -> Event:
        reason = chat_message.finish_reason(self._choice, self._prompt)
        choice = self._around({}) | self._dialect.beside(self._choice, reason) | {"finish_reason": reason}
        return Event(self._chunks.one(choice, more), part="finish")

    def _text(self, key: str, text: str | None) -> list[Event]:
        if not text:
            return []
        if self._prompt.top_logprobs is None or self._reply.body is not None:
            return self._pieces({key: HOLE}, text)
        entries = chat_entries(self._split(text), self._prompt.top_logprobs, self._choice.logprobs)
        return Event.tokens(self._chunks.one(self._with_logprobs(key, entry)) for entry in entries)

    def _with_logprobs(self, key: str, entry: dict[str, Any]) -> dict[str, Any]:
        entries = {"content": None, "refusal": None, key: [entry]}
        piece = entry["token"]
        return self._around({key: piece}) | {"logprobs": entries, "finish_reason": None}

    def _spoken(self, audio: dict[str, Any]) -> list[Event]:
        opening = [Event(self._chunks.one(self._around({"audio": {"id": audio["id"]}})))]
        said = self._pieces({"audio": {"transcript": HOLE}}, audio["transcript"])
        data = [Event(self._chunks.one(self._around({"audio": {"data": audio["data"]}})))]
        return (
            opening
            + said
            + data
            + [Event(self._chunks.one(self._around({"audio": {"expires_at": audio["expires_at"]}})))]
        )

    def _pieces(self, delta: dict[str, Any], text: str, part: str = "") -> list[Event]:
        return Event.tokens(self._chunks.each(self._around(delta), self._split(text)), part)

    def _split(self, text: str) -> list[str]:
        return tokens.split(text, self._prompt.model)

    def _around(self, delta: Mapping[str, Any]) -> dict[str, Any]:
        return {"index": self._index, "delta": delta, **self._beside, "finish_reason": None}
