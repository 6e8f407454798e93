"""Step 2 for chat: validate the tools and the tool choice.

The shapes are those of `openai.types.chat` in the SDK (`ChatCompletion*ToolParam`, `ChatCompletion*ToolChoiceParam`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from completions.wire.openai import strict_schema
from completions.wire.openai.strict_schema import SchemaRules
from completions.wire.validation import (
    TOOL_NAME,
    Check,
    Problem,
    anything,
    array,
    boolean,
    choice,
    either,
    missing,
    nullable,
    obj,
    record,
    string,
    tagged,
    worded_problem,
)

MAX_TOOLS = 128
BAD_SCHEMA = "invalid_function_parameters"

_GRAMMAR = record({"definition": string(low=1), "syntax": choice("lark", "regex")}, ("definition", "syntax"))
_FORMAT = tagged(
    "type",
    {"text": record({"type": anything}), "grammar": record({"type": anything, "grammar": _GRAMMAR}, ("grammar",))},
)


def _kinds(**payloads: Check) -> Mapping[str, Check]:
    return {kind: record({"type": anything, kind: payload}, (kind,)) for kind, payload in payloads.items()}


_NAMED = _kinds(function=record({"name": TOOL_NAME}, ("name",)), custom=record({"name": TOOL_NAME}, ("name",)))
_ALLOWED = record(
    {"mode": choice("auto", "required"), "tools": array(tagged("type", _NAMED), "objects", low=1)}, ("mode", "tools")
)
_CHOICES: Mapping[str, Check] = {**_NAMED, **_kinds(allowed_tools=_ALLOWED)}
_CHOSEN = tagged("type", _CHOICES)


def _choice(value: Any) -> Problem | None:
    """Check the tool choice; one of an unknown type lacks a function (measured on 2026-08-30)."""
    if isinstance(kind := value.get("type"), str) and kind not in _CHOICES:
        return missing("function", value, _CHOICES)
    return _CHOSEN(value)


TOOL_CHOICE = either(
    "one of one of 'none', 'auto', or 'required' or object", string=choice("none", "auto", "required"), object=_choice
)
FUNCTION_CALL = either(
    "one of a string or object", string=choice("none", "auto"), object=record({"name": TOOL_NAME}, ("name",))
)


def tools(rules: SchemaRules) -> Check:
    """Return the check of the tools, of their schemas, and that their names are unique.

    It accepts what DocETL 0.3 sends by default: `strict` next to the function, and `additionalProperties` in both.
    """
    description = nullable(string(high=rules.longest_description))
    function = record(
        {"name": TOOL_NAME, "description": description, "parameters": obj, "strict": nullable(boolean)}
        | {"additionalProperties": anything},
        ("name",),
    )
    custom = record({"name": TOOL_NAME, "description": description, "format": _FORMAT}, ("name",))
    outer_fields = dict.fromkeys(("type", "strict", "additionalProperties"), anything)
    function_tool = record({**outer_fields, "function": function}, ("function",))
    kinds = {**_kinds(custom=custom), "function": function_tool}
    several = array(tagged("type", kinds), "objects", low=1, high=MAX_TOOLS)

    def check(value: Any) -> Problem | None:
        problem = several(value) or _schemas(value, rules)
        return problem or _duplicate([tool["type"] for tool in value], _names(value))

    return check


def functions(rules: SchemaRules) -> Check:
    """Return the same check for the legacy functions."""
    description = nullable(string(high=rules.longest_description))
    function = record({"name": TOOL_NAME, "description": description, "parameters": obj}, ("name",))
    several = array(function, "function definitions", low=1, high=MAX_TOOLS)

    def check(value: Any) -> Problem | None:
        if (problem := several(value)) is not None:
            return problem
        for index, function in enumerate(value):
            if (problem := _schema(function, rules)) is not None:
                return problem.under(f"[{index}]")
        return _duplicate([""] * len(value), [function["name"] for function in value])

    return check


def _schemas(value: list[dict[str, Any]], rules: SchemaRules) -> Problem | None:
    for index, tool in enumerate(value):
        if tool["type"] == "function" and (problem := _schema(tool["function"], rules)) is not None:
            return problem.under("function").under(f"[{index}]")
    return None


def _schema(function: dict[str, Any], rules: SchemaRules) -> Problem | None:
    """Check a function's parameters, which can be left out."""
    if (schema := function.get("parameters")) is None:
        return None
    why = strict_schema.loose(schema) or (strict_schema.strict(schema, rules) if function.get("strict") else None)
    if why is None:
        return None
    return worded_problem(f"Invalid schema for function '{function['name']}': {why}", BAD_SCHEMA, "parameters")


def _names(value: list[dict[str, Any]]) -> list[str]:
    return [tool[tool["type"]]["name"] for tool in value]


def _duplicate(kinds: list[str], names: list[str]) -> Problem | None:
    """Return the problem of a duplicate name. The wording is the mock's."""
    seen: dict[str, int] = {}
    for index, (kind, name) in enumerate(zip(kinds, names, strict=True)):
        if (first := seen.setdefault(name, index)) != index:
            path = ".".join(filter(None, (f"[{index}]", kind, "name")))
            why = f"Tool names must be unique, but item {first} has the name '{name}' too."
            return Problem("Invalid value for", f": {why}", "invalid_value", path)
    return None


REQUIRED_BY: Mapping[str, str] = {"tool_choice": "tools", "parallel_tool_calls": "tools", "function_call": "functions"}
"""The fields that control tool calls, and the field that each requires."""


def unsuitable(body: Mapping[str, Any]) -> Problem | None:
    """Refuse a choice without tools, and the choice of a tool that is not offered."""
    for key, required in REQUIRED_BY.items():
        if body.get(key) is not None and not body.get(required):
            why = f"Invalid value for '{key}': '{key}' is only allowed when '{required}' are specified."
            return worded_problem(why, None, key)
    if isinstance(chosen := body.get("tool_choice"), dict):
        offered = set(zip((tool["type"] for tool in body["tools"]), _names(body["tools"]), strict=True))
        if chosen["type"] == "function" and (one := next(_chosen(chosen))) not in offered:
            return _absent("function_call", "functions", *one)  # its predecessor's words (measured on 2026-09-04)
        return next((_absent("tool_choice", "tools", *one) for one in _chosen(chosen) if one not in offered), None)
    call = body.get("function_call")
    if isinstance(call, dict) and call["name"] not in {each["name"] for each in body["functions"]}:
        return _absent("function_call", "functions", "function", call["name"])
    return None


def _chosen(chosen: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for tool in chosen["allowed_tools"]["tools"] if chosen["type"] == "allowed_tools" else [chosen]:
        yield tool["type"], tool[tool["type"]]["name"]


def _absent(key: str, offers: str, kind: str, name: str) -> Problem:
    noun = "function" if kind == "function" else "custom tool"
    why = f"Invalid value for '{key}': no {noun} named '{name}' was specified in the '{offers}' parameter."
    return worded_problem(why, None, key)
