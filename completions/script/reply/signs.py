"""Step 3: the tags of templates in a text, found in one pass.

Django searches the end of each tag separately, up to the end of the line, which takes long if many are not closed.
"""

import re
from dataclasses import dataclass

CLOSED_BY = {"{{": "}}", "{%": "%}", "{#": "#}"}

MAX_OPEN = 100
"""Tags that may be left open in a text."""

MAX_TAG = 1000
"""Characters of a tag that is analysed."""

_OPENING = re.compile(r"\{[{%#]")


@dataclass(frozen=True, slots=True)
class Signs:
    """The tags of a text, without very long ones, and the opening signs that are not closed in their line."""

    tags: tuple[str, ...]
    left_open: tuple[str, ...]


def signs_of(text: str) -> Signs:
    """Return the signs of a text; no more than MAX_OPEN and one of those that are left open."""
    tags: list[str] = []
    left_open: list[str] = []
    for line in text.split("\n"):
        at, unclosed = 0, set[str]()
        while len(left_open) <= MAX_OPEN and (found := _OPENING.search(line, at)) is not None:
            opening = found[0]
            end = -1 if opening in unclosed else line.find(CLOSED_BY[opening], found.end())
            at = found.start() + 1 if end < 0 else end + 2
            if end < 0:
                unclosed.add(opening)
                left_open.append(opening)
            elif at - found.start() <= MAX_TAG:
                tags.append(line[found.start() : at])
    return Signs(tuple(tags), tuple(left_open))
