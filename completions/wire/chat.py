"""Chat completions: `POST /v1/chat/completions`."""

from collections.abc import Mapping, Sequence
from typing import Any

from completions import tokens
from completions.conversation import Choice, Prompt, Reply
from completions.event import Event
from completions.wire import chat_kept, chat_message, chat_rules
from completions.wire.base import NO_ROUTE, Kept, Span, decode_object
from completions.wire.chat_prompt import read_prompt
from completions.wire.logprobs import chat_entries
from completions.wire.openai import (
    Chunks,
    OpenAIFormat,
    check_stream,
    fingerprint,
    made_id,
    service_tier,
    stream,
    usage,
)
from completions.wire.sse import HOLE


class ChatCompletions(OpenAIFormat):
    """OpenAI's chat format; a verbatim document goes out as it stands, and its stream has its keys."""

    name = "chat"

    def parse(
        self, body: bytes, headers: Mapping[str, str], *, validate: bool, route: Mapping[str, str] = NO_ROUTE
    ) -> Prompt:
        """Read a chat completion's request."""
        document = decode_object(body)
        check_stream(document)
        if validate:
            chat_rules.validate(document)
        return read_prompt(document, headers)

    def render(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return a `chat.completion`."""
        if reply.body is not None:
            return dict(reply.body)
        choices = [self._choice(reply, prompt, index) for index in range(len(reply.choices))]
        counted = chat_message.usage_with_details(reply, prompt)
        head = self._head(reply, prompt)
        tail = {"service_tier": head.pop("service_tier"), "system_fingerprint": head.pop("system_fingerprint")}
        return head | {"choices": choices, "usage": counted} | tail

    def keeps(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[Kept]:
        """Return what is kept of an answer that is to be stored."""
        return [chat_kept.kept(self.render(reply, prompt), prompt)] if prompt.body.get("store") is True else ()

    def events(self, reply: Reply, prompt: Prompt) -> list[Event]:
        """Return the chunks: one that opens each choice, one a token, one that finishes it, usage, terminator."""
        head = self._head(reply, prompt) | {"object": "chat.completion.chunk"}
        plain = reply.body is not None
        chunks = Chunks(head, include_usage=prompt.include_usage, obfuscate=prompt.include_obfuscation and not plain)
        writers = [_ChoiceWriter(chunks, reply, prompt, index) for index in range(len(reply.choices))]
        counted = usage(reply.usage) if plain else chat_message.usage_with_details(reply, prompt)
        return stream(
            [writer.start() for writer in writers],
            [writer.says() for writer in writers],
            [writer.finish() for writer in writers],
            chunks.usage(counted) if prompt.include_usage else None,
        )

    def _head(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer's top level without choices and usage; a verbatim document has its own."""
        if reply.body is not None:
            return {key: value for key, value in reply.body.items() if key not in ("choices", "usage")}
        return {
            "id": reply.id or made_id("chatcmpl-", reply),
            "object": "chat.completion",
            "created": reply.created,
            "model": reply.model or "",
            "service_tier": service_tier(prompt.body),
            "system_fingerprint": fingerprint(reply.model),
        }

    def _choice(self, reply: Reply, prompt: Prompt, index: int) -> dict[str, Any]:
        choice, message = reply.choices[index], chat_message.message(reply, prompt, index)
        return {
            "index": index,
            "message": message,
            "logprobs": _logprobs(message, choice, prompt),
            "finish_reason": chat_message.finish_reason(choice, prompt),
        }


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

    def __init__(self, chunks: Chunks, reply: Reply, prompt: Prompt, index: int) -> None:
        self._chunks, self._reply, self._prompt, self._index = chunks, reply, prompt, index
        self._choice = reply.choices[index]
        # what a chunk's choice has beside its delta: a verbatim document's own keys, or a null `logprobs`
        self._beside = chat_message.beside(reply, index)

    def start(self) -> Event:
        return Event(self._chunks.one(self._around(chat_message.opening_delta(self._reply, self._prompt, self._index))))

    def says(self) -> list[Event]:
        audio = chat_message.audio(self._reply, self._prompt, self._index)
        events = self._text("content", self._choice.text) if audio is None else self._spoken(audio)
        events += self._text("refusal", self._choice.refusal)
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

    def finish(self) -> Event:
        reason = chat_message.finish_reason(self._choice, self._prompt)
        return Event(self._chunks.one(self._around({}) | {"finish_reason": reason}), part="finish")

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
