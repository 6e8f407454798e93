"""What a JSON Schema is to step 3: a document whose references resolve, values whose types and equality are JSON's.

Nothing is fetched: a reference leads to a place in its own document, or nowhere.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from urllib.parse import unquote

import orjson

from completions import budget

Schema = Mapping[str, object] | bool

STEPS = 60_000
"""How many steps one instance may take, which is some tenths of a second: no schema hangs the server."""

STEPS_BETWEEN = 64
"""How many steps may pass until the budget of the request is asked whether there is time left."""


class Unsatisfiable(ValueError):
    """No instance was found for a schema: it contradicts itself, it never ends, or it asks for too much.

    `path` says where in the instance, as `$.items[0].name`.
    """

    def __init__(self, reason: str, path: str = "$") -> None:
        super().__init__(f"{path if len(path) < 80 else path[:77] + '...'}: {reason}")
        self.reason = reason
        self.path = path


class Exhausted(Exception):
    """The steps are used up; it passes by every retry."""


class Work:
    """The steps that are left, and a look at the budget's time: in a large schema some steps are long."""

    def __init__(self, steps: int = STEPS) -> None:
        self.left = steps
        self._asked_at = steps + STEPS_BETWEEN

    def spend(self, steps: int = 1) -> None:
        """Take some steps, or raise Exhausted; raise what `budget.seconds_left` raises where the time is used up."""
        self.left -= steps
        if self.left < 0:
            raise Exhausted
        if self._asked_at - self.left >= STEPS_BETWEEN:
            self._asked_at = self.left
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
        """Return what a `$ref` names; raise Unsatisfiable where that is not in this document."""
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
    """Take a value for a schema; what is none allows all."""
    return value if isinstance(value, (Mapping, bool)) else True


def schemas_of(value: object) -> list[Schema]:
    """Take a value for a list of schemas."""
    return [schema_of(item) for item in value] if isinstance(value, list) else []


def mapping_of(value: object) -> Mapping[str, object]:
    """Take a value for an object; what is none is empty."""
    return value if isinstance(value, Mapping) else {}


def strings_of(value: object) -> list[str]:
    """Take a value for a list of strings."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def number_of(value: object) -> float | int | None:
    """Take a value for a finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if isinstance(value, int) or abs(value) < float("inf") else None


def whole(value: object, default: int) -> int:
    """Take a value for a count that is not negative."""
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
    """Return dice that fall the same way for the same seed, on every machine."""
    return Random(int.from_bytes(hashlib.sha256(seed.encode("utf-8", "surrogatepass")).digest()))


def compact(value: object) -> str:
    """Write a value as JSON text without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def digest_of(value: object, size: int) -> str:
    """Return a digest of a value, whatever the order of its fields; the slower way takes any depth, number and text."""
    try:
        written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        written = json.dumps(value, sort_keys=True).encode()
    return hashlib.blake2b(written, digest_size=size).hexdigest()


def as_text(value: object) -> str:
    """Return a text as it is, and another value as JSON without spaces."""
    return value if isinstance(value, str) else compact(value)


def among(value: object, values: Sequence[object]) -> bool:
    """Tell whether a value is one of some, as JSON has it."""
    return value in values and (isinstance(value, str) or any(equal(value, other) for other in values))
