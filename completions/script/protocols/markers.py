"""DSPy's fields, for step 3: `[[ ## name ## ]]` before each value, and `[[ ## completed ## ]]` at the end; or XML tags.

The last user message names the fields of the answer, with their Python types; the system message has the
types too, and notes with the JSON Schemas. The same fields may be requested as one JSON object. A field that names a
tool gets `finish`, if that is among the tools, once the trajectory has an observation.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from completions.conversation import Prompt
from completions.script.auto.fitting import best_fitting
from completions.script.auto.instances import Unsatisfiable, instance
from completions.script.auto.sentences import keywords, sentences
from completions.script.protocols.braces import MAX_SEARCHED, value_of
from completions.script.protocols.tool_descriptions import arguments, described
from completions.script.protocols.written_types import schema_of_type
from completions.script.schemas.document import as_text, compact, seeded

REQUEST = re.compile(
    r"Respond with (the corresponding output fields|a JSON object in the following order of fields)[^\n]*"
)
FIELD = re.compile(
    r"`(?:\[\[ ## )?(\w+)(?: ## \]\])?`(?: \(must be formatted as a valid Python ([^\n]+?)\)(?=, then|, and|\.))?"
)
NOTE = re.compile(r"\{(\w+)\}[ \t]*# note: the value you produce ([^\n]+)")
TAG = re.compile(r"`<(\w+)>`")
FIELD_TYPE = re.compile(r"^\d+\. `(\w+)` \(([^\n]+?)\):", re.MULTILINE)
INPUT = re.compile(r"\[\[ ## (\w+) ## \]\]\n|</?(\w+)>")
OBSERVATION_FIELD = re.compile(r"^(?:\[\[ ## observation_\d+ ## \]\]|<observation_\d+>)", re.MULTILINE)

SCHEMA_NOTE = "JSON schema:"
OPTIONS_NOTE = "one of:"
COMPLETED = "completed"
FINISH = "finish"
IN_TAGS = "wrapped in XML tags"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the answer: its name, and the schema of its value, or None for a text."""

    name: str
    schema: Mapping[str, object] | None


def answer(prompt: Prompt, seed: str) -> str | None:
    """Return the requested fields, in the requested form; None if there are none."""
    text = prompt.last_user[-MAX_SEARCHED:]
    requests = list(REQUEST.finditer(text))
    if not requests:
        return None
    sentence = requests[-1]
    system = prompt.system[-MAX_SEARCHED:]
    inputs, in_tags = text[: sentence.start()], IN_TAGS in sentence[0]
    values = _values(_fields(sentence[0], system), inputs, system, seed)
    if sentence[1].startswith("a JSON object"):
        return compact(values)
    texts = {name: as_text(value) for name, value in values.items()}
    if in_tags:
        return "\n\n".join(f"<{name}>\n{value}\n</{name}>" for name, value in texts.items())
    parts = [f"[[ ## {name} ## ]]\n{value}" for name, value in texts.items()]
    return "\n\n".join([*parts, f"[[ ## {COMPLETED} ## ]]"])


def _fields(sentence: str, system: str) -> list[Field]:
    """Return the fields that a sentence requests; the types of fields in tags are only in the system message."""
    notes, names_and_types = dict(NOTE.findall(system)), FIELD.findall(sentence)
    if IN_TAGS in sentence:
        types = dict(FIELD_TYPE.findall(system))
        names_and_types = [(name, types.get(name, "")) for name in TAG.findall(sentence)]
    return [Field(name, _schema(kind, notes.get(name, ""))) for name, kind in names_and_types if name != COMPLETED]


def _schema(kind: str, note: str) -> Mapping[str, object] | None:
    """Return the schema of a field: the one in its note, or that of its Python type."""
    if SCHEMA_NOTE in note:
        schema = value_of(note.partition(SCHEMA_NOTE)[2].strip())
        if isinstance(schema, Mapping):
            return schema
    if OPTIONS_NOTE in note and not (kind and (chosen := schema_of_type(kind)) and "enum" in chosen):
        return {"enum": [option.strip() for option in note.partition(OPTIONS_NOTE)[2].split(";")]}
    return schema_of_type(kind) if kind and kind != "str" else None


def _values(fields: list[Field], inputs: str, system: str, seed: str) -> dict[str, object]:
    """Return a value for each field; arguments are those of the tool named in an earlier field."""
    topic = " ".join(INPUT.sub(" ", inputs).split())
    values: dict[str, object] = {}
    for field in fields:
        field_seed = f"{seed}/{field.name}"
        options = field.schema.get("enum") if field.schema else None
        if isinstance(options, list) and FINISH in options:
            values[field.name] = _step(options, inputs, topic, system)
        elif field.name.endswith("_args") and (name := values.get(field.name.removesuffix("_args") + "_name")):
            tool = described([str(name)], system)[0]
            values[field.name] = {} if name == FINISH else arguments(tool, field_seed, topic)
        else:
            values[field.name] = _value(field, topic, field_seed)
    return values


def _step(options: list[object], inputs: str, topic: str, system: str) -> str:
    """Choose the tool that fits, or the end once a tool has answered."""
    names = [str(option) for option in options if option != FINISH]
    if OBSERVATION_FIELD.search(inputs) or not names:
        return FINISH
    return best_fitting(described(names, system), topic).name


def _value(field: Field, topic: str, seed: str) -> object:
    if field.schema is None:
        return sentences(topic, seeded(seed), short=True) if keywords(topic) else "This is an answer."
    try:
        return instance(field.schema, seed)
    except Unsatisfiable:
        return sentences(topic, seeded(seed), short=True)
