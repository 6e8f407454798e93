"""Objects and arrays for a JSON Schema, for step 3: their properties, the number of items, and the schemas of these.

The schema of each value is taken from every schema that holds for the whole, so nothing needs to be merged.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from random import Random
from typing import NamedTuple

from completions.script.schemas.document import (
    Schema,
    Unsatisfiable,
    Work,
    among,
    mapping_of,
    schema_of,
    strings_of,
    whole,
)
from completions.script.schemas.matching import width
from completions.script.schemas.patterns import read
from completions.script.schemas.scalars import MAX_STRING, WORDS, of_pattern
from completions.script.schemas.validity import Checker, dependencies, item_schema

Flat = list[Mapping[str, object]]

Trail = tuple[frozenset[int], ...]
"""The schemas that are being filled, by identity, a set for each level from the root."""

MAX_ITEMS = 2_000
"""Items of the longest array, and properties of the largest object."""

TRIES = 300
"""Attempts at an object or an array, if earlier ones were rejected or more are requested."""


class Containers(ABC):
    """The part of the maker that fills objects and arrays; `values` makes their content."""

    checker: Checker
    work: Work
    random: Random

    @abstractmethod
    def values(self, schemas: list[Schema], name: str, path: str, trail: Trail) -> Iterator[object]:
        """Yield valid values for a place."""

    @abstractmethod
    def is_frugal(self, schemas: list[Schema], trail: Trail) -> bool:
        """Tell whether the value should be as small as possible."""

    def make(self, schemas: list[Schema], name: str, path: str, trail: Trail) -> object:
        """Return the first value for a place."""
        return next(self.values(schemas, name, path, trail))

    def objects(self, flat: Flat, path: str, trail: Trail) -> Iterator[dict[str, object]]:
        """Yield objects: first with all optional properties, then with none of them, then with some."""
        frugal = self.is_frugal(list(flat), trail[:-1])
        for turn in range(TRIES):
            share = (1.0, 1.0, 1.0, 0.0, 0.5)[min(turn, 4)]
            yield self._object(flat, 0.0 if frugal and turn < 4 else share, path, trail)

    def _object(self, flat: Flat, share: float, path: str, trail: Trail) -> dict[str, object]:
        required = dict.fromkeys(name for schema in flat for name in strings_of(schema.get("required")))
        declared = list(dict.fromkeys(name for schema in flat for name in mapping_of(schema.get("properties"))))
        low = max(whole(schema.get("minProperties"), 0) for schema in flat)
        high = min(whole(schema.get("maxProperties"), MAX_ITEMS) for schema in flat)
        if low > MAX_ITEMS:
            raise Unsatisfiable(f"an object of {low} properties is too large", path)
        optional = [name for name in declared if name not in required and self.random.random() < share]
        spare = max(0, high - len(required))
        names = _completed([*required, *optional[:spare]], flat)
        filled: dict[str, object] = {}
        places = {name: place for place, name in enumerate(declared)}
        for name in sorted(names, key=lambda name: places.get(name, len(places))):
            with nullcontext() if name in required else suppress(Unsatisfiable):
                self._fill(filled, name, flat, path, trail)
        minimum = max(low, 2 if share == 1.0 and not declared and not required and _is_map(flat) else 0)
        failed = 0
        for name in self._further_names(flat, declared, path, trail) if len(filled) < minimum else ():
            if len(filled) >= min(minimum, high) or failed > TRIES // 10:
                break
            if name not in filled:
                with suppress(Unsatisfiable):
                    self._fill(filled, name, flat, path, trail)
                failed += name not in filled
        return filled

    def _fill(self, made: dict[str, object], name: str, flat: Flat, path: str, trail: Trail) -> None:
        """Give a property its value; raise `Unsatisfiable` if it cannot have any."""
        found = [each for schema in flat for each in self.checker.property_schemas(schema, name)]
        schemas: list[Schema] = [each for each in found if each is not True]
        if not self.checker.every([schema_of(schema.get("propertyNames")) for schema in flat], name):
            raise Unsatisfiable(f"no property may be called {name!r}", path)
        made[name] = self.make(schemas, name, f"{path}.{name}", trail)

    def _further_names(self, flat: Flat, declared: list[str], path: str, trail: Trail) -> Iterator[str]:
        """Yield names for properties that no schema names: by patterns or `propertyNames`, or words."""
        yield from declared
        patterns = [pattern for schema in flat for pattern in mapping_of(schema.get("patternProperties"))]
        words = self.random.sample(WORDS, len(WORDS)) if patterns else []
        yield from (word for word in words if any(self.checker.found(pattern, word) for pattern in patterns))
        for pattern in patterns:
            least = width(read(pattern))[0]
            for turn in range(20):
                yield next(of_pattern(read(pattern), least + 1 + turn // 4, MAX_STRING, self.random, self.work))
        names: list[Schema] = [schema_of(schema["propertyNames"]) for schema in flat if "propertyNames" in schema]
        if names:
            for value in self.values([{"type": "string"}, *names], "", path, trail):
                self.work.spend()
                yield str(value)
        yield from WORDS
        yield from (f"{WORDS[turn % len(WORDS)]}_{turn}" for turn in range(MAX_ITEMS))

    def arrays(self, flat: Flat, name: str, path: str, trail: Trail) -> Iterator[list[object]]:
        """Yield arrays of one to three items, or of the required number."""
        need = max(whole(schema.get("minContains"), 1) if "contains" in schema else 0 for schema in flat)
        low = max(need, *(whole(schema.get("minItems"), 0) for schema in flat), 0)
        high = min(whole(schema.get("maxItems"), MAX_ITEMS) for schema in flat)
        if low > MAX_ITEMS:
            raise Unsatisfiable(f"an array of {low} items is too long", path)
        fixed = max(_fixed_items(schema) for schema in flat)
        frugal = self.is_frugal(list(flat), trail[:-1])
        limited = [{"not": schema["contains"]} for schema in flat if "contains" in schema and "maxContains" in schema]
        for turn in range(TRIES):
            spared: list[Schema] = [*limited] if turn % 4 < 2 else []
            usual = 0 if frugal else fixed or self.random.randint(1, 3 if len(trail) < 3 else 2)
            first = 0 if turn % 2 == 0 else max(0, max(low, fixed) - need)
            count = max(low, min(high, usual if turn < 20 else self.random.randint(0, 8)))
            try:
                counts = _Counts(range(low, count), range(first, first + need), spared)
                yield self._array(flat, name, counts, path, trail)
            except Unsatisfiable:
                if turn == 3 or not limited:
                    raise

    def _array(self, flat: Flat, name: str, counts: "_Counts", path: str, trail: Trail) -> list[object]:
        """Make as many items as the end of `counts.items`, or at least its start."""
        unique = any(schema.get("uniqueItems") is True for schema in flat)
        sources: dict[tuple[int, ...], Iterator[object]] = {}
        items: list[object] = []
        contained_schemas = [schema_of(schema["contains"]) for schema in flat if "contains" in schema]
        for index in range(counts.items.stop):
            schemas = [item_schema(schema, index) for schema in flat] + (
                contained_schemas if index in counts.contained else counts.others
            )
            schemas = [schema for schema in schemas if schema is not True]
            place = f"{path}[{index}]"
            source = sources.setdefault(tuple(map(id, schemas)), self._endless(schemas, name, place, trail))
            try:
                items.append(self._pick(source, items, unique, place))
            except Unsatisfiable:
                if len(items) < counts.items.start:
                    raise
                break
        return items

    def _endless(self, schemas: list[Schema], name: str, path: str, trail: Trail) -> Iterator[object]:
        """Yield the values for a place over and over."""
        while True:
            yield from self.values(schemas, name, path, trail)

    def _pick(self, source: Iterator[object], items: list[object], unique: bool, path: str) -> object:
        """Take a value that is not yet among the items; after some tries any, unless they must be unique."""
        value: object = None
        for _ in range(TRIES if unique else 3):
            value = next(source)
            self.work.spend(1 + len(items) // 4)
            if not among(value, items):
                return value
        if unique:
            raise Unsatisfiable("there are too few different items", path)
        return value


class _Counts(NamedTuple):
    """The numbers of items that an array may have; the items for `contains`; the schemas for all others."""

    items: range
    contained: range
    others: list[Schema]


def _completed(names: list[str], flat: Flat) -> list[str]:
    """Add the names that other names require; each rule is read once, when its name is found."""
    rules = [pair for schema in flat for pair in dependencies(schema)]
    places: dict[str, list[int]] = {}
    for place, (name, _) in enumerate(rules):
        places.setdefault(name, []).append(place)
    found = dict.fromkeys(names)
    while names:
        reached = sorted(place for name in names for place in places.get(name, ()))
        names = [other for place in reached for other in strings_of(rules[place][1]) if other not in found]
        names = list(dict.fromkeys(names))
        found.update(dict.fromkeys(names))
    return list(found)


def _is_map(flat: Flat) -> bool:
    """Tell whether the object is a map from any name to values of one kind."""
    keys = ("additionalProperties", "patternProperties")
    return any(isinstance(schema.get(key), Mapping) and schema[key] for schema in flat for key in keys)


def _fixed_items(schema: Mapping[str, object]) -> int:
    """Count the items that have a schema each."""
    first = schema.get("items") if isinstance(schema.get("items"), list) else schema.get("prefixItems")
    return len(first) if isinstance(first, list) else 0
