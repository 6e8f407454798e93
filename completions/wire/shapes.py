"""Step 2: which JSON types the values of a request have to be of, as a table; each API has words of its own for it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Each:
    """What is in a map, whatever its keys."""

    shape: "Shape"


Shape = type | tuple["Shape", ...] | list["Shape"] | Mapping[str, "Shape"] | Each
"""A type, several of which the first is expected where none fits, a list of one, an object by its fields, or a map.

`float` is any number. Fields that an object's shape does not name are not looked at.
"""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value of another type than the one that is expected at its place: names of fields, and places in lists."""

    place: tuple[str | int, ...]
    value: Any
    expected: type


def misfits(
    value: Any, shape: Shape, null_in: Collection[type] = (), place: tuple[str | int, ...] = ()
) -> Iterator[Misfit]:
    """Yield what does not fit, in the order of the shape. In `null_in` (`dict`, `list`) null is as good as nothing."""
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
