"""Which tools fit what is asked, for step 3: by the words that they share with it."""

import re
from collections.abc import Sequence

from completions.conversation import Tool
from completions.script.auto.sentences import keywords


def fitting(tools: Sequence[Tool], text: str, most: int) -> list[Tool]:
    """Return the tools that share words with a text, the best one or up to `most`; where none does, the first."""
    asked = set(_stems(text))
    scores = {tool.name: _score(tool, asked) for tool in tools}
    best = max(scores.values(), default=0)
    if best == 0:
        return list(tools[:1])
    enough = best / 2 if most > 1 else best - 1
    also = named(tools, text) if most > 1 else []
    return _different([tool for tool in tools if scores[tool.name] > enough or tool in also], asked)[:most]


def best_fitting(tools: Sequence[Tool], text: str) -> Tool:
    """Return the tool that shares the most words with a text; where none does, the first. There must be one."""
    return fitting(tools, text, most=1)[0]


def named(tools: Sequence[Tool], text: str) -> list[Tool]:
    """Return the tools whose whole name is in a text: that of `get_product_name` in "the product name"."""
    asked = set(_stems(text))
    return [tool for tool in tools if (words := set(_stems(_words(tool.name)))) and words <= asked]


def _different(tools: Sequence[Tool], asked: set[str]) -> list[Tool]:
    """Leave out each tool that is asked for with no other word than those before it."""
    left, found = set(asked), []
    for tool in tools:
        words = asked.intersection(_stems(_words(tool.name)))
        if not words or words & left:
            found.append(tool)
        left -= words
    return found


def _score(tool: Tool, asked: set[str]) -> int:
    """Count the words in common; one in the name counts for three."""
    named = set(_stems(_words(tool.name)))
    described = set(_stems(tool.description)) - named
    return 3 * len(asked & named) + len(asked & described)


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-.]", " ", name)


def _stems(text: str) -> list[str]:
    """Return the telling words of a text without the endings that differ most: `flights` is `flight`."""
    return [re.sub(r"(?<=\w{3})(ing|ed|es|s|e)$", "", word.casefold()) for word in keywords(text, most=60)]
