"""Step 2 for Anthropic's Messages API: the checks of messages, alone and in sequence.

Turns of one role in a row count as one turn, and any role may begin (`MessageCreateParams.messages` in the anthropic
SDK: "Consecutive `user` or `assistant` turns in your request will be combined into a single turn"). `call_pairs` has
the checks of calls and their results.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, takewhile
from typing import Any

from completions.tokens.models import refuses
from completions.wire.anthropic.blocks import BETA_CONTENT, CONTENT, SYSTEM_CONTENT
from completions.wire.anthropic.call_pairs import RESULT_TYPES
from completions.wire.anthropic.checks import Wrong, array, choice, record
from completions.wire.anthropic.tools import EFFORT
from completions.wire.fields import dicts, mapping
from completions.wire.validation import Check, Problem, anything, nullable

MAX_MESSAGES = 100_000
"""The most messages in one request, according to the SDK."""

NO_PREFILL = "This model does not support assistant message prefill. The conversation must end with a user message."

DIRECTIVE = "the directive-only form (content: [] with output_config) is accepted at any position"

NO_TOOL_CHANGES = re.compile(r"claude-sonnet-5(-\d{8})?")
"""The model that was seen to refuse changes of its tools (2026-09-28); others accept them, or were not tested."""

NO_TURN_EFFORTS = re.compile(r"claude-(fable-5|sonnet-5|opus-4-8)(-\d{8})?")
"""The models that refuse an effort between the turns: Anthropic's page on effort, and a request of 2026-09-28."""

_KEYS = record({"role": anything, "content": anything}, ("role", "content"))
_BETA_SYSTEM = record(
    {
        "role": anything,
        "content": SYSTEM_CONTENT,
        "clear_at": nullable(choice("next_user_message", "never")),
        "output_config": nullable(record({"effort": nullable(EFFORT)})),
    },
    ("role",),
)
"""A message of the system between the turns: `BetaSystemMessageParam` in the anthropic SDK."""


def _message(value: Any, blocks: Check = CONTENT) -> Problem | None:
    """Check one message; its content depends on its role."""
    if type(value) is not dict:
        return Wrong("Input does not match the expected shape.")  # as it was recorded of a text
    if (problem := _KEYS(value)) is not None:
        return problem
    problem = (SYSTEM_CONTENT if value["role"] == "system" else blocks)(value["content"])
    if problem is None and value["role"] != "system" and any(map(_changes_tools, dicts(value["content"]))):
        problem = Wrong("'tool_addition'/'tool_removal' blocks are only permitted within role: \"system\" messages")
    return problem and problem.under("content")


def _changes_tools(block: dict[str, Any]) -> bool:
    """Tell whether a block adds or removes a tool (recorded of Claude Haiku 4.5 on 2026-09-25)."""
    return block["type"] in ("tool_addition", "tool_removal")


def _beta_message(value: Any) -> Problem | None:
    """Check one message of a request that uses a beta; one of the system may consist of settings alone."""
    sets = type(value) is dict and value.get("role") == "system"
    if sets and {"clear_at", "output_config"} & value.keys():
        return _BETA_SYSTEM(value)
    return _message(value, BETA_CONTENT)


def _messages(one: Check) -> Check:
    several = array(one, MAX_MESSAGES)

    def check(value: Any) -> Problem | None:
        if type(value) is list and not value:
            return Wrong("at least one message is required")
        return several(value) or _roles(value) or _empty_content_problem(value)

    return check


messages = _messages(_message)
"""Check the messages one by one, then that they are not empty."""

beta_messages = _messages(_beta_message)
"""Check the messages of a request that uses a beta."""


def _roles(conversation: Sequence[dict[str, Any]]) -> Problem | None:
    for message in conversation:
        if (role := message["role"]) not in ("user", "assistant", "system"):
            return Wrong(f'Unexpected role "{role}". Allowed roles are "user" or "assistant"')
    return None


def _empty_content_problem(conversation: Sequence[dict[str, Any]]) -> Problem | None:
    last = len(conversation) - 1
    for index, message in enumerate(conversation):
        if (reason := _missing_content_reason(conversation, index, last)) is not None:
            return Wrong(reason, f"[{index}]")
        for block_text in _texts(message):
            if message["role"] == "system" and not block_text.strip():
                return Wrong("system text blocks must contain non-whitespace text", f"[{index}]")
            if not block_text:
                return Wrong("text content blocks must be non-empty")
            if (
                message["role"] != "assistant" and not block_text.strip()
            ):  # its own blank texts are sent back after searches
                return Wrong("text content blocks must contain non-whitespace text")
    return None


def _missing_content_reason(conversation: Sequence[dict[str, Any]], index: int, last: int) -> str | None:
    """Return why a message must have content (measured from August to September 2026).

    A user's message may be empty if another of the same turn is not; an answer may be an empty list, as a refusal is.
    """
    message = conversation[index]
    if message.get("content"):
        return None
    match message["role"]:
        case "system":
            return None if message.get("output_config") else "system content must contain at least one block"
        case "user":
            is_empty = not any(each.get("content") for each in _turn(conversation, index))
            return "user messages must have non-empty content" if is_empty else None
    if index == last or isinstance(message.get("content"), list):
        return None
    return "all messages must have non-empty content except for the optional final assistant message"


def _turn(conversation: Sequence[dict[str, Any]], index: int) -> Iterator[dict[str, Any]]:
    """Return the consecutive messages of one role around an index."""
    role = conversation[index]["role"]
    before = takewhile(lambda each: each["role"] == role, reversed(conversation[:index]))
    return chain(before, takewhile(lambda each: each["role"] == role, conversation[index:]))


def _texts(message: dict[str, Any]) -> Iterator[str]:
    content = message.get("content")
    if isinstance(content, str):
        return iter([content] if content else [])
    return (block["text"] for block in dicts(content) if block["type"] == "text")


def misplaced_block(conversation: Sequence[dict[str, Any]]) -> Problem | None:
    """Return the problem of a block that version 2026-10-21 no longer accepts in a message. The wordings are ours."""
    for index, message in enumerate(conversation):
        for place, block in enumerate(dicts(message.get("content"))):
            path = f"messages[{index}].content[{place}].{block['type']}"
            if message["role"] == "assistant" and block["type"] == "document":
                return Wrong("`document` blocks are not permitted in assistant messages", path)
            if message["role"] == "user" and block["type"] == "text" and block.get("citations"):
                return Wrong("`citations` are not permitted in user messages", path)
    return None


def conversation_problem(conversation: Sequence[dict[str, Any]], model: str, *, begins: bool = True) -> Problem | None:
    """Return the problem of system messages within the conversation, or of a prefilled answer, by the model.

    With `begins`, a last message of the assistant is the start of the answer.
    """
    if any(message["role"] == "system" for message in conversation) and refuses("inline_system", model):
        return Wrong("role 'system' is not supported on this model")
    if (problem := _system_position_problem(conversation) or _system_feature_problem(conversation, model)) is not None:
        return problem
    last = conversation[-1]
    if last["role"] != "assistant" or _is_paused(last) or not begins:
        return None
    if refuses("prefill", model):
        return Wrong(NO_PREFILL)
    texts = list(_texts(last))
    if texts and texts[-1] != texts[-1].rstrip():
        return Wrong("messages: final assistant content cannot end with trailing whitespace")
    return None


def _is_paused(message: dict[str, Any]) -> bool:
    """Tell whether an answer may have been paused by the API, so that it continues when it is sent back."""
    blocks = dicts(message.get("content"))
    if blocks and blocks[-1]["type"] == "compaction":
        return True
    return any(block["type"] in ("server_tool_use", "mcp_tool_use") for block in blocks)


def _system_position_problem(conversation: Sequence[dict[str, Any]]) -> Problem | None:
    """Return the problem of a misplaced system message; one without content may be anywhere.

    Published of claude-opus-5-5 on 2026-10-06.
    """
    spoken = [(at, message) for at, message in enumerate(conversation) if not _is_directive(message)]
    before: dict[str, Any] | None = None
    for (at, message), after in zip(spoken, [*(each for _, each in spoken[1:]), None], strict=True):
        if message["role"] != "system":
            before = message
        elif before is None:
            return Wrong(f"use the top-level 'system' parameter for the initial system prompt; {DIRECTIVE}", _at(at))
        elif before["role"] == "assistant" and not _ends_in_result(before):
            return Wrong(
                "role 'system' must follow a 'user' message or an 'assistant' message ending in a server tool result; "
                f"{DIRECTIVE}",
                _at(at),
            )
        elif after is not None and after["role"] == "user":
            return Wrong(f"role 'system' must precede an 'assistant' message or end the array; {DIRECTIVE}", _at(at))
    return None


def _system_feature_problem(conversation: Sequence[dict[str, Any]], model: str) -> Problem | None:
    """Return the problem of a system message that sets what this model does not let change."""
    system_messages = [message for message in conversation if message["role"] == "system"]
    if NO_TOOL_CHANGES.fullmatch(model) and any(
        _changes_tools(block) for each in system_messages for block in dicts(each.get("content"))
    ):
        return Wrong("tool_addition/tool_removal is not supported on this model")
    efforts = [mapping(each.get("output_config")).get("effort") for each in system_messages]
    if NO_TURN_EFFORTS.fullmatch(model) and any(efforts):
        return Wrong("output_config.effort requires a model that supports per-turn effort; this model does not")
    return None


def _is_directive(message: dict[str, Any]) -> bool:
    """Tell whether a system message consists of settings alone."""
    return message["role"] == "system" and not message.get("content")


def _ends_in_result(message: dict[str, Any]) -> bool:
    blocks = dicts(message.get("content"))
    return bool(blocks) and blocks[-1]["type"] in RESULT_TYPES.values()


def _at(index: int) -> str:
    return f"messages[{index}]"
