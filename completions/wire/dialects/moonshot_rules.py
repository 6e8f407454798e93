"""Step 2 for Moonshot's dialect: the rules of Kimi's models for a chat whose fields are valid in themselves."""

import re
from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.dialects import stops
from completions.wire.fields import dicts, mapping
from completions.wire.validation import Rule

Body = Mapping[str, Any]

THINKING_MODELS = re.compile(r"kimi-(k2\.[5-9]|k[3-9])")
"""Models that think by default, and whose sampling is fixed."""

SWITCHABLE_MODELS = re.compile(r"kimi-k2\.[56]")
"""Those of them whose thinking can be turned off."""

MODELS_THAT_STOP_THINKING = re.compile(r"kimi-(k2\.[56]|k3)")
"""Those that stop thinking on request: Kimi K3, too, in spite of its page (probed on 2026-09-01)."""

K3_MODELS = re.compile(r"kimi-k[3-9]")
"""Those that can be forced to call a tool while they think."""

FIXED_VALUES = {"temperature": 1, "top_p": 0.95, "n": 1}
"""The only accepted values."""

TEMPERATURE_WITHOUT_THINKING = 0.6
"""The only temperature of a model whose thinking is turned off."""


def thinks(body: Body) -> bool:
    """Tell whether the model of a request thinks."""
    model = str(body.get("model"))
    thinking_type = mapping(body.get("thinking")).get("type")
    return THINKING_MODELS.match(model) is not None and not (
        thinking_type == "disabled" and MODELS_THAT_STOP_THINKING.match(model)
    )


def _fixed_sampling(body: Body) -> RequestError | None:
    if not THINKING_MODELS.match(body["model"]):
        return None
    for name, fixed_value in FIXED_VALUES.items():
        is_temperature = name == "temperature" and SWITCHABLE_MODELS.match(body["model"]) and not thinks(body)
        accepted = TEMPERATURE_WITHOUT_THINKING if is_temperature else fixed_value
        if body.get(name) not in (None, accepted):
            return RequestError(f"invalid {name}: only {accepted} is allowed for this model")
    return None


def _code_model_without_thinking(body: Body) -> RequestError | None:
    """Refuse to turn off the thinking of the models for code."""
    is_disabled = mapping(body.get("thinking")).get("type") == "disabled"
    if not is_disabled or not body["model"].startswith("kimi-k2.7"):
        return None
    return RequestError("invalid thinking: only type=enabled is allowed for this model")


def _thinking_and_effort(body: Body) -> RequestError | None:
    if not SWITCHABLE_MODELS.match(body["model"]) or None in (body.get("thinking"), body.get("reasoning_effort")):
        return None
    return RequestError("cannot specify both 'thinking' and 'reasoning_effort'")


def _forced_call(body: Body) -> RequestError | None:
    """Refuse to force a call of a model that thinks; Kimi K3 accepts this if no tool is named."""
    choice = body.get("tool_choice")
    mode = "specified" if isinstance(choice, dict) else choice
    if mode not in ("required", "specified") or not thinks(body):
        return None
    if mode == "required" and K3_MODELS.match(body["model"]):
        return None
    return RequestError(f"tool_choice '{mode}' is incompatible with thinking enabled")


def _call_without_thoughts(body: Body) -> RequestError | None:
    """Refuse a tool call without the thoughts before it."""
    if not SWITCHABLE_MODELS.match(body["model"]) or not thinks(body):
        return None
    for index, message in enumerate(dicts(body["messages"])):
        if message["role"] == "assistant" and message.get("tool_calls") and not message.get("reasoning_content"):
            problem = f"reasoning_content is missing in assistant tool call message at index {index}"
            return RequestError(f"thinking is enabled but {problem}")
    return None


MOONSHOT_RULES = (
    Rule(
        _fixed_sampling, "recorded by vercel/ai, of kimi-k3; QuantumNous/new-api 5372; HKUDS/nanobot 4962", "2026-08-26"
    ),
    Rule(_code_model_without_thinking, "recorded by vercel/ai, of kimi-k2.7-code", "2026-08-26"),
    Rule(_thinking_and_effort, "HKUDS/nanobot 3939, of kimi-k2.5 and 2.6", "2026-05-20"),
    Rule(_forced_call, "recorded by vercel/ai, of kimi-k2.6 and 2.7; UKGovernmentBEIS/inspect_ai 5152", "2026-08-31"),
    Rule(
        _call_without_thoughts,
        "continuedev/continue 11600; sipeed/picoclaw 588; farion1231/cc-switch 2365",
        "2026-04-28",
    ),
    stops.MOONSHOT,
)
