"""OpenAI's chat format on Vertex AI, at `…/endpoints/openapi/`: Gemini's models and those of Google's partners.

Sources: the examples of Google's page "Call Gemini with the Chat Completions API" (February 2026), and an answer of
gemini-3.1-pro-preview of the same month; a name without its publisher as quoted on 2026-09-04 (Ikalus1988/MisakaNet
1472). Partners' models answer in OpenAI's shape (api7/aisix 446, May 2026); of theirs nothing is recorded, so that the
order of keys, the ids and the usage are taken to be Google's. What is not supported is ignored (its page "Using OpenAI
libraries", read in September 2026 by others as well).
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

from completions import ids
from completions.conversation import Choice, Prompt, Reply
from completions.event import Event, Events
from completions.exceptions import RequestError
from completions.wire.address import Address
from completions.wire.base import NO_ROUTE, Headers, Route
from completions.wire.dialects import rules
from completions.wire.dialects.gemini import GeminiChat
from completions.wire.dialects.gemini_thinking import google_options
from completions.wire.dialects.mistral import Mistral
from completions.wire.dialects.vendor import HEAD, Vendor
from completions.wire.fields import by_name, mapping, without_fields
from completions.wire.gemini import errors as gemini_errors
from completions.wire.openai.base import usage as three_counts
from completions.wire.openai.chat.format import ChatCompletions
from completions.wire.validation import Check
from completions.wire.vertex import errors as vertex_errors
from completions.wire.wordings import Wording

GOOGLE = "google/"
MALFORMED = "Malformed publisher model name: expected format '<publisher>/<model>'"
CHAT = rules.chat({"tool_choice": rules.tool_choice("validated")})
TRAFFIC = {"google": {"traffic_type": "ON_DEMAND"}}


class VertexChat(GeminiChat):
    """Vertex AI's dialect. The last chunk has the usage, and the last piece of text."""

    name = "vertex"
    place = ""
    has_usage_in_last_chunk = True
    has_call_in_role_chunk = False
    wordings: Mapping[str, Wording] = without_fields(gemini_errors.ERROR_WORDINGS, "model_not_found")
    checks: ClassVar[Mapping[str, Check]] = {"chat": CHAT}
    head = (*HEAD, "system_fingerprint")
    is_partners = False
    """Whether the model is a partner's: no signatures, thoughts in their own field, calls in pieces."""

    def for_prompt(self, prompt: Prompt) -> Self:
        """Return the dialect of a model and of a request, which may want calls in pieces, and thoughts in a tag."""
        dialect, options = super().for_prompt(prompt), google_options(prompt.body)
        dialect.has_usage_in_last_chunk, dialect.has_finish_in_content = True, True
        dialect.sends_whole_calls = options.get("stream_function_call_arguments") is not True
        if not (prompt.model or GOOGLE).startswith(GOOGLE):
            dialect.is_partners, dialect.sends_whole_calls, dialect.reasoning_field = True, False, "reasoning_content"
        marker = options.get("thought_tag_marker")
        if dialect.shows_thoughts and isinstance(marker, str):
            dialect.reasoning_tags = (f"<{marker}>", f"</{marker}>")
        return dialect

    def has_model(self, model: str) -> bool:
        """Tell whether there is a model of this name: any of a partner's."""
        publisher, _, name = model.rpartition("/")
        return publisher not in ("", "google") or super().has_model(name)

    def check_chat(self, body: dict[str, Any]) -> None:
        """Raise the error of a model's name without its publisher, or of anything else but an unknown field."""
        name = body.get("model")
        if isinstance(name, str) and name and "/" not in name:
            raise RequestError(MALFORMED)
        Vendor.check_chat(self, body)

    def call_id(self, reply: Reply, name: str, *place: int) -> str:
        """Return the id of a call."""
        return f"function-call-{ids.uuid_of(f'call/{reply.serial}{place}')}"

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields, with an empty fingerprint."""
        return super().top_level(head | {"system_fingerprint": ""}, reply, prompt)

    def reasoning_delta(self, text: str) -> dict[str, Any]:
        """Return the delta for a piece of reasoning, which a partner's model has in its own field."""
        return Vendor.reasoning_delta(self, text) if self.is_partners else super().reasoning_delta(text)

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message."""
        return Vendor.message(self, message, choice) if self.is_partners else super().message(message, choice)

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta, which always has the role; each piece of a call has all of its fields."""
        document = {"role": "assistant", **Vendor.delta(self, delta, choice)}
        if self.sends_whole_calls or self.is_partners or "tool_calls" not in document:
            return document
        return document | {"tool_calls": [self._piece(call, choice) for call in document["tool_calls"]]}

    def _piece(self, call: dict[str, Any], choice: Choice) -> dict[str, Any]:
        index = call["index"]
        full_call = choice.tool_calls[index]
        function = {"name": full_call.name, "arguments": call["function"]["arguments"]}
        piece = {"index": index, "id": full_call.id, "type": "function", "function": function}
        signature = self.signature_of(choice) if index == 0 and "id" in call else {}
        return piece | ({"extra_content": {"google": signature}} if signature else {})

    def signature_of(self, choice: Choice) -> dict[str, str]:
        """Return the signature of the thoughts; partners' models have none."""
        return {} if self.is_partners else super().signature_of(choice)

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return the choice, with log probabilities even if they are null; a finish reason comes at the end."""
        fields = {"logprobs": None, **document}
        if fields.get("finish_reason") is None:
            fields.pop("finish_reason", None)
        ordered: dict[str, Any] = by_name(fields)
        return ordered

    def usage(self, counted: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the counts, with the reasoning tokens apart, and the traffic type by which the request is paid."""
        counts = three_counts(reply.used) if self.is_partners else super().usage(counted, reply, prompt)
        details: dict[str, Any] = {"extra_properties": TRAFFIC}
        if reasoning := reply.used.reasoning_tokens:
            details["completion_tokens_details"] = {"reasoning_tokens": reasoning}
        if cached_tokens := reply.used.cached_tokens:
            details["prompt_tokens_details"] = {"cached_tokens": cached_tokens}
        ordered: dict[str, Any] = by_name(counts | details)
        return ordered

    def stream(self, events: Events, usage: dict[str, Any], prompt: Prompt) -> Sequence[Event]:
        """Return the chunks; only the last one has the usage."""
        return events

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return an error in Google Cloud's words, or else in those of the Gemini API."""
        facts = mapping(exc.facts)
        publisher, separator, model = str(facts.get("model", "")).partition("/")
        if separator:
            exc = copy.copy(exc)
            exc.facts = {**facts, "model": model}
        return gemini_errors.adapt_error(vertex_errors.adapt_error(exc, publisher if separator else "google"))


class VertexChatCompletions(ChatCompletions):
    """Chat completions at an address with a project and a location."""

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request, with the project and the location of its address."""
        prompt = super().parse(body, headers, validate=validate, route=route)
        return replace(prompt, address={**prompt.address, **route})


def addresses(project: str) -> list[Address]:
    """Return the addresses below a project's prefix; Mistral's models also have an address of Mistral's format."""
    chat, mistral = VertexChatCompletions(VertexChat()), VertexChatCompletions(Mistral())
    mistral_path = "publishers/mistralai/models/[^/]+:(?:rawPredict|streamRawPredict)"
    return [
        Address(f"v1(?:beta1)?/{project}endpoints/openapi/chat/completions", chat),
        Address(f"v1(?:beta1)?/{project}{mistral_path}", mistral),
    ]
