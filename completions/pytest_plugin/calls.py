"""The tool calls of an agent, and how a test says which calls it expects."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from completions.script.match.lookups import LOOKUPS
from completions.script.match.regexes import Pattern

__tracebackhide__ = True  # in the reports of failed tests

Arguments = Mapping[str, Any]
Expected = str | tuple[str, Arguments]
"""A tool's name; or its name and some of its arguments, each a value, a compiled pattern, a callable, or a dict of
lookups (`{"icontains": "paris"}`)."""


@dataclass(frozen=True)
class Call:
    """One tool call of a model: `arguments` as decoded JSON, or else the text; `turn` counts from 1.

    `result` is what the agent sent back for it, or None.
    """

    name: str
    arguments: Any
    id: str
    turn: int
    result: str | None = None

    def __str__(self) -> str:
        return f"{self.name}({as_text(self.arguments)})"


def as_text(value: Any) -> str:
    """Return a value as a message shows it: as JSON."""
    return json.dumps(value, ensure_ascii=False, default=str)


def parsed(arguments: str) -> Any:
    """Return a call's arguments as decoded JSON, or as they are."""
    try:
        return json.loads(arguments) if arguments else {}
    except ValueError:
        return arguments


def checked(expected: Sequence[Expected]) -> list[Expected]:
    """Return what is expected; raise ValueError for what says nothing."""
    for item in expected:
        for value in item[1].values() if isinstance(item, tuple) else ():
            _check_lookups(value)
    return list(expected)


def fits(call: Call, expected: Expected) -> bool:
    """Tell whether a call is as expected; arguments that are not named can have any value."""
    if isinstance(expected, str):
        return call.name == expected
    name, expected_arguments = expected
    if call.name != name or not isinstance(call.arguments, Mapping):
        return call.name == name and not expected_arguments
    return all(
        key in call.arguments and _holds(call.arguments[key], value) for key, value in expected_arguments.items()
    )


def are_among(expected: Sequence[Expected], calls: Sequence[Call]) -> bool:
    """Say whether each expected call can be told apart among the calls, in whichever order they came."""
    matched: dict[int, int] = {}

    def place(index: int, seen: set[int]) -> bool:
        """Find a call for one that is expected; whichever has it may have to take another."""
        for number, call in enumerate(calls):
            if number not in seen and fits(call, expected[index]):
                seen.add(number)
                if number not in matched or place(matched[number], seen):
                    matched[number] = index
                    return True
        return False

    return all(place(index, set()) for index in range(len(expected)))


def written(expected: Expected) -> str:
    """Return an expected call as a message shows it."""
    if isinstance(expected, str):
        return expected
    arguments = (f"{as_text(key)}: {_shown(value)}" for key, value in expected[1].items())
    return f"{expected[0]}({{{', '.join(arguments)}}})"


def _holds(value: Any, expected: Any) -> bool:
    if isinstance(expected, re.Pattern):
        return isinstance(value, str) and expected.search(value) is not None
    if _is_lookups(expected):
        return all(LOOKUPS[name].test(value, _operand(name, operand)) for name, operand in expected.items())
    if callable(expected):
        return bool(expected(value))
    return bool(value == expected)


def _is_lookups(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value) and value.keys() <= LOOKUPS.keys()


def _check_lookups(value: Any) -> None:
    """Refuse a dict in which some keys are lookups and others are not: one of them is a slip."""
    if isinstance(value, Mapping) and value.keys() & LOOKUPS.keys() and not _is_lookups(value):
        wrong = ", ".join(f"`{name}`" for name in value if name not in LOOKUPS)
        raise ValueError(f"{wrong} is not a lookup; the lookups are {', '.join(LOOKUPS)}.")


def _operand(name: str, operand: Any) -> Any:
    if name == "regex":
        return Pattern(str(operand))
    return tuple(operand) if name == "in" else operand


def _shown(value: Any) -> str:
    if isinstance(value, re.Pattern):
        return f"/{value.pattern}/"
    function: Callable[..., Any] | None = value if callable(value) else None
    return as_text(value) if function is None else getattr(function, "__qualname__", repr(function))
