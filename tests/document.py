"""The mission's document, and how streams are read and folded in the tests."""

import json
from typing import Any

MOCK = json.loads(
    '{"id":"chatcmpl-mock","object":"chat.completion","created":1234567890,"choices":[{"index":0,"message":'
    '{"role":"assistant","content":"This is a mock response."},"finish_reason":"stop"}],'
    '"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}'
)
TEXT = "This is a mock response."
PIECES = ["This", " is", " a", " mock", " response", "."]


def events(body: bytes) -> list[Any]:
    """Read a stream strictly: `data: ` lines parted by blank ones, the last of them [DONE]."""
    frames = body.decode().split("\n\n")
    assert frames.pop() == "", "the stream must end in a blank line"
    assert frames.pop() == "data: [DONE]"
    assert all(frame.startswith("data: ") and "\n" not in frame for frame in frames)
    return [json.loads(frame.removeprefix("data: ")) for frame in frames]


def fold(chunks: list[Any]) -> dict[str, Any]:
    """Fold chat chunks into the document that they stand for; usage is there only if a chunk had it."""
    choices: dict[int, dict[str, Any]] = {}
    aside = ("choices", "usage", "obfuscation")
    document = {key: value for key, value in chunks[0].items() if key not in aside}
    for chunk in chunks:
        assert {key: chunk[key] for key in document} == document, "id, created and the rest stay the same"
        for choice in chunk["choices"]:
            whole = choices.setdefault(choice["index"], {"index": choice["index"], "message": {}})
            merge(whole["message"], choice["delta"])
            merge(whole, {key: value for key, value in choice.items() if key not in ("index", "delta")})
        if chunk.get("usage"):
            document["usage"] = chunk["usage"]
    return document | {"object": "chat.completion", "choices": [choices[index] for index in sorted(choices)]}


def merge(whole: dict[str, Any], delta: dict[str, Any]) -> None:
    """Add a delta: texts and arrays grow, objects are merged, tool calls find each other by index."""
    for key, value in delta.items():
        before = whole.get(key)
        if key == "tool_calls":
            calls = whole.setdefault(key, [])
            for fragment in value:
                place = fragment.get("index", len(calls))  # Google's calls come whole, without one
                if place == len(calls):
                    calls.append({})
                fields = {name: field for name, field in fragment.items() if name != "index"}
                assert len(calls) == place + 1, "calls come one after the other"
                merge(calls[place], fields)
        elif key == "role":
            whole[key] = value  # some say it in each chunk
        elif isinstance(value, dict) and isinstance(before, dict):
            merge(before, value)
        elif isinstance(value, str) and isinstance(before, list):
            before.append({"type": "text", "text": value})  # a text behind parts, as Mistral has it
        elif isinstance(value, (str, list)) and before:
            whole[key] = before + value
        elif value is not None or key not in whole:
            whole[key] = dict(value) if isinstance(value, dict) else value
