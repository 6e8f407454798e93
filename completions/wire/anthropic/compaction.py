"""Steps 2 and 4 for Anthropic's Messages API: conversations that a summary stands for.

One is made on demand, as `compaction` asks: then it is all that is answered, is signed, and comes first in later
requests. Or it is made from a size on, as an edit of the context asks: then the answer goes on from it unless it is to
pause, and later requests are read from it on. Sources: Anthropic's guides "Compaction on demand" and "Compaction at a
threshold"; `BetaCompactionBlock` and its like of the anthropic SDK; and answers of Claude Opus 4.6 and 5.5 that users
wrote down in 2026.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, cast

from completions.conversation import Prompt, Reply, ToolChoice
from completions.tokens import text as tokens
from completions.tokens.prompt import prompt_tokens
from completions.wire.anthropic.edits import edit_of, edited, edits_of
from completions.wire.anthropic.prompt import with_messages
from completions.wire.anthropic.thinking import signature
from completions.wire.content import only_choice
from completions.wire.fields import dicts, mapping, whole

EDIT = "compact_20260112"
TRIGGER = 150_000
"""From how many tokens on a conversation is summarized, unless a request says so."""

BLOCK = "compaction"
SUMMARY = "This is a mock summary of the conversation."
"""What a summary says that no script words: the one from which an answer goes on."""

KIND, READ = "compaction", "compacted body"
"""What a prompt remembers: how it is summarized, and its body as the model then reads it."""

Kind = Literal["on demand", "paused", "continued"]
Body = Mapping[str, Any]


def is_asked(body: Body) -> bool:
    """Tell whether a request wants a summary, and nothing else."""
    return mapping(body.get("compaction")).get("type") == "summarize"


def has_edit(body: Body) -> bool:
    """Tell whether a request has its conversation summarized once it is long."""
    return edit_of(body, EDIT) is not None


def as_read(prompt: Prompt, size: int) -> Prompt:
    """Return a prompt as the model reads it; `size` is that of the request in bytes, of which a token has one."""
    if is_asked(prompt.body) and prompt.task == "generate":
        return replace(prompt, tool_choice=ToolChoice("none"), recalled={**prompt.recalled, KIND: "on demand"})
    if not edits_of(prompt.body):
        return prompt
    prompt = edited(_from_summary(prompt), size)
    edit = edit_of(prompt.body, EDIT)
    if edit is None or prompt.task == "count":
        return prompt
    most = whole(mapping(edit.get("trigger")).get("value"), 0)
    most = TRIGGER if most is None else most
    if size < most or prompt_tokens(prompt) < most:
        return prompt
    if edit.get("pause_after_compaction") is True:
        told: dict[str, Any] = {KIND: "paused"}
    else:
        summary = {"role": "assistant", "content": [{"type": BLOCK, "content": SUMMARY}]}
        told = {KIND: "continued", READ: {**prompt.body, "messages": [summary]}}
    return replace(prompt, recalled={**prompt.recalled, **told})


def _from_summary(prompt: Prompt) -> Prompt:
    """Return a prompt without what comes before its last summary."""
    messages = dicts(prompt.body.get("messages"))
    for at in reversed(range(len(messages))):
        blocks = dicts(messages[at].get("content"))
        for place in reversed(range(len(blocks))):
            if is_summary(blocks[place]):
                first = {**messages[at], "content": blocks[place:]}
                return with_messages(prompt, [first, *messages[at + 1 :]])
    return prompt


def is_summary(block: Body) -> bool:
    """Tell whether a block stands for a conversation; one without content is of a summary that failed."""
    return block.get("type") == BLOCK and block.get("content") is not None


def is_signed(block: Body) -> bool:
    """Tell whether a block is a summary that was made on demand."""
    return is_summary(block) and block.get("signature") is not None


def kind(prompt: Prompt) -> Kind | None:
    """Return how a prompt is summarized, if it is."""
    return cast("Kind | None", prompt.recalled.get(KIND))


def is_alone(prompt: Prompt) -> bool:
    """Tell whether a summary is all that is answered."""
    return prompt.recalled.get(KIND) in ("on demand", "paused")


def block(reply: Reply, prompt: Prompt) -> dict[str, Any] | None:
    """Return the block of the summary; None where none could be made, because the model said none to its end."""
    if not is_alone(prompt):
        return {"type": BLOCK, "content": SUMMARY}
    choice = only_choice(reply)
    ended = choice.finish_reason in (None, "stop") and not choice.tool_calls and not choice.refusal
    if not (ended and choice.text):
        return None
    signed = {"signature": signature(choice.text, reply.serial)} if kind(prompt) == "on demand" else {}
    return {"type": BLOCK, "content": choice.text, **signed}


def with_steps(usage: Body, step: Body, prompt: Prompt) -> dict[str, Any]:
    """Return a message's usage where it is summarized: that of its last step, and of each; `step` is what it cost."""
    none: dict[str, Any] = dict.fromkeys(("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"), 0)
    if isinstance(step.get("cache_creation"), dict):
        none |= {"cache_creation": dict.fromkeys(step["cache_creation"], 0)}
    if is_alone(prompt):
        before = usage.get("iterations", [])[:-1]  # of models that declined
        return {**usage, **none, "output_tokens": 0, "iterations": [*before, {**step, "type": "compaction"}]}
    messages = dicts(mapping(prompt.recalled.get(READ)).get("messages"))
    made = {**step, "output_tokens": tokens.count(SUMMARY, prompt.model), "type": "compaction"}
    read = none | {"input_tokens": prompt_tokens(with_messages(prompt, messages))}
    return {**usage, **read, "iterations": [made, {**step, **read, "type": "message"}]}
