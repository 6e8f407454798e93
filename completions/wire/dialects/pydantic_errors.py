"""Step 2 for dialects: pydantic's findings in an invalid body, which the errors of Mistral and vLLM show."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from completions.exceptions import RequestError
from completions.wire.base import Undecodable
from completions.wire.dialects import rules
from completions.wire.validation import Problem
from completions.wire.wordings import listed


class Finding(NamedTuple):
    """A finding: its type, its message, the path to its value in the body, the value, and pydantic's context."""

    kind: str
    message: str
    path: list[str | int]
    value: Any
    context: Mapping[str, Any]


_FINDINGS = {
    "unknown_parameter": ("extra_forbidden", "Extra inputs are not permitted"),
    "missing_required_parameter": ("missing", "Field required"),
}
_TYPE_FINDINGS = {
    "a boolean": ("bool_type", "Input should be a valid boolean"),
    "a decimal": ("float_type", "Input should be a valid number"),
    "an integer": ("int_type", "Input should be a valid integer"),
    "a string": ("string_type", "Input should be a valid string"),
    "an object": ("dict_type", "Input should be a valid dictionary"),
    "an array": ("list_type", "Input should be a valid list"),
}
_BOUND_FINDINGS = {"<=": ("less_than_equal", "less", "le"), ">=": ("greater_than_equal", "greater", "ge")}
_EXPECTED = re.compile(r"[Ee]xpected (an? (?:boolean|decimal|integer|string|object|array)\b)(?! with)")
_BOUND = re.compile(r"Expected a value ([<>]=) (-?[\d.]+\d|-?\d+)")
_CHOICES = re.compile(r"Supported values are: ([^.]+)\.")

_NO_OBJECT = ("model_attributes_type", "Input should be a valid dictionary or object to extract fields from")

MAX_BODY = 1024 * 1024
"""Bytes of the longest body that is parsed once more to find its error."""

_CONVERSIONS: Mapping[tuple[str, type], tuple[str, str]] = {
    ("bool_type", str): ("bool_parsing", ", unable to interpret input"),
    ("bool_type", int): ("bool_parsing", ", unable to interpret input"),
    ("int_type", str): ("int_parsing", ", unable to parse string as an integer"),
    ("int_type", float): ("int_from_float", ", got a number with a fractional part"),
    ("float_type", str): ("float_parsing", ", unable to parse string as a number"),
}
"""The finding's type, and the addition to its message, for a value whose conversion fails: by the types of both."""


def finding_of(problem: Problem, body: Mapping[str, Any]) -> Finding:
    """Return the finding for a problem."""
    path = rules.steps(problem.path)
    return Finding(*_type_and_message(problem), path, _value_at(body, path), _context(problem))


def undecodable_finding(exc: RequestError) -> Finding | None:
    """Return FastAPI's finding for a body that is not a JSON object; None for any other error, and for a large body."""
    if not isinstance(exc, Undecodable) or len(exc.body) > MAX_BODY:
        return None
    if not exc.body:
        return Finding("missing", "Field required", [], None, {})
    try:
        document = json.loads(exc.body)
        orjson.dumps(document)  # the finding repeats it
    except json.JSONDecodeError as error:
        return Finding("json_invalid", "JSON decode error", [error.pos], {}, {"error": error.msg})
    except (ValueError, TypeError, RecursionError):  # no text, too long a number, or nested too deep: other errors
        return None
    return None if isinstance(document, dict) else Finding(*_NO_OBJECT, [], document, {})


def with_conversion(finding: Finding) -> Finding:
    """Return a finding as it is if values are converted when possible, as by FastAPI's servers."""
    kind, addition = _CONVERSIONS.get((finding.kind, type(finding.value)), (finding.kind, ""))
    return finding._replace(kind=kind, message=finding.message + addition)


def _type_and_message(problem: Problem) -> tuple[str, str]:
    message = problem.error().message
    if problem.code in _FINDINGS:
        return _FINDINGS[problem.code]
    if (bound := _BOUND.search(message)) is not None:
        kind, word, _ = _BOUND_FINDINGS[bound[1]]
        return kind, f"Input should be {word} than or equal to {bound[2]}"
    if (choices := _CHOICES.search(message)) is not None:
        return "enum", f"Input should be {_listed(choices[1])}"
    if problem.code == "invalid_type" and (expected := _EXPECTED.search(message)) is not None:
        return _TYPE_FINDINGS[expected[1]]
    return "value_error", message


def _context(problem: Problem) -> Mapping[str, Any]:
    message = problem.error().message
    if (bound := _BOUND.search(message)) is not None:
        return {_BOUND_FINDINGS[bound[1]][2]: float(bound[2]) if "." in bound[2] else int(bound[2])}
    choices = _CHOICES.search(message)
    return {"expected": _listed(choices[1])} if choices else {}


def _listed(quoted_values: str) -> str:
    return listed(re.findall(r"'([^']*)'", quoted_values), "or", comma="")


def _value_at(value: Any, steps: list[str | int]) -> Any:
    """Return the value at a path, or at its longest part that exists."""
    for step in steps:
        try:
            value = value[str(step) if isinstance(value, dict) else step]
        except (KeyError, IndexError, TypeError):
            return value
    return value
