"""Step 2 for Anthropic's Messages API: what holds between messages.

Turns of one role in a row count as one turn, and any role may begin (`MessageCreateParams.messages` in the anthropic
SDK: "Consecutive `user` or `assistant` turns in your request will be combined into a single turn"). Calls and their
results must match from turn to turn.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from completions.tokens.models import refuses
from completions.wire.anthropic.blocks import BETA_CONTENT, CONTENT, SYSTEM_CONTENT
from completions.wire.anthropic.checks import Wrong, array, choice, record
from completions.wire.anthropic.tools import EFFORT
from completions.wire.fields import dicts, mapping, text
from completions.wire.validation import Check, Problem, anything, nullable

MAX_MESSAGES = 100_000
"""The most messages in one request, according to the SDK."""

NO_PREFILL = "This model does not support assistant message prefill. The conversation must end with a user message."

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
    """Check one message; its role decides what it can contain."""
    if type(value) is not dict:
        return Wrong("Input does not match the expected shape.")  # as it was recorded of a text
    if (problem := _KEYS(value)) is not None:
        return problem
    problem = (SYSTEM_CONTENT if value["role"] == "system" else blocks)(value["content"])
    return problem and problem.under("content")


def _beta_message(value: Any) -> Problem | None:
    """Check one message of a request that uses a beta; one of the system may only set how the answers are made."""
    sets = type(value) is dict and value.get("role") == "system"
    if sets and {"clear_at", "output_config"} & value.keys():
        return _BETA_SYSTEM(value)
    return _message(value, BETA_CONTENT)


def _messages(one: Check) -> Check:
    several = array(one, MAX_MESSAGES)

    def check(value: Any) -> Problem | None:
        if type(value) is list and not value:
            return Wrong("at least one message is required")
        return several(value) or _roles(value) or _empty(value)

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


def _empty(conversation: Sequence[dict[str, Any]]) -> Problem | None:
    last = len(conversation) - 1
    for index, message in enumerate(conversation):
        says = message.get("content") or message.get("output_config")
        if not says and not (message["role"] == "assistant" and (index == last or _unsaid(message))):
            why = "all messages must have non-empty content except for the optional final assistant message"
            return Wrong(why, f"[{index}]")
        for said in _texts(message):
            if not said:
                return Wrong("text content blocks must be non-empty")
            if message["role"] != "assistant" and not said.strip():  # its own blank texts come back after searches
                return Wrong("text content blocks must contain non-whitespace text")
    return None


def _unsaid(message: dict[str, Any]) -> bool:
    """Tell whether a message is an answer without content, such as a refusal, which the API accepts back."""
    return isinstance(message.get("content"), list)


def _texts(message: dict[str, Any]) -> Iterator[str]:
    content = message.get("content")
    if isinstance(content, str):
        return iter([content] if content else [])
    return (block["text"] for block in dicts(content) if block["type"] == "text")


def unmatched(conversation: Sequence[dict[str, Any]]) -> Problem | None:
    """Return the problem of a call without its result in the next turn, or of a result without its call."""
    problem = _unmatched(conversation)
    return problem and problem.under("messages")


def _unmatched(conversation: Sequence[dict[str, Any]]) -> Problem | None:
    asked: dict[str, int] = {}
    answered: set[str] = set()
    role = ""
    for index, message in enumerate(conversation):
        if message["role"] == "assistant" and role != "assistant":
            if (problem := _unanswered(asked, answered)) is not None:
                return problem
            asked, answered = {}, set()
        role = message["role"]
        for place, block in enumerate(dicts(message.get("content"))):
            if block["type"] == "tool_use":
                if block["id"] in asked:
                    return Wrong("`tool_use` ids must be unique", f"[{index}].content[{place}]")
                asked[block["id"]] = index
            elif block["type"] == "tool_result":
                if (call := block["tool_use_id"]) not in asked or role == "assistant":
                    return _orphan(call, f"[{index}].content[{place}]")
                answered.add(call)
    return _unanswered(asked, answered)


def _orphan(call: str, path: str) -> Problem:
    rule = "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
    return Wrong(f"unexpected `tool_use_id` found in `tool_result` blocks: {call}. {rule}", path)


def _unanswered(asked: dict[str, int], answered: set[str]) -> Problem | None:
    left = [call for call in asked if call not in answered]
    if not left:
        return None
    rule = "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    found = "`tool_use` ids were found without `tool_result` blocks immediately after"
    return Wrong(f"{found}: {', '.join(left)}. {rule}", f"[{asked[left[0]]}]")


def unfound(conversation: Sequence[dict[str, Any]], offered: Sequence[Mapping[str, Any]]) -> Problem | None:
    """Return a tool that an earlier search found, or a call's code that ran before, and that is no longer there.

    Recorded in October 2026. What is in a toolset is not known here.
    """
    blocks = [block for message in conversation for block in dicts(message.get("content"))]
    offered = [*offered, *(mapping(mapping(block.get("tool")).get("definition")) for block in blocks)]
    names = {text(tool.get("name")) for tool in offered} - {""}
    is_open = any("toolset" in str(tool.get("type")) for tool in offered)
    ran: set[object] = set()
    for block in blocks:
        if block["type"] == "server_tool_use":
            ran.add(block.get("id"))
        source = mapping(block.get("caller")).get("tool_id") if block["type"] == "tool_use" else None
        if source is not None and source not in ran:
            return Wrong(f"source tool `{source}` not found for tool use block `{block['id']}`")
        for name in () if is_open else _referred(block):
            if name not in names:
                return Wrong(f"Tool reference '{name}' not found in available tools")
    return None


def _referred(block: Mapping[str, Any]) -> Iterator[str]:
    """Return the names of the tools that a search found, the API's own or the client's."""
    told = block.get("content") if block["type"] in ("tool_search_tool_result", "tool_result") else None
    found = dicts(told.get("tool_references")) if isinstance(told, dict) else dicts(told)
    return (text(each.get("tool_name")) for each in found if each.get("type") == "tool_reference")


def misplaced(conversation: Sequence[dict[str, Any]]) -> Problem | None:
    """Return a block that version 2026-10-21 no longer accepts at its place. The wordings are ours."""
    for index, message in enumerate(conversation):
        for place, block in enumerate(dicts(message.get("content"))):
            path = f"messages[{index}].content[{place}].{block['type']}"
            if message["role"] == "assistant" and block["type"] == "document":
                return Wrong("`document` blocks are not permitted in assistant messages", path)
            if message["role"] == "user" and block["type"] == "text" and block.get("citations"):
                return Wrong("`citations` are not permitted in user messages", path)
    return None


def unsuitable(conversation: Sequence[dict[str, Any]], model: str) -> Problem | None:
    """Return what the model does not accept: system messages within the conversation, or the start of an answer."""
    for before, message in zip([None, *conversation], conversation, strict=False):
        if message["role"] == "system":
            if refuses("inline_system", model):
                return Wrong("role 'system' is not supported on this model")
            if before is None or before["role"] == "assistant":
                return Wrong("messages: role 'system' must follow a message of the role 'user'")
    last = conversation[-1]
    if last["role"] != "assistant":
        return None
    if refuses("prefill", model):
        return Wrong(NO_PREFILL)
    texts = list(_texts(last))
    if texts and texts[-1] != texts[-1].rstrip():
        return Wrong("messages: final assistant content cannot end with trailing whitespace")
    return None
