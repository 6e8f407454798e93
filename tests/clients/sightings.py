"""What each client makes of each fault, as a table: the tests prove it, and the manual's table must agree.

An ending is the name of an error, else the finish reason, else `silent`; node's `waits` is for ever. Beside it stands
the text that came, for all clients or, in a pair, for one.
"""

from typing import NamedTuple

from tests.document import TEXT

Ending = str | tuple[str, str]


class Row(NamedTuple):
    """The text that came, and how it ended for each client; `litellm` is LiteLLM with openai 3."""

    text: str
    python_2: Ending
    python_3: Ending
    litellm: Ending
    node: Ending
    litellm_2: Ending | None = None
    """LiteLLM with openai 2, where that differs."""

    def of(self, client: str) -> tuple[str, str]:
        """Return a client's ending and text."""
        seen: Ending | None = getattr(self, client)
        ending = self.litellm if seen is None else seen
        return ending if isinstance(ending, tuple) else (ending, self.text)


def alike(text: str, python: Ending, litellm: Ending, node: Ending) -> Row:
    """Return the row of a fault in which the two openai-python agree."""
    return Row(text, python, python, litellm, node)


FINE = alike(TEXT, "stop", "stop", "stop")
UNSEEN = alike("", "silent", "stop", "silent")
LOST = alike("", "APIConnectionError", "InternalServerError", "APIConnectionError")
WAITED = alike("", "APITimeoutError", "Timeout", "APIConnectionTimeoutError")
PAGE = alike("", "InternalServerError", "BadGatewayError", "InternalServerError")
TOLD = alike("This", "APIError", "MidStreamFallbackError", "APIError")
FALLBACK = "MidStreamFallbackError"

BEFORE: dict[str, Row] = {
    "hang": WAITED,
    "hang; ms=50": LOST,
    "close": LOST,
    "reset": LOST,
    "slow_headers; ms=50": FINE,
    "html_error": PAGE,
}
"""Whole and streamed alike."""

WHOLE: dict[str, Row] = {
    **BEFORE,
    "empty_body": alike("", "JSONDecodeError", "InternalServerError", "silent"),
    "malformed_json": alike("", "JSONDecodeError", "InternalServerError", "SyntaxError"),
    "truncated_json": alike("", "JSONDecodeError", "InternalServerError", "SyntaxError"),
    "wrong_content_type": alike(TEXT, "stop", "stop", ("silent", "")),
    "json_error_200": alike("", "silent", "APIError", "silent"),
}

STREAMED: dict[str, Row] = {
    **BEFORE,
    "reset; after_tokens=1": Row("This", "ReadError", "APIConnectionError", FALLBACK, "TypeError"),
    "empty_body": UNSEEN,
    "malformed_json": UNSEEN,
    "truncated_json": UNSEEN,
    "wrong_content_type": UNSEEN,
    "json_error_200": UNSEEN,
    "disconnect": Row("This", "RemoteProtocolError", "APIConnectionError", FALLBACK, "TypeError"),
    "stall": Row("This", "ReadTimeout", "APITimeoutError", "Timeout", "waits", litellm_2=FALLBACK),
    "stall; ms=50": FINE,
    "error_object": TOLD,
    "error_event": TOLD,
    "error_event; flat=1": alike("This", "silent", FALLBACK, "APIError"),
    "no_finish": alike(TEXT, "silent", FALLBACK, "silent"),
    "no_done": FINE,
    "cut_tool_arguments": alike('{"first":1234', "tool_calls", "tool_calls", "tool_calls"),
    "malformed_chunk": alike("This", "JSONDecodeError", FALLBACK, "SyntaxError"),
    "bad_utf8": alike("This", "UnicodeDecodeError", FALLBACK, ("stop", "This\ufffd\ufffd is a mock response.")),
    "duplicate_chunk": alike("This is is a mock response.", "stop", "stop", "stop"),
    "reorder": alike("This a is mock response.", "stop", "stop", "stop"),
    "empty_stream": UNSEEN,
    "crlf": FINE,
    "comments": FINE,
    "split_bytes": FINE,
    "data_after_done": FINE,
    "drip; bytes_per_second=20000": FINE,
}

NO_ANSWER = {name: "AssertionError" for name, row in STREAMED.items() if row is UNSEEN}
NO_GOOD = ("disconnect", "reset; after_tokens=1", "no_finish", "malformed_chunk")
HELPER: dict[str, dict[str, str]] = {
    "python_2": NO_ANSWER,
    "python_3": NO_ANSWER,
    "node": dict.fromkeys((*NO_ANSWER, *NO_GOOD), "OpenAIError"),
}
"""Where the SDKs' `.stream()` ends by another error than the plain stream."""


def expected(client: str, way: str) -> dict[str, tuple[str, str]]:
    """Return a client's ending and text for each fault, asked in this way."""
    if way != "helper":
        return {fault: row.of(client) for fault, row in (WHOLE if way == "whole" else STREAMED).items()}
    other = HELPER[client]
    return {fault: (other.get(fault, ending), text) for fault, (ending, text) in expected(client, "streamed").items()}
