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
from completions.wire.readback import Answer, ChoiceBuilder

FINISH_REASONS = {"function_call": "tool_calls", "sensitive": "content_filter"}
"""Other names for chat's finish reasons: of OpenAI's `functions`, and at Z.ai."""

REASONING = ("reasoning_content", "reasoning", "thinking")
"""The fields for reasoning in the dialects."""

Document = Mapping[str, Any]

THOUGHT_TAGS = ("<thought>", "</thought>")
"""What stands around thoughts in Google's texts (captured by users of include_thoughts in 2025-07; coder/coder)."""


def collect_choices(document: Document, answer: Answer) -> None:
    """Add the content of a chat completion, a legacy completion or a chunk."""
    answer.set_id_and_model(document.get("id"), document.get("model"))
    collect_usage(document.get("usage") or mapping(document.get("x_groq")).get("usage"), answer)
    for entry in dicts(document.get("choices")):
        choice = answer.choice(whole(entry.get("index"), 0) or 0)
        choice.add_text(entry.get("text"))
        collect_message(mapping(entry.get("message")) or mapping(entry.get("delta")), choice)
        choice.set_finish_reason(entry.get("finish_reason"), FINISH_REASONS)
        if isinstance(entry.get("stop_reason"), str):  # vLLM's
            choice.stopped_by = entry["stop_reason"]


def collect_usage(value: object, answer: Answer, prompt: str = "prompt", completion: str = "completion") -> None:
    """Set the usage, whose fields begin with these words: by default chat's, `prompt_tokens`, `completion_tokens`."""
    usage = mapping(value)
    cached = mapping(usage.get(f"{prompt}_tokens_details")).get("cached_tokens")
    thought = mapping(usage.get(f"{completion}_tokens_details")).get("reasoning_tokens")
    answer.set_usage(usage.get(f"{prompt}_tokens"), usage.get(f"{completion}_tokens"), cached, thought)


def collect_message(message: Document, choice: ChoiceBuilder) -> None:
    """Add the content of a message or a delta."""
    reasoning = next((message[name] for name in REASONING if isinstance(message.get(name), str)), None)
    choice.add_text(reasoning, "reasoning")
    _content(message, choice)
    choice.add_text(mapping(message.get("audio")).get("transcript"))
    choice.add_text(message.get("refusal"), "refusal")
    choice.annotations += dicts(message.get("annotations"))
    for index, call in enumerate(dicts(message.get("tool_calls"))):
        custom, function = mapping(call.get("custom")), mapping(call.get("function"))
        place = whole(call.get("index"), 0)
        choice.add_call(
            (call.get("id") or index) if place is None else place,  # Google's chunks have no index, and a call each
            name=(custom or function).get("name"),
            arguments=custom.get("input", "") if custom else function.get("arguments", ""),
            id=call.get("id"),
            kind="custom" if custom else None,
        )
    if call := mapping(message.get("function_call")):
        choice.add_call("function_call", name=call.get("name"), arguments=call.get("arguments", ""))


def _content(message: Document, choice: ChoiceBuilder) -> None:
    """Add the content: a text, which has Google's thoughts between tags, or Mistral's parts."""
    content, (begin, end) = message.get("content"), THOUGHT_TAGS
    if isinstance(content, str) and mapping(mapping(message.get("extra_content")).get("google")).get("thought") is True:
        thoughts, _, content = content.removeprefix(begin).partition(end)
        choice.add_text(thoughts, "reasoning")
    choice.add_text(content.removeprefix(end) if isinstance(content, str) else content)
    for part in dicts(content):
        choice.add_text(part.get("text"))
        for thought in dicts(part.get("thinking")):
            choice.add_text(thought.get("text"), "reasoning")


def collect_embeddings(document: Document, answer: Answer) -> None:
    """Add the vectors, one choice each."""
    answer.set_id_and_model(document.get("id"), document.get("model"))
    collect_usage(document.get("usage"), answer)
    for index, item in enumerate(dicts(document.get("data"))):
        place = whole(item.get("index"), 0)
        answer.choice(index if place is None else place).embedding = vector(item.get("embedding"))


def vector(value: object) -> tuple[float, ...]:
    """Return a vector given as numbers or as base64 of 32-bit floats; empty if it is neither."""
    if isinstance(value, list):
        return tuple(item for item in value if isinstance(item, int | float) and not isinstance(item, bool))
    try:
        floats = array("f", base64.b64decode(text(value), validate=True))
    except (binascii.Error, ValueError):
        return ()
    if sys.byteorder == "big":
        floats.byteswap()
    return tuple(floats)


def collect_moderations(document: Document, answer: Answer) -> None:
    """Add the results, one choice each."""
    answer.set_id_and_model(document.get("id"), document.get("model"))
    for index, result in enumerate(dicts(document.get("results"))):
        scores = mapping(result.get("category_scores"))
        known = {name: float(scores[name]) for name in ALL_CATEGORIES if isinstance(scores.get(name), int | float)}
        flagged = result.get("flagged")
        answer.choice(index).moderation = Moderation(known, flagged if isinstance(flagged, bool) else None)
