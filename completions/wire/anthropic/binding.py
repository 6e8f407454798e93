"""Steps 2 and 4 for Anthropic's Messages API: later models' thinking is bound to all that was said before it.

Sources: Anthropic's guide "Preserved thinking"; and answers recorded of Claude Fable 5.1 in September 2026, which tell
what was dropped after all else. A request that does not say what is to happen is held to nothing, as those of older
accounts are. Left out of what is bound: where a cache ends, thinking itself, tools that are found later, and what is
said for one turn alone; and all that a summary stands for. Turns that are kept after one made on demand keep their
thinking.
"""

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from completions.conversation import Prompt
from completions.wire.anthropic import compaction
from completions.wire.anthropic.checks import Wrong
from completions.wire.anthropic.thinking import THOUGHTS, sealed_for
from completions.wire.anthropic.usage import THINKING
from completions.wire.fields import contents, dicts, mapping, text, without_fields
from completions.wire.seals import SIZE
from completions.wire.validation import Problem

BINDS = re.compile(r"claude-(?:fable-5-[1-9]|mythos-5-[2-9]|(?:haiku|opus|sonnet)-5-[5-9])(?!\d)")
"""The models whose thinking is bound, from Anthropic's guide; Mythos 5.1 does not look (AWS's page on it)."""

BETA = "thinking-binding-controls-"
"""How the name of the beta begins that has an answer tell what became of thinking."""

BOUND = (
    "Invalid `signature` in `thinking` block. The block is bound to a different conversation. Remove the block, or set "
    '`thinking.block_binding.prefix_mismatch_behavior` to "drop_block".'
)

Block = Mapping[str, Any]


def binding(prompt: Prompt) -> bytes:
    """Return what thinking is bound to that begins an answer: the whole request; nothing of models that bind none."""
    if "thread" in prompt.recalled or not BINDS.search(prompt.model or ""):
        return b""
    return [digest for _, _, digest in _said(mapping(prompt.recalled.get(compaction.READ)) or prompt.body)][-1]


def misbound(body: Block) -> Problem | None:
    """Return thinking that is bound to another conversation, if a request wants that refused."""
    if _on_mismatch(body) != "error":
        return None
    return next((Wrong(BOUND, f"messages[{at}].content[{place}]") for at, place in _misbound(body)), None)


def transformed(prompt: Prompt) -> dict[str, Any]:
    """Return which thinking was dropped, where an answer tells it, or was left although it stands elsewhere now."""
    betas, wish = prompt.headers.get("anthropic-beta", ""), _on_mismatch(prompt.body)
    if not wish and not (BETA in betas and THINKING.search(prompt.model or "")):
        return {}
    kind = "thinking_dropped" if wish == "drop_block" else "thinking_mismatch_allowed"
    found = () if "thread" in prompt.recalled else _misbound(prompt.body)
    return {"input_transformations": [_transformation(kind, at, place) for at, place in found]}


def _transformation(kind: str, at: int, place: int) -> dict[str, str]:
    return {"type": kind, "path": f"messages.{at}.content.{place}", "reason": "prefix_binding_mismatch"}


def _on_mismatch(body: Block) -> str:
    return text(mapping(mapping(body.get("thinking")).get("block_binding")).get("prefix_mismatch_behavior"))


def _misbound(body: Block) -> Iterator[tuple[int, int]]:
    """Yield the places of thinking that no longer stands where it was thought, and of all that follows it."""
    if any(map(compaction.is_signed, contents(body.get("messages")))):
        return
    lost = False
    for place, block, digest in _said(body):
        if block.get("type") in THOUGHTS:
            bound = sealed_for(block)
            lost = lost or bool(bound and bound != digest)
            if lost:
                yield place


def _said(body: Block) -> Iterator[tuple[tuple[int, int], Block, bytes]]:
    """Yield each block with its place and a digest of all before it, from a summary on; at the end an empty one."""
    tools = [_plain(tool) for tool in dicts(body.get("tools")) if not tool.get("defer_loading")]
    begun = blake2b(_bytes([tools, [_plain(block) for block in _blocks(body.get("system"))]]), digest_size=SIZE)
    said = begun.copy()
    for at, message in enumerate(dicts(body.get("messages"))):
        for place, block in enumerate(_blocks(message.get("content"))):
            yield (at, place), block, said.digest()
            said = begun.copy() if compaction.is_summary(block) else said
            if block.get("type") not in THOUGHTS and not message.get("clear_at"):
                said.update(_bytes([message.get("role"), _plain(block)]))
    yield (-1, -1), {}, said.digest()


def _blocks(content: object) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return list(dicts(content))


def _plain(block: Block) -> dict[str, Any]:
    return without_fields(block, "cache_control")


def _bytes(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
