"""The request to the Responses API that a session makes: its agent's model, instructions and tools, and its items.

That a session asks in one request a step is ours: OpenAI does not say how its harness asks.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from completions.wire.base import Document
from completions.wire.fields import as_text
from completions.wire.openai.hosted_agents.agents import DEFAULT_EFFORT
from completions.wire.openai.hosted_agents.log import items_of
from completions.wire.openai.hosted_agents.tools import SHELL, model_tools
from completions.wire.session_log import Entry, log_of

NOT_RUN = "The call was cancelled."
"""The result of a call that a cancelled turn has left without one."""

RESPONSES_TIERS = ("default", "flex", "priority")
"""The tiers that the Responses API has too, other than its default."""


def response_request(record: Document) -> dict[str, Any]:
    """Return the body of the request with which a session asks the model for the next step."""
    agent = record["agent"]
    body: dict[str, Any] = {"model": agent["model"], "input": input_items(log_of(record)), "store": False}
    if agent["instructions"]:
        body["instructions"] = agent["instructions"]
    tools = model_tools(agent["tools"], has_environment=record["environment"]["type"] != "none")
    if tools:
        body["tools"] = tools
    reasoning = {key: value for key, value in agent["reasoning"].items() if value not in (None, DEFAULT_EFFORT)}
    if reasoning:
        body["reasoning"] = reasoning
    if text := _text(agent["text"]):
        body["text"] = text
    if agent["service_tier"] in RESPONSES_TIERS:
        body["service_tier"] = agent["service_tier"]
    return body


def _text(text: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {} if text["verbosity"] == "medium" else {"verbosity": text["verbosity"]}
    if text["format"]["type"] == "json_schema":
        fields["format"] = {"name": "output", "strict": False, **text["format"]}
    return fields


def input_items(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return what the model reads of a log: messages, and calls with their results."""
    items = items_of(entries)
    outputs = {item["call_id"] for item in items if item["type"] == "function_call_output"}
    return [each for item in items for each in _input(item, outputs)]


def _input(item: Mapping[str, Any], outputs: set[str]) -> Iterator[dict[str, Any]]:
    match item["type"]:
        case "message" if item["role"] == "user":
            yield {"role": "user", "content": list(item["content"])}
        case "message":
            yield {"role": "assistant", "content": "".join(part["text"] for part in item["content"])}
        case "function_call":
            yield _call(item["call_id"], item["name"], item["arguments"])
            if item["call_id"] not in outputs and item["status"] != "in_progress":
                yield _output(item["call_id"], NOT_RUN)
        case "function_call_output":
            yield _output(item["call_id"], _result(item))
        case "mcp_call":
            yield _call(item["id"], item["name"], item["arguments"])
            yield _output(item["id"], as_text(item["output"] if item["error"] is None else item["error"]))
        case "command_execution":
            yield _call(item["id"], SHELL, {"command": item["command"]})
            yield _output(item["id"], item["output"] or "")


def _result(item: Mapping[str, Any]) -> Any:
    if item["error"] is not None:
        return item["error"]
    return item["output"] if item["output"] is not None else ""


def _call(name: str, function: str, arguments: Any) -> dict[str, Any]:
    written = orjson.dumps(arguments).decode()
    return {"type": "function_call", "call_id": name, "name": function, "arguments": written}


def _output(name: str, output: Any) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": name, "output": output}
