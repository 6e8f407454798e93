"""The request to the Messages API that a session makes: its agent's model, system prompt and tools, and its log.

That a session asks with `MAX_TOKENS` and in one request a step is ours: Anthropic does not say how its harness asks.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from completions.wire.anthropic.managed.log import CALLS, RESULTS, SERVER_RESULTS, answered_calls
from completions.wire.anthropic.managed.tools import model_tools
from completions.wire.base import Document
from completions.wire.session_log import Entry, log_of

MAX_TOKENS = 32_000
NOT_RUN = "The call was interrupted."
"""The result of a call that an interrupt has left without one."""

Message = dict[str, Any]


def message_request(record: Document) -> dict[str, Any]:
    """Return the body of the request with which a session asks the model for the next step."""
    agent = record["agent"]
    body: dict[str, Any] = {
        "model": agent["model"]["id"],
        "max_tokens": MAX_TOKENS,
        "messages": messages(log_of(record)),
    }
    if agent["system"]:
        body["system"] = agent["system"]
    if tools := model_tools(agent["tools"]):
        body["tools"] = tools
    if (effort := agent["model"]["effort"]["type"]) != "high":
        body["output_config"] = {"effort": effort}
    return body


def messages(entries: Sequence[Entry]) -> list[Message]:
    """Return the messages of a log; the answer's events in a row are one, as are the results of calls."""
    conversation: list[Message] = []
    for role, blocks in _turns(entries, answered_calls(entries)):
        if conversation and _belong_together(conversation[-1], role, blocks):
            conversation[-1]["content"] += blocks
        else:
            conversation.append({"role": role, "content": blocks})
    return conversation


def _belong_together(message: Message, role: str, blocks: Sequence[Message]) -> bool:
    """Tell whether an event's blocks belong to the message before."""
    if message["role"] != role or role == "system":
        return False
    return role == "assistant" or {block["type"] for block in (*message["content"], *blocks)} == {"tool_result"}


def _turns(entries: Sequence[Entry], answered: set[str]) -> Iterator[tuple[str, list[Message]]]:
    """Yield the role and the blocks of each event that the model reads."""
    denied = {each["event"]["tool_use_id"] for each in entries if each["event"].get("result") == "deny"}
    unanswered: list[str] = []
    for each in entries:
        event, kind = each["event"], each["event"]["type"]
        if unanswered and kind in ("user.message", "user.define_outcome"):
            yield "user", [_result(name, [{"type": "text", "text": NOT_RUN}], True) for name in unanswered]
            unanswered = []
        match kind:
            case "user.message":
                yield "user", [block for block in event["content"] if block["type"] != "redacted"]
            case "user.define_outcome":
                yield "user", [{"type": "text", "text": event["description"]}]
            case "system.message":
                yield "system", list(event["content"])
            case "agent.message":
                yield "assistant", list(event["content"])
            case _ if kind in CALLS:
                yield "assistant", [_call(event)]
                unanswered += [] if event["id"] in answered or event["id"] in denied else [event["id"]]
            case "user.custom_tool_result" | "user.tool_result":
                yield "user", [_result(event[RESULTS[kind]], event.get("content"), event.get("is_error"))]
            case _ if kind in SERVER_RESULTS:
                yield "user", [_result(event[SERVER_RESULTS[kind]], event.get("content"), event.get("is_error"))]


def _call(event: Mapping[str, Any]) -> Message:
    return {"type": "tool_use", "id": event["id"], "name": event["name"], "input": event["input"]}


def _result(name: str, content: object, is_error: object) -> Message:
    block: Message = {"type": "tool_result", "tool_use_id": name}
    return block | ({"content": content} if content else {}) | ({"is_error": True} if is_error else {})
