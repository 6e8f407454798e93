"""The unbilled tokens of Cohere's models: the API's own preamble, and the marks around a prompt.

The figures were derived from 59 recordings of `/v2/chat`, seen on 2026-11-28, which have the tokens that were read and
those that were billed. For other models than these, the preamble is assumed to be Command A's.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from completions.conversation import Choice, Prompt
from completions.tokens import text as tokens
from completions.tokens.deferred import visible_tools
from completions.tokens.measures import MEASURES


class Preamble(NamedTuple):
    """The tokens before a conversation, and those that tools and documents add."""

    plain: int
    tools: int
    documents: int


PREAMBLES: Sequence[tuple[re.Pattern[str], Preamble]] = (
    (re.compile("command-a-plus"), Preamble(26, 175, 417)),
    (re.compile("command-a-reasoning"), Preamble(1386, 893, 1156)),
    (re.compile("command-r(?!7b)"), Preamble(66, 893, 1156)),
    (re.compile(""), Preamble(495, 893, 1156)),
)
"""By the start of the model's name, after the vendor's."""

WEIGHTS: Mapping[str, float] = {"message": 4, "turn": 20, "call": 58, "call_json": 1}
"""Tokens around each message but the first, and each turn with calls; and of each call, which is not billed at all."""

TOOL_WEIGHTS: Mapping[str, float] = {"tool": 12, "tool_json": 0.37, "required": 20}
"""Tokens of each tool but the first, the additional ratio of schemas, and the tokens of a required call."""

SYSTEM_MARKS, FORMAT_MARKS = 30, 107
"""Tokens around a system message, and of a response format."""

END_MARKS, CALL_MARKS, REQUIRED_CALL_MARKS = 3, 27, 9
"""Tokens at the end of an answer, of each call in it, and of each required call."""


def unbilled_prompt_tokens(prompt: Prompt) -> int:
    """Return the tokens of a prompt that are read but not billed."""
    name = (prompt.model or "").lower().rpartition("/")[2]
    preamble = next(found for pattern, found in PREAMBLES if pattern.match(name))
    total = preamble.plain + _weighted(WEIGHTS, prompt)
    total += SYSTEM_MARKS * any(message.role == "system" for message in prompt.messages[:1])
    total += FORMAT_MARKS * (prompt.response_format.kind != "text")
    total += preamble.documents * bool(prompt.body.get("documents"))
    total += sum(tokens.count(thought.text) for message in prompt.messages for thought in message.thoughts)
    if visible_tools(prompt):
        total += preamble.tools + _weighted(TOOL_WEIGHTS, prompt)
    return round(total)


def unbilled_answer_tokens(choices: Sequence[Choice], prompt: Prompt) -> int:
    """Return the tokens of an answer that are not billed."""
    calls = sum(len(choice.tool_calls) for choice in choices)
    return END_MARKS + calls * (REQUIRED_CALL_MARKS if prompt.tool_choice.mode == "required" else CALL_MARKS)


def _weighted(weights: Mapping[str, float], prompt: Prompt) -> float:
    return sum(weight * MEASURES[name](prompt) for name, weight in weights.items())
