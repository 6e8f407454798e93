"""What other vendors' SDKs and frameworks make of each fault, as tables: the tests prove it.

The manual's tables are made of these.

`python -m tests.clients.other_sightings` prints the tables of docs/gateways.md.
"""

from collections.abc import Iterator
from typing import NamedTuple

from tests.clients import sightings
from tests.document import TEXT

FINE, SILENT, WAITS = "fine", "silent", "waits"
"""The whole text and the usual finish reason; neither an error nor a finish reason; no end at all."""

Sight = str | tuple[str, str] | None
"""An ending, or one with the text that came where that is not openai-python's; None where the fault has no effect."""


class Seen(NamedTuple):
    """How a fault ends for each client."""

    anthropic_python: Sight
    anthropic_node: Sight
    google_genai: Sight
    ollama_python: Sight
    langchain: Sight
    pydantic_ai: Sight
    ai_sdk: Sight


NAMES = Seen(
    "anthropic-python", "anthropic-node", "google-genai", "ollama-python", "LangChain", "Pydantic AI", "AI SDK"
)
"""The clients, as their programs call them."""

USUAL = Seen("end_turn", "end_turn", "STOP", "stop", "stop", "stop", "stop")
"""The finish reason of each client's whole answer."""

ALL_FINE = Seen(FINE, FINE, FINE, FINE, FINE, FINE, FINE)
REPLACED, AGAIN = "This\ufffd\ufffd is a mock response.", f"{TEXT}This"
"""The texts in which a client has put a sign for what it cannot read, and read on behind the end."""

BEFORE: dict[str, Seen] = {
    "hang": Seen(
        "APITimeoutError",
        "APIConnectionTimeoutError",
        "ReadTimeout",
        "ReadTimeout",
        "OpenAITimeoutError",
        "ModelTimeoutError",
        "waits",
    ),
    "hang; ms=50": Seen(
        "APIConnectionError",
        "APIConnectionError",
        "RemoteProtocolError",
        "RemoteProtocolError",
        "OpenAIConnectionError",
        "ModelConnectionError",
        "AI_APICallError",
    ),
    "close": Seen(
        "APIConnectionError",
        "APIConnectionError",
        "RemoteProtocolError",
        "RemoteProtocolError",
        "OpenAIConnectionError",
        "ModelConnectionError",
        "AI_APICallError",
    ),
    "reset": Seen(
        "APIConnectionError",
        "APIConnectionError",
        "ReadError",
        "ReadError",
        "OpenAIConnectionError",
        "ModelConnectionError",
        "AI_APICallError",
    ),
    "slow_headers; ms=50": ALL_FINE,
    "html_error": Seen(
        "InternalServerError",
        "InternalServerError",
        "ServerError",
        "ResponseError",
        "OpenAIAPIError",
        "ModelServerError",
        "AI_APICallError",
    ),
}
"""Whole and streamed alike."""

WHOLE: dict[str, Seen] = {
    **BEFORE,
    "empty_body": Seen(
        "JSONDecodeError", SILENT, SILENT, "JSONDecodeError", "JSONDecodeError", "ModelAPIError", "AI_APICallError"
    ),
    "malformed_json": Seen(
        "JSONDecodeError",
        "SyntaxError",
        "JSONDecodeError",
        "JSONDecodeError",
        "JSONDecodeError",
        "ModelAPIError",
        "AI_APICallError",
    ),
    "truncated_json": Seen(
        "JSONDecodeError",
        "SyntaxError",
        "JSONDecodeError",
        "JSONDecodeError",
        "JSONDecodeError",
        "ModelAPIError",
        "AI_APICallError",
    ),
    "wrong_content_type": Seen(FINE, ("silent", ""), FINE, FINE, FINE, FINE, FINE),
    "json_error_200": Seen(
        SILENT, SILENT, SILENT, "ValidationError", "ValueError", "UnexpectedModelBehavior", "AI_APICallError"
    ),
}

STREAMED: dict[str, Seen] = {
    **BEFORE,
    "reset; after_tokens=1": Seen(
        "ReadError",
        "TypeError",
        "ReadError",
        "ReadError",
        "OpenAIConnectionError",
        "ModelConnectionError",
        "AI_APICallError",
    ),
    "empty_body": Seen(
        SILENT, SILENT, SILENT, SILENT, "ValueError", "UnexpectedModelBehavior", "AI_InvalidResponseDataError"
    ),
    "malformed_json": Seen(
        SILENT,
        SILENT,
        "UnknownApiResponseError",
        "JSONDecodeError",
        "ValueError",
        "UnexpectedModelBehavior",
        "AI_InvalidResponseDataError",
    ),
    "truncated_json": Seen(
        SILENT,
        SILENT,
        "UnknownApiResponseError",
        "JSONDecodeError",
        "ValueError",
        "UnexpectedModelBehavior",
        "AI_InvalidResponseDataError",
    ),
    "wrong_content_type": Seen(
        SILENT, SILENT, FINE, FINE, "ValueError", "UnexpectedModelBehavior", "AI_InvalidResponseDataError"
    ),
    "json_error_200": Seen(
        SILENT,
        SILENT,
        "ServerError",
        "ResponseError",
        "ValueError",
        "UnexpectedModelBehavior",
        "AI_InvalidResponseDataError",
    ),
    "disconnect": Seen(
        "RemoteProtocolError",
        "TypeError",
        "RemoteProtocolError",
        "RemoteProtocolError",
        "OpenAIConnectionError",
        "ModelConnectionError",
        "AI_APICallError",
    ),
    "stall": Seen(
        "ReadTimeout", "waits", "ReadTimeout", "ReadTimeout", "OpenAITimeoutError", "ModelTimeoutError", "waits"
    ),
    "stall; ms=50": ALL_FINE,
    "error_object": Seen(
        "APIStatusError",
        "APIError",
        "ServerError",
        "ResponseError",
        "APIError",
        "ModelServerError",
        "AI_StreamProviderError",
    ),
    "error_event": Seen(
        "APIStatusError",
        "APIError",
        "UnknownApiResponseError",
        "ResponseError",
        "APIError",
        "ModelServerError",
        "AI_StreamProviderError",
    ),
    "error_event; flat=1": Seen(
        "APIStatusError",
        "APIError",
        "UnknownApiResponseError",
        "ResponseError",
        SILENT,
        ("stop", "This"),
        "AI_TypeValidationError",
    ),
    "no_finish": Seen(SILENT, SILENT, SILENT, SILENT, SILENT, FINE, "AI_InvalidResponseDataError"),
    "no_done": Seen(FINE, FINE, None, SILENT, FINE, FINE, FINE),
    "cut_tool_arguments": Seen(
        "tool_use", "tool_use", None, None, "tool_calls", ("UnexpectedModelBehavior", ""), "tool-calls"
    ),
    "malformed_chunk": Seen(
        "JSONDecodeError",
        "SyntaxError",
        "UnknownApiResponseError",
        "JSONDecodeError",
        "JSONDecodeError",
        "ModelAPIError",
        "AI_JSONParseError",
    ),
    "bad_utf8": Seen(
        "UnicodeDecodeError",
        ("end_turn", REPLACED),
        ("STOP", REPLACED),
        ("stop", REPLACED),
        "UnicodeDecodeError",
        "ModelAPIError",
        ("stop", REPLACED),
    ),
    "duplicate_chunk": Seen("end_turn", "end_turn", "STOP", "stop", "stop", "stop", "stop"),
    "reorder": Seen("end_turn", "end_turn", "STOP", "stop", "stop", "stop", "stop"),
    "empty_stream": Seen(
        SILENT, SILENT, SILENT, SILENT, "ValueError", "UnexpectedModelBehavior", "AI_InvalidResponseDataError"
    ),
    "crlf": Seen(FINE, FINE, None, FINE, FINE, FINE, FINE),
    "comments": Seen(FINE, FINE, ("UnknownApiResponseError", ""), None, FINE, FINE, FINE),
    "split_bytes": ALL_FINE,
    "data_after_done": Seen(
        ("end_turn", AGAIN), ("end_turn", AGAIN), ("STOP", AGAIN), ("stop", AGAIN), FINE, FINE, ("stop", AGAIN)
    ),
    "drip; bytes_per_second=20000": ALL_FINE,
}

NOTHING = ("empty_body", "malformed_json", "truncated_json", "wrong_content_type", "json_error_200", "empty_stream")
BROKEN = ("reset; after_tokens=1", "disconnect", "no_done", "malformed_chunk")
HELPER: dict[str, dict[str, str]] = {
    "anthropic-python": dict.fromkeys(NOTHING, "AssertionError"),
    "anthropic-node": dict.fromkeys((*NOTHING, *BROKEN), "AnthropicError"),
}
"""Where the SDKs' `.stream()` ends by another error than the plain stream."""


def expected(client: str, way: str) -> dict[str, tuple[str, str]]:
    """Return a client's ending and text for each fault that has an effect on what it asks, asked in this way."""
    at, streamed = NAMES.index(client), way != "whole"
    texts = sightings.STREAMED if streamed else sightings.WHOLE
    found = {}
    for fault, seen in (STREAMED if streamed else WHOLE).items():
        sight = seen[at]
        if sight == FINE:
            sight = str(USUAL[at]), TEXT
        if sight is not None:
            found[fault] = sight if isinstance(sight, tuple) else (sight, texts[fault].text)
    others = HELPER[client] if way == "helper" else {}
    return {fault: (others.get(fault, ending), text) for fault, (ending, text) in found.items()}


HEADINGS = {
    "hang": "before the headers",
    "empty_body": "in place of the body (answer; stream)",
    "reset; after_tokens=1": "in a stream",
    "crlf": "harmless",
}
"""The rows that begin a part of a table, and its heading."""


def lines(first: int, last: int) -> Iterator[str]:
    """Yield the lines of a table of the clients from `first` to before `last`."""
    names = NAMES[first:last]
    yield f"| fault | {' | '.join(map(str, names))} |"
    yield "|---" * (len(names) + 1) + "|"
    for fault in dict.fromkeys((*WHOLE, *STREAMED)):
        if fault in HEADINGS:
            yield f"| **{HEADINGS[fault]}** {'| ' * len(names)}|"
        cells = " | ".join(_cell(fault, at) for at in range(first, last))
        yield f"| `{fault}` | {cells} |"


def _cell(fault: str, at: int) -> str:
    told = [_told(table[fault][at]) for table in (WHOLE, STREAMED) if fault in table]
    return "; ".join(told if len(set(told)) > 1 else told[:1])


def _told(sight: Sight) -> str:
    ending = sight[0] if isinstance(sight, tuple) else sight
    if ending is None:
        return "no effect"
    if ending in (SILENT, WAITS):
        return f"**{ending}**"
    if ending in ("tool_use", "tool_calls", "tool-calls"):
        return "cut arguments"
    if ending in USUAL:
        return "**wrong text**"
    return ending if ending == FINE else f"`{ending}`"


SDKS, FRAMEWORKS = (0, 4), (4, len(NAMES))
"""The clients of the two tables."""

if __name__ == "__main__":
    for table in (SDKS, FRAMEWORKS):
        print(*lines(*table), "", sep="\n")
