"""Steps 2 and 4 for Anthropic's Messages API: thinking is signed, and looked at when it comes back.

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

FIRST = b"\x12"
FIRSTS = (FIRST, b"\x08")
MIN_BYTES = 64
"""Bytes that a signature has at least, and so has the data of thinking that is redacted."""

THOUGHTS = ("thinking", "redacted_thinking")
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


REDACTS = (
    "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB"
)
"""What Anthropic's guide gives to those who want to see thinking redacted (recorded 2025-11)."""


def is_redacted(prompt: Prompt) -> bool:
    """Tell whether the user asks for thinking that is redacted."""
    return REDACTS in prompt.last_user


def signature(thought: str, serial: str, bound: bytes = b"") -> str:
    """Return the signature of what was thought, be it shown or not, and of what it is bound to."""
    return base64.b64encode(FIRST + sealed(thought, serial, bound)).decode()


def sealed_for(block: Mapping[str, Any]) -> bytes:
    """Return what a block of thinking is bound to, if it is one of the mock's that is."""
    token = decoded(text(block.get("signature") or block.get("data"))) or b""
    return bound_to(token.removeprefix(FIRST))


def must_think(body: Mapping[str, Any]) -> bool:
    """Return whether each turn with tools begins with thinking: it does where its budget is given."""
    return mapping(body.get("thinking")).get("type") == "enabled"


def unproven(body: Mapping[str, Any]) -> Problem | None:
    """Return thinking whose signature does not hold, or a turn that must begin with thinking and does not."""
    conversation: Sequence[dict[str, Any]] = body["messages"]
    spoken = [at for at, message in enumerate(conversation) if message["role"] == "assistant"]
    for at in spoken:
        for place, block in enumerate(dicts(conversation[at]["content"])):
            if block["type"] in THOUGHTS and (why := _forged(block, latest=at == spoken[-1])):
                return Wrong(why, f"messages[{at}].content[{place}]")
    return _unthought(conversation) if must_think(body) else None


def _forged(block: Mapping[str, Any], *, latest: bool) -> str | None:
    """Return what is wrong with a block of thinking; one without its text is taken: the signature is enough."""
    thinks = block["type"] == "thinking"
    shown = block.get("thinking", "")
    found = mistake(block["signature" if thinks else "data"], shown)
    if found is None or (found == "another text" and not shown):
        return None
    if found == "another text" and latest:
        return CHANGED
    return "Invalid `signature` in `thinking` block" if thinks else "Invalid `data` in `redacted_thinking` block"


def mistake(signed: str, shown: str) -> Literal["broken", "another text"] | None:
    """Return what is wrong with the signature of what is shown; one that the API itself may have made is taken."""
    token = decoded(signed) or b""
    found = verdict(token.removeprefix(FIRST), shown) if token.startswith(FIRSTS) else "broken"
    if found == "intact" or (found == "foreign" and len(token) >= MIN_BYTES):
        return None
    return "another text" if found == "another text" else "broken"


def _unthought(conversation: Sequence[dict[str, Any]]) -> Problem | None:
    """Return the assistant's turn that is not over, where it does not begin with thinking.

    It is not over while it is begun for the model, or the last that is said is its tools' results; it began after the
    last message in which the user spoke.
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
    if place is None or kinds[place] in THOUGHTS:
        return None
    return Wrong(NOT_FIRST.format(found=kinds[place]), f"messages[{first}].content[{place}].type")


def _is_result(message: Mapping[str, Any]) -> bool:
    return any(block["type"] == "tool_result" for block in dicts(message["content"]))
