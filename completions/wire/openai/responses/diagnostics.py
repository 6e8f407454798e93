"""The reasons of cache misses: a request can compare its prompt with that of an earlier response.

Sources: OpenAI's guide to prompt cache diagnostics and `PromptCacheDiagnostics` of the openai SDK 3.57; that short
prompts are `unavailable`, and that both counts are alike where all is lost, as users measured it (2026-09-29).
"""

from collections.abc import Mapping
from typing import Any

from completions.conversation import Prompt
from completions.tokens import models
from completions.tokens.caches import SINCE_GPT_5_6
from completions.tokens.deferred import items_of
from completions.wire import fingerprints
from completions.wire.base import Document, Place, StoredDocument
from completions.wire.fields import mapping, text_or_none
from completions.wire.fingerprints import FINGERPRINT
from completions.wire.openai import cache_points
from completions.wire.openai.responses.echo import REASONS_OVER_ALL_TURNS

DIAGNOSTICS = "prompt_cache_diagnostics"

COMPACTED = "context"
"""The name of the setting for compactions of earlier parts of the conversation."""


def has_diagnostics(prompt: Prompt) -> bool:
    """Tell whether the model compares prompts: GPT-5.6 and later ones do."""
    return REASONS_OVER_ALL_TURNS.match(models.base(prompt.model or "").rpartition("/")[2]) is not None


def place(prompt: Prompt) -> Place | None:
    """Return the place of the fingerprint with which a request compares its prompt."""
    name = text_or_none(mapping(prompt.body.get("prompt_cache_options")).get("comparison_response_id"))
    return None if name is None else (FINGERPRINT, name)


def to_store(name: str, prompt: Prompt, usage: Mapping[str, Any] | None, ends: float) -> StoredDocument:
    """Return the fingerprint of a prompt to store for later comparisons, under its response's id."""
    return fingerprints.to_store(name, {**_fingerprint(prompt), "tokens": _tokens(usage)}, ends)


def diagnosed(prompt: Prompt, usage: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the result of the comparison, if the request asks for one."""
    if place(prompt) is None:
        return {}
    return {DIAGNOSTICS: _compared(prompt, mapping(prompt.recalled.get(FINGERPRINT)), _tokens(usage))}


def _compared(prompt: Prompt, before: Mapping[str, Any], tokens: int) -> dict[str, Any]:
    if not has_diagnostics(prompt):
        return {"type": "unavailable"}
    if not before:
        return {"type": "comparison_response_not_found"}
    reusable = before["tokens"]
    if min(reusable, tokens) < SINCE_GPT_5_6.least:
        return {"type": "unavailable"}
    now = _fingerprint(prompt)
    if (setting := fingerprints.changed(before, now)) is not None:
        return _miss("context_compacted" if setting == COMPACTED else f"{setting}_changed", reusable, reusable)
    if (lost := fingerprints.bytes_lost(before, now)) is None:
        return {"type": "cache_hit"}
    return _miss("input_changed", reusable, round(reusable * lost / max(fingerprints.size(before["pieces"]), 1)))


def _miss(reason: str, reusable: int, missed: int) -> dict[str, Any]:
    counts = {"comparison_reusable_tokens": reusable, "cache_missed_tokens": missed}
    return {"type": "cache_miss", "reason": reason, **counts}


def _fingerprint(prompt: Prompt) -> Document:
    compacted = [item.get("encrypted_content") for item in items_of(prompt) if item.get("type") == "compaction"]
    settings = cache_points.settings(prompt) | {COMPACTED: compacted}
    return fingerprints.fingerprint(settings, map(fingerprints.message_bytes, prompt.messages))


def _tokens(usage: Mapping[str, Any] | None) -> int:
    """Return the number of a prompt's tokens that can be cached."""
    return max(int(mapping(usage).get("input_tokens") or 0) - cache_points.UNCACHED, 0)
