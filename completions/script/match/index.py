"""Step 3: an index of a script's rules by what a prompt must have, so that not every rule is compared with it.

Every rule is filed under one of the conditions that it requires: of several, under the one that the
fewest others have. A prompt's fields are then read once, and only the rules that are left are compared in full.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Generic, Protocol, TypeVar

from completions.conversation import Prompt
from completions.script.match.fields import EXPR, Field
from completions.script.match.lookups import EXACT
from completions.script.match.matchers import All, AnyOf, Condition, Matcher, Not

BLOCK = 128
"""Rules that are filed together, so that the first rules of a long script are tried before the last are filed."""

EQUAL = ("eq", "in")
FOLDED = ("iexact", "icontains")
WITHIN = ("contains", "startswith", "endswith", *FOLDED)
"""The lookups for which the prompt's text must contain the expected one."""


class Conditional(Protocol):
    """The part of a rule that the index reads."""

    @property
    def match(self) -> Matcher | None:
        """Its condition; None matches every prompt."""


R = TypeVar("R", bound=Conditional)


class _FieldIndex:
    """The rules of a block that are filed under one field, by their places."""

    def __init__(self) -> None:
        self.all: list[int] = []
        self.equal: defaultdict[object, list[int]] = defaultdict(list)
        self.within: list[tuple[str, int]] = []
        self.folded: list[tuple[str, int]] = []

    def file(self, at: int, condition: Condition) -> None:
        """File the rule at this place under a condition."""
        self.all.append(at)
        if condition.lookup.name in EQUAL:
            expected = condition.form_of(condition.expected)
            for value in set(expected) if isinstance(expected, tuple) else (expected,):
                self.equal[value].append(at)
        elif condition.lookup.name in FOLDED:
            exact = condition.lookup.name in EXACT
            expected = condition.form_of(condition.expected) if exact else condition.expected
            self.folded.append((str(expected).casefold(), at))
        else:
            self.within.append((str(condition.expected), at))

    def possible(self, value: object, form: Callable[[str], str] | None) -> Sequence[int]:
        """Return the rules that may match a prompt with this value; all if it is not a text.

        Values are equal if `form` returns the same for both.
        """
        if value is None:
            return ()
        if not isinstance(value, str):
            return self.all
        found = list(self.equal.get(form(value) if form else value, ())) if self.equal else []
        if self.within:
            found += [at for text, at in self.within if text in value]
        if self.folded:
            value = value.casefold()
            found += [at for text, at in self.folded if text in value]
        return found


class _Block:
    def __init__(self, rules: Sequence[Conditional]) -> None:
        self._always: list[int] = []
        self._filed: defaultdict[tuple[Field, str], _FieldIndex] = defaultdict(_FieldIndex)
        needed = [list(_needed(rule.match)) for rule in rules]
        common = Counter(map(_key_of, chain.from_iterable(needed)))
        for at, conditions in enumerate(needed):
            if conditions:
                rarest = min(conditions, key=lambda condition: common[_key_of(condition)])
                self._filed[rarest.field, rarest.key].file(at, rarest)
            else:
                self._always.append(at)

    def possible(self, prompt: Prompt) -> list[int]:
        found = [*self._always]
        for (field, key), filed in self._filed.items():
            found += filed.possible(field.read(prompt, key), field.form)
        if len(found) > 1:
            found.sort()
        return found


class Index(Generic[R]):
    """Rules in order, filed on first use; with `naming` only those that name this field."""

    def __init__(self, rules: Sequence[R], naming: str = "") -> None:
        self._all, self._naming = rules, naming
        self._rules: Sequence[R] | None = None
        self._blocks: list[_Block] = []

    @property
    def rules(self) -> Sequence[R]:
        """The rules that are filed."""
        if self._rules is None:
            self._rules = [rule for rule in self._all if _names(rule, self._naming)] if self._naming else self._all
        return self._rules

    def possible(self, prompt: Prompt) -> Iterator[R]:
        """Yield, in order, the rules that may match a prompt; no other does."""
        rules = self.rules
        for number, start in enumerate(range(0, len(rules), BLOCK)):
            if number == len(self._blocks):
                self._blocks.append(_Block(rules[start : start + BLOCK]))
            for at in self._blocks[number].possible(prompt):
                yield rules[start + at]


def _names(rule: Conditional, field: str) -> bool:
    return rule.match is not None and rule.match.names(field)


def _needed(matcher: Matcher | None) -> Iterator[Condition]:
    """Yield required conditions that can be filed; none after one that may fail, because its error comes first."""
    for part in matcher.parts if isinstance(matcher, All) else (matcher,):
        if part is None or not _is_plain(part):
            return
        if isinstance(part, All):
            yield from _needed(part)
        elif isinstance(part, Condition) and _can_be_filed(part):
            yield part


def _is_plain(matcher: Matcher) -> bool:
    """Whether a comparison is fast and cannot fail."""
    match matcher:
        case Condition():
            return matcher.field is not EXPR and matcher.lookup.operand != "regex"
        case Not():
            return _is_plain(matcher.part)
        case All() | AnyOf():
            return all(map(_is_plain, matcher.parts))
    return False


def _can_be_filed(condition: Condition) -> bool:
    if condition.field.many:
        return False
    expected = condition.expected if isinstance(condition.expected, tuple) else (condition.expected,)
    return condition.lookup.name in (*EQUAL, *WITHIN) and all(isinstance(value, str) for value in expected)


def _key_of(condition: Condition) -> tuple[object, ...]:
    return condition.field.name, condition.key, condition.lookup.name, condition.expected
