"""What Go's decoder says of a body that is no JSON object: which character it did not expect, and where.

The sentences are those of `encoding/json` in Go's library, whose scanner goes byte by byte.
"""

import json
import re

import orjson

from completions.wire.brackets import is_in_array

LONGEST = 1024 * 1024
"""Bytes of the longest body that is parsed once more to be told of."""

KINDS = {list: "array", str: "string", bool: "bool", int: "number", float: "number"}
"""Go's names of the JSON types that are no objects."""

_LITERAL = re.compile(r"[a-zA-Z]+")
_VALUE, _KEY = "looking for beginning of value", "looking for beginning of object key string"


def told(body: bytes, kind: str, empty: str = "EOF") -> str | None:
    """Return what is said of a body, where `kind` is Go's type of what it should be, and `empty` of one without text.

    None is for a body that Go would take, or that is too long to be looked at once more.
    """
    if not body.strip():
        return empty
    if len(body) > LONGEST:
        return None
    try:
        document = json.loads(body.decode(errors="replace"), parse_constant=_refuse)
    except json.JSONDecodeError as wrong:
        return _said(wrong)
    except (ValueError, RecursionError):  # too long a number, or nested too deep
        return None
    if type(document) in KINDS:
        return f"json: cannot unmarshal {KINDS[type(document)]} into Go value of type {kind}"
    return None


def _refuse(name: str) -> None:
    raise json.JSONDecodeError("Expecting value", name, 0)


def _said(wrong: json.JSONDecodeError) -> str | None:
    """Return Go's words for where Python's parser found something wrong."""
    text, at = wrong.doc, wrong.pos
    if wrong.msg.startswith("Illegal trailing comma"):  # since Python 3.13
        at += 1
    rest = text[at:].lstrip(" \t\r\n") if "control character" not in wrong.msg else text[at:]
    if not rest or wrong.msg.startswith("Unterminated string"):
        return "unexpected EOF"
    match wrong.msg.removesuffix(" at"):
        case "Expecting value" | "Illegal trailing comma before end of array":
            return _of_value(rest)
        case "Expecting property name enclosed in double quotes" | "Illegal trailing comma before end of object":
            where = _KEY
        case "Expecting ':' delimiter":
            where = "after object key"
        case "Expecting ',' delimiter":
            where = "after array element" if is_in_array(text[:at]) else "after object key:value pair"
        case "Extra data":
            where = "after top-level value"
        case "Invalid control character":
            where = "in string literal"
        case _:
            return None
    return f"invalid character {_quoted(rest[0])} {where}"


def _of_value(rest: str) -> str:
    """Return what is said where a value should be: of a word, by how far it is one of JSON's."""
    found = _LITERAL.match(rest)
    word = found[0] if found else ""
    for literal in ("true", "false", "null"):
        if word and word[0] == literal[0]:
            same = next((at for at, letter in enumerate(literal) if word[at : at + 1] != letter), len(literal))
            following = rest[same : same + 1]
            if not following:
                return "unexpected EOF"
            expected = f"in literal {literal} (expecting {_quoted(literal[same])})"
            return f"invalid character {_quoted(following)} {expected}"
    return f"invalid character {_quoted(rest[0])} {_VALUE}"


def _quoted(character: str) -> str:
    """Return a character's first byte between single quotes, as Go writes it."""
    byte = chr(character.encode("utf-8", "surrogatepass")[0])
    if byte in "'\\":
        return f"'\\{byte}'"
    return f"'{byte}'" if byte == '"' else f"'{orjson.dumps(byte).decode()[1:-1]}'"
