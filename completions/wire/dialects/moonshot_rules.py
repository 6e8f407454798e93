"""Step 2 for Moonshot's dialect: what Kimi's models refuse of a chat whose fields are right in themselves."""

import re
from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.dialects import stops
from completions.wire.fields import dicts, mapping
from completions.wire.validation import Rule

Body = Mapping[str, Any]

KIMI = re.compile(r"kimi-(k2\.[5-9]|k[3-9])")
"""Models that think unless they are told not to, and whose sampling is fixed."""

SWITCHED = re.compile(r"kimi-k2\.[56]")
"""Those of them that can be told not to."""

SILENCED = re.compile(r"kimi-(k2\.[56]|k3)")
"""Those that do not think where they are told not to: Kimi K3 too, whatever its page says (probed on 2026-09-01)."""

THIRD = re.compile(r"kimi-k[3-9]")
"""Those that call a tool although they think, where one has to be called."""

SAMPLED = {"temperature": 1, "top_p": 0.95, "n": 1}
"""The only values that are taken."""

CALM = 0.6
"""The only temperature of a model that is told not to think."""


def thinks(body: Body) -> bool:
    """Tell whether the model of a request thinks."""
    model = str(body.get("model"))
    told = mapping(body.get("thinking")).get("type")
    return KIMI.match(model) is not None and not (told == "disabled" and SILENCED.match(model))


def _sampled(body: Body) -> RequestError | None:
    if not KIMI.match(body["model"]):
        return None
    for name, only in SAMPLED.items():
        calm = name == "temperature" and SWITCHED.match(body["model"]) and not thinks(body)
        taken = CALM if calm else only
        if body.get(name) not in (None, taken):
            return RequestError(f"invalid {name}: only {taken} is allowed for this model")
    return None


def _unthinking(body: Body) -> RequestError | None:
    """Refuse to turn off the thinking of the models for code, which always think."""
    disabled = mapping(body.get("thinking")).get("type") == "disabled"
    if not disabled or not body["model"].startswith("kimi-k2.7"):
        return None
    return RequestError("invalid thinking: only type=enabled is allowed for this model")


def _both_ways_to_think(body: Body) -> RequestError | None:
    if not SWITCHED.match(body["model"]) or None in (body.get("thinking"), body.get("reasoning_effort")):
        return None
    return RequestError("cannot specify both 'thinking' and 'reasoning_effort'")


def _forced(body: Body) -> RequestError | None:
    """Refuse to demand a call of a model that thinks: Kimi K3 takes a demand that names no tool."""
    choice = body.get("tool_choice")
    named = "specified" if isinstance(choice, dict) else choice
    if named not in ("required", "specified") or not thinks(body):
        return None
    if named == "required" and THIRD.match(body["model"]):
        return None
    return RequestError(f"tool_choice '{named}' is incompatible with thinking enabled")


def _unreturned(body: Body) -> RequestError | None:
    """Refuse a call of a tool whose thoughts do not come back."""
    if not SWITCHED.match(body["model"]) or not thinks(body):
        return None
    for at, message in enumerate(dicts(body["messages"])):
        if message["role"] == "assistant" and message.get("tool_calls") and not message.get("reasoning_content"):
            said = f"reasoning_content is missing in assistant tool call message at index {at}"
            return RequestError(f"thinking is enabled but {said}")
    return None


MOONSHOT = (
    Rule(_sampled, "recorded by vercel/ai, of kimi-k3; QuantumNous/new-api 5372; HKUDS/nanobot 4962", "2026-08-26"),
    Rule(_unthinking, "recorded by vercel/ai, of kimi-k2.7-code", "2026-08-26"),
    Rule(_both_ways_to_think, "HKUDS/nanobot 3939, of kimi-k2.5 and 2.6", "2026-05-20"),
    Rule(_forced, "recorded by vercel/ai, of kimi-k2.6 and 2.7; UKGovernmentBEIS/inspect_ai 5152", "2026-08-31"),
    Rule(_unreturned, "continuedev/continue 11600; sipeed/picoclaw 588; farion1231/cc-switch 2365", "2026-04-28"),
    stops.MOONSHOT,
)
