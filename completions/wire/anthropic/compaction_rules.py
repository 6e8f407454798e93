"""Step 2 for Anthropic's Messages API: the checks of compaction, of requested summaries and of those sent back.

The wordings are quoted by users of Claude Opus 5.5 in September and October 2026, if a source has one; the others
imitate them. The codes are the SDK's.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from completions.tokens.models import entry
from completions.wire.anthropic.beta import CLEAR_THINKING
from completions.wire.anthropic.blocks import NO_SUMMARY
from completions.wire.anthropic.checks import Wrong, choice, record, string
from completions.wire.anthropic.compaction import BLOCK, EDIT, has_edit, is_requested, is_signed, is_summary
from completions.wire.anthropic.edits import TOOL_USES, edits_of
from completions.wire.anthropic.thinking import signature_mistake
from completions.wire.fields import dicts, mapping, whole
from completions.wire.validation import Problem, nullable

EDIT_BETA, ON_DEMAND_BETA = "compact-2026-01-12", "compact-2026-09-04"
"""The betas of the compaction edit, and of summaries on demand."""

MIN_TRIGGER = 50_000
"""The smallest trigger of the edit, in tokens."""

COMPACTION = nullable(record({"type": choice("summarize"), "instructions": nullable(string(high=16_384))}, ("type",)))
"""Check the field that asks for a summary."""

_NOTHING = partial(Wrong, "there is nothing to summarize", "messages", "compaction_nothing_to_summarize")
ONE_BLOCK_ONLY = "Send only the `compaction` block that the conversation returned last."
MISPLACED = "`compaction` block must be sent first, in place of the messages it summarizes; remove those messages"
Body = Mapping[str, Any]


def compaction_problem(body: Body, betas: Sequence[str]) -> Problem | None:
    """Return the problem of the summaries that a request asks for, or that it sends back.

    Without `betas`, `?beta=true` requests all of them.
    """
    return _edit_problem(body, betas) or _block_problem(body, betas) or _request_problem(body, betas)


def _edit_problem(body: Body, betas: Sequence[str]) -> Problem | None:
    for at, edit in enumerate(edits_of(body)):
        path = f"context_management.edits[{at}]"
        if edit.get("type") == CLEAR_THINKING and at:
            why = f"`{CLEAR_THINKING}` must be the first strategy in `context_management.edits` when provided"
            return Wrong(why, "context_management")
        if edit.get("type") != EDIT:
            continue
        if betas and EDIT_BETA not in betas:
            message = f"Input tag '{EDIT}' found using 'type' does not match any of the expected tags"
            return Wrong(f"{message}: '{CLEAR_THINKING}', '{TOOL_USES}'", path)
        trigger = whole(mapping(edit.get("trigger")).get("value"), 0)
        if trigger is not None and trigger < MIN_TRIGGER:
            return Wrong(f"trigger.value must be at least {MIN_TRIGGER}", f"{path}.{EDIT}")
        if not _can_compact(body["model"]):
            return Wrong(f"'{body['model']}' does not support the `{EDIT}` strategy.", path)
    return None


def _can_compact(model: str) -> bool:
    """Tell whether a model supports compaction; one that the table does not have does."""
    known = entry(model, "anthropic")
    return known is None or "anthropic_compaction" in known.yes


def _summaries(body: Body) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the compaction blocks, each after its path."""
    for at, message in enumerate(dicts(body["messages"])):
        for place, block in enumerate(dicts(message.get("content"))):
            if block["type"] == BLOCK:
                yield f"messages[{at}].content[{place}]", block


def _block_problem(body: Body, betas: Sequence[str]) -> Problem | None:
    summaries = [*_summaries(body)]
    if summaries and betas and not {EDIT_BETA, ON_DEMAND_BETA} & {*betas}:
        path, block = summaries[0]
        problem = NO_SUMMARY(block)
        return problem and problem.under(path)
    full = [(path, block) for path, block in summaries if is_summary(block)]
    if len(full) > 1 and any(is_signed(block) for _, block in full):
        return Wrong(ONE_BLOCK_ONLY, "messages", "compaction_block_ambiguous")
    for path, block in full:
        problem = (
            _signed_block_problem(body, betas, path, block)
            if is_signed(block)
            else _unsigned_block_problem(body, betas, path)
        )
        if problem is not None:
            return problem
    return None


def _unsigned_block_problem(body: Body, betas: Sequence[str], path: str) -> Problem | None:
    """Return the problem of a summary that an edit made."""
    if betas and EDIT_BETA not in betas:
        return Wrong(f"a `{BLOCK}` block with `content` requires its `signature`", path)
    if not has_edit(body):
        return Wrong(f"`{BLOCK}` blocks require a `{EDIT}` strategy in `context_management.edits`.")
    return None


def _signed_block_problem(body: Body, betas: Sequence[str], path: str, block: Body) -> Problem | None:
    """Return the problem of a summary that was made on demand."""
    if betas and ON_DEMAND_BETA not in betas:
        return Wrong(f"`signature` requires anthropic-beta: {ON_DEMAND_BETA}", path)
    if has_edit(body):
        return Wrong(f"`{EDIT}` cannot be combined with a signed `{BLOCK}` block", "context_management")
    if path != "messages[0].content[0]":
        return Wrong(MISPLACED, path, "compaction_block_misplaced")
    if (mistake_found := signature_mistake(block["signature"], block["content"])) == "another text":
        return Wrong(f"`content` of the `{BLOCK}` block is not what was signed", path, "compaction_content_mismatch")
    if mistake_found is not None:
        return Wrong(f"Invalid `signature` in `{BLOCK}` block", path, "compaction_signature_invalid")
    return _remaining_budget_problem(body, f"a signed `{BLOCK}` block")


def _remaining_budget_problem(body: Body, feature: str) -> Problem | None:
    if mapping(mapping(body.get("output_config")).get("task_budget")).get("remaining") is None:
        return None
    return Wrong(f"cannot be combined with {feature}", "output_config.task_budget.remaining")


def _request_problem(body: Body, betas: Sequence[str]) -> Problem | None:
    """Return the problem of a request for a summary on demand."""
    if not is_requested(body) or "max_tokens" not in body:  # counting tokens ignores it
        return None
    if betas and ON_DEMAND_BETA not in betas:
        return Wrong(f"`compaction` requires anthropic-beta: {ON_DEMAND_BETA}")
    if not _can_compact(body["model"]):
        return Wrong(f"'{body['model']}' does not support the `compaction` parameter.")
    for path, value in _answer_options(body):
        if value:
            return Wrong("cannot be combined with `compaction`", path)
    if _is_open(body["messages"]):
        why = "the last `assistant` turn has tool calls without results; send them before it is summarized"
        return Wrong(why, "messages", "compaction_incomplete_turn")
    if all(message["role"] == "system" for message in body["messages"]):
        return _NOTHING()
    return _remaining_budget_problem(body, "`compaction`")


def nothing_to_summarize(body: Body) -> Problem | None:
    """Return the problem of a request for a summary without messages."""
    return _NOTHING() if body.get("messages") == [] and is_requested(body) else None


def _answer_options(body: Body) -> Iterator[tuple[str, Any]]:
    """Yield the options of an answer, each after its path: a summary has no answer."""
    for name in ("context_management", "stop_sequences", "output_format"):
        yield name, body.get(name)
    yield "output_config.format", mapping(body.get("output_config")).get("format")
    for at, other in enumerate(dicts(body.get("fallbacks"))):
        yield f"fallbacks[{at}].output_config.format", mapping(other.get("output_config")).get("format")
    yield "tool_choice", mapping(body.get("tool_choice")).get("type") in ("any", "tool")


def _is_open(conversation: Sequence[Body]) -> bool:
    """Tell whether the last turn is the assistant's, and has calls without results."""
    last = dicts(conversation[-1].get("content")) if conversation[-1]["role"] == "assistant" else []
    return any(block["type"] == "tool_use" for block in last) or (
        bool(last) and last[-1]["type"] in ("server_tool_use", "mcp_tool_use")
    )
