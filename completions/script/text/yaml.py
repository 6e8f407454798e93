"""The YAML of scripts: its values are those of JSON, and a repeated key is an error.

The words that YAML 1.1 turns into something else stay strings, as in YAML 1.2's core schema: `no`, `12:30`,
`2026-01-31`. So do `.inf` and `.nan`, which JSON does not have. Texts may be hostile, so their depth and the size that
their aliases expand to are limited while they are read.
"""

import re
from typing import Any

import yaml
from yaml.composer import Composer, ComposerError
from yaml.nodes import MappingNode, Node, ScalarNode
from yaml.resolver import Resolver

MAX_DEPTH = 64
"""Lists and mappings inside one another, with each alias followed."""

MAX_VALUES = 200_000
"""Values and keys of a text with its aliases expanded."""


class TooLarge(ComposerError):
    """A text that is nested too deeply, or is too large with its aliases expanded."""


class _Bounded(Composer):
    """Composes nodes from events, and measures the number of values and the depth of each."""

    check_event: Any  # the parser's, whichever it is
    peek_event: Any
    get_event: Any

    def __init__(self) -> None:
        Composer.__init__(self)
        self._depth = self._reach = self._count = 0
        self._measures: dict[int, tuple[int, int]] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Return the next node, or the one that an alias names."""
        if self.check_event(yaml.AliasEvent):
            return self._aliased()
        first, outer = self._count, self._reach
        self._depth += 1
        self._reach = self._depth
        self._grow(1, 0, self.peek_event())
        node = super().compose_node(parent, index)
        self._measures[id(node)] = self._count - first, self._reach - self._depth
        self._depth -= 1
        self._reach = max(outer, self._reach)
        return node

    def _aliased(self) -> Any:
        event: Any = self.get_event()
        if event.anchor not in self.anchors:
            raise ComposerError(None, None, f"the alias `*{event.anchor}` refers to nothing", event.start_mark)
        node = self.anchors[event.anchor]
        if id(node) not in self._measures:
            raise TooLarge(None, None, f"`*{event.anchor}` is inside the value that it refers to", event.start_mark)
        size, height = self._measures[id(node)]
        self._depth += 1
        self._grow(size, height, event)
        self._reach = max(self._reach, self._depth + height)
        self._depth -= 1
        return node

    def _grow(self, size: int, height: int, event: Any) -> None:
        self._count += size
        if self._count > MAX_VALUES:
            raise TooLarge(None, None, f"it has more than {MAX_VALUES} values", event.start_mark)
        if self._depth + height > MAX_DEPTH:
            raise TooLarge(None, None, f"it is nested too deeply: more than {MAX_DEPTH} levels", event.start_mark)


class _CoreSchema(Resolver):
    """Resolves the type of an unquoted word."""


_CoreSchema.yaml_implicit_resolvers = {}  # without YAML 1.1's, which it would inherit


class Careful(_Bounded, yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser, _CoreSchema):
    """Reads in Python: slowly, with detailed errors."""

    def __init__(self, text: str) -> None:
        yaml.reader.Reader.__init__(self, text)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)
        _Bounded.__init__(self)
        _CoreSchema.__init__(self)


_libyaml: Any = yaml.cyaml if yaml.__with_libyaml__ else None

Fast: Any = Careful
"""Reads with libyaml, three times as fast, if PyYAML was built with it, like its wheels."""

if _libyaml is not None:

    class _Fast(_Bounded, _libyaml.CParser, _CoreSchema):  # type: ignore[misc]  # of a parser without types
        def __init__(self, text: str) -> None:
            _libyaml.CParser.__init__(self, text)
            _Bounded.__init__(self)
            _CoreSchema.__init__(self)

    Fast = _Fast


def compose(text: str) -> Node | None:
    """Return the one document of a text, or None of an empty one; raise `yaml.YAMLError`."""
    try:
        return _composed(Fast(text))
    except TooLarge:
        raise
    except yaml.YAMLError:
        return _composed(Careful(text))


def _composed(loader: Any) -> Node | None:
    try:
        node: Node | None = loader.get_single_node()
        return node
    finally:
        loader.dispose()


TAG = "tag:yaml.org,2002:"
NULL, BOOL, INT, FLOAT, STR, MERGE = (f"{TAG}{name}" for name in ("null", "bool", "int", "float", "str", "merge"))
MAP, SEQ = f"{TAG}map", f"{TAG}seq"

MAX_DIGITS = 300
"""Digits of a whole number."""


class Constructor:
    """Converts nodes to values; a node with several aliases is converted once."""

    def __init__(self) -> None:
        self._values: dict[int, Any] = {}

    def value(self, node: Node) -> Any:
        """Return a node's value; raise `yaml.YAMLError` if it has none."""
        if isinstance(node, ScalarNode):
            return _scalar(node)
        if id(node) not in self._values:
            self._values[id(node)] = self._mapping(node) if isinstance(node, MappingNode) else self._sequence(node)
        return self._values[id(node)]

    def _sequence(self, node: Node) -> list[Any]:
        _check_tag(node, SEQ)
        return [self.value(child) for child in node.value]

    def _mapping(self, node: MappingNode) -> dict[str, Any]:
        _check_tag(node, MAP)
        _flatten(node)
        return {key.value: self.value(child) for key, child in node.value}


def _check_tag(node: Node, tag: str) -> None:
    if node.tag != tag:
        raise _wrong(f"the tag `{_short(node.tag)}` is not allowed here", node)


def _short(tag: str) -> str:
    return f"!!{tag.removeprefix(TAG)}" if tag.startswith(TAG) else tag


def _wrong(message: str, node: Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(None, None, message, node.start_mark)


WORDS = {"true": True, "false": False}


def _scalar(node: ScalarNode) -> object:
    """Return a scalar's value; an escaped half of a surrogate pair, which no answer can contain, is refused."""
    text: str = node.value
    match node.tag:
        case "tag:yaml.org,2002:str":
            if not text.isascii():
                _check_text(node)
            return text
        case "tag:yaml.org,2002:null":
            return None
        case "tag:yaml.org,2002:bool" if text.lower() in WORDS:
            return WORDS[text.lower()]
        case "tag:yaml.org,2002:int" if re.fullmatch(r"[-+]?[0-9]+", text):
            if len(text) > MAX_DIGITS:
                raise _wrong(f"a number has more than {MAX_DIGITS} digits", node)
            return int(text)
        case "tag:yaml.org,2002:float" if re.fullmatch(FLOATS, text):
            if (number := float(text)) in (float("inf"), float("-inf")):
                raise _wrong("a number is too large", node)
            return number
        case "tag:yaml.org,2002:bool" | "tag:yaml.org,2002:int" | "tag:yaml.org,2002:float":
            raise _wrong(f"{text[:60]!r} is not a `{_short(node.tag)}`", node)
    raise _wrong(f"the tag `{_short(node.tag)}` is not a type of JSON", node)


def _check_text(node: ScalarNode) -> None:
    try:
        node.value.encode()
    except UnicodeEncodeError as exc:
        raise _wrong("a text contains half a surrogate pair", node) from exc


def _flatten(node: MappingNode) -> None:
    """Merge the mappings of `<<` into a mapping, whose own keys take precedence; a repeated key is an error."""
    lines: dict[str, int] = {}
    merged: list[tuple[Node, Node]] = []
    own: list[tuple[Node, Node]] = []
    for key, child in node.value:
        if not isinstance(key, ScalarNode):
            raise _wrong("a key must be a string", key)
        if key.tag == MERGE:
            merged = [*_merged(child), *merged]
            continue
        _check_text(key)
        line = key.start_mark.line + 1
        if key.value in lines:
            raise _wrong(f"`{key.value}` is there twice in one mapping, first in line {lines[key.value]}", key)
        lines[key.value] = line
        own.append((key, child))
    if merged:
        node.value = [*((key, child) for key, child in merged if key.value not in lines), *own]


def _merged(node: Node) -> list[tuple[Node, Node]]:
    """Return the pairs that `<<` brings: of several mappings the first goes before the others."""
    if isinstance(node, MappingNode):
        _flatten(node)
        return list(node.value)
    if isinstance(node, yaml.SequenceNode) and all(isinstance(child, MappingNode) for child in node.value):
        found: dict[str, tuple[Node, Node]] = {}
        for child in node.value:
            for key, value in _merged(child):
                found.setdefault(key.value, (key, value))
        return list(found.values())
    raise _wrong("`<<` takes a mapping, or a list of mappings", node)


FLOATS = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"


def _resolve(tag: str, pattern: str, first: str) -> None:
    _CoreSchema.add_implicit_resolver(tag, re.compile(f"^(?:{pattern})$"), list(first))


_resolve(NULL, "~|null|Null|NULL|", "~nN")
_CoreSchema.add_implicit_resolver(NULL, re.compile("^$"), [""])
_resolve(BOOL, "true|True|TRUE|false|False|FALSE", "tTfF")
_resolve(INT, "[-+]?(?:0|[1-9][0-9]*)", "-+0123456789")
_resolve(FLOAT, r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?", "-+.0123456789")
_resolve(MERGE, "<<", "<")
