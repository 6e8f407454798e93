"""What a prompt says of how to answer, for step 3: the texts that may say so, and their sentences."""

import re
from collections.abc import Iterator
from functools import lru_cache

from completions.conversation import Prompt
from completions.script.protocols.braces import MAX_SEARCHED

NEAR = 3_000
"""Characters at either end of a text that are looked at: what is longer between them is a document, not a demand."""

KEPT = 64
"""How many texts it is remembered of what they ask: a system message comes again with every request."""

SENTENCE = re.compile(r"[^\n.!?]+(?:[.!?](?![\s\"'\u201d]|\Z)[^\n.!?]*)*[.!?]?")
SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+|\n")
NEGATED = re.compile(r"(?i)\b(?:not|no|never|without|don't|remove|avoid|omit|strip|neither)\b")
WRAPPED = re.compile(r"(?<![.!?:;\n-])\n[ \t]*(?=[a-z])")


def takes_any_text(prompt: Prompt) -> bool:
    """Tell whether the answer may be any text, as far as the request's fields say: no tool is offered, and no form."""
    return not prompt.tools and prompt.response_format.kind == "text"


def instructions(prompt: Prompt) -> Iterator[str]:
    """Yield what may say how to answer, the latest first: what the user said since the last answer, and the system."""
    left, answered = MAX_SEARCHED, False
    for message in reversed(prompt.messages):
        answered = answered or (message.role == "assistant" and not message.tool_calls)
        if left > 0 and (message.role in ("system", "developer") or (message.role == "user" and not answered)):
            yield message.text[-left:]
            left -= len(message.text)


def texts_so_far(prompt: Prompt) -> Iterator[str]:
    """Yield the texts of the system and the user in the conversation, the latest first."""
    left = 4 * MAX_SEARCHED
    for message in reversed(prompt.messages):
        if left > 0 and message.role in ("system", "developer", "user"):
            text = message.text[-MAX_SEARCHED:]
            yield text
            left -= len(text)


@lru_cache(maxsize=KEPT)
def unwrapped(text: str) -> str:
    """Return both ends of a text, with the lines of a sentence put together."""
    near = text if len(text) <= 2 * NEAR else f"{text[:NEAR]}\n{text[-NEAR:]}"
    return WRAPPED.sub(" ", near)
