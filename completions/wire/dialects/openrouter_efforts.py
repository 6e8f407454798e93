"""OpenRouter's reasoning efforts: the known names, and the models whose thinking cannot be turned off."""

import re
from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.fields import mapping, text
from completions.wire.validation import Rule

EFFORTS = ("max", "xhigh", "high", "medium", "low", "minimal", "none")
MANDATORY = "Reasoning is mandatory for this endpoint and cannot be disabled."

ALWAYS_THINKING_MODELS = re.compile(
    r"anthropic/claude-(?:fable-5\.1|(?:opus|sonnet)-5\.5)|openai/gpt-(?:5|5\.1-codex|6-astra|oss-\w+)"
    r"|google/gemini-3\.(?:1-pro-preview|[578]-flash|5-flash-lite)|x-ai/grok-4\.[5-9]|z-ai/glm-5\.3-flashx?"
    r"|deepseek/deepseek-r1|moonshotai/kimi-k2\.7-code|qwen/qwen3\.8-max|stealth/ox-alpha|stepfun/step-3\.5-flash"
)
"""The models for which this was measured, or listed as `mandatory`, until 2026-10-02; of others it is not known."""


def _unknown_effort(body: Mapping[str, Any]) -> RequestError | None:
    """Return the error for an unknown effort."""
    effort = mapping(body.get("reasoning")).get("effort")
    if effort is None or effort in EFFORTS:
        return None
    known = "|".join(f'"{name}"' for name in EFFORTS)
    return RequestError(f"reasoning.effort: Invalid option: expected one of {known}")


def _thinking_turned_off(body: Mapping[str, Any]) -> RequestError | None:
    """Return the error for turning off the thinking of a model that always thinks."""
    reasoning = mapping(body.get("reasoning"))
    is_off = reasoning.get("enabled") is False or "none" in (reasoning.get("effort"), body.get("reasoning_effort"))
    if not is_off or not always_thinks(text(body.get("model"))):
        return None
    error = RequestError(MANDATORY)
    error.about = {"provider_name": None}
    return error


def always_thinks(model: str) -> bool:
    """Tell whether the thinking of a model cannot be turned off, for all variants, such as `:free`."""
    return ALWAYS_THINKING_MODELS.fullmatch(model.partition(":")[0]) is not None


RULES = (
    Rule(_unknown_effort, "probes of 2026-08-19 and 2026-09-11", "2026-09-11"),
    Rule(_thinking_turned_off, "probes of ten models on 2026-09-22, and quotes by users of others", "2026-10-02"),
)
