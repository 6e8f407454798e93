"""The events that follow from a model's answer, or from its failure.

Which errors are tried again, and how often, is ours, after the SDK's descriptions of `retry_status`. That a request
that the Messages API refuses ends its session was seen by a client (August 2026).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from completions.conversation import ToolCall
from completions.event import Events
from completions.wire.anthropic.managed.log import (
    IDLE,
    REQUEST_END,
    REQUEST_START,
    RESCHEDULED,
    RUNNING,
    TERMINATED,
    entry,
    requires_action,
    status_entry,
)
from completions.wire.anthropic.managed.tools import ASK, AUTO, CUSTOM, MCP_TOOLSET, CalledTool, called_tool
from completions.wire.fields import as_text, dicts, mapping
from completions.wire.session_log import Entry

MAX_ATTEMPTS = 3
"""How often a session asks the model before it gives up."""

MAX_ROUNDS = 50
"""The most model requests of a turn; a real session has such a limit too, which Anthropic does not name."""

DEFAULT_RESULT = "This is a mock result."
END_TURN = {"type": "end_turn"}


class BlockTimes(NamedTuple):
    """When the blocks of an answer end, and the pieces of each text with their times; `end` is that of the answer."""

    ends: Sequence[float]
    pieces: Sequence[list[tuple[float, str]]]
    end: float

    def at(self, index: int) -> float:
        """Return when a block ends."""
        return self.ends[index] if index < len(self.ends) else self.end

    def pieces_of(self, index: int, text: str) -> list[tuple[float, str]]:
        """Return the pieces of a block; of one without a schedule it is the whole text."""
        return self.pieces[index] if index < len(self.pieces) else [(self.at(index), text)]


def block_times(events: Events, due: Sequence[float], start: float) -> BlockTimes:
    """Return the times of an answer's blocks; `due` has when each event of its stream is due, after `start`."""
    ends: list[float] = []
    pieces: list[list[tuple[float, str]]] = []
    for event, after in zip(events, due, strict=True):
        document, at = orjson.loads(event.data or b"{}"), start + after
        match document.get("type"):
            case "content_block_start":
                pieces.append([(at, "")])
                ends.append(at)
            case "content_block_delta":
                ends[document["index"]] = at
                if (text := document["delta"].get("text")) is not None:
                    pieces[document["index"]].append((at, text))
    return BlockTimes(ends, pieces, start + (due[-1] if due else 0))


class Step(NamedTuple):
    """What follows from a model request: its entries, and whether the session asks again."""

    entries: list[Entry]
    continues: bool


class AnsweredSession(NamedTuple):
    """The parts of a session on which the events of an answer depend: its agent's tools, and who runs them."""

    tools: Sequence[Mapping[str, Any]]
    is_self_hosted: bool


def answered(
    session: AnsweredSession, message: Mapping[str, Any], calls: Sequence[ToolCall], start: float, times: BlockTimes
) -> Step:
    """Return the events of a model's answer, which is a message of the Messages API.

    `calls` are the calls of the script's reply, which say what the tools answer.
    """
    opening = entry(REQUEST_START, start)
    said, waiting, results = [], list[Entry](), list[Entry]()
    remaining = list(calls)
    for index, block in enumerate(dicts(message.get("content"))):
        match block.get("type"):
            case "text" if block["text"]:
                said.append(_message_entry(block["text"], times.at(index), times.pieces_of(index, block["text"])))
            case "thinking" | "redacted_thinking":
                said.append(_thinking_entry(times, index))
            case "tool_use":
                result = _scripted_result(block["name"], remaining)
                call = _call_entry(session, block, times.at(index), result)
                said.append(call)
                if _waits(session, call):
                    waiting.append(call)
                else:
                    results.append(result_entry(call, times.end, result))
    end = _end_entry(opening, message, times.end)
    entries = [opening, *said, end, *results]
    if waiting:
        return Step([*entries, status_entry(IDLE, times.end, requires_action(waiting))], False)
    if results or message.get("stop_reason") == "pause_turn":
        return Step(entries, True)
    return Step([*entries, _stop_entry(message, times.end)], False)


def _message_entry(text: str, at: float, pieces: list[tuple[float, str]]) -> Entry:
    return entry("agent.message", at, content=[{"type": "text", "text": text}]) | {"pieces": pieces}


def _thinking_entry(times: BlockTimes, index: int) -> Entry:
    began = times.pieces_of(index, "")[0][0]
    return entry("agent.thinking", times.at(index)) | {"pieces": [(began, "")]}


def _scripted_result(name: str, remaining: list[ToolCall]) -> dict[str, Any]:
    """Return what the script has a tool answer, as `content` and `is_error`: the result of the next call by its name.

    A result is a text, content blocks, or an object with `is_error`, as it is for tools that the Messages API runs.
    """
    call = next((each for each in remaining if each.name == name), None)
    if call is not None:
        remaining.remove(call)
    value = orjson.loads(call.result) if call is not None and call.result else DEFAULT_RESULT
    fields = mapping(value)
    content = fields.get("content", "") if "is_error" in fields else value
    if not isinstance(content, list):
        content = [{"type": "text", "text": as_text(content)}]
    return {"content": content, "is_error": fields.get("is_error") is True}


def _call_entry(session: AnsweredSession, block: Mapping[str, Any], at: float, result: dict[str, Any]) -> Entry:
    tool = called_tool(block["name"], session.tools)
    fields: dict[str, Any] = {"name": block["name"], "input": block["input"]}
    if tool.kind == CUSTOM:
        return entry("agent.custom_tool_use", at, **fields)
    if tool.kind == MCP_TOOLSET:
        call = entry("agent.mcp_tool_use", at, **fields, mcp_server_name=tool.server, **_evaluation(tool))
    else:
        call = entry("agent.tool_use", at, **fields, **_evaluation(tool))
    call["result"] = result
    return call


def _evaluation(tool: CalledTool) -> dict[str, Any]:
    """Return how a call is judged; the policy `auto` judges each as safe here."""
    evaluation: dict[str, Any] = {"type": tool.policy}
    if tool.policy == AUTO:
        evaluation["evaluated_permission"] = {"type": "allow"}
    return {"evaluated_permission": "ask" if tool.policy == ASK else "allow", "evaluation": evaluation}


def _waits(session: AnsweredSession, call: Entry) -> bool:
    """Tell whether a session waits for its client to answer a call."""
    kind = call["event"]["type"]
    if kind == "agent.custom_tool_use" or call["event"]["evaluated_permission"] == "ask":
        return True
    return kind == "agent.tool_use" and session.is_self_hosted


def result_entry(call: Entry, at: float, result: Mapping[str, Any]) -> Entry:
    """Return the event in which a session answers a call."""
    name = call["event"]["id"]
    if call["event"]["type"] == "agent.mcp_tool_use":
        return entry("agent.mcp_tool_result", at, mcp_tool_use_id=name, **result)
    return entry("agent.tool_result", at, tool_use_id=name, **result)


def _end_entry(opening: Entry, message: Mapping[str, Any], at: float) -> Entry:
    usage = mapping(message.get("usage"))
    shown = {key: usage.get(key) or 0 for key in USAGE_KEYS}
    ended = entry(REQUEST_END, at, model_request_start_id=opening["event"]["id"], is_error=False, model_usage=shown)
    ended["usage"] = usage
    return ended


USAGE_KEYS = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def _stop_entry(message: Mapping[str, Any], at: float) -> Entry:
    if message.get("stop_reason") != "refusal":
        return status_entry(IDLE, at, END_TURN)
    ended = status_entry(IDLE, at, {"type": "refusal"})
    details = mapping(message.get("stop_details"))
    ended["event"]["stop_details"] = {
        "type": "refusal",
        "category": details.get("category"),
        "explanation": details.get("explanation"),
    }
    return ended


ERRORS: Mapping[int, str] = {429: "model_rate_limited_error", 529: "model_overloaded_error", 402: "billing_error"}
"""The types of errors, by the status of the Messages API; others are `model_request_failed_error`."""


def failed(status_code: int, message: str, attempt: int, start: float) -> Step:
    """Return the events of a model request that has failed for the `attempt`-th time in a row, from 1 on."""
    is_transient = status_code == 429 or status_code >= 500
    is_terminal = not is_transient and status_code != 402
    retries = is_transient and attempt < MAX_ATTEMPTS
    status = "terminal" if is_terminal else "retrying" if retries else "exhausted"
    kind = ERRORS.get(status_code, "model_request_failed_error")
    opening = entry(REQUEST_START, start)
    ended = entry(
        REQUEST_END,
        start,
        model_request_start_id=opening["event"]["id"],
        is_error=True,
        model_usage=dict.fromkeys(USAGE_KEYS, 0),
    )
    told = {"type": kind, "message": message, "retry_status": {"type": status}}
    entries = [opening, ended, entry("session.error", start, error=told)]
    return Step([*entries, *_after_error(status, start)], retries)


def _after_error(status: str, at: float) -> Iterator[Entry]:
    if status == "terminal":
        yield status_entry(TERMINATED, at)
    elif status == "retrying":
        yield status_entry(RESCHEDULED, at)
        yield status_entry(RUNNING, at)
    else:
        yield status_entry(IDLE, at, {"type": "retries_exhausted"})


def too_many_rounds(at: float) -> list[Entry]:
    """Return the events of a turn that has called tools too often."""
    told = {
        "type": "tool_use_limit_reached_error",
        "message": f"The turn reached the limit of {MAX_ROUNDS} rounds of tool use.",
        "retry_status": {"type": "exhausted"},
    }
    return [entry("session.error", at, error=told), status_entry(IDLE, at, {"type": "retries_exhausted"})]
