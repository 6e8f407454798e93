"""Step 2 for vLLM: the rules for a request, with the server's error messages.

Source: `SamplingParams` and `protocol.py` of vLLM 0.12 and later, as llm-d/llm-d-inference-sim and others hold to them.
The errors of wrong types are those of `validation.py`, its handler of autumn 2026; before, they had the whole value.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.wire.dialects import lax, unions
from completions.wire.dialects.lax import Conversion
from completions.wire.dialects.pydantic_errors import Finding
from completions.wire.dialects.rules import FIELDS as COMMON
from completions.wire.dialects.rules import steps
from completions.wire.fields import dicts, mapping
from completions.wire.validation import (
    Check,
    Problem,
    Rule,
    array,
    boolean,
    choice,
    decimal,
    either,
    integer,
    nullable,
    string,
    wrong_type,
)

Body = Mapping[str, Any]
BodyCheck = Callable[[Body], RequestError | None]


def _logit_bias(value: Any) -> Problem | None:
    """Check a map of biases: any numbers, which the server clamps to its bounds."""
    if type(value) is not dict:
        return wrong_type("an object", value)
    for key, bias in value.items():
        if (problem := decimal()(bias)) is not None:
            return problem.under(key)
    return None


_INTEGER, _NUMBER = nullable(integer()), nullable(decimal())
FIELDS: Mapping[str, Check] = {
    **dict.fromkeys(("max_tokens", "min_tokens", "top_k", "top_logprobs"), _INTEGER),
    **dict.fromkeys(("temperature", "top_p", "min_p", "repetition_penalty"), _NUMBER),
    **dict.fromkeys(("presence_penalty", "frequency_penalty"), _NUMBER),
    "ignore_eos": nullable(boolean),
    "logit_bias": nullable(_logit_bias),
}
"""The types of the parameters that have other bounds than OpenAI's, or that OpenAI lacks."""

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""The reasoning efforts, as a server of 2026 lists them in its refusal (quoted by users, of DeepSeek-V4)."""

CHAT_FIELDS = {**FIELDS, "max_completion_tokens": _INTEGER, "reasoning_effort": nullable(choice(*EFFORTS))}
COMPLETION_FIELDS = {**FIELDS, "logprobs": _INTEGER, "response_format": COMMON["response_format"]}


def _embedding_input(value: Any) -> Problem | None:
    """Check an input of embeddings: a text, a token, or a list of tokens."""
    if type(value) is list:
        return array(integer(0), "integers")(value)
    return None if type(value) in (str, int) else wrong_type("one of a string, integer or array of integers", value)


EMBEDDING_FIELDS: Mapping[str, Check] = {
    "input": either("one of a string or array", string=string(), array=array(_embedding_input, "inputs")),
    "encoding_format": nullable(choice("float", "base64", "bytes", "bytes_only")),
}

_INTEGERS = ("max_tokens", "min_tokens", "n", "priority", "prompt_logprobs", "seed", "top_k", "truncate_prompt_tokens")
_DECIMALS = ("frequency_penalty", "length_penalty", "min_p", "presence_penalty", "repetition_penalty")
_BOOLEANS = ("ignore_eos", "include_stop_str_in_output", "skip_special_tokens", "stream", "use_beam_search")
_COMMON_CONVERSIONS: Mapping[str, Conversion] = {
    **dict.fromkeys(_INTEGERS, lax.integer),
    **dict.fromkeys((*_DECIMALS, "temperature", "top_p"), lax.decimal),
    **dict.fromkeys((*_BOOLEANS, "add_special_tokens", "echo", "spaces_between_special_tokens"), lax.boolean),
    "return_tokens_as_token_ids": lax.boolean,
    "stream_options": lax.fields(dict.fromkeys(("include_usage", "continuous_usage_stats"), lax.boolean)),
    "logit_bias": lax.each(lax.decimal),
}
CONVERSIONS: Mapping[str, Mapping[str, Conversion]] = {
    "chat": {
        **_COMMON_CONVERSIONS,
        **dict.fromkeys(("max_completion_tokens", "top_logprobs"), lax.integer),
        **dict.fromkeys(("add_generation_prompt", "continue_final_message", "include_reasoning"), lax.boolean),
        **dict.fromkeys(("logprobs", "parallel_tool_calls"), lax.boolean),
    },
    "legacy": {**_COMMON_CONVERSIONS, "logprobs": lax.integer},
    "responses": {
        **dict.fromkeys(("max_output_tokens", "max_tool_calls", "priority", "top_k", "top_logprobs"), lax.integer),
        **dict.fromkeys(("temperature", "top_p"), lax.decimal),
        **dict.fromkeys(("background", "parallel_tool_calls", "skip_special_tokens", "store", "stream"), lax.boolean),
        "logit_bias": lax.each(lax.decimal),
    },
    "embeddings": {"dimensions": lax.integer},
    "rerank": {"top_n": lax.integer},
    "tokenize": dict.fromkeys(("add_special_tokens", "add_generation_prompt", "return_token_strs"), lax.boolean),
}
"""By format: the fields that the server's validator converts, from its `protocol.py` files of 2026."""


def convert(format: str, body: dict[str, Any]) -> None:
    """Convert in place the fields that the server's validator converts in a request of a format."""
    lax.convert(body, CONVERSIONS.get(format, {}))


MAX_LOGPROBS = 20
DEFAULT_COMPLETION = 16
"""The default `max_tokens` of a completion."""


UNIONS: Mapping[str, Sequence[unions.Member]] = {
    "stop": (unions.text, unions.items(unions.text)),
    "prompt": (
        unions.items(unions.token),
        unions.items(unions.items(unions.token)),
        unions.text,
        unions.items(unions.text),
    ),
    "response_format": (
        unions.model("ResponseFormat", {"type": unions.literal("text", "json_object", "json_schema")}),
        unions.model(
            "StructuralTagResponseFormat", {"type": unions.literal("structural_tag"), "format": unions.anything}
        ),
        unions.model(
            "LegacyStructuralTagResponseFormat",
            {
                "type": unions.literal("structural_tag"),
                "structures": unions.items(unions.anything),
                "triggers": unions.items(unions.text),
            },
        ),
    ),
}
"""The fields whose type is a union, with its members in the order of the server's checks."""


INVALID = "Bad Request"
"""The type of the errors of FastAPI's validator; that of others is the name of a class."""

MAX_INPUT_SHOWN = 200
"""Characters of a value that a finding shows."""


MAX_FINDINGS = 10
MAX_FINDING_SHOWN = 1000
"""Findings that an error shows, and characters of each."""


def invalid(finding: Finding, param: str | None = None) -> RequestError:
    """Return the error for a finding, as the server's handler writes it."""
    return invalid_findings([finding], param)


def invalid_findings(findings: Sequence[Finding], param: str | None = None) -> RequestError:
    """Return the error for one or more findings."""
    word = "error" if len(findings) == 1 else "errors"
    lines = [f"{len(findings)} validation {word}:", *map(_finding_text, findings[:MAX_FINDINGS])]
    if remaining := len(findings[MAX_FINDINGS:]):
        lines.append(f"...and {remaining} more {word}")
    return RequestError("\n  ".join(lines), type=INVALID, param=param or _location(findings[0]))


def union_findings(problem: Problem, body: Body) -> list[Finding]:
    """Return the findings of all members of a union, if the problem is in a field with a union type."""
    name = str(steps(problem.path)[0]) if problem.path else ""
    findings = unions.findings_of(body.get(name), UNIONS.get(name, ()))
    return [finding._replace(path=[name, *finding.path]) for finding in findings]


def _location(finding: Finding) -> str:
    return ".".join(map(str, ["body", *finding.path]))


def _finding_text(finding: Finding) -> str:
    kind = "literal_error" if finding.kind == "enum" else finding.kind
    document = {"type": kind, "loc": _location(finding), "msg": finding.message, "input": _shortened(finding.value)}
    text = str(document | ({"ctx": finding.context} if finding.context else {}))
    return text if len(text) <= MAX_FINDING_SHOWN else f"{text[:MAX_FINDING_SHOWN]}...[truncated]"


def _shortened(value: object) -> object:
    if isinstance(value, (dict, list)):
        return f"<{type(value).__name__} of {len(value)} items>"
    text = str(value)
    return text if len(text) <= MAX_INPUT_SHOWN else f"{text[:MAX_INPUT_SHOWN]}...[truncated]"


class VLLMValidationError(ValueError):
    """The server's own error class, whose name its findings show."""


def _cross_field_error(message: str, param: str, body: Body) -> RequestError:
    """Return the error of a rule between the fields of a request, which is checked before the fields."""
    context = {"error": VLLMValidationError(message)}
    finding = Finding("value_error", f"Value error, {message} (parameter={param})", [], body, context)
    return invalid(finding, param)


def _parameter_error(message: str, name: str, value: object) -> RequestError:
    return RequestError(f"{message} (parameter={name}, value={value})", param=name)


def _bounded(
    name: str,
    is_valid: Callable[[float], bool],
    requirement: str,
    number_type: type[int | float] = float,
    *,
    names_parameter: bool = False,
) -> BodyCheck:
    """Return a check of a parameter's value by `is_valid`. With `names_parameter`, the error has the name and value."""

    def check(body: Body) -> RequestError | None:
        value = body.get(name)
        if value is None or is_valid(value):
            return None
        message = f"{name} must be {requirement}, got {number_type(value)}."
        return _parameter_error(message, name, number_type(value)) if names_parameter else RequestError(message)

    return check


def _max_tokens(body: Body, default: int | None) -> tuple[str, int | None]:
    """Return the name of the parameter for the maximum number of tokens, and its value."""
    name = "max_tokens" if body.get("max_completion_tokens") is None else "max_completion_tokens"
    value = body.get(name)
    return name, default if value is None else value


def _too_few_tokens(default: int | None) -> BodyCheck:
    def check(body: Body) -> RequestError | None:
        name, max_tokens = _max_tokens(body, default)
        if max_tokens is None or max_tokens >= 1 or (max_tokens == 0 and body.get("echo") is True):
            return None
        return _parameter_error(f"max_tokens must be at least 1, got {max_tokens}.", name, max_tokens)

    return check


def _min_above_max(default: int | None) -> BodyCheck:
    def check(body: Body) -> RequestError | None:
        min_tokens, (_, max_tokens) = body.get("min_tokens") or 0, _max_tokens(body, default)
        if max_tokens is None or min_tokens <= max_tokens:
            return None
        return RequestError(f"min_tokens must be less than or equal to max_tokens={max_tokens}, got {min_tokens}.")

    return check


def _too_many_logprobs(name: str) -> BodyCheck:
    def check(body: Body) -> RequestError | None:
        count = body.get(name)
        if count is None or count <= MAX_LOGPROBS:
            return None
        message = f"Requested sample logprobs of {count}, which is greater than max allowed: {MAX_LOGPROBS}"
        return _parameter_error(message, "logprobs", count)

    return check


def _empty_stop(body: Body) -> RequestError | None:
    stops = body.get("stop")
    has_empty = stops == "" or (isinstance(stops, list) and "" in stops)
    return RequestError("stop cannot contain an empty string.") if has_empty else None


def _requires(field: str, other: str, message: str) -> BodyCheck:
    """Return a check that refuses a field without the other one."""
    return lambda body: _cross_field_error(message, field, body) if body.get(field) and not body.get(other) else None


def _missing_schema(body: Body) -> RequestError | None:
    format = mapping(body.get("response_format"))
    if format.get("type") != "json_schema" or format.get("json_schema") is not None:
        return None
    message = "When response_format type is 'json_schema', the 'json_schema' field must be provided."
    return _cross_field_error(message, "response_format", body)


NAMED_USAGE = 'Correct usage: `{"type": "function", "function": {"name": "my_function"}}`'


def _invalid_tool_choice(body: Body) -> RequestError | None:
    """Refuse a choice that is neither a known word nor one of the tools; it is checked before the types."""
    choice = body.get("tool_choice")
    if choice in (None, "none", "auto", "required"):
        return None
    if not isinstance(choice, dict):
        message = (
            f'Invalid value for `tool_choice`: {choice}! Only named tools, "none", "auto" or "required" are supported.'
        )
        return _cross_field_error(message, "tool_choice", body)
    function = choice.get("function")
    if not isinstance(function, dict):
        message = f"Invalid value for `function`: `{function}` in `tool_choice`! {NAMED_USAGE}"
        return _cross_field_error(message, "tool_choice.function", body)
    if "name" not in function:
        message = f"Expected field `name` in `function` in `tool_choice`! {NAMED_USAGE}"
        return _cross_field_error(message, "tool_choice.function.name", body)
    if not (name := function["name"]) or not isinstance(name, str):
        message = f"Invalid `name` in `function`: `{name}` in `tool_choice`! {NAMED_USAGE}"
        return _cross_field_error(message, "tool_choice.function.name", body)
    if name not in (mapping(tool.get("function")).get("name") for tool in dicts(body.get("tools"))):
        return _cross_field_error(
            "The tool specified in `tool_choice` does not match any of the specified `tools`", "tool_choice", body
        )
    return None


def _tool_choice_without_tools(body: Body) -> RequestError | None:
    if body.get("tool_choice") in (None, "none", "auto") or body.get("tools"):
        return None
    return _cross_field_error("When using `tool_choice`, `tools` must be set.", "tool_choice", body)


def _missing_prompt(body: Body) -> RequestError | None:
    if body.get("prompt") not in (None, "") or body.get("prompt_embeds"):
        return None
    return _cross_field_error("Either prompt or prompt_embeds must be provided and non-empty.", "prompt", body)


def _streamed_prompt_logprobs(body: Body) -> RequestError | None:
    count = body.get("prompt_logprobs")
    if not body.get("stream") or not isinstance(count, int) or not (count > 0 or count == -1):
        return None
    return _cross_field_error("`prompt_logprobs` are not available when `stream=True`.", "prompt_logprobs", body)


PROTOCOL, PARAMETERS, SEEN = "vLLM, `protocol.py`", "vLLM, `sampling_params.py`", "2026-11-26"


def _parameter_rules(default: int | None) -> tuple[Rule, ...]:
    """Return the rules for the sampling parameters; `default` is the default of `max_tokens`."""
    checks = (
        _bounded("presence_penalty", lambda value: -2 <= value <= 2, "in [-2, 2]"),
        _bounded("frequency_penalty", lambda value: -2 <= value <= 2, "in [-2, 2]"),
        _bounded("repetition_penalty", lambda value: value > 0, "greater than zero"),
        _bounded("temperature", lambda value: value >= 0, "non-negative", names_parameter=True),
        _bounded("top_p", lambda value: 0 < value <= 1, "in (0, 1]", names_parameter=True),
        _bounded("top_k", lambda value: value >= -1, "0 (disable), or at least 1", int),
        _bounded("min_p", lambda value: 0 <= value <= 1, "in [0, 1]"),
        _too_few_tokens(default),
        _bounded("min_tokens", lambda value: value >= 0, "greater than or equal to 0", int),
        _min_above_max(default),
        _empty_stop,
    )
    return tuple(Rule(check, PARAMETERS, SEEN) for check in checks)


STREAM_OPTIONS_RULE = Rule(
    _requires("stream_options", "stream", "Stream options can only be defined when `stream=True`."), PROTOCOL, SEEN
)
BEFORE_TYPES = (Rule(_tool_choice_without_tools, PROTOCOL, SEEN), Rule(_invalid_tool_choice, PROTOCOL, SEEN))
"""The rules for a chat that are checked before the types of its fields."""

SCHEMA_RULE = Rule(_missing_schema, PROTOCOL, "2026-11-29")
PROMPT_LOGPROBS_RULE = Rule(_streamed_prompt_logprobs, PROTOCOL, "2026-11-30")

CHAT = (
    STREAM_OPTIONS_RULE,
    PROMPT_LOGPROBS_RULE,
    SCHEMA_RULE,
    Rule(
        _requires("top_logprobs", "logprobs", "when using `top_logprobs`, `logprobs` must be set to true."),
        PROTOCOL,
        SEEN,
    ),
    *_parameter_rules(None),
    Rule(_too_many_logprobs("top_logprobs"), PARAMETERS, SEEN),
)
COMPLETION = (
    STREAM_OPTIONS_RULE,
    PROMPT_LOGPROBS_RULE,
    SCHEMA_RULE,
    Rule(_missing_prompt, PROTOCOL, SEEN),
    *_parameter_rules(DEFAULT_COMPLETION),
    Rule(_too_many_logprobs("logprobs"), PARAMETERS, SEEN),
)
