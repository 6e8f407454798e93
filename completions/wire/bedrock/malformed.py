"""Step 2 at `/model/{id}/invoke`: the check of a body by the model's JSON schema, with the messages of AWS's validator.

The messages are quoted by users: one message has all problems, one after the other. In 2026 AWS no longer says please
(crmne/ruby_llm 586, January; run-llama/llama_index 21420, April).
"""

from collections.abc import Collection, Mapping
from typing import Any

from completions.wire.bedrock.errors import AmazonError
from completions.wire.shapes import Shape, misfits

TRY_AGAIN = "reformat your input and try again."

BEDROCK_PREFIX = "amazon-bedrock-"
"""The prefix of Bedrock's own fields in a body, such as `amazon-bedrock-guardrailConfig`."""

EXPECTED_TYPE_NAMES: Mapping[type, str] = {
    **{str: "String", int: "Integer", float: "Number", bool: "Boolean"},
    **{list: "JSONArray", dict: "JSONObject"},
}
"""The validator's names of expected types."""

ACTUAL_TYPE_NAMES: Mapping[type, str] = {**EXPECTED_TYPE_NAMES, float: "BigDecimal", type(None): "Null"}
"""The validator's names of actual types: Java's classes."""


def malformed(problem: str) -> AmazonError:
    """Return the error of a body with a problem."""
    return AmazonError("ValidationException", f"Malformed input request: {problem}, {TRY_AGAIN}")


def check(
    body: Mapping[str, Any],
    fields: Mapping[str, Shape],
    required: Collection[str] = (),
    allowed: Collection[str] | None = None,
) -> None:
    """Raise the problems of a body: missing `required` fields, fields that are not `allowed`, and wrong types."""
    problems = [f"#: required key [{name}] not found" for name in required if name not in body]
    if allowed is not None:
        problems += extraneous(body, allowed)
    for misfit in misfits(body, fields):
        path, actual = "/".join(map(str, ("#", *misfit.place))), ACTUAL_TYPE_NAMES[type(misfit.value)]
        problems.append(f"{path}: expected type: {EXPECTED_TYPE_NAMES[misfit.expected]}, found: {actual}")
    if problems:
        raise malformed("".join(problems))


def extraneous(fields: Mapping[str, Any], allowed: Collection[str], path: str = "#") -> list[str]:
    """Return the problems with the keys of an object; Bedrock's own keys, as of a guardrail, are allowed anywhere."""
    unknown = (key for key in fields if key not in allowed and not key.startswith(BEDROCK_PREFIX))
    return [f"{path}: extraneous key [{key}] is not permitted" for key in unknown]
