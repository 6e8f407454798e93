"""Step 2 for dialects: the checks of requests in OpenAI's formats, if a vendor's rules are not OpenAI's.

The types of common fields are checked. Unknown fields are accepted, unless a vendor is known to refuse them. A vendor
with its own wording builds it from the code and the path of the `Problem`.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from completions.wire.fields import whole_in
from completions.wire.openai.legacy_rules import FIELDS as LEGACY_FIELDS
from completions.wire.validation import (
    Check,
    Problem,
    anything,
    array,
    boolean,
    choice,
    decimal,
    either,
    integer,
    logit_bias,
    missing,
    nullable,
    obj,
    record,
    string,
    text_or,
    wrong_value,
)

ROLES = ("system", "developer", "user", "assistant", "tool", "function")

_STRINGS = text_or("strings", array(string(), "strings"))
_ARGUMENTS = either("one of a string or object", string=anything, object=anything)
_FUNCTION = record({"name": string(low=1), "arguments": nullable(_ARGUMENTS)}, ("name",), others=True)
_CALL = record({"id": nullable(string()), "type": nullable(string()), "function": nullable(_FUNCTION)}, others=True)
_FUNCTION_TOOL = record(
    {"name": string(low=1), "description": nullable(string()), "parameters": nullable(obj)}, ("name",), others=True
)


def tool(value: Any) -> Problem | None:
    """Check a tool: a function must have a name; other types are the vendor's own."""
    problem = _TOOL(value)
    if problem is None and value.get("type", "function") == "function":
        return _NEEDS_FUNCTION(value)
    return problem


_TOOL = record({"type": nullable(string()), "function": nullable(_FUNCTION_TOOL)}, others=True)
_NEEDS_FUNCTION = record({}, ("function",), others=True)

RESPONSE_FORMATS = ("text", "json_object", "json_schema")
"""The default types of `response_format`: those of the SDKs of Groq and Mistral."""


def response_format(*types: str) -> Check:
    """Return the check for a `response_format` of one of these types."""
    return nullable(record({"type": choice(*types)}, ("type",), others=True))


ANY_RESPONSE_FORMAT: Mapping[str, Check] = {
    "response_format": response_format(*RESPONSE_FORMATS, "structural_tag", "grammar", "python")
}
"""The field of a gateway, which passes on the types of its providers."""

TOOL_CHOICES = ("none", "auto", "required")
"""The default values of `tool_choice`."""


def tool_choice(*more: str) -> Check:
    """Return the check for the choice of a tool; `more` are a vendor's additional values."""
    return nullable(either("one of a string or object", string=choice(*TOOL_CHOICES, *more), object=anything))


FIELDS: Mapping[str, Check] = {
    "model": string(low=1),
    "frequency_penalty": nullable(decimal(-2, 2)),
    "functions": nullable(array(_FUNCTION_TOOL, "objects")),
    "logit_bias": nullable(logit_bias),
    "logprobs": nullable(boolean),
    "max_completion_tokens": nullable(integer(0)),
    "max_tokens": nullable(integer(0)),
    "metadata": nullable(obj),
    "n": nullable(integer(1, 128)),
    "parallel_tool_calls": nullable(boolean),
    "presence_penalty": nullable(decimal(-2, 2)),
    "reasoning_effort": nullable(string()),
    "response_format": response_format(*RESPONSE_FORMATS),
    "seed": nullable(integer(-(2**63), 2**64 - 1)),
    "stop": nullable(_STRINGS),
    "stream": nullable(boolean),
    "stream_options": nullable(record({"include_usage": nullable(boolean)}, others=True)),
    "temperature": nullable(decimal(0, 2)),
    "tool_choice": tool_choice(),
    "tools": nullable(array(tool, "objects")),
    "top_logprobs": nullable(integer(0, 20)),
    "top_p": nullable(decimal(0, 1)),
    "user": nullable(string()),
}


def chat(
    fields: Mapping[str, Check] | None = None,
    *,
    parts: Collection[str] = (),
    known: Collection[str] = (),
    message: Check = anything,
    required: Collection[str] = ("model", "messages"),
) -> Check:
    """Return the check for a chat request.

    `fields` are the vendor's own or different fields. `parts` are the types of content parts; if empty, any. If `known`
    is given, other fields are refused. `message` is a further check for each message. `required` are the fields that a
    request must have.
    """
    message_check = _message(parts, message)
    checks = {**FIELDS, "messages": array(message_check, "objects", low=1), **(fields or {})}
    if known:
        checks = {key: checks.get(key, anything) for key in {*known, "model", "messages"}}
    return record(checks, tuple(required), others=not known)


def with_content(value: dict[str, Any]) -> Problem | None:
    """Check that a message of the user or the system has content."""
    if value["role"] in ("user", "system") and "content" not in value:
        return missing("content", value, ())
    return None


def _message(parts: Collection[str], further_check: Check) -> Check:
    part = record({"type": choice(*parts) if parts else string(low=1)}, ("type",), others=True)
    content = nullable(text_or("objects", array(part, "objects")))
    fields = {"role": string(), "content": content, "tool_calls": nullable(array(_CALL, "objects"))}
    check_fields = record(fields, ("role",), others=True)

    def check(value: Any) -> Problem | None:
        if (problem := check_fields(value)) is not None:
            return problem
        if value["role"] not in ROLES:
            return wrong_value(value["role"], ROLES).under("role")
        return further_check(value)

    return check


def completion(fields: Mapping[str, Check] | None = None, required: Collection[str] = ("model", "prompt")) -> Check:
    """Return the check for a request for a completion; `fields` are the vendor's own or different fields."""
    common = {key: FIELDS[key] for key in ("max_tokens", "stream_options", "seed", "user")}
    return record({**LEGACY_FIELDS, **common, "echo": anything, **(fields or {})}, tuple(required), others=True)


COMPLETION = completion()
_INPUT = either("one of a string or array of strings or integers", string=anything, array=anything)
_EMBEDDINGS_FIELDS: Mapping[str, Check] = {
    "model": string(low=1),
    "input": _INPUT,
    "dimensions": nullable(integer(1)),
    "user": nullable(string()),
}


def embeddings(fields: Mapping[str, Check] | None = None) -> Check:
    """Return the check for a request for embeddings; `fields` are the vendor's own or different fields."""
    return record({**_EMBEDDINGS_FIELDS, **(fields or {})}, ("model", "input"), others=True)


EMBEDDINGS = embeddings()


_RESPONSE_FIELDS: Mapping[str, Check] = {
    "model": string(low=1),
    "input": nullable(either("one of a string or array of objects", string=anything, array=array(obj, "objects"))),
    "instructions": nullable(string()),
    "max_output_tokens": nullable(integer(1)),
    "tools": nullable(array(obj, "objects")),
    **{key: FIELDS[key] for key in ("parallel_tool_calls", "stream", "temperature", "tool_choice", "top_p", "user")},
}


def response(fields: Mapping[str, Check] | None = None) -> Check:
    """Return the check for a request for a response; `fields` are the vendor's own or different fields."""
    return record({**_RESPONSE_FIELDS, **(fields or {})}, ("model",), others=True)


RESPONSE = response()


def steps(path: str) -> list[str | int]:
    """Return the steps of a path: `messages[0].role` has three, `messages`, 0 and `role`."""
    found = re.findall(r"[^.\[\]]+", path)
    return [step if (number := whole_in(step)) is None or number < 0 else number for step in found]
