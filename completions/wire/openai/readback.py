"""Read the answers of OpenAI's formats without items: chat in all dialects, legacy completions, embeddings."""

import base64
import binascii
import sys
from array import array
from collections.abc import Mapping
from typing import Any

from completions.conversation import Moderation
from completions.tokens.capabilities import ALL_CATEGORIES
from completions.wire.fields import dicts, mapping, text, whole
from completions.wire.readback import Answer, Voice

FINISH_REASONS = {"function_call": "tool_calls", "sensitive": "content_filter"}
"""Other names for chat's finish reasons: of OpenAI's `functions`, and at Z.ai."""

REASONING = ("reasoning_content", "reasoning", "thinking")
"""The fields for reasoning in the dialects."""

Document = Mapping[str, Any]

THOUGHT_TAGS = ("<thought>", "</thought>")
"""What stands around thoughts in Google's texts (captured by users of include_thoughts in 2025-07; coder/coder)."""


def collect_choices(document: Document, answer: Answer) -> None:
    """Add what a chat completion, a legacy completion or a chunk says."""
    answer.notes(document.get("id"), document.get("model"))
    collect_usage(document.get("usage") or mapping(document.get("x_groq")).get("usage"), answer)
    for choice in dicts(document.get("choices")):
        voice = answer.voice(whole(choice.get("index"), 0) or 0)
        voice.says(choice.get("text"))
        collect_message(mapping(choice.get("message")) or mapping(choice.get("delta")), voice)
        voice.ends(choice.get("finish_reason"), FINISH_REASONS)
        if isinstance(choice.get("stop_reason"), str):  # vLLM's
            voice.stopped_by = choice["stop_reason"]


def collect_usage(given: object, answer: Answer, asked: str = "prompt", said: str = "completion") -> None:
    """Add a usage, whose counts are called as chat's are, or by other words."""
    usage = mapping(given)
    cached = mapping(usage.get(f"{asked}_tokens_details")).get("cached_tokens")
    thought = mapping(usage.get(f"{said}_tokens_details")).get("reasoning_tokens")
    answer.costs(usage.get(f"{asked}_tokens"), usage.get(f"{said}_tokens"), cached, thought)


def collect_message(message: Document, voice: Voice) -> None:
    """Add what a message or a delta says."""
    voice.says(next((message[name] for name in REASONING if isinstance(message.get(name), str)), None), "reasoning")
    _content(message, voice)
    voice.says(mapping(message.get("audio")).get("transcript"))
    voice.says(message.get("refusal"), "refusal")
    voice.annotations += dicts(message.get("annotations"))
    for index, call in enumerate(dicts(message.get("tool_calls"))):
        custom, function = mapping(call.get("custom")), mapping(call.get("function"))
        place = whole(call.get("index"), 0)
        voice.call(
            (call.get("id") or index) if place is None else place,  # Google's chunks have no index, and a call each
            name=(custom or function).get("name"),
            arguments=custom.get("input", "") if custom else function.get("arguments", ""),
            id=call.get("id"),
            kind="custom" if custom else None,
        )
    if call := mapping(message.get("function_call")):
        voice.call("function_call", name=call.get("name"), arguments=call.get("arguments", ""))


def _content(message: Document, voice: Voice) -> None:
    """Add the content: a text, which has Google's thoughts between tags, or Mistral's parts."""
    content, (begin, end) = message.get("content"), THOUGHT_TAGS
    if isinstance(content, str) and mapping(mapping(message.get("extra_content")).get("google")).get("thought") is True:
        thoughts, _, content = content.removeprefix(begin).partition(end)
        voice.says(thoughts, "reasoning")
    voice.says(content.removeprefix(end) if isinstance(content, str) else content)
    for part in dicts(content):
        voice.says(part.get("text"))
        for thought in dicts(part.get("thinking")):
            voice.says(thought.get("text"), "reasoning")


def collect_embeddings(document: Document, answer: Answer) -> None:
    """Add the vectors, one choice each."""
    answer.notes(document.get("id"), document.get("model"))
    collect_usage(document.get("usage"), answer)
    for index, item in enumerate(dicts(document.get("data"))):
        place = whole(item.get("index"), 0)
        answer.voice(index if place is None else place).embedding = vector(item.get("embedding"))


def vector(given: object) -> tuple[float, ...]:
    """Return a vector given as numbers or as base64 of 32-bit floats; empty if it is neither."""
    if isinstance(given, list):
        return tuple(item for item in given if isinstance(item, int | float) and not isinstance(item, bool))
    try:
        floats = array("f", base64.b64decode(text(given), validate=True))
    except (binascii.Error, ValueError):
        return ()
    if sys.byteorder == "big":
        floats.byteswap()
    return tuple(floats)


def collect_moderations(document: Document, answer: Answer) -> None:
    """Add the results, one choice each."""
    answer.notes(document.get("id"), document.get("model"))
    for index, result in enumerate(dicts(document.get("results"))):
        scores = mapping(result.get("category_scores"))
        known = {name: float(scores[name]) for name in ALL_CATEGORIES if isinstance(scores.get(name), int | float)}
        flagged = result.get("flagged")
        answer.voice(index).moderation = Moderation(known, flagged if isinstance(flagged, bool) else None)
