"""What Cohere's models read that is not billed: what it says before a prompt itself, and how it writes what is asked.

The figures were worked out from 59 recordings of `/v2/chat`, seen on 2026-11-28, which tell the tokens that were read
and those that were billed. Of other models than these, what stands before a prompt is taken for Command A's.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from completions.conversation import Choice, Prompt
from completions.tokens import text as tokens
from completions.tokens.deferred import shown
from completions.tokens.measures import MEASURES


class Preamble(NamedTuple):
    """The tokens before a conversation, and those that tools and documents bring besides."""

    plain: int
    tools: int
    documents: int


PREAMBLES: Sequence[tuple[re.Pattern[str], Preamble]] = (
    (re.compile("command-a-plus"), Preamble(26, 175, 417)),
    (re.compile("command-a-reasoning"), Preamble(1386, 893, 1156)),
    (re.compile("command-r(?!7b)"), Preamble(66, 893, 1156)),
    (re.compile(""), Preamble(495, 893, 1156)),
)
"""By what the model's name begins with, behind the vendor's."""

WEIGHTS: Mapping[str, float] = {"message": 4, "turn": 20, "call": 58, "call_json": 1}
"""Tokens around each message but the first, and each turn with calls; and of each call, of which nothing is billed."""

OF_TOOLS: Mapping[str, float] = {"tool": 12, "tool_json": 0.37, "required": 20}
"""Tokens of each tool but the first, how much longer schemas are as they are written, and of having to call one."""

SYSTEM, FORM = 30, 107
"""Tokens around a system message, and of being asked for JSON."""

END, CALL, CALL_ASKED = 3, 27, 9
"""Tokens at the end of an answer, of each call in it, and of each where one must be made."""


def read(prompt: Prompt) -> int:
    """Return how many tokens of a prompt are read and not billed."""
    name = (prompt.model or "").lower().rpartition("/")[2]
    preamble = next(found for pattern, found in PREAMBLES if pattern.match(name))
    total = preamble.plain + _measured(WEIGHTS, prompt)
    total += SYSTEM * any(message.role == "system" for message in prompt.messages[:1])
    total += FORM * (prompt.response_format.kind != "text")
    total += preamble.documents * bool(prompt.body.get("documents"))
    total += sum(tokens.count(thought.text) for message in prompt.messages for thought in message.thoughts)
    if shown(prompt):
        total += preamble.tools + _measured(OF_TOOLS, prompt)
    return round(total)


def said(choices: Sequence[Choice], prompt: Prompt) -> int:
    """Return how many tokens of an answer are not billed."""
    calls = sum(len(choice.tool_calls) for choice in choices)
    return END + calls * (CALL_ASKED if prompt.tool_choice.mode == "required" else CALL)


def _measured(weights: Mapping[str, float], prompt: Prompt) -> float:
    return sum(weight * MEASURES[name](prompt) for name, weight in weights.items())
