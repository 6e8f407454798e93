"""A YAML document whose values know their lines, so that an error can name its line."""

import binascii
import difflib
import json
from base64 import b64decode
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import yaml

from completions.budget import described
from completions.exceptions import ScriptError
from completions.faults import MAX_NUMBER
from completions.script.language import Keys
from completions.script.text.synonyms import meant_by

T = TypeVar("T")
D = TypeVar("D")

KINDS = {dict: "a mapping", list: "a list", str: "a string", int: "a whole number", bool: "true or false"}

Places = Mapping[str, Collection[str]]
NO_PLACES: Places = {}

MAX_SHOWN = 60
"""The most characters of a wrong value in an error."""

MAX_UNKNOWN = 100
"""Unknown keys of one mapping that are named."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A value that is valid but most likely means something else, and its line."""

    line: int
    message: str


@dataclass(slots=True)
class Source:
    """The source of a document: the name of its file in errors. In a `literal` one no text is a template.

    `problems` gathers its errors; if it is None, the first error is raised. `misspelt` has the paths of
    mappings with unknown keys. `doubts` are about valid values that most likely mean something else.
    `names` are the names for templates. `folder` is the base of relative paths; None means the file's folder.
    """

    file: str
    literal: bool = False
    problems: list[ScriptError] | None = None
    misspelt: set[str | None] = field(default_factory=set)
    doubts: list[Doubt] = field(default_factory=list)
    names: tuple[str, ...] = ("prompt", "turn")
    folder: Path | None = None

    def tell(self, problem: ScriptError) -> None:
        """Note a problem, or raise it; a missing key in a mapping with a misspelt one is most likely that key."""
        if self.problems is None:
            raise problem
        if problem.field not in self.misspelt:
            self.problems.append(problem)


class Node:
    """One value of a script: read it as the type that it should have, or get an error with file, line and path.

    `line` is that of its key, or its own if it has none.
    """

    def __init__(
        self, source: Source, node: yaml.Node, value: object, path: str = "", key: yaml.Node | None = None
    ) -> None:
        self.source, self.path, self.value = source, path, value
        self._node, self._key = node, node if key is None else key

    @property
    def file(self) -> str:
        """The name of the file in errors."""
        return self.source.file

    @property
    def literal(self) -> bool:
        """Whether texts are never templates."""
        return self.source.literal

    @property
    def line(self) -> int:
        """The line of its key, or else its own."""
        line: int = self._key.start_mark.line
        return line + 1

    def naming(self, name: str) -> "Node":
        """Return the same value, with a further name for templates."""
        source = replace(self.source, names=(*self.source.names, name))
        return Node(source, self._node, self.value, self.path, self._key)

    def within(self, folder: Path) -> "Node":
        """Return the same value, with a folder as the base of relative paths."""
        return Node(replace(self.source, folder=folder), self._node, self.value, self.path, self._key)

    @property
    def folder(self) -> Path:
        """The base of relative paths."""
        return Path(self.file).expanduser().parent if self.source.folder is None else self.source.folder

    def error(self, message: str, line: int | None = None) -> ScriptError:
        """Return an error at this value's line, or another one."""
        where = f"`{self.path}` " if self.path else "the script "
        column = self._key.start_mark.column + 1 if line is None else None
        return ScriptError(f"{where}{message}", self.file, line or self.line, self.path or None, column=column)

    def attempt(self, read: Callable[["Node"], T], default: D) -> T | D:
        """Return the result of a reader of this value; the default if that fails and errors are gathered."""
        try:
            return read(self)
        except ScriptError as exc:
            self.source.tell(exc)
        except RecursionError:
            self.source.tell(self.error("is nested too deeply."))
        except Exception as exc:  # any other exception of a reader gets a line too
            self.source.tell(self.error(f"cannot be read: {described(exc)}."))
        return default

    def doubt(self, message: str) -> None:
        """Note that this value is valid, but most likely means something else."""
        self.source.doubts.append(Doubt(self.line, f"`{self.path}` {message}"))

    def wrong(self, expected: str) -> ScriptError:
        """Return the error of a value that must be something else."""
        error = self.error(f"must be {expected}, not {_shown(self.value)}.")
        mark = self._node.start_mark
        if mark.line + 1 == error.line:
            error.column = mark.column + 1
        return error

    def as_(self, kind: type[T]) -> T:
        """Return the value, which must be of type `kind`."""
        if not isinstance(self.value, kind) or (kind is int and isinstance(self.value, bool)):
            raise self.wrong(KINDS[kind])
        return self.value

    def count(self, least: int = 0, most: int = MAX_NUMBER) -> int:
        """Return an integer from `least` to `most`, or to the largest one that JSON is certain to preserve."""
        if (value := self.as_(int)) < least:
            raise self.wrong(f"a whole number from {least}")
        if value > most:
            raise self.wrong(f"a whole number up to {most}")
        return value

    def base64(self) -> bytes:
        """Return the bytes of a text in base64, in which space does not matter."""
        try:
            return b64decode("".join(self.as_(str).split()), validate=True)
        except (binascii.Error, ValueError) as exc:
            raise self.error(f"is not base64: {exc}.") from exc

    def number(self) -> float:
        """Return a number."""
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            raise self.wrong("a number")
        return self.value if abs(self.value) < 2**63 else float(self.value)  # JSON here has whole ones of 64 bits

    def one_of(self, allowed: Iterable[T]) -> T:
        """Return the value, which must be one of these."""
        for value in allowed:
            if self.value == value and not isinstance(self.value, bool):
                return value
        hint = did_you_mean(str(self.value), map(str, allowed))
        raise self.error(f"must be one of {', '.join(map(str, allowed))}, not {_shown(self.value)}.{hint}")

    @property
    def raw(self) -> str:
        """Return a scalar as it is written, so that `007` and `true` can be strings; raise for anything else."""
        if not isinstance(self._node, yaml.ScalarNode) or self.value is None:
            raise self.wrong("a string")
        written: str = self._node.value
        return written

    @property
    def name(self) -> str:
        """Return a scalar that is used as a name in a log, an address or another file: not empty, and in one line."""
        if not self.raw.strip() or any(ord(character) < 32 or ord(character) == 127 for character in self.raw):
            raise self.wrong("a name: a text in one line, with no control character in it")
        return self.raw

    @property
    def is_plain(self) -> bool:
        """Whether it is a single word or text without quotes."""
        return isinstance(self._node, yaml.ScalarNode) and not self._node.style

    @property
    def is_template(self) -> bool:
        """Whether it is a text with the syntax of a template."""
        return isinstance(self.value, str) and ("{{" in self.value or "{%" in self.value)

    @property
    def is_empty(self) -> bool:
        """Whether the value is missing."""
        return isinstance(self._node, yaml.ScalarNode) and not self._node.style and not self._node.value

    @property
    def text_line(self) -> int:
        """The line of a text's first line; that of a block (`|`, `>`) is the one after its sign."""
        line: int = self._node.start_mark.line
        return line + (2 if getattr(self._node, "style", None) in ("|", ">") else 1)

    def keyed(self, keys: Keys, other_places: Places = NO_PLACES) -> dict[str, "Node"]:
        """Return the values of a mapping by key; the keys are a table of the language."""
        required = tuple(key for key in keys if keys[key].required)
        return self.fields(required=required, optional=tuple(keys), other_places=other_places)

    def fields(
        self, *, required: Iterable[str] = (), optional: Iterable[str] = (), other_places: Places = NO_PLACES
    ) -> dict[str, "Node"]:
        """Return the values of a mapping by key; unknown and missing keys are errors.

        `other_places` has the keys of other mappings to which an unknown key may belong.
        """
        found = self.entries()
        allowed = list(dict.fromkeys((*optional, *required)))
        unknown = [(key, child) for key, child in found.items() if key not in allowed]
        for key, child in unknown[:MAX_UNKNOWN]:
            hint = _hint(key, allowed, other_places)
            self.source.tell(child.error(f"is not known here; allowed: {', '.join(allowed)}.{hint}"))
        if len(unknown) > MAX_UNKNOWN:
            self.source.tell(self.error(f"has {len(unknown) - MAX_UNKNOWN} more keys that are not known here."))
        if unknown:
            self.source.misspelt.add(self.path or None)
        found = {key: child for key, child in found.items() if key in allowed}
        for key in required:
            if key not in found:
                raise self.error(f"lacks `{key}`.")
        return found

    def entries(self) -> dict[str, "Node"]:
        """Return the values of a mapping by key, with any keys."""
        values: dict[Any, object] = self.as_(dict)
        nodes = {key.value: (key, node) for key, node in self._node.value}
        return {name: self._child(name, key, node, values[name]) for name, (key, node) in nodes.items()}

    def items(self, what: str = "") -> list["Node"]:
        """Return the values of a list; if `what` names them, there must be at least one."""
        values = self.as_(list)
        if what and not values:
            raise self.error(f"must have at least one {what}.")
        nodes: list[yaml.Node] = self._node.value
        return [
            Node(self.source, node, value, f"{self.path}[{index}]")
            for index, (node, value) in enumerate(zip(nodes, values, strict=True))
        ]

    def one_or_more(self, what: str = "") -> list["Node"]:
        """Return the values of a list as `items` does, or else this value as the only one."""
        return self.items(what) if isinstance(self.value, list) else [self]

    def _child(self, name: str, key: yaml.Node, node: yaml.Node, value: object) -> "Node":
        return Node(self.source, node, value, f"{self.path}.{name}".lstrip("."), key)


def _hint(key: str, allowed: Collection[str], other_places: Places) -> str:
    """Return a hint at the mapping to which a key, or a synonym of it, belongs; or at an allowed key."""
    if place := next((place for place, keys in other_places.items() if key in keys), None):
        return f" It is a key of {place}."
    for place, keys in other_places.items() if meant_by(key, allowed) is None else ():
        if meant := meant_by(key, keys):
            return f" Did you mean `{meant}`? It is a key of {place}."
    return did_you_mean(key, allowed)


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """Return a hint at the allowed word that is almost the same, is meant, contains this one, or is similar.

    In `last_user__contains`, Django's form of a lookup, both parts are words.
    """
    words = list(allowed)
    name, _, lookup = word.partition("__")
    if name in words and lookup:
        return f" Write `{name}: {{{lookup}: …}}`."
    meant = meant_by(word, words)
    longer = [each for each in words if f"_{word}_" in f"_{each}_"]
    close = (
        difflib.get_close_matches(word, words, n=1, cutoff=0.85)
        or ([meant] if meant else [])
        or (longer if len(longer) == 1 else [])
        or difflib.get_close_matches(word, words, n=1)
    )
    return f" Did you mean `{close[0]}`?" if close else ""


def _shown(value: object) -> str:
    """Return a value as a script writes it: `null` and `true`, not Python's words."""
    shown = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return shortened(shown, MAX_SHOWN)


def shortened(text: str, most: int) -> str:
    """Return a text of at most `most` characters; of a longer one the beginning, with an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
