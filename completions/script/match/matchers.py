"""Step 3: matchers, the conditions of rules. They can be combined, and each can explain why a prompt does not match."""

import functools
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from completions.conversation import Prompt, is_secret
from completions.script.match.fields import Field
from completions.script.match.lookups import EXACT, Lookup
from completions.script.match.regexes import Pattern
from completions.script.text.node import shortened

SHOWN = 60
"""The most characters of a value in an explanation."""

LONG_KEY = 31
"""The most characters of a header with credentials in which there is no real key: Azure's have 32."""

COMPARED = 2000
"""The most characters of a text that are compared for near misses."""


class Matcher(ABC):
    """A condition on a prompt."""

    @abstractmethod
    def matches(self, prompt: Prompt) -> bool:
        """Tell whether the condition holds."""

    @abstractmethod
    def claim(self) -> str:
        """Return the condition as a sentence: `last_user contains 'weather'`."""

    @abstractmethod
    def seen(self, prompt: Prompt) -> str:
        """Return the value that the condition looks at, shortened."""

    @abstractmethod
    def distance(self, prompt: Prompt, words: "Words") -> float:
        """Return how far the prompt is from matching: 0 matches, 1 has nothing in common."""

    def names(self, field: str) -> bool:
        """Tell whether the condition requires something of this field."""
        return False

    def why_not(self, prompt: Prompt) -> str | None:
        """Return the failed condition and the value that it saw; None if the prompt matches."""
        return None if self.matches(prompt) else f"{self.claim()} (saw {self.seen(prompt)})"


@dataclass(frozen=True, slots=True)
class Condition(Matcher):
    """Compares one field with one expected value; `key` is for fields with keys."""

    field: Field
    lookup: Lookup
    expected: object
    key: str = ""

    def matches(self, prompt: Prompt) -> bool:
        """Compare; a missing value matches only `exists: false`."""
        value, test = self.value(prompt), self.accepts
        if self.lookup.operand == "flag":
            return test(value)
        if self.field.many and isinstance(value, (list, tuple)):
            return any(map(test, value))
        return value is not None and test(value)

    def accepts(self, value: object) -> bool:
        """Compare one value."""
        expected = self.expected
        if self.field.form is not None and self.lookup.name in EXACT:
            value, expected = self.form_of(value), self.form_of(expected)
        return self.lookup.test(value, expected)

    def form_of(self, value: object) -> object:
        """Return the form of a value, or of each in a tuple, in which the field's values are equal or not."""
        if isinstance(value, tuple):
            return tuple(map(self.form_of, value))
        return self.field.form(value) if self.field.form is not None and isinstance(value, str) else value

    def claim(self) -> str:
        """Return the sentence."""
        label = f"{self.field.name} `{self.key}`" if self.key else self.field.name
        return f"{label} {self.lookup.phrase} {shown(self.expected)}"

    def seen(self, prompt: Prompt) -> str:
        """Return the field's value, or why there is none; of a key only its ends, as explanations are often logged."""
        why, value = self.field.misfit and self.field.misfit(prompt, self.key), self.value(prompt)
        if self.field.name == "header" and is_secret(self.key) and isinstance(value, str) and len(value) > LONG_KEY:
            value = f"{value[:11]}…{value[-4:]}"
        return why or shown(value)

    def names(self, field: str) -> bool:
        """Compare the field's name."""
        return self.field.name == field

    def distance(self, prompt: Prompt, words: "Words") -> float:
        """Return 1 minus half the share of the expected words that are there."""
        if self.matches(prompt):
            return 0.0
        expected_words = words_of(self.expected)
        return 1.0 - 0.5 * len(expected_words & words.seen(self, prompt)) / max(len(expected_words), 1)

    def value(self, prompt: Prompt) -> object:
        """Return the value to compare; of several values, only those that are not empty exist."""
        if self.lookup.name != "exists":
            return self.field.read(prompt, self.key)
        value = (self.field.stated or self.field.read)(prompt, self.key)
        return [item for item in value if item] if self.field.many and isinstance(value, (list, tuple)) else value


@dataclass(frozen=True, slots=True)
class All(Matcher):
    """Holds if all parts hold."""

    parts: tuple[Matcher, ...]

    def matches(self, prompt: Prompt) -> bool:
        """Try the parts in order."""
        return all(part.matches(prompt) for part in self.parts)

    def claim(self) -> str:
        """Join the parts' sentences."""
        return " and ".join(map(_bracketed, self.parts))

    def seen(self, prompt: Prompt) -> str:
        """Join what the parts see."""
        return _seen(self.parts, prompt)

    def names(self, field: str) -> bool:
        """Ask whether one part does."""
        return any(part.names(field) for part in self.parts)

    def distance(self, prompt: Prompt, words: "Words") -> float:
        """Return the mean of the parts."""
        return sum(part.distance(prompt, words) for part in self.parts) / max(len(self.parts), 1)

    def why_not(self, prompt: Prompt) -> str | None:
        """Explain the first part that fails."""
        return next((why for part in self.parts if (why := part.why_not(prompt))), None)


@dataclass(frozen=True, slots=True)
class AnyOf(Matcher):
    """Holds if one part holds."""

    parts: tuple[Matcher, ...]

    def matches(self, prompt: Prompt) -> bool:
        """Try the parts in order."""
        return any(part.matches(prompt) for part in self.parts)

    def claim(self) -> str:
        """Join the parts' sentences."""
        return " or ".join(map(_bracketed, self.parts))

    def seen(self, prompt: Prompt) -> str:
        """Join what the parts see."""
        return _seen(self.parts, prompt)

    def names(self, field: str) -> bool:
        """Ask whether all parts do."""
        return all(part.names(field) for part in self.parts)

    def distance(self, prompt: Prompt, words: "Words") -> float:
        """Return the smallest distance of the parts."""
        return min((part.distance(prompt, words) for part in self.parts), default=1.0)


@dataclass(frozen=True, slots=True)
class Not(Matcher):
    """Holds if its part does not."""

    part: Matcher

    def matches(self, prompt: Prompt) -> bool:
        """Negate the part."""
        return not self.part.matches(prompt)

    def claim(self) -> str:
        """Negate the part's sentence."""
        return f"not ({self.part.claim()})"

    def seen(self, prompt: Prompt) -> str:
        """Return what the part sees."""
        return self.part.seen(prompt)

    def distance(self, prompt: Prompt, words: "Words") -> float:
        """Return 0 or 1, because a negation has no degrees."""
        return 0.0 if self.matches(prompt) else 1.0


def conditions_of(matcher: Matcher) -> Iterator[Condition]:
    """Yield the conditions that a condition is made of."""
    match matcher:
        case Condition():
            yield matcher
        case All() | AnyOf():
            for part in matcher.parts:
                yield from conditions_of(part)
        case Not():
            yield from conditions_of(matcher.part)


def fits_one_of(condition: Condition, names: Iterable[str]) -> bool:
    """Tell whether one of these values fulfils a condition."""
    return any(map(condition.accepts, names))


def shown(value: object) -> str:
    """Return a value for a message, shortened."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case Pattern():
            return repr(value)
        case list() | tuple():
            text = f"[{', '.join(map(shown, value))}]"
        case str():
            return repr(shortened(value, SHOWN))
        case _:
            text = repr(value)
    return shortened(text, SHOWN)


def _seen(parts: tuple[Matcher, ...], prompt: Prompt) -> str:
    return ", ".join(dict.fromkeys(part.seen(prompt) for part in parts))


def _bracketed(part: Matcher) -> str:
    return f"({part.claim()})" if isinstance(part, (All, AnyOf)) and len(part.parts) > 1 else part.claim()


class Words:
    """The words of one prompt by field, found when a condition first looks there: many rules look at the same."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], frozenset[str]] = {}

    def seen(self, condition: Condition, prompt: Prompt) -> frozenset[str]:
        """Return the words of what the prompt has where the condition looks."""
        place = condition.field.name, condition.key
        found = self._seen.get(place)
        if found is None:
            found = self._seen[place] = words_of(condition.value(prompt))
        return found


def words_of(value: object) -> frozenset[str]:
    """Return the words of a text, or of the texts in a list."""
    if isinstance(value, (list, tuple)):
        return frozenset().union(*map(words_of, value))
    return _words_of(value[:COMPARED]) if isinstance(value, str) else frozenset()


@functools.lru_cache(maxsize=8192)
def _words_of(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))
