"""Words that a prompt wants repeated, for step 3: `Reply with exactly: OK`, `Say this is a test`, `Count to 3`.

They must be at the end of the question, after a colon or in quotes, so that no instruction is mistaken for them; or in
the last sentence, after `Say` or `Respond with the word`. A sentence about what is not wanted may follow
(`Nothing else.`). A request to count must be the first sentence.
"""

import re

from completions.conversation import Prompt
from completions.script.protocols.observation import observation, question
from completions.script.wording import ANSWER, NUMBERS

MAX_WORDS_LENGTH = 200
"""Characters of the requested words."""

EXACT_WORDS = re.compile(
    rf"(?i)\b(?:{ANSWER}|say)\s+(?:back\s+)?(?:with\s+)?(?:exactly|only|just|precisely)\b"
    r"(?:\s+with)?(?:\s+(?:exactly|the\s+(?:word|words|text|string|phrase|number)))?(?:\s+(?:this|these words))?"
    r"(?:\s*:\s*|\s+(?=[\"'`“]))([^\n]{1,200})\s*\Z"
)
ASIDE = (
    r"(?:something|anything|nothing|more|it|that|wh\w+|how|if|so|your|my|a|an|one|some|all|again|(?:hi|hello|hey)\W*\Z)"
)
REPEATED = re.compile(
    r"(?i)(?:\A|[.!]\s|\n)\s*(?:please\s+)?(?:repeat|echo)\s+(?:(?:after me|this|the following|these words|back|exactly"
    r"|to me|text|sentence|message|phrase|what i say)\s*){1,4}:\s*(?P<said>\S[^\n]{0,199})\Z"
)
NAMED_STRING = re.compile(
    rf"(?i)(?:\A|[.!:]\s|\n)\s*(?:please\s+)?(?:just\s+|only\s+)?(?:{ANSWER}|print)\s+(?:only\s+|just\s+)?(?:the\s+)?"
    r"(?:exact\s+)?(?:string|text|words?|phrase)\s+(?P<said>[\"'`“][^\"'`“”\n]{1,100}[\"'`”])[.!]?\s*\Z"
)
"""A sentence whose words are to be repeated, or a text in quotes that is to be returned."""

LAST_SENTENCE = re.compile(
    r"(?i)(?:\A|[.!:]\s|\n)\s*(?:please\s+)?(?:just\s+|only\s+)?(?:"
    rf"say\s+(?!{ASIDE}(?!\w))(?:the\s+words?\s*:?\s*)?(?P<said>[\"'`“][^\"'`“”\n]{{1,100}}[\"'`”]|[\w,' -]{{1,60}})"
    rf"|(?:{ANSWER})\s+(?:back\s+)?with\s+(?:the|a|one)\s+(?:single\s+)?(?:word|phrase|text|string)\s*:?\s*"
    r"(?P<word>[\"'`“][^\"'`“”\n]{1,100}[\"'`”]|[\w-]{1,40})"
    rf"|(?:{ANSWER})\s+with\s+(?P<quoted>[\"'`“][^\"'`“”\n]{{1,100}}[\"'`”])"
    rf"|(?:{ANSWER})\s+with\s+(?!JSON|YAML|XML|HTML|CSV|SQL)(?P<capitals>(?-i:[A-Z]{{2,12}})))[.!]?\s*\Z"
)
"""A last sentence that only asks for a few words."""

LONGER = re.compile(r"(?i)\b(?:about|to|in|with|for|from|as|by|like|again|or|when|if|until)\b|(?:\S+\s+){6}")
"""Signs that more is requested than the words."""

CHOICE = re.compile(r"\bor\b|[/|]")
"""Signs of a choice, rather than of words to repeat; a question is not repeated either."""

UNWANTED = re.compile(
    r"(?i)(?:(?<=[.!:,;\"'`”])|\n)\s*(?:and\s+)?(?:please\s+)?(?:do\s+not|don't|nothing\s+(?:else|more)"
    r"|no\s+(?:other|further|extra|additional|explanations?|preamble|punctuation|markdown|tools?)|without)\b"
    r"[^.!\n]{0,80}[.!]?\s*\Z"
)
"""A last sentence that says what is not wanted: `Reply with the single word OK. Do not use tools.`"""

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
    """Return the requested words; None if a tool has answered since, or if the prompt requests none."""
    if prompt.response_format.kind == "json_object" or observation(prompt) is not None:
        return None
    text = question(prompt)
    for _ in range(MAX_UNWANTED):
        text = text[: -2 * MAX_WORDS_LENGTH] + UNWANTED.sub("", text[-2 * MAX_WORDS_LENGTH :])
    end = text[-2 * MAX_WORDS_LENGTH :]
    if repeated := REPEATED.search(end) or NAMED_STRING.search(end):
        return _unquoted(repeated["said"].strip())
    found = EXACT_WORDS.search(end)
    if found is None:
        return _last_sentence_words(end) or _counted(text)
    words = found[1].strip()
    if QUOTED.match(words) is None and (CHOICE.search(words) or words.endswith("?")):
        return None
    return _unquoted(words)


def _unquoted(words: str) -> str:
    quoted = QUOTED.match(words)
    return quoted[2] if quoted else words


def _last_sentence_words(text: str) -> str | None:
    """Return the few words that the last sentence requests; what is to be said has a capital letter first."""
    found = LAST_SENTENCE.search(text)
    if found is None:
        return None
    words = found["said"] or found["word"] or found["quoted"] or found["capitals"]
    quoted = QUOTED.match(words)
    if quoted is not None:
        return quoted[2]
    if found["said"]:
        return None if LONGER.search(words) else words[:1].upper() + words[1:]
    return words


def _counted(text: str) -> str | None:
    """Count, if the prompt requests it: in one line, or with a number per line."""
    found = COUNT.match(text)
    if found is None:
        return None
    first, last = (VALUES.get(each.lower()) or int(each) for each in (found[1] or "1", found[2]))
    step = 1 if first <= last else -1
    numbers = range(first, last + step, step)[:MAX_COUNTED]
    return ("\n" if LINES.search(text[:MAX_WORDS_LENGTH]) else ", ").join(map(str, numbers))
