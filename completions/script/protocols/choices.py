"""One of the answers that a prompt lists, for step 3: `Answer only yes or no.`, a router's categories.

They are in quotes, in brackets, after words such as `one of` or `classify … as`, or in a list below such words:

| the prompt | the answers |
|---|---|
| `Give a binary score 'yes' or 'no'` | in quotes |
| `select the next role from ['Planner', 'Coder']` | in brackets |
| `Respond with one of: billing, sales` | after the words |
| `Classify it into one of these categories:`, `- billing: about money` | the lines below, each with its meaning |

An affirmative answer is preferred, because it ends a loop of a grader and a writer, or a negative one to a question
whether something is wrong; then the answer whose words, or those of its meaning, are in the rest of the prompt. An
answer that ends the work, such as a supervisor's `FINISH`, waits for a worker.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from completions.conversation import Prompt, Tool
from completions.script.auto.fitting import best_fitting
from completions.script.protocols.instructions import (
    CACHE_SIZE,
    NEAR,
    NEGATED,
    SENTENCE,
    instructions,
    takes_any_text,
    unwrapped,
)
from completions.script.protocols.observation import in_sentences, is_after_worker, question
from completions.script.schemas.alternatives import (
    IS_WRONG,
    JOINED,
    KINDS,
    KNOWN,
    WHOLE,
    felt,
    is_affirmed,
    is_denied,
    is_end,
    options_in,
)
from completions.script.schemas.document import seeded
from completions.script.wording import ANSWERS

MAX_OPTIONS = 40
ONLY_ONE = re.compile(
    r"(?i)\b(?:only|just|exactly|solely|strictly|single|either|binary|nothing else|one of|one word|more than one word"
    r"|must be|without any|no (?:other|additional|extra|explanation\w*|preamble))\b"
)
"""Signs that only one of the answers is allowed."""

ONLY_ONE_NAME = re.compile(
    rf"(?i)\b(?:only|just|exactly|solely)\b[^\n.]{{0,40}}\b(?:names?|one|letter|{KINDS})\b"
    rf"|\b(?:{ANSWERS})\b[^\n.]{{0,60}}\b(?:(?:single|one) word|nothing else"
    rf"|(?:names?|{KINDS})[^\n.]{{0,30}} only)\b"
)
"""Signs that only one of the lines of a list is allowed."""

WITH_REASON = re.compile(
    r"(?i)(?:\b(?:and|then)\s+(?!not\b|never\b)(?:\w+ )?(?:explain|justify|say why|tell)"
    r"|\b(?:followed by|with|and)\s+(?:an?|your|the)\s+(?:\w+ )?"
    r"(?:explanation|reason\w*|justification))\b"
)
CONDITION = re.compile(r"(?i)\W*(?:if|when|unless)\b")
ANSWER_LABEL = re.compile(r"(?i)\W*(?:Your )?(?:Answer|Verdict|Decision)\W*\Z")
"""A prompt for the answer after a question: `Should it be blocked (Yes or No)?`, `Answer:`."""

END_INSTRUCTION = re.compile(
    r"\b(?:[Rr]espond|[Rr]eply|[Aa]nswer|[Rr]eturn|[Ss]elect|[Cc]hoose|[Oo]utput|[Ss]ay)(?: with)? ['\"`]?"
    r"(FINISH|END|DONE|STOP|TERMINATE|EXIT|COMPLETE)\b"
)
"""Instructions for a supervisor about the answer that ends the work, if that is not in the list of workers."""

LIST_INTRODUCTION = re.compile(rf"(?i)\b(?:one of|{KINDS}|definitions)\b[^\n]*\n\s*")
LISTED = re.compile(
    r"[ \t]*(?:[-*•]|\(?\d{1,2}[.)]|\(?[A-Za-z][.)])[ \t]+[*\"'`]{0,3}([\w][\w &/+-]{0,39}?)[*\"'`]{0,3}"
    r"(?:(?:[ \t]*[:(\u2013\u2014]|[ \t]+-)([^\n]*)|[ \t]*)(?:\n|\Z)"
)


def answer(prompt: Prompt, seed: str) -> str | None:
    """Return one of the answers that the prompt lists; None if it lists none, offers tools, or asks for JSON."""
    if not takes_any_text(prompt):
        return None
    texts = [unwrapped(text) for text in instructions(prompt)]
    bound = any(map(is_bound, texts))
    named = any(map(names_one, texts))
    for text in texts:
        options = listed(text, bound, named)
        if options:
            choice = chosen(options, prompt)
            return f"{choice}. {in_sentences(prompt, seeded(seed + '/why'))}" if WITH_REASON.search(text) else choice
    return None


def chosen(options: Sequence[Tool], prompt: Prompt) -> str:
    """Return the answer that fits best among several, given as tools with names and descriptions."""
    continuing = [option for option in options if not is_end(option.name)]
    ending = [option.name for option in options if is_end(option.name)]
    if ending and (is_after_worker(prompt) or not continuing):
        return ending[0]
    user_question = question(prompt)
    names = [option.name for option in continuing]
    if (feeling := felt(names, user_question[-NEAR:])) is not None:
        return str(feeling)
    is_preferred = is_denied if IS_WRONG.search(user_question[-NEAR:]) else is_affirmed
    preferred = [option.name for option in continuing if is_preferred(option.name)]
    return (
        preferred[0] if preferred else best_fitting(continuing, _text_without_options(user_question, continuing)).name
    )


@lru_cache(maxsize=CACHE_SIZE)
def is_bound(text: str) -> bool:
    """Tell whether a text allows only one of several answers."""
    return ONLY_ONE.search(text) is not None


@lru_cache(maxsize=CACHE_SIZE)
def names_one(text: str) -> bool:
    """Tell whether a text allows only one of the lines of a list."""
    return ONLY_ONE_NAME.search(text) is not None


@lru_cache(maxsize=CACHE_SIZE)
def listed(text: str, bound: bool = True, named: bool = True) -> Sequence[Tool]:
    """Return the answers that a text lists: in a sentence, or in the lines of a list."""
    options = _in_sentences(text, bound) or (_in_list(text) if named else [])
    ending = END_INSTRUCTION.search(text) if options else None
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
                    or (known and (KNOWN.match(sentence) or ANSWER_LABEL.match(text, found.end())))
                )
            ):
                return [Tool(name) for name in names]
    return []


def _in_list(text: str) -> list[Tool]:
    """Return the answers in the lines of a list below words that introduce it."""
    for head in LIST_INTRODUCTION.finditer(text):
        at, options = head.end(), list[Tool]()
        while (line := LISTED.match(text, at)) and len(options) < MAX_OPTIONS:
            options.append(Tool(line[1].strip(), (line[2] or "").strip()))
            at = line.end()
        if len(options) > 1:
            return options
    return []


def _text_without_options(text: str, options: Sequence[Tool]) -> str:
    """Return a text without the lines that list the answers."""
    names = [option.name.casefold() for option in options]
    definitions = tuple(f"{name}{mark}" for name in names for mark in ":)")
    lines = (line.strip(" \t-*\"'`") for line in text[-2 * NEAR :].splitlines() if not LISTED.match(line))
    folded = ((line, line.casefold()) for line in lines)
    return "\n".join(
        line for line, low in folded if not low.startswith(definitions) and sum(name in low for name in names) < 2
    )
