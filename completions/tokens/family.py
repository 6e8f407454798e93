"""A family of models: their capabilities where LiteLLM's table is silent or wrong.

`source` is where the API was seen to refuse or accept these features, and `seen` the last day of that.
Recordings are public test recordings of requests to the API itself; a name and a number are an issue on GitHub.
"""

import functools
import re
from typing import NamedTuple

LOW_TO_HIGH = ("low", "medium", "high")
NONE: frozenset[str] = frozenset()


class Family(NamedTuple):
    """A vendor's models whose whole name matches.

    The fields are those of `Capabilities`; `has` are features of the models although LiteLLM's table denies them.
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
        """Tell whether a model is of the family; the date of its version may follow its name."""
        return _pattern(self.names).fullmatch(model) is not None


@functools.cache
def _pattern(names: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{names})(?:-20\d\d-\d\d-\d\d|-20\d{{6}}|-latest)?")
