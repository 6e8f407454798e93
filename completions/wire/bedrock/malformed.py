"""Step 2 at `/model/{id}/invoke`: what the JSON schema of a model's body finds, in the words of AWS's validator.

The words are quoted by users: all that is wrong stands in one message, one after the other.
"""

from collections.abc import Mapping
from typing import Any

from completions.wire.bedrock.errors import AmazonError
from completions.wire.shapes import Shape, misfits

AGAIN = "please reformat your input and try again."

NAMES: Mapping[type, str] = {
    **{str: "String", int: "Integer", float: "Number", bool: "Boolean"},
    **{list: "JSONArray", dict: "JSONObject"},
}
"""What the validator calls the types that it expects."""

FOUND: Mapping[type, str] = {**NAMES, float: "BigDecimal", type(None): "Null"}
"""What it calls the types that it finds: Java's classes."""


def malformed(said: str) -> AmazonError:
    """Return the error of a body in which this is wrong."""
    return AmazonError("ValidationException", f"Malformed input request: {said}, {AGAIN}")


def check(body: Mapping[str, Any], fields: Mapping[str, Shape], needed: str = "") -> None:
    """Raise what is wrong with a body: a needed field that is missing, and fields of another type."""
    found = [f"#: required key [{needed}] not found"] if needed and needed not in body else []
    for wrong in misfits(body, fields):
        place, what = "/".join(map(str, ("#", *wrong.place))), FOUND[type(wrong.value)]
        found.append(f"{place}: expected type: {NAMES[wrong.expected]}, found: {what}")
    if found:
        raise malformed("".join(found))
