"""Step 2 for Gemini, the checks for schemas of functions and answers, which Vertex AI words differently.

The words are the APIs' own, as their users quote them up to September 2026. The Gemini API reports all problems, Vertex
AI the first one.
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
"""The keywords that Vertex AI refuses next to `anyOf`; of a description it is not known, so that is accepted."""

VERTEX_KEYWORDS = ("additionalProperties", "additional_properties", "ref", "$ref", "defs", "$defs")
"""The keywords that Vertex AI accepts and the Gemini API does not know, outside of `parametersJsonSchema` and
`responseJsonSchema` (measured from 2026-05-20 to 2026-09, and quoted of `$ref` on 2026-10-06)."""

Functions = Sequence[tuple[str, dict[str, Any]]]


def unknown_keywords(functions: Functions, config: Mapping[str, Any]) -> list[Violation]:
    """Return the keywords in schemas of functions and of the answer that the Gemini API does not know."""
    violations = [
        violation
        for path, function in functions
        for name in ("parameters", "response")
        for violation in _unknown(inner(function, name), f"{path}.{name}")
    ]
    return [*violations, *_unknown(inner(config, "responseSchema"), "generation_config.response_schema")]


def _unknown(schema: Mapping[str, Any], path: str, depth: int = 0) -> Iterator[Violation]:
    for name in VERTEX_KEYWORDS:
        if name in schema:
            yield from unknown(path, name)
    if depth < MAX_DEPTH:
        for at, each in enumerate(mapping(schema.get("properties")).values()):
            yield from _unknown(mapping(each), f"{path}.properties[{at}].value", depth + 1)
        for place, within in _subschemas({**schema, "properties": None}, ""):
            yield from _unknown(within, f"{path}.{place}", depth + 1)


def problems(functions: Functions, config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the Gemini API's error for the schemas of the functions, each with its path, and for that of the answer."""
    found = [each for path, function in functions for each in _function_problems(path, function)]
    found += _schema_problems(inner(config, "responseSchema"), "generation_config.response_schema", '["{}"]')
    if found:
        yield "".join(f"* GenerateContentRequest.{path}: {message}\n" for path, message in found)


def _function_problems(path: str, function: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    return _schema_problems(inner(function, "parameters"), f"{path}.parameters", "[{}]")


def _schema_problems(schema: Mapping[str, Any], path: str, key: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the problems of a schema and its subschemas; `key` is the format of a property's name in the path."""
    kind, values = text(schema.get("type")).upper(), texts(schema.get("enum"))
    if values and kind != "STRING":
        yield f"{path}.enum", "only allowed for STRING type"
    yield from ((f"{path}.enum[{at}]", "cannot be empty") for at, value in enumerate(values) if not value)
    if kind == "ARRAY" and pick(schema, "items") is None:
        yield f"{path}.items", "missing field"
    known = mapping(schema.get("properties"))
    for at, name in enumerate(texts(schema.get("required"))):
        if name not in known and not _has_reference(schema):
            yield f"{path}.required[{at}]", "property is not defined"
    if depth < MAX_DEPTH:
        for place, within in _subschemas(schema, key):
            yield from _schema_problems(within, f"{path}.{place}", key, depth + 1)


def _subschemas(schema: Mapping[str, Any], key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, each in mapping(schema.get("properties")).items():
        yield f"properties{key.format(name)}", mapping(each)
    if items := inner(schema, "items"):
        yield "items", items
    for at, each in enumerate(many(pick(schema, "anyOf") or [])):
        yield f"any_of[{at}]", each


def _has_reference(schema: Mapping[str, Any]) -> bool:
    return bool(schema.get("$ref") or schema.get("ref"))


def vertex_problems(functions: Functions, config: Mapping[str, Any]) -> Iterator[str]:
    """Yield Vertex AI's errors for the schemas of the functions, and for that of the answer."""
    for _, function in functions:
        for path, message in _vertex_schema_problems(inner(function, "parameters"), "parameters"):
            subject = f"`{text(function.get('name'))}` functionDeclaration `{path}` schema"
            yield f"Unable to submit request because {subject} {message}. {GUIDE}/function-calling"
    if any(message == UNTYPED for _, message in _vertex_schema_problems(inner(config, "responseSchema"), "")):
        message = f"one or more response schemas {UNTYPED}"
        yield f"Unable to submit request because {message}. {GUIDE}/control-generated-output"


def _vertex_schema_problems(schema: Mapping[str, Any], path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the schemas without a type, or with a type and `anyOf`."""
    has_any_of = bool(pick(schema, "anyOf"))
    if has_any_of and any(pick(schema, name) is not None for name in SIBLINGS):
        yield path, ALONGSIDE
    if schema and not has_any_of and not _has_reference(schema) and not schema.get("type"):
        yield path, UNTYPED
    if depth < MAX_DEPTH:
        for name, each in mapping(schema.get("properties")).items():
            yield from _vertex_schema_problems(mapping(each), f"{path}.{name}", depth + 1)
