"""Snapshots of prompts: what a test asked the last time that somebody looked at it, in a file beside the test."""

import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from completions.pytest_plugin.exchanges import Exchange

__tracebackhide__ = True  # in the reports of failed tests

FOLDER, CASSETTES = "prompts", "cassettes"
OPTION = "--mock-llm-update"
IDS = {"id", "tool_call_id", "call_id", "tool_use_id", "item_id", "response_id"}
IDS |= {"previous_response_id", "previous_interaction_id"}
"""Members that hold an id, which is another one each time."""

DATA, WITHIN = {"args", "arguments", "input", "json", "metadata", "response"}, "$"
"""Objects with what a model or an application said, whose `id` is a word of theirs; and how their members are known."""

NAMESPACE = re.compile(r"^/ns/[^/]+")
SHORTEST = 8
"""Characters of an id that is replaced in texts too; a shorter one may be a word of them."""

UUID = re.compile(r"(?i)\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
TIME = re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")

Normalise = Callable[[str], str]


@dataclass(frozen=True)
class Snapshots:
    """Where a test's snapshots and recorded answers are, whether they are written anew, and what has that done."""

    folder: Path
    test: str
    are_updated: bool = False
    update_by: str = f"`pytest {OPTION}`"

    @property
    def cassettes(self) -> Path:
        """The folder of the test's recorded answers."""
        return Path(CASSETTES) / _safe(self.test)

    def check(self, exchanges: Sequence[Exchange], name: str, normalise: Normalise | None) -> None:
        """Hold what was asked against the file, or write the file; raise AssertionError where they differ."""
        file = self.folder / FOLDER / f"{_safe(self.test)}{f'.{_safe(name)}' if name else ''}.yaml"
        prompts = text_of(exchanges, normalise)
        if self.are_updated:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(prompts, encoding="utf-8")
        elif not file.is_file():
            raise AssertionError(f"There is no snapshot {file} yet; {self.update_by} creates it.")
        elif (golden := file.read_text(encoding="utf-8")) != prompts:
            diff = difflib.unified_diff(golden.splitlines(), prompts.splitlines(), "snapshot", "asked now", lineterm="")
            message = f"The prompts differ from {file}; if they are right, {self.update_by} updates it."
            raise AssertionError("\n".join((message, *diff)))


def text_of(exchanges: Sequence[Exchange], normalise: Normalise | None = None) -> str:
    """Return requests as YAML: paths and bodies, repetitions left out, with ids and times replaced."""
    prompts = [{"path": NAMESPACE.sub("", each.path), "body": each.body} for each in exchanges if not each.retry]
    ids = {id: f"<id {number}>" for number, id in enumerate(dict.fromkeys(_ids(prompts, "")), 1)}
    return yaml.dump(_normal(prompts, "", ids, normalise), Dumper=_Dumper, allow_unicode=True, width=10_000)


def _ids(value: Any, key: str) -> Iterator[str]:
    """Yield the ids that requests name, in order."""
    if isinstance(value, dict):
        for name, child in value.items():
            yield from _ids(child, _known_as(name, key))
    elif isinstance(value, list):
        for child in value:
            yield from _ids(child, _of_item(key))
    elif isinstance(value, str) and key in IDS:
        yield value


def _known_as(name: str, parent: str) -> str:
    return WITHIN if parent in DATA or parent == WITHIN else name


def _of_item(parent: str) -> str:
    return "" if parent in DATA else parent  # the items of Responses' `input` are the API's own


def _normal(value: Any, key: str, ids: dict[str, str], normalise: Normalise | None) -> Any:
    """Return a value with what is another one in each run replaced by what stays."""
    if isinstance(value, dict):
        return {name: _normal(child, _known_as(name, key), ids, normalise) for name, child in value.items()}
    if isinstance(value, list):
        return [_normal(child, _of_item(key), ids, normalise) for child in value]
    if not isinstance(value, str):
        return value
    if key in IDS:
        return ids[value]
    for id, replaced in ids.items():
        if len(id) >= SHORTEST:
            value = value.replace(id, replaced)
    text = UUID.sub("<uuid>", TIME.sub("<time>", value))
    return normalise(text) if normalise else text


def _safe(name: str) -> str:
    return re.sub(r"[^\w.~-]+", "-", name).strip("-")


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such, so that they differ by line, whatever spaces and tabs are in them."""

    def analyze_scalar(self, scalar: str) -> Any:
        found = super().analyze_scalar(scalar)
        found.allow_block = found.allow_block or all(each in "\n\t" or each.isprintable() for each in scalar)
        return found


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
