"""What stands around the candidates of an answer of Gemini: its usage, its model, its id, its time."""

from collections.abc import Sequence
from typing import Any

from completions import ids
from completions.conversation import Prompt, Reply
from completions.wire.fields import arranged, text
from completions.wire.gemini import grounding, hosted, media
from completions.wire.gemini.answer import Candidate, counts_in_chunks, is_vertex, response_id, usage, usage_so_far
from completions.wire.gemini.fields import pick
from completions.wire.gemini.times import written

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

READ = ("toolUsePromptTokenCount", "toolUsePromptTokensDetails")
"""What tells of what the model read of its tools."""


def tail(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return what follows the usage."""
    head, name = {"modelVersion": reply.model or prompt.model or ""}, {"responseId": response_id(reply)}
    return head | ({"createTime": _time(reply)} | name if is_vertex(prompt) else name)


def _time(reply: Reply) -> str:
    """Return when an answer was made; it has no fraction of a second, so one is made up."""
    return written((reply.created or 0) + int(ids.spelled(f"time/{reply.serial}", 6, ids.DIGITS)) / 1_000_000)


def told_so_far(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the usage of a chunk that is not the last one; Vertex AI counts nothing there."""
    return _paid(prompt) if is_vertex(prompt) else usage_so_far(reply.used) | _paid(prompt)


def _paid(prompt: Prompt) -> dict[str, Any]:
    """Return how a request was paid for; the Gemini API says it since 2026."""
    return {"trafficType": "ON_DEMAND"} if is_vertex(prompt) else {"serviceTier": tier(prompt)}


def tier(prompt: Prompt) -> str:
    """Return the tier in which a request is answered: the one that it asks for."""
    asked = text(pick(prompt.body, "serviceTier")).lower().removeprefix("service_tier_")
    return asked if asked in TIERS else "standard"


def reported_usage(reply: Reply, prompt: Prompt, candidates: Sequence[Candidate]) -> dict[str, Any]:
    """Return the usage; Vertex AI, and models before 2.5, say besides what the answer is made of.

    What is drawn or said aloud costs its own tokens, unless the script says what the answer costs.
    """
    document = usage(reply.used)
    made = media.cost([part for candidate in candidates for part in candidate.media_parts], prompt)
    said = document["candidatesTokenCount"] if media.TEXT in prompt.modalities else 0
    if prompt.modalities != (media.TEXT,) and "completion_tokens" not in reply.counts:
        before = document["candidatesTokenCount"]
        document["candidatesTokenCount"] = said + sum(made.values())
        document["totalTokenCount"] += document["candidatesTokenCount"] - before
    read = grounding.cost([chunk for candidate in candidates[:1] for chunk in candidate.found], prompt)
    if candidates and candidates[0].text and "prompt_tokens" not in reply.counts:
        read += hosted.cost(prompt, document["promptTokenCount"])
    if read:
        document["totalTokenCount"] += read
        document["toolUsePromptTokenCount"] = read
        document["toolUsePromptTokensDetails"] = [{"modality": "TEXT", "tokenCount": read}]
    details = [{"modality": kind, "tokenCount": count} for kind, count in made.items()]
    texts = [{"modality": "TEXT", "tokenCount": said}] if said or not details else []
    if made_of := details if counts_in_chunks(prompt) else [*texts, *details]:
        document["candidatesTokensDetails"] = made_of
    if not document["candidatesTokenCount"]:  # JSON of protocol buffers leaves out what nothing was said of
        del document["candidatesTokenCount"]
    return arranged(document | _paid(prompt), VERTEX_USAGE if is_vertex(prompt) else USAGE)


def content_of(parts: list[dict[str, Any]], prompt: Prompt) -> dict[str, Any]:
    """Return the content of some parts; Vertex AI tells the role first."""
    if not parts:
        return {"role": "model"}
    return {"role": "model", "parts": parts} if is_vertex(prompt) else {"parts": parts, "role": "model"}
