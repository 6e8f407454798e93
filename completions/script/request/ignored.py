"""Step 3: what is ignored when two requests are compared, by its name or by a regular expression.

Files and the setting CASSETTE_IGNORE use the same words: `ids`, `model`, `/ticket-[0-9]+/`.
"""

import functools
import re
from collections.abc import Iterable

from completions.script.match.regexes import Pattern, PatternError

IGNORED = ("ids", "dates", "whitespace")
"""Names of what is ignored by default."""

PARTS = ("format", "model", "messages", "tools", "tool_choice", "response_format", "n", "stop", "sampling", "system")
"""The parts of a request that can be ignored as a whole."""

ENTRY = re.compile(r"\s*(/(?:\\.|[^/\\])*/|[^,]*?)\s*(?:,|$)")
"""An entry of the setting: a name, or a pattern, which may contain commas."""


def read_ignored(text: str) -> tuple[str, ...]:
    """Read the setting, whose default is `IGNORED`; raise ValueError for an entry that is no name and no pattern."""
    names = tuple(filter(None, (found[1] for found in ENTRY.finditer(text))))
    for name in names:
        if (problem := ignored_problem(name)) is not None:
            raise ValueError(f"'{name[:60]}' {problem}")
    return names or IGNORED


def ignored_problem(name: str) -> str | None:
    """Return why an entry is not valid; None if it is."""
    if is_pattern(name):
        try:
            pattern(name)
        except PatternError as exc:
            return f"is not a pattern: {exc}"
        return None
    if name in (*IGNORED, *PARTS):
        return None
    return f"must be one of {', '.join((*IGNORED, *PARTS))}, or a pattern between slashes, such as /[0-9]+/"


def is_pattern(name: str) -> bool:
    """Tell whether an entry is a pattern."""
    return len(name) > 2 and name.startswith("/") and name.endswith("/")


@functools.lru_cache(maxsize=256)
def pattern(name: str) -> Pattern:
    """Return the pattern of an entry; raise `PatternError` if it is not valid."""
    return Pattern(name[1:-1])


def of_texts(names: Iterable[str]) -> tuple[str, ...]:
    """Return the entries that apply within texts, without the parts that are ignored as a whole."""
    return tuple(name for name in names if name not in PARTS)
