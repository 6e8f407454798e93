"""The regular expressions of JSON Schema's `pattern`, read into a tree for step 3; `matching` matches and writes it.

ECMA-262 as schemas use it, with Python's `(?P<name>…)`, `\\A` and `\\Z`. Flags are read over.
"""

import functools
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from completions.script.schemas.document import Unsatisfiable

UNBOUNDED = 1 << 30
"""The upper bound of `*`, `+` and `{n,}`."""

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
WORD = LETTERS + LETTERS.upper() + DIGITS + "_"
SPACE = " \t\n\r\f\v"
PRINTABLE = LETTERS + DIGITS + LETTERS.upper() + " -_.,:;!?@#$%&*+=/'\"()[]{}<>|\\^`~"


@dataclass(frozen=True, slots=True)
class Letter:
    """One character of a class, described by a test; `likely` are the ones to write, best first."""

    test: Callable[[str], bool]
    likely: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts, one after the other."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Parts, any one of them."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part, so many times."""

    part: "Node"
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Group:
    """A part whose text a back reference may name."""

    part: "Node"
    number: int


@dataclass(frozen=True, slots=True)
class Back:
    """A reference to the text of an earlier group."""

    group: Group


@dataclass(frozen=True, slots=True)
class Assertion:
    """A position without text: `^ $ b B`, or a condition on the text around it."""

    kind: str
    part: "Node | None" = None
    positive: bool = True


Node = Letter | Sequence | Choice | Repeat | Group | Back | Assertion


MAX_PATTERN = 2000
"""The characters of the longest pattern that is read."""

CLASSES: dict[str, Callable[[str], bool]] = {
    "d": lambda character: character in DIGITS,
    "w": lambda character: character in WORD,
    "s": lambda character: character.isspace() or character == "\ufeff",
    "D": lambda character: character not in DIGITS,
    "W": lambda character: character not in WORD,
    "S": lambda character: not (character.isspace() or character == "\ufeff"),
}

CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}

QUANTIFIER = re.compile(r"(?:([*+?])|\{(\d{1,9})(?:(,)(\d{1,9})?)?\})[?+]?")
OPENING = re.compile(r"\((?:\?(?:(:|=|!|<=|<!)|P?<(\w+)>|[a-z]+(\))))?")
ESCAPE = re.compile(
    r"u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|c([A-Za-z])|([pP])\{(?:\w+=)?(\w+)\}|k<(\w+)>"
)


@functools.lru_cache(maxsize=256)
def read(pattern: str) -> Node:
    """Read a pattern; raise Unsatisfiable if it is not valid."""
    if len(pattern) > MAX_PATTERN:
        raise Unsatisfiable(f"a pattern of {len(pattern)} characters is too long")
    reader = _Reader(pattern)
    try:
        node = reader.choice()
    except (IndexError, ValueError, KeyError) as exc:
        raise Unsatisfiable(f"the pattern {pattern!r} cannot be read") from exc
    if reader.at < len(pattern):
        raise Unsatisfiable(f"the pattern {pattern!r} has a stray parenthesis")
    return node


def letter(test: Callable[[str], bool], samples: str = "") -> Letter:
    """Describe a class; samples are characters that may be in it and are not printable ASCII."""
    return Letter(test, "".join(character for character in PRINTABLE + SPACE + samples if test(character)))


def _literal(character: str) -> Letter:
    return Letter(character.__eq__, character)


class _Reader:
    """A recursive descent over one pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.groups: dict[str, Group] = {}
        self.opened = 0

    def taken(self, text: str) -> bool:
        """Step over a text, if it comes next."""
        found = self.pattern.startswith(text, self.at)
        self.at += len(text) * found
        return found

    def choice(self) -> Node:
        """Read alternatives up to the closing parenthesis or the end."""
        parts = [self.sequence()]
        while self.taken("|"):
            parts.append(self.sequence())
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def sequence(self) -> Node:
        """Read a sequence."""
        parts: list[Node] = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            part = self.atom()
            if found := QUANTIFIER.match(self.pattern, self.at):
                self.at = found.end()
                part = Repeat(part, *_bounds(found))
            parts.append(part)
        return Sequence(tuple(parts))

    def atom(self) -> Node:
        """Read one thing that a quantifier may follow."""
        character = self.pattern[self.at]
        if character == "(":
            return self.group()
        self.at += 1
        if character in "^$":
            return Assertion(character)
        if character == ".":
            return letter(lambda other: other not in "\n\r\u2028\u2029")
        if character == "[":
            return self.bracket()
        if character == "\\":
            return self.escape()
        if character in "*+?":
            raise ValueError("a quantifier of nothing")
        return _literal(character)

    def group(self) -> Node:
        """Read the content of parentheses."""
        found = OPENING.match(self.pattern, self.at)
        assert found is not None
        self.at = found.end()
        kind, name, flags = found.groups()
        if flags:
            return Sequence(())
        if self.pattern.startswith("?", self.at):
            raise ValueError("an unknown group")
        if kind is None:
            self.opened += 1
        number = self.opened
        part = self.choice()
        if not self.taken(")"):
            raise ValueError("an open parenthesis")
        if kind == ":":
            return part
        if kind:
            return Assertion("behind" if "<" in kind else "ahead", part, kind[-1] == "=")
        group = Group(part, number)
        self.groups[str(number)] = self.groups[name or str(number)] = group
        return group

    def escape(self) -> Node:
        """Read an escape outside brackets, after its backslash."""
        character = self.pattern[self.at]
        if character in "bBAZz":
            self.at += 1
            return Assertion({"A": "^", "Z": "$", "z": "$"}.get(character, character))
        if character in "123456789":
            self.at += 1
            return Back(self.groups[character])
        found = ESCAPE.match(self.pattern, self.at)
        if found and found[7]:
            self.at = found.end()
            return Back(self.groups[found[7]])
        return self.one()

    def one(self) -> Letter:
        """Read an escape of one character, in brackets or not."""
        if found := ESCAPE.match(self.pattern, self.at):
            self.at = found.end()
            return _escaped(found)
        character = self.pattern[self.at]
        self.at += 1
        if character in CLASSES:
            return letter(CLASSES[character])
        return _literal(CONTROLS.get(character, character))

    def bracket(self) -> Letter:
        """Read a class up to its closing bracket."""
        negative = self.taken("^")
        letters: list[Letter] = []
        while not self.taken("]"):
            low = self.member()
            if self.pattern[self.at] == "-" and self.pattern[self.at + 1] != "]" and len(low.likely) == 1:
                self.at += 1
                low = _range(low.likely, self.member().likely)
            letters.append(low)
        samples = "".join(other.likely for other in letters if other.likely.strip(PRINTABLE + SPACE))
        if negative:
            return letter(lambda character: not any(other.test(character) for other in letters))
        return letter(lambda character: any(other.test(character) for other in letters), samples)

    def member(self) -> Letter:
        """Read one member of a class."""
        character = self.pattern[self.at]
        self.at += 1
        if character == "\\":
            if self.taken("b"):
                return _literal("\b")
            return self.one()
        return _literal(character)


def _bounds(found: re.Match[str]) -> tuple[int, int]:
    if found[1]:
        return {"*": (0, UNBOUNDED), "+": (1, UNBOUNDED), "?": (0, 1)}[found[1]]
    low = int(found[2])
    high = int(found[4]) if found[4] else UNBOUNDED if found[3] else low
    if high < low:
        raise ValueError("bounds out of order")
    return low, high


def _escaped(found: re.Match[str]) -> Letter:
    if found[5]:
        name, positive = found[6], found[5] == "p"
        short = {"Letter": "L", "Alphabetic": "L", "Number": "N", "Uppercase": "Lu", "Lowercase": "Ll"}.get(name, name)
        return letter(lambda character: unicodedata.category(character).startswith(short) == positive, "éßЖ漢あ")
    if found[4]:
        return _literal(chr(ord(found[4]) % 32))
    return _literal(chr(int(found[1] or found[2] or found[3], 16)))


def _range(low: str, high: str) -> Letter:
    if len(high) != 1 or high < low:
        raise ValueError("a range out of order")
    samples = "".join(chr(ord(low) + step) for step in range(min(26, ord(high) - ord(low) + 1)))
    outside = "".join(sample for sample in samples if sample not in PRINTABLE + SPACE)
    return letter(lambda character: low <= character <= high, outside)
