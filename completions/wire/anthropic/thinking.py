"""Steps 2 and 4 for Anthropic's Messages API: thinking is signed, and checked when it is sent back.

Sources: the recorded exchanges, in which every signature is base64 that begins with the byte 0x12, or with 0x08 from
Claude Opus 5 on, and has over 200 bytes; Anthropic's guide "Extended thinking"; and the API's own words as its users
quote them (seen 2026-10-02).
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from completions.conversation import Prompt
from completions.wire.anthropic.checks import Wrong
from completions.wire.fields import dicts, mapping, text
from completions.wire.seals import bound_to, decoded, sealed, verdict
from completions.wire.validation import Problem

FIRST_BYTE = b"\x12"
FIRST_BYTES = (FIRST_BYTE, b"\x08")
MIN_BYTES = 64
"""The least size of a signature, and of the data of redacted thinking."""

THINKING_TYPES = ("thinking", "redacted_thinking")
CHANGED = (
    "`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks must "
    "remain as they were in the original response."
)
NOT_FIRST = (
    "Expected `thinking` or `redacted_thinking`, but found `{found}`. When `thinking` is enabled, a final `assistant` "
    "message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks). We "
    "recommend you include thinking blocks from previous turns. To avoid this requirement, disable `thinking`. Please "
    "consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
)

INTERLEAVED = "interleaved-thinking-2025-05-14"
WHEN_THINKING, MIN_TOP_P = "when thinking is enabled or in adaptive mode.", 0.95

REDACTION_TRIGGER = (
    "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB"
)
"""The text in Anthropic's guide that triggers redacted thinking (recorded 2025-11)."""


def is_redacted(prompt: Prompt) -> bool:
    """Tell whether the user's message triggers redacted thinking."""
    return REDACTION_TRIGGER in prompt.last_user


def signature(thought: str, serial: str, binding: bytes = b"") -> str:
    """Return the signature of a thought, shown or not, and of its binding."""
    return base64.b64encode(FIRST_BYTE + sealed(thought, serial, binding)).decode()


def binding_of(block: Mapping[str, Any]) -> bytes:
    """Return the binding of a block of thinking, if the mock made it with one."""
    token = decoded(text(block.get("signature") or block.get("data"))) or b""
    return bound_to(token.removeprefix(FIRST_BYTE))


def must_think(body: Mapping[str, Any]) -> bool:
    """Return whether each turn with tools has to begin with thinking, as it has with a budget."""
    return mapping(body.get("thinking")).get("type") == "enabled"


def thinking_problem(body: Mapping[str, Any]) -> Problem | None:
    """Return the problem of thinking with an invalid signature, or of a turn that does not begin with thinking."""
    conversation: Sequence[dict[str, Any]] = body["messages"]
    assistant_turns = [at for at, message in enumerate(conversation) if message["role"] == "assistant"]
    for at in assistant_turns:
        for place, block in enumerate(dicts(conversation[at]["content"])):
            if block["type"] in THINKING_TYPES and (why := _block_problem(block, latest=at == assistant_turns[-1])):
                return Wrong(why, f"messages[{at}].content[{place}]")
    return _missing_thinking(conversation) if must_think(body) else None


def sampling_problem(body: Mapping[str, Any], betas: Sequence[str] = ()) -> Problem | None:
    """Return the problem of what a model that thinks cannot be given: how it samples, or no tokens for its answer.

    The words for `top_p` and `top_k` are quoted of requests to the API in July 2026. A budget for all the thinking
    between tools may be more than one answer's tokens (the guide "Extended thinking").
    """
    thinking = mapping(body.get("thinking"))
    if thinking.get("type") not in ("enabled", "adaptive"):
        return None
    top_p = body.get("top_p")
    if (temperature := body.get("temperature")) is not None and temperature != 1:
        return Wrong(f"`temperature` may only be set to 1 {WHEN_THINKING}")
    if body.get("top_k") is not None:
        return Wrong(f"`top_k` must be unset {WHEN_THINKING}")
    if top_p is not None and top_p < MIN_TOP_P:
        return Wrong(f"`top_p` must be greater than or equal to {MIN_TOP_P} or unset {WHEN_THINKING}")
    most = body.get("max_tokens")
    is_for_one = thinking["type"] == "enabled" and INTERLEAVED not in betas
    if is_for_one and most is not None and thinking["budget_tokens"] >= most:
        return Wrong("`max_tokens` must be greater than `thinking.budget_tokens`.")
    return None


def _block_problem(block: Mapping[str, Any], *, latest: bool) -> str | None:
    """Return the problem of a block of thinking; one without its text is accepted: the signature is enough."""
    thinks = block["type"] == "thinking"
    shown = block.get("thinking", "")
    found = signature_mistake(block["signature" if thinks else "data"], shown)
    if found is None or (found == "another text" and not shown):
        return None
    if found == "another text" and latest:
        return CHANGED
    return "Invalid `signature` in `thinking` block" if thinks else "Invalid `data` in `redacted_thinking` block"


def signature_mistake(signed: str, shown: str) -> Literal["broken", "another text"] | None:
    """Return the mistake in the signature of a shown text; one that the real API may have made is accepted."""
    token = decoded(signed) or b""
    result = verdict(token.removeprefix(FIRST_BYTE), shown) if token.startswith(FIRST_BYTES) else "broken"
    if result == "intact" or (result == "foreign" and len(token) >= MIN_BYTES):
        return None
    return "another text" if result == "another text" else "broken"


def _missing_thinking(conversation: Sequence[dict[str, Any]]) -> Problem | None:
    """Return the problem of the assistant's current turn if it does not begin with thinking.

    A turn is current if its start is prefilled, or if tools' results come last; it began after the user's last message.
    """
    at = len(conversation)
    while at > 0 and (conversation[at - 1]["role"] == "assistant" or _is_result(conversation[at - 1])):
        at -= 1
    first = next((here for here in range(at, len(conversation)) if conversation[here]["role"] == "assistant"), None)
    if first is None:
        return None
    content = conversation[first]["content"]
    kinds = [block["type"] for block in dicts(content)] if isinstance(content, list) else ["text"]
    place = next((at for at, kind in enumerate(kinds) if kind != "mcp_tool_listing"), None)
    if place is None or kinds[place] in THINKING_TYPES:
        return None
    return Wrong(NOT_FIRST.format(found=kinds[place]), f"messages[{first}].content[{place}].type")


def _is_result(message: Mapping[str, Any]) -> bool:
    return any(block["type"] == "tool_result" for block in dicts(message["content"]))
