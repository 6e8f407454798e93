"""Gemini in OpenAI's format, at `/v1beta/openai/`: three counts, no log probabilities, Google's errors.

Sources: Google's page on OpenAI compatibility; answers recorded in 2025.
"""

from collections.abc import Mapping
from typing import Any

from completions.conversation import Choice, Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.dialects.vendor import Vendor
from completions.wire.openai.base import made_id, usage

STATUSES = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}


class GeminiChat(Vendor):
    """Google's dialect."""

    name = "gemini"
    vendor = "gemini"
    place = "v1beta/openai/"
    whole_calls = True
    role_opens = False
    finish_joined = True

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

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return Google's envelope."""
        usual = "INVALID_ARGUMENT" if exc.status < 500 else "INTERNAL" if exc.status == 500 else "UNAVAILABLE"
        status = STATUSES.get(exc.status, usual)
        return {"error": {"code": exc.status, "message": exc.message, "status": status}}
