"""The parts of a text between braces, for step 3: objects and schemas among a prompt's sentences."""

import ast
import json
import re
from dataclasses import dataclass

MAX_SEARCHED = 100_000
"""Characters at the end of a prompt that are read, because the question is last."""

MAX_LITERAL = 20_000
"""Characters of a Python literal, which takes more time and memory to read than JSON."""

TOKEN = re.compile(r"""[{}]|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""")


@dataclass(frozen=True, slots=True)
class Braced:
    """A part of a text from a brace to the one that closes it."""

    start: int
    end: int
    text: str


def braced(text: str) -> list[Braced]:
    """Return the outermost parts between braces that are closed; braces in quotes within them do not count."""
    opened: list[int] = []
    closed: list[tuple[int, int]] = []
    at = text.find("{")
    while at >= 0:
        token = TOKEN.search(text, at)
        if token is None:
            break
        at = token.end()
        if token[0] == "{":
            opened.append(token.start())
        elif token[0] == "}":
            start = opened.pop()
            while closed and closed[-1][0] > start:
                closed.pop()
            closed.append((start, at))
            at = at if opened else text.find("{", at)
    return [Braced(start, end, text[start:end]) for start, end in closed]


def outside(text: str, parts: list[Braced]) -> str:
    """Return a text without these parts."""
    edges = [0, *(edge for part in parts for edge in (part.start, part.end)), len(text)]
    return " ".join(text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True))


def value_of(text: str) -> object:
    """Read a text as JSON or as a Python literal; return None if it is neither.

    Doubled braces, which a template has left, count as single ones.
    """
    if text.startswith("{{"):
        text = text.replace("{{", "{").replace("}}", "}")
    try:
        value: object = json.loads(text)
    except ValueError:
        return _literal(text)
    except RecursionError:
        return None
    return value


def list_at(text: str) -> list[object] | None:
    """Read the list with which a text begins, as JSON or as a Python literal on one line; None if it has none."""
    try:
        value, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        line = text.partition("\n")[0]
        value = _evaluated(line[: line.rfind("]") + 1])
    return value if isinstance(value, list) else None


def _literal(text: str) -> object:
    return _evaluated(text) if re.match(r"\{\s*'", text) else None


def _evaluated(text: str) -> object:
    if len(text) > MAX_LITERAL:
        return None
    try:
        value: object = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None
    return value
