"""The values that a sentence lists, for step 3: `'yes' or 'no'`, `one of: low, medium, high`, `open/closed`.

They are the allowed answers in a prompt, or the allowed values in the description of a property.
"""

import itertools
import re
from collections.abc import Iterator, Sequence

from completions.script.wording import ANSWER, ANSWERS

MAX_OPTION = 40
"""Characters of one answer."""

QUOTES = " \t\"'`*\u201c\u201d"
KINDS = (
    r"(?:categor(?:y|ies)|labels?|class(?:es)?|intents?|options?|choices|values|words|answers|routes?|destinations"
    r"|workers|agents|topics|types?|departments|sentiments?|modes)"
)
REQUEST = re.compile(
    rf"(?i)\b(?:{ANSWERS}|say|state|print|classif\w+|categori[sz]e|choose|select|pick|grade"
    r"|score|label|rate|judge|decide|determine|route|give|provide|identify|must (?:be|read)|should be|what|which|is)\b"
)
QUOTED = re.compile(r"(?<!\w)[\"'`\u201c\u2018]([^\"'`\u201c\u201d\u2018\u2019\n]{1,40})[\"'`\u201d\u2019](?!\w)")
DOUBLY_QUOTED = re.compile(r"([\"'`])(?!\1)[\"'`]")
JOINED = re.compile(r"(?i)\bor\b|/|\|")
BRACKETS = re.compile(r"(?i)\b(?:one of|from|among|between|options|choices)\b[^\[\n]{0,60}\[([^\]\n]{3,1000})\]")
PLAIN = r"(?:yes|no|true|false|pass|fail|correct|incorrect|positive|negative|valid|invalid|safe|unsafe)"
SERIES_TEXT = r"\s*(?P<told>[^\n.:;?!]{3,300})"
ONE_OF = re.compile(
    rf"(?i)\b(?:one of(?: the following| these| the)?(?: {KINDS})?\s*:|either\b|only contains?\s*:|exactly one \w+\s*:"
    r"|one of (?:the following|these) [^\n:.?()]{1,40}(?:\([^()\n]{0,100}\))?\s*:"
    rf"|(?:following|these|allowed|possible|valid|available|candidate)(?: \w+)? {KINDS}\s*:)"
    rf"{SERIES_TEXT}"
)
CLASSIFIED = re.compile(
    r"(?i)\b(?:classif\w+|categori[sz]e|grade|score|label|rate|judge|identify|determine|sentiment)\b[^\n.:]{0,120}?"
    rf"(?:\b(?:as|into|is)\b(?:\s+(?:either|being|one of|the))*:?|:)\s{SERIES_TEXT}"
)
WORD = re.compile(
    rf"(?i)\b(?:{ANSWER}|say)\s+(?:only\s+|just\s+)?(?:with|in|using)\s+(?:only\s+|just\s+|exactly\s+)?"
    rf"(?:a\s+single|a|one|the)\s+words?\s*[:,-]{SERIES_TEXT}"
)
PAIR = re.compile(rf"(?i)(?:\(|\A\W*)(?P<told>{PLAIN}\s*(?:/|\bor\b)\s*{PLAIN})(?:\)|\W*\Z)")
KNOWN = re.compile(
    rf"(?i)\b(?:{ANSWER}|say|(?:should|must|has to) be)\b"
    r"(?:\s+(?:only|just|either|exactly|strictly|simply|with|a|simple|as|in|one of))*"
    rf"\s*:?\s(?={PLAIN}\b){SERIES_TEXT}"
)
"""Introductions of answers without quotes; the last two only accept known words."""

WHOLE = re.compile(rf"(?i){PLAIN}$")
SERIES = re.compile(r"(?i)\s*,\s*(?:or\s+|and\s+)?|\s+or\s+|\s*[/|]\s*")
TAIL = re.compile(
    r"(?is)\s+(?:to|if|based|depending|only|and|with|without|for|in|that|which|when|as|whether|from|on|at|about|alone|so|inside|within|between|using|then)\b.*"
)
ARTICLE = re.compile(r"(?i)^(?:(?:an?|the|as|either|being)\s+)+")
END_WORD = re.compile(r"(?i)^(?:__)?(?:finish(?:ed)?|end|done|stop|terminate|exit|complete)(?:__)?$")
AFFIRMED = frozenset(
    (
        *("yes", "true", "y", "ok", "pass", "passed", "correct", "relevant", "grounded"),
        *("approve", "approved", "valid", "safe", "accept", "accepted", "acceptable", "sufficient", "supported"),
        *("success", "satisfactory", "useful", "faithful", "factual"),
    )
)
UNDECIDED = frozenset(("unknown", "unsure", "undetermined", "undecided", "n/a", "skip", "skipped"))
DENIED = frozenset(("no", "false", "n", "safe"))

IS_WRONG = re.compile(
    r"(?i)\b(?:block|reject|refus|flag|violat|unsafe|harmful|jailbreak|injection|hallucinat"
    r"|contradict|malicious|toxic)\w*\b[^\n.!?]*\?"
)
"""Questions whether something is wrong, to which `no` is the answer that continues the work."""

LETTER_LINE = re.compile(r"(?m)^\W{0,3}([A-Z])[).:][ \t]+([^\n]{1,300})")
NEGATIVE = re.compile(
    r"(?i)\b(?:disagree\w*|conflict\w*|contradict\w*|incorrect\w*|wrong|impossible|fail\w*|unrelated|irrelevant|not?)\b"
)
"""The lines of lettered options, and the words of those that say something negative."""

PRESUMED_TRUE = AFFIRMED | {
    "score",
    "ok",
    "successful",
    "done",
    "finished",
    "complete",
    "completed",
    "resolved",
    "should",
    "applies",
}
PRESUMED_FALSE = frozenset(
    (
        *("flag", "flagged", "block", "blocked", "reject", "rejected", "refuse", "refused", "unsafe", "harmful"),
        *("toxic", "spam", "violation", "violates", "violated", "jailbreak", "injection", "hallucination"),
        *("hallucinated", "malicious", "biased", "error", "failed", "noncommittal", "not", "more", "continue", "retry"),
        *("force", "overwrite"),
    )
)
"""Words in the names of properties that are presumed true, and of those presumed false, or that would never end."""

ONLY_EXAMPLES = re.compile(r"(?i)\b(?:e\.g|eg|such as|like|example|default\w*|for instance|prefix\w*)\b|\A\W*if\b")
"""Signs that values are only examples, or conditions."""

BEFORE_EXAMPLES = re.compile(r"(?i)\b(?:such as|like|e\.g\.|for example|for instance|including)\W*\Z")
"""Words before values that are only examples: `use of words such as "shall" or "may"`."""

FINAL_SERIES = re.compile(
    r":\s*(?P<told>[\w-]+(?:\s*,\s*[\w-]+)*,?\s+or\s+[\w-]+)\.?\Z"
    r"|\((?P<within>[\w-]{3,}(?:\s*[/|]\s*[\w-]{3,})+)\)\.?\Z"
    rf"|\A(?P<whole>{PLAIN}(?:\s*[/|]\s*|\s+or\s+){PLAIN}|[\w-]+(?:\s*\|\s*[\w-]+)+|[A-Z_]+(?:\s*/\s*[A-Z_]+)+)\.?\Z"
)
"""A series at the end of a description: `Level: P0, P1 or P2`, `Status (open/closed)`; or all of it: `yes|no`."""

CAPITALS = re.compile(
    rf"(?i)\b(?:{ANSWER}|say)(?: only| just| exactly)?(?: with)?(?: only| just| either| exactly)? "
    r"(?P<told>(?-i:(?!(?:JSON|YAML|XML|HTML|CSV|SQL|TEXT)\b)[A-Z][A-Z_]+(?:(?:, | or |, or | ?/ ?)[A-Z][A-Z_]+)+))\b"
)
"""Capitalized words of which one is the answer: `Reply with ACK or NAK only`."""


def is_end(option: object) -> bool:
    """Tell whether a value means that the work is done, such as a supervisor's `FINISH`."""
    return isinstance(option, str) and END_WORD.match(option) is not None


def is_affirmed(option: object) -> bool:
    """Tell whether a value is affirmative."""
    return isinstance(option, str) and option.lower() in AFFIRMED


POSITIVE_WORD = re.compile(
    r"(?i)\b(?:positive|lov(?:e|ed|es|ely|ing)|great|excellent|amazing|awesome|fantastic|wonderful|perfect(?:ly)?|best|good|happy"
    r"|enjoy(?:ed|s|able)?|delight(?:ed|ful)|recommend(?:ed)?|pleased|thank(?:s|ful)?|beautiful|brilliant|superb|like[ds]?)\b"
)
NEGATIVE_WORD = re.compile(
    r"(?i)\b(?:negative|hat(?:e|ed|es|ing)|terribl[ey]|awful|horribl[ey]|bad(?:ly)?|worst|poor(?:ly)?|disappoint(?:ed|ing|ment)"
    r"|angry|annoy(?:ed|ing)|broken?|useless|waste|refund|slow|rude|sad|unhappy|frustrat(?:ed|ing)|never again|not"
    r"|n't|don't|didn't|isn't|wasn't|fail(?:s|ed|ure)?)\b"
)
"""Words that express a good or a bad opinion."""


def felt(options: Sequence[object], text: str) -> object:
    """Return the feeling of a text if the options are feelings: `positive`, `negative`, or `neutral` if that is one.

    The names of these two count as well: a text that lists them has both.
    """
    by_name = {option.lower(): option for option in options if isinstance(option, str)}
    if not by_name.keys() >= {"positive", "negative"}:
        return None
    balance = len(POSITIVE_WORD.findall(text)) - len(NEGATIVE_WORD.findall(text))
    return by_name["positive" if balance > 0 else "negative"] if balance else by_name.get("neutral")


def is_negated(option: object) -> bool:
    """Tell whether a value is another one's opposite: `not funny`."""
    return isinstance(option, str) and option.lower().startswith(("not ", "not_", "not-", "non-"))


def is_undecided(option: object) -> bool:
    """Tell whether a value means that there is no answer: `UNKNOWN`."""
    return isinstance(option, str) and option.lower() in UNDECIDED


def is_denied(option: object) -> bool:
    """Tell whether a value is negative, or means that nothing is wrong."""
    return isinstance(option, str) and option.lower() in DENIED


def hopeful_letters(options: Sequence[object], text: str) -> list[str]:
    """Return the letters, of options that are all letters, whose lines in a text say nothing negative.

    `(A) The answers agree.` is hopeful, `(B) There is a disagreement.` is not. Empty if the text lists no such lines.
    """
    if not all(isinstance(each, str) and len(each) == 1 for each in options):
        return []
    return [found[1] for found in LETTER_LINE.finditer(text) if found[1] in options and not NEGATIVE.search(found[2])]


def presumed(name: str) -> tuple[bool, ...]:
    """Return the likely value of a boolean property by its name, if any: `is_safe`, `flagged`, `needsMore`."""
    words = set(re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\W_]+", " ", name).lower().split())
    return () if not words & (PRESUMED_TRUE | PRESUMED_FALSE) else (not words & PRESUMED_FALSE,)


def described_options(description: str) -> list[str]:
    """Return the values that the description of a property lists; empty if it lists none, or only examples."""
    if ONLY_EXAMPLES.search(description):
        return []
    loose = "either" in description.lower() and not QUOTED.search(description)  # `Either a name or a path` has kinds
    names = [] if loose else options_in(f"It is: {description}", bound=True)
    if len(names) < 2 and (last := FINAL_SERIES.search(description)):
        names = _series(last["told"] or last["within"] or last["whole"])
    return names if len(names) > 1 else []


def options_in(sentence: str, bound: bool) -> list[str]:
    """Return the answers that a sentence lists; empty if it does not ask for one of them."""
    sentence = DOUBLY_QUOTED.sub('"', sentence)
    asks = REQUEST.search(sentence) is not None
    if asks and (listed := BRACKETS.search(sentence)):
        return _clean(listed[1].split(","))
    quoted = list(QUOTED.finditer(sentence)) if asks else []
    if len(quoted) > 1 and not BEFORE_EXAMPLES.search(sentence, 0, quoted[0].start()):
        between = "".join(sentence[a.end() : b.start()] for a, b in itertools.pairwise(quoted))
        if JOINED.search(between):
            names = _clean([each[1] for each in quoted])
            return names if bound or all(map(WHOLE.match, names)) else []
    capitals = CAPITALS.search(sentence) if bound else None
    introduced = [capitals["told"]] if capitals else _introduced(sentence)
    return next((names for series in introduced if len(names := _series(series)) > 1), [])


def _introduced(sentence: str) -> Iterator[str]:
    """Yield possible series of answers without quotes."""
    for pattern in (ONE_OF, WORD, CLASSIFIED, PAIR, KNOWN):
        if (found := pattern.search(sentence)) and (pattern is ONE_OF or JOINED.search(found["told"])):
            yield found["told"]


def _series(text: str) -> list[str]:
    names = SERIES.split(text)
    if any(map(TAIL.search, names[:-1])):
        return []
    return _clean([*names[:-1], TAIL.sub("", names[-1])])


def _bare(name: str) -> str:
    """Return a name without quotes and brackets around it; those in `Output (a)` stay."""
    bare = name.strip(QUOTES + "()[]")
    return bare if bare.count("(") == bare.count(")") else name.strip(QUOTES)


def _clean(texts: Sequence[str]) -> list[str]:
    """Return the answers in a series, without articles and quotes; empty if one of them is more than a few words."""
    names = [ARTICLE.sub("", _bare(each)).strip(QUOTES) for each in texts]
    names = list(dict.fromkeys(name for name in names if name))
    return names if all(len(name) <= MAX_OPTION and len(name.split()) <= 3 for name in names) else []
