"""Gemini in OpenAI's format, at `/v1beta/openai/`: three counts, no log probabilities, Google's errors.

Sources: Google's page on OpenAI compatibility; answers recorded in 2025; errors as users quote them (2026-01-10:
SuzumiyaAkizuki/ComfyUI-NewBie-LLM-Formatter 3), which are lists of one.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from completions.conversation import Choice, Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.dialects import rules
from completions.wire.dialects.vendor import Vendor
from completions.wire.openai.base import made_id, usage
from completions.wire.openai.chat.rules import FIELDS
from completions.wire.validation import Check, Problem

OWN = ("cached_content", "extra_body", "google", "reasoning_effort", "safety_settings", "thinking_config")
"""Fields of Google's own; others that OpenAI's API has not either are refused (recorded by users on 2026-01-10)."""

STATUSES = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}


class GeminiChat(Vendor):
    """Google's dialect."""

    name = "gemini"
    vendor = "gemini"
    place = "v1beta/openai/"
    whole_calls = True
    role_opens = False
    finish_joined = True
    errors_in_list = True
    checks: ClassVar[Mapping[str, Check]] = {"chat": rules.chat(known=(*FIELDS, *OWN))}

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields: id, time and model."""
        known = {key: head[key] for key in ("object", "created", "model")}
        return {"id": reply.id or made_id("", reply)} | known

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message, without content if it only has calls."""
        return {key: value for key, value in super().message(message, choice).items() if value is not None}

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return the delta, which always has the role."""
        return {"role": "assistant", **super().delta(delta, choice)}

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return the choice without null log probabilities and null finish reasons."""
        return {key: value for key, value in document.items() if value is not None}

    def usage(self, counted: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the three counts."""
        return usage(reply.usage)

    def has_null_usage(self, prompt: Prompt) -> bool:
        """Tell that only one chunk has a usage."""
        return False

    def problem(self, problem: Problem, body: dict[str, Any]) -> RequestError:
        """Return the error; of a field that is not known it is the JSON parser's."""
        if problem.code != "unknown_parameter":
            return problem.error()
        return UnknownName(f'Invalid JSON payload received. Unknown name "{problem.path}": Cannot find field.')

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return Google's envelope."""
        usual = "INVALID_ARGUMENT" if exc.status < 500 else "INTERNAL" if exc.status == 500 else "UNAVAILABLE"
        status = STATUSES.get(exc.status, usual)
        error: dict[str, Any] = {"code": exc.status, "message": exc.message, "status": status}
        if isinstance(exc, UnknownName):
            violations = [{"description": exc.message}]
            error["details"] = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}]
        return {"error": error}


class UnknownName(RequestError):
    """A field that Google's API does not know."""
