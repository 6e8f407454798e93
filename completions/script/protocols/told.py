"""Words that a prompt wants to hear, for step 3: `Reply with exactly: OK`, `Answer only with "ready".`, `Count to 3`.

They must stand at the end of what was asked, behind a colon or in quotes, so that no instruction is taken for one; to
count must be the first that is asked.
"""

import re

from completions.conversation import Prompt
from completions.script.protocols.braces import MAX_SEARCHED
from completions.script.protocols.observation import observation, question
from completions.script.wording import ANSWER, NUMBERS

MAX_TOLD = 200
"""Characters of the words."""

WANTED = re.compile(
    rf"\b(?:{ANSWER}|say)\s+(?:back\s+)?(?:with\s+)?(?:exactly|only|just|precisely)\b"
    r"(?:\s+with)?(?:\s+(?:exactly|the\s+(?:word|words|text|string|phrase|number)))?(?:\s+(?:this|these words))?"
    r"(?:\s*:\s*|\s+(?=[\"'`“]))([^\n]{1,200})\s*\Z",
    re.IGNORECASE,
)
CHOICE = re.compile(r"\bor\b|[/|]")
"""What tells that one of several is to be said, and not these words; a question is no words to say either."""

QUOTED = re.compile(r"\A([\"'`“])([^\"'`“”\n]+)[\"'`”][.!]?\Z")

VALUES = {word: number for number, word in enumerate(NUMBERS, 1)} | {"twenty": 20, "hundred": 100}
NUMBER = rf"(\d{{1,6}}|{'|'.join(VALUES)})"
COUNT = re.compile(
    rf"\W*(?:please\s+)?count\s+(?:slowly\s+|up\s+|down\s+)*(?:from\s+{NUMBER}\s+)?(?:down\s+)?to\s+{NUMBER}\b",
    re.IGNORECASE,
)
MAX_COUNTED = 1_000
LINES = re.compile(r"\bline", re.IGNORECASE)


def answer(prompt: Prompt, seed: str) -> str | None:
    """Say the words; None where a tool has answered since, or where the prompt does not ask for any."""
    if prompt.response_format.kind == "json_object" or observation(prompt) is not None:
        return None
    asked = question(prompt)
    found = WANTED.search(asked[-MAX_SEARCHED:][-2 * MAX_TOLD :])
    if found is None:
        return _numbers(asked)
    told = found[1].strip()
    quoted = QUOTED.match(told)
    if quoted is None and (CHOICE.search(told) or told.endswith("?")):
        return None
    return quoted[2] if quoted else told


def _numbers(asked: str) -> str | None:
    """Count, if that is what was asked: in a line, or a number to a line."""
    found = COUNT.match(asked)
    if found is None:
        return None
    first, last = (VALUES.get(each.lower()) or int(each) for each in (found[1] or "1", found[2]))
    step = 1 if first <= last else -1
    numbers = range(first, last + step, step)[:MAX_COUNTED]
    return ("\n" if LINES.search(asked[:MAX_TOLD]) else ", ").join(map(str, numbers))
