"""Context editing: results of tools that are cleared from a long conversation before the model reads it.

Sources: Anthropic's guide to context editing, and `BetaClearToolUses20250919EditParam` of the anthropic SDK 2.14. The
defaults are the guide's. Thinking is not cleared.
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
"""The default number of tokens from which on results are cleared, and of results that are kept."""

CLEARED = "[This result was cleared to save context.]"

APPLIED, ORIGINAL = "applied edits", "original tokens"
"""Keys in a prompt's `recalled`: the applied edits, and its tokens without them."""

Body = Mapping[str, Any]


def edits_of(body: Body) -> list[dict[str, Any]]:
    """Return the edits that a request asks for."""
    return dicts(mapping(body.get("context_management")).get("edits"))


def edit_of(body: Body, kind: str) -> dict[str, Any] | None:
    """Return the edit of a kind, if a request asks for it."""
    return next((edit for edit in edits_of(body) if edit.get("type") == kind), None)


def applied_edits(prompt: Prompt) -> Sequence[Body]:
    """Return the edits that were applied."""
    return cast(Sequence[Body], prompt.recalled.get(APPLIED, ()))


def with_edits_applied(prompt: Prompt, size: int) -> Prompt:
    """Return a prompt as the model reads it; `size` is that of the request in bytes, a bound for its tokens."""
    if (edit := edit_of(prompt.body, TOOL_USES)) is None:
        return prompt
    trigger = mapping(edit.get("trigger"))
    limit = whole(trigger.get("value"), 0)
    limit = TRIGGER if limit is None else limit
    by_uses = trigger.get("type") == "tool_uses"
    if size <= limit and not by_uses:
        return prompt
    names = _names(prompt.body)
    if (len(names) if by_uses else prompt_tokens(prompt)) <= limit:
        return prompt
    keep = whole(mapping(edit.get("keep")).get("value"), 0)
    old = [*names][: max(len(names) - (KEEP if keep is None else keep), 0)]
    excluded = texts(edit.get("exclude_tools"))
    cleared = {name: names[name] for name in old if names[name] not in excluded}
    return _without(prompt, cleared, edit) if cleared else prompt


def _names(body: Body) -> dict[str, str]:
    """Return the names of the tools with results, by the ids of the calls, in order."""
    blocks = contents(body.get("messages"))
    called = {text(block.get("id")): text(block.get("name")) for block in blocks if block.get("type") == "tool_use"}
    answered = {text(block.get("tool_use_id")) for block in blocks if block.get("type") == "tool_result"}
    return {name: tool for name, tool in called.items() if name in answered}


def _without(prompt: Prompt, cleared: Mapping[str, str], edit: Body) -> Prompt:
    """Return a prompt without these results, unless that would clear too few tokens."""
    inputs = edit.get("clear_tool_inputs")
    cleared_inputs = (
        cleared.keys() if inputs is True else {name for name, tool in cleared.items() if tool in texts(inputs)}
    )
    messages = [
        _cleared_message(message, cleared.keys(), cleared_inputs) for message in dicts(prompt.body.get("messages"))
    ]
    shorter = with_messages(prompt, messages)
    before = prompt_tokens(prompt)
    saved = before - prompt_tokens(shorter)
    if saved < (whole(mapping(edit.get("clear_at_least")).get("value"), 0) or 1):
        return prompt
    edit_applied = {"type": TOOL_USES, "cleared_tool_uses": len(cleared), "cleared_input_tokens": saved}
    return replace(shorter, recalled={**prompt.recalled, APPLIED: [edit_applied], ORIGINAL: before})


def _cleared_message(message: dict[str, Any], results: Any, inputs: Any) -> dict[str, Any]:
    """Return a message without the contents of some results, and the input of some calls."""
    if not isinstance(content := message.get("content"), list):
        return message
    return {**message, "content": [_cleared_block(block, results, inputs) for block in content]}


def _cleared_block(block: Any, results: Any, inputs: Any) -> Any:
    if not isinstance(block, dict):
        return block
    if block.get("type") == "tool_result" and block.get("tool_use_id") in results:
        return {**block, "content": CLEARED}
    if block.get("type") == "tool_use" and block.get("id") in inputs:
        return {**block, "input": {}}
    return block
