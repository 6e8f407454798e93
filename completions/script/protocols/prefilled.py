"""Objects of a prompt that have some of the answer's values and `<placeholders>` for the others, for step 3.

Parlant asks so: `{"guideline_id": "1", "condition": "it rains", "applies": "<BOOL>"}`. Ids stay as they are,
and so do texts that the prompt has elsewhere too; a list of objects with ids stays as long as it is. A tool is called
once.
"""

import json
import re
from collections.abc import Mapping

from completions.script.protocols.one_for_each import ID_NAME
from completions.script.protocols.written_types import MAX_DEPTH, Schema, object_of, schema_of_instance

PLACEHOLDER = re.compile(r"<[A-Za-z][^<>\n]{0,300}>")
PLAIN_TYPES = (str, int, float)


def schema_of_form(value: Mapping[str, object], form: str, text: str) -> Schema:
    """Return the schema of values similar to an object, written as `form`, in a text."""
    return _object(value, text, 0) if PLACEHOLDER.search(form) else schema_of_instance(dict(value))


def _object(value: Mapping[str, object], text: str, depth: int) -> Schema:
    return object_of({name: _value(name, each, text, depth + 1) for name, each in value.items()})


def _value(name: str, value: object, text: str, depth: int) -> Schema:
    if depth > MAX_DEPTH:
        return schema_of_instance(value)
    if isinstance(value, Mapping):
        return _object(value, text, depth)
    if isinstance(value, list) and value and all(map(_has_id, value)):
        items = [_object(each, text, depth + 1) for each in value]
        return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items), "maxItems": len(items)}
    if isinstance(value, list) and value and name.lower().endswith("calls"):
        return {"type": "array", "items": _value("", value[0], text, depth + 1), "minItems": 1, "maxItems": 1}
    return {"const": value} if _is_given(name, value, text) else schema_of_instance(value)


def _has_id(value: object) -> bool:
    return isinstance(value, Mapping) and any(ID_NAME.fullmatch(str(name)) for name in value)


def _is_given(name: str, value: object, text: str) -> bool:
    """Tell whether a value is part of the answer, rather than a place for one."""
    if not isinstance(value, PLAIN_TYPES) or isinstance(value, bool) or PLACEHOLDER.search(str(value)):
        return False
    if ID_NAME.fullmatch(name):
        return True
    return isinstance(value, str) and len(value) > 1 and text.count(json.dumps(value)[1:-1]) > 1
