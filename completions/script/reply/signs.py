"""Step 3: the signs of templates in a text, found in one pass.

Django looks for the end of each tag anew, up to the end of the line, which takes long where many are left open.
"""

import re
from dataclasses import dataclass

CLOSED_BY = {"{{": "}}", "{%": "%}", "{#": "#}"}

MAX_OPEN = 100
"""Signs that may be left open in a text."""

MAX_TAG = 1000
"""Characters of a tag that is looked into."""

_OPENING = re.compile(r"\{[{%#]")


@dataclass(frozen=True, slots=True)
class Signs:
    """The tags of a text, those that are very long left out, and the opening signs that no line closes."""

    tags: tuple[str, ...]
    left_open: tuple[str, ...]


def signs_of(text: str) -> Signs:
    """Return the signs of a text; no more than MAX_OPEN and one of those that are left open."""
    tags: list[str] = []
    left_open: list[str] = []
    for line in text.split("\n"):
        at, without = 0, set[str]()
        while len(left_open) <= MAX_OPEN and (found := _OPENING.search(line, at)) is not None:
            opening = found[0]
            end = -1 if opening in without else line.find(CLOSED_BY[opening], found.end())
            at = found.start() + 1 if end < 0 else end + 2
            if end < 0:
                without.add(opening)
                left_open.append(opening)
            elif at - found.start() <= MAX_TAG:
                tags.append(line[found.start() : at])
    return Signs(tuple(tags), tuple(left_open))
