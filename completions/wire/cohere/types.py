"""Step 2 for Cohere: the fields of a request by type, in the words of its decoder.

A parser of documents quotes them of the API on 2026-09-23, and a bot before, of `messages.content`: a place within a
list has no number. The fields are those of the cohere SDK (`ChatMessageV2`, `ToolV2`, `Content`); others are not looked
at, and null is none.
"""

from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.shapes import Shape, misfits

TYPE_NAMES: Mapping[type, str] = {
    **{str: "string", bool: "boolean", int: "integer", float: "number"},
    **{list: "array", dict: "object"},
}

FUNCTION: Shape = {"name": str, "description": str, "parameters": dict}
TOOL: Shape = {"type": str, "function": FUNCTION}
TOOL_CALL: Shape = {"id": str, "type": str, "function": {"name": str, "arguments": str}}
DOCUMENT: Shape = {"id": str, "data": (dict, str)}
BLOCK: Shape = {"type": str, "text": str, "thinking": str, "image_url": {"url": str}, "document": DOCUMENT}
MESSAGE: Shape = {
    "role": str,
    "content": (str, [BLOCK]),
    "tool_calls": [TOOL_CALL],
    "tool_plan": str,
    "tool_call_id": str,
    "citations": [dict],
}


def check_type(value: Any, shape: Shape, path: str) -> None:
    """Refuse a value, or one within it, that is of another JSON type than its shape."""
    for misfit in misfits(value, shape, null_in=(dict, list)):
        path = ".".join(step for step in (path, *misfit.place) if step and isinstance(step, str))
        actual = "number" if type(misfit.value) in (int, float) else TYPE_NAMES[type(misfit.value)]
        raise RequestError(
            f"invalid type: parameter '{path}' is of type {actual} but should be of type {TYPE_NAMES[misfit.expected]}"
        )
