"""A list with an item for each object in a prompt's list, with the same ids, for step 3.

Programs that work in batches send `[{"id": 1, "original": "Welcome"}, ...]` with a schema whose items have an `id` as
well, and search the answer for each id. The translation of a text is the text itself. Other programs list ids in
lines, such as `Task ID: 1.1` for a `task_id` in CAMEL's workforce; any other id is one of those in the prompt.
The judges of ragas send `{"statements": ["It is tall."]}`, and want a `statement` and a `verdict` for each.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from completions.conversation import Prompt
from completions.script.protocols.braces import braced, value_of
from completions.script.protocols.counts import labelled_list
from completions.script.protocols.instructions import instructions
from completions.script.schemas.document import Schema, referred

ID_NAME = re.compile(r"(?i)(?:\w+_)?(?:id|key|index|idx|uuid)")
"""Names of keys that identify an object."""

TRANSLATION = re.compile(r"(?i)\w*translat\w*")
ORIGINAL = ("original", "source", "text", "value", "content", "message")
"""Names of translations, and of the texts to translate."""

UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b")

MAX_ITEMS = 50
"""Objects of a list that are used."""


def one_for_each(schema: Schema, prompt: Prompt) -> Schema:
    """Return a schema whose list has an item for each object of the prompt's list; unchanged if there is none."""
    if not isinstance(schema, Mapping) or not (properties := _lists(schema)):
        return schema
    texts = list(instructions(prompt))
    listed = next((found for text in texts if (found := _listed(text))), [])
    known = list(dict.fromkeys(each for text in texts for each in UUID.findall(text)))[:MAX_ITEMS]
    changed: dict[str, object] = {}
    for name, each in properties.items():
        if objects := listed if _fits(each, listed) else _labelled(each, texts) or _in_plural(each, texts):
            changed[name] = _filled(each, objects, known)
    return {**schema, "properties": {**_mapping(schema.get("properties")), **changed}} if changed else schema


def _lists(schema: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Return the properties that are lists of objects, with the objects' schemas in place of references to them."""
    properties = _mapping(schema.get("properties"))
    lists = (
        (name, {**each, "items": referred(each.get("items"), schema)})
        for name, each in properties.items()
        if isinstance(each, Mapping) and each.get("type") == "array"
    )
    return {name: each for name, each in lists if _mapping(each["items"].get("properties"))}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _listed(text: str) -> Sequence[Mapping[str, Any]]:
    """Return the objects of the last list in a text."""
    found: list[Mapping[str, Any]] = []
    parts = braced(text)
    for at in range(len(parts) - 1, max(len(parts) - MAX_ITEMS - 1, -1), -1):
        value = value_of(parts[at].text)
        if not isinstance(value, Mapping):
            return []
        found.insert(0, value)
        before = text[parts[at - 1].end if at else 0 : parts[at].start].strip()
        if before != ",":
            return found if before.endswith("[") else []
    return []


def _fits(schema: Mapping[str, Any], listed: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether the items of a list have a key that identifies all objects of a prompt."""
    return bool(listed) and any(
        all(name in each for each in listed) for name in schema["items"]["properties"] if ID_NAME.fullmatch(name)
    )


def _labelled(schema: Mapping[str, Any], texts: list[str]) -> Sequence[Mapping[str, Any]]:
    """Return the ids in lines of a text that begin with the name of a key: `Task ID: 1.1`."""
    for name in schema["items"]["properties"]:
        if "_" in name and ID_NAME.fullmatch(name):
            line = re.compile(rf"^\W{{0,3}}{re.escape(name.replace('_', ' '))}:[ \t]*(\S{{1,80}})[ \t]*$", re.I | re.M)
            if ids := dict.fromkeys(each for text in texts for each in line.findall(text)):
                return [{name: each} for each in ids][:MAX_ITEMS]
    return []


def _in_plural(schema: Mapping[str, Any], texts: list[str]) -> Sequence[Mapping[str, Any]]:
    """Return the texts of a list in a prompt that is named like a text of the items, in the plural: `statements`.

    It is in the last object of the prompt, or behind a label.
    """
    names = [name for name, each in schema["items"]["properties"].items() if _is_text(each)]
    for text in texts if names else ():
        last_object = next((_mapping(value_of(part.text)) for part in braced(text)[-1:]), {})
        for name in names:
            listed = last_object.get(f"{name}s") or labelled_list(f"{name}s", text)
            if isinstance(listed, list) and all(isinstance(each, str) for each in listed):
                return [{name: each} for each in listed[:MAX_ITEMS]]
    return []


def _filled(schema: Mapping[str, Any], listed: Sequence[Mapping[str, Any]], known: Sequence[str]) -> Mapping[str, Any]:
    items = [_item(schema["items"], each, known) for each in listed]
    return {**schema, "prefixItems": items, "items": False, "minItems": len(items), "maxItems": len(items)}


def _item(schema: Mapping[str, Any], object_: Mapping[str, Any], known: Sequence[str]) -> Mapping[str, Any]:
    """Return the schema of the item for an object, with the values that they share, and with `known` ids."""
    properties = _mapping(schema["properties"])
    shared = {
        name: object_[name] for name in properties if name in object_ and (ID_NAME.fullmatch(name) or len(object_) == 1)
    }
    text = next((object_[name] for name in ORIGINAL if isinstance(object_.get(name), str)), None)
    shared |= {name: text for name in properties if text is not None and TRANSLATION.fullmatch(name)}
    constrained: dict[str, Any] = {name: {"const": value} for name, value in shared.items()}
    if known:
        id_names = (name for name, each in properties.items() if ID_NAME.fullmatch(name) and _is_text(each))
        constrained |= {name: {"enum": known} for name in id_names if name not in shared}
    return {**schema, "properties": {**properties, **constrained}}


def _is_text(schema: object) -> bool:
    return isinstance(schema, Mapping) and schema.get("type") == "string"
