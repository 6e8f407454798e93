"""Step 2 for Gemini: what is refused of the schemas of functions and of answers, which the Gemini API and Vertex AI do
in different words.

The words are the APIs' own, as their users quote them up to September 2026. The Gemini API tells everything that is
wrong, Vertex AI the first of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from completions.wire.fields import mapping, text, texts
from completions.wire.gemini.fields import inner, many, pick
from completions.wire.gemini.messages import MAX_DEPTH
from completions.wire.gemini.proto import Violation, unknown

UNTYPED = "didn't specify the schema type field"
ALONGSIDE = "specified other fields alongside any_of. When using any_of, it must be the only field set"
GUIDE = "Learn more: https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal"
SIBLINGS = ("type", "items", "properties", "enum", "required", "format")
"""What does not go with `anyOf` at Vertex AI; whether a description does is not known, so it is taken."""

ELSEWHERE = ("additionalProperties", "additional_properties", "ref", "$ref", "defs", "$defs")
"""What Vertex AI takes of a schema and the Gemini API knows no field for, outside of `parametersJsonSchema` and
`responseJsonSchema` (measured from 2026-05-20 to 2026-09, and quoted of `$ref` on 2026-10-06)."""

Functions = Sequence[tuple[str, dict[str, Any]]]


def not_here(declared: Functions, config: Mapping[str, Any]) -> list[Violation]:
    """Return the fields of schemas, of functions and of an answer, that the Gemini API does not have."""
    found = [
        wrong
        for path, function in declared
        for name in ("parameters", "response")
        for wrong in _unknown(inner(function, name), f"{path}.{name}")
    ]
    return [*found, *_unknown(inner(config, "responseSchema"), "generation_config.response_schema")]


def _unknown(schema: Mapping[str, Any], path: str, depth: int = 0) -> Iterator[Violation]:
    for name in ELSEWHERE:
        if name in schema:
            yield from unknown(path, name)
    if depth < MAX_DEPTH:
        for at, each in enumerate(mapping(schema.get("properties")).values()):
            yield from _unknown(mapping(each), f"{path}.properties[{at}].value", depth + 1)
        for place, within in _subschemas({**schema, "properties": None}, ""):
            yield from _unknown(within, f"{path}.{place}", depth + 1)


def problems(declared: Functions, config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the Gemini API refuses of the functions, each with its path, and of the answer's schema."""
    wrong = [each for path, function in declared for each in _of_function(path, function)]
    wrong += _wrong(inner(config, "responseSchema"), "generation_config.response_schema", '["{}"]')
    if wrong:
        yield "".join(f"* GenerateContentRequest.{path}: {said}\n" for path, said in wrong)


def _of_function(path: str, function: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    return _wrong(inner(function, "parameters"), f"{path}.parameters", "[{}]")


def _wrong(schema: Mapping[str, Any], path: str, key: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Go through what is wrong with a schema and those within; `key` is how the path names a property."""
    kind, values = text(schema.get("type")).upper(), texts(schema.get("enum"))
    if values and kind != "STRING":
        yield f"{path}.enum", "only allowed for STRING type"
    yield from ((f"{path}.enum[{at}]", "cannot be empty") for at, value in enumerate(values) if not value)
    if kind == "ARRAY" and pick(schema, "items") is None:
        yield f"{path}.items", "missing field"
    known = mapping(schema.get("properties"))
    for at, name in enumerate(texts(schema.get("required"))):
        if name not in known and not _refers(schema):
            yield f"{path}.required[{at}]", "property is not defined"
    if depth < MAX_DEPTH:
        for place, within in _subschemas(schema, key):
            yield from _wrong(within, f"{path}.{place}", key, depth + 1)


def _subschemas(schema: Mapping[str, Any], key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, each in mapping(schema.get("properties")).items():
        yield f"properties{key.format(name)}", mapping(each)
    if items := inner(schema, "items"):
        yield "items", items
    for at, each in enumerate(many(pick(schema, "anyOf") or [])):
        yield f"any_of[{at}]", each


def _refers(schema: Mapping[str, Any]) -> bool:
    return bool(schema.get("$ref") or schema.get("ref"))


def vertex_problems(declared: Functions, config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what Vertex AI refuses of the functions' schemas, and of the answer's."""
    for _, function in declared:
        for path, said in _unclear(inner(function, "parameters"), "parameters"):
            named = f"`{text(function.get('name'))}` functionDeclaration `{path}` schema"
            yield f"Unable to submit request because {named} {said}. {GUIDE}/function-calling"
    if any(said == UNTYPED for _, said in _unclear(inner(config, "responseSchema"), "")):
        said = f"one or more response schemas {UNTYPED}"
        yield f"Unable to submit request because {said}. {GUIDE}/control-generated-output"


def _unclear(schema: Mapping[str, Any], path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Go through the schemas that do not say what they are of, or say it twice; where there is none, nothing is."""
    several = bool(pick(schema, "anyOf"))
    if several and any(pick(schema, name) is not None for name in SIBLINGS):
        yield path, ALONGSIDE
    if schema and not several and not _refers(schema) and not schema.get("type"):
        yield path, UNTYPED
    if depth < MAX_DEPTH:
        for name, each in mapping(schema.get("properties")).items():
            yield from _unclear(mapping(each), f"{path}.{name}", depth + 1)
