"""Steps 2 and 4 for Anthropic's Messages API: compaction, which replaces a conversation by a summary.

With the field `compaction` a summary is made on demand: it is the whole answer, is signed, and comes first in later
requests. With an edit of the context a summary is made from a size on: the answer continues after it unless the edit
pauses, and later requests are read from the summary on. Sources: Anthropic's guides "Compaction on demand" and
"Compaction at a threshold"; `BetaCompactionBlock` and similar types of the anthropic SDK; and answers of Claude Opus
4.6 and 5.5 that users published in 2026.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, cast

from completions.conversation import Prompt, Reply, ToolChoice
from completions.tokens import text as tokens
from completions.tokens.prompt import prompt_tokens
from completions.wire.anthropic.edits import edit_of, edits_of, with_edits_applied
from completions.wire.anthropic.prompt import with_messages
from completions.wire.anthropic.thinking import signature
from completions.wire.content import only_choice
from completions.wire.fields import dicts, mapping, whole

EDIT = "compact_20260112"
TRIGGER = 150_000
"""The default number of tokens from which on a conversation is summarized."""

BLOCK = "compaction"
SUMMARY = "This is a mock summary of the conversation."
"""The text of a summary that the script does not provide: one that an answer continues."""

KIND, COMPACTED_BODY = "compaction", "compacted body"
"""Keys in a prompt's `recalled`: the kind of compaction, and the body as the model then reads it."""

Kind = Literal["on demand", "paused", "continued"]
Body = Mapping[str, Any]


def is_requested(body: Body) -> bool:
    """Tell whether a request asks for a summary on demand."""
    return mapping(body.get("compaction")).get("type") == "summarize"


def has_edit(body: Body) -> bool:
    """Tell whether a request asks for a summary once the conversation is long."""
    return edit_of(body, EDIT) is not None


def as_model_reads(prompt: Prompt, size: int) -> Prompt:
    """Return a prompt as the model reads it; `size` is that of the request in bytes, a bound for its tokens."""
    if is_requested(prompt.body) and prompt.task == "generate":
        return replace(prompt, tool_choice=ToolChoice("none"), recalled={**prompt.recalled, KIND: "on demand"})
    if not edits_of(prompt.body):
        return prompt
    prompt = with_edits_applied(_from_summary(prompt), size)
    edit = edit_of(prompt.body, EDIT)
    if edit is None or prompt.task == "count":
        return prompt
    trigger = whole(mapping(edit.get("trigger")).get("value"), 0)
    trigger = TRIGGER if trigger is None else trigger
    if size < trigger or prompt_tokens(prompt) < trigger:
        return prompt
    if edit.get("pause_after_compaction") is True:
        recalled: dict[str, Any] = {KIND: "paused"}
    else:
        summary = {"role": "assistant", "content": [{"type": BLOCK, "content": SUMMARY}]}
        recalled = {KIND: "continued", COMPACTED_BODY: {**prompt.body, "messages": [summary]}}
    return replace(prompt, recalled={**prompt.recalled, **recalled})


def _from_summary(prompt: Prompt) -> Prompt:
    """Return a prompt without the content before its last summary."""
    messages = dicts(prompt.body.get("messages"))
    for at in reversed(range(len(messages))):
        blocks = dicts(messages[at].get("content"))
        for place in reversed(range(len(blocks))):
            if is_summary(blocks[place]):
                first = {**messages[at], "content": blocks[place:]}
                return with_messages(prompt, [first, *messages[at + 1 :]])
    return prompt


def is_summary(block: Body) -> bool:
    """Tell whether a block is a summary; one without content is of a compaction that failed."""
    return block.get("type") == BLOCK and block.get("content") is not None


def is_signed(block: Body) -> bool:
    """Tell whether a block is a summary that was made on demand."""
    return is_summary(block) and block.get("signature") is not None


def kind(prompt: Prompt) -> Kind | None:
    """Return the kind of compaction of a prompt, if any."""
    return cast("Kind | None", prompt.recalled.get(KIND))


def is_whole_answer(prompt: Prompt) -> bool:
    """Tell whether the answer is only a summary."""
    return prompt.recalled.get(KIND) in ("on demand", "paused")


def block(reply: Reply, prompt: Prompt) -> dict[str, Any] | None:
    """Return the block of the summary; None if the model did not complete one."""
    if not is_whole_answer(prompt):
        return {"type": BLOCK, "content": SUMMARY}
    choice = only_choice(reply)
    ended = choice.finish_reason in (None, "stop") and not choice.tool_calls and not choice.refusal
    if not (ended and choice.text):
        return None
    signed = {"signature": signature(choice.text, reply.serial)} if kind(prompt) == "on demand" else {}
    return {"type": BLOCK, "content": choice.text, **signed}


def with_steps(usage: Body, step: Body, prompt: Prompt) -> dict[str, Any]:
    """Return the usage of a message with compaction: that of its last step, and of each; `step` is the message's."""
    no_input: dict[str, Any] = dict.fromkeys(
        ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"), 0
    )
    if isinstance(step.get("cache_creation"), dict):
        no_input |= {"cache_creation": dict.fromkeys(step["cache_creation"], 0)}
    if is_whole_answer(prompt):
        before = usage.get("iterations", [])[:-1]  # of models that declined
        return {**usage, **no_input, "output_tokens": 0, "iterations": [*before, {**step, "type": "compaction"}]}
    messages = dicts(mapping(prompt.recalled.get(COMPACTED_BODY)).get("messages"))
    summary_step = {**step, "output_tokens": tokens.count(SUMMARY, prompt.model), "type": "compaction"}
    input_usage = no_input | {"input_tokens": prompt_tokens(with_messages(prompt, messages))}
    return {**usage, **input_usage, "iterations": [summary_step, {**step, **input_usage, "type": "message"}]}
