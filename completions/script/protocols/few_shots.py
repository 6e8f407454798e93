"""An answer like those that a prompt shows, for step 3: objects with the same keys, or one of the same few words.

They are shown by pairs of lines in a text (`task: …`, `response: {…}`), of which the last waits for its second line or
is the user's own, or by earlier answers in the conversation.
"""

import itertools
import re
from collections.abc import Sequence
from functools import lru_cache

from completions.conversation import Prompt, Tool
from completions.script.auto.instances import instance
from completions.script.protocols.braces import braced, value_of
from completions.script.protocols.choices import chosen
from completions.script.protocols.instructions import KEPT, instructions
from completions.script.protocols.observation import question
from completions.script.protocols.placeholders import filled
from completions.script.protocols.written_types import schema_of_instance
from completions.script.schemas.document import compact

PAIR = re.compile(
    r"(?m)^[ \t]*([A-Za-z][\w ]{0,30}): *([^\n]{1,2000})\n+[ \t]*([A-Za-z][\w ]{0,30}):\s*(\{|[^\n{]{1,100}$)"
)
LABEL = re.compile(r"\s*([A-Za-z][\w ]{0,30}):")
AWAITED = re.compile(r"^[ \t]*([A-Za-z][\w ]{0,30}):[ \t]*\Z", re.MULTILINE)

SPEAKER = re.compile(r"(?i)(?:assistant|ai|\w*bot|agent|model|expert|a|answer|response|reply|output)\Z")
"""Who may say anything, so that a few words which do not come again are no choice of answers."""

MIN_PAIRS = 2
"""How many pairs, or earlier answers, have to be there."""

MAX_PAIRS = 20
"""How many pairs are looked at."""

MAX_WORDS = 3
"""The most words of an answer that is one of a few."""


def answer(prompt: Prompt, seed: str) -> str | None:
    """Answer like the examples of the prompt; None where it has none, or offers tools."""
    if prompt.tools or prompt.response_format.kind == "json_schema":
        return None
    asked = question(prompt)
    begun, awaited = LABEL.match(asked), AWAITED.search(asked[-200:])
    for text in instructions(prompt):
        for labels, answers in _pairs(text):
            waits = awaited is not None and awaited[1] == labels[1] and text.endswith(asked[-200:])
            if waits or (begun is not None and begun[1] == labels[0] and text != asked):
                free = SPEAKER.match(labels[1]) and len(set(answers)) == len(answers)
                return None if free and answers[-1][0] != "{" else _like(answers, prompt, seed)
    said = [message.text for message in prompt.messages if message.role == "assistant" and not message.tool_calls]
    objects = len(said) == prompt.turn >= MIN_PAIRS and all(each.startswith("{") for each in said)
    return _like(said, prompt, seed) if objects else None


@lru_cache(maxsize=KEPT)
def _pairs(text: str) -> Sequence[tuple[tuple[str, str], Sequence[str]]]:
    """Return the labels of the pairs that a text shows at least two of, and the answers in them."""
    found: dict[tuple[str, str], list[str]] = {}
    for pair in itertools.islice(PAIR.finditer(text), MAX_PAIRS) if ":" in text else ():
        shown = next(iter(braced(text[pair.start(4) :][:20_000])), None) if pair[4] == "{" else None
        found.setdefault((pair[1], pair[3]), []).append(shown.text if shown else pair[4].strip())
    return [(labels, answers) for labels, answers in found.items() if len(answers) >= MIN_PAIRS]


def _like(answers: Sequence[str], prompt: Prompt, seed: str) -> str | None:
    """Answer like the last object of the answers, or with one of the words that they are."""
    value = value_of(answers[-1]) or filled(answers[-1]) if answers[-1].startswith("{") else None
    if isinstance(value, dict):
        return compact(instance(schema_of_instance(value), seed, question(prompt)))
    words = list(dict.fromkeys(answers))
    few = len(words) > 1 and all(0 < len(each.split()) <= MAX_WORDS for each in words)
    return chosen([Tool(each) for each in words], prompt) if few and prompt.response_format.kind == "text" else None
