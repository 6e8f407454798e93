"""A translation, for step 3: the text itself, so that its form, its keys and its placeholders are kept.

Programs that translate files send JSON and check that its keys come back; others send lines in a Markdown block, in
quotes, after a colon, or as a separate message after a system message that asks for translations.
"""

import re
from functools import lru_cache

from completions.conversation import Prompt
from completions.script.protocols.braces import MAX_SEARCHED, value_of
from completions.script.protocols.instructions import CACHE_SIZE
from completions.script.protocols.observation import observation, question

REQUEST = re.compile(
    r"(?i)(?:\A|[\n.!?]\s*|\b(?:please|(?:task|job) is to|you (?:will|must|should))\s+)(?:help me (?:to )?"
    r"|accurately )?translate\b"
)
"""Requests for a translation, rather than mentions of one."""

QUOTE = re.compile(r"[^\n:`\"\u201c]{0,100}([`\"\u201c])(?!``)")
COLON = re.compile(r"[^\n:.]{0,160}:\s*")
"""The words before the text: `the following text to French:`."""

LABEL = re.compile(r"[^\n:.]{0,60}\b(?:after|below|following|behind|under) [\"'`](\w[\w ]{0,30}:)[\"'`]")
LAST_LABEL = re.compile(r"\n\w[\w ]{0,30}:\s*\Z")
"""The label of the text, which is named before it, and the label of the translation at the end."""

CLOSING = {"\u201c": "\u201d"}
FENCE, TRIPLE = "```", '"""'

MAX_AFTER = 200
"""Characters that may follow a text in quotes."""

MAX_END = 2_000
"""Characters at each end of a text that are searched for a request for a translation."""


def document(prompt: Prompt, seed: str) -> str | None:
    """Return the JSON that is to be translated; None if the user sends none, or asks for something else."""
    text = question(prompt)[-MAX_SEARCHED:].strip().removesuffix(FENCE).rstrip()
    if prompt.tools or text[-1:] not in ("]", "}") or observation(prompt) is not None:
        return None
    if not _requests_translation(prompt.system) and REQUEST.search(text[:MAX_END]) is None:
        return None
    start = max(text.rfind(f"\n{opening}") for opening in "[{") + 1
    return text[start:] if _is_document(text[start:]) and "{" not in text[:start] else None


def _is_document(text: str) -> bool:
    """Tell whether a text is JSON with texts in it, but not a list of objects, which another module answers."""
    value = value_of(text) if text[:1] in ("[", "{") else None
    return isinstance(value, dict) or (isinstance(value, list) and all(isinstance(each, str) for each in value))


def answer(prompt: Prompt, seed: str) -> str | None:
    """Return the text that is to be translated; None if there is none."""
    if prompt.tools or prompt.response_format.kind != "text" or observation(prompt) is not None:
        return None
    text = question(prompt)[-MAX_SEARCHED:]
    if (request := REQUEST.search(text[:MAX_END])) is not None:
        return _source_text(text.strip(), request.end())
    return text if text and _requests_translation(prompt.system) else None


@lru_cache(maxsize=CACHE_SIZE)
def _requests_translation(system: str) -> bool:
    return REQUEST.search(system[:MAX_END]) is not None or REQUEST.search(system[MAX_END:][-MAX_END:]) is not None


def _source_text(text: str, start: int) -> str | None:
    """Return the part of a text that it asks to translate; the text may be named by its label, `after "Text:"`."""
    if (named := LABEL.match(text, start)) is not None:
        _, label, content = text[named.end() :].partition(f"\n{named[1]}")
        return LAST_LABEL.sub("", content).strip() if label else None
    if (opened := QUOTE.match(text, start)) is not None:
        end = text.rfind(CLOSING.get(opened[1], opened[1]))
        if opened.end() < end >= len(text) - MAX_AFTER:
            return text[opened.end() : end]
    if (introduction := COLON.match(text, start)) is not None and text[introduction.end() :]:
        content = text[introduction.end() :]
        return (_within(content, 0) if content.startswith((FENCE, TRIPLE)) else None) or content.strip('"')
    return _within(text, start)


def _within(text: str, start: int) -> str | None:
    """Return the content of a Markdown block, or of three quotes, at the end of a text."""
    for mark in (FENCE, TRIPLE):
        opened = text.find(mark, start)
        if text.endswith(mark) and start <= opened < len(text) - len(mark):
            inner = text[opened + len(mark) : -len(mark)]
            return inner.partition("\n")[2].removesuffix("\n") if mark == FENCE else inner.strip("\n")
    return None
