"""What OpenAI's formats share: the error envelope, headers, usage, ids, and how chunks are framed and interleaved.

Shapes: `openai.types` of the installed SDK; the envelope is the `Error` schema of OpenAI's OpenAPI document, where all
four fields are required and two may be null.
"""

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from completions.conversation import Prompt, Reply, Usage
from completions.event import Event
from completions.exceptions import RequestError
from completions.wire.base import WireFormat, json_type
from completions.wire.framing import DONE
from completions.wire.interleave import in_step
from completions.wire.openai import models as catalogue
from completions.wire.template import HOLE, PAD, Template

SERVED_TIERS = {"flex": "flex", "priority": "priority", "scale": "scale", "fast": "fast"}
"""The tiers that an answer names as it was asked; the others are served as `default`."""


STEADY_HEADERS = {
    "openai-version": "2020-10-01",
    "openai-organization": "mock-organization",
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-limit-tokens": "2000000",
    "x-ratelimit-remaining-requests": "9999",
    "x-ratelimit-remaining-tokens": "1999999",
    "x-ratelimit-reset-requests": "6ms",
    "x-ratelimit-reset-tokens": "0s",
}
"""Headers that OpenAI's documentation names; their values do not change, for nothing is limited."""


class OpenAIFormat(WireFormat):
    """The parts that are the same in all of OpenAI's formats."""

    bare = True

    def headers(self, elapsed_ms: float, request_id: str) -> Mapping[str, str]:
        """Return the API's own headers."""
        return {"openai-processing-ms": f"{elapsed_ms:.0f}", **STEADY_HEADERS}

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return OpenAI's envelope."""
        return envelope(exc)

    def model_list(self, models: Collection[str], query: Mapping[str, str]) -> dict[str, Any]:
        """Return OpenAI's list of models; it has no pages."""
        return catalogue.model_list(models)

    def model(self, name: str, models: Collection[str]) -> dict[str, Any]:
        """Return a model, or raise the 404."""
        return catalogue.find(name, models)


class Unstreamed(OpenAIFormat):
    """What is the same in formats that answer with one document, and never with a stream."""

    def events(self, reply: Reply, prompt: Prompt) -> list[Event]:
        """Return an empty event where the one token of the answer stands, for its pace."""
        return [Event(b"", token=True)]


def envelope(exc: RequestError) -> dict[str, Any]:
    """Return the error envelope; its four fields are always there."""
    return {"error": {"message": exc.message, "type": exc.type, "param": exc.param, "code": exc.code}}


def check_stream(document: dict[str, Any]) -> None:
    """Refuse a `stream` that is neither a boolean nor null; every script does."""
    stream = document.get("stream")
    if stream is not None and not isinstance(stream, bool):
        raise RequestError(
            f"Invalid type for 'stream': expected a boolean, but got {json_type(stream)} instead.",
            code="invalid_type",
            param="stream",
        )


def usage(counted: Usage | None) -> dict[str, int]:
    """Return the three counts of a usage document."""
    counted = counted or Usage(0, 0)
    return {
        "prompt_tokens": counted.prompt_tokens,
        "completion_tokens": counted.completion_tokens,
        "total_tokens": counted.total_tokens,
    }


def made_id(prefix: str, reply: Reply, *place: int) -> str:
    """Return an id of this answer's own for what stands at `place` in it."""
    digest = hashlib.blake2s(f"{reply.serial}{place}".encode(), digest_size=15).hexdigest()
    return prefix + digest


def fingerprint(model: str | None) -> str:
    """Return the `system_fingerprint` of a model: the same for the same model."""
    return "fp_" + hashlib.blake2s((model or "").encode(), digest_size=5).hexdigest()


def service_tier(body: Any) -> str:
    """Return the tier that served a request."""
    asked = body.get("service_tier")
    return SERVED_TIERS.get(asked, "default") if isinstance(asked, str) else "default"


class Chunks:
    """Writes the chunks of one stream: a constant head, one choice, and what follows it.

    With `include_usage` each has a null usage, and the last one the usage itself and no choice; `obfuscate` pads
    each chunk that has a choice.
    """

    def __init__(self, head: dict[str, Any], *, include_usage: bool, obfuscate: bool) -> None:
        self._head = head
        self._tail: dict[str, Any] = {"usage": None} if include_usage else {}
        if obfuscate:
            self._tail["obfuscation"] = PAD
        self._any = self._template(HOLE)

    def one(self, choice: dict[str, Any], more: Mapping[str, Any] | None = None) -> bytes:
        """Return the chunk around a choice, and around what else this chunk alone has."""
        return (Template({**self._with(HOLE), **more}) if more else self._any).fill([choice])[0]

    def each(self, choice: dict[str, Any], values: list[str]) -> list[bytes]:
        """Return a chunk for each value, in the hole of the same choice."""
        return self._template(choice).fill(values)

    def usage(self, document: dict[str, Any]) -> Event:
        """Return the chunk with the usage."""
        return Event(Template(self._head | {"choices": [], "usage": HOLE}).fill([document])[0])

    def _template(self, choice: object) -> Template:
        return Template(self._with(choice))

    def _with(self, choice: object) -> dict[str, Any]:
        return self._head | {"choices": [choice]} | self._tail


def stream(starts: list[Event], lanes: list[list[Event]], finishes: list[Event], ending: Event | None) -> list[Event]:
    """Return a stream: how its choices start, what they say, how they finish, its usage, the terminator."""
    return [*starts, *in_step(lanes), *finishes, *([ending] if ending else []), DONE]
