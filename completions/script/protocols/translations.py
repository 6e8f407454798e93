"""A translation, for step 3: the text itself, which keeps its form, its keys and its placeholders.

Programs that translate files send JSON and look whether its keys come back; others send lines in a Markdown block, in
quotes, behind a colon, or as a message of its own after a system message that asks for translations.
"""

import re
from functools import lru_cache

from completions.conversation import Prompt
from completions.script.protocols.braces import MAX_SEARCHED, value_of
from completions.script.protocols.instructions import CACHE_SIZE
from completions.script.protocols.observation import observation, question

ASKS = re.compile(
    r"(?i)(?:\A|[\n.!?]\s*|\b(?:please|(?:task|job) is to|you (?:will|must|should))\s+)(?:help me (?:to )?"
    r"|accurately )?translate\b"
)
"""How a translation is asked for, rather than spoken of."""

QUOTE = re.compile(r"[^\n:`\"\u201c]{0,100}([`\"\u201c])(?!``)")
COLON = re.compile(r"[^\n:.]{0,160}:\s*")
"""What stands before the text: `the following text to French:`."""

CLOSING = {"\u201c": "\u201d"}
FENCE, TRIPLE = "```", '"""'

MAX_AFTER = 200
"""Characters that may follow on a text in quotes."""

NEAR = 2_000
"""Characters at each end of a text in which a translation is asked for."""


def document(prompt: Prompt, seed: str) -> str | None:
    """Return the JSON that is to be translated; None where the user sends none, or asks for something else."""
    asked = question(prompt)[-MAX_SEARCHED:].strip().removesuffix(FENCE).rstrip()
    if prompt.tools or asked[-1:] not in ("]", "}") or observation(prompt) is not None:
        return None
    if not _asks(prompt.system) and ASKS.search(asked[:NEAR]) is None:
        return None
    start = max(asked.rfind(f"\n{opening}") for opening in "[{") + 1
    return asked[start:] if _is_document(asked[start:]) and "{" not in asked[:start] else None


def _is_document(text: str) -> bool:
    """Tell whether a text is JSON with texts in it, and no list of objects, which is answered in a form of its own."""
    value = value_of(text) if text[:1] in ("[", "{") else None
    return isinstance(value, dict) or (isinstance(value, list) and all(isinstance(each, str) for each in value))


def answer(prompt: Prompt, seed: str) -> str | None:
    """Return the text that is to be translated; None where none is."""
    if prompt.tools or prompt.response_format.kind != "text" or observation(prompt) is not None:
        return None
    asked = question(prompt)[-MAX_SEARCHED:]
    if (wanted := ASKS.search(asked[:NEAR])) is not None:
        return _given(asked.strip(), wanted.end())
    return asked if asked and _asks(prompt.system) else None


@lru_cache(maxsize=CACHE_SIZE)
def _asks(system: str) -> bool:
    return ASKS.search(system[:NEAR]) is not None or ASKS.search(system[NEAR:][-NEAR:]) is not None


def _given(text: str, start: int) -> str | None:
    """Return what a text that asks for a translation gives to translate."""
    if (opened := QUOTE.match(text, start)) is not None:
        end = text.rfind(CLOSING.get(opened[1], opened[1]))
        if opened.end() < end >= len(text) - MAX_AFTER:
            return text[opened.end() : end]
    if (told := COLON.match(text, start)) is not None and text[told.end() :]:
        given = text[told.end() :]
        return (_within(given, 0) if given.startswith((FENCE, TRIPLE)) else None) or given.strip('"')
    return _within(text, start)


def _within(text: str, start: int) -> str | None:
    """Return the text in a Markdown block, or in three quotes, with which a text ends."""
    for mark in (FENCE, TRIPLE):
        opened = text.find(mark, start)
        if text.endswith(mark) and start <= opened < len(text) - len(mark):
            inner = text[opened + len(mark) : -len(mark)]
            return inner.partition("\n")[2].removesuffix("\n") if mark == FENCE else inner.strip("\n")
    return None
