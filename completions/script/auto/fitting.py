"""The choice of tools that fit a question, for step 3: by the words that they share with it."""

import re
from collections.abc import Sequence

from completions.conversation import Tool
from completions.script.auto.sentences import keywords


def fitting(tools: Sequence[Tool], text: str, most: int) -> list[Tool]:
    """Return the tools that share words with a text, the best one or up to `most`; if none does, the first."""
    stems = set(_stems(text))
    scores = {tool.name: _score(tool, stems) for tool in tools}
    best = max(scores.values(), default=0)
    if best == 0:
        return list(tools[:1])
    enough = best / 2 if most > 1 else best - 1
    fully_named = named(tools, text) if most > 1 else []
    fits = [tool for tool in tools if scores[tool.name] > enough or tool in fully_named]
    return _with_different_words(_with_whole_names(fits, tools, text, stems), stems)[:most]


def best_fitting(tools: Sequence[Tool], text: str) -> Tool:
    """Return the tool that shares the most words with a text; if none does, the first. There must be one."""
    return fitting(tools, text, most=1)[0]


def named(tools: Sequence[Tool], text: str) -> list[Tool]:
    """Return the tools whose whole name is in a text: that of `get_product_name` in "the product name"."""
    stems = set(_stems(text))
    return [tool for tool in tools if (words := set(_stems(_words(tool.name)))) and words <= stems]


def _with_whole_names(fits: list[Tool], tools: Sequence[Tool], text: str, stems: set[str]) -> list[Tool]:
    """Replace each tool that only shares another one's whole name with a text: `board_read` by `read`."""
    by_words = {frozenset(_stems(_words(tool.name))): tool for tool in reversed(named(tools, text))}
    shared = (frozenset(stems.intersection(_stems(_words(tool.name)))) for tool in fits)
    best = [by_words.get(words, tool) for words, tool in zip(shared, fits, strict=True)]
    return list({tool.name: tool for tool in best}.values())


def _with_different_words(tools: Sequence[Tool], stems: set[str]) -> list[Tool]:
    """Leave out each tool whose shared words all belong to tools before it."""
    unused, different = set(stems), []
    for tool in tools:
        words = stems.intersection(_stems(_words(tool.name)))
        if not words or words & unused:
            different.append(tool)
        unused -= words
    return different


def _score(tool: Tool, stems: set[str]) -> int:
    """Count the words in common; one in the name counts for three."""
    in_name = set(_stems(_words(tool.name)))
    in_description = set(_stems(tool.description)) - in_name
    return 3 * len(stems & in_name) + len(stems & in_description)


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-.]", " ", name)


def _stems(text: str) -> list[str]:
    """Return the stems of the keywords of a text: `flights` is `flight`."""
    return [re.sub(r"(?<=\w{3})(ing|ed|es|s|e)$", "", word.casefold()) for word in keywords(text, most=60)]
