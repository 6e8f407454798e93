"""One of the answers that a prompt lists, for step 3: `Answer only yes or no.`, a router's categories.

They stand in quotes, in brackets, behind words such as `one of` or `classify … as`, or as a list below such words:

| the prompt | the answers |
|---|---|
| `Give a binary score 'yes' or 'no'` | in quotes |
| `select the next role from ['Planner', 'Coder']` | in brackets |
| `Respond with one of: billing, sales` | behind the words |
| `Classify it into one of these categories:`, `- billing: about money` | the lines below, each with what it means |

What says yes comes first, for a loop of a grader and a writer ends with it, or what says no where it is asked whether
something is wrong; then the answer whose words, or those of what it means, are in the rest of the prompt. One that ends
the work, as a supervisor's `FINISH`, waits for a worker.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from completions.conversation import Prompt, Tool
from completions.script.auto.fitting import best_fitting
from completions.script.protocols.instructions import (
    KEPT,
    NEAR,
    NEGATED,
    SENTENCE,
    instructions,
    takes_any_text,
    unwrapped,
)
from completions.script.protocols.observation import has_worked, in_sentences, question
from completions.script.schemas.alternatives import (
    JOINED,
    KINDS,
    KNOWN,
    WHOLE,
    is_affirmed,
    is_denied,
    is_end,
    options_in,
)
from completions.script.schemas.document import seeded
from completions.script.wording import ANSWERS

MAX_OPTIONS = 40
BOUND = re.compile(
    r"(?i)\b(?:only|just|exactly|solely|strictly|single|either|binary|nothing else|one of|one word|more than one word"
    r"|must be|without any|no (?:other|additional|extra|explanation\w*|preamble))\b"
)
"""What tells that nothing but one of the answers is to be said."""

NAMED = re.compile(
    rf"(?i)\b(?:only|just|exactly|solely)\b[^\n.]{{0,40}}\b(?:names?|one|letter|{KINDS})\b"
    rf"|\b(?:{ANSWERS})\b[^\n.]{{0,60}}\b(?:(?:single|one) word|nothing else"
    rf"|(?:names?|{KINDS})[^\n.]{{0,30}} only)\b"
)
"""What tells that no more than one of the lines of a list is to be said."""

AT_LENGTH = re.compile(
    r"(?i)(?:\b(?:and|then)\s+(?!not\b|never\b)(?:\w+ )?(?:explain|justify|say why|tell)"
    r"|\b(?:followed by|with|and)\s+(?:an?|your|the)\s+(?:\w+ )?"
    r"(?:explanation|reason\w*|justification))\b"
)
CONDITION = re.compile(r"(?i)\W*(?:if|when|unless)\b")
AWAITED = re.compile(r"(?i)\W*(?:Your )?(?:Answer|Verdict|Decision)\W*\Z")
"""What follows a question that is to be answered right there: `Should it be blocked (Yes or No)?`, `Answer:`."""

FAULT = re.compile(
    r"(?i)\b(?:block|reject|refus|flag|violat|unsafe|harmful|jailbreak|injection|hallucinat"
    r"|contradict)\w*\b[^\n.!?]*\?"
)
"""What asks whether something is wrong, so that `no` is the answer that goes on."""

ENDING = re.compile(
    r"\b(?:[Rr]espond|[Rr]eply|[Aa]nswer|[Rr]eturn|[Ss]elect|[Cc]hoose|[Oo]utput|[Ss]ay)(?: with)? ['\"`]?"
    r"(FINISH|END|DONE|STOP|TERMINATE|EXIT|COMPLETE)\b"
)
"""How a supervisor is told which answer ends the work, where that is not in the list of workers."""

HEAD = re.compile(rf"(?i)\b(?:one of|{KINDS}|definitions)\b[^\n]*\n\s*")
LISTED = re.compile(
    r"[ \t]*(?:[-*•]|\(?\d{1,2}[.)]|\(?[A-Za-z][.)])[ \t]+[*\"'`]{0,3}([\w][\w &/+-]{0,39}?)[*\"'`]{0,3}"
    r"(?:(?:[ \t]*[:(\u2013\u2014]|[ \t]+-)([^\n]*)|[ \t]*)(?:\n|\Z)"
)


def answer(prompt: Prompt, seed: str) -> str | None:
    """Say one of the answers that the prompt lists; None where it lists none, or offers tools, or asks for JSON."""
    if not takes_any_text(prompt):
        return None
    texts = [unwrapped(text) for text in instructions(prompt)]
    bound = any(map(is_bound, texts))
    named = any(map(names_one, texts))
    for text in texts:
        options = listed(text, bound, named)
        if options:
            said = chosen(options, prompt)
            return f"{said}. {in_sentences(prompt, seeded(seed + '/why'))}" if AT_LENGTH.search(text) else said
    return None


def chosen(options: Sequence[Tool], prompt: Prompt) -> str:
    """Return the answer to give of several: tools by whose names and descriptions the one that fits is found."""
    going_on = [option for option in options if not is_end(option.name)]
    ending = [option.name for option in options if is_end(option.name)]
    if ending and (has_worked(prompt) or not going_on):
        return ending[0]
    asked = question(prompt)
    is_wanted = is_denied if FAULT.search(asked[-NEAR:]) else is_affirmed
    affirmed = [option.name for option in going_on if is_wanted(option.name)]
    return affirmed[0] if affirmed else best_fitting(going_on, _rest(asked, going_on)).name


@lru_cache(maxsize=KEPT)
def is_bound(text: str) -> bool:
    """Tell whether a text says that nothing but one of several answers is to be said."""
    return BOUND.search(text) is not None


@lru_cache(maxsize=KEPT)
def names_one(text: str) -> bool:
    """Tell whether a text says that no more than one of the lines of a list is to be said."""
    return NAMED.search(text) is not None


@lru_cache(maxsize=KEPT)
def listed(text: str, bound: bool = True, named: bool = True) -> Sequence[Tool]:
    """Return the answers that a text lists: in a sentence, or in the lines of a list."""
    options = _in_sentences(text, bound) or (_in_list(text) if named else [])
    ending = ENDING.search(text) if options else None
    if ending is None or any(is_end(option.name) for option in options):
        return options
    return [*options, Tool(ending[1])]


def _in_sentences(text: str, bound: bool) -> list[Tool]:
    if not JOINED.search(text) and ":" not in text and "[" not in text:
        return []
    for found in SENTENCE.finditer(text):
        sentence = found[0].strip()
        if not NEGATED.match(sentence):
            names = options_in(sentence, bound)
            known = all(map(WHOLE.match, names))
            if (
                len(names) > 1
                and (known or not CONDITION.match(sentence))
                and (
                    not sentence.endswith("?")
                    or (known and (KNOWN.match(sentence) or AWAITED.match(text, found.end())))
                )
            ):
                return [Tool(name) for name in names]
    return []


def _in_list(text: str) -> list[Tool]:
    """Return the answers in the lines of a list below words that tell what it is a list of."""
    for head in HEAD.finditer(text):
        at, options = head.end(), list[Tool]()
        while (line := LISTED.match(text, at)) and len(options) < MAX_OPTIONS:
            options.append(Tool(line[1].strip(), (line[2] or "").strip()))
            at = line.end()
        if len(options) > 1:
            return options
    return []


def _rest(text: str, options: Sequence[Tool]) -> str:
    """Return a text without the lines that list the answers."""
    names = [option.name.casefold() for option in options]
    explained = tuple(f"{name}{mark}" for name in names for mark in ":)")
    lines = (line.strip(" \t-*\"'`") for line in text[-2 * NEAR :].splitlines() if not LISTED.match(line))
    folded = ((line, line.casefold()) for line in lines)
    return "\n".join(
        line for line, low in folded if not low.startswith(explained) and sum(name in low for name in names) < 2
    )
