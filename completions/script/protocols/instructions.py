"""Instructions for the answer in a prompt, for step 3: the texts that may contain them, and their sentences."""

import re
from collections.abc import Iterator
from functools import lru_cache

from completions.conversation import Prompt
from completions.script.protocols.braces import MAX_SEARCHED

NEAR = 3_000
"""Characters at each end of a text that are read: a longer text has a document between them, not instructions."""

CACHE_SIZE = 64
"""Texts whose analysis is cached: a system message recurs in every request."""

SENTENCE = re.compile(r"[^\n.!?]+(?:[.!?](?![\s\"'\u201d]|\Z)[^\n.!?]*)*[.!?]?")
SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+|\n")
NEGATED = re.compile(r"(?i)\b(?:not|no|never|without|don't|remove|avoid|omit|strip|neither)\b")
WRAPPED = re.compile(r"(?<![.!?:;\n-])\n[ \t]*(?=[a-z])")


def takes_any_text(prompt: Prompt) -> bool:
    """Tell whether the request's fields allow any text as the answer: it offers no tools and requires no format."""
    return not prompt.tools and prompt.response_format.kind == "text"


def instructions(prompt: Prompt) -> Iterator[str]:
    """Yield the texts that may have instructions, the latest first: the user's since the last answer, the system's."""
    remaining, answered = MAX_SEARCHED, False
    for message in reversed(prompt.messages):
        answered = answered or (message.role == "assistant" and not message.tool_calls)
        if remaining > 0 and (message.role in ("system", "developer") or (message.role == "user" and not answered)):
            yield message.text[-remaining:]
            remaining -= len(message.text)


def texts_so_far(prompt: Prompt) -> Iterator[str]:
    """Yield the texts of the system and the user in the conversation, the latest first."""
    remaining = 4 * MAX_SEARCHED
    for message in reversed(prompt.messages):
        if remaining > 0 and message.role in ("system", "developer", "user"):
            text = message.text[-MAX_SEARCHED:]
            yield text
            remaining -= len(text)


@lru_cache(maxsize=CACHE_SIZE)
def unwrapped(text: str) -> str:
    """Return both ends of a text, with the lines of each sentence joined."""
    ends = text if len(text) <= 2 * NEAR else f"{text[:NEAR]}\n{text[-NEAR:]}"
    return WRAPPED.sub(" ", ends)
