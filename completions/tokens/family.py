"""A family of models: what they take where LiteLLM's table is silent or wrong.

A source is where it was seen that the API refuses, or takes, what is said here, and `seen` the last day of it.
Recordings are public test recordings of requests to the API itself; a name and a number are an issue on GitHub.
"""

import functools
import re
from typing import NamedTuple

LOW_TO_HIGH = ("low", "medium", "high")
NONE: frozenset[str] = frozenset()


class Family(NamedTuple):
    """A vendor's models whose whole name matches.

    The fields are those of `Capabilities`; `has` is what the models take although LiteLLM's table says otherwise.
    """

    names: str
    lacks: frozenset[str] = NONE
    has: frozenset[str] = NONE
    lacks_reasoning: frozenset[str] = NONE
    efforts: tuple[str, ...] | None = None
    default_effort: str = "medium"
    formats: frozenset[str] | None = None
    budget: tuple[int, int] | None = None
    output: int | None = None
    source: str = ""
    seen: str = ""

    def matches(self, model: str) -> bool:
        """Tell whether a model is of the family; the day of its version may follow its name."""
        return _pattern(self.names).fullmatch(model) is not None


@functools.cache
def _pattern(names: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{names})(?:-20\d\d-\d\d-\d\d|-20\d{{6}}|-latest)?")
