"""What Google's parser says of a body that is no JSON: what it expected, and where, with a caret below the place.

Quoted by users of the Gemini API (of values without a comma between them, and of NaN) and of other APIs of Google's up
to 2026; the sentences are those of protobuf's `json_stream_parser.cc`. Of what that parser takes though it is no JSON,
and of what is not quoted, ours tells in its own words.
"""

import json

from completions.wire.brackets import is_in_array

AROUND = 20
"""Bytes before and after the place that are shown."""

LONGEST = 1024 * 1024
"""Bytes of the longest body that is parsed once more to be told of."""


def told(body: bytes, at: int) -> str | None:
    """Return what is said of a body that our parser took up to a place; None where that is not known."""
    if not 0 < len(body) <= LONGEST:
        return None
    try:
        text = body.decode()
        json.loads(text)
    except json.JSONDecodeError as wrong:
        expected, at = _expected(wrong), wrong.pos
    except (ValueError, RecursionError):  # no text, too long a number, or nested too deep
        return None
    else:  # NaN, which Python's parser takes, or half a character
        expected = _value(text, at) if text[at:].startswith(("NaN", "Infinity")) else None
    if expected is None:
        return None
    if at >= len(text.rstrip()):
        return f"Unexpected end of string. {expected}\n\n^"
    before, after = text[:at].encode()[-AROUND:], text[at:].encode()[:AROUND]
    return f"{expected}\n{(before + after).decode(errors='replace')}\n{' ' * len(before)}^"


def _expected(wrong: json.JSONDecodeError) -> str | None:
    """Return what Google's parser expected where Python's found something wrong."""
    is_over = wrong.pos >= len(wrong.doc.rstrip())
    match wrong.msg:
        case "Expecting ':' delimiter":
            return "Expected : between key:value pair."
        case "Expecting ',' delimiter":
            is_array = is_in_array(wrong.doc[: wrong.pos])
            return "Expected , or ] after array value." if is_array else "Expected , or } after key:value pair."
        case "Expecting value":
            return _value(wrong.doc, wrong.pos)
        case "Expecting property name enclosed in double quotes" if is_over:
            return "Expected an object key or }."
    return None


def _value(text: str, at: int) -> str:
    """Return what is said where a value should be: of a word, or what ends a value, that it is there."""
    if at < len(text.rstrip()) and (text[at].isalpha() or text[at] in "_$,]}:"):
        return "Unexpected token."
    return "Expected a value or ] within an array." if is_in_array(text[:at]) else "Expected a value."
