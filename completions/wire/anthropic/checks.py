"""The building blocks of checks in Anthropic's words, on the mechanism of `validation`.

The wordings are the API's own where its users quote them (it is checked by pydantic, and its paths have dots:
`messages.0.content.1.text.text`); the others imitate them.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.validation import Check, Problem
from completions.wire.wordings import listed


class Wrong(Problem):
    """A problem with its dotted path, and the API's `code` if it has one."""

    __slots__ = ()

    def __init__(self, why: str, path: str = "", code: str | None = None) -> None:
        super().__init__(why, None, code, path)

    def error(self) -> RequestError:
        """Return the error to raise."""
        path = self.path.replace("[", ".").replace("]", "")
        return RequestError(f"{path}: {self.before}" if path else self.before, code=self.code)


def string(low: int = 0, high: int | None = None, pattern: str | None = None) -> Check:
    """Check a string: its length in characters, and its pattern, which must match completely."""
    regex = re.compile(pattern) if pattern else None

    def check(value: Any) -> Problem | None:
        if type(value) is not str:
            return Wrong("Input should be a valid string")
        if len(value) < low:
            return Wrong(f"String should have at least {low} character{'' if low == 1 else 's'}")
        if high is not None and len(value) > high:
            return Wrong(f"String should have at most {high} characters")
        if regex is not None and not regex.fullmatch(value):
            return Wrong(f"String should match pattern '{pattern}'")
        return None

    return check


def integer(low: int | None = None) -> Check:
    """Check a whole number of at least `low`."""
    return _number("integer", (int,), low, None)


def number(low: float | None = None, high: float | None = None) -> Check:
    """Check a number within bounds."""
    return _number("number", (int, float), low, high)


def _number(word: str, kinds: Collection[type], low: float | None, high: float | None) -> Check:
    def check(value: Any) -> Problem | None:
        if type(value) not in kinds:
            return Wrong(f"Input should be a valid {word}")
        if low is not None and value < low:
            return Wrong(f"Input should be greater than or equal to {low}")
        if high is not None and value > high:
            return Wrong(f"Input should be less than or equal to {high}")
        return None

    return check


def boolean(value: Any) -> Problem | None:
    """Check a boolean."""
    return None if value is True or value is False else Wrong("Input should be a valid boolean")


def choice(*allowed: str) -> Check:
    """Check a string that is one of a few."""
    expected = f"Input should be {listed(allowed, 'or', comma='')}"
    return lambda value: None if type(value) is str and value in allowed else Wrong(expected)


def mapping(value: Any) -> Problem | None:
    """Check an object with any fields."""
    return None if type(value) is dict else Wrong("Input should be an object")


def array(item: Check, high: int | None = None) -> Check:
    """Check a list and its items."""

    def check(value: Any) -> Problem | None:
        if type(value) is not list:
            return Wrong("Input should be a valid array")
        if high is not None and len(value) > high:
            return Wrong(f"List should have at most {high} items after validation, not {len(value)}")
        for index, element in enumerate(value):
            if (problem := item(element)) is not None:
                return problem.under(f"[{index}]")
        return None

    return check


def text_or(items: Check) -> Check:
    """Check a string, or a list that `items` checks."""
    return lambda value: None if type(value) is str else items(value)


def record(fields: Mapping[str, Check], required: Collection[str] = (), *, open_: bool = False) -> Check:
    """Check an object with these keys, in their order; other keys are reported last, and accepted with `open_`.

    The order is the API's, as it was measured at the end of August 2026.
    """

    def check(value: Any) -> Problem | None:
        if type(value) is not dict:
            return Wrong("Input should be an object")
        for key, field in fields.items():
            if key in value:
                if (problem := field(value[key])) is not None:
                    return problem.under(key)
            elif key in required:
                return Wrong("Field required", key)
        if not open_ and (extra := next((key for key in value if key not in fields), None)) is not None:
            return Wrong("Extra inputs are not permitted", _short(extra))
        return None

    return check


def tagged(variants: Mapping[str, Check], listed_tags: Collection[str] = ()) -> Check:
    """Check an object whose `type` names one of the variants; the path contains that name.

    `listed_tags` are the tags that the message lists, if not all.
    """
    expected = ", ".join(f"'{name}'" for name in listed_tags or variants)

    def check(value: Any) -> Problem | None:
        if type(value) is not dict:
            return Wrong("Input should be an object")
        if "type" not in value:
            return Wrong("Field required", "type")
        tag = value["type"]
        if type(tag) is not str or (variant := variants.get(tag)) is None:
            shown = _short(tag) if isinstance(tag, str) else tag
            message = f"Input tag '{shown}' found using 'type' does not match any of the expected tags: {expected}"
            return Wrong(message)
        problem = variant(value)
        return problem and problem.under(tag)

    return check


def _short(name: str) -> str:
    return name if len(name) <= 200 else f"{name[:200]}…"
