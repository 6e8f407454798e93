"""Cohere in OpenAI's format, at `/compatibility/v1/`: chat completions and embeddings, with Cohere's errors.

Sources: answers, streams and an unknown model as they were recorded (0xPlaygrounds/rig, cassettes of 2026); Cohere's
page on its Compatibility API, as it was in November 2025; what it says of a field that it has not, as users quote it
(2026-02-02: davidmigloz/ai_clients_dart 26; of `input_type`, a program's notes of 2026-09-17). The words on an effort
are made in that manner. Of embeddings nothing is recorded: they have the shape of OpenAI's types.
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

PLACE = "compatibility/v1/"
EFFORTS = ("none", "high")

NOT_IN_CHAT = (
    *("store", "metadata", "logit_bias", "top_logprobs", "n", "modalities", "prediction", "audio", "service_tier"),
    "parallel_tool_calls",
)
NOT_IN_EMBEDDINGS = ("dimensions", "user")
"""Fields of OpenAI's that are refused, whatever they say."""


def _refuse(said: str) -> RequestError:
    return RequestError(said, status=422)


def _check_fields(body: Mapping[str, Any], lacking: tuple[str, ...]) -> None:
    for name in lacking:
        if body.get(name) is not None:
            raise _refuse(f"unprocessable entity: {name} is not supported")


class CompatibleCohere(Vendor):
    """Cohere's dialect."""

    name = "cohere"
    reasoning_field = "reasoning_content"
    vendor = "cohere"
    refusals = base.NOT_IN_CHAT
    events_type = ServerSentEvents.media_type
    answer_id = Vendor.uuid
    head = HEAD
    adapt_error = staticmethod(base.adapt_error)
    error = staticmethod(base.envelope)

    def check_chat(self, body: dict[str, Any]) -> None:
        """Refuse the fields and the efforts that Cohere has not."""
        super().check_chat(body)
        _check_fields(body, NOT_IN_CHAT)
        if (effort := body.get("reasoning_effort")) is not None and effort not in EFFORTS:
            raise _refuse(f"unprocessable entity: reasoning_effort {effort} is not supported")

    def check_embeddings(self, body: dict[str, Any], size: int) -> None:
        """Refuse the fields that Cohere has not, of OpenAI's and of its own."""
        super().check_embeddings(body, size)
        _check_fields(body, NOT_IN_EMBEDDINGS)
        if (kind := body.get("input_type")) is not None:
            raise _refuse(f"{kind} input type is not supported for this model")

    def adapt_prompt(self, prompt: Prompt) -> Prompt:
        """Return the prompt, whose form can be a JSON object with a schema."""
        schema = mapping(mapping(prompt.body.get("response_format")).get("schema"))
        form = ResponseFormat("json_schema", "answer", schema) if schema else prompt.response_format
        return replace(super().adapt_prompt(prompt), response_format=form)

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return an id as Cohere's chat has it."""
        return base.call_id(reply, name, place)

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return a delta: the first says what begins, and the head of a call has the role and no arguments."""
        if any("id" in call for call in delta.get("tool_calls", ())):
            return {"role": "assistant", "tool_calls": [_head(call) for call in delta["tool_calls"]]}
        if "role" in delta:
            return {"role": "assistant", **(self.reasoning_delta("") if choice.reasoning else {"content": ""})}
        return super().delta(delta, choice)

    def headers(self, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return Cohere's headers."""
        return base.headers_of(request_id)

    def sent(self, error: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Return the envelope with its id."""
        return base.identified(error, request_id)


def _head(call: dict[str, Any]) -> dict[str, Any]:
    return {**call, "function": {"name": call["function"]["name"]}} if "function" in call else call


COHERE = CompatibleCohere()


def addresses(chat: ChatCompletions) -> list[Address]:
    """Return the addresses, given the format of chat in this dialect; there are no others."""
    return [
        Address(f"{PLACE}chat/completions", chat),
        Address(f"{PLACE}embeddings", Embeddings(COHERE)),
        Address("compatibility(?:/.*)?", chat, "refuse"),
    ]
