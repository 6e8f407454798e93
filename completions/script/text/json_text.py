"""JSON as the nodes of a YAML document, so that one reader handles both, with every value's line and column."""

import bisect
import json
import re
from json import decoder
from typing import Any

from yaml import Mark
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from completions.script.text.yaml import BOOL, FLOAT, INT, MAP, MAX_DEPTH, MAX_VALUES, NULL, SEQ, STR, TooLarge

_scan_string: Any = vars(decoder)["scanstring"]
"""Reads a string as `json` itself does; the stubs do not know it."""

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS = {"true": BOOL, "false": BOOL, "null": NULL}


def looks_like_json(text: str) -> bool:
    """Tell whether a text begins like a JSON document."""
    return text.lstrip(" \t\n\r")[:1] in ("{", "[")


def compose_json(text: str) -> Node:
    """Return a text's value as a node; raise `json.JSONDecodeError` if it is not JSON, or `TooLarge`."""
    reader = _Reader(text)
    node, end = reader.value(reader.skip(0), 1)
    if (end := reader.skip(end)) < len(text):
        raise json.JSONDecodeError("Extra data", text, end)
    return node


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.count = text, 0
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]

    def skip(self, at: int) -> int:
        """Return the position of the next character that is not a space."""
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def mark(self, at: int) -> Mark:
        line = bisect.bisect_right(self._lines, at) - 1
        return Mark("", at, line, at - self._lines[line], None, 0)

    def value(self, at: int, depth: int) -> tuple[Node, int]:
        """Return the value at a position, and the position of its end."""
        self.count += 1
        if self.count > MAX_VALUES:
            raise TooLarge(None, None, f"it has more than {MAX_VALUES} values", self.mark(at))
        if depth > MAX_DEPTH:
            raise TooLarge(None, None, f"it is nested too deeply: more than {MAX_DEPTH} levels", self.mark(at))
        match self.text[at : at + 1]:
            case "{":
                return self._mapping(at, depth)
            case "[":
                return self._sequence(at, depth)
            case '"':
                return self._string(at)
        return self._word(at)

    def _string(self, at: int) -> tuple[Node, int]:
        text, end = _scan_string(self.text, at + 1, True)
        mark = self.mark(at)
        return ScalarNode(STR, text, mark, mark, style='"'), end

    def _word(self, at: int) -> tuple[Node, int]:
        mark = self.mark(at)
        for word, tag in _WORDS.items():
            if self.text.startswith(word, at):
                return ScalarNode(tag, word, mark, mark), at + len(word)
        if (found := _NUMBER.match(self.text, at)) is None:
            raise json.JSONDecodeError("Expecting value", self.text, at)
        tag = FLOAT if found[1] or found[2] else INT
        return ScalarNode(tag, found[0], mark, mark), found.end()

    def _sequence(self, at: int, depth: int) -> tuple[Node, int]:
        mark = self.mark(at)
        items: list[Node] = []
        at = self.skip(at + 1)
        while not self._closes("]", at, bool(items)):
            at = self._separated(at, bool(items))
            node, at = self.value(at, depth + 1)
            items.append(node)
            at = self.skip(at)
        return SequenceNode(SEQ, items, mark, mark), at + 1

    def _mapping(self, at: int, depth: int) -> tuple[Node, int]:
        mark = self.mark(at)
        pairs: list[tuple[Node, Node]] = []
        at = self.skip(at + 1)
        while not self._closes("}", at, bool(pairs)):
            at = self._separated(at, bool(pairs))
            if self.text[at : at + 1] != '"':
                raise json.JSONDecodeError("Expecting property name enclosed in double quotes", self.text, at)
            key, at = self.value(at, depth + 1)
            at = self.skip(at)
            if self.text[at : at + 1] != ":":
                raise json.JSONDecodeError("Expecting ':' delimiter", self.text, at)
            node, at = self.value(self.skip(at + 1), depth + 1)
            pairs.append((key, node))
            at = self.skip(at)
        return MappingNode(MAP, pairs, mark, mark), at + 1

    def _closes(self, sign: str, at: int, has_items: bool) -> bool:
        if at >= len(self.text):
            wanted = f"Expecting ',' or '{sign}'" if has_items else "Expecting value"
            raise json.JSONDecodeError(wanted, self.text, at)
        return self.text[at] == sign

    def _separated(self, at: int, has_items: bool) -> int:
        """Skip the comma between two items."""
        if not has_items:
            return at
        if self.text[at] != ",":
            raise json.JSONDecodeError("Expecting ',' delimiter", self.text, at)
        return self.skip(at + 1)
