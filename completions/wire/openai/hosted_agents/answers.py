"""The events that follow from a model's answer, or from its failure.

The events of an answer are those of a stream of the Responses API, under their names here; the order around them is
that of recordings of 2026-09-30. The codes of failures are those of `SessionTurnError` (openai SDK 3.57).
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from completions.conversation import ToolCall
from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.fields import as_text, dicts, mapping, text
from completions.wire.openai.hosted_agents.environments import WORKSPACE
from completions.wire.openai.hosted_agents.log import ITEM_ADDED, ITEM_DONE, TURN, entry, items_of, places_of
from completions.wire.openai.hosted_agents.records import new_id
from completions.wire.openai.hosted_agents.tools import SHELL, server_of
from completions.wire.session_log import Entry

MAX_ROUNDS = 50
"""The most model requests of a turn in a row, which is ours."""

DEFAULT_RESULT = "This is a mock result."

Timed = tuple[float, Mapping[str, Any]]
"""An event of a stream of the Responses API, and when it is due."""


class Step(NamedTuple):
    """What follows from a model request: its entries, the number of items, and whether tools have answered calls."""

    entries: list[Entry]
    items: int
    continues: bool


class _Writer:
    """Writes the entries of one answer of a session's current turn."""

    def __init__(self, record: Document, calls: Sequence[ToolCall]) -> None:
        self._turn = record["turn"]["id"]
        self._session, self._tools = record["id"], record["agent"]["tools"]
        self._has_environment = record["environment"]["type"] != "none"
        self._first, self._remaining = record["turn"]["items"], list(calls)
        self._names: dict[int, str] = {}
        self._messages: dict[int, dict[str, Any]] = {}
        self._has_calls = False
        self.entries: list[Entry] = []
        self.has_results = False

    def write(self, events: Sequence[Timed]) -> None:
        """Write the entries of events."""
        kinds = (mapping(event.get("item")).get("type") for _, event in events)
        self._has_calls = any(text(kind).endswith("_call") for kind in kinds)
        for at, event in events:
            kind = text(event.get("type")).removeprefix("response.")
            match kind:
                case "output_item.added" | "output_item.done":
                    self._item(at, event, done=kind == "output_item.done")
                case "content_part.added" | "content_part.done":
                    self._part(kind, at, event)
                case "output_text.delta" | "refusal.delta":
                    self._add("output_text.delta", at, event, content_index=0, delta=event["delta"])
                case "output_text.done" | "refusal.done":
                    said = event["text"] if kind == "output_text.done" else event["refusal"]
                    self._add("output_text.done", at, event, content_index=event["content_index"], text=said)
                case "reasoning_summary_part.added" | "reasoning_summary_part.done":
                    self._add(kind, at, event, summary_index=event["summary_index"], part=_summary(event["part"]))
                case "reasoning_summary_text.delta":
                    self._add(kind, at, event, summary_index=event["summary_index"], delta=event["delta"])
                case "reasoning_summary_text.done":
                    self._add(kind, at, event, summary_index=event["summary_index"], text=event["text"])

    @property
    def items(self) -> int:
        """The number of items."""
        return len(self._names)

    def _place(self, event: Mapping[str, Any]) -> int:
        place: int = event["output_index"]
        return place

    def _add(self, kind: str, at: float, event: Mapping[str, Any], **fields: Any) -> None:
        place = self._place(event)
        if place not in self._names:
            return
        head = {"session_id": self._session, "turn_id": self._turn, "item_id": self._names[place]}
        self.entries.append(entry(f"{TURN}{kind}", at, **head, output_index=self._first + place, **fields))

    def _part(self, kind: str, at: float, event: Mapping[str, Any]) -> None:
        part = event["part"]
        if part.get("type") not in ("output_text", "refusal"):
            return
        shown = {"type": "output_text", "text": text(part.get("text")) or text(part.get("refusal"))}
        self._add(kind, at, event, content_index=event["content_index"], part=shown)

    def _item(self, at: float, event: Mapping[str, Any], *, done: bool) -> None:
        item, place = event["item"], self._place(event)
        match item["type"]:
            case "message" | "reasoning":
                self._said(at, place, item, done=done)
            case "web_search_call":
                self._add_item(at, place, self._searched(place, item), done=done)
            case "function_call" if done:
                self._called(at, place, item)

    def _add_item(self, at: float, place: int, item: Mapping[str, Any], *, done: bool) -> None:
        head = {"session_id": self._session, "turn_id": self._turn, "output_index": self._first + place}
        kind, status = (ITEM_DONE, {}) if done else (ITEM_ADDED, {"status": "in_progress"})
        self.entries.append(entry(kind, at, **head, item={**item, **status}))

    def _head(self, place: int, kind: str, prefix: str) -> dict[str, Any]:
        name = self._names.setdefault(place, new_id(prefix))
        return {"type": kind, "id": name, "turn_id": self._turn}

    def _said(self, at: float, place: int, item: Mapping[str, Any], *, done: bool) -> None:
        if item["type"] == "reasoning":
            summary = [_summary(part) for part in dicts(item.get("summary"))] if done else []
            shown = {**self._head(place, "reasoning", "rs"), "summary": summary, "status": "completed"}
        else:
            parts = [_output_text(part) for part in dicts(item.get("content"))] if done else []
            shown = {**self._head(place, "message", "msg"), "role": "assistant", "content": parts}
            shown |= {"status": "completed", "phase": "commentary" if self._has_calls else "final_answer"}
        self._add_item(at, place, shown, done=done)

    def _searched(self, place: int, item: Mapping[str, Any]) -> dict[str, Any]:
        action = {key: value for key, value in mapping(item.get("action")).items() if key != "sources"}
        return {**self._head(place, "web_search_call", "ws"), "action": action or None, "status": "completed"}

    def _called(self, at: float, place: int, item: Mapping[str, Any]) -> None:
        name, arguments = item["name"], _arguments(item["arguments"])
        call = next((each for each in self._remaining if each.name == name), None)
        if call is not None:
            self._remaining.remove(call)
        server = server_of(name, self._tools)
        functions = {tool["name"] for tool in self._tools if tool["type"] == "function"}
        if name == SHELL and self._has_environment and SHELL not in functions:
            self._ran(at, place, _command(arguments), call)
        elif server is not None:
            head = {**self._head(place, "mcp_call", "mcp"), "server_label": server}
            shown = {**head, "name": name, "arguments": arguments, "status": "completed"}
            self._add_item(at, place, {**shown, "output": None, "error": None}, done=False)
            self._add_item(at, place, {**shown, **_mcp_result(call)}, done=True)
            self.has_results = True
        else:
            shown = self._head(place, "function_call", "exec")
            shown |= {"call_id": shown["id"], "name": name, "arguments": arguments}
            self._add_item(at, place, shown, done=False)

    def _ran(self, at: float, place: int, command: str, call: ToolCall | None) -> None:
        """Write the item of a command, in whose recording `bash` runs it."""
        written = f"/bin/bash -lc {shlex.quote(command)}"
        shown = {**self._head(place, "command_execution", "exec"), "command": written, "cwd": WORKSPACE}
        nothing = {"status": "in_progress", "output": None, "exit_code": None, "duration_ms": None}
        self._add_item(at, place, {**shown, **nothing}, done=False)
        output, is_error = _result(call)
        ended = {"status": "failed" if is_error else "completed", "output": as_text(output)}
        self._add_item(at, place, {**shown, **ended, "exit_code": int(is_error), "duration_ms": 0}, done=True)
        self.has_results = True


def _output_text(part: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "output_text", "text": text(part.get("text")) or text(part.get("refusal"))}


def _summary(part: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "summary_text", "text": text(part.get("text"))}


def _arguments(written: str) -> Any:
    """Return the arguments of a call; what is no JSON stays a text."""
    try:
        return orjson.loads(written)
    except orjson.JSONDecodeError:
        return written


def _command(arguments: Any) -> str:
    fields = mapping(arguments)
    command = fields.get("command", fields.get("commands", fields.get("cmd", "")))
    return shlex.join(map(str, command)) if isinstance(command, list) else as_text(command)


def _result(call: ToolCall | None) -> tuple[Any, bool]:
    """Return what the script has a tool answer, and whether that is an error: `{is_error: true, content: …}`."""
    value = orjson.loads(call.result) if call is not None and call.result else DEFAULT_RESULT
    fields = mapping(value)
    if "is_error" in fields:
        return fields.get("content", ""), fields.get("is_error") is True
    return value, False


def _mcp_result(call: ToolCall | None) -> dict[str, Any]:
    """Return how a call of an MCP server ended; of a result, no source has the shape, so it is as in the script."""
    output, is_error = _result(call)
    if is_error:
        return {"status": "failed", "output": None, "error": output}
    return {"status": "completed", "output": output, "error": None}


def answered(record: Document, calls: Sequence[ToolCall], events: Sequence[Timed]) -> Step:
    """Return what follows from an answer, by the events of its stream; `calls` say what tools answer."""
    writer = _Writer(record, calls)
    writer.write(events)
    return Step(writer.entries, writer.items, writer.has_results)


def turn_entry(record: Document, state: str, at: float, **fields: Any) -> Entry:
    """Return the event of a turn's new state, with the turn."""
    turn = shown_turn(record, state, at, **fields)
    ended = {"usage": turn["usage"]} if state in ("completed", "failed", "cancelled") else {}
    head = {"session_id": record["id"], "turn_id": turn["id"], "turn": turn}
    return entry(f"{TURN}{'created' if state == 'queued' else state}", at, **head, **ended)


def shown_turn(record: Document, state: str, at: float, error: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the current turn of a session in a state that it has from `at` on."""
    turn = record["turn"]
    has_ended = state in ("completed", "failed", "cancelled")
    return {
        "id": turn["id"],
        "object": "agent.session.turn",
        "session_id": record["id"],
        "agent_id": record["agent"]["id"],
        "subagent_id": None,
        "status": state,
        "created_at": int(turn["created"]),
        "started_at": None if state == "queued" else int(turn["created"]),
        "completed_at": int(at) if has_ended else None,
        "error": error,
        "usage": turn["usage"] if has_ended else None,
        "prompt_cache_options": record["prompt_cache_options"],
    }


CODES: Mapping[int, str] = {
    400: "invalid_request",
    401: "authentication_error",
    402: "billing_not_active",
    403: "authentication_error",
    404: "resource_not_found",
    408: "request_timeout",
    413: "context_length_exceeded",
    429: "rate_limit_exceeded",
    503: "server_overloaded",
    504: "request_timeout",
}
SAME_CODES: Mapping[str, str] = {
    "context_length_exceeded": "context_length_exceeded",
    "insufficient_quota": "credit_balance_exhausted",
    "connection_failed": "connection_failed",
    "server_is_overloaded": "server_overloaded",
    "invalid_prompt": "misalignment_policy_violation",
    "model_not_found": "resource_not_found",
    "max_output_tokens": "max_output_tokens",
    "content_filter": "misalignment_policy_violation",
}
"""The codes of a turn's failure: by the error's status, and by its code."""


def failure(exc: RequestError) -> dict[str, Any]:
    """Return the error of a turn whose model request has failed."""
    default = "server_error" if exc.status >= 500 else "invalid_request"
    code = SAME_CODES.get(exc.code or "") or CODES.get(exc.status, default)
    return {"code": code, "message": exc.message}


def error_entry(record: Document, told: Mapping[str, Any], at: float) -> Entry:
    """Return the event that tells of a failure beside the turn's own (`SessionError`); its `type` has no source."""
    error = {"type": "server_error", "code": told["code"], "message": told["message"], "param": None}
    return entry("error", at, session_id=record["id"], error=error)


def incomplete(record: Document, entries: Sequence[Entry], at: float) -> Iterator[Entry]:
    """Yield the ends of the items that a cancelled turn leaves unfinished."""
    places = places_of(entries)
    for item in items_of(entries):
        if item.get("status") == "in_progress" and item["turn_id"] == record["turn"]["id"]:
            head = {"session_id": record["id"], "turn_id": item["turn_id"], "output_index": places[item["id"]]}
            yield entry(ITEM_DONE, at, **head, item={**item, "status": "incomplete"})
