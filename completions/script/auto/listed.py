"""Lists of the things that a question names, for step 3: people, email addresses, dates, files.

Such a list is as long as the question has them. Its items then are those, as `mentioned` yields them.
"""

from collections.abc import Mapping

from completions.script.auto.literal import literal
from completions.script.auto.named_numbers import MAX_READ, named_numbers, with_numbers
from completions.script.auto.proper_names import is_of_person, people, proper_names
from completions.script.schemas.document import Schema, mapping_of, referred, schema_of
from completions.script.schemas.scalars import is_score

MAX_DEPTH = 8
"""The depth to which a schema is changed."""

BOUNDS = ("minimum", "maximum")
"""Keywords that the schema of an example has for a number."""


def values_of(name: str, text: str) -> list[str]:
    """Return the distinct parts of a text that are items of a list of this name: `emails`, `participants`."""
    text = text[-MAX_READ:]
    return list(dict.fromkeys((*literal(name, "", text), *proper_names(name, text))))


def with_mentioned(schema: Schema, text: str, is_guess: bool = False) -> Schema:
    """Return the schema of an answer with the numbers that a text has for it, and with lists as long as the text has.

    They replace the bounds of a schema that `is_guess`, made from an example.
    """
    numbered = with_numbers(_unbounded(schema, text, 0) if is_guess else schema, text, in_turn=False)
    return with_listed(numbered, text, is_guess)


def with_listed(schema: Schema, text: str, is_guess: bool = False) -> Schema:
    """Return a schema whose lists are as long as the text has items of them; the same object if it has none."""
    if not isinstance(schema, Mapping):
        return schema
    if is_guess and (count := _count("people", schema, schema, text)):
        return _of_length(schema, count)
    properties = mapping_of(schema.get("properties"))
    free = {name: each for name, each in properties.items() if is_guess or not _has_length(each)}
    counts = {name: _count(str(name), each, schema, text) for name, each in free.items()}
    counted = {name: _of_length(schema_of(properties[name]), count) for name, count in counts.items() if count}
    return {**schema, "properties": {**properties, **counted}} if counted else schema


def _has_length(schema: object) -> bool:
    return isinstance(schema, Mapping) and bool(schema.keys() & {"minItems", "maxItems"})


def _of_length(schema: Schema, count: int) -> Schema:
    return {**mapping_of(schema), "minItems": count, "maxItems": count}


def _count(name: str, schema: object, root: Mapping[str, object], text: str) -> int:
    """Return how many items of a list a text has; 0 for anything but a list."""
    if not isinstance(schema, Mapping) or schema.get("type") != "array":
        return 0
    items = referred(schema.get("items"), root)
    if items.get("type") == "string":
        return 0 if "enum" in items else len(values_of(name, text))
    is_of_people = is_of_person(name) and any(map(is_of_person, mapping_of(items.get("properties"))))
    return len(people(text[-MAX_READ:])) if is_of_people else 0


def _unbounded(schema: Schema, text: str, depth: int) -> Schema:
    """Leave out the bounds of numbers that the text has; a score keeps them."""
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return schema
    if "items" in schema:
        return {**schema, "items": _unbounded(schema_of(schema["items"]), text, depth + 1)}
    changed = dict(mapping_of(schema.get("properties")))
    for name, each in changed.items():
        inner = _unbounded(schema_of(each), text, depth + 1)
        is_told = "minimum" in mapping_of(inner) and not is_score(str(name)) and named_numbers(str(name), text)
        changed[name] = (
            {key: value for key, value in mapping_of(inner).items() if key not in BOUNDS} if is_told else inner
        )
    return {**schema, "properties": changed} if changed else schema
