"""Step 2 for Anthropic's Messages API: what holds of summaries, of those that are asked for and those that come back.

The wordings are those that users were told of Claude Opus 5.5 in September and October 2026, where a source has one;
the codes are the SDK's, and what the wordings imitate elsewhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from completions.tokens.models import entry
from completions.wire.anthropic.beta import CLEARS
from completions.wire.anthropic.blocks import NO_SUMMARY
from completions.wire.anthropic.checks import Wrong, choice, record, string
from completions.wire.anthropic.compaction import BLOCK, EDIT, has_edit, is_asked, is_signed, is_summary
from completions.wire.anthropic.edits import TOOL_USES, edits_of
from completions.wire.anthropic.thinking import mistake
from completions.wire.fields import dicts, mapping, whole
from completions.wire.validation import Problem, nullable

OF_EDIT, ON_DEMAND = "compact-2026-01-12", "compact-2026-09-04"
"""The betas of an edit that summarizes, and of summaries on demand."""

MIN_TRIGGER = 50_000
"""Tokens from which on the edit can summarize at the earliest."""

COMPACTION = nullable(record({"type": choice("summarize"), "instructions": nullable(string(high=16_384))}, ("type",)))
"""Check the field that asks for a summary."""

_NOTHING = partial(Wrong, "there is nothing to summarize", "messages", "compaction_nothing_to_summarize")
ALONE = "Send only the `compaction` block that the conversation returned last."
MISPLACED = "`compaction` block must be sent first, in place of the messages it summarizes; remove those messages"
Body = Mapping[str, Any]


def unsuitable_summaries(body: Body, betas: Sequence[str]) -> Problem | None:
    """Return what is wrong with the summaries that a request asks for, or that it sends back.

    Without `betas` it is `?beta=true` that asks for all of them.
    """
    return _unsuitable_edits(body, betas) or _unsuitable_blocks(body, betas) or _unsuitable_request(body, betas)


def _unsuitable_edits(body: Body, betas: Sequence[str]) -> Problem | None:
    for at, edit in enumerate(edits_of(body)):
        path = f"context_management.edits[{at}]"
        if edit.get("type") == CLEARS and at:
            why = f"`{CLEARS}` must be the first strategy in `context_management.edits` when provided"
            return Wrong(why, "context_management")
        if edit.get("type") != EDIT:
            continue
        if betas and OF_EDIT not in betas:
            found = f"Input tag '{EDIT}' found using 'type' does not match any of the expected tags"
            return Wrong(f"{found}: '{CLEARS}', '{TOOL_USES}'", path)
        most = whole(mapping(edit.get("trigger")).get("value"), 0)
        if most is not None and most < MIN_TRIGGER:
            return Wrong(f"trigger.value must be at least {MIN_TRIGGER}", f"{path}.{EDIT}")
        if not _can(body["model"]):
            return Wrong(f"'{body['model']}' does not support the `{EDIT}` strategy.", path)
    return None


def _can(model: str) -> bool:
    """Tell whether a model can summarize; one that the table does not know can."""
    known = entry(model, "anthropic")
    return known is None or "anthropic_compaction" in known.yes


def _summaries(body: Body) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the blocks that stand for a conversation, each after its path."""
    for at, message in enumerate(dicts(body["messages"])):
        for place, block in enumerate(dicts(message.get("content"))):
            if block["type"] == BLOCK:
                yield f"messages[{at}].content[{place}]", block


def _unsuitable_blocks(body: Body, betas: Sequence[str]) -> Problem | None:
    found = [*_summaries(body)]
    if found and betas and not {OF_EDIT, ON_DEMAND} & {*betas}:
        path, block = found[0]
        problem = NO_SUMMARY(block)
        return problem and problem.under(path)
    full = [(path, block) for path, block in found if is_summary(block)]
    if len(full) > 1 and any(is_signed(block) for _, block in full):
        return Wrong(ALONE, "messages", "compaction_block_ambiguous")
    for path, block in full:
        problem = _signed(body, betas, path, block) if is_signed(block) else _unsigned(body, betas, path)
        if problem is not None:
            return problem
    return None


def _unsigned(body: Body, betas: Sequence[str], path: str) -> Problem | None:
    """Return what is wrong with a summary that an edit made."""
    if betas and OF_EDIT not in betas:
        return Wrong(f"a `{BLOCK}` block with `content` requires its `signature`", path)
    if not has_edit(body):
        return Wrong(f"`{BLOCK}` blocks require a `{EDIT}` strategy in `context_management.edits`.")
    return None


def _signed(body: Body, betas: Sequence[str], path: str, block: Body) -> Problem | None:
    """Return what is wrong with a summary that was made on demand."""
    if betas and ON_DEMAND not in betas:
        return Wrong(f"`signature` requires anthropic-beta: {ON_DEMAND}", path)
    if has_edit(body):
        return Wrong(f"`{EDIT}` cannot be combined with a signed `{BLOCK}` block", "context_management")
    if path != "messages[0].content[0]":
        return Wrong(MISPLACED, path, "compaction_block_misplaced")
    if (found := mistake(block["signature"], block["content"])) == "another text":
        return Wrong(f"`content` of the `{BLOCK}` block is not what was signed", path, "compaction_content_mismatch")
    if found is not None:
        return Wrong(f"Invalid `signature` in `{BLOCK}` block", path, "compaction_signature_invalid")
    return _remaining(body, f"a signed `{BLOCK}` block")


def _remaining(body: Body, what: str) -> Problem | None:
    if mapping(mapping(body.get("output_config")).get("task_budget")).get("remaining") is None:
        return None
    return Wrong(f"cannot be combined with {what}", "output_config.task_budget.remaining")


def _unsuitable_request(body: Body, betas: Sequence[str]) -> Problem | None:
    """Return what does not go with a summary on demand."""
    if not is_asked(body) or "max_tokens" not in body:  # where tokens are counted it is ignored
        return None
    if betas and ON_DEMAND not in betas:
        return Wrong(f"`compaction` requires anthropic-beta: {ON_DEMAND}")
    if not _can(body["model"]):
        return Wrong(f"'{body['model']}' does not support the `compaction` parameter.")
    for path, given in _shaping(body):
        if given:
            return Wrong("cannot be combined with `compaction`", path)
    if _is_open(body["messages"]):
        why = "the last `assistant` turn has tool calls without results; send them before it is summarized"
        return Wrong(why, "messages", "compaction_incomplete_turn")
    if all(message["role"] == "system" for message in body["messages"]):
        return _NOTHING()
    return _remaining(body, "`compaction`")


def unsummarizable(body: Body) -> Problem | None:
    """Return that there is nothing to summarize where a summary of it is asked for."""
    return _NOTHING() if body.get("messages") == [] and is_asked(body) else None


def _shaping(body: Body) -> Iterator[tuple[str, Any]]:
    """Yield what shapes an answer, of which there is none, with its path."""
    for name in ("context_management", "stop_sequences", "output_format"):
        yield name, body.get(name)
    yield "output_config.format", mapping(body.get("output_config")).get("format")
    for at, other in enumerate(dicts(body.get("fallbacks"))):
        yield f"fallbacks[{at}].output_config.format", mapping(other.get("output_config")).get("format")
    yield "tool_choice", mapping(body.get("tool_choice")).get("type") in ("any", "tool")


def _is_open(conversation: Sequence[Body]) -> bool:
    """Tell whether the last turn is the assistant's, and calls tools whose results are still to come."""
    last = dicts(conversation[-1].get("content")) if conversation[-1]["role"] == "assistant" else []
    return any(block["type"] == "tool_use" for block in last) or (
        bool(last) and last[-1]["type"] in ("server_tool_use", "mcp_tool_use")
    )
