"""Step 3: the regular expressions of scripts, in the language of Python's `re`, with a budget of time.

`re` itself cannot be stopped, and holds Python's lock while it works. The package `regex` understands the same
language, stops at a time limit, and lets other threads work meanwhile.
"""

import re

from completions import budget

MAX_LENGTH = 10_000
"""Characters of a pattern."""

MAX_PARTS = 10_000
"""Parts of a pattern with its counts written out: `(?:ab){100}` has 200. Each is built in memory."""

FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}

_COUNT = re.compile(r"\{(\d*)(?:(,)(\d*))?\}")


class PatternError(ValueError):
    """A text that is no regular expression, or too large a one; the message says why."""


class Pattern:
    """A regular expression that is searched for within the budget of the work under way."""

    __slots__ = ("_compiled", "_search", "flags", "pattern")

    def __init__(self, pattern: str, flags: str = "") -> None:
        import regex  # 1.4 MB, which scripts without a pattern need not have

        self.pattern, self.flags = pattern, flags
        if len(pattern) > MAX_LENGTH:
            raise PatternError(f"it has more than {MAX_LENGTH} characters")
        try:
            wanted = sum(FLAGS[flag] for flag in set(flags))  # `regex` has the same numbers for them
            re.compile(pattern, wanted)
            if parts(pattern) > MAX_PARTS:
                raise PatternError(f"with its repetitions expanded, it has more than {MAX_PARTS} parts")
            compiled = regex.compile(pattern, wanted)
        except (re.error, regex.error, OverflowError, ValueError) as exc:
            raise exc if isinstance(exc, PatternError) else PatternError(str(exc)) from exc
        except RecursionError as exc:
            raise PatternError("it is nested too deeply") from exc
        self._compiled, self._search = compiled, compiled.search

    def found_in(self, text: str) -> bool:
        """Tell whether it matches somewhere; raise what `budget.exceeded` returns where it takes too long."""
        try:
            return self._search(text, timeout=budget.seconds_left(), concurrent=True) is not None
        except TimeoutError:
            raise budget.exceeded() from None

    def replaced_in(self, text: str, by: str) -> str:
        """Return a text with something else wherever it matches; raise as `found_in` does."""
        try:
            timeout = budget.seconds_left()
            return str(self._compiled.sub(lambda found: by, text, timeout=timeout, concurrent=True))
        except TimeoutError:
            raise budget.exceeded() from None

    def __repr__(self) -> str:
        return f"/{self.pattern}/{self.flags}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and (self.pattern, self.flags) == (other.pattern, other.flags)

    def __hash__(self) -> int:
        return hash((self.pattern, self.flags))


def parts(pattern: str) -> int:
    """Return how many parts a pattern has once its counts are written out."""
    open_groups, last, at = [0], 0, 0
    while at < len(pattern):
        sign = pattern[at]
        at += 1
        if sign == "(":
            open_groups.append(0)
            continue
        if sign == "{" and (count := _COUNT.match(pattern, at - 1)):
            open_groups[-1] += last * (max(_times(count), 1) - 1)
            at = count.end()
            continue
        if sign == ")" and len(open_groups) > 1:
            last = max(open_groups.pop(), 1)
        else:
            last = 1
            at = _end(pattern, at, sign)
        open_groups[-1] += last
    return sum(open_groups)


def _times(count: re.Match[str]) -> int:
    """Return how often a count's part is written out."""
    return max(int(digits[:9]) for digits in (count[1] or "0", count[3] or "0"))


def _end(pattern: str, at: int, sign: str) -> int:
    """Return where the escape or the set ends that begins with a sign."""
    if sign == "\\":
        return at + 1
    if sign != "[":
        return at
    at += pattern.startswith("^", at)
    at += pattern.startswith("]", at)
    while at < len(pattern) and pattern[at] != "]":
        at += 2 if pattern[at] == "\\" else 1
    return at + 1
