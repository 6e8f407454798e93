"""OpenAI's models on Bedrock: chat completions at `/model/{id}/invoke` and `/invoke-with-response-stream`.

Recorded of GPT-6 by Arize-ai/openinference in September 2026; the keys are in alphabetical order. gpt-oss has its
reasoning in the text, between tags (promptfoo/promptfoo 9587, June 2026).
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from completions import ids
from completions.conversation import Choice, Prompt, Reply
from completions.event import Body, Event
from completions.tokens.capabilities import is_known
from completions.wire.base import NO_ROUTE, Headers, Route, Span, StoredDocument, decode_object
from completions.wire.bedrock import guardrail, invoke, signing
from completions.wire.bedrock.base import LETTERS, BedrockFormat, collect_error, model_of
from completions.wire.bedrock.errors import AmazonError
from completions.wire.bedrock.malformed import BEDROCK_PREFIX
from completions.wire.fields import by_name, mapping, without_fields
from completions.wire.framing import DONE, Framing
from completions.wire.openai.chat import rules as chat_rules
from completions.wire.openai.chat.format import ChatCompletions, read_prompt
from completions.wire.openai.chat.model_behaviour import CacheWriting
from completions.wire.readback import Answer

GPT_OSS = "gpt-oss"


class BedrockDialect(CacheWriting):
    """The dialect of OpenAI's models on Bedrock."""

    name, headers_marker = "bedrock", b""

    def answer_id(self, reply: Reply) -> str:
        """Return the id of an answer."""
        return f"chatcmpl-{ids.spelled(reply.serial, invoke.ID_SIZE, ids.LETTERS32)}"


class BedrockGPT(BedrockFormat, ChatCompletions):
    """A chat completion of one of OpenAI's models; the address has its name, and tells whether to stream."""

    name = "chat"

    def __init__(self) -> None:
        ChatCompletions.__init__(self, BedrockDialect())

    def table_name(self, model: str) -> str:
        """Return OpenAI's name of a model, such as `gpt-6-sol` for `us.openai.gpt-6-sol`."""
        return model_of(model).removeprefix("openai.")

    def has_model(self, model: str) -> bool:
        """Tell whether OpenAI or Bedrock has a model."""
        return is_known(self.table_name(model), "openai") or is_known(model_of(model), "bedrock")

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request, whose signature must be current."""
        document, model = decode_object(body), route.get("model", "")
        streamed = route.get("method") == invoke.STREAM_METHOD
        if validate:
            signing.check(headers)
            if document.get("stream", streamed) != streamed:
                raise AmazonError("ValidationException", "The stream field must match the operation that is called.")
            openai_fields = {key: value for key, value in document.items() if not key.startswith(BEDROCK_PREFIX)}
            chat_rules.validate({"model": self.table_name(model), **openai_fields, "stream": streamed})
        prompt = replace(read_prompt(document, headers), model=model or None, stream=streamed)
        return replace(prompt, include_obfuscation=False) if GPT_OSS in model else prompt

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the completion, with a guardrail's action."""
        document = super().document(_with_reasoning_in_text(reply, prompt), prompt)
        return {**_ordered(document), **guardrail.invoke_fields(reply, prompt)}

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the completion; headers have the usage."""
        return invoke.with_headers(super().render(reply, prompt), invoke.metrics(reply.used))

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Store nothing."""
        return ()

    def framing(self, prompt: Prompt) -> Framing:
        """Return AWS's binary event stream, whose chunks are JSON."""
        return invoke.CHUNKS

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the chunks; if the usage is requested, the chunk with the finish reason has it, too."""
        events = [
            event for event in super().events(_with_reasoning_in_text(reply, prompt), prompt) if event is not DONE
        ]
        usage = orjson.loads(events[-1].data).get("usage")
        rewritten = [event._replace(data=_chunk(event, usage)) for event in events]
        return invoke.chunked(rewritten, invoke.ending(reply, prompt))

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read a completion back, or the content of a chunk."""
        if not collect_error(document, answer):
            super().collect(invoke.decoded_chunk(document), answer)


def _with_reasoning_in_text(reply: Reply, prompt: Prompt) -> Reply:
    """Return a reply without a verbatim document; the reasoning of gpt-oss becomes part of its text."""
    choices = tuple(map(_reasoning_in_text, reply.choices)) if GPT_OSS in (prompt.model or "") else reply.choices
    return replace(reply, choices=choices, body=None)


def _reasoning_in_text(choice: Choice) -> Choice:
    if not choice.reasoning:
        return choice
    text = f"<reasoning>{choice.reasoning}</reasoning>{choice.text or ''}"
    return replace(choice, text=text, reasoning=None, blocks=())


def _ordered(document: dict[str, Any]) -> dict[str, Any]:
    """Return a completion with its keys in alphabetical order, except the last one, which AWS adds."""
    return {**by_name(without_fields(document, LAST_KEY)), LAST_KEY: None}


LAST_KEY = "system_fingerprint"


def _chunk(event: Event, usage: Any) -> bytes:
    document = orjson.loads(event.data)
    obfuscation = document.pop("obfuscation", None)
    if any(choice.get("finish_reason") for choice in document["choices"]) and "usage" in document:
        document["usage"] = usage
    document = _ordered(document) if document.get("usage") else by_name(document | {LAST_KEY: None})
    for choice in document["choices"]:
        refusal = {key: choice["delta"].pop(key) for key in ("refusal",) if key in mapping(choice.get("delta"))}
        choice["delta"] |= refusal
    if obfuscation is not None:
        document["obfuscation"] = LETTERS[: 1 + zlib.crc32(event.data) % len(LETTERS)].decode()
    return orjson.dumps(document)
