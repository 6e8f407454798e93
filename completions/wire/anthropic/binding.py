"""Steps 2 and 4 for Anthropic's Messages API: later models' thinking is bound to the conversation before it.

Sources: Anthropic's guide "Preserved thinking"; and answers recorded of Claude Fable 5.1 in September 2026, in which
the dropped thinking is the last field. A request without a `prefix_mismatch_behavior` is not checked, as those of older
accounts are not. Thinking is not bound to cache points, to other thinking, to deferred tools, to messages for one turn
only, or to anything that a summary replaces. Turns after a summary made on demand keep their thinking.
"""

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from completions.conversation import Prompt
from completions.wire.anthropic import compaction
from completions.wire.anthropic.checks import Wrong
from completions.wire.anthropic.thinking import THINKING_TYPES, binding_of
from completions.wire.anthropic.usage import THINKING_MODELS
from completions.wire.fields import contents, dicts, mapping, text, without_fields
from completions.wire.seals import SIZE
from completions.wire.validation import Problem

BINDING_MODELS = re.compile(r"claude-(?:fable-5-[1-9]|mythos-5-[2-9]|(?:haiku|opus|sonnet)-5-[5-9])(?!\d)")
"""The models whose thinking is bound, from Anthropic's guide; Mythos 5.1 does not check it (AWS's page on it)."""

BETA = "thinking-binding-controls-"
"""The prefix of the beta with which an answer reports dropped thinking."""

WRONG_BINDING = (
    "Invalid `signature` in `thinking` block. The block is bound to a different conversation. Remove the block, or set "
    '`thinking.block_binding.prefix_mismatch_behavior` to "drop_block".'
)

Block = Mapping[str, Any]


def binding(prompt: Prompt) -> bytes:
    """Return the digest of the request that thinking at the start of an answer is bound to; empty for other models."""
    if "thread" in prompt.recalled or not BINDING_MODELS.search(prompt.model or ""):
        return b""
    return [
        digest
        for _, _, digest in _prefix_digests(mapping(prompt.recalled.get(compaction.COMPACTED_BODY)) or prompt.body)
    ][-1]


def binding_problem(body: Block) -> Problem | None:
    """Return the problem of thinking that is bound to another conversation, if the request asks for an error."""
    if _on_mismatch(body) != "error":
        return None
    return next((Wrong(WRONG_BINDING, f"messages[{at}].content[{place}]") for at, place in _misbound(body)), None)


def input_transformations(prompt: Prompt) -> dict[str, Any]:
    """Return the thinking that was dropped, or accepted despite a mismatch, if the answer reports it."""
    betas, on_mismatch = prompt.headers.get("anthropic-beta", ""), _on_mismatch(prompt.body)
    if not on_mismatch and not (BETA in betas and THINKING_MODELS.search(prompt.model or "")):
        return {}
    kind = "thinking_dropped" if on_mismatch == "drop_block" else "thinking_mismatch_allowed"
    misbound = () if "thread" in prompt.recalled else _misbound(prompt.body)
    return {"input_transformations": [_transformation(kind, at, place) for at, place in misbound]}


def _transformation(kind: str, at: int, place: int) -> dict[str, str]:
    return {"type": kind, "path": f"messages.{at}.content.{place}", "reason": "prefix_binding_mismatch"}


def _on_mismatch(body: Block) -> str:
    return text(mapping(mapping(body.get("thinking")).get("block_binding")).get("prefix_mismatch_behavior"))


def _misbound(body: Block) -> Iterator[tuple[int, int]]:
    """Yield the places of thinking after a changed prefix, and of all thinking after that."""
    if any(map(compaction.is_signed, contents(body.get("messages")))):
        return
    is_broken = False
    for place, block, digest in _prefix_digests(body):
        if block.get("type") in THINKING_TYPES:
            bound_to = binding_of(block)
            is_broken = is_broken or bool(bound_to and bound_to != digest)
            if is_broken:
                yield place


def _prefix_digests(body: Block) -> Iterator[tuple[tuple[int, int], Block, bytes]]:
    """Yield each block with its place and a digest of the prefix, from a summary on; at the end an empty block."""
    tools = [_plain(tool) for tool in dicts(body.get("tools")) if not tool.get("defer_loading")]
    start = blake2b(_bytes([tools, [_plain(block) for block in _blocks(body.get("system"))]]), digest_size=SIZE)
    digest = start.copy()
    for at, message in enumerate(dicts(body.get("messages"))):
        for place, block in enumerate(_blocks(message.get("content"))):
            yield (at, place), block, digest.digest()
            digest = start.copy() if compaction.is_summary(block) else digest
            if block.get("type") not in THINKING_TYPES and not message.get("clear_at"):
                digest.update(_bytes([message.get("role"), _plain(block)]))
    yield (-1, -1), {}, digest.digest()


def _blocks(content: object) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return list(dicts(content))


def _plain(block: Block) -> dict[str, Any]:
    return without_fields(block, "cache_control")


def _bytes(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
