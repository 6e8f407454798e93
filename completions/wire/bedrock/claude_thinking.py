"""Steps 2 and 4 for Claude at Converse: thinking that comes back is looked at, as Anthropic's own API does.

AWS passes on what Claude says of it (quotes of LiteLLM's users, seen 2026-10-05).
"""

import base64
from collections.abc import Mapping
from typing import Any

from completions.wire.anthropic.thinking import must_think, unproven
from completions.wire.bedrock.claude_fields import fields_of
from completions.wire.bedrock.errors import AmazonError
from completions.wire.fields import mapping, text

KINDS = {"toolUse": "tool_use", "toolResult": "tool_result"}
"""Anthropic's names for blocks that count here."""


def begins_with_thinking(body: Mapping[str, Any], model: str) -> bool:
    """Tell whether an answer with calls has to begin with thinking."""
    return "claude" in model and must_think(fields_of(body))


def check(body: Mapping[str, Any], model: str) -> None:
    """Raise `AmazonError` for thinking that was changed or left out; the body is valid in itself."""
    if "claude" not in model:
        return
    messages = [
        {"role": message["role"], "content": [_block(block) for block in message["content"]]}
        for message in body["messages"]
    ]
    problem = unproven({"messages": messages, "thinking": fields_of(body).get("thinking")})
    if problem is not None:
        said = problem.error().message
        raise AmazonError("ValidationException", f"The model returned the following errors: {said}")


def _block(block: Mapping[str, Any]) -> dict[str, Any]:
    """Return a block as Anthropic has it, as far as thinking is concerned."""
    thought = mapping(block.get("reasoningContent"))
    if said := mapping(thought.get("reasoningText")):
        return {"type": "thinking", "thinking": text(said.get("text")), "signature": text(said.get("signature"))}
    if thought:
        return {"type": "redacted_thinking", "data": _unpacked(text(thought.get("redactedContent")))}
    return {"type": next((kind for name, kind in KINDS.items() if block.get(name)), "text")}


def _unpacked(blob: str) -> str:
    """Return Claude's data within a blob of AWS's."""
    try:
        return base64.b64decode(blob, validate=True).decode("ascii")
    except ValueError:
        return blob
