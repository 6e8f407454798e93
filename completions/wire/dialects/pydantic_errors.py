"""Step 2 for dialects: what pydantic finds in a body of another form, as Mistral and vLLM tell it."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from completions.exceptions import RequestError
from completions.wire.base import Undecodable
from completions.wire.dialects import rules
from completions.wire.validation import Problem
from completions.wire.words import listed


class Finding(NamedTuple):
    """A finding: its type, its message, the steps of its place in the body, the value there, and pydantic's context."""

    kind: str
    said: str
    place: list[str | int]
    value: Any
    context: Mapping[str, Any]


_SAID = {
    "unknown_parameter": ("extra_forbidden", "Extra inputs are not permitted"),
    "missing_required_parameter": ("missing", "Field required"),
}
_TYPES = {
    "a boolean": ("bool_type", "Input should be a valid boolean"),
    "a decimal": ("float_type", "Input should be a valid number"),
    "an integer": ("int_type", "Input should be a valid integer"),
    "a string": ("string_type", "Input should be a valid string"),
    "an object": ("dict_type", "Input should be a valid dictionary"),
    "an array": ("list_type", "Input should be a valid list"),
}
_BOUNDS = {"<=": ("less_than_equal", "less", "le"), ">=": ("greater_than_equal", "greater", "ge")}
_EXPECTED = re.compile(r"[Ee]xpected (an? (?:boolean|decimal|integer|string|object|array)\b)(?! with)")
_BOUND = re.compile(r"Expected a value ([<>]=) (-?[\d.]+\d|-?\d+)")
_CHOICES = re.compile(r"Supported values are: ([^.]+)\.")

_NO_OBJECT = ("model_attributes_type", "Input should be a valid dictionary or object to extract fields from")

LONGEST = 1024 * 1024
"""Bytes of a body that is looked at once more, for what is wrong with it."""

_PARSED: Mapping[tuple[str, type], tuple[str, str]] = {
    ("bool_type", str): ("bool_parsing", ", unable to interpret input"),
    ("bool_type", int): ("bool_parsing", ", unable to interpret input"),
    ("int_type", str): ("int_parsing", ", unable to parse string as an integer"),
    ("int_type", float): ("int_from_float", ", got a number with a fractional part"),
    ("float_type", str): ("float_parsing", ", unable to parse string as a number"),
}
"""What is said of a value that is converted where it can be: by the type of the finding, and the value's."""


def found(problem: Problem, body: Mapping[str, Any]) -> Finding:
    """Return a problem as pydantic tells it."""
    place = rules.steps(problem.path)
    return Finding(*_told(problem), place, _at(body, place), _context(problem))


def found_undecodable(exc: RequestError) -> Finding | None:
    """Return what FastAPI finds in a body that is no JSON object; None for any other error, and for a large body."""
    if not isinstance(exc, Undecodable) or len(exc.body) > LONGEST:
        return None
    if not exc.body:
        return Finding("missing", "Field required", [], None, {})
    try:
        document = json.loads(exc.body)
        orjson.dumps(document)  # the finding repeats it
    except json.JSONDecodeError as wrong:
        return Finding("json_invalid", "JSON decode error", [wrong.pos], {}, {"error": wrong.msg})
    except (ValueError, TypeError, RecursionError):  # no text, too long a number, or nested too deep: other errors
        return None
    return None if isinstance(document, dict) else Finding(*_NO_OBJECT, [], document, {})


def converted(finding: Finding) -> Finding:
    """Return a finding as it is where values are converted that can be, as FastAPI's servers do."""
    kind, more = _PARSED.get((finding.kind, type(finding.value)), (finding.kind, ""))
    return finding._replace(kind=kind, said=finding.said + more)


def _told(problem: Problem) -> tuple[str, str]:
    message = problem.error().message
    if problem.code in _SAID:
        return _SAID[problem.code]
    if (bound := _BOUND.search(message)) is not None:
        kind, word, _ = _BOUNDS[bound[1]]
        return kind, f"Input should be {word} than or equal to {bound[2]}"
    if (choices := _CHOICES.search(message)) is not None:
        return "enum", f"Input should be {_listed(choices[1])}"
    if problem.code == "invalid_type" and (expected := _EXPECTED.search(message)) is not None:
        return _TYPES[expected[1]]
    return "value_error", message


def _context(problem: Problem) -> Mapping[str, Any]:
    message = problem.error().message
    if (bound := _BOUND.search(message)) is not None:
        return {_BOUNDS[bound[1]][2]: float(bound[2]) if "." in bound[2] else int(bound[2])}
    choices = _CHOICES.search(message)
    return {"expected": _listed(choices[1])} if choices else {}


def _listed(values: str) -> str:
    return listed(re.findall(r"'([^']*)'", values), "or", comma="")


def _at(value: Any, steps: list[str | int]) -> Any:
    """Return what stands at a path, or what the last step that is there has."""
    for step in steps:
        try:
            value = value[str(step) if isinstance(value, dict) else step]
        except (KeyError, IndexError, TypeError):
            return value
    return value
