"""The mechanism of Gemini's first check: whether the JSON is a valid protocol buffer. All violations are reported.

A check takes a value and its path, in snake case as the API writes it, and returns violations: paths and texts.
"""

from collections.abc import Callable, Collection, Mapping
from itertools import islice
from typing import Any

import orjson

from completions.wire.gemini.fields import integer, snake
from completions.wire.seals import decoded

Violation = tuple[str, str]
Check = Callable[[Any, str], list[Violation]]

MAX_VIOLATIONS = 20
"""The most violations that one error reports."""

PACKAGE = "type.googleapis.com/google.ai.generativelanguage.v1beta."


def invalid(path: str, kind: str, value: Any) -> list[Violation]:
    """Return the violation of a value of the wrong type."""
    return [(path, f"Invalid value at '{path}' ({kind}), {_excerpt(value)}")]


def _excerpt(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()[:200]
    except orjson.JSONEncodeError:
        return "a value that is nested too deep"


def unknown(path: str, name: str) -> list[Violation]:
    """Return the violation of a field that a message does not have."""
    at = f" at '{path}'" if path else ""
    return [(path, f"Invalid JSON payload received. Unknown name {_excerpt(name)}{at}: Cannot find field.")]


def string(value: Any, path: str) -> list[Violation]:
    """Check a string."""
    return [] if isinstance(value, str) else invalid(path, "TYPE_STRING", value)


def boolean(value: Any, path: str) -> list[Violation]:
    """Check a boolean; ProtoJSON reads `"true"` too."""
    return [] if isinstance(value, bool) or value in ("true", "false") else invalid(path, "TYPE_BOOL", value)


def whole(value: Any, path: str) -> list[Violation]:
    """Check a whole number of 32 bits, as a number or a string."""
    found = integer(value, -(2**31))
    return [] if found is not None and found < 2**31 else invalid(path, "TYPE_INT32", value)


def long(value: Any, path: str) -> list[Violation]:
    """Check a whole number of 64 bits, as a number or a string."""
    return [] if integer(value, -(2**63)) is not None else invalid(path, "TYPE_INT64", value)


def number(value: Any, path: str) -> list[Violation]:
    """Check a number, as a number or a string."""
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return invalid(path, "TYPE_FLOAT", value)
        return []
    return [] if isinstance(value, int | float) and not isinstance(value, bool) else invalid(path, "TYPE_FLOAT", value)


def data(value: Any, path: str) -> list[Violation]:
    """Check bytes: base64, of either alphabet."""
    if not isinstance(value, str):
        return invalid(path, "TYPE_BYTES", value)
    if decoded(value) is None:
        return [(path, f"Invalid value at '{path}' (TYPE_BYTES), Base64 decoding failed for {_excerpt(value[:40])}")]
    return []


def anything(value: Any, path: str) -> list[Violation]:
    """Accept any value."""
    return []


def struct(value: Any, path: str) -> list[Violation]:
    """Check an object of any fields."""
    return [] if isinstance(value, dict) else invalid(path, "type.googleapis.com/google.protobuf.Struct", value)


def any_enum(value: Any, path: str) -> list[Violation]:
    """Check a value of an enum whose names are not listed here: a name, or a number as Google's own clients send."""
    return [] if isinstance(value, str) or integer(value, 0) is not None else invalid(path, "TYPE_ENUM", value)


_SCALAR: set[Check] = {string, boolean, whole, long, number, data, any_enum}
_LIST: set[Check] = {anything}
_MAP: set[Check] = set()
"""The checks of fields that do not accept an object, of those that accept a list, and of maps."""


def enum(name: str, *names: str) -> Check:
    """Check a name of an enum, in any case as some SDKs send it, or its number."""

    def check(value: Any, path: str) -> list[Violation]:
        known = isinstance(value, str) and value.upper() in names
        return [] if known or integer(value, 0) is not None else invalid(path, PACKAGE + name, value)

    _SCALAR.add(check)
    return check


def repeated(item: Check) -> Check:
    """Check a list; a single message counts as a list of one."""

    def check(value: Any, path: str) -> list[Violation]:
        if isinstance(value, dict):
            return item(value, path)
        if not isinstance(value, list):
            return item(value, path) or invalid(path, "repeated field", value)
        return [wrong for at, each in enumerate(value) for wrong in item(each, f"{path}[{at}]")]

    _LIST.add(check)
    if item in _SCALAR:
        _SCALAR.add(check)
    return check


def keyed(item: Check) -> Check:
    """Check a map; the API calls its values `[0].value`."""

    def check(value: Any, path: str) -> list[Violation]:
        if not isinstance(value, dict):
            return invalid(path, "Map", value)
        return [wrong for at, each in enumerate(value.values()) for wrong in item(each, f"{path}[{at}].value")]

    _MAP.add(check)
    return check


def _misplaced(check: Check, value: Any, path: str, key: str) -> list[Violation]:
    """Return the violation of a field, named as it was sent, whose value may not be a list or an object."""
    at = f" at '{path}'" if path else ""
    if isinstance(value, list) and check in _MAP:
        return [(path, f"Invalid value{at} (Map), Cannot bind a list to map for field '{key}'.")]
    if isinstance(value, list) and check not in _LIST:
        problem = f"Invalid JSON payload received. Unknown name {_excerpt(key)}{at}"
        return [(path, f"{problem}: Proto field is not repeating, cannot start list.")]
    if isinstance(value, dict) and check in _SCALAR:
        return [(path, f"Invalid value{at} ({snake(key)}), Starting an object on a scalar field")]
    return []


def _set_twice(oneof: str, alternatives: Collection[str], value: Mapping[str, Any], path: str) -> list[Violation]:
    """Return the violations of the fields of a oneof, named as they were sent, that come after its first one.

    The words are those of protobuf's own parser (`ProtoStreamObjectWriter`).
    """
    problem = f"Invalid value at '{path}' (oneof), oneof field '{oneof}' is already set. Cannot set"
    present = [key for key, inner in value.items() if key in alternatives and inner is not None]
    return [(path, f"{problem} '{key}'") for key in present[1:]]


def message(name: str, fields: Mapping[str, Check], oneof: tuple[str, Collection[str]] = ("", ())) -> Check:
    """Check a message: its known fields, by their camel-case names, in either case.

    Of the fields of `oneof`, which has a name, a message may have only one.
    """
    known = {spelled: (snake(field), check) for field, check in fields.items() for spelled in (field, snake(field))}
    oneof_name, oneof_fields = oneof
    alternatives = {spelled for field in oneof_fields for spelled in (field, snake(field))}

    def check(value: Any, path: str) -> list[Violation]:
        if isinstance(value, list):
            problem = f"Invalid JSON payload received. Unknown name {_excerpt(path.rpartition('.')[2])} at"
            at = f"'{path.rpartition('.')[0]}'"
            return [(path.rpartition(".")[0], f"{problem} {at}: Proto field is not repeating, cannot start list.")]
        if not isinstance(value, dict):
            return invalid(path, PACKAGE + name, value)
        found = _set_twice(oneof_name, alternatives, value, path) if alternatives else list[Violation]()
        for key, inner in value.items():
            if key not in known:
                found += unknown(path, key)
            elif inner is not None:
                field_name, inner_check = known[key]
                found += _misplaced(inner_check, inner, path, key) or inner_check(
                    inner, f"{path}.{field_name}" if path else field_name
                )
            if len(found) >= MAX_VIOLATIONS:
                break
        return list(islice(found, MAX_VIOLATIONS))

    return check
