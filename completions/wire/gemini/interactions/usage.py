"""The usage of an interaction: the counts of an answer of `generateContent`, under other names.

Since September 2026, the usage of Gemini 3 also has the tokens that each invocation of the model read and wrote,
including the marks around them that are not billed; that of Gemini 2.5 did not have them in October. The figures are
of 13 recordings of gemini-3-flash-preview (0xPlaygrounds/rig, until October 2026).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.conversation import Prompt, Reply
from completions.wire.gemini.answer import Candidate
from completions.wire.gemini.envelope import reported_usage
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
"""The names of the counts, and their names in an answer of `generateContent`."""

DETAILS: Mapping[str, tuple[str, str]] = {
    "total_input_tokens": ("input_tokens_by_modality", "promptTokensDetails"),
    "total_cached_tokens": ("cached_tokens_by_modality", "cacheTokensDetails"),
    "total_output_tokens": ("output_tokens_by_modality", "candidatesTokensDetails"),
    "total_tool_use_tokens": ("tool_use_tokens_by_modality", "toolUsePromptTokensDetails"),
}
"""The names of the counts by modality that follow a count, here and in `generateContent`."""

PROMPT_MARKS, SYSTEM_MARKS, TURN_MARKS = 21, 8, 8
"""Marks in tokens: before the prompt, for a system message or tools, and around each earlier answer."""

THOUGHT_MARKS, CALL_MARKS = 4, 2
"""Marks in tokens: around an answer with reasoning, and around each of its calls."""


def usage(reply: Reply, prompt: Prompt, candidates: Sequence[Candidate], *, is_agent: bool) -> Document:
    """Return the usage of an interaction; `prompt` is the equivalent prompt of `generateContent`."""
    counted = reported_usage(reply, prompt, candidates)
    document: Document = {}
    for name, other in COUNTS.items():
        document[name] = counted.get(other, 0)
        by, details = DETAILS.get(name, ("", ""))
        if modalities := [_modality_count(each) for each in counted.get(details, ()) if each["tokenCount"]]:
            document[by] = modalities
    searched = bool(candidates and candidates[0].text and "googleSearch" in offered(prompt))
    if searched:
        document["grounding_tool_count"] = [{"type": "google_search", "count": 1, "search_query_count": 1}]
    if is_agent or not is_strict(prompt.model):
        return document
    return document | _invocations(document, prompt, candidates, searched=searched)


def _modality_count(count: Mapping[str, Any]) -> Document:
    return {"modality": count["modality"].lower(), "tokens": count["tokenCount"]}


def _invocations(document: Document, prompt: Prompt, candidates: Sequence[Candidate], *, searched: bool) -> Document:
    """Return the tokens of each invocation of the model; after a built-in tool it is invoked once more."""
    turns = sum(message.role == "assistant" and not message.tool_calls for message in prompt.messages)
    has_preamble = bool(prompt.tools) or any(message.role == "system" for message in prompt.messages)
    marks = PROMPT_MARKS + SYSTEM_MARKS * has_preamble + TURN_MARKS * turns
    around = THOUGHT_MARKS * bool(document["total_thought_tokens"]) + CALL_MARKS * sum(
        len(each.calls) for each in candidates
    )
    tool_tokens = document["total_tool_use_tokens"]
    read = _with_text_tokens(document.get("input_tokens_by_modality", []), marks)
    read_again = _with_text_tokens(read, tool_tokens)
    output = document.get("output_tokens_by_modality") or _with_text_tokens([], document["total_output_tokens"])
    wrote = _with_text_tokens(output, around if candidates else 0)
    thought = _with_text_tokens([], document["total_thought_tokens"])
    if not tool_tokens and not searched:
        calls = ungrounded = [_invocation(wrote, read, thought)]
    else:
        calls = [_invocation([], read, thought), _invocation(wrote, read_again, [])]
        ungrounded = [calls[0], _invocation(wrote, [] if searched else read_again, [])]
    return {
        "raw_prompt_token": document["total_input_tokens"] + marks + tool_tokens,
        "model_invocation_token_counts": calls,
        "non_grounding_model_invocation_token_counts": ungrounded,
    }


def _with_text_tokens(counts: Sequence[Document], more: int) -> Sequence[Document]:
    """Return the counts by modality with `more` tokens added to those of text."""
    before = sum(each["tokens"] for each in counts if each["modality"] == "text")
    others = [each for each in counts if each["modality"] != "text"]
    return [*([{"modality": "text", "tokens": before + more}] if before + more else []), *others]


def _invocation(wrote: Sequence[Document], read: Sequence[Document], thought: Sequence[Document]) -> Document:
    counts = {"candidates": wrote, "prompt": read, "thoughts": thought}
    return {f"{name}_tokens_details": details for name, details in counts.items() if details}
