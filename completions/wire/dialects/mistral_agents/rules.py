"""What is refused of requests for conversations and for agents' completions.

Shapes: `ConversationRequest`, `ConversationAppendRequest`, `ConversationRestartRequest` and `AgentsCompletionRequest`
of the mistralai SDK 3.7. That the API refuses unknown fields, also of entries, is known from its users (2026); the
words for requests that name a model and an agent, or neither, are ours.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.wire.dialects import conversation_rules
from completions.wire.dialects.mistral import CHAT_FIELDS, FIELDS, PARTS, Mistral, check_message
from completions.wire.dialects.mistral_agents.agents import CONFIGURATION, TOOLS
from completions.wire.dialects.mistral_agents.entries import PREFIXES, kind_of
from completions.wire.dialects.rules import chat
from completions.wire.validation import (
    Check,
    Problem,
    anything,
    array,
    boolean,
    choice,
    either,
    keep_rules,
    nullable,
    obj,
    record,
    string,
    worded_problem,
    wrong_value,
)

DIALECT = Mistral()

_CHUNKS = array(record({"type": string()}, others=True), "objects")
_CONTENT = either("one of a string or array of objects", string=anything, array=_CHUNKS)
_SHARED: Mapping[str, Check] = {
    "object": choice("entry"),
    "type": string(),
    "created_at": nullable(string()),
    "completed_at": nullable(string()),
    "id": nullable(string()),
}
_BY_MODEL: Mapping[str, Check] = {"agent_id": nullable(string()), "model": nullable(string())}
_CONFIRMED: Mapping[str, Check] = {"confirmation_status": nullable(choice("pending", "allowed", "denied"))}
_ARGUMENTS = either("one of a string or object", string=anything, object=anything)
_NAME = string(low=1)


def _entry(fields: Mapping[str, Check], required: Sequence[str]) -> Check:
    return record({**_SHARED, **fields}, required)


_ENTRIES: Mapping[str, Check] = {
    "message.input": _entry(
        {"role": choice("user", "assistant"), "content": _CONTENT, "prefix": boolean}, ("role", "content")
    ),
    "message.output": _entry({**_BY_MODEL, "role": choice("assistant"), "content": _CONTENT}, ("content",)),
    "function.call": _entry(
        {**_BY_MODEL, **_CONFIRMED, "tool_call_id": _NAME, "name": _NAME, "arguments": _ARGUMENTS},
        ("tool_call_id", "name", "arguments"),
    ),
    "function.result": _entry({"tool_call_id": _NAME, "result": string()}, ("tool_call_id", "result")),
    "tool.execution": _entry(
        {**_BY_MODEL, "name": _NAME, "arguments": string(), "info": nullable(obj)}, ("name", "arguments")
    ),
    "agent.handoff": _entry(
        {f"{side}_agent_{key}": string() for side in ("previous", "next") for key in ("id", "name")},
        ("previous_agent_id", "previous_agent_name", "next_agent_id", "next_agent_name"),
    ),
}


def _check_entry(value: Any) -> Problem | None:
    if (problem := obj(value)) is not None:
        return problem
    kind = kind_of(value)
    check = _ENTRIES.get(kind)
    return wrong_value(kind, PREFIXES).under("type") if check is None else check(value)


_INPUTS = either("one of a string or array of objects", string=anything, array=array(_check_entry, "objects"))
_VERSION = nullable(lambda value: None if type(value) is int else string()(value))
_TURN: Mapping[str, Check] = {
    "inputs": _INPUTS,
    "stream": boolean,
    "store": nullable(boolean),
    "handoff_execution": nullable(choice("client", "server")),
    "completion_args": nullable(CONFIGURATION["completion_args"]),
}
_START = record(
    {
        **CONFIGURATION,
        **_TURN,
        "tools": nullable(TOOLS),
        "name": nullable(string()),
        "agent_id": nullable(_NAME),
        "agent_version": _VERSION,
        "model": nullable(_NAME),
    },
    ("inputs",),
)
_CONFIRMATION = record(
    {"tool_call_id": _NAME, "confirmation": choice("allow", "deny")}, ("tool_call_id", "confirmation")
)
_APPEND = record({**_TURN, "tool_confirmations": nullable(array(_CONFIRMATION, "objects"))})
_RESTART = record(
    {
        **_TURN,
        "from_entry_id": _NAME,
        "guardrails": CONFIGURATION["guardrails"],
        "metadata": CONFIGURATION["metadata"],
        "agent_version": _VERSION,
    },
    ("from_entry_id",),
)


def _one_of_model_and_agent(body: Mapping[str, Any]) -> Problem | None:
    if (body.get("model") is None) != (body.get("agent_id") is None):
        return None
    return worded_problem("Value error, exactly one of 'model' and 'agent_id' must be given", None, "")


def check_start(body: Mapping[str, Any]) -> None:
    """Raise the error of an invalid request for a new conversation."""
    DIALECT.refuse(_START(body) or _one_of_model_and_agent(body), body)


def check_append(body: Mapping[str, Any]) -> None:
    """Raise the error of an invalid request to go on with a conversation."""
    DIALECT.refuse(_APPEND(body), body)


def check_restart(body: Mapping[str, Any]) -> None:
    """Raise the error of an invalid request to restart a conversation."""
    DIALECT.refuse(_RESTART(body), body)


def check_chat(body: Mapping[str, Any]) -> None:
    """Raise the error of a chat completion, equivalent to a valid request, that breaks a rule across its fields."""
    keep_rules(conversation_rules.MISTRAL, body)


def check_messages(messages: Sequence[Mapping[str, Any]]) -> None:
    """Raise the error of calls without results, or of results without calls."""
    keep_rules(conversation_rules.MISTRAL_CALLS, {"messages": messages})


COMPLETION_FIELDS = tuple(key for key in FIELDS if key not in ("safe_prompt", "stream_options", "temperature", "top_p"))
"""The fields of an agent's completion besides the messages: its sampling is the agent's own."""

_COMPLETION = chat(
    {**CHAT_FIELDS, "agent_id": _NAME},
    parts=PARTS,
    known=(*COMPLETION_FIELDS, "agent_id"),
    message=check_message,
    required=("agent_id", "messages"),
)


def check_completion(body: Mapping[str, Any]) -> None:
    """Raise the error of an invalid request for an agent's completion, which names no model."""
    DIALECT.refuse(_COMPLETION(body), body)


def entry_not_found(name: str, conversation: str) -> RequestError:
    """Return the 404 of an entry to restart from; its words are ours."""
    return RequestError(f"Entry {name[:100]} of conversation {conversation[:100]} not found.", status=404)


def not_found(name: str) -> RequestError:
    """Return the 404 of a conversation; its words are ours."""
    return RequestError(f"Conversation {name[:100]} not found.", status=404)
