"""OpenAI's models on Bedrock: chat completions at `/model/{id}/invoke` and `/invoke-with-response-stream`.

Recorded of GPT-6 by Arize-ai/openinference in September 2026; the keys are in the order of their names. gpt-oss says
what it thinks in its text, between tags (promptfoo/promptfoo 9587, June 2026).
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
from completions.wire.bedrock.malformed import OWN
from completions.wire.fields import by_name, mapping, without_fields
from completions.wire.framing import DONE, Framing
from completions.wire.openai.chat import rules as chat_rules
from completions.wire.openai.chat.format import ChatCompletions, read_prompt
from completions.wire.openai.chat.manners import Writing
from completions.wire.readback import Answer

OPEN = "gpt-oss"


class OnBedrock(Writing):
    """How OpenAI's models answer here."""

    name, header_mark = "bedrock", None

    def answer_id(self, reply: Reply) -> str:
        """Return the id of an answer."""
        return f"chatcmpl-{ids.spelled(reply.serial, invoke.ID_SIZE, ids.LETTERS32)}"


class BedrockGPT(BedrockFormat, ChatCompletions):
    """A chat completion of a model of OpenAI's; the address names it, and whether it is streamed."""

    name = "chat"

    def __init__(self) -> None:
        ChatCompletions.__init__(self, OnBedrock())

    def table_name(self, model: str) -> str:
        """Return OpenAI's name of `us.openai.gpt-6-sol`."""
        return model_of(model).removeprefix("openai.")

    def knows(self, model: str) -> bool:
        """Tell whether OpenAI or Bedrock has a model."""
        return is_known(self.table_name(model), "openai") or is_known(model_of(model), "bedrock")

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request, whose signature is of now."""
        document, model = decode_object(body), route.get("model", "")
        streamed = route.get("method") == invoke.STREAMED
        if validate:
            signing.check(headers)
            if document.get("stream", streamed) != streamed:
                raise AmazonError("ValidationException", "The stream field must match the operation that is called.")
            asked = {key: value for key, value in document.items() if not key.startswith(OWN)}
            chat_rules.validate({"model": self.table_name(model), **asked, "stream": streamed})
        prompt = replace(read_prompt(document, headers), model=model or None, stream=streamed)
        return replace(prompt, include_obfuscation=False) if OPEN in model else prompt

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the completion, with what a guardrail did."""
        document = super().document(_told(reply, prompt), prompt)
        return {**_arranged(document), **guardrail.invoke_fields(reply, prompt)}

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the completion; headers tell what it cost."""
        return invoke.with_headers(super().render(reply, prompt), invoke.metrics(reply.used))

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Store nothing."""
        return ()

    def framing(self, prompt: Prompt) -> Framing:
        """Return AWS's binary event stream, whose chunks are JSON."""
        return invoke.CHUNKS

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the chunks; where the usage is asked for, it comes with the finish reason, too."""
        events = [event for event in super().events(_told(reply, prompt), prompt) if event is not DONE]
        counted = orjson.loads(events[-1].data).get("usage")
        told = [event._replace(data=_chunk(event, counted)) for event in events]
        return invoke.chunked(told, invoke.ending(reply, prompt))

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Take in a completion, or what is in a chunk."""
        if not collect_error(document, answer):
            super().collect(invoke.opened(document), answer)


def _told(reply: Reply, prompt: Prompt) -> Reply:
    """Return a reply without a document of OpenAI's; what gpt-oss thinks is part of its text."""
    choices = tuple(map(_thinking_aloud, reply.choices)) if OPEN in (prompt.model or "") else reply.choices
    return replace(reply, choices=choices, body=None)


def _thinking_aloud(choice: Choice) -> Choice:
    if not choice.reasoning:
        return choice
    said = f"<reasoning>{choice.reasoning}</reasoning>{choice.text or ''}"
    return replace(choice, text=said, reasoning=None, blocks=())


def _arranged(document: dict[str, Any]) -> dict[str, Any]:
    """Return a completion in the order of its keys, but for what AWS adds itself."""
    return {**by_name(without_fields(document, LAST)), LAST: None}


LAST = "system_fingerprint"


def _chunk(event: Event, counted: Any) -> bytes:
    document = orjson.loads(event.data)
    pad = document.pop("obfuscation", None)
    if any(choice.get("finish_reason") for choice in document["choices"]) and "usage" in document:
        document["usage"] = counted
    document = _arranged(document) if document.get("usage") else by_name(document | {LAST: None})
    for choice in document["choices"]:
        refusal = {key: choice["delta"].pop(key) for key in ("refusal",) if key in mapping(choice.get("delta"))}
        choice["delta"] |= refusal
    if pad is not None:
        document["obfuscation"] = LETTERS[: 1 + zlib.crc32(event.data) % len(LETTERS)].decode()
    return orjson.dumps(document)
