"""The entries of a conversation: as messages of chat, and with the fields that the API adds.

Shapes: `MessageInputEntry`, `FunctionResultEntry` and the other entries of the mistralai SDK 3.7; ids as in Mistral's
guides (May and June 2025). No source has the id of a function's result.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from completions import ids
from completions.wire.dialects.mistral_agents.agents import encoded, handover_name, short_id, written_time
from completions.wire.fields import dicts, text, texts

PREFIXES: Mapping[str, str] = {
    "message.input": "msg_",
    "message.output": "msg_",
    "function.call": "fc_",
    "function.result": "fr_",
    "tool.execution": "tool_exec_",
    "agent.handoff": "handoff_",
}
"""The prefix of an entry's id by its type."""

MESSAGES = ("message.input", "message.output")

_FIRST: Mapping[str, Sequence[str]] = {
    "message.input": ("role", "content", "prefix"),
    "function.result": ("tool_call_id", "result"),
    "message.output": ("content",),
    "function.call": ("tool_call_id", "name", "arguments"),
    "tool.execution": ("name", "arguments"),
}
"""The fields of an entry before those that all have, by its type."""


def entry_id(kind: str, seed: str) -> str:
    """Return the id of an entry."""
    return PREFIXES[kind] + ids.spelled(seed, 32)


def inputs_of(inputs: object) -> list[dict[str, Any]]:
    """Return the entries of a request, whose inputs may be a text; one without a type is a message or a result."""
    if isinstance(inputs, str):
        return [{"role": "user", "content": inputs, "type": "message.input"}]
    return [{**entry, "type": kind_of(entry)} for entry in dicts(inputs)]


def kind_of(entry: Mapping[str, Any]) -> str:
    """Return the type of an entry; by default that which its fields fit."""
    if isinstance(entry.get("type"), str):
        return text(entry["type"])
    if "role" in entry or "content" in entry:
        return "message.output" if entry.get("role") == "assistant" and "prefix" not in entry else "message.input"
    return "function.result" if "result" in entry else "function.call" if "arguments" in entry else ""


def completed(entry: Mapping[str, Any], seed: str, created: float) -> dict[str, Any]:
    """Return an entry of a request as a conversation's history has it."""
    kind = kind_of(entry)
    fields = {key: entry[key] for key in _FIRST.get(kind, ()) if key in entry}
    shared = {
        "object": "entry",
        "type": kind,
        "created_at": entry.get("created_at") or written_time(created),
        "completed_at": None,
        "id": entry.get("id") or entry_id(kind if kind in PREFIXES else "message.input", seed),
    }
    return {**fields, **shared, **{key: value for key, value in entry.items() if key not in shared}}


def chat_messages(entries: Sequence[Mapping[str, Any]], instructions: str) -> list[dict[str, Any]]:
    """Return the entries as messages of chat, after the instructions; calls that follow one another are in one."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": instructions}] if instructions else []
    for entry in entries:
        match entry.get("type"):
            case "message.input" | "message.output":
                role = text(entry.get("role")) or "assistant"
                prefix = {"prefix": True} if entry.get("prefix") is True else {}
                messages.append({"role": role, "content": entry.get("content"), **prefix})
            case "function.call":
                _add_call(messages, text(entry.get("tool_call_id")), entry.get("name"), entry.get("arguments"))
            case "function.result":
                result = {"tool_call_id": text(entry.get("tool_call_id")), "content": text(entry.get("result"))}
                messages.append({"role": "tool", **result})
            case "agent.handoff":
                name = text(entry.get("next_agent_name"))
                call = short_id(text(entry.get("id")))
                _add_call(messages, call, handover_name(name), "{}")
                messages.append({"role": "tool", "tool_call_id": call, "content": f"Transferred to {name}."})
    return messages


def _add_call(messages: list[dict[str, Any]], name: str, function: object, arguments: object) -> None:
    call = {"id": name, "type": "function", "function": {"name": text(function), "arguments": encoded(arguments)}}
    if not messages or messages[-1]["role"] != "assistant" or messages[-1].get("prefix"):
        messages.append({"role": "assistant", "content": ""})
    messages[-1]["tool_calls"] = [*messages[-1].get("tool_calls", ()), call]


def text_of(content: object) -> str:
    """Return the text of a message's content, which may be chunks."""
    if isinstance(content, str):
        return content
    return "".join(texts([chunk.get("text") for chunk in dicts(content)]))
