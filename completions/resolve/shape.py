"""The shape of a recorded answer, which stays where its words change: its status, fields, events, and usage."""

import base64
import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from completions.conversation import Usage
from completions.outcome import Recorded
from completions.wire.documents import documents, messages

EVENT_END = re.compile(rb"\r?\n\r?\n")
NAME = re.compile(rb"^event: ?(.+?)\r?$", re.MULTILINE)
KINDS = {dict: "object", list: "array", str: "text", bool: "flag", int: "number", float: "number"}


class Shape(NamedTuple):
    """A shape: each field with the kinds of its values, `[]` being any place of an array, and the kinds of events."""

    status: int
    media_type: str
    fields: dict[str, set[str]]
    events: list[str]
    usage: Usage | None = None


def shape_of(answer: Recorded, usage: Usage | None = None) -> Shape:
    """Return the shape of an answer; `usage` is what it says of its tokens."""
    media_type = dict(answer.headers).get("content-type", "").partition(";")[0].strip()
    fields: dict[str, set[str]] = {}
    events: list[str] = []
    for name, document in _documents(answer):
        if name and name not in events:
            events.append(name)
        _gather(document, name, fields)
    return Shape(answer.status, media_type, fields, events, usage)


def _documents(answer: Recorded) -> Iterator[tuple[str, Any]]:
    """Yield the JSON documents, those of a stream behind the kind of their event."""
    if not answer.stream:
        yield "", _read(answer.body)
        return
    if answer.body.startswith(b"\0"):
        yield from (_message(name, document) for name, document in messages(answer.body))
    elif answer.body.lstrip()[:1] in (b"{", b"["):
        yield from ((_kind(document), document) for _, document in documents(answer.pieces))
    else:
        yield from filter(None, map(_event, EVENT_END.split(answer.body)))


def _event(frame: bytes) -> tuple[str, Any] | None:
    """Return the document of a server-sent event behind its name, or else its type."""
    data = b"\n".join(line[5:].lstrip() for line in frame.splitlines() if line.startswith(b"data:"))
    if data[:1] not in (b"{", b"["):
        return None
    document, named = _read(data), NAME.search(frame)
    return (named[1].decode("utf-8", "replace") if named else _kind(document)), document


def _message(name: str, document: Any) -> tuple[str, Any]:
    """Return the document of a message of AWS's; a model's own event stands in it in base64."""
    if isinstance(document, dict) and isinstance(inner := document.get("bytes"), str):
        with contextlib.suppress(ValueError):
            document = _read(base64.b64decode(inner))
            return _kind(document), document
    return name or "data", document


def _kind(document: Any) -> str:
    return str(document.get("type") or "data") if isinstance(document, dict) else "data"


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _gather(value: Any, place: str, fields: dict[str, set[str]]) -> None:
    if place:
        fields.setdefault(place, set()).add(KINDS.get(type(value), "null"))
    if isinstance(value, dict):
        for key, child in value.items():
            _gather(child, f"{place}.{key}" if place else key, fields)
    elif isinstance(value, list):
        for child in value:
            _gather(child, f"{place}[]", fields)


def differences(before: Shape, after: Shape) -> Iterator[str]:
    """Yield where one shape is another than it was."""
    if before.status != after.status:
        yield f"status: {before.status} is now {after.status}"
    if before.media_type and before.media_type != after.media_type:
        yield f"media type: {before.media_type} is now {after.media_type or 'none'}"
    yield from (f"event gone: {name}" for name in before.events if name not in after.events)
    yield from (f"event new: {name}" for name in after.events if name not in before.events)
    known = {name for name in (*before.events, *after.events) if (name in before.events) != (name in after.events)}
    for name in sorted(before.fields.keys() | after.fields.keys()):
        if not any(name == event or name.startswith((f"{event}.", f"{event}[")) for event in known):
            yield from _field(name, before.fields.get(name), after.fields.get(name))
    yield from _usage(before.usage, after.usage)


def _field(name: str, before: set[str] | None, after: set[str] | None) -> Iterator[str]:
    if before is None or after is None:
        yield f"field {'new' if before is None else 'gone'}: {name}"
    elif not before - {"null"} <= after and not after - {"null"} <= before:
        yield f"field {name}: {_kinds(before)} is now {_kinds(after)}"


def _kinds(kinds: set[str]) -> str:
    return " or ".join(sorted(kinds))


def _usage(before: Usage | None, after: Usage | None) -> Iterator[str]:
    """Yield what is counted otherwise; the same question has as many tokens as before, and its answer has its own."""
    if (before is None) != (after is None):
        yield f"usage: {'gone' if after is None else 'new'}"
    elif before and after and before.prompt_tokens != after.prompt_tokens:
        yield f"usage: {before.prompt_tokens} tokens of the prompt are now {after.prompt_tokens}"
