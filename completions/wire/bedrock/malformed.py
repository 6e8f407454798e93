"""Step 2 at `/model/{id}/invoke`: what the JSON schema of a model's body finds, in the words of AWS's validator.

The words are quoted by users: all that is wrong stands in one message, one after the other.
"""

from collections.abc import Mapping
from typing import Any

from completions.wire.bedrock.errors import AmazonError

AGAIN = "please reformat your input and try again."

NAMES: Mapping[type, str] = {
    **{str: "String", int: "Integer", float: "Number", bool: "Boolean"},
    **{list: "JSONArray", dict: "JSONObject"},
}
"""What the validator calls the types that it expects."""

FOUND: Mapping[type, str] = {**NAMES, float: "BigDecimal", type(None): "Null"}
"""What it calls the types that it finds: Java's classes."""

Kind = type | Mapping[str, "Kind"]
"""A type, where `list` is one of texts, or the fields of an object by theirs; others are not looked at."""

Fields = Mapping[str, Kind]


def malformed(said: str) -> AmazonError:
    """Return the error of a body in which this is wrong."""
    return AmazonError("ValidationException", f"Malformed input request: {said}, {AGAIN}")


def check(body: Mapping[str, Any], fields: Fields, needed: str = "") -> None:
    """Raise what is wrong with a body: a needed field that is missing, and fields of another type."""
    missing = [f"#: required key [{needed}] not found"] if needed and needed not in body else []
    if found := missing + _found(body, fields, "#"):
        raise malformed("".join(found))


def _found(value: Any, kind: Kind, place: str) -> list[str]:
    found: type = type(value)
    expected = kind if isinstance(kind, type) else dict
    if found is not expected and not (expected is float and found is int):
        return [f"{place}: expected type: {NAMES[expected]}, found: {FOUND[found]}"]
    inner: list[tuple[object, Any, Kind]] = []
    if kind is list:
        inner = [(at, each, str) for at, each in enumerate(value)]
    elif not isinstance(kind, type):
        inner = [(name, value[name], kind[name]) for name in kind if name in value]
    return [said for step, each, its in inner for said in _found(each, its, f"{place}/{step}")]
