"""JSON Schemas as documents, for step 3: their references, and values with the types and the equality of JSON.

Nothing is fetched: a reference leads to a place in its own document, or nowhere.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any
from urllib.parse import unquote

import orjson

from completions import budget

Schema = Mapping[str, object] | bool

STEPS = 60_000
"""Steps that one instance may take, some tenths of a second, so that no schema blocks the server."""

STEPS_BETWEEN = 64
"""Steps between two checks of the request's budget of time."""


class Unsatisfiable(ValueError):
    """No instance was found for a schema: it contradicts itself, it never ends, or it asks for too much.

    `path` says where in the instance, as `$.items[0].name`.
    """

    def __init__(self, reason: str, path: str = "$") -> None:
        super().__init__(f"{path if len(path) < 80 else path[:77] + '...'}: {reason}")
        self.reason = reason
        self.path = path


class Exhausted(Exception):
    """The steps are used up; no retry catches it."""


class Work:
    """The remaining steps; also checks the budget's time, because some steps are long in a large schema."""

    def __init__(self, steps: int = STEPS) -> None:
        self.left = steps
        self._checked_at = steps + STEPS_BETWEEN

    def spend(self, steps: int = 1) -> None:
        """Take some steps, or raise Exhausted; raise the exception of `budget.seconds_left` if the time is used up."""
        self.left -= steps
        if self.left < 0:
            raise Exhausted
        if self._checked_at - self.left >= STEPS_BETWEEN:
            self._checked_at = self.left
            budget.seconds_left()


class Document:
    """A schema with everything that its `$ref`s can name."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self.named: dict[str, Schema] = {}
        for schema in subschemas(root):
            for key, prefix in (("$anchor", "#"), ("$dynamicAnchor", "#"), ("$id", "")):
                name = schema.get(key)
                if isinstance(name, str):
                    self.named.setdefault(prefix + name, schema)

    def resolve(self, reference: object) -> Schema:
        """Return the schema that a `$ref` names; raise Unsatisfiable if it is not in this document."""
        if isinstance(reference, str):
            if reference in self.named:
                return self.named[reference]
            base, _, pointer = reference.partition("#")
            home = self.root if not base else self.named.get(base)
            if home is not None and (not pointer or pointer.startswith("/")):
                return _follow(home, unquote(pointer), reference)
        raise Unsatisfiable(f"the $ref {reference!r} points to nothing in this schema")


def _follow(home: Schema, pointer: str, reference: str) -> Schema:
    place: object = home
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(place, Mapping) and key in place:
            place = place[key]
        elif isinstance(place, list) and key.isdecimal() and len(key) < 10 and int(key) < len(place):
            place = place[int(key)]
        else:
            raise Unsatisfiable(f"the $ref {reference!r} points to nothing in this schema")
    if isinstance(place, (Mapping, bool)):
        return place
    raise Unsatisfiable(f"the $ref {reference!r} does not point to a schema")


def subschemas(root: object) -> Iterator[Mapping[str, object]]:
    """Yield every object in a schema, the root first; a few may be no schemas, such as the values of a const."""
    todo = [root]
    while todo:
        place = todo.pop()
        if isinstance(place, Mapping):
            yield place
            todo.extend(place.values())
        elif isinstance(place, list):
            todo.extend(place)


def schema_of(value: object) -> Schema:
    """Return a value as a schema; any other value allows everything."""
    return value if isinstance(value, (Mapping, bool)) else True


def schemas_of(value: object) -> list[Schema]:
    """Return a value as a list of schemas."""
    return [schema_of(item) for item in value] if isinstance(value, list) else []


def mapping_of(value: object) -> Mapping[str, object]:
    """Return a value as an object; any other value is empty."""
    return value if isinstance(value, Mapping) else {}


def referred(schema: object, root: Mapping[str, object]) -> Mapping[str, Any]:
    """Return a schema, or the definition to which it refers, such as `#/$defs/User`, directly below the root."""
    reference = mapping_of(schema).get("$ref")
    _, _, place = reference.partition("#/") if isinstance(reference, str) else ("", "", "")
    kind, _, name = place.partition("/")
    return mapping_of(mapping_of(root.get(kind)).get(name)) if place else mapping_of(schema)


def strings_of(value: object) -> list[str]:
    """Return a value as a list of strings."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def number_of(value: object) -> float | int | None:
    """Return a value as a finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if isinstance(value, int) or abs(value) < float("inf") else None


def whole(value: object, default: int) -> int:
    """Return a value as a non-negative count, or the default."""
    number = number_of(value)
    return default if number is None or number < 0 else int(number)


def type_of(value: object) -> str:
    """Name the JSON type of a value; a number without a fraction is an `integer`."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, (int, float)):
        return "integer" if isinstance(value, int) or value.is_integer() else "number"
    if value is None:
        return "null"
    return "object" if isinstance(value, Mapping) else "array"


def equal(left: object, right: object) -> bool:
    """Tell whether two values are the same JSON: 1 is 1.0, true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return left == right


def seeded(seed: str) -> Random:
    """Return a random generator that gives the same numbers for the same seed, on every machine."""
    return Random(int.from_bytes(hashlib.sha256(seed.encode("utf-8", "surrogatepass")).digest()))


def compact(value: object) -> str:
    """Write a value as JSON text without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def digest_of(value: object, size: int) -> str:
    """Return a digest of a value, whatever the order of its fields; work on a long one moves from the event loop.

    The fallback accepts any depth, number and text.
    """
    try:
        written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        written = json.dumps(value, sort_keys=True).encode()
    if len(written) > budget.LOOP_CHARACTERS:
        budget.leave_loop()
    return hashlib.blake2b(written, digest_size=size).hexdigest()


def as_text(value: object) -> str:
    """Return a text as it is, and another value as JSON without spaces."""
    return value if isinstance(value, str) else compact(value)


def among(value: object, values: Sequence[object]) -> bool:
    """Tell whether a value is among others, by the equality of JSON."""
    return value in values and (isinstance(value, str) or any(equal(value, other) for other in values))
