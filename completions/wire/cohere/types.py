"""Step 2 for Cohere: the fields of a request by type, in the words of its decoder.

A parser of documents quotes them of the API on 2026-09-23, and a bot before, of `messages.content`: a place within a
list has no number. The fields are those of the cohere SDK (`ChatMessageV2`, `ToolV2`, `Content`); others are not looked
at, and null is none.
"""

from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError

Shape = type | tuple["Shape", ...] | list["Shape"] | Mapping[str, "Shape"]
"""A type, several of which the first is named where none fits, a list of one, or an object by its fields."""

NAMES: Mapping[type, str] = {
    **{str: "string", bool: "boolean", int: "integer", float: "number"},
    **{list: "array", dict: "object"},
}

FUNCTION: Shape = {"name": str, "description": str, "parameters": dict}
TOOL: Shape = {"type": str, "function": FUNCTION}
CALL: Shape = {"id": str, "type": str, "function": {"name": str, "arguments": str}}
DOCUMENT: Shape = {"id": str, "data": (dict, str)}
BLOCK: Shape = {"type": str, "text": str, "thinking": str, "image_url": {"url": str}, "document": DOCUMENT}
MESSAGE: Shape = {
    "role": str,
    "content": (str, [BLOCK]),
    "tool_calls": [CALL],
    "tool_plan": str,
    "tool_call_id": str,
    "citations": [dict],
}


def typed(value: Any, shape: Shape, place: str) -> None:
    """Refuse a value, or one within it, that is of another JSON type than its shape."""
    if value is None:
        return
    if isinstance(shape, tuple):
        shape = next((one for one in shape if _fits(value, one)), shape[0])
    if not _fits(value, shape):
        found = "number" if type(value) in (int, float) else NAMES[type(value)]
        said = f"invalid type: parameter '{place}' is of type {found} but should be of type {NAMES[_base(shape)]}"
        raise RequestError(said)
    if isinstance(shape, list):
        for item in value:
            typed(item, shape[0], place)
    elif isinstance(shape, Mapping):
        for name, member in shape.items():
            typed(value.get(name), member, f"{place}.{name}" if place else name)


def _base(shape: Shape) -> type:
    if isinstance(shape, tuple):
        return _base(shape[0])
    return shape if isinstance(shape, type) else list if isinstance(shape, list) else dict


def _fits(value: Any, shape: Shape) -> bool:
    base = _base(shape)
    return type(value) is base or (base is float and type(value) is int)
