"""What a user has told before and asks for, for step 3: `What's my name?` after `Hi, I'm Bob`, `Where do I live?`.

Programs are tested in this way for whether they send a conversation's earlier turns.
"""

import re
from collections.abc import Iterator

from completions.conversation import Prompt
from completions.script.protocols.instructions import takes_any_text
from completions.script.protocols.observation import observation, question

MAX_READ = 2_000
"""Characters at the end of each earlier text that are searched."""

MAX_TEXTS = 100
"""Earlier texts that are searched, the latest first."""

THING = r"(?P<thing>(?:favou?rite )?[a-z]{3,20}(?: [a-z]{3,20})?)"
ASKED = re.compile(
    rf"(?i)\b(?:what(?:'s| is| was)|who(?:'s| is)|do you (?:know|remember|recall)(?: what)?|remind me(?: of| what)?"
    rf"|tell me(?: again)?(?: what)?|remember)\s+my {THING}(?: is| was)?\s*[?.!]?\s*\Z"
)
QUESTIONS = {
    re.compile(r"(?i)\bwho am i\s*[?.!]?\s*\Z"): "name",
    re.compile(r"(?i)\bwhere do i live\s*[?.!]?\s*\Z"): "home",
    re.compile(r"(?i)\bhow old am i\s*[?.!]?\s*\Z"): "age",
}
"""Questions about a user's name, home and age in other words."""

_PROPER = r"[A-Z][\w'-]{0,30}(?:,? [A-Z][\w'-]{0,30}){0,3}"
_NO_NAME = r"(?!(?i:an?|the|not|in|from|at|here|very|so|new|just|looking|trying|going|\d\w*)\b)"
TOLD = {
    "name": re.compile(
        r"\b(?i:my name is|my name's|call me|the user's name is|the user is called|I'm|I am) "
        rf"{_NO_NAME}(?P<told>[A-Za-z][\w'-]{{0,30}}(?: [A-Z][\w'-]{{0,30}}){{0,2}})"
    ),
    "home": re.compile(rf"\b(?i:I live|I'm living|I am living|I'm based|I am based) in (?P<told>{_PROPER})"),
    "age": re.compile(r"\b(?i:I'm|I am|my age is) (?P<told>\d{1,3})\b"),
}
"""How users tell these, by what a question asks for."""

ANSWERS = {"name": "Your name is {}.", "home": "You live in {}.", "age": "You are {} years old."}


def answer(prompt: Prompt, seed: str) -> str | None:
    """Return what the question asks for, if an earlier text tells it; None otherwise."""
    if not takes_any_text(prompt) or observation(prompt) is not None:
        return None
    asked = question(prompt)[-200:]
    if (thing := _thing(asked)) is None:
        return None
    pattern = TOLD.get(thing) or re.compile(
        rf"(?i)\b(?:my|the user's) {re.escape(thing)} (?:is|was|are) "
        r"(?P<told>\w[^.,;!?\n]{0,60}?)(?=\s+(?:and|but|so|because)\b|[.,;!?\n]|\Z)"
    )
    for text in _earlier_texts(prompt):
        if found := [*pattern.finditer(text)]:
            value = found[-1]["told"]
            return ANSWERS.get(thing, f"Your {thing} is {{}}.").format(
                value[:1].upper() + value[1:] if thing in TOLD else value
            )
    return None


def _thing(asked: str) -> str | None:
    """Return what is asked for; None if it is nothing of the user's."""
    if found := ASKED.search(asked):
        return found["thing"].lower()
    return next((thing for pattern, thing in QUESTIONS.items() if pattern.search(asked)), None)


def _earlier_texts(prompt: Prompt) -> Iterator[str]:
    """Yield the texts of the system and the user before the question, and the question's own, the latest first."""
    texts = [message.text[-MAX_READ:] for message in prompt.messages if message.role in ("system", "developer", "user")]
    yield from texts[: -MAX_TEXTS - 1 : -1]
