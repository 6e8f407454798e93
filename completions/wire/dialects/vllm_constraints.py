"""Step 2 for vLLM: `structured_outputs`, by which an answer is JSON of a schema, a text of a pattern, or one of a list.

Source: `StructuredOutputsParams` of vLLM 0.12 and later, which replaced `guided_json` and the like; the server ignores
these, as all unknown fields.
"""

import json
from collections.abc import Mapping
from typing import Any

from completions.conversation import ResponseFormat
from completions.exceptions import RequestError
from completions.wire.dialects import vllm_rules
from completions.wire.dialects.pydantic_errors import Finding
from completions.wire.fields import mapping, text, texts
from completions.wire.validation import Check, Rule, anything, array, boolean, either, nullable, record, string

NAME = "structured_outputs"
KINDS = ("json", "regex", "choice", "grammar", "json_object", "structural_tag")
"""The kinds of constraints; a request has one."""

FIELDS: Mapping[str, Check] = {
    NAME: nullable(
        record(
            {
                "json": nullable(either("one of a string or object", string=string(), object=anything)),
                **dict.fromkeys(("regex", "grammar", "structural_tag", "whitespace_pattern"), nullable(string())),
                "choice": nullable(array(string(), "strings")),
                "json_object": nullable(boolean),
            },
            others=True,
        )
    )
}


def _constraints(body: Mapping[str, Any], kinds: tuple[str, ...] = KINDS) -> list[str]:
    return [kind for kind in kinds if mapping(body.get(NAME)).get(kind) is not None]


def _invalid(message: str, path: list[str | int], value: object) -> RequestError:
    return vllm_rules.invalid(
        Finding("value_error", f"Value error, {message}", path, value, {"error": ValueError(message)})
    )


def _several_constraints(body: Mapping[str, Any]) -> RequestError | None:
    if len(_constraints(body, KINDS[:3])) < 2:
        return None
    message = "You can only use one kind of constraints for structured outputs ('json', 'regex' or 'choice')."
    return _invalid(message, [], body)


def _not_one_constraint(body: Mapping[str, Any]) -> RequestError | None:
    constraint_count = len(_constraints(body))
    if constraint_count == 1 or body.get(NAME) is None:
        return None
    verb = "You can only use" if constraint_count else "You must use"
    number = "multiple" if constraint_count else "none"
    return _invalid(f"{verb} one kind of structured outputs constraint but {number} are specified", [NAME], body[NAME])


RULES = (
    Rule(_several_constraints, vllm_rules.PROTOCOL, "2026-11-29"),
    Rule(_not_one_constraint, vllm_rules.PARAMETERS, "2026-11-29"),
)


def constrained_format(body: Mapping[str, Any]) -> ResponseFormat | None:
    """Return the format of the answer; None without a constraint, and for a grammar or a structural tag."""
    options = mapping(body.get(NAME))
    match next(iter(_constraints(body)), None):
        case "json":
            return _schema_format(options["json"])
        case "json_object":
            return ResponseFormat("json_object") if options["json_object"] else None
        case "choice":
            return _string_format({"enum": list(texts(options["choice"]))}) if options["choice"] else None
        case "regex":
            return _string_format({"pattern": f"^(?:{text(options['regex'])})$"})
    return None


def _string_format(schema: dict[str, object]) -> ResponseFormat:
    return ResponseFormat("json_schema", NAME, {"type": "string", **schema}, strict=True, bare=True)


def _schema_format(schema: object) -> ResponseFormat | None:
    if isinstance(schema, str):
        try:
            schema = json.loads(schema)
        except ValueError:
            return None
    return ResponseFormat("json_schema", NAME, mapping(schema), strict=True) if isinstance(schema, dict) else None
