"""Step 2 for dialects: what pydantic finds in a field that may be one of several: all that each of them finds.

A member takes a value and returns its findings, whose places begin at the value; no finding is a match.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from completions.wire.dialects import lax
from completions.wire.dialects.pydantic_errors import Finding, converted
from completions.wire.words import listed

Member = Callable[[Any], list[Finding]]


def found(value: Any, members: Sequence[Member]) -> list[Finding]:
    """Return what all members find, one after the other; nothing if the value is one of them, or null."""
    each = [member(value) for member in members]
    return [] if value is None or [] in each else [finding for findings in each for finding in findings]


def text(value: Any) -> list[Finding]:
    """Find what is no string."""
    return [] if isinstance(value, str) else [Finding("string_type", "Input should be a valid string", [], value, {})]


def token(value: Any) -> list[Finding]:
    """Find what is no integer from 0."""
    number = lax.integer(value)
    if type(number) is not int:
        return [converted(Finding("int_type", "Input should be a valid integer", [], value, {}))]
    if number < 0:
        said = "Input should be greater than or equal to 0"
        return [Finding("greater_than_equal", said, [], value, {"ge": 0})]
    return []


def anything(value: Any) -> list[Finding]:
    """Find nothing."""
    return []


def literal(*words: str) -> Member:
    """Return the member that is one of these words."""
    expected = listed(words, "or", comma="")

    def findings(value: Any) -> list[Finding]:
        if value in words:
            return []
        return [Finding("literal_error", f"Input should be {expected}", [], value, {"expected": expected})]

    return findings


def items(member: Member) -> Member:
    """Return the member that is a list of others."""

    def findings(value: Any) -> list[Finding]:
        if not isinstance(value, list):
            return [Finding("list_type", "Input should be a valid list", [], value, {})]
        return [finding for at, each in enumerate(value) for finding in _placed(at, member(each))]

    return findings


def model(name: str, fields: Mapping[str, Member]) -> Member:
    """Return the member that is an object with all of these fields; `name` is its class."""

    def findings(value: Any) -> list[Finding]:
        if not isinstance(value, dict):
            said = f"Input should be a valid dictionary or instance of {name}"
            return [Finding("model_type", said, [], value, {"class_name": name})]
        told: list[Finding] = []
        for key, member in fields.items():
            missing = [Finding("missing", "Field required", [], value, {})]
            told += _placed(key, member(value[key]) if key in value else missing)
        return told

    return findings


def _placed(step: str | int, findings: list[Finding]) -> list[Finding]:
    return [finding._replace(place=[step, *finding.place]) for finding in findings]
