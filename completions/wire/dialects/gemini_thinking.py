"""What Google's API in OpenAI's format has of thinking: how it is asked for, what it signs, and what it refuses.

Behind it is `generateContent`, whose rules and words these are. Sources: Google's page on OpenAI compatibility;
streams and refusals that users captured from 2025-07 to 2026-09, each named where it counts.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.tokens.capabilities import Capabilities
from completions.wire.fields import dicts, mapping, text
from completions.wire.gemini import refusals as native
from completions.wire.gemini.fields import pick
from completions.wire.gemini.signatures import chat_signature_problem, is_strict
from completions.wire.refusals import Asked, Find
from completions.wire.validation import Rule

BUDGETS = {"none": 0, "minimal": 1_024, "low": 1_024, "medium": 8_192, "high": 24_576}
"""The tokens that an effort lets models up to 2.5 think, as Google's page has them."""

ASKED = frozenset({"thinking_level", "no_thinking", "effort", "budget", "system", "tools", "json_schema", "candidates"})
"""The abilities of which this format's requests can need what `generateContent`'s can."""


def own_name(model: str | None) -> str:
    """Return a model's name without what clients may put before it, as in `models/gemini-3.8-flash`."""
    return (model or "").rpartition("/")[2]


def google_options(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a request says in fields of Google's own."""
    return mapping(mapping(body.get("extra_body")).get("google"))


def _config(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(pick(google_options(body), "thinkingConfig"))


def shows_thoughts(body: Mapping[str, Any]) -> bool:
    """Tell whether a request wants to be told what was thought."""
    return pick(_config(body), "includeThoughts") is True


def _wrong_signature(body: Mapping[str, Any]) -> RequestError | None:
    """Find the first call of the turn that is not over that has not its signature, at a model that wants it."""
    wants = is_strict(own_name(text(body.get("model"))))
    wrong = chat_signature_problem(body["messages"], _signature) if wants else ""
    return RequestError(wrong) if wrong else None


def _signature(message: Mapping[str, Any]) -> object:
    extra = mapping(dicts(message["tool_calls"])[0].get("extra_content"))
    return mapping(extra.get("google")).get("thought_signature")


def _effort_of_gemma(body: Mapping[str, Any]) -> RequestError | None:
    """Find an effort, of which Gemma takes none."""
    asked = body.get("reasoning_effort") is not None and own_name(text(body.get("model"))).startswith("gemma-")
    return RequestError("Thinking level is not supported for this model.") if asked else None


RULES = (
    Rule(_effort_of_gemma, "a user's measurements of gemma-4-31b-it", "2026-09-17"),
    Rule(_wrong_signature, "securo-finance/securo 884; TokenRhythm/opensquilla 225", "2026-09-10"),
)
"""What must hold between the fields and messages of a request."""


def _as_native(find: Find) -> Find:
    """Find what a request needs once it is one of `generateContent`."""

    def found(prompt: Prompt, can: Capabilities) -> Asked | None:
        return find(replace(prompt, body={**prompt.body, "generationConfig": _generation(prompt)}), can)

    return found


def _generation(prompt: Prompt) -> dict[str, Any]:
    config, effort = dict(_config(prompt.body)), text(prompt.body.get("reasoning_effort"))
    if effort == "none" or (effort in BUDGETS and not is_strict(own_name(prompt.model))):
        config.setdefault("thinkingBudget", BUDGETS[effort])
    elif effort:
        config["thinkingLevel"] = effort.upper()
    return {"thinkingConfig": config}


REFUSALS = tuple(row._replace(find=_as_native(row.find)) for row in native.REFUSALS if row.feature in ASKED)
"""What `generateContent` refuses because of the model, found in this format's requests."""
