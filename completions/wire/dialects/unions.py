"""Step 2 for dialects: pydantic's findings for a field whose type is a union: those of all members.

A member takes a value and returns its findings, whose paths begin at the value; without findings the value matches.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from completions.wire.dialects import lax
from completions.wire.dialects.pydantic_errors import Finding, with_conversion
from completions.wire.wordings import listed

Member = Callable[[Any], list[Finding]]


def findings_of(value: Any, members: Sequence[Member]) -> list[Finding]:
    """Return the findings of all members, one after the other; none if the value matches a member, or is null."""
    findings_by_member = [member(value) for member in members]
    return (
        []
        if value is None or [] in findings_by_member
        else [finding for findings in findings_by_member for finding in findings]
    )


def text(value: Any) -> list[Finding]:
    """Return the finding for a value that is not a string."""
    return [] if isinstance(value, str) else [Finding("string_type", "Input should be a valid string", [], value, {})]


def token(value: Any) -> list[Finding]:
    """Return the finding for a value that is not an integer of at least 0."""
    number = lax.integer(value)
    if type(number) is not int:
        return [with_conversion(Finding("int_type", "Input should be a valid integer", [], value, {}))]
    if number < 0:
        message = "Input should be greater than or equal to 0"
        return [Finding("greater_than_equal", message, [], value, {"ge": 0})]
    return []


def anything(value: Any) -> list[Finding]:
    """Return no findings."""
    return []


def literal(*words: str) -> Member:
    """Return the member for a literal, one of these words."""
    expected = listed(words, "or", comma="")

    def findings(value: Any) -> list[Finding]:
        if value in words:
            return []
        return [Finding("literal_error", f"Input should be {expected}", [], value, {"expected": expected})]

    return findings


def items(member: Member) -> Member:
    """Return the member for a list whose items are of another member."""

    def findings(value: Any) -> list[Finding]:
        if not isinstance(value, list):
            return [Finding("list_type", "Input should be a valid list", [], value, {})]
        return [finding for index, item in enumerate(value) for finding in _below(index, member(item))]

    return findings


def model(name: str, fields: Mapping[str, Member]) -> Member:
    """Return the member for an object with all of these fields; `name` is its class."""

    def findings(value: Any) -> list[Finding]:
        if not isinstance(value, dict):
            message = f"Input should be a valid dictionary or instance of {name}"
            return [Finding("model_type", message, [], value, {"class_name": name})]
        field_findings: list[Finding] = []
        for key, member in fields.items():
            missing = [Finding("missing", "Field required", [], value, {})]
            field_findings += _below(key, member(value[key]) if key in value else missing)
        return field_findings

    return findings


def _below(step: str | int, findings: list[Finding]) -> list[Finding]:
    return [finding._replace(path=[step, *finding.path]) for finding in findings]
