"""Names that every API refuses as unknown models: they say so themselves, or misspell a known one."""

import functools
import re
from collections.abc import Callable, Iterator
from string import ascii_lowercase

from completions.tokens.models import name_words

MIN_LETTERS = 4
"""The least letters of a word that may be misspelt; a shorter one is likely a version."""

MAX_NAME = 100

WORD = re.compile(r"[a-z]+")

NO_MODEL = re.compile(
    r"(?i)(?<![a-z])(?:non[-_]?existent|(?:does[-_]?not|doesnt)[-_]?exist|no[-_]?such"
    r"|not[-_]a[-_](?:real[-_])?model|invalid|bad[-_ /]?model)(?![a-z])"
)
"""Words in names of models that tests expect to be unknown, as `invalid-model` (recorded of five vendors)."""


@functools.lru_cache(maxsize=1024)
def is_unknown_name(name: str, knows: Callable[[str], bool]) -> bool:
    """Tell whether a name says that it is unknown, has a blank, or is one letter away from one that an API `knows`.

    Digits are never misspelt, and a word that any known model has in its name is right: `gpt-5.9` and `gpt-5.2-flash`
    may be new models, but `gpt-5.2-proo` is not.
    """
    if NO_MODEL.search(name[:MAX_NAME]):
        return True
    if len(name) > MAX_NAME or knows(name):
        return False
    if is_malformed(name):
        return True
    return any(knows(other) for other in _corrected(name))


def is_malformed(name: str) -> bool:
    """Tell whether a name cannot be a model's because it has a blank."""
    return any(map(str.isspace, name))


def _corrected(name: str) -> Iterator[str]:
    """Yield the name with one of its words corrected to a known one."""
    known, lower = name_words(), name.lower()
    for found in WORD.finditer(lower):
        word = found[0]
        if len(word) >= MIN_LETTERS and word not in known:
            for other in sorted(known.intersection(_one_edit_away(word))):
                yield lower[: found.start()] + other + lower[found.end() :]


def _one_edit_away(word: str) -> Iterator[str]:
    """Yield the words at one edit from a word: a letter added, removed, replaced, or two swapped."""
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        yield from (f"{head}{letter}{tail}" for letter in ascii_lowercase)
        if tail:
            yield head + tail[1:]
            yield from (f"{head}{letter}{tail[1:]}" for letter in ascii_lowercase)
            yield head + tail[1:2] + tail[:1] + tail[2:]


LATEST = ":latest"
"""The tag of a name without one, at Ollama."""


def tagged(name: str) -> str:
    """Return a model's name as Ollama lists it, always with a tag: `llama3.2:latest`."""
    return name if ":" in name.rpartition("/")[2] else f"{name}{LATEST}"


def untagged(name: str) -> str:
    """Return a model's name without the default tag, which means the same at Ollama."""
    return name.removesuffix(LATEST)


def other_names(name: str, vendor: str) -> tuple[str, ...]:
    """Return the other names of a vendor's model: at Ollama, the name with the default tag, or without it."""
    if vendor != "ollama":
        return ()
    return (untagged(name),) if name.endswith(LATEST) else (tagged(name),)
