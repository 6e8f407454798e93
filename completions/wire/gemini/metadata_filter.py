"""The filters of file search (`author = "Ada" AND (year > 1840 OR draft = "no")`), by Google's AIP-160.

`AND` and `OR` combine comparisons (`=`, `!=`, `<`, `<=`, `>`, `>=`, and `:` for what a list has); `NOT` and `-` negate.
"""

import re
from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Any

Attributes = Mapping[str, Any]
Filter = Callable[[Attributes], bool]

TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<sign>!=|<=|>=|[=<>:()-])|(?P<word>[\w.]+))"""
)
ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
MAX_LENGTH = 2000
MAX_DEPTH = 20


class Malformed(ValueError):
    """A filter that cannot be parsed."""


def read(source: str) -> Filter:
    """Return the filter that a text describes; raise `Malformed`."""
    if len(source) > MAX_LENGTH:
        raise Malformed(f"it has more than {MAX_LENGTH} characters")
    reader = _Reader(_tokens(source))
    found = reader.any_of(0)
    if reader.tokens:
        raise Malformed(f"'{reader.tokens[0][1]}' stands where it should end")
    return found


def _tokens(source: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while source[at:].strip():
        if (found := TOKEN.match(source, at)) is None:
            raise Malformed(f"'{source[at:].strip()[:20]}' is not understood")
        tokens.append((str(found.lastgroup), found[found.lastgroup or 0]))
        at = found.end()
    return tokens


class _Reader:
    """Reads a filter from its tokens, each a kind and a text."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens

    def _take(self) -> tuple[str, str]:
        if not self.tokens:
            raise Malformed("it ends too early")
        return self.tokens.pop(0)

    def _is_next(self, *words: str) -> bool:
        return bool(self.tokens) and self.tokens[0][0] != "text" and self.tokens[0][1] in words

    def any_of(self, depth: int) -> Filter:
        """Read filters of which one has to match."""
        each = [self._all_of(depth)]
        while self._is_next("OR"):
            self._take()
            each.append(self._all_of(depth))
        return lambda attributes: any(one(attributes) for one in each)

    def _all_of(self, depth: int) -> Filter:
        each = [self._one(depth)]
        while self.tokens and not self._is_next("OR", ")"):
            if self._is_next("AND"):
                self._take()
            each.append(self._one(depth))
        return lambda attributes: all(one(attributes) for one in each)

    def _one(self, depth: int) -> Filter:
        if depth > MAX_DEPTH:
            raise Malformed("it is nested too deep")
        if self._is_next("NOT", "-"):
            self._take()
            negated = self._one(depth + 1)
            return lambda attributes: not negated(attributes)
        if self._is_next("("):
            self._take()
            within = self.any_of(depth + 1)
            if self._take()[1] != ")":
                raise Malformed("a parenthesis is not closed")
            return within
        return self._comparison()

    def _comparison(self) -> Filter:
        (kind, key), (_, sign) = self._take(), self._take()
        if kind != "word" or sign not in ("=", "!=", ":", *ORDERS):
            raise Malformed(f"'{key} {sign}' is no comparison")
        value = self._value()
        return lambda attributes: _compare(attributes.get(key), sign, value)

    def _value(self) -> str | float:
        kind, source = self._take()
        minus = kind == "sign" and source == "-"
        if minus:
            kind, source = self._take()
        if kind == "text" and not minus:
            return re.sub(r"\\(.)", r"\1", source[1:-1])
        try:
            return float(source) * (-1 if minus else 1)
        except ValueError as exc:
            if kind != "word" or minus:
                raise Malformed(f"'{source}' is no value") from exc
            return source


def _compare(attribute: Any, sign: str, value: str | float) -> bool:
    """Compare an attribute, or one of those of a list; numbers with numbers, and texts with texts."""
    if sign == "!=":
        return not _compare(attribute, "=", value)
    if isinstance(attribute, list):
        return any(_compare(each, sign, value) for each in attribute)
    if attribute is None or isinstance(attribute, str) != isinstance(value, str):
        return False
    return bool(ORDERS[sign](attribute, value)) if sign in ORDERS else attribute == value
