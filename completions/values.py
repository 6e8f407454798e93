"""Values that nobody changes: frozen for the type checker, and not at run time, where that costs each of them dearly.

A frozen dataclass sets every field by `object.__setattr__`; a request makes some twenty values of up to thirty fields.
"""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def value(cls: type[T]) -> type[T]:
    """Make a class of values: compared and hashed by their fields, with slots; mypy refuses to change one."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
