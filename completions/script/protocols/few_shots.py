"""An answer like those that a prompt shows, for step 3: objects with the same keys, or one of the same few words.

The examples are pairs of lines in a text (`task: …`, `response: {…}`), of which the last has no second line yet or
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
from completions.script.protocols.earlier_answers import schema_of_earlier
from completions.script.protocols.instructions import CACHE_SIZE, instructions
from completions.script.protocols.observation import question
from completions.script.protocols.placeholders import filled
from completions.script.protocols.written_types import schema_of_instance
from completions.script.schemas.document import compact

PAIR = re.compile(
    r"(?m)^[ \t]*([A-Za-z][\w ]{0,30}): *([^\n]{1,2000})\n+[ \t]*([A-Za-z][\w ]{0,30}):\s*(\{|[^\n{]{1,100}$)"
)
LABEL = re.compile(r"\s*([A-Za-z][\w ]{0,30}):")
LAST_LABEL = re.compile(r"^[ \t]*([A-Za-z][\w ]{0,30}):[ \t]*\Z", re.MULTILINE)

FREE_LABEL = re.compile(r"(?i)(?:assistant|ai|\w*bot|agent|model|expert|a|answer|response|reply|output)\Z")
"""Labels of free answers: if none of a few words recurs, they are not a choice of answers."""

MIN_PAIRS = 2
"""The least number of pairs, or of earlier answers."""

MAX_PAIRS = 20
"""Pairs that are read."""

MAX_WORDS = 3
"""The most words of an answer that is one of a fixed set."""


def answer(prompt: Prompt, seed: str) -> str | None:
    """Answer like the examples of the prompt; None if it has none, or offers tools."""
    if prompt.tools or prompt.response_format.kind == "json_schema":
        return None
    user_question = question(prompt)
    first_label, last_label = LABEL.match(user_question), LAST_LABEL.search(user_question[-200:])
    for text in instructions(prompt):
        for labels, answers in _pairs(text):
            is_incomplete = (
                last_label is not None and last_label[1] == labels[1] and text.endswith(user_question[-200:])
            )
            if is_incomplete or (first_label is not None and first_label[1] == labels[0] and text != user_question):
                is_free = FREE_LABEL.match(labels[1]) and len(set(answers)) == len(answers)
                return None if is_free and answers[-1][0] != "{" else _similar_answer(answers, prompt, seed)
    schema = schema_of_earlier(prompt, MIN_PAIRS)
    return None if schema is None else compact(instance(schema, seed, user_question))


@lru_cache(maxsize=CACHE_SIZE)
def _pairs(text: str) -> Sequence[tuple[tuple[str, str], Sequence[str]]]:
    """Return the labels of pairs that occur at least twice in a text, and their answers."""
    found: dict[tuple[str, str], list[str]] = {}
    for pair in itertools.islice(PAIR.finditer(text), MAX_PAIRS) if ":" in text else ():
        object_part = next(iter(braced(text[pair.start(4) :][:20_000])), None) if pair[4] == "{" else None
        found.setdefault((pair[1], pair[3]), []).append(object_part.text if object_part else pair[4].strip())
    return [(labels, answers) for labels, answers in found.items() if len(answers) >= MIN_PAIRS]


def _similar_answer(answers: Sequence[str], prompt: Prompt, seed: str) -> str | None:
    """Answer like the last object of the answers, or with one of them if they are words."""
    value = value_of(answers[-1]) or filled(answers[-1]) if answers[-1].startswith("{") else None
    if isinstance(value, dict):
        return compact(instance(schema_of_instance(value), seed, question(prompt)))
    words = list(dict.fromkeys(answers))
    is_choice = len(words) > 1 and all(0 < len(each.split()) <= MAX_WORDS for each in words)
    return (
        chosen([Tool(each) for each in words], prompt) if is_choice and prompt.response_format.kind == "text" else None
    )
