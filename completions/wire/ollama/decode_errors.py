"""The errors of Go's decoder for a body that is not a JSON object: which character it did not expect, and where.

The sentences are those of `encoding/json` in Go's library, whose scanner goes byte by byte.
"""

import json
import re

import orjson

from completions.wire.brackets import is_in_array

MAX_BODY = 1024 * 1024
"""Bytes of the longest body that is parsed once more to find its error."""

JSON_TYPE_NAMES = {list: "array", str: "string", bool: "bool", int: "number", float: "number"}
"""Go's names of the JSON types other than objects."""

_LITERAL = re.compile(r"[a-zA-Z]+")
_VALUE, _KEY = "looking for beginning of value", "looking for beginning of object key string"


def decode_error(body: bytes, type_name: str, empty: str = "EOF") -> str | None:
    """Return Go's error message for a body; `type_name` is the expected Go type, `empty` the message for a blank body.

    None if Go would accept the body, or if it is too long to be parsed once more.
    """
    if not body.strip():
        return empty
    if len(body) > MAX_BODY:
        return None
    try:
        document = json.loads(body.decode(errors="replace"), parse_constant=_refuse)
    except json.JSONDecodeError as exc:
        return _message(exc)
    except (ValueError, RecursionError):  # too long a number, or nested too deep
        return None
    if type(document) in JSON_TYPE_NAMES:
        return f"json: cannot unmarshal {JSON_TYPE_NAMES[type(document)]} into Go value of type {type_name}"
    return None


def _refuse(name: str) -> None:
    raise json.JSONDecodeError("Expecting value", name, 0)


def _message(exc: json.JSONDecodeError) -> str | None:
    """Return Go's message for an error of Python's parser."""
    body_text, position = exc.doc, exc.pos
    if exc.msg.startswith("Illegal trailing comma"):  # since Python 3.13
        position += 1
    rest = body_text[position:].lstrip(" \t\r\n") if "control character" not in exc.msg else body_text[position:]
    if not rest or exc.msg.startswith("Unterminated string"):
        return "unexpected EOF"
    match exc.msg.removesuffix(" at"):
        case "Expecting value" | "Illegal trailing comma before end of array":
            return _message_for_value(rest)
        case "Expecting property name enclosed in double quotes" | "Illegal trailing comma before end of object":
            where = _KEY
        case "Expecting ':' delimiter":
            where = "after object key"
        case "Expecting ',' delimiter":
            where = "after array element" if is_in_array(body_text[:position]) else "after object key:value pair"
        case "Extra data":
            where = "after top-level value"
        case "Invalid control character":
            where = "in string literal"
        case _:
            return None
    return f"invalid character {_quoted(rest[0])} {where}"


def _message_for_value(rest: str) -> str:
    """Return the message where a value is expected: it depends on how much of `true`, `false` or `null` is there."""
    match = _LITERAL.match(rest)
    word = match[0] if match else ""
    for literal in ("true", "false", "null"):
        if word and word[0] == literal[0]:
            matching = next((at for at, letter in enumerate(literal) if word[at : at + 1] != letter), len(literal))
            next_character = rest[matching : matching + 1]
            if not next_character:
                return "unexpected EOF"
            expected = f"in literal {literal} (expecting {_quoted(literal[matching])})"
            return f"invalid character {_quoted(next_character)} {expected}"
    return f"invalid character {_quoted(rest[0])} {_VALUE}"


def _quoted(character: str) -> str:
    """Return a character's first byte between single quotes, as Go writes it."""
    byte = chr(character.encode("utf-8", "surrogatepass")[0])
    if byte in "'\\":
        return f"'\\{byte}'"
    return f"'{byte}'" if byte == '"' else f"'{orjson.dumps(byte).decode()[1:-1]}'"
