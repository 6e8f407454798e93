"""Tools that a prompt describes in words, for step 3: which there are, which one fits, and arguments that it takes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from completions.conversation import Prompt, Tool
from completions.script.auto.instances import Unsatisfiable, instance
from completions.script.protocols.braces import braced, value_of
from completions.script.protocols.quoted import is_schema
from completions.script.protocols.rosters import with_roster
from completions.script.protocols.written_types import PLAIN, object_of

NEAR = 2_000
"""Characters after a tool's name in which its description stands."""

MAX_TOOLS = 64
"""The tools that are looked at."""

MENTIONS = 4
"""How often a tool's name is looked up before its arguments are given up."""


def described(names: Sequence[str], text: str) -> list[Tool]:
    """Return the tools of these names as a text describes them."""
    return [_tool(name, text) for name in names[:MAX_TOOLS]]


def arguments(tool: Tool, seed: str, said: str = "") -> Mapping[str, object]:
    """Make arguments that a tool takes, from what was said where it has some; none where its description is none."""
    try:
        made = instance({**tool.parameters, "type": "object"}, seed, said)
    except Unsatisfiable:
        return {}
    return made if isinstance(made, Mapping) else {}


def arguments_for_request(tool: Tool, seed: str, prompt: Prompt, asked: str) -> Mapping[str, object]:
    """Make a tool's arguments from the request: one that starts an agent gets the best fitting agent and all of it."""
    return arguments(replace(tool, parameters=with_roster(tool, prompt)), seed, asked)


def _tool(name: str, text: str) -> Tool:
    for at in _mentions(name, text):
        near = text[at : at + NEAR]
        for part in braced(near)[:1]:
            if "\n\n" not in near[: part.start].strip():
                schema = _parameters(value_of(part.text))
                if schema is not None:
                    return Tool(name, near[: part.start], schema)
    first = next(_mentions(name, text), None)
    return Tool(name, text[first : first + NEAR].partition("\n\n")[0] if first is not None else "")


def _mentions(name: str, text: str) -> Iterator[int]:
    for found, match in enumerate(re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)):
        if found == MENTIONS:
            return
        yield match.end()


def _parameters(value: object) -> Mapping[str, object] | None:
    """Return the schema of arguments that are given as one, or as their names with a type each."""
    if not isinstance(value, Mapping):
        return None
    if is_schema(value):
        return value
    if not all(isinstance(each, Mapping) for each in value.values()):
        return None
    return object_of({str(name): _typed(each) for name, each in value.items()})


def _typed(given: Mapping[str, object]) -> Mapping[str, object]:
    """Return a schema whose type may have a name of Python's."""
    kind = given.get("type")
    known = PLAIN.get(kind.lower()) if isinstance(kind, str) else None
    rest = {key: value for key, value in given.items() if key in ("enum", "items", "properties", "required", "anyOf")}
    return {**(known or {"type": "string"}), **rest} if "anyOf" not in rest else rest
