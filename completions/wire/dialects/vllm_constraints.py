"""Step 2 for vLLM: what `structured_outputs` lets an answer be: JSON of a schema, a text of a pattern, one of a list.

Source: `StructuredOutputsParams` of vLLM 0.12 and later, which took the place of `guided_json` and its like; the server
ignores those, as it does all that it does not know.
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
"""The constraints, of which a request has one."""

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


def _given(body: Mapping[str, Any], kinds: tuple[str, ...] = KINDS) -> list[str]:
    return [kind for kind in kinds if mapping(body.get(NAME)).get(kind) is not None]


def _refused(said: str, place: list[str | int], value: object) -> RequestError:
    return vllm_rules.invalid(Finding("value_error", f"Value error, {said}", place, value, {"error": ValueError(said)}))


def _several(body: Mapping[str, Any]) -> RequestError | None:
    if len(_given(body, KINDS[:3])) < 2:
        return None
    said = "You can only use one kind of constraints for structured outputs ('json', 'regex' or 'choice')."
    return _refused(said, [], body)


def _not_one(body: Mapping[str, Any]) -> RequestError | None:
    given = len(_given(body))
    if given == 1 or body.get(NAME) is None:
        return None
    kind = "You can only use" if given else "You must use"
    many = "multiple" if given else "none"
    return _refused(f"{kind} one kind of structured outputs constraint but {many} are specified", [NAME], body[NAME])


RULES = (Rule(_several, vllm_rules.PROTOCOL, "2026-11-29"), Rule(_not_one, vllm_rules.PARAMETERS, "2026-11-29"))


def form(body: Mapping[str, Any]) -> ResponseFormat | None:
    """Return the form that an answer must have; None where none is asked for, or only a grammar or a tag tells it."""
    asked = mapping(body.get(NAME))
    match next(iter(_given(body)), None):
        case "json":
            return _of_schema(asked["json"])
        case "json_object":
            return ResponseFormat("json_object") if asked["json_object"] else None
        case "choice":
            return _bare({"enum": list(texts(asked["choice"]))}) if asked["choice"] else None
        case "regex":
            return _bare({"pattern": f"^(?:{text(asked['regex'])})$"})
    return None


def _bare(schema: dict[str, object]) -> ResponseFormat:
    return ResponseFormat("json_schema", NAME, {"type": "string", **schema}, strict=True, bare=True)


def _of_schema(schema: object) -> ResponseFormat | None:
    if isinstance(schema, str):
        try:
            schema = json.loads(schema)
        except ValueError:
            return None
    return ResponseFormat("json_schema", NAME, mapping(schema), strict=True) if isinstance(schema, dict) else None
