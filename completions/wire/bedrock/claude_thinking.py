"""Steps 2 and 4 for Claude at Converse: the check of thinking that is sent back, as by Anthropic's own API.

AWS passes on Claude's error (quotes of LiteLLM's users, seen 2026-10-05).
"""

import base64
from collections.abc import Mapping
from typing import Any

from completions.wire.anthropic.thinking import must_think, thinking_problem
from completions.wire.bedrock.claude_fields import request_fields
from completions.wire.bedrock.errors import AmazonError
from completions.wire.fields import mapping, text

BLOCK_TYPES = {"toolUse": "tool_use", "toolResult": "tool_result"}
"""Anthropic's names of the blocks that matter for the check."""


def begins_with_thinking(body: Mapping[str, Any], model: str) -> bool:
    """Tell whether an answer with calls has to begin with thinking."""
    return "claude" in model and must_think(request_fields(body))


def check(body: Mapping[str, Any], model: str) -> None:
    """Raise `AmazonError` for thinking that was changed or left out; the body is valid in itself."""
    if "claude" not in model:
        return
    messages = [
        {"role": turn["role"], "content": [_block(block) for block in turn["content"]]} for turn in body["messages"]
    ]
    problem = thinking_problem({"messages": messages, "thinking": request_fields(body).get("thinking")})
    if problem is not None:
        message = problem.error().message
        raise AmazonError("ValidationException", f"The model returned the following errors: {message}")


def _block(block: Mapping[str, Any]) -> dict[str, Any]:
    """Return a block in Anthropic's shape, as far as the check needs it."""
    reasoning = mapping(block.get("reasoningContent"))
    if reasoning_text := mapping(reasoning.get("reasoningText")):
        return {
            "type": "thinking",
            "thinking": text(reasoning_text.get("text")),
            "signature": text(reasoning_text.get("signature")),
        }
    if reasoning:
        return {"type": "redacted_thinking", "data": _unpacked(text(reasoning.get("redactedContent")))}
    return {"type": next((kind for name, kind in BLOCK_TYPES.items() if block.get(name)), "text")}


def _unpacked(blob: str) -> str:
    """Return Claude's data within an AWS blob."""
    try:
        return base64.b64decode(blob, validate=True).decode("ascii")
    except ValueError:
        return blob
