"""How the streams of OpenAI's Responses are read and folded in the tests."""

import json
from typing import Any

GROWS = {
    "response.function_call_arguments": "arguments",
    "response.custom_tool_call_input": "input",
    "response.mcp_call_arguments": "arguments",
    "response.code_interpreter_call_code": "code",
}
"""The texts that stand in an item itself, by the name of their events."""


def typed_events(body: bytes) -> list[Any]:
    """Read a stream strictly: an `event: ` and a `data: ` line each, of the same type, parted by blank lines.

    OpenRouter's has no names, and a terminator.
    """
    frames = body.decode().split("\n\n")
    assert frames.pop() == "", "the stream must end in a blank line"
    if body.startswith(b"data: "):
        assert frames.pop() == "data: [DONE]"
        return [json.loads(frame.removeprefix("data: ")) for frame in frames]
    found = []
    for frame in frames:
        name, data = frame.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    return found


def fold_response(events: list[Any]) -> dict[str, Any]:
    """Fold typed events into the response that they stand for; nothing is taken from a whole that was not told."""
    assert events[0]["type"] == "response.created"
    output: list[dict[str, Any]] = []
    for event in events:
        kind, _, step = event["type"].rpartition(".")
        if event["type"] == "response.output_item.added":
            assert event["output_index"] == len(output)
            output.append(event["item"])
        elif event["type"] == "response.output_item.done":
            told, whole = output[event["output_index"]], event["item"]
            assert {key: told[key] for key in told if key in TOLD} == {key: whole[key] for key in told if key in TOLD}
            assert whole["type"] != "shell_call" or told["action"] == whole["action"]
            output[event["output_index"]] = whole
        elif "output_index" in event:
            item = output[event["output_index"]]
            assert event.get("item_id") == (None if kind == COMMAND else item["id"])
            fold_into(item, kind, step, event)
    return {**events[-1]["response"], "output": output}


COMMAND = "response.shell_call_command"
"""What tells of a shell's commands names no item."""

TOLD = ("content", "summary", "arguments", "input", "code")
"""What items are told of piece by piece."""


def fold_into(item: dict[str, Any], kind: str, step: str, event: dict[str, Any]) -> None:
    """Add an event to its item, and hold each `done` against what was told."""
    if kind in ("response.content_part", "response.reasoning_summary_part"):
        parts = item["content"] if kind == "response.content_part" else item["summary"]
        index = event["content_index" if kind == "response.content_part" else "summary_index"]
        if step == "added":
            assert index == len(parts)
            parts.append(event["part"])
        else:
            told = {key: value for key, value in parts[index].items() if key != "logprobs"}
            assert told == {key: value for key, value in event["part"].items() if key != "logprobs"}
            parts[index] = event["part"]
    elif kind == COMMAND:
        fold_command(item["action"]["commands"], step, event)
    elif kind in GROWS:
        grow(item, GROWS[kind], step, event)
    elif kind == "response.output_text.annotation":
        item["content"][event["content_index"]]["annotations"].append(event["annotation"])
    elif kind in ("response.output_text", "response.refusal"):
        grow(item["content"][event["content_index"]], "refusal" if kind == "response.refusal" else "text", step, event)
    elif kind == "response.reasoning_text":
        grow(item["content"][event["content_index"]], "text", step, event)
    elif kind == "response.reasoning_summary_text":
        grow(item["summary"][event["summary_index"]], "text", step, event)


def fold_command(commands: list[str], step: str, event: dict[str, Any]) -> None:
    """Add an event to the commands of a shell."""
    index = event["command_index"]
    if step == "added":
        assert index == len(commands)
        commands.append(event["command"])
    elif step == "delta":
        commands[index] += event["delta"]
    else:
        assert commands[index] == event["command"]


def grow(holder: dict[str, Any], key: str, step: str, event: dict[str, Any]) -> None:
    """Add a delta to a text, or hold the whole text against it."""
    if step == "delta":
        holder[key] += event["delta"]
    else:
        assert holder[key] == event[key]
