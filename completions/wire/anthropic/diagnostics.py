"""Cache diagnostics: why a prompt was not found in the cache, by comparison with an earlier message's prompt.

Sources: Anthropic's guide to cache diagnostics (September 2026), the `CacheMiss…` types of the anthropic SDK 2.14, and
what users measured (2026-09-29): a request that is answered from the cache has no diagnosis.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from completions.conversation import Prompt
from completions.wire import fingerprints
from completions.wire.anthropic import threads
from completions.wire.base import Document, Place, StoredDocument
from completions.wire.fields import dicts, mapping, text_or_none

PARAMETERS = ("tool_choice", "thinking", "context_management", "output_config", "output_format")
"""Other fields that a prompt depends on; if one of these differs, or the betas, no reason is given."""

OTHER_PARAMETERS = "parameters"

BYTES_A_TOKEN = 4
"""The API estimates tokens by bytes, as its guide says."""


def is_requested(body: Mapping[str, Any]) -> bool:
    """Return whether a request asks for diagnostics: its prompt is then stored for the next one."""
    return isinstance(body.get("diagnostics"), dict)


def previous_place(body: Mapping[str, Any]) -> Place | None:
    """Return the place of the prompt that a request is to be compared with."""
    name = text_or_none(mapping(body.get("diagnostics")).get("previous_message_id"))
    return None if name is None else (fingerprints.FINGERPRINT, name)


def to_store(name: str, prompt: Prompt, ends: float) -> StoredDocument:
    """Return the fingerprint of a prompt to store under its message's id."""
    return fingerprints.to_store(name, _fingerprint(prompt), ends)


def diagnosis(prompt: Prompt) -> dict[str, Any] | None:
    """Return the result of a comparison; None if this prompt begins with the earlier one."""
    if previous_place(prompt.body) is None:
        return None
    reason = _reason(mapping(prompt.recalled.get(fingerprints.FINGERPRINT)), _fingerprint(prompt))
    return None if reason is None else {"cache_miss_reason": reason}


def _reason(before: Mapping[str, Any], now: Document) -> dict[str, Any] | None:
    if not before:
        return {"type": "previous_message_not_found"}
    setting = fingerprints.changed(before, now)
    if setting == OTHER_PARAMETERS:
        return {"type": "unavailable"}
    lost = fingerprints.bytes_lost(before, now) if setting is None else _bytes_from(before, setting)
    if lost is None:
        return None
    return {"type": f"{setting or 'messages'}_changed", "cache_missed_input_tokens": max(lost // BYTES_A_TOKEN, 1)}


def _bytes_from(before: Mapping[str, Any], setting: str) -> int:
    """Return the number of bytes of a prompt from a changed setting on: tools come before the system prompt."""
    later_settings = ("system",) if setting == "system" else ("tools", "system")
    return fingerprints.size([*(before["settings"][name] for name in later_settings), *before["pieces"]])


def _fingerprint(prompt: Prompt) -> Document:
    body = mapping(prompt.recalled.get("body")) or prompt.body
    betas = sorted(beta.strip() for beta in prompt.headers.get("anthropic-beta", "").split(",") if beta.strip())
    settings = {
        "model": [body.get("model"), body.get("speed") or "standard"],
        "tools": threads.comparable(body.get("tools")) or None,
        "system": threads.comparable(_in_blocks(body.get("system"))) or None,
        OTHER_PARAMETERS: [betas, *(threads.comparable(body.get(name)) for name in PARAMETERS)],
    }
    return fingerprints.fingerprint(settings, _messages(body))


def _messages(body: Mapping[str, Any]) -> Iterator[bytes]:
    for message in dicts(body.get("messages")):
        piece = {"role": message.get("role"), "content": _in_blocks(message.get("content"))}
        yield fingerprints.as_bytes(threads.comparable(piece))


def _in_blocks(content: object) -> object:
    return [{"type": "text", "text": content}] if isinstance(content, str) and content else content
