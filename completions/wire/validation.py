"""Step 2, validation: tables of checks, one for each field, that find the first problem in a decoded request.

A check takes a value and returns the first `Problem`, or None. It does not know where the value is: each container adds
its part of the path when it passes a problem on, so a valid request costs no paths.

The wordings and codes are the API's own, as its users quote them (`invalid_type`, `integer_above_max_value`, ...).
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches
from itertools import islice
from typing import Any, NamedTuple

from completions.exceptions import RequestError
from completions.wire.base import json_type
from completions.wire.wordings import listed


class Problem:
    """What is wrong: `before`, the quoted path, `after`; or only `before` if the API does not name the path.

    The path is built from the inside out.
    """

    __slots__ = ("after", "before", "code", "path")

    def __init__(self, before: str, after: str | None, code: str | None, path: str = "") -> None:
        self.before = before
        self.after = after
        self.code = code
        self.path = path

    def under(self, part: str) -> "Problem":
        """Prefix the path with `part`: a key, a path, or an index in brackets."""
        joint = "." if self.path and not self.path.startswith("[") else ""
        self.path = f"{part}{joint}{self.path}"
        return self

    def error(self) -> RequestError:
        """Return the error to raise."""
        message = self.before if self.after is None else f"{self.before} '{self.path}'{self.after}"
        return RequestError(message, code=self.code, param=self.path or None)


Check = Callable[[Any], Problem | None]


def worded_problem(message: str, code: str | None, path: str) -> Problem:
    """Return a problem whose message does not contain its path."""
    return Problem(message, None, code, path)


def wrong_type(expected: str, value: object) -> Problem:
    """Return the problem of a value with the wrong type."""
    return Problem("Invalid type for", f": expected {expected}, but got {json_type(value)} instead.", "invalid_type")


def missing(key: str, body: Mapping[str, Any], fields: Collection[str]) -> Problem:
    """Return the problem of a missing key, with the key that may have been meant."""
    unknown_keys = [name for name in islice(body, 32) if name not in fields and len(name) <= 64]
    hint = "".join(
        f" You provided '{name}', did you mean to provide '{key}'?"
        for name in get_close_matches(key, unknown_keys, n=1, cutoff=0.7)
    )
    return Problem("Missing required parameter:", f".{hint}", "missing_required_parameter", key)


def unknown(key: str) -> Problem:
    """Return the problem of an unknown key."""
    return Problem("Unknown parameter:", ".", "unknown_parameter", key)


def wrong_value(value: str, allowed: Collection[str]) -> Problem:
    """Return the problem of a value that is not allowed."""
    return worded_problem(f"Invalid value: '{value}'. Supported values are: {listed(allowed)}.", "invalid_value", "")


def _sized(fault: str, expected: str, got: str, code: str) -> Problem:
    return Problem("Invalid", f": {fault}. Expected {expected}, but got {got} instead.", code)


def string(*, low: int = 0, high: int | None = None, pattern: str | None = None) -> Check:
    """Check a string: its length in characters, and the pattern that it must match in full."""
    regex = re.compile(pattern) if pattern else None

    def check(value: Any) -> Problem | None:
        if type(value) is not str:
            return wrong_type("a string", value)
        if high is not None and (size := len(value)) > high:
            expected, got = f"a string with maximum length {high}", f"a string with length {size}"
            return _sized("string too long", expected, got, "string_above_max_length")
        if len(value) < low:
            return _sized("empty string", f"a string with minimum length {low}", "an empty string", "empty_string")
        if regex is not None and not regex.fullmatch(value):
            why = f"string does not match pattern. Expected a string that matches the pattern '{pattern}'."
            return Problem("Invalid", f": {why}", "invalid_value")
        return None

    return check


def integer(low: int | None = None, high: int | None = None) -> Check:
    """Check an integer within bounds; booleans and decimals are refused."""
    return _number("integer", "an integer", (int,), low, high)


def decimal(low: float | None = None, high: float | None = None) -> Check:
    """Check a number within bounds."""
    return _number("decimal", "a decimal", (int, float), low, high)


def _number(word: str, expected: str, kinds: Collection[type], low: float | None, high: float | None) -> Check:
    def check(value: Any) -> Problem | None:
        if type(value) not in kinds:
            return wrong_type(expected, value)
        if high is not None and value > high:
            return _sized(f"{word} above maximum value", f"a value <= {high}", f"{value}", f"{word}_above_max_value")
        if low is not None and value < low:
            return _sized(f"{word} below minimum value", f"a value >= {low}", f"{value}", f"{word}_below_min_value")
        return None

    return check


def boolean(value: Any) -> Problem | None:
    """Check a boolean."""
    return None if value is True or value is False else wrong_type("a boolean", value)


def anything(value: Any) -> Problem | None:
    """Accept any value, because another check validates it."""
    return None


def choice(*allowed: str, also: Collection[str] = ()) -> Check:
    """Check a string that must be one of these, or one of `also`, which the API accepts but does not list."""

    def check(value: Any) -> Problem | None:
        if type(value) is not str:
            return wrong_type(f"one of {listed(allowed, 'or')}", value)
        return None if value in allowed or value in also else wrong_value(value, allowed)

    return check


def nullable(check: Check) -> Check:
    """Accept null."""
    return lambda value: None if value is None else check(value)


def array(item: Check, of: str, *, low: int = 0, high: int | None = None) -> Check:
    """Check an array of `of`, a plural noun, with bounds on its length."""

    def check(value: Any) -> Problem | None:
        if type(value) is not list:
            return wrong_type(f"an array of {of}", value)
        if (size := len(value)) < low:
            expected = f"an array with minimum length {low}"
            if size:
                return _sized("array too short", expected, f"an array with length {size}", "array_below_min_length")
            return _sized("empty array", expected, "an empty array", "empty_array")
        if high is not None and size > high:
            expected, got = f"an array with maximum length {high}", f"an array with length {size}"
            return _sized("array too long", expected, got, "array_above_max_length")
        for index, element in enumerate(value):
            if (problem := item(element)) is not None:
                return problem.under(f"[{index}]")
        return None

    return check


def either(expected: str, **kinds: Check) -> Check:
    """Check by the value's JSON type: `string`, `array` or `object`; `expected` describes them in the message."""
    names: dict[type, str] = {str: "string", list: "array", dict: "object"}
    checks = {kind: kinds[name] for kind, name in names.items() if name in kinds}

    def check(value: Any) -> Problem | None:
        chosen = checks.get(type(value))
        return wrong_type(expected, value) if chosen is None else chosen(value)

    return check


def record(
    fields: Mapping[str, Check],
    required: Collection[str] = (),
    *,
    others: bool = False,
    first_problem: Callable[[dict[str, Any]], Problem | None] | None = None,
) -> Check:
    """Check an object with these keys and no others; with `others`, any further keys.

    For an invalid object, `first_problem` returns the problem to report in place of the first one.
    """

    def check(value: Any) -> Problem | None:
        if type(value) is not dict:
            return wrong_type("an object", value)
        for key in required:
            if key not in value:
                return missing(key, value, fields) if first_problem is None else first_problem(value)
        for key, item in value.items():
            if (field := fields.get(key)) is None:
                if others:
                    continue
                return unknown(key) if first_problem is None else first_problem(value)
            if (problem := field(item)) is not None:
                return problem.under(key) if first_problem is None else first_problem(value)
        return None

    return check


def tagged(tag: str, variants: Mapping[str, Check]) -> Check:
    """Check an object whose key `tag` selects the variant."""

    def check(value: Any) -> Problem | None:
        if type(value) is not dict:
            return wrong_type("an object", value)
        if tag not in value:
            return missing(tag, value, variants)
        if type(name := value[tag]) is not str:
            return wrong_type(f"one of {listed(variants, 'or')}", name).under(tag)
        if (variant := variants.get(name)) is None:
            return wrong_value(name, variants).under(tag)
        return variant(value)

    return check


def text_or(of: str, items: Check, *, high: int | None = None) -> Check:
    """Check a string, or an array with the check `items`."""
    return either(f"one of a string or array of {of}", string=string(high=high), array=items)


def obj(value: Any) -> Problem | None:
    """Check an object with any content."""
    return None if type(value) is dict else wrong_type("an object", value)


def logit_bias(value: Any) -> Problem | None:
    """Check a map of token ids to biases from -100 to 100 (`CompletionCreateParams.logit_bias`)."""
    if type(value) is not dict:
        return wrong_type("an object", value)
    for key, bias in value.items():
        if not (key.isascii() and key.isdigit()):
            only = "You should only be submitting non-negative integers."
            return worded_problem(f"Invalid key in 'logit_bias': {key}. {only}", "invalid_value", "")
        if (problem := _BIAS(bias)) is not None:
            return problem.under(key)
    return None


TOOL_NAME = string(low=1, high=64, pattern="^[a-zA-Z0-9_-]+$")
"""`FunctionDefinition.name`: letters, digits, underscores and dashes, at most 64."""

_BIAS = integer(-100, 100)
_FLAGS = record({"include_usage": nullable(boolean), "include_obfuscation": nullable(boolean)})

SHARED: Mapping[str, Check] = {
    "model": string(low=1),
    "frequency_penalty": nullable(decimal(-2, 2)),
    "logit_bias": nullable(logit_bias),
    "n": nullable(integer(1, 128)),
    "presence_penalty": nullable(decimal(-2, 2)),
    "seed": nullable(integer(-(2**63), 2**63 - 1)),
    "stop": nullable(text_or("strings", array(string(), "strings", high=4))),
    "stream": nullable(boolean),
    "stream_options": nullable(_FLAGS),
    "temperature": nullable(decimal(0, 2)),
    "top_p": nullable(decimal(0, 1)),
    "user": nullable(string()),
}
"""The fields that chat and legacy completions share; the bounds are from the SDK and OpenAI's OpenAPI document.

`stop` may be empty, which recordings of 2025 and 2026 have and the document does not.
"""


def only_with(key: str, switch: str, body: Mapping[str, Any]) -> Problem | None:
    """Refuse a parameter without the switch that it requires."""
    if body.get(key) is None or body.get(switch) is True:
        return None
    return worded_problem(f"The '{key}' parameter is only allowed when '{switch}' is enabled.", None, key)


def refuse(problem: Problem | None) -> None:
    """Raise the problem as an error, if there is one."""
    if problem is not None:
        raise problem.error()


class Rule(NamedTuple):
    """A rule of an API across the fields of a body.

    `broken` returns its error, or None; `source` is where the error was seen, and `seen` when last, as an ISO date.
    """

    broken: Callable[[Mapping[str, Any]], RequestError | None]
    source: str
    seen: str


def keep_rules(rules: Iterable[Rule], body: Mapping[str, Any]) -> None:
    """Raise the error of the first rule that a body breaks."""
    for rule in rules:
        if (error := rule.broken(body)) is not None:
            raise error
