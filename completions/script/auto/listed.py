"""Lists of the things that a question names, for step 3: people, email addresses, dates, files.

Such a list is as long as the question has them. Its items then are those, as `mentioned` yields them.
"""

from collections.abc import Mapping

from completions.script.auto.literal import literal
from completions.script.auto.mentioned import MAX_READ
from completions.script.auto.proper_names import is_of_person, people, proper_names
from completions.script.schemas.document import Schema, mapping_of, referred


def values_of(name: str, text: str) -> list[str]:
    """Return the distinct parts of a text that are items of a list of this name: `emails`, `participants`."""
    text = text[-MAX_READ:]
    return list(dict.fromkeys((*literal(name, "", text), *proper_names(name, text))))


def with_listed(schema: Schema, text: str) -> Schema:
    """Return a schema whose lists are as long as the text has items of them; the same object if it has none."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(schema, Mapping) or not isinstance(properties, Mapping):
        return schema
    counts = {name: _count(str(name), each, schema, text) for name, each in properties.items()}
    counted = {
        name: {**properties[name], "minItems": count, "maxItems": count} for name, count in counts.items() if count
    }
    return {**schema, "properties": {**properties, **counted}} if counted else schema


def _count(name: str, schema: object, root: Mapping[str, object], text: str) -> int:
    """Return how many items of a list a text has; 0 for anything but a list of any length."""
    if not isinstance(schema, Mapping) or schema.get("type") != "array" or schema.keys() & {"minItems", "maxItems"}:
        return 0
    items = referred(schema.get("items"), root)
    if items.get("type") == "string":
        return 0 if "enum" in items else len(values_of(name, text))
    is_of_people = is_of_person(name) and any(map(is_of_person, mapping_of(items.get("properties"))))
    return len(people(text[-MAX_READ:])) if is_of_people else 0
