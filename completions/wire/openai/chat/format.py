"""Chat completions: `POST /v1/chat/completions`, as OpenAI has them and as those who speak a dialect of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.conversation import Choice, Prompt, Reply
from completions.event import Event
from completions.tokens import text as tokens
from completions.wire.base import NO_DIALECTS, NO_ROUTE, Kept, Span, WireFormat, decode_object
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
from completions.wire.openai.chat.prompt import read_prompt
from completions.wire.openai.chat.refusals import REFUSALS
from completions.wire.openai.chat.stream import ChoiceWriter
from completions.wire.openai.dialect import OPENAI, Dialect
from completions.wire.openai.logprobs import chat_entries
from completions.wire.openai.readback import hear_choices
from completions.wire.openai.refusals import CHAT_ELSEWHERE
from completions.wire.openai.words import CHAT
from completions.wire.readback import Answer


class ChatCompletions(OpenAIFormat):
    """OpenAI's chat format; a verbatim document goes out as it stands, and its stream has its keys.

    It speaks OpenAI's own `dialect`, or another; `dialects` has its like in others, for scripts to choose by name.
    """

    name = "chat"
    vendor = "openai"
    refusals = (*CHAT_ELSEWHERE, *REFUSALS)
    words = CHAT

    def __init__(self, dialect: Dialect = OPENAI, dialects: Mapping[str, WireFormat] = NO_DIALECTS) -> None:
        super().__init__(dialect)
        self.dialects = dialects

    def parse(
        self, body: bytes, headers: Mapping[str, str], *, validate: bool, route: Mapping[str, str] = NO_ROUTE
    ) -> Prompt:
        """Read a chat completion's request."""
        document = decode_object(body)
        if "stream" in document:
            check_stream(document)
        if validate:
            self._dialect.check_chat(document)
        return self._dialect.asked(read_prompt(document, headers))

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return a `chat.completion`."""
        reply = self._dialect.own(reply)
        if reply.body is not None:
            return dict(reply.body)
        choices = [self._choice(reply, prompt, index) for index in range(len(reply.choices))]
        head, counted = self._head(reply, prompt), self._usage(reply, prompt)
        tail = {key: head.pop(key) for key in ("service_tier", "system_fingerprint") if key in head}
        return head | {"choices": choices, "usage": counted} | tail | self._dialect.whole(reply, prompt)

    def keeps(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[Kept]:
        """Return what is kept of an answer that is to be stored."""
        return [chat_kept.kept(self.document(reply, prompt), prompt)] if prompt.body.get("store") is True else ()

    def events(self, reply: Reply, prompt: Prompt) -> list[Event]:
        """Return the chunks: one that opens each choice, one a token, one that finishes it, usage, terminator."""
        dialect, reply = self._dialect, self._dialect.own(reply)
        head = self._head(reply, prompt) | {"object": "chat.completion.chunk"}
        plain = reply.body is not None
        padded = prompt.include_obfuscation and not plain
        chunks = Chunks(head, include_usage=dialect.null_usage(prompt), padding=dialect.padding if padded else "")
        writers = [ChoiceWriter(dialect, chunks, reply, prompt, index) for index in range(len(reply.choices))]
        counted = usage(reply.usage) if plain else self._usage(reply, prompt)
        starts = [event for writer in writers for event in writer.start(dialect.first(reply, prompt))]
        lanes = [writer.says() for writer in writers]
        last = writers[-1:]
        finishes = [writer.finish(dialect.last(reply, counted) if writer in last else {}) for writer in writers]
        ending = None
        if dialect.tells_usage(prompt):
            ending = chunks.usage(counted, dialect.usage_chunk(writers[-1].finished({})))
        events = dialect.opening(reply) + stream(starts, lanes, finishes, ending)
        return dialect.stream(events, counted, prompt)

    def _usage(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        return self._dialect.usage(chat_message.usage_with_details(reply, prompt), reply, prompt)

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
        document = {
            "index": index,
            "message": self._dialect.message(message, choice),
            "logprobs": _logprobs(message, choice, prompt),
            "finish_reason": reason,
        }
        return self._dialect.choice(document | self._dialect.beside(choice, reason))


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
