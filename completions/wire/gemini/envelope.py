"""The fields of a Gemini answer around its candidates: its usage, its model, its id, its time."""

from collections.abc import Sequence
from typing import Any

from completions import ids
from completions.conversation import Prompt, Reply
from completions.wire.fields import arranged, text
from completions.wire.gemini import grounding, hosted, media
from completions.wire.gemini.answer import Candidate, counts_in_chunks, is_vertex, response_id, usage, usage_so_far
from completions.wire.gemini.fields import pick
from completions.wire.gemini.times import timestamp

TIERS = ("flex", "priority", "standard")
"""The tiers that a request may ask for (`ServiceTier` of google-genai's types)."""

VERTEX_USAGE = (
    *("promptTokenCount", "candidatesTokenCount", "totalTokenCount", "cachedContentTokenCount", "trafficType"),
    *("promptTokensDetails", "cacheTokensDetails", "candidatesTokensDetails", "thoughtsTokenCount"),
)
"""The order of a usage's keys at Vertex AI."""

USAGE = (
    *("promptTokenCount", "candidatesTokenCount", "totalTokenCount", "cachedContentTokenCount", "promptTokensDetails"),
    *("cacheTokensDetails", "candidatesTokensDetails", "toolUsePromptTokenCount", "toolUsePromptTokensDetails"),
    *("thoughtsTokenCount", "serviceTier"),
)
"""The order of a usage's keys at the Gemini API (recorded in January to July 2026)."""

TOOL_USE_KEYS = ("toolUsePromptTokenCount", "toolUsePromptTokensDetails")
"""The keys of the usage for the output of tools that the model read."""


def tail(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the fields after the usage."""
    head, name = {"modelVersion": reply.model or prompt.model or ""}, {"responseId": response_id(reply)}
    return head | ({"createTime": _time(reply)} | name if is_vertex(prompt) else name)


def _time(reply: Reply) -> str:
    """Return the time of an answer, with a made-up fraction of a second."""
    return timestamp((reply.created or 0) + int(ids.spelled(f"time/{reply.serial}", 6, ids.DIGITS)) / 1_000_000)


def partial_usage(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the usage of a chunk that is not the last one; that of Vertex AI has no counts."""
    return _billing(prompt) if is_vertex(prompt) else usage_so_far(reply.used) | _billing(prompt)


def _billing(prompt: Prompt) -> dict[str, Any]:
    """Return how a request is billed; the Gemini API has that since 2026."""
    return {"trafficType": "ON_DEMAND"} if is_vertex(prompt) else {"serviceTier": tier(prompt)}


def tier(prompt: Prompt) -> str:
    """Return the service tier of an answer: the requested one."""
    requested = text(pick(prompt.body, "serviceTier")).lower().removeprefix("service_tier_")
    return requested if requested in TIERS else "standard"


def reported_usage(reply: Reply, prompt: Prompt, candidates: Sequence[Candidate]) -> dict[str, Any]:
    """Return the usage; that of Vertex AI, and of models before 2.5, has the modalities of the answer too.

    Images and speech cost their own tokens, unless the script sets the tokens of the answer.
    """
    document = usage(reply.used)
    media_tokens = media.cost([part for candidate in candidates for part in candidate.media_parts], prompt)
    text_tokens = document["candidatesTokenCount"] if media.TEXT in prompt.modalities else 0
    if prompt.modalities != (media.TEXT,) and "completion_tokens" not in reply.counts:
        before = document["candidatesTokenCount"]
        document["candidatesTokenCount"] = text_tokens + sum(media_tokens.values())
        document["totalTokenCount"] += document["candidatesTokenCount"] - before
    tool_tokens = grounding.cost([chunk for candidate in candidates[:1] for chunk in candidate.found], prompt)
    if candidates and candidates[0].text and "prompt_tokens" not in reply.counts:
        tool_tokens += hosted.cost(prompt, document["promptTokenCount"])
    if tool_tokens:
        document["totalTokenCount"] += tool_tokens
        document["toolUsePromptTokenCount"] = tool_tokens
        document["toolUsePromptTokensDetails"] = [{"modality": "TEXT", "tokenCount": tool_tokens}]
    details = [{"modality": kind, "tokenCount": count} for kind, count in media_tokens.items()]
    texts = [{"modality": "TEXT", "tokenCount": text_tokens}] if text_tokens or not details else []
    if modalities := details if counts_in_chunks(prompt) else [*texts, *details]:
        document["candidatesTokensDetails"] = modalities
    if not document["candidatesTokenCount"]:  # ProtoJSON leaves out zeros
        del document["candidatesTokenCount"]
    return arranged(document | _billing(prompt), VERTEX_USAGE if is_vertex(prompt) else USAGE)


def content_of(parts: list[dict[str, Any]], prompt: Prompt) -> dict[str, Any]:
    """Return the content with some parts; Vertex AI puts the role first."""
    if not parts:
        return {"role": "model"}
    return {"role": "model", "parts": parts} if is_vertex(prompt) else {"parts": parts, "role": "model"}
