"""Step 2 at `/model/{id}/invoke`: what the JSON schema of a model's body finds, in the words of AWS's validator.

The words are quoted by users: all that is wrong stands in one message, one after the other. In 2026 AWS no longer says
please (crmne/ruby_llm 586, January; run-llama/llama_index 21420, April).
"""

from collections.abc import Collection, Mapping
from typing import Any

from completions.wire.bedrock.errors import AmazonError
from completions.wire.shapes import Shape, misfits

AGAIN = "reformat your input and try again."

OWN = "amazon-bedrock-"
"""How the fields of a body begin that are Bedrock's own, as `amazon-bedrock-guardrailConfig`."""

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


def check(
    body: Mapping[str, Any],
    fields: Mapping[str, Shape],
    needed: Collection[str] = (),
    only: Collection[str] | None = None,
) -> None:
    """Raise what is wrong with a body: needed fields that are missing, others than `only` these, and other types."""
    found = [f"#: required key [{name}] not found" for name in needed if name not in body]
    if only is not None:
        found += extraneous(body, only)
    for wrong in misfits(body, fields):
        place, what = "/".join(map(str, ("#", *wrong.place))), FOUND[type(wrong.value)]
        found.append(f"{place}: expected type: {NAMES[wrong.expected]}, found: {what}")
    if found:
        raise malformed("".join(found))


def extraneous(given: Mapping[str, Any], allowed: Collection[str], place: str = "#") -> list[str]:
    """Return what is wrong with the keys of an object; Bedrock's own, as of a guardrail, may be anywhere."""
    unknown = (key for key in given if key not in allowed and not key.startswith(OWN))
    return [f"{place}: extraneous key [{key}] is not permitted" for key in unknown]
