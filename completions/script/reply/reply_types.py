"""Step 3: checks of the types in a reply that an author's function returns, or in an error that it raises.

Python does not check them, and a wrong value would fail only when the answer is rendered, far from the function.
"""

import math
from collections.abc import Mapping
from dataclasses import is_dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import orjson

from completions.conversation import Choice, Reply
from completions.exceptions import RequestError
from completions.faults import MAX_NUMBER
from completions.script.language import STATUSES
from completions.script.reply.headers import CONTROL, NAME, OF_ERRORS

ERROR: Mapping[str, Any] = {"message": str, "type": str, "code": str | None, "param": str | None}
"""The fields of an error's envelope."""


def reply_problem(reply: Reply) -> str | None:
    """Return what is wrong with a reply, and where; None if it is valid."""
    if not reply.choices and reply.body is None and reply.events is None:
        return "`choices` must have at least one answer"
    return _problem(reply, Reply, "")


def answer_problem(answer: Reply | Choice) -> str | None:
    """Return what is wrong with a reply, or with a choice that is its only one; None if it is valid."""
    return reply_problem(answer) if isinstance(answer, Reply) else _problem(answer, Choice, "")


def error_problem(error: RequestError) -> str | None:
    """Return what is wrong with an error that is the answer; None if it is valid."""
    if not (isinstance(error.status, int) and error.status in STATUSES):
        return _wrong("status", f"an HTTP status from {STATUSES.start} to {STATUSES.stop - 1}", error.status)
    for name, value in error.headers.items():
        if not (isinstance(name, str) and NAME.fullmatch(name)) or name.lower() in OF_ERRORS:
            return f"`headers` has {name!r:.60}, which cannot be set"
        if not isinstance(value, str) or CONTROL.search(value):
            return f"`headers[{name!r:.60}]` must be a text in one line, not {value!r:.60}"
    return _fields(error, ERROR, "")


@cache
def _types(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _fields(value: object, types: Mapping[str, Any], place: str) -> str | None:
    found = (_problem(getattr(value, name), kind, f"{place}.{name}".lstrip(".")) for name, kind in types.items())
    return next(filter(None, found), None)


def _problem(value: object, kind: Any, place: str) -> str | None:
    """Return what is wrong with a value that should be of a type, as the dataclasses of a reply have it."""
    arguments = get_args(kind)
    if type(None) in arguments:
        return None if value is None else _problem(value, arguments[0], place)
    if get_origin(kind) is tuple:
        return _items(value, arguments[0], place)
    if get_origin(kind) is Literal:
        return None if value in arguments else _wrong(place, f"one of {', '.join(map(repr, arguments))}", value)
    if isinstance(kind, type) and is_dataclass(kind):
        if isinstance(value, kind):
            return _fields(value, _types(kind), place)
        return _wrong(place, f"of the class {kind.__name__}", value)
    if kind in (str, int, float, bool):
        return _scalar(value, kind, place)
    return _json(value, place)


def _items(value: object, kind: Any, place: str) -> str | None:
    if not isinstance(value, (tuple, list)):
        return _wrong(place, "a tuple", value)
    found = (_problem(item, kind, f"{place}[{index}]") for index, item in enumerate(value))
    return next(filter(None, found), None)


def _scalar(value: object, kind: type, place: str) -> str | None:
    if kind is str:
        return _text(value, place)
    if kind is bool:
        return None if isinstance(value, bool) else _wrong(place, "True or False", value)
    if kind is int:
        fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_NUMBER
        return None if fits else _wrong(place, f"a whole number from 0 to {MAX_NUMBER}", value)
    fits = isinstance(value, (int, float)) and math.isfinite(value)
    return None if fits else _wrong(place, "a finite number", value)


def _text(value: object, place: str) -> str | None:
    if not isinstance(value, str):
        return _wrong(place, "a text", value)
    try:
        value.encode()
    except UnicodeEncodeError:
        return f"`{place}` contains half a surrogate pair, which no answer can carry"
    return None


def _json(value: object, place: str) -> str | None:
    try:
        orjson.dumps(value, default=_plain)
    except TypeError as exc:
        return f"`{place}` cannot be written as JSON: {exc}"
    return None


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"it has a {type(value).__name__}")


def _wrong(place: str, expected: str, value: object) -> str:
    return f"`{place}` must be {expected}, not {value!r:.60}"
