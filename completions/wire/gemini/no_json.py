"""The messages of Google's parser for invalid JSON: what it expected, and where, with a caret below the place.

Quoted by users of the Gemini API (of values without a comma between them, and of NaN) and of other APIs of Google's up
to 2026; the sentences are those of protobuf's `json_stream_parser.cc`. For invalid JSON that that parser accepts, and
for errors that are not quoted, the mock has its own words.
"""

import json

from completions.wire.brackets import is_in_array

CONTEXT_BYTES = 20
"""Bytes that are shown before and after the place."""

MAX_BYTES = 1024 * 1024
"""The size in bytes of the longest body that is parsed again for its message."""


def invalid_json_message(body: bytes, at: int) -> str | None:
    """Return the message for a body that our parser accepted up to a place, or None if it is not known."""
    if not 0 < len(body) <= MAX_BYTES:
        return None
    try:
        text = body.decode()
        json.loads(text)
    except json.JSONDecodeError as exc:
        expected, at = _expected(exc), exc.pos
    except (ValueError, RecursionError):  # no text, too long a number, or nested too deep
        return None
    else:  # NaN, which Python's parser accepts, or half a character
        expected = _expected_value(text, at) if text[at:].startswith(("NaN", "Infinity")) else None
    if expected is None:
        return None
    if at >= len(text.rstrip()):
        return f"Unexpected end of string. {expected}\n\n^"
    before, after = text[:at].encode()[-CONTEXT_BYTES:], text[at:].encode()[:CONTEXT_BYTES]
    return f"{expected}\n{(before + after).decode(errors='replace')}\n{' ' * len(before)}^"


def _expected(exc: json.JSONDecodeError) -> str | None:
    """Return what Google's parser expected where Python's found an error."""
    is_at_end = exc.pos >= len(exc.doc.rstrip())
    match exc.msg:
        case "Expecting ':' delimiter":
            return "Expected : between key:value pair."
        case "Expecting ',' delimiter":
            is_array = is_in_array(exc.doc[: exc.pos])
            return "Expected , or ] after array value." if is_array else "Expected , or } after key:value pair."
        case "Expecting value":
            return _expected_value(exc.doc, exc.pos)
        case "Expecting property name enclosed in double quotes" if is_at_end:
            return "Expected an object key or }."
    return None


def _expected_value(text: str, at: int) -> str:
    """Return the message for a missing value; a word, or a character that ends a value, is an unexpected token."""
    if at < len(text.rstrip()) and (text[at].isalpha() or text[at] in "_$,]}:"):
        return "Unexpected token."
    return "Expected a value or ] within an array." if is_in_array(text[:at]) else "Expected a value."
