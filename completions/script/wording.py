"""How people word what they ask for, for step 3: the parts that regular expressions of several modules have.

The lists of words have no group around them, so that more can be added to them.
"""

ANSWER = "reply|respond|answer|return|output"
"""The verbs that ask for an answer, as `Reply with one word` does."""

ANSWERS = "repl(?:y|ies)|respon[ds]e?|answer|output|return"
"""The same and their nouns: `Your response must be JSON`."""

WRITE = "write|give|provide|generate"
"""The verbs that ask for something to be made, as `Write a title` does."""

NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
"""The numbers from 1 that are written as words."""

LOW = r"(-?\d{1,4}(?:\.\d{1,3})?)"
HIGH = r"(\d{1,6}(?:\.\d{1,3})?)"
"""The two ends of a range, as groups: `between 0 and 1`, `1-5`."""

MEANING = r"(?:\s*\([^()\n]{0,60}\))?"
"""What may stand behind an end of a range: `from 1 (bad) to 5 (good)`."""
