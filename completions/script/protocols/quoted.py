"""A form of the answer that the prompt quotes, for step 3: a JSON Schema, or a sketch of one.

The prompts of instructor, Spring AI, LangChain, LlamaIndex, Pydantic AI and the AI SDK have a JSON Schema, those of
LangChain4j, BAML and LangChain's StructuredOutputParser a sketch. The last one is used; examples may precede it, or
be pairs of a schema and its instance.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise, takewhile

from completions.conversation import Prompt
from completions.script.auto.instances import Unsatisfiable, instance
from completions.script.auto.listed import with_mentioned
from completions.script.protocols.braces import MAX_SEARCHED, Braced, braced, outside, value_of
from completions.script.protocols.categories import category_or_value, spelled_out
from completions.script.protocols.instructions import NEGATED, SENTENCE_END, instructions
from completions.script.protocols.observation import question
from completions.script.protocols.suited import suited
from completions.script.protocols.written_types import (
    list_of,
    schema_of_example,
    schema_of_sketch,
    schema_of_type,
    schema_of_typed,
)
from completions.script.schemas.document import Schema, as_text, compact
from completions.script.wording import ANSWER, ANSWERS

REQUEST = re.compile(
    rf"(?i)\b(?:{ANSWERS}|adher\w+|conform\w*|match(?:es)?|compatible|provide"
    r"|produce|generate|write|follow(?:s|ing)? (?:this|the) (?:json )?(?:schema|format)|extract|fill|translat\w+)"
)
"""Words that request an answer in some form; `Explain this schema` has none of them."""

NAMES_FORM = re.compile(r"(?i)json|schema|interface|structure|format")

LIST_REQUEST = re.compile(r"(?i)\bJSON (?:array|list)\b|\b(?:array|list) of (?:JSON )?(?:objects|instances)\b")
"""Requests for a list of instances of a schema."""

BLOCK = re.compile(r"(?i)```\s*json|triple backticks|code[ -]?(?:block|snippet|fence)s?|markdown (?:block|fenc)")
IN_BLOCK = re.compile(r"(?i)\b(?:in|inside|within|with|as|wrap\w*|includ\w+|use|return|surround\w*|enclos\w*)\b")

MISSING_SPACE = re.compile(r"(?<=[a-z\d][.?!])(?=[A-Z])")
"""The place after the question where Genkit appends its request for a form, without a space."""

AS_YAML = re.compile(rf"(?i)\b(?:{ANSWER}|formatted|provide)\b[^\n.]{{0,40}}\bYAML\b|\b(?:valid|only) YAML\b")
PLAIN_REQUEST = re.compile(
    r"answer strictly (?:in the following format: ([^\n]+)|with one of these enums:\n((?:[^\n]+\n?)+))"
)
"""How LangChain4j requests values that are not objects."""

KEYWORDS = frozenset(
    (
        *("type", "title", "description", "default", "examples", "enum", "const", "format", "pattern"),
        *("items", "prefixItems", "properties", "required", "additionalProperties", "$ref", "anyOf", "allOf", "oneOf"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"),
        *("minItems", "maxItems", "uniqueItems"),
    )
)
"""Keywords that describe a property in the schemas of libraries."""

PARAMETERS = re.compile(r"(?i)\b(?:parameters|arguments|inputs)[\"'`*]{0,3}:\s{0,4}\Z")
"""The label of a tool's parameters, whose schema is not that of the answer if an object follows."""

ARROW = re.compile(r"[`'\"\s]*(?:=>|->|\u2192|\u21d2)[`'\"\s]*")
MAX_ARROW = 20
"""The separator of a schema and an example of its instance, as in the prompts of Guardrails, and its length."""

TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")


@dataclass(frozen=True, slots=True)
class Form:
    """The schema of the answer, and whether the answer goes into a Markdown block."""

    schema: Schema
    fenced: bool


def answer(prompt: Prompt, seed: str) -> str | None:
    """Return an instance of the form that the prompt quotes; None if it quotes none."""
    texts = list(instructions(prompt))
    resolved = [spelled_out(text) for text in texts]
    form = next((found for text in resolved if (found := form_in(text, resolved))), None)
    if form is None:
        return next((answer_text for text in texts if (answer_text := _plain_value(text, seed)) is not None), None)
    try:
        told = _question_without_form(prompt)
        value = instance(with_mentioned(suited(form.schema, prompt), told, is_guess=True), seed, told)
    except Unsatisfiable:  # an object in the user's text may look like a schema without being one
        return None
    answer_text = written(value, "\n".join(texts))
    return (
        f"```{'json' if answer_text.startswith(('{', '[')) else 'yaml'}\n{answer_text}\n```"
        if form.fenced
        else answer_text
    )


def _question_without_form(prompt: Prompt) -> str:
    """Return the user's question without the request for a form: in a text with both, the sentences around the form."""
    user_question = question(prompt)[-MAX_SEARCHED:]
    if not (parts := braced(user_question)):
        return user_question
    after = [
        each for each in SENTENCE_END.split(user_question[parts[-1].end :].strip("` \n")) if not _requests_form(each)
    ]
    if any(map(str.split, after)):
        return "\n".join(after)
    before = MISSING_SPACE.sub(" ", user_question[: parts[0].start].rstrip("` \n"))
    return "\n".join(takewhile(lambda each: not _requests_form(each), SENTENCE_END.split(before)))


def _requests_form(sentence: str) -> bool:
    return REQUEST.search(sentence) is not None and NAMES_FORM.search(sentence) is not None


def written(value: object, text: str) -> str:
    """Write a value as JSON, or as YAML if the text asks for that."""
    if isinstance(value, Mapping) and AS_YAML.search(text):
        return "\n".join(f"{name}: {compact(each)}" for name, each in value.items())
    return compact(value)


def form_in(text: str, texts: list[str]) -> Form | None:
    """Return the form that a text quotes last, if its sentences ask for it."""
    if "{" not in text:
        return None
    parts = braced(text)
    for part in reversed(_without_pairs(text, parts) or parts):
        schema = _schema(part.text)
        is_data = part is not parts[-1] and (_is_constant(schema) or PARAMETERS.search(text[: part.start][-40:]))
        if schema is not None and not is_data:
            other_texts = [outside(text, parts), *(each for each in texts if each is not text)]
            sentences = [sentence for each in other_texts for sentence in SENTENCE_END.split(each)]
            requests = [each for each in sentences if _requests_form(each)]
            if requests:
                return Form(
                    _list_schema(schema) if any(map(LIST_REQUEST.search, requests)) else schema, _is_fenced(sentences)
                )
    return None


def _is_constant(schema: Schema | None) -> bool:
    """Tell whether an object has no other values than its own, so that it may be data: `{temp: "23 C"}`."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    return isinstance(properties, Mapping) and all("const" in each for each in properties.values())


def _without_pairs(text: str, parts: list[Braced]) -> list[Braced]:
    """Leave out pairs of a schema and an example of its instance: "`{…}` => `{…}`"."""
    pairs = [
        (schema, example)
        for schema, example in pairwise(parts)
        if example.start - schema.end < MAX_ARROW and ARROW.fullmatch(text, schema.end, example.start)
    ]
    examples = {part.start for pair in pairs for part in pair}
    return [part for part in parts if part.start not in examples]


def _schema(text: str) -> Schema | None:
    value = value_of(text)
    if value is None:
        return schema_of_sketch(text)
    for key in ("json_schema", "schema"):
        if isinstance(value, Mapping) and isinstance(value.get(key), Mapping):
            value = value[key]
    if isinstance(value, Mapping):
        schema = _of_properties(value) or (value if is_schema(value) and not _has_other_types(value) else None)
        return schema or schema_of_typed(value) or schema_of_example(value)
    return schema_of_example(value)


def _of_properties(value: Mapping[str, object]) -> Schema | None:
    """Return the schema of an object of which a prompt quotes the properties alone: `{"a": {"type": "null"}}`."""
    defs = {name: value[name] for name in ("$defs", "definitions") if name in value}
    fields = {name: each for name, each in value.items() if name not in defs}
    if not fields or not all(isinstance(each, Mapping) and _is_property_schema(each) for each in fields.values()):
        return None
    return {**defs, "type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _is_property_schema(value: Mapping[str, object]) -> bool:
    """Tell whether an object consists of keywords of a JSON Schema, including one for its type or values."""
    kind = value.get("type")
    has_type = (
        kind in TYPES if isinstance(kind, str) else any(key in value for key in ("$ref", "anyOf", "allOf", "enum"))
    )
    return has_type and value.keys() <= KEYWORDS


def _has_other_types(value: Mapping[str, object]) -> bool:
    """Tell whether the type of a property is not one of JSON Schema: `{"type": "int"}`."""
    properties = value.get("properties")
    each = properties.values() if isinstance(properties, Mapping) else ()
    kinds = [schema.get("type") for schema in each if isinstance(schema, Mapping)]
    return any(isinstance(kind, str) and kind.lower() not in TYPES for kind in kinds)


def _list_schema(schema: Schema) -> Schema:
    """Return the schema of a list of objects that a schema describes."""
    if not isinstance(schema, Mapping) or schema.get("type", "object") != "object":
        return schema
    definitions = {name: schema[name] for name in ("$defs", "definitions") if name in schema}
    return definitions | list_of(schema)


def is_schema(value: Mapping[str, object]) -> bool:
    """Tell whether an object is a JSON Schema, rather than an instance of one or a description of a tool."""
    properties, kind = value.get("properties"), value.get("type")
    if isinstance(properties, Mapping):
        return kind in (None, "object") and all(isinstance(each, Mapping) for each in properties.values())
    if "$schema" in value or isinstance(value.get("$defs"), Mapping):
        return True
    return isinstance(kind, str) and kind in TYPES and any(key in value for key in ("items", "enum", "prefixItems"))


def _is_fenced(sentences: list[str]) -> bool:
    """Tell whether the answer goes into a Markdown block: a sentence requests it, and none forbids it."""
    sentences_on_blocks = [sentence for sentence in sentences if BLOCK.search(sentence)]
    return any(map(IN_BLOCK.search, sentences_on_blocks)) and not any(map(NEGATED.search, sentences_on_blocks))


def _plain_value(text: str, seed: str) -> str | None:
    request = PLAIN_REQUEST.search(text)
    schema: Mapping[str, object] | None
    if request is None:
        schema = category_or_value(text)
    elif request[2]:
        schema = {"enum": [line.partition(" - ")[0].strip() for line in request[2].splitlines()]}
    else:
        schema = schema_of_type(request[1])
    return None if schema is None else as_text(instance(schema, seed))
