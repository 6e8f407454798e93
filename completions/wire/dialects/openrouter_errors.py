"""OpenRouter's errors: the envelope with its metadata, and the rule that Gemini 3's signatures must be sent back."""

from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.fields import dicts, text
from completions.wire.gemini.signatures import chat_signature_problem
from completions.wire.openai.wordings import POLICY
from completions.wire.validation import Rule

PROVIDER = "Mock"
"""The provider of all models here."""

PROVIDER_FAILED, QUOTA = "Provider returned error", "insufficient_quota"
GEMINI_3 = "google/gemini-3"
"""The prefix of the names of models whose calls are signed."""

CREDITS_METADATA: Mapping[str, object] = {
    "limit_source": "openrouter_credits",
    "remedy_hint": (
        "Add credits at https://openrouter.ai/settings/credits, or lower max_tokens / prompt size to fit your "
        "remaining balance."
    ),
    "provider_name": None,
}
"""The metadata of the error for a used-up balance (quoted from August to September 2026)."""

RAW_SIGNATURE_ERROR = (
    "Gemini models require OpenRouter reasoning details to be preserved in each request. Please refer to our docs: "
    "https://openrouter.ai/docs/guides/best-practices/reasoning-tokens#preserving-reasoning-blocks. Upstream error: "
    '{{\n  "error": {{\n    "code": 400,\n    "message": "{message}",\n    "status": "INVALID_ARGUMENT"\n  }}\n}}\n'
)


def envelope(exc: RequestError) -> dict[str, Any]:
    """Return the error, whose code is the status; a failure of the provider has its raw message."""
    metadata: Mapping[str, object] | None = None
    if exc.status >= 500 and exc.code:
        metadata = {"raw": exc.code, "provider_name": PROVIDER, "is_byok": False}
    elif exc.code == QUOTA:
        metadata = CREDITS_METADATA
    elif exc.code == POLICY and exc.about:
        flagged = {"reasons": ["misc"], "flagged_input": _shortened(str(exc.about.get("last_user", "")))}
        metadata = flagged | {"provider_name": PROVIDER, "model_slug": exc.about["model"]}
    elif "provider_name" in exc.about:
        metadata = {**exc.about, "is_byok": False} if "raw" in exc.about else exc.about
    error = {"message": exc.message, "code": exc.status}
    return {"error": error | ({"metadata": metadata} if metadata else {})}


def _shortened(text: str) -> str:
    """Return a flagged text in at most 100 characters; the middle of a longer one is cut."""
    return text if len(text) <= 100 else f"{text[:48]}...{text[-49:]}"


def _missing_signature(body: Mapping[str, Any]) -> RequestError | None:
    """Return the error for a call of Gemini 3 without its encrypted detail, with Google's raw error."""
    demands_signatures = text(body.get("model")).startswith(GEMINI_3)
    if not (
        problem := chat_signature_problem(body["messages"], _encrypted, of_any_text=True) if demands_signatures else ""
    ):
        return None
    error = RequestError(PROVIDER_FAILED)
    error.about = {"raw": RAW_SIGNATURE_ERROR.format(message=problem), "provider_name": "Google AI Studio"}
    return error


def _encrypted(message: Mapping[str, Any]) -> object:
    details = dicts(message.get("reasoning_details"))
    return next((each.get("data") for each in details if each.get("type") == "reasoning.encrypted"), None)


RULES = (
    Rule(
        _missing_signature,
        "OpenRouterTeam/typescript-sdk 120; karthink/gptel 1190; microsoft/vscode 279676",
        "2025-12-26",
    ),
)
