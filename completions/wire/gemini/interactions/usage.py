"""What an interaction costs: the counts of an answer of `generateContent`, by their names here.

Of Gemini 3 it is told besides, since September 2026, what each call of the model read and wrote, with the marks around
it that are not billed; of Gemini 2.5 it was not in October. The figures are of 13 recordings of gemini-3-flash-preview
(0xPlaygrounds/rig, until October 2026).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.conversation import Prompt, Reply
from completions.wire.gemini.answer import Said
from completions.wire.gemini.envelope import told_usage
from completions.wire.gemini.hosted import offered
from completions.wire.gemini.signatures import is_strict

Document = dict[str, Any]

COUNTS: Mapping[str, str] = {
    "total_tokens": "totalTokenCount",
    "total_input_tokens": "promptTokenCount",
    "total_cached_tokens": "cachedContentTokenCount",
    "total_output_tokens": "candidatesTokenCount",
    "total_tool_use_tokens": "toolUsePromptTokenCount",
    "total_thought_tokens": "thoughtsTokenCount",
}
"""The counts of a usage, by those of an answer of `generateContent`."""

DETAILS: Mapping[str, tuple[str, str]] = {
    "total_input_tokens": ("input_tokens_by_modality", "promptTokensDetails"),
    "total_cached_tokens": ("cached_tokens_by_modality", "cacheTokensDetails"),
    "total_output_tokens": ("output_tokens_by_modality", "candidatesTokensDetails"),
    "total_tool_use_tokens": ("tool_use_tokens_by_modality", "toolUsePromptTokensDetails"),
}
"""What is told after a count of the modalities that it is made of."""

BEFORE, SYSTEM, TURN = 21, 8, 8
"""Tokens before what a model is asked, of its having a system message or tools, and around what it said before."""

THOUGHT, CALL = 4, 2
"""Tokens around an answer that was thought of, and around each call in it."""


def usage(reply: Reply, asked: Prompt, saids: Sequence[Said], *, is_agent: bool) -> Document:
    """Return what an interaction costs; `asked` is the prompt as it would ask `generateContent`."""
    counted = told_usage(reply, asked, saids)
    found: Document = {}
    for name, other in COUNTS.items():
        found[name] = counted.get(other, 0)
        by, details = DETAILS.get(name, ("", ""))
        if told := [_of_modality(each) for each in counted.get(details, ()) if each["tokenCount"]]:
            found[by] = told
    searched = bool(saids and saids[0].text and "googleSearch" in offered(asked))
    if searched:
        found["grounding_tool_count"] = [{"type": "google_search", "count": 1, "search_query_count": 1}]
    if is_agent or not is_strict(asked.model):
        return found
    return found | _invocations(found, asked, saids, searched=searched)


def _of_modality(told: Mapping[str, Any]) -> Document:
    return {"modality": told["modality"].lower(), "tokens": told["tokenCount"]}


def _invocations(found: Document, asked: Prompt, saids: Sequence[Said], *, searched: bool) -> Document:
    """Return what each call of the model read and wrote; after a tool of the API's own it was called once more."""
    said = sum(message.role == "assistant" and not message.tool_calls for message in asked.messages)
    marked = bool(asked.tools) or any(message.role == "system" for message in asked.messages)
    marks = BEFORE + SYSTEM * marked + TURN * said
    around = THOUGHT * bool(found["total_thought_tokens"]) + CALL * sum(len(each.calls) for each in saids)
    given = found["total_tool_use_tokens"]
    read = _with_more_texts(found.get("input_tokens_by_modality", []), marks)
    again = _with_more_texts(read, given)
    output = found.get("output_tokens_by_modality") or _with_more_texts([], found["total_output_tokens"])
    wrote = _with_more_texts(output, around if saids else 0)
    thought = _with_more_texts([], found["total_thought_tokens"])
    if not given and not searched:
        calls = others = [_invocation(wrote, read, thought)]
    else:
        calls = [_invocation([], read, thought), _invocation(wrote, again, [])]
        others = [calls[0], _invocation(wrote, [] if searched else again, [])]
    return {
        "raw_prompt_token": found["total_input_tokens"] + marks + given,
        "model_invocation_token_counts": calls,
        "non_grounding_model_invocation_token_counts": others,
    }


def _with_more_texts(counts: Sequence[Document], more: int) -> Sequence[Document]:
    """Return the counts of modalities with so many tokens of text more."""
    before = sum(each["tokens"] for each in counts if each["modality"] == "text")
    others = [each for each in counts if each["modality"] != "text"]
    return [*([{"modality": "text", "tokens": before + more}] if before + more else []), *others]


def _invocation(wrote: Sequence[Document], read: Sequence[Document], thought: Sequence[Document]) -> Document:
    counts = {"candidates": wrote, "prompt": read, "thoughts": thought}
    return {f"{name}_tokens_details": details for name, details in counts.items() if details}
