"""Anthropic's format at other vendors: DeepSeek, OpenRouter, Z.ai, and servers of Ollama and vLLM.

They accept the requests of Anthropic's clients, ignore the version header, and refuse little. Sources: DeepSeek's page
"Using the Anthropic API" and OpenRouter's "Create a message" (November 2026); vLLM, `entrypoints/anthropic`;
`middleware/anthropic.go` and `anthropic/anthropic.go` of ollama/ollama; Z.ai's errors as users quote them from June to
October 2026, and its 401 as 0xPlaygrounds/rig recorded it in 2026.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from completions import ids
from completions.conversation import ANY_TOOL, Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.address import Address
from completions.wire.anthropic import checks
from completions.wire.anthropic.errors import ERROR_WORDINGS
from completions.wire.anthropic.messages import AnthropicAnswers
from completions.wire.base import NO_ROUTE, Headers, Route, Span, StoredDocument, WireFormat, without, without_limits
from completions.wire.fields import arranged, without_nulls
from completions.wire.validation import refuse
from completions.wire.wordings import Wording

REQUIRED = ("model", "max_tokens", "messages")

PLACES: Mapping[str, tuple[str, Collection[str]]] = {
    "deepseek": ("deepseek/anthropic/v1/messages", REQUIRED),
    "ollama": ("ollama/v1/messages", ()),
    "openrouter": ("openrouter/api/v1/messages", ("model", "messages")),
    "vllm": ("vllm/v1/messages", REQUIRED),
    "zai": ("zai/api/anthropic/v1/messages", REQUIRED),
}
"""The vendors of the format: their addresses, and their required fields."""

NUMBERS = {400: "1210", 429: "1302", 500: "1234", 529: "1305"}
"""The default numbers of Z.ai's errors, by status."""

WRONG = "Invalid API parameter, please check the documentation."
BUSY = Wording(
    "The service may be temporarily overloaded, please try again later",
    529,
    "overloaded_error",
    NUMBERS[529],
    None,
    "quotes by users",
    "2026-06-18",
)

_TURN = checks.record(
    {"role": checks.choice("user", "assistant", "system"), "content": checks.text_or(checks.array(checks.mapping))},
    ("role", "content"),
    open_=True,
)
_FIELDS = {
    "model": checks.string(1),
    "messages": checks.array(_TURN),
    "max_tokens": checks.integer(1),
    "temperature": checks.number(0),
    "top_p": checks.number(0, 1),
    "tools": checks.array(checks.mapping),
    "tool_choice": checks.mapping,
    "thinking": checks.mapping,
    "stop_sequences": checks.array(checks.string()),
}


class Vendor(Protocol):
    """The part of a vendor's dialect that is the same in all formats."""

    @property
    def wordings(self) -> Mapping[str, Wording]:
        """How it puts the usual errors."""

    @property
    def to_note(self) -> Callable[[Prompt, Span], StoredDocument] | None:
        """Returns what the server remembers of each request that it answers."""


class VendorsMessages(AnthropicAnswers):
    """A message of another vendor, with its `required` fields."""

    identified_by = ()
    refusals = ()
    headers, gateway_headers = WireFormat.headers, WireFormat.gateway_headers
    limit_headers = staticmethod(without_limits)

    def __init__(self, vendor: Vendor, required: Collection[str] = REQUIRED) -> None:
        super().__init__()
        self.wordings, self._to_note = {**ERROR_WORDINGS, **vendor.wordings}, vendor.to_note
        self._check = checks.record(_FIELDS, required, open_=True)

    def check(self, document: dict[str, Any], headers: Mapping[str, str], route: Mapping[str, str]) -> None:
        """Raise `RequestError` for a field that is missing or of another type; null is none."""
        refuse(self._check(without_nulls(document)))

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Return what the message leaves behind, and what the server remembers."""
        noted = () if self._to_note is None else (self._to_note(prompt, span),)
        return [*super().to_store(reply, prompt, span), *noted]

    def with_request_id(self, document: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Return the envelope as it is."""
        return document

    def usage(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage, without the tier and the region, which only Anthropic's own API has."""
        return without(super().usage(reply, prompt), "service_tier", "inference_geo", "speed")


class OllamaMessages(VendorsMessages):
    """A message of Ollama's server, which ignores `tool_choice`."""

    def check(self, document: dict[str, Any], headers: Mapping[str, str], route: Mapping[str, str]) -> None:
        """Raise `RequestError` for a field that is missing, in the server's words, or of another type."""
        super().check(document, headers, route)
        if not document.get("model"):
            raise RequestError("model is required")
        if not document.get("max_tokens"):
            raise RequestError("max_tokens is required and must be positive")
        if not document.get("messages"):
            raise RequestError("messages is required")

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request for a message, which may be answered with any tool."""
        return replace(super().parse(body, headers, validate=validate, route=route), tool_choice=ANY_TOOL)

    def with_request_id(self, document: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Return the envelope with an id of 24 digits."""
        return document | {"request_id": f"req_{ids.spelled(request_id, 24)}"}


class ZAIMessages(VendorsMessages):
    """A message of Z.ai, whose errors have a number and the request's id, and begin their message with the number."""

    def __init__(self, vendor: Vendor, required: Collection[str] = REQUIRED) -> None:
        super().__init__(vendor, required)
        self.wordings = {**self.wordings, "overloaded": BUSY}

    def check(self, document: dict[str, Any], headers: Mapping[str, str], route: Mapping[str, str]) -> None:
        """Raise `RequestError` as `VendorsMessages` does, but without naming the field."""
        try:
            super().check(document, headers, route)
        except RequestError as exc:
            raise RequestError(WRONG, code=NUMBERS[400]) from exc

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope with the error's number, which for errors of keys is the type."""
        envelope = super().error(exc)
        details, error_code = envelope["error"], exc.code or ""
        number = error_code if error_code.isdigit() else NUMBERS.get(exc.status)
        if exc.status == 401:
            return {"error": {"message": details["message"], "type": number or "401"}}
        return envelope | {"error": arranged(details | ({"code": number} if number else {}), ("type", "code"))}

    def with_request_id(self, document: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Return the envelope with the request's id, also at the end of a message with a number."""
        if "type" not in document:
            return document
        name, details = ids.timed(time.time(), request_id), document["error"]
        if "code" in details:
            details = details | {"message": f"[{details['code']}][{details['message']}][{name}]"}
        return document | {"error": details, "request_id": name}


FORMATS: Mapping[str, type[VendorsMessages]] = {"ollama": OllamaMessages, "zai": ZAIMessages}
"""The vendors with a format class of their own."""


def vendors_addresses(vendors: Mapping[str, Vendor]) -> list[Address]:
    """Return the addresses of other vendors' formats; `vendors` are the vendors by their names."""
    formats = ((vendors[name], FORMATS.get(name, VendorsMessages), *place) for name, place in PLACES.items())
    return [Address(route, format_class(vendor, required)) for vendor, format_class, route, required in formats]
