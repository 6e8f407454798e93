"""A form of the answer that the prompt quotes, for step 3: a JSON Schema, or a sketch of one.

The prompts of instructor, Spring AI, LangChain, LlamaIndex, Pydantic AI and the AI SDK have a JSON Schema, those of
LangChain4j, BAML and LangChain's StructuredOutputParser a sketch. The last one counts; before it, or as a pair
of a schema and its instance, stand examples.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise, takewhile

from completions.conversation import Prompt
from completions.script.auto.instances import Unsatisfiable, instance
from completions.script.protocols.braces import MAX_SEARCHED, Braced, braced, outside, value_of
from completions.script.protocols.categories import category_or_value, spelled_out
from completions.script.protocols.instructions import NEGATED, SENTENCE_END, instructions
from completions.script.protocols.observation import question
from completions.script.protocols.ranges import ranged
from completions.script.protocols.written_types import list_of, schema_of_example, schema_of_sketch, schema_of_type
from completions.script.schemas.document import Schema, as_text, compact
from completions.script.wording import ANSWER, ANSWERS

ASKS = re.compile(
    rf"(?i)\b(?:{ANSWERS}|adher\w+|conform\w*|match(?:es)?|compatible|provide"
    r"|produce|generate|write|follow(?:s|ing)? (?:this|the) (?:json )?(?:schema|format)|extract|fill|translat\w+)"
)
"""Words that ask for an answer of some form; `Explain this schema` has none of them."""

NAMES_FORM = re.compile(r"(?i)json|schema|interface|structure|format")

SEVERAL = re.compile(r"(?i)\bJSON (?:array|list)\b|\b(?:array|list) of (?:JSON )?(?:objects|instances)\b")
"""How a list of what a schema describes is asked for."""

BLOCK = re.compile(r"(?i)```\s*json|triple backticks|code[ -]?(?:block|snippet|fence)s?|markdown (?:block|fenc)")
IN_BLOCK = re.compile(r"(?i)\b(?:in|inside|within|with|as|wrap\w*|includ\w+|use|return|surround\w*|enclos\w*)\b")

GLUED = re.compile(r"(?<=[a-z\d][.?!])(?=[A-Z])")
"""Where Genkit puts what it says of the form, right behind the question."""

AS_YAML = re.compile(rf"(?i)\b(?:{ANSWER}|formatted|provide)\b[^\n.]{{0,40}}\bYAML\b|\b(?:valid|only) YAML\b")
STRICTLY = re.compile(
    r"answer strictly (?:in the following format: ([^\n]+)|with one of these enums:\n((?:[^\n]+\n?)+))"
)
"""How LangChain4j asks for what is no object."""

KEYWORDS = frozenset(
    (
        *("type", "title", "description", "default", "examples", "enum", "const", "format", "pattern"),
        *("items", "prefixItems", "properties", "required", "additionalProperties", "$ref", "anyOf", "allOf", "oneOf"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"),
        *("minItems", "maxItems", "uniqueItems"),
    )
)
"""What describes a property in the schemas that libraries make."""

ARROW = re.compile(r"[`'\"\s]*(?:=>|->|\u2192|\u21d2)[`'\"\s]*")
MAX_ARROW = 20
"""What stands between a schema and an example of an answer to it, as in prompts of Guardrails, and its characters."""

TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")


@dataclass(frozen=True, slots=True)
class Form:
    """The schema that an answer has to be an instance of, and whether it goes into a Markdown block."""

    schema: Schema
    fenced: bool


def answer(prompt: Prompt, seed: str) -> str | None:
    """Return an instance of the form that the prompt quotes, as it asks for it; None where it quotes none."""
    texts = list(instructions(prompt))
    spelled = [spelled_out(text) for text in texts]
    form = next((found for text in spelled if (found := form_in(text, spelled))), None)
    if form is None:
        return next((said for text in texts if (said := _plain(text, seed)) is not None), None)
    try:
        value = instance(ranged(form.schema, prompt), seed, _about(prompt))
    except Unsatisfiable:  # what looks like a schema in somebody's text need not be one
        return None
    said = written(value, "\n".join(texts))
    return f"```{'json' if said.startswith(('{', '[')) else 'yaml'}\n{said}\n```" if form.fenced else said


def _about(prompt: Prompt) -> str:
    """Return what the user asks, without what tells how to answer: where one text has both, what is around the form."""
    asked = question(prompt)[-MAX_SEARCHED:]
    if not (parts := braced(asked)):
        return asked
    after = [each for each in SENTENCE_END.split(asked[parts[-1].end :].strip("` \n")) if not _asks(each)]
    if any(map(str.split, after)):
        return "\n".join(after)
    before = GLUED.sub(" ", asked[: parts[0].start].rstrip("` \n"))
    return "\n".join(takewhile(lambda each: not _asks(each), SENTENCE_END.split(before)))


def _asks(sentence: str) -> bool:
    return ASKS.search(sentence) is not None and NAMES_FORM.search(sentence) is not None


def written(value: object, text: str) -> str:
    """Write a value as JSON; or as YAML, where a text speaks of that and asks for it."""
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
        if schema is not None:
            said = [outside(text, parts), *(each for each in texts if each is not text)]
            sentences = [sentence for each in said for sentence in SENTENCE_END.split(each)]
            asking = [each for each in sentences if _asks(each)]
            if asking:
                return Form(_several(schema) if any(map(SEVERAL.search, asking)) else schema, _is_fenced(sentences))
    return None


def _without_pairs(text: str, parts: list[Braced]) -> list[Braced]:
    """Leave out the examples of a schema and what fits it: "`{…}` => `{…}`"."""
    pairs = [
        (schema, example)
        for schema, example in pairwise(parts)
        if example.start - schema.end < MAX_ARROW and ARROW.fullmatch(text, schema.end, example.start)
    ]
    shown = {part.start for pair in pairs for part in pair}
    return [part for part in parts if part.start not in shown]


def _schema(text: str) -> Schema | None:
    value = value_of(text)
    if value is None:
        return schema_of_sketch(text)
    for key in ("json_schema", "schema"):
        if isinstance(value, Mapping) and isinstance(value.get(key), Mapping):
            value = value[key]
    if isinstance(value, Mapping):
        schema = _of_properties(value) or (value if is_schema(value) else None)
        return schema or schema_of_example(value)
    return schema_of_example(value)


def _of_properties(value: Mapping[str, object]) -> Schema | None:
    """Return the schema of an object of which a prompt quotes the properties alone: `{"a": {"type": "null"}}`."""
    defs = {name: value[name] for name in ("$defs", "definitions") if name in value}
    fields = {name: each for name, each in value.items() if name not in defs}
    if not fields or not all(isinstance(each, Mapping) and _describes(each) for each in fields.values()):
        return None
    return {**defs, "type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _describes(value: Mapping[str, object]) -> bool:
    """Tell whether an object has nothing but keywords of a JSON Schema, and one that says what it is of."""
    kind = value.get("type")
    named = kind in TYPES if isinstance(kind, str) else any(key in value for key in ("$ref", "anyOf", "allOf", "enum"))
    return named and value.keys() <= KEYWORDS


def _several(schema: Schema) -> Schema:
    """Return the schema of a list of what a schema of an object describes."""
    if not isinstance(schema, Mapping) or schema.get("type", "object") != "object":
        return schema
    kept = {name: schema[name] for name in ("$defs", "definitions") if name in schema}
    return kept | list_of(schema)


def is_schema(value: Mapping[str, object]) -> bool:
    """Tell whether an object is a JSON Schema, rather than an instance of one or a description of a tool."""
    properties, kind = value.get("properties"), value.get("type")
    if isinstance(properties, Mapping):
        return kind in (None, "object") and all(isinstance(each, Mapping) for each in properties.values())
    if "$schema" in value or isinstance(value.get("$defs"), Mapping):
        return True
    return isinstance(kind, str) and kind in TYPES and any(key in value for key in ("items", "enum", "prefixItems"))


def _is_fenced(sentences: list[str]) -> bool:
    """Tell whether the answer goes into a Markdown block: a sentence says so, and none says otherwise."""
    about = [sentence for sentence in sentences if BLOCK.search(sentence)]
    return any(map(IN_BLOCK.search, about)) and not any(map(NEGATED.search, about))


def _plain(text: str, seed: str) -> str | None:
    asked = STRICTLY.search(text)
    schema: Mapping[str, object] | None
    if asked is None:
        schema = category_or_value(text)
    elif asked[2]:
        schema = {"enum": [line.partition(" - ")[0].strip() for line in asked[2].splitlines()]}
    else:
        schema = schema_of_type(asked[1])
    return None if schema is None else as_text(instance(schema, seed))
