"""Read fields of an unchecked body: the value if it has the right type, or a neutral one. Put keys in order."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

MAX_CHOICES = 128
"""The largest `n` that the API documents."""

DIGITS = re.compile(r"-?[0-9]{1,9}")


def mapping(value: object) -> dict[str, Any]:
    """Return an object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def dicts(value: object) -> list[dict[str, Any]]:
    """Return the objects of an array; empty for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def contents(messages: object) -> list[dict[str, Any]]:
    """Return the content parts of all messages, in order."""
    return [part for message in dicts(messages) for part in dicts(message.get("content"))]


def text(value: object) -> str:
    """Return a string, or an empty one for anything else."""
    return value if isinstance(value, str) else ""


def text_or_none(value: object) -> str | None:
    """Return a string, or None for anything else."""
    return value if isinstance(value, str) else None


def as_text(value: object) -> str:
    """Return a string, or anything else as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def object_of(encoded: str | bytes) -> dict[str, Any] | None:
    """Return the object that a JSON text encodes, or None for anything else."""
    try:
        value = orjson.loads(encoded)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def whole(value: object, low: int) -> int | None:
    """Return an integer of at least `low`, or None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= low else None


def whole_in(text: str) -> int | None:
    """Return the whole number that a text is, in up to nine of ASCII's digits; None for any other text."""
    return int(text) if DIGITS.fullmatch(text) else None


def choices(value: object) -> int:
    """Return the number of answers that `n` asks for, from 1 to the API's limit."""
    return min(whole(value, 1) or 1, MAX_CHOICES)


def texts(value: object) -> tuple[str, ...]:
    """Return a string, or the strings of an array."""
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


WRAPPERS = ("result", "output", "content", "return_value", "response")
"""The keys under which clients wrap the text of a tool's result, for APIs whose results are objects."""


def unwrapped(result: object, tool: str = "") -> object:
    """Return the result of a tool without the object in which a client wraps it; other objects are unchanged.

    LangChain, LiteLLM and Google's SDK make `{"output": "21"}` or `{"result": "21"}` of it, Pydantic AI
    `{"return_value": "21"}`, LangChain4j `{"response": "21"}`, the AI SDK `{"name": "f", "content": "21"}`, Strands
    `{"output": [{"text": "21"}]}`.
    """
    if not isinstance(result, dict):
        return result
    fields = {key: value for key, value in result.items() if not (key == "name" and tool and value == tool)}
    key, value = next(iter(fields.items()), ("", None))
    if len(fields) != 1 or key not in WRAPPERS:
        return result
    blocks = dicts(value)
    if blocks and blocks == value and all(isinstance(each.get("text"), str) and len(each) == 1 for each in blocks):
        return "\n".join(each["text"] for each in blocks)
    return value


def by_name(value: Any) -> Any:
    """Return a JSON value with the keys of all its objects in the order of their names."""
    if isinstance(value, dict):
        return {key: by_name(value[key]) for key in sorted(value)}
    return [by_name(each) for each in value] if isinstance(value, list) else value


def without_nulls(document: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return a document without its null fields, or only without those with these names."""
    return {key: value for key, value in document.items() if value is not None or (names and key not in names)}


def without_fields(document: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return a document without the fields of these names."""
    return {key: value for key, value in document.items() if key not in names}


def arranged(document: Mapping[str, Any], order: Iterable[str]) -> dict[str, Any]:
    """Return a document with its keys in an order; other keys come last."""
    return {**{key: document[key] for key in order if key in document}, **document}


def resolves(pointer: str, document: object) -> bool:
    """Tell whether a JSON pointer (RFC 6901), such as `#/$defs/a`, leads to an object of the document."""
    head, *steps = pointer.split("/")
    for step in steps:
        document = mapping(document).get(step.replace("~1", "/").replace("~0", "~"))
    return head == "#" and isinstance(document, dict)
