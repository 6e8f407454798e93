"""Cohere in OpenAI's format, at `/compatibility/v1/`: chat completions and embeddings, with Cohere's errors.

Sources: answers, streams and an unknown model as they were recorded (0xPlaygrounds/rig, cassettes of 2026); Cohere's
page on its Compatibility API, as it was in November 2025; the error for an unsupported field, as users quote it
(2026-02-02: davidmigloz/ai_clients_dart 26; of `input_type`, a program's notes of 2026-09-17). The error for an effort
is modelled on it. Of embeddings nothing is recorded: they have the shape of OpenAI's types.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from completions.conversation import Choice, Prompt, Reply, ResponseFormat
from completions.exceptions import RequestError
from completions.wire.address import Address
from completions.wire.cohere import base
from completions.wire.dialects.vendor import HEAD, Vendor
from completions.wire.fields import mapping
from completions.wire.framing import ServerSentEvents
from completions.wire.openai.chat.format import ChatCompletions
from completions.wire.openai.embeddings import Embeddings

PREFIX = "compatibility/v1/"
EFFORTS = ("none", "high")

NOT_IN_CHAT = (
    *("store", "metadata", "logit_bias", "top_logprobs", "n", "modalities", "prediction", "audio", "service_tier"),
    "parallel_tool_calls",
)
NOT_IN_EMBEDDINGS = ("dimensions", "user")
"""OpenAI's fields that are refused with any value."""


def _refuse(message: str) -> RequestError:
    return RequestError(message, status=422)


def _check_fields(body: Mapping[str, Any], unsupported: tuple[str, ...]) -> None:
    for name in unsupported:
        if body.get(name) is not None:
            raise _refuse(f"unprocessable entity: {name} is not supported")


class CompatibleCohere(Vendor):
    """Cohere's dialect."""

    name = "cohere"
    reasoning_field = "reasoning_content"
    vendor = "cohere"
    refusals = base.NOT_IN_CHAT
    stream_media_type = ServerSentEvents.media_type
    answer_id = Vendor.uuid
    head = HEAD
    adapt_error = staticmethod(base.adapt_error)
    error = staticmethod(base.envelope)

    def check_chat(self, body: dict[str, Any]) -> None:
        """Refuse the fields and the efforts that Cohere lacks."""
        super().check_chat(body)
        _check_fields(body, NOT_IN_CHAT)
        if (effort := body.get("reasoning_effort")) is not None and effort not in EFFORTS:
            raise _refuse(f"unprocessable entity: reasoning_effort {effort} is not supported")

    def check_embeddings(self, body: dict[str, Any], size: int) -> None:
        """Refuse the fields that this format lacks, of OpenAI's and of Cohere's own."""
        super().check_embeddings(body, size)
        _check_fields(body, NOT_IN_EMBEDDINGS)
        if (kind := body.get("input_type")) is not None:
            raise _refuse(f"{kind} input type is not supported for this model")

    def adapt_prompt(self, prompt: Prompt) -> Prompt:
        """Return the prompt; a `response_format` of a JSON object may have a schema."""
        schema = mapping(mapping(prompt.body.get("response_format")).get("schema"))
        response_format = ResponseFormat("json_schema", "answer", schema) if schema else prompt.response_format
        return replace(super().adapt_prompt(prompt), response_format=response_format)

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return an id like those of Cohere's chat."""
        return base.call_id(reply, name, place)

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return a delta: the first shows what begins, and the head of a call has the role and no arguments."""
        if any("id" in call for call in delta.get("tool_calls", ())):
            return {"role": "assistant", "tool_calls": [_call_head(call) for call in delta["tool_calls"]]}
        if "role" in delta:
            return {"role": "assistant", **(self.reasoning_delta("") if choice.reasoning else {"content": ""})}
        return super().delta(delta, choice)

    def headers(self, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return Cohere's headers."""
        return base.headers_of(request_id)

    def with_request_id(self, error: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Return the envelope with its id."""
        return base.identified(error, request_id)


def _call_head(call: dict[str, Any]) -> dict[str, Any]:
    return {**call, "function": {"name": call["function"]["name"]}} if "function" in call else call


COHERE = CompatibleCohere()


def addresses(chat: ChatCompletions) -> list[Address]:
    """Return the addresses, given the format of chat in this dialect; there are no others."""
    return [
        Address(f"{PREFIX}chat/completions", chat),
        Address(f"{PREFIX}embeddings", Embeddings(COHERE)),
        Address("compatibility(?:/.*)?", chat, "refuse"),
    ]
