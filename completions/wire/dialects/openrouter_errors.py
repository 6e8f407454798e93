"""OpenRouter's errors: what an envelope tells besides the message, and what a history of Gemini 3 must bring back."""

from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.fields import dicts, text
from completions.wire.gemini.signatures import chat_signature_problem
from completions.wire.openai.words import POLICY
from completions.wire.validation import Rule

PROVIDER = "Mock"
"""Who serves every model here."""

FAILED, QUOTA = "Provider returned error", "insufficient_quota"
GEMINI_3 = "google/gemini-3"
"""How the models begin whose calls are signed."""

CREDITS: Mapping[str, object] = {
    "limit_source": "openrouter_credits",
    "remedy_hint": (
        "Add credits at https://openrouter.ai/settings/credits, or lower max_tokens / prompt size to fit your "
        "remaining balance."
    ),
    "provider_name": None,
}
"""What is told of a balance that is used up (quoted from August to September 2026)."""

RAW = (
    "Gemini models require OpenRouter reasoning details to be preserved in each request. Please refer to our docs: "
    "https://openrouter.ai/docs/guides/best-practices/reasoning-tokens#preserving-reasoning-blocks. Upstream error: "
    '{{\n  "error": {{\n    "code": 400,\n    "message": "{message}",\n    "status": "INVALID_ARGUMENT"\n  }}\n}}\n'
)


def envelope(exc: RequestError) -> dict[str, Any]:
    """Return the error, whose code is the status; a failure of the provider says what it said."""
    metadata: Mapping[str, object] | None = None
    if exc.status >= 500 and exc.code:
        metadata = {"raw": exc.code, "provider_name": PROVIDER, "is_byok": False}
    elif exc.code == QUOTA:
        metadata = CREDITS
    elif exc.code == POLICY and exc.about:
        flagged = {"reasons": ["misc"], "flagged_input": _shortened(str(exc.about.get("last_user", "")))}
        metadata = flagged | {"provider_name": PROVIDER, "model_slug": exc.about["model"]}
    elif "provider_name" in exc.about:
        metadata = {**exc.about, "is_byok": False} if "raw" in exc.about else exc.about
    error = {"message": exc.message, "code": exc.status}
    return {"error": error | ({"metadata": metadata} if metadata else {})}


def _shortened(said: str) -> str:
    """Return a text that was flagged in at most 100 characters; a longer one lacks its middle."""
    return said if len(said) <= 100 else f"{said[:48]}...{said[-49:]}"


def _unsigned(body: Mapping[str, Any]) -> RequestError | None:
    """Return the error for a call of Gemini 3 whose encrypted detail has not come back, with what Google said."""
    wants = text(body.get("model")).startswith(GEMINI_3)
    if not (wrong := chat_signature_problem(body["messages"], _encrypted, of_any_text=True) if wants else ""):
        return None
    error = RequestError(FAILED)
    error.about = {"raw": RAW.format(message=wrong), "provider_name": "Google AI Studio"}
    return error


def _encrypted(message: Mapping[str, Any]) -> object:
    details = dicts(message.get("reasoning_details"))
    return next((each.get("data") for each in details if each.get("type") == "reasoning.encrypted"), None)


RULES = (
    Rule(_unsigned, "OpenRouterTeam/typescript-sdk 120; karthink/gptel 1190; microsoft/vscode 279676", "2025-12-26"),
)
