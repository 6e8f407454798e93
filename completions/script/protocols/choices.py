"""One of the answers that a prompt lists, for step 3: `Answer only yes or no.`, a router's categories.

They stand in quotes, in brackets, behind words such as `one of` or `classify … as`, or as a list below such words:

| the prompt | the answers |
|---|---|
| `Give a binary score 'yes' or 'no'` | in quotes |
| `select the next role from ['Planner', 'Coder']` | in brackets |
| `Respond with one of: billing, sales` | behind the words |
| `Classify it into one of these categories:`, `- billing: about money` | the lines below, each with what it means |

What says yes comes first, for a loop of a grader and a writer ends with it; then the answer whose words, or those of
what it means, are in the rest of the prompt. One that ends the work, as a supervisor's `FINISH`, waits for a worker.
"""

import itertools
import re
from collections.abc import Iterator, Sequence

from completions.conversation import Prompt, Tool
from completions.script.auto.fitting import fitting
from completions.script.protocols.observation import in_sentences, question
from completions.script.protocols.quoted import NEGATED, instructions
from completions.script.schemas.document import seeded

NEAR = 4_000
"""Characters at either end of a text that are looked at: what is longer between them is a document, not a demand."""

MAX_OPTIONS = 40
MAX_OPTION = 40
"""Characters of one answer."""

KINDS = (
    r"(?:categor(?:y|ies)|labels?|class(?:es)?|intents?|options?|choices|values|words|answers|routes?|destinations"
    r"|workers|agents|topics|types?|departments|sentiments?)"
)
ASKS = re.compile(
    r"\b(?:reply|respon[ds]e?|answer|output|return|say|state|print|classif\w+|categori[sz]e|choose|select|pick|grade"
    r"|score|label|rate|judge|decide|determine|route|give|provide|identify|must be|should be|what|which|is)\b",
    re.IGNORECASE,
)
BOUND = re.compile(
    r"\b(?:only|just|exactly|solely|strictly|single|either|binary|nothing else|one of|one word|more than one word"
    r"|must be|without any|no (?:other|additional|extra|explanation\w*|preamble))\b",
    re.IGNORECASE,
)
"""What tells that nothing but one of the answers is to be said."""

NAMED = re.compile(
    rf"\b(?:only|just|exactly|solely)\b[^\n.]{{0,40}}\b(?:names?|one|letter|{KINDS})\b"
    r"|\b(?:repl(?:y|ies)|respon[ds]e?|answer|output|return)\b[^\n.]{0,60}\b(?:(?:single|one) word|nothing else"
    rf"|(?:names?|{KINDS})[^\n.]{{0,30}} only)\b",
    re.IGNORECASE,
)
"""What tells that no more than one of the lines of a list is to be said."""

AT_LENGTH = re.compile(
    r"(?:\b(?:and|then)\s+(?!not\b|never\b)(?:\w+ )?(?:explain|justify|say why|tell)"
    r"|\b(?:followed by|with|and)\s+(?:an?|your|the)\s+(?:\w+ )?"
    r"(?:explanation|reason\w*|justification))\b",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"[^\n.!?]+(?:[.!?](?![\s\"'\u201d]|\Z)[^\n.!?]*)*[.!?]?")
WRAPPED = re.compile(r"(?<![.!?:;\n-])\n[ \t]*(?=[a-z])")
QUOTED = re.compile(r"(?<!\w)[\"'`\u201c\u2018]([^\"'`\u201c\u201d\u2018\u2019\n]{1,40})[\"'`\u201d\u2019](?!\w)")
JOINED = re.compile(r"\bor\b|/|\|", re.IGNORECASE)
BRACKETS = re.compile(
    r"\b(?:one of|from|among|between|options|choices)\b[^\[\n]{0,60}\[([^\]\n]{3,1000})\]", re.IGNORECASE
)
PLAIN = r"(?:yes|no|true|false|pass|fail|correct|incorrect|positive|negative|valid|invalid|safe|unsafe)"
TOLD = r"\s*(?P<told>[^\n.:;?!]{3,300})"
ONE_OF = re.compile(
    rf"\b(?:one of(?: the following| these| the)?(?: {KINDS})?\s*:|either\b"
    rf"|(?:following|these|allowed|possible|valid|available|candidate)(?: \w+)? {KINDS}\s*:)"
    rf"{TOLD}",
    re.IGNORECASE,
)
CLASSED = re.compile(
    r"\b(?:classif\w+|categori[sz]e|grade|score|label|rate|judge|identify|determine|sentiment)\b[^\n.:]{0,120}?"
    rf"(?:\b(?:as|into|is)\b(?:\s+(?:either|being|one of|the))*:?|:)\s{TOLD}",
    re.IGNORECASE,
)
WORD = re.compile(
    r"\b(?:reply|respond|answer|return|output|say)\s+(?:only\s+|just\s+)?(?:with|in|using)\s+(?:only\s+|just\s+|exactly\s+)?"
    rf"(?:a\s+single|a|one|the)\s+words?\s*[:,-]{TOLD}",
    re.IGNORECASE,
)
PAIR = re.compile(rf"\((?P<told>{PLAIN}\s*(?:/|\bor\b)\s*{PLAIN})\)", re.IGNORECASE)
KNOWN = re.compile(
    r"\b(?:reply|respond|answer|return|output|say)\b(?:\s+(?:only|just|either|exactly|strictly|simply|with|a|simple|as|in))*"
    rf"\s*:?\s(?={PLAIN}\b){TOLD}",
    re.IGNORECASE,
)
"""How answers without quotes are introduced; the last two of these take no others than the words that they know."""

WHOLE = re.compile(rf"{PLAIN}$", re.IGNORECASE)
CONDITION = re.compile(r"\W*(?:if|when|unless)\b", re.IGNORECASE)
SERIES = re.compile(r"\s*,\s*(?:or\s+|and\s+)?|\s+or\s+|\s*[/|]\s*", re.IGNORECASE)
TAIL = re.compile(
    r"\s+(?:to|if|based|depending|only|and|with|without|for|in|that|which|when|as|whether|from|on|at|about|alone|so)\b.*",
    re.IGNORECASE | re.DOTALL,
)
ARTICLE = re.compile(r"^(?:(?:an?|the|as|either|being)\s+)+", re.IGNORECASE)
HEAD = re.compile(rf"\b(?:one of|{KINDS}|definitions)\b[^\n]*\n", re.IGNORECASE)
LISTED = re.compile(
    r"[ \t]*(?:[-*•]|\(?\d{1,2}[.)]|\(?[A-Za-z][.)])[ \t]+[*\"'`]{0,3}([\w][\w &/+-]{0,39}?)[*\"'`]{0,3}"
    r"(?:[ \t]*(?::|[-\u2013\u2014]|\()([^\n]*)|[ \t]*)(?:\n|\Z)"
)
FINISHED = re.compile(r"^(?:__)?(?:finish(?:ed)?|end|done|stop|terminate|exit|complete)(?:__)?$", re.IGNORECASE)
AFFIRMED = (
    "yes",
    "true",
    "y",
    "pass",
    "passed",
    "correct",
    "relevant",
    "grounded",
    "approve",
    "approved",
    "valid",
    "safe",
)


def answer(prompt: Prompt, seed: str) -> str | None:
    """Say one of the answers that the prompt lists; None where it lists none, or offers tools, or asks for JSON."""
    if prompt.tools or prompt.response_format.kind != "text":
        return None
    texts = [unwrapped(text) for text in instructions(prompt)]
    bound = any(map(BOUND.search, texts))
    named = any(map(NAMED.search, texts))
    for text in texts:
        options = listed(text, bound, named)
        if options:
            said = chosen(options, prompt)
            return f"{said}. {in_sentences(prompt, seeded(seed + '/why'))}" if AT_LENGTH.search(text) else said
    return None


def chosen(options: Sequence[Tool], prompt: Prompt) -> str:
    """Return the answer to give of several: tools by whose names and descriptions the one that fits is found."""
    going_on = [option for option in options if not FINISHED.match(option.name)]
    ending = [option.name for option in options if FINISHED.match(option.name)]
    if ending and (_has_worked(prompt) or not going_on):
        return ending[0]
    affirmed = [option.name for option in going_on if option.name.lower() in AFFIRMED]
    return affirmed[0] if affirmed else fitting(going_on, _rest(question(prompt), going_on), most=1)[0].name


def listed(text: str, bound: bool = True, named: bool = True) -> list[Tool]:
    """Return the answers that a text lists: in a sentence, or in the lines of a list."""
    return _in_sentences(text, bound) or (_in_list(text) if named else [])


def options_in(sentence: str, bound: bool) -> list[str]:
    """Return the answers that a sentence lists; none where it does not ask for one of them."""
    asks = ASKS.search(sentence) is not None
    if asks and (listed := BRACKETS.search(sentence)):
        return _clean(listed[1].split(","))
    quoted = list(QUOTED.finditer(sentence)) if asks else []
    if len(quoted) > 1:
        between = "".join(sentence[a.end() : b.start()] for a, b in itertools.pairwise(quoted))
        if JOINED.search(between):
            names = _clean([each[1] for each in quoted])
            return names if bound or all(map(WHOLE.match, names)) else []
    return next((names for told in _introduced(sentence) if len(names := _series(told)) > 1), [])


def _introduced(sentence: str) -> Iterator[str]:
    """Yield what may be a series of answers without quotes."""
    for pattern in (ONE_OF, WORD, CLASSED, PAIR, KNOWN):
        if (found := pattern.search(sentence)) and (pattern is ONE_OF or JOINED.search(found["told"])):
            yield found["told"]


def _series(told: str) -> list[str]:
    names = SERIES.split(told)
    if any(map(TAIL.search, names[:-1])):
        return []
    return _clean([*names[:-1], TAIL.sub("", names[-1])])


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
                and (not sentence.endswith("?") or (known and KNOWN.match(sentence)))
            ):
                return [Tool(name) for name in names]
    return []


def _in_list(text: str) -> list[Tool]:
    """Return the answers in the lines of a list below words that tell what it is a list of."""
    for head in HEAD.finditer(text):
        at = head.end() + len(re.match(r"\s*", text[head.end() :])[0])  # type: ignore[index]  # it matches anything
        options: list[Tool] = []
        while (line := LISTED.match(text, at)) and len(options) < MAX_OPTIONS:
            options.append(Tool(line[1].strip(), (line[2] or "").strip()))
            at = line.end()
        if len(options) > 1:
            return options
    return []


def _clean(told: Sequence[str]) -> list[str]:
    """Return the answers in a series, without articles and quotes; none where one of them is more than a few words."""
    names = [ARTICLE.sub("", each.strip(" \t\"'`*\u201c\u201d()[]")).strip(" \t\"'`*\u201c\u201d") for each in told]
    names = list(dict.fromkeys(name for name in names if name))
    return names if all(len(name) <= MAX_OPTION and len(name.split()) <= 3 for name in names) else []


def unwrapped(text: str) -> str:
    """Return both ends of a text, with the lines of a sentence put together."""
    near = text if len(text) <= 2 * NEAR else f"{text[:NEAR]}\n{text[-NEAR:]}"
    return WRAPPED.sub(" ", near)


def _has_worked(prompt: Prompt) -> bool:
    """Tell whether what was said last is by a worker: an assistant, a tool, or someone with a name."""
    last = next((each for each in reversed(prompt.messages) if each.role not in ("system", "developer")), None)
    return last is not None and (last.role in ("assistant", "tool") or last.name is not None)


def _rest(text: str, options: Sequence[Tool]) -> str:
    """Return a text without the lines that list the answers."""
    names = [option.name.casefold() for option in options]
    explained = tuple(f"{name}{mark}" for name in names for mark in ":)")
    lines = (line.strip(" \t-*\"'`") for line in text[-2 * NEAR :].splitlines() if not LISTED.match(line))
    folded = ((line, line.casefold()) for line in lines)
    return "\n".join(
        line for line, low in folded if not low.startswith(explained) and sum(name in low for name in names) < 2
    )
