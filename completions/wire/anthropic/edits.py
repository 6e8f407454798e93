"""What is taken out of a long conversation before the model reads it: results of tools, as `context_management` asks.

Sources: Anthropic's guide to context editing, and `BetaClearToolUses20250919EditParam` of the anthropic SDK 2.14. The
defaults are the guide's. Thinking is not taken out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from completions.conversation import Prompt
from completions.tokens.prompt import prompt_tokens
from completions.wire.anthropic.prompt import with_messages
from completions.wire.fields import contents, dicts, mapping, text, texts, whole

TOOL_USES = "clear_tool_uses_20250919"
TRIGGER, KEEP = 100_000, 3
"""From how many tokens on results are cleared, and how many are kept, unless a request says so."""

CLEARED = "[This result was cleared to save context.]"

APPLIED, ORIGINAL = "applied edits", "original tokens"
"""What a prompt remembers: the edits that were applied, and what it had cost without them."""

Body = Mapping[str, Any]


def edits_of(body: Body) -> list[dict[str, Any]]:
    """Return the edits that a request asks for."""
    return dicts(mapping(body.get("context_management")).get("edits"))


def edit_of(body: Body, kind: str) -> dict[str, Any] | None:
    """Return the edit of a kind, if a request asks for it."""
    return next((edit for edit in edits_of(body) if edit.get("type") == kind), None)


def applied(prompt: Prompt) -> Sequence[Body]:
    """Return the edits that were applied."""
    return cast(Sequence[Body], prompt.recalled.get(APPLIED, ()))


def edited(prompt: Prompt, size: int) -> Prompt:
    """Return a prompt as the model reads it; `size` is that of the request in bytes, of which a token has one."""
    if (edit := edit_of(prompt.body, TOOL_USES)) is None:
        return prompt
    trigger = mapping(edit.get("trigger"))
    most = whole(trigger.get("value"), 0)
    most = TRIGGER if most is None else most
    by_uses = trigger.get("type") == "tool_uses"
    if size <= most and not by_uses:
        return prompt
    names = _names(prompt.body)
    if (len(names) if by_uses else prompt_tokens(prompt)) <= most:
        return prompt
    kept = whole(mapping(edit.get("keep")).get("value"), 0)
    old = [*names][: max(len(names) - (KEEP if kept is None else kept), 0)]
    excluded = texts(edit.get("exclude_tools"))
    gone = {name: names[name] for name in old if names[name] not in excluded}
    return _without(prompt, gone, edit) if gone else prompt


def _names(body: Body) -> dict[str, str]:
    """Return the names of the tools whose results are there, by the ids of the calls, in order."""
    blocks = contents(body.get("messages"))
    called = {text(block.get("id")): text(block.get("name")) for block in blocks if block.get("type") == "tool_use"}
    answered = {text(block.get("tool_use_id")) for block in blocks if block.get("type") == "tool_result"}
    return {name: tool for name, tool in called.items() if name in answered}


def _without(prompt: Prompt, gone: Mapping[str, str], edit: Body) -> Prompt:
    """Return a prompt without these results, unless too little would be gone."""
    inputs = edit.get("clear_tool_inputs")
    bare = gone.keys() if inputs is True else {name for name, tool in gone.items() if tool in texts(inputs)}
    messages = [_cleared(message, gone.keys(), bare) for message in dicts(prompt.body.get("messages"))]
    shorter = with_messages(prompt, messages)
    before = prompt_tokens(prompt)
    less = before - prompt_tokens(shorter)
    if less < (whole(mapping(edit.get("clear_at_least")).get("value"), 0) or 1):
        return prompt
    told = {"type": TOOL_USES, "cleared_tool_uses": len(gone), "cleared_input_tokens": less}
    return replace(shorter, recalled={**prompt.recalled, APPLIED: [told], ORIGINAL: before})


def _cleared(message: dict[str, Any], results: Any, inputs: Any) -> dict[str, Any]:
    """Return a message without the contents of some results, and the input of some calls."""
    if not isinstance(content := message.get("content"), list):
        return message
    return {**message, "content": [_block(block, results, inputs) for block in content]}


def _block(block: Any, results: Any, inputs: Any) -> Any:
    if not isinstance(block, dict):
        return block
    if block.get("type") == "tool_result" and block.get("tool_use_id") in results:
        return {**block, "content": CLEARED}
    if block.get("type") == "tool_use" and block.get("id") in inputs:
        return {**block, "input": {}}
    return block
