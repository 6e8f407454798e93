"""Requests made from the types of an SDK: each field, each member of a union and each literal value in its turn."""

import types
from collections.abc import Iterator, Mapping
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

BOTH = (Union, types.UnionType)


class Case(NamedTuple):
    """A value of a type, and where it differs from the smallest one."""

    place: str
    value: Any


class Types:
    """Makes values of types: of a `TypedDict` the required keys, and then each other key with each of its values.

    `samples` has the values of strings, numbers and open objects, by a key, or by a type and a key (`Type.key`);
    `smallest` has keys that the smallest object of a type needs besides those that its declaration requires.
    """

    def __init__(self, samples: Mapping[str, Any], smallest: Mapping[str, Mapping[str, Any]]) -> None:
        self.samples = samples
        self.smallest = smallest

    def of(self, kind: Any, where: str = ".", seen: tuple[Any, ...] = ()) -> Iterator[Case]:
        """Go through the values of a type, the smallest first; `where` is the type and the key that have it."""
        kind = _bare(kind)
        if where in self.samples:
            yield Case("", self.samples[where])
        elif (origin := get_origin(kind)) in BOTH:
            yield from self._any_of(kind, where, seen)
        elif origin is Literal:
            yield from (Case(f"={value}", value) for value in get_args(kind))
        elif hasattr(kind, "__required_keys__"):
            yield from self._object(kind, seen)
        elif kind is type(None):
            yield Case("=null", None)
        elif kind is bool:
            yield from (Case("=true", True), Case("=false", False))
        else:
            yield from self._plain(kind, where, seen)

    def _plain(self, kind: Any, where: str, seen: tuple[Any, ...]) -> Iterator[Case]:
        key = where.rpartition(".")[2]
        if kind is str:
            yield Case("", self.samples.get(key, "a"))
        elif kind in (int, float):
            yield Case("", self.samples.get(key, 2))
        elif get_origin(kind) in (dict, Mapping):
            yield Case("", self.samples.get(key, {}))
        elif kind is object:
            yield Case("", self.samples.get(key, {"a": "b"}))
        elif inner := get_args(kind):
            yield from (Case(f"[]{case.place}", [case.value]) for case in self.of(inner[0], where, seen))

    def _any_of(self, kind: Any, where: str, seen: tuple[Any, ...]) -> Iterator[Case]:
        for each in get_args(kind):
            name = getattr(_bare(each), "__name__", "")
            yield from (Case(f"<{name}>{case.place}", case.value) for case in self.of(each, where, seen))

    def _object(self, kind: Any, seen: tuple[Any, ...]) -> Iterator[Case]:
        if kind in seen:  # a type that has itself in it
            return
        hints, name, seen = get_type_hints(kind, include_extras=True), kind.__name__, (*seen, kind)
        required = [key for key, hint in hints.items() if _is_required(hint)]
        first = {key: next(self.of(hints[key], f"{name}.{key}", seen)).value for key in required}
        first |= self.smallest.get(name, {})
        yield Case("", first)
        for key, hint in hints.items():
            for case in self.of(hint, f"{name}.{key}", seen):
                yield Case(f".{key}{case.place}", {**first, key: case.value})


def _bare(kind: Any) -> Any:
    while (origin := get_origin(kind)) in (Annotated, Required, NotRequired):
        kind = kind.__origin__ if origin is Annotated else get_args(kind)[0]
    return kind


def _is_required(hint: Any) -> bool:
    while get_origin(hint) is Annotated:
        hint = hint.__origin__
    return get_origin(hint) is Required
