"""Thinking in Google's API in OpenAI's format: its options, the check of signatures, and refusals.

The rules and words are those of `generateContent`, to which requests are translated. Sources: Google's page on OpenAI
compatibility; streams and refusals that users captured from 2025-07 to 2026-09, each named where it is used.
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
from completions.wire.refusals import Find, Occurrence
from completions.wire.validation import Rule

BUDGETS = {"none": 0, "minimal": 1_024, "low": 1_024, "medium": 8_192, "high": 24_576}
"""The thinking budgets of efforts, for models up to 2.5, as on Google's page."""

ABILITIES = frozenset(
    {"thinking_level", "no_thinking", "effort", "budget", "system", "tools", "json_schema", "candidates"}
)
"""The abilities that requests of this format can need like those of `generateContent`."""


def base_name(model: str | None) -> str:
    """Return a model's name without the prefix of some clients, as in `models/gemini-3.8-flash`."""
    return (model or "").rpartition("/")[2]


def google_options(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a request's options in Google's own fields."""
    return mapping(mapping(body.get("extra_body")).get("google"))


def _config(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(pick(google_options(body), "thinkingConfig"))


def shows_thoughts(body: Mapping[str, Any]) -> bool:
    """Tell whether a request asks for thoughts."""
    return pick(_config(body), "includeThoughts") is True


def _wrong_signature(body: Mapping[str, Any]) -> RequestError | None:
    """Find the first call of the current turn without its signature, if the model demands signatures."""
    demands_signatures = is_strict(base_name(text(body.get("model"))))
    problem = chat_signature_problem(body["messages"], _signature) if demands_signatures else ""
    return RequestError(problem) if problem else None


def _signature(message: Mapping[str, Any]) -> object:
    extra = mapping(dicts(message["tool_calls"])[0].get("extra_content"))
    return mapping(extra.get("google")).get("thought_signature")


def _gemma_effort(body: Mapping[str, Any]) -> RequestError | None:
    """Find an effort for Gemma, which takes none."""
    is_requested = body.get("reasoning_effort") is not None and base_name(text(body.get("model"))).startswith("gemma-")
    return RequestError("Thinking level is not supported for this model.") if is_requested else None


CROSS_FIELD_RULES = (
    Rule(_gemma_effort, "a user's measurements of gemma-4-31b-it", "2026-09-17"),
    Rule(_wrong_signature, "securo-finance/securo 884; TokenRhythm/opensquilla 225", "2026-09-10"),
)
"""The rules between the fields and messages of a request."""


def _find_in_native(find: Find) -> Find:
    """Return the search of a request after its translation to `generateContent`."""

    def find_in_native(prompt: Prompt, can: Capabilities) -> Occurrence | None:
        return find(replace(prompt, body={**prompt.body, "generationConfig": _generation(prompt)}), can)

    return find_in_native


def _generation(prompt: Prompt) -> dict[str, Any]:
    config, effort = dict(_config(prompt.body)), text(prompt.body.get("reasoning_effort"))
    if effort == "none" or (effort in BUDGETS and not is_strict(base_name(prompt.model))):
        config.setdefault("thinkingBudget", BUDGETS[effort])
    elif effort:
        config["thinkingLevel"] = effort.upper()
    return {"thinkingConfig": config}


REFUSALS = tuple(row._replace(find=_find_in_native(row.find)) for row in native.REFUSALS if row.feature in ABILITIES)
"""The refusals of `generateContent` because of the model, for requests of this format."""
