"""The refusals of Gemini's methods that depend on the model, in the API's words."""

from functools import partial
from typing import Any

from completions.conversation import Prompt
from completions.tokens.capabilities import Capabilities
from completions.tokens.single_purpose import INTERACTION_FORMATS
from completions.wire.gemini.answer import is_vertex
from completions.wire.gemini.fields import inner, level_of, pick
from completions.wire.refusals import (
    BUDGET,
    EFFORT,
    FORMAT,
    OUTPUT,
    Find,
    Occurrence,
    Refusal,
    for_models,
    has_part,
    offers_tools,
    role,
    too_long,
)

AUTOMATIC = -1
"""The thinking budget that lets the model choose."""


METHODS = {
    "bidi": frozenset({"live"}),
    "generate": frozenset({"chat", "responses", "speech", "transcriptions"}),
    "embed": frozenset({"embeddings"}),
    "predict": frozenset({"embeddings", "images"}),
}
"""The formats of the models that support a method, by a part of its name, the first match; all count tokens."""


def _thinking(prompt: Prompt) -> dict[str, Any]:
    return inner(prompt.body, "generationConfig", "thinkingConfig")


def _level(prompt: Prompt) -> str:
    return level_of(_thinking(prompt)).removeprefix("THINKING_LEVEL_")


def _only_interactions(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    is_only_for_interactions = (
        can.formats == INTERACTION_FORMATS and "generate" in (prompt.address.get("method") or "generate").lower()
    )
    return Occurrence("model") if is_only_for_interactions and not is_vertex(prompt) else None


def _other_method(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    """Find a method that the model does not support; Vertex AI has other words."""
    method = prompt.address.get("method") or "generateContent"
    kinds = next((kinds for name, kinds in METHODS.items() if name in method.lower()), None)
    if kinds is None or not kinds.isdisjoint(can.formats or ()) or is_vertex(prompt):
        return None
    return Occurrence("model", method.replace("batchEmbedContents", "embedContent"))


def _has_level(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    return Occurrence("thinking_level") if _level(prompt) not in ("", "UNSPECIFIED") else None


def _unsupported_level(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    level = _level(prompt)
    supported = {effort.upper() for effort in can.efforts or ()}
    return Occurrence("thinking_level", level) if level not in ("", "UNSPECIFIED") and level not in supported else None


def _penalty(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    config = inner(prompt.body, "generationConfig")
    has_penalty = any(pick(config, key) for key in ("presencePenalty", "frequencyPenalty"))
    return Occurrence("penalty") if has_penalty else None


def _no_thoughts(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    return Occurrence("thinking_budget") if pick(_thinking(prompt), "thinkingBudget") == 0 else None


def _outside_budget(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    budget = pick(_thinking(prompt), "thinkingBudget")
    if type(budget) is not int or budget in (0, AUTOMATIC) or can.budget is None:
        return None
    least, most = can.budget
    return None if least <= budget <= most else Occurrence("thinking_budget", budget)


def _several_candidates(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    return Occurrence("candidate_count") if prompt.n > 1 else None


def _logprobs(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    is_requested = prompt.top_logprobs is not None and not is_vertex(prompt)  # Vertex AI supports them
    return Occurrence("response_logprobs") if is_requested else None


def _json(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    return Occurrence("response_mime_type") if prompt.response_format.kind != "text" else None


_of_gemma = partial(for_models, "gemma-")


def _row(feature: str, find: Find, words: str, seen: str) -> Refusal:
    return Refusal(feature, find, words, source="quotes by users of the Gemini API", seen=seen)


NO_METHOD = Refusal(
    FORMAT,
    _other_method,
    "models/{model} is not found for API version v1beta, or is not supported for {value}. Call ModelService.ListModels "
    "to see the list of available models and their supported methods.",
    status=404,
    source="a table of what each model answers at generateContent, embedding models and Veo among them",
    seen="2026-09-28",
)

REFUSALS: tuple[Refusal, ...] = (
    _row(FORMAT, _only_interactions, "This model only supports Interactions API.", "2026-09-28"),
    NO_METHOD,
    _row("thinking_level", _has_level, "Thinking level is not supported for this model.", "2026-10-08"),
    _row(
        EFFORT,
        _unsupported_level,
        "Thinking level {value} is not supported for this model. Please retry with other thinking level.",
        "2026-10-09",
    ),
    _row("no_thinking", for_models("gemini-3.5", _no_thoughts), "Request contains an invalid argument.", "2026-09-09"),
    _row("no_thinking", _no_thoughts, "Budget 0 is invalid. This model only works in thinking mode.", "2026-07-22"),
    _row(
        BUDGET,
        _outside_budget,
        "The thinking budget {value} is invalid. Please choose a value between {least} and {most}.",
        "2026-10-08",
    ),
    _row(
        OUTPUT,
        too_long,
        "Unable to submit request because it has a maxOutputTokens value of {value} but the supported range is from 1 "
        "(inclusive) to {beyond} (exclusive). Update the value and try again.",
        "2026-02-26",
    ),
    _row("system", _of_gemma(role("system")), "Developer instruction is not enabled for models/{model}", "2026-08-20"),
    _row("tools", _of_gemma(offers_tools), "Function calling is not enabled for models/{model}", "2026-08-20"),
    _row("json_schema", _of_gemma(_json), "JSON mode is not enabled for models/{model}", "2026-08-20"),
    _row("candidates", _several_candidates, "Multiple candidates is not enabled for this model", "2026-10-09"),
    _row("penalties", for_models("gemini-2", _penalty), "Penalty is not enabled for models/{model}", "2026-07-18"),
    _row("penalties", _penalty, "Penalty is not enabled for this model", "2026-09-04"),
    _row("logprobs", for_models("gemini-2", _logprobs), "Logprobs is not enabled for models/{model}", "2026-09-13"),
    _row("logprobs", _logprobs, "Logprobs is not enabled for this model", "2026-10-09"),
    _row("audio", has_part("audio", "contents"), "Audio input modality is not enabled for this model", "2026-09-20"),
)
