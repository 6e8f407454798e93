"""The refusals of Anthropic's messages that depend on the model, in the API's words."""

from completions.conversation import Prompt
from completions.tokens.capabilities import Capabilities
from completions.wire.fields import mapping, text
from completions.wire.refusals import EFFORT, Find, Occurrence, ParameterSet, Refusal

MEASURED = "requests to api.anthropic.com, written down by several projects"
CONTROL = '"thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
ADAPTIVE = f"Use {CONTROL}"
REMEDIES = {
    "disabled": "Use effort 'high' or below, or enable thinking.",
    "between_tools": "Use effort 'high' or below.",
}
"""The advice for an effort that needs thinking, by the setting that turns thinking off."""

MIN_TOP_P = 0.99
"""The least `top_p` that models without it accept (Anthropic's reference; requests to claude-haiku-5-5 in October
2026)."""

BETWEEN = f'Use "thinking.type.between_tools" for the lowest thinking setting, or {CONTROL}'


def _thinks(kind: str) -> Find:
    """Return a function that finds a type of thinking."""

    def find(prompt: Prompt, can: Capabilities) -> Occurrence | None:
        return Occurrence("thinking") if mapping(prompt.body.get("thinking")).get("type") == kind else None

    return find


def _thinking_off(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    """Find thinking that is turned off, with the advice for the model."""
    found = _thinks("disabled")(prompt, can)
    return found and found._replace(value=ADAPTIVE if "thinking_between_tools" in can.lacks else BETWEEN)


def _effort(prompt: Prompt) -> str:
    return text(mapping(prompt.body.get("output_config")).get("effort"))


def _has_effort(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    return Occurrence("output_config", _effort(prompt)) if _effort(prompt) else None


def _unsupported_effort(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    requested = _effort(prompt)
    return Occurrence("output_config", requested) if requested and requested not in (can.efforts or ()) else None


def _top_p(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    value = prompt.body.get("top_p")
    return Occurrence("top_p", value) if isinstance(value, int | float) and value < MIN_TOP_P else None


def _effort_without_thinking(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    """Find an effort that the model accepts only with thinking, with the advice for it."""
    kind, requested = mapping(prompt.body.get("thinking")).get("type"), _effort(prompt)
    return Occurrence(requested, REMEDIES[kind]) if kind in REMEDIES and requested in ("xhigh", "max") else None


def _sampling_pair(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    are_both_set = all(prompt.body.get(name) is not None for name in ("temperature", "top_p"))
    return Occurrence("temperature") if are_both_set else None


def _forced_tools(prompt: Prompt, can: Capabilities) -> Occurrence | None:
    return Occurrence("tool_choice") if prompt.tool_choice.mode == "required" else None


def _row(feature: str, find: Find, words: str, source: str = MEASURED, seen: str = "2026-10-05") -> Refusal:
    return Refusal(feature, find, words, source=source, seen=seen)


FORCED = _row(
    "forced_tools",
    _forced_tools,
    'tool_choice: type "tool" and "any" are not supported for this model.',
    seen="2026-10-10",
)
COUNT_REFUSALS = (FORCED,)
"""The refusals of token counts too, according to Anthropic's pages on Opus 5.5 and Fable 5.1."""

REFUSALS: tuple[Refusal, ...] = (
    _row(
        "temperature", ParameterSet("temperature", 1), "`temperature` is deprecated for this model.", seen="2026-09-29"
    ),
    _row("top_p", _top_p, "`top_p` is deprecated for this model.", seen="2026-10-07"),
    _row("top_k", ParameterSet("top_k"), "`top_k` is deprecated for this model.", seen="2026-09-29"),
    _row(
        "sampling_pair",
        _sampling_pair,
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        seen="2026-09-29",
    ),
    _row(
        "thinking_budget",
        _thinks("enabled"),
        f'"thinking.type.enabled" is not supported for this model. {ADAPTIVE}',
        "Anthropic's page on extended thinking",
    ),
    _row("adaptive_thinking", _thinks("adaptive"), "adaptive thinking is not supported on this model"),
    _row("no_thinking", _thinking_off, '"thinking.type.disabled" is not supported for this model. {value}'),
    _row(
        "thinking_between_tools",
        _thinks("between_tools"),
        '"thinking.type.between_tools" is not supported for this model.',
        "requests to api.anthropic.com on 2026-09-29, of each model, written down by several projects",
    ),
    _row(
        "effort_without_thinking",
        _effort_without_thinking,
        "output_config.effort '{place}' is not supported when thinking is disabled on this model. {value}",
        "anthropics/claude-code 76997 and 81084; requests to claude-opus-5, haiku-5-5 and sonnet-5-5",
        "2026-10-10",
    ),
    _row("reasoning", _has_effort, "This model does not support the effort parameter.", seen="2026-10-08"),
    _row(
        EFFORT,
        _unsupported_effort,
        "This model does not support effort level '{value}'. Supported levels: {levels}.",
        "recordings: pydantic/pydantic-ai test_anthropic_explicit_effort_xhigh_unsupported_model_errors",
        "2026-11-25",
    ),
    FORCED,
)
