"""Words that a prompt wants to hear, for step 3: `Reply with exactly: OK`, `Say this is a test`, `Count to 3`.

They must stand at the end of what was asked, behind a colon or in quotes, so that no instruction is taken for one; or
be the last sentence with such words as `Say` or `Respond with the word`. Behind it may stand what is not wanted besides
(`Nothing else.`). To count must be the first that is asked.
"""

import re

from completions.conversation import Prompt
from completions.script.protocols.braces import MAX_SEARCHED
from completions.script.protocols.observation import observation, question
from completions.script.wording import ANSWER, NUMBERS

MAX_TOLD = 200
"""Characters of the words."""

WANTED = re.compile(
    rf"(?i)\b(?:{ANSWER}|say)\s+(?:back\s+)?(?:with\s+)?(?:exactly|only|just|precisely)\b"
    r"(?:\s+with)?(?:\s+(?:exactly|the\s+(?:word|words|text|string|phrase|number)))?(?:\s+(?:this|these words))?"
    r"(?:\s*:\s*|\s+(?=[\"'`“]))([^\n]{1,200})\s*\Z"
)
ASIDE = (
    r"(?:something|anything|nothing|more|it|that|wh\w+|how|if|so|your|my|a|an|one|some|all|again|(?:hi|hello|hey)\W*\Z)"
)
SAY = re.compile(
    r"(?i)(?:\A|[.!:]\s|\n)\s*(?:please\s+)?(?:just\s+|only\s+)?(?:"
    rf"say\s+(?!{ASIDE}(?!\w))(?:the\s+words?\s*:?\s*)?(?P<said>[\"'`“][^\"'`“”\n]{{1,100}}[\"'`”]|[\w,' -]{{1,60}})"
    rf"|(?:{ANSWER})\s+(?:back\s+)?with\s+(?:the|a|one)\s+(?:single\s+)?(?:word|phrase|text|string)\s*:?\s*"
    r"(?P<word>[\"'`“][^\"'`“”\n]{1,100}[\"'`”]|[\w-]{1,40})"
    rf"|(?:{ANSWER})\s+with\s+(?P<quoted>[\"'`“][^\"'`“”\n]{{1,100}}[\"'`”])"
    rf"|(?:{ANSWER})\s+with\s+(?!JSON|YAML|XML|HTML|CSV|SQL)(?P<capitals>(?-i:[A-Z]{{2,12}})))[.!]?\s*\Z"
)
"""A last sentence that wants nothing but to hear a few words."""

LONGER = re.compile(r"(?i)\b(?:about|to|in|with|for|from|as|by|like|again|or|when|if|until)\b|(?:\S+\s+){6}")
"""What tells that more is to be said than the words."""

CHOICE = re.compile(r"\bor\b|[/|]")
"""What tells that one of several is to be said, and not these words; a question is no words to say either."""

UNWANTED = re.compile(
    r"(?i)(?:(?<=[.!:,;\"'`”])|\n)\s*(?:and\s+)?(?:please\s+)?(?:do\s+not|don't|nothing\s+(?:else|more)"
    r"|no\s+(?:other|further|extra|additional|explanations?|preamble|punctuation|markdown|tools?)|without)\b"
    r"[^.!\n]{0,80}[.!]?\s*\Z"
)
"""A last sentence that says what not to do besides: `Reply with the single word OK. Do not use tools.`"""

MAX_UNWANTED = 3

QUOTED = re.compile(r"\A([\"'`“])([^\"'`“”\n]+)[\"'`”][.!]?\Z")

VALUES = {word: number for number, word in enumerate(NUMBERS, 1)} | {"twenty": 20, "hundred": 100}
NUMBER = rf"(\d{{1,6}}|{'|'.join(VALUES)})"
COUNT = re.compile(
    rf"(?i)\W*(?:please\s+)?count\s+(?:slowly\s+|up\s+|down\s+)*(?:from\s+{NUMBER}\s+)?(?:down\s+)?to\s+{NUMBER}\b"
)
MAX_COUNTED = 1_000
LINES = re.compile(r"(?i)\bline")


def answer(prompt: Prompt, seed: str) -> str | None:
    """Say the words; None where a tool has answered since, or where the prompt does not ask for any."""
    if prompt.response_format.kind == "json_object" or observation(prompt) is not None:
        return None
    asked = question(prompt)
    for _ in range(MAX_UNWANTED):
        asked = asked[: -2 * MAX_TOLD] + UNWANTED.sub("", asked[-2 * MAX_TOLD :])
    found = WANTED.search(asked[-MAX_SEARCHED:][-2 * MAX_TOLD :])
    if found is None:
        return _said(asked[-2 * MAX_TOLD :]) or _numbers(asked)
    told = found[1].strip()
    quoted = QUOTED.match(told)
    if quoted is None and (CHOICE.search(told) or told.endswith("?")):
        return None
    return quoted[2] if quoted else told


def _said(asked: str) -> str | None:
    """Return the few words that the last sentence wants to hear, with a capital letter first."""
    found = SAY.search(asked)
    if found is None:
        return None
    told = found["said"] or found["word"] or found["quoted"] or found["capitals"]
    quoted = QUOTED.match(told)
    if quoted is not None:
        return quoted[2]
    return None if found["said"] and LONGER.search(told) else told[:1].upper() + told[1:]


def _numbers(asked: str) -> str | None:
    """Count, if that is what was asked: in a line, or a number to a line."""
    found = COUNT.match(asked)
    if found is None:
        return None
    first, last = (VALUES.get(each.lower()) or int(each) for each in (found[1] or "1", found[2]))
    step = 1 if first <= last else -1
    numbers = range(first, last + step, step)[:MAX_COUNTED]
    return ("\n" if LINES.search(asked[:MAX_TOLD]) else ", ").join(map(str, numbers))
