"""How Anthropic's streams are read, held to their documented order, and folded in the tests."""

import json
import re
from typing import Any

from completions.wire.fragments import partial

ORDER = re.compile(
    r"message_start (content_block_start (ping )?(content_block_delta )*content_block_stop )*"
    r"message_delta message_stop "
)


def read(body: bytes) -> list[dict[str, Any]]:
    """Read a stream strictly: named frames whose data is of that type, in the documented order."""
    frames = body.decode().split("\n\n")
    assert frames.pop() == "", "the stream must end in a blank line"
    found = []
    for frame in frames:
        name, data = frame.split("\n")
        document = json.loads(data.removeprefix("data: "))
        assert name == f"event: {document['type']}"
        found.append(document)
    assert ORDER.fullmatch("".join(f"{event['type']} " for event in found))
    return found


def fold(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Fold the events into the message that they stand for."""
    message: dict[str, Any] = events[0]["message"]
    assert message["content"] == [] and message["stop_reason"] is None
    written = ""
    for event in events[1:]:
        match event["type"]:
            case "content_block_start":
                assert event["index"] == len(message["content"])
                message["content"].append(event["content_block"])
                written = ""
            case "content_block_delta":
                assert event["index"] == len(message["content"]) - 1
                written += _grow(message["content"][-1], event["delta"])
            case "content_block_stop" if "input" in message["content"][-1]:
                message["content"][-1]["input"] = partial(written)
            case "message_delta":
                message |= event["delta"]
                message["usage"] |= event["usage"]
    return message


def _grow(block: dict[str, Any], delta: dict[str, Any]) -> str:
    """Add a delta to its block; return what it writes of a call's input."""
    match delta:
        case {"type": "text_delta", "text": text}:
            block["text"] += text
        case {"type": "thinking_delta", "thinking": thought}:
            block["thinking"] += thought
        case {"type": "signature_delta", "signature": signature}:
            block["signature"] = signature
        case {"type": "citations_delta", "citation": citation}:
            block["citations"].append(citation)
        case {"type": "input_json_delta", "partial_json": piece}:
            return str(piece)
        case _:
            raise AssertionError(f"an unknown delta: {delta}")
    return ""
