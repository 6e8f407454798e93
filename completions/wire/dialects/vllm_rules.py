"""Step 2 for vLLM: what its server refuses, in its own words.

Source: `SamplingParams` and `protocol.py` of vLLM 0.12 and later, as llm-d/llm-d-inference-sim and others hold to them.
Wrong types are told as by `validation.py`, its handler of autumn 2026; before, the message had the whole value.
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
Broken = Callable[[Body], RequestError | None]


def _biases(value: Any) -> Problem | None:
    """Check a map of biases: any numbers, which the server brings within its bounds."""
    if type(value) is not dict:
        return wrong_type("an object", value)
    for key, bias in value.items():
        if (problem := decimal()(bias)) is not None:
            return problem.under(key)
    return None


_WHOLE, _NUMBER = nullable(integer()), nullable(decimal())
FIELDS: Mapping[str, Check] = {
    **dict.fromkeys(("max_tokens", "min_tokens", "top_k", "top_logprobs"), _WHOLE),
    **dict.fromkeys(("temperature", "top_p", "min_p", "repetition_penalty"), _NUMBER),
    **dict.fromkeys(("presence_penalty", "frequency_penalty"), _NUMBER),
    "ignore_eos": nullable(boolean),
    "logit_bias": nullable(_biases),
}
"""The parameters that have other bounds here than at OpenAI, or are not there: their types."""

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""The reasoning efforts, as a server of 2026 lists them in its refusal (quoted by users, of DeepSeek-V4)."""

CHAT_FIELDS = {**FIELDS, "max_completion_tokens": _WHOLE, "reasoning_effort": nullable(choice(*EFFORTS))}
COMPLETION_FIELDS = {**FIELDS, "logprobs": _WHOLE, "response_format": COMMON["response_format"]}


def _embedded(value: Any) -> Problem | None:
    """Check one of the things that are embedded: a text, a token, or a list of tokens."""
    if type(value) is list:
        return array(integer(0), "integers")(value)
    return None if type(value) in (str, int) else wrong_type("one of a string, integer or array of integers", value)


EMBEDDING_FIELDS: Mapping[str, Check] = {
    "input": either("one of a string or array", string=string(), array=array(_embedded, "inputs")),
    "encoding_format": nullable(choice("float", "base64", "bytes", "bytes_only")),
}

_INTEGERS = ("max_tokens", "min_tokens", "n", "priority", "prompt_logprobs", "seed", "top_k", "truncate_prompt_tokens")
_DECIMALS = ("frequency_penalty", "length_penalty", "min_p", "presence_penalty", "repetition_penalty")
_BOOLEANS = ("ignore_eos", "include_stop_str_in_output", "skip_special_tokens", "stream", "use_beam_search")
_LAX: Mapping[str, Conversion] = {
    **dict.fromkeys(_INTEGERS, lax.integer),
    **dict.fromkeys((*_DECIMALS, "temperature", "top_p"), lax.decimal),
    **dict.fromkeys((*_BOOLEANS, "add_special_tokens", "echo", "spaces_between_special_tokens"), lax.boolean),
    "stream_options": lax.fields(dict.fromkeys(("include_usage", "continuous_usage_stats"), lax.boolean)),
    "logit_bias": lax.each(lax.decimal),
}
LAX: Mapping[str, Mapping[str, Conversion]] = {
    "chat": {
        **_LAX,
        **dict.fromkeys(("max_completion_tokens", "top_logprobs"), lax.integer),
        **dict.fromkeys(("add_generation_prompt", "include_reasoning", "logprobs", "parallel_tool_calls"), lax.boolean),
    },
    "legacy": {**_LAX, "logprobs": lax.integer},
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
"""By format: the fields that the server's validator converts, which are those of its `protocol.py` files of 2026."""


def convert(format: str, body: dict[str, Any]) -> None:
    """Convert in place what the server's validator converts in a request of a format."""
    lax.convert(body, LAX.get(format, {}))


MAX_LOGPROBS = 20
DEFAULT_COMPLETION = 16
"""The tokens of a completion where the request does not say."""


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
"""The fields that are one of several, in the order in which the server looks at them."""


INVALID = "Bad Request"
"""The type of the errors of FastAPI's validator; all others have the name of a class."""

MAX_INPUT_SHOWN = 200
"""Characters of a value that a finding tells."""


MAX_FINDINGS = 10
MAX_FINDING_SHOWN = 1000
"""Findings that an error tells, and characters of each."""


def invalid(finding: Finding, param: str | None = None) -> RequestError:
    """Return the error that tells a finding, as the server's handler writes it."""
    return all_invalid([finding], param)


def all_invalid(found: Sequence[Finding], param: str | None = None) -> RequestError:
    """Return the error that tells findings, of which there is one."""
    word = "error" if len(found) == 1 else "errors"
    lines = [f"{len(found)} validation {word}:", *map(_told, found[:MAX_FINDINGS])]
    if left := len(found[MAX_FINDINGS:]):
        lines.append(f"...and {left} more {word}")
    return RequestError("\n  ".join(lines), type=INVALID, param=param or _place(found[0]))


def union_findings(problem: Problem, body: Body) -> list[Finding]:
    """Return what all members of a union find, if the problem is in a field that is one of several."""
    name = str(steps(problem.path)[0]) if problem.path else ""
    found = unions.found(body.get(name), UNIONS.get(name, ()))
    return [finding._replace(place=[name, *finding.place]) for finding in found]


def _place(finding: Finding) -> str:
    return ".".join(map(str, ["body", *finding.place]))


def _told(finding: Finding) -> str:
    kind = "literal_error" if finding.kind == "enum" else finding.kind
    told = {"type": kind, "loc": _place(finding), "msg": finding.said, "input": _shortened(finding.value)}
    said = str(told | ({"ctx": finding.context} if finding.context else {}))
    return said if len(said) <= MAX_FINDING_SHOWN else f"{said[:MAX_FINDING_SHOWN]}...[truncated]"


def _shortened(value: object) -> object:
    if isinstance(value, (dict, list)):
        return f"<{type(value).__name__} of {len(value)} items>"
    said = str(value)
    return said if len(said) <= MAX_INPUT_SHOWN else f"{said[:MAX_INPUT_SHOWN]}...[truncated]"


class VLLMValidationError(ValueError):
    """The server's own error, which its findings show."""


def _broken(said: str, param: str, body: Body) -> RequestError:
    """Return the error of what must hold between the fields of a request, which is checked before they are."""
    context = {"error": VLLMValidationError(said)}
    finding = Finding("value_error", f"Value error, {said} (parameter={param})", [], body, context)
    return invalid(finding, param)


def _named(message: str, name: str, value: object) -> RequestError:
    return RequestError(f"{message} (parameter={name}, value={value})", param=name)


def _bounded(
    name: str, fits: Callable[[float], bool], demand: str, kind: type[int | float] = float, *, named: bool = False
) -> Broken:
    """Return a check of a parameter's value, which is of a kind: it must fit. The error may be `named` again."""

    def check(body: Body) -> RequestError | None:
        value = body.get(name)
        if value is None or fits(value):
            return None
        said = f"{name} must be {demand}, got {kind(value)}."
        return _named(said, name, kind(value)) if named else RequestError(said)

    return check


def _most(body: Body, usual: int | None) -> tuple[str, int | None]:
    """Return how many tokens may be said, and the parameter that says so."""
    name = "max_tokens" if body.get("max_completion_tokens") is None else "max_completion_tokens"
    given = body.get(name)
    return name, usual if given is None else given


def _no_tokens(usual: int | None) -> Broken:
    def check(body: Body) -> RequestError | None:
        name, most = _most(body, usual)
        if most is None or most >= 1 or (most == 0 and body.get("echo") is True):
            return None
        return _named(f"max_tokens must be at least 1, got {most}.", name, most)

    return check


def _too_many_demanded(usual: int | None) -> Broken:
    def check(body: Body) -> RequestError | None:
        least, (_, most) = body.get("min_tokens") or 0, _most(body, usual)
        if most is None or least <= most:
            return None
        return RequestError(f"min_tokens must be less than or equal to max_tokens={most}, got {least}.")

    return check


def _many_logprobs(name: str) -> Broken:
    def check(body: Body) -> RequestError | None:
        asked = body.get(name)
        if asked is None or asked <= MAX_LOGPROBS:
            return None
        said = f"Requested sample logprobs of {asked}, which is greater than max allowed: {MAX_LOGPROBS}"
        return _named(said, "logprobs", asked)

    return check


def _empty_stop(body: Body) -> RequestError | None:
    stops = body.get("stop")
    empty = stops == "" or (isinstance(stops, list) and "" in stops)
    return RequestError("stop cannot contain an empty string.") if empty else None


def _needs(field: str, other: str, message: str) -> Broken:
    """Return a check that refuses a field without another one."""
    return lambda body: _broken(message, field, body) if body.get(field) and not body.get(other) else None


def _has_no_schema(body: Body) -> RequestError | None:
    form = mapping(body.get("response_format"))
    if form.get("type") != "json_schema" or form.get("json_schema") is not None:
        return None
    said = "When response_format type is 'json_schema', the 'json_schema' field must be provided."
    return _broken(said, "response_format", body)


NAMED = 'Correct usage: `{"type": "function", "function": {"name": "my_function"}}`'


def _chooses_no_tool(body: Body) -> RequestError | None:
    """Refuse a choice that is neither a word nor one of the tools, which is looked at before the types are."""
    choice = body.get("tool_choice")
    if choice in (None, "none", "auto", "required"):
        return None
    if not isinstance(choice, dict):
        said = (
            f'Invalid value for `tool_choice`: {choice}! Only named tools, "none", "auto" or "required" are supported.'
        )
        return _broken(said, "tool_choice", body)
    function = choice.get("function")
    if not isinstance(function, dict):
        said = f"Invalid value for `function`: `{function}` in `tool_choice`! {NAMED}"
        return _broken(said, "tool_choice.function", body)
    if "name" not in function:
        said = f"Expected field `name` in `function` in `tool_choice`! {NAMED}"
        return _broken(said, "tool_choice.function.name", body)
    if not (name := function["name"]) or not isinstance(name, str):
        said = f"Invalid `name` in `function`: `{name}` in `tool_choice`! {NAMED}"
        return _broken(said, "tool_choice.function.name", body)
    if name not in (mapping(tool.get("function")).get("name") for tool in dicts(body.get("tools"))):
        return _broken(
            "The tool specified in `tool_choice` does not match any of the specified `tools`", "tool_choice", body
        )
    return None


def _chooses_nothing(body: Body) -> RequestError | None:
    if body.get("tool_choice") in (None, "none", "auto") or body.get("tools"):
        return None
    return _broken("When using `tool_choice`, `tools` must be set.", "tool_choice", body)


def _no_prompt(body: Body) -> RequestError | None:
    if body.get("prompt") not in (None, "") or body.get("prompt_embeds"):
        return None
    return _broken("Either prompt or prompt_embeds must be provided and non-empty.", "prompt", body)


PROTOCOL, PARAMETERS, SEEN = "vLLM, `protocol.py`", "vLLM, `sampling_params.py`", "2026-11-26"


def _parameters(usual: int | None) -> tuple[Rule, ...]:
    """Return what holds for all that is sampled; `usual` is how many tokens are said where the request is silent."""
    checks = (
        _bounded("presence_penalty", lambda value: -2 <= value <= 2, "in [-2, 2]"),
        _bounded("frequency_penalty", lambda value: -2 <= value <= 2, "in [-2, 2]"),
        _bounded("repetition_penalty", lambda value: value > 0, "greater than zero"),
        _bounded("temperature", lambda value: value >= 0, "non-negative", named=True),
        _bounded("top_p", lambda value: 0 < value <= 1, "in (0, 1]", named=True),
        _bounded("top_k", lambda value: value >= -1, "0 (disable), or at least 1", int),
        _bounded("min_p", lambda value: 0 <= value <= 1, "in [0, 1]"),
        _no_tokens(usual),
        _bounded("min_tokens", lambda value: value >= 0, "greater than or equal to 0", int),
        _too_many_demanded(usual),
        _empty_stop,
    )
    return tuple(Rule(check, PARAMETERS, SEEN) for check in checks)


STREAMED = Rule(
    _needs("stream_options", "stream", "Stream options can only be defined when `stream=True`."), PROTOCOL, SEEN
)
BEFORE = (Rule(_chooses_nothing, PROTOCOL, SEEN), Rule(_chooses_no_tool, PROTOCOL, SEEN))
"""What holds for a chat before the types of its fields are looked at."""

FORMED = Rule(_has_no_schema, PROTOCOL, "2026-11-29")

CHAT = (
    STREAMED,
    FORMED,
    Rule(
        _needs("top_logprobs", "logprobs", "when using `top_logprobs`, `logprobs` must be set to true."), PROTOCOL, SEEN
    ),
    *_parameters(None),
    Rule(_many_logprobs("top_logprobs"), PARAMETERS, SEEN),
)
COMPLETION = (
    STREAMED,
    FORMED,
    Rule(_no_prompt, PROTOCOL, SEEN),
    *_parameters(DEFAULT_COMPLETION),
    Rule(_many_logprobs("logprobs"), PARAMETERS, SEEN),
)
