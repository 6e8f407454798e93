"""Step 2: tables of the JSON types of a request's values; each API has its own wording of the errors."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Each:
    """The values of a map with any keys."""

    shape: "Shape"


Shape = type | tuple["Shape", ...] | list["Shape"] | Mapping[str, "Shape"] | Each
"""A type, alternatives of which the first is the expected one, a list of one, an object by its fields, or a map.

`float` is any number. Fields without a shape are not checked.
"""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value of the wrong type, and its place: names of fields, and indexes in lists."""

    place: tuple[str | int, ...]
    value: Any
    expected: type


def misfits(
    value: Any, shape: Shape, null_in: Collection[type] = (), place: tuple[str | int, ...] = ()
) -> Iterator[Misfit]:
    """Yield the misfits in the order of the shape. In the types `null_in` (`dict`, `list`), null counts as missing."""
    if isinstance(shape, tuple):
        shape = next((one for one in shape if _fits(value, one)), shape[0])
    if not _fits(value, shape):
        yield Misfit(place, value, _type_of(shape))
        return
    for step, inner, its in _inside(value, shape):
        if inner is not None or _type_of(shape) not in null_in or isinstance(shape, Each):
            yield from misfits(inner, its, null_in, (*place, step))


def _inside(value: Any, shape: Shape) -> Iterable[tuple[str | int, Any, Shape]]:
    match shape:
        case list():
            return ((at, item, shape[0]) for at, item in enumerate(value))
        case Each():
            return ((name, item, shape.shape) for name, item in value.items())
        case Mapping():
            return ((name, value[name], its) for name, its in shape.items() if name in value)
    return ()


def _type_of(shape: Shape) -> type:
    match shape:
        case type():
            return shape
        case tuple():
            return _type_of(shape[0])
        case list():
            return list
    return dict


def _fits(value: Any, shape: Shape) -> bool:
    expected = _type_of(shape)
    return type(value) is expected or (expected is float and type(value) is int)
