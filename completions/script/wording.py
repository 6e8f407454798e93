"""The wording of requests in prompts, for step 3: parts of regular expressions, and numbers, for several modules.

The lists of words have no group around them, so that they can be extended.
"""

ANSWER = "reply|respond|answer|return|output"
"""Verbs that ask for an answer, as in `Reply with one word`."""

ANSWERS = "repl(?:y|ies)|respon[ds]e?|answer|output|return"
"""The same verbs and their nouns: `Your response must be JSON`."""

WRITE = "write|give|provide|generate"
"""Verbs that ask for a new text, as in `Write a title`."""

NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
"""Numbers from 1, as words."""

LOW = r"(-?\d{1,4}(?:\.\d{1,3})?)"
HIGH = r"(\d{1,6}(?:\.\d{1,3})?)"
"""The two ends of a range, as groups: `between 0 and 1`, `1-5`."""

MEANING = r"(?:\s*\([^()\n]{0,60}\))?"
"""An explanation after an end of a range: `from 1 (bad) to 5 (good)`."""


def number_of(written: str) -> int:
    """Return the number that digits, or one of the `NUMBERS`, mean: 3 of `3` and `Three`."""
    return int(written) if written.isdecimal() else NUMBERS.index(written.lower()) + 1
