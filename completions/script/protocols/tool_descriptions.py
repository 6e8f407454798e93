"""Tools that a prompt describes in words, for step 3: their names, descriptions and arguments."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from completions.conversation import Prompt, Tool
from completions.script.auto.instances import Unsatisfiable, instance
from completions.script.protocols.braces import braced, value_of
from completions.script.protocols.quoted import is_schema
from completions.script.protocols.rosters import with_roster
from completions.script.protocols.written_types import PLAIN, object_of

MAX_DESCRIPTION = 2_000
"""Characters after a tool's name that contain its description."""

MAX_TOOLS = 64
"""Tools that are read."""

MAX_MENTIONS = 4
"""Occurrences of a tool's name that are searched for its arguments."""


def described(names: Sequence[str], text: str) -> list[Tool]:
    """Return the tools of these names as a text describes them."""
    return [_tool(name, text) for name in names[:MAX_TOOLS]]


def arguments(tool: Tool, seed: str, text: str = "") -> Mapping[str, object]:
    """Return arguments of a tool, from the text if it mentions some; none if its description is not a valid schema."""
    try:
        values = instance({**tool.parameters, "type": "object"}, seed, text)
    except Unsatisfiable:
        return {}
    return values if isinstance(values, Mapping) else {}


def arguments_for_request(tool: Tool, seed: str, prompt: Prompt, request: str) -> Mapping[str, object]:
    """Return a tool's arguments from the request: a launcher of agents gets the best fitting agent and all of it."""
    return arguments(replace(tool, parameters=with_roster(tool, prompt)), seed, request)


def _tool(name: str, text: str) -> Tool:
    for at in _mentions(name, text):
        near = text[at : at + MAX_DESCRIPTION]
        for part in braced(near)[:1]:
            if "\n\n" not in near[: part.start].strip():
                schema = _parameters(value_of(part.text))
                if schema is not None:
                    return Tool(name, near[: part.start], schema)
    first = next(_mentions(name, text), None)
    return Tool(name, text[first : first + MAX_DESCRIPTION].partition("\n\n")[0] if first is not None else "")


def _mentions(name: str, text: str) -> Iterator[int]:
    for found, match in enumerate(re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)):
        if found == MAX_MENTIONS:
            return
        yield match.end()


def _parameters(value: object) -> Mapping[str, object] | None:
    """Return the schema of arguments that are given as a schema, or as their names with a type each."""
    if not isinstance(value, Mapping):
        return None
    if is_schema(value):
        return value
    if not all(isinstance(each, Mapping) for each in value.values()):
        return None
    return object_of({str(name): _typed(each) for name, each in value.items()})


def _typed(definition: Mapping[str, object]) -> Mapping[str, object]:
    """Return the schema of a property whose type may be a name in Python."""
    kind = definition.get("type")
    plain = PLAIN.get(kind.lower()) if isinstance(kind, str) else None
    rest = {
        key: value for key, value in definition.items() if key in ("enum", "items", "properties", "required", "anyOf")
    }
    return {**(plain or {"type": "string"}), **rest} if "anyOf" not in rest else rest
