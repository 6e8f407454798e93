"""Answers from data: the line of a file for a prompt, and the answer that it gives."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from completions import budget
from completions.conversation import Prompt, Reply
from completions.exceptions import AuthorError, ScriptError
from completions.script.dataset.file import DataFile, Lines, data_file
from completions.script.dataset.line import PROMPT, Needs, Row, answer_of
from completions.script.language import BY_PROMPT, BY_TURN, DATASET, DATASET_BY
from completions.script.match.matchers import All, Matcher, Words, shown
from completions.script.reply.callback import OTHER_SOURCES
from completions.script.reply.replies import Answer, Answered, Awaited, Facts, Written, WrittenChoice
from completions.script.reply.templates import context, required_keys
from completions.script.schemas.document import compact
from completions.script.text.as_json import as_json
from completions.script.text.node import Node
from completions.script.text.reading import read_text

ROW = "row"
"""The name of the line in templates."""


class _Object(dict[str, object]):
    """An object in a line; in a text it is written as JSON."""

    def __str__(self) -> str:
        return compact(self)


class _List(list[object]):
    """A list in a line; in a text it is written as JSON."""

    def __str__(self) -> str:
        return compact(self)


@dataclass(frozen=True, slots=True)
class FromData:
    """The answer from a line of a file: a template over its fields (`written`), or the line's own answer.

    `turn` counts the earlier requests, if lines are chosen in turn. `read` reads a line's own answer, as an item of
    `replies:`.
    """

    file: DataFile
    by: str
    facts: Facts
    read: Callable[[Node], Answer]
    written: Written | None = None
    turn: int = 0

    @property
    def is_in_turn(self) -> bool:
        """Whether each request takes the next line."""
        return self.by == BY_TURN

    def at(self, turn: int) -> "FromData":
        """Return the answer after `turn` requests."""
        return replace(self, turn=turn)

    async def __call__(self, prompt: Prompt) -> Answered:
        """Read the line in a thread, and return its answer."""
        row, answer = await budget.in_thread(self._line, prompt)
        answered = await budget.run(self._answer_from, row, answer, prompt)
        if not isinstance(answered, Answered):  # as a line's own `auto` may take a thread
            answered = await answered
        return answered

    def _line(self, prompt: Prompt) -> tuple[Row, Answer | None]:
        """Return the line for a prompt, and its own answer, if that is used."""
        try:
            found = self.file.row(partial(self._choose, prompt))
        except ScriptError as exc:  # the file was checked, so it has changed meanwhile
            raise AuthorError("dataset_failed", f"its data cannot be used: {exc}".rstrip(".")) from exc
        if found is None:
            raise AuthorError("dataset_failed", f"no line of {self.file.name} has this prompt")
        row, number = found
        return row, None if self.written else line_answer(row, number, self.file.name, self.read)

    def _choose(self, prompt: Prompt, lines: Lines) -> int | None:
        if self.by == BY_PROMPT:
            return lines.find(prompt.last_user)
        return (self.turn if self.is_in_turn else _hash(prompt)) % len(lines.starts)

    def _answer_from(self, row: Row, answer: Answer | None, prompt: Prompt) -> Answered | Awaited:
        names = context(prompt)
        names[ROW] = _row_view(row)
        if answer is None:
            return self.written.write(names) if self.written else Reply(())
        answered = answer(prompt)
        return self.facts.apply(answered, names) if isinstance(answered, Reply) else answered


@dataclass(frozen=True, slots=True)
class InData(Matcher):
    """Holds for prompts that a file has a line for."""

    file: DataFile

    def matches(self, prompt: Prompt) -> bool:
        """Search the index."""
        return self.file.find(prompt.last_user) is not None

    def claim(self) -> str:
        """Name the file."""
        return f"last_user is a prompt of {self.file.name}"

    def seen(self, prompt: Prompt) -> str:
        """Return the last user message."""
        return shown(prompt.last_user)

    def distance(self, prompt: Prompt, words: Words) -> float:
        """Return 0 or 1: the prompts on the disk are not compared."""
        return 0.0 if self.matches(prompt) else 1.0


def matched(match: Matcher | None, answers: tuple[Answer, ...]) -> Matcher | None:
    """Return a rule's condition; if its reply is chosen by the prompt, only the file's prompts match."""
    match answers:
        case (FromData(by=by, file=file),) if by == BY_PROMPT:
            return InData(file) if match is None else All((match, InData(file)))
    return match


def from_data(node: Node, facts: Facts, choices: tuple[WrittenChoice, ...], read: Callable[[Node], Answer]) -> FromData:
    """Read `dataset:`, a path or a mapping; without `choices` the lines have their own answers."""
    fields = node.keyed(DATASET) if isinstance(node.value, dict) else {"file": node}
    by = fields["by"].one_of(DATASET_BY) if "by" in fields else BY_TURN
    if "prompt" in fields and by != BY_PROMPT:
        raise fields["prompt"].error(f"has no effect: lines are chosen by {by}. It is only for `by: {BY_PROMPT}`.")
    prompt = fields["prompt"].as_(str) if "prompt" in fields else PROMPT
    needs = Needs(prompt if by == BY_PROMPT else None, required_keys((choices, facts), ROW), not choices)
    name = fields["file"].as_(str)
    path = node.folder / Path(name).expanduser()
    check = partial(_check, read, name) if not choices else lambda row, number: None
    try:
        file = data_file(path, name, needs, check)
    except ScriptError as exc:
        if exc.line is None:
            raise fields["file"].error(f"names {name}, which {exc.message}") from exc
        *first, last = (fields["file"].error(f"has data that cannot be used: {each}") for each in (exc, *exc.others))
        for problem in first:
            node.source.tell(problem)
        raise last from exc
    return FromData(file, by, facts, read, Written(choices, facts) if choices else None)


def _check(read: Callable[[Node], Answer], name: str, row: Row, number: int) -> None:
    """Raise `ScriptError` if a line's answer is not valid."""
    if isinstance(row, Mapping) and not isinstance(row.get("reply"), str):
        line_answer(row, number, name, read)


def line_answer(row: Row, number: int, name: str, read: Callable[[Node], Answer]) -> Answer:
    """Return the answer in a line of a file; nothing in it is a template."""
    item = answer_of(row)
    path = "" if isinstance(item, Mapping) and "error" in item else "reply"
    try:
        if isinstance(item, Mapping) and (forbidden := [key for key in OTHER_SOURCES if key in item]):
            raise ScriptError(f"`{forbidden[0]}` is not allowed in a line.", name)
        return read(read_text(as_json(item), name, path, literal=True, is_json=True))
    except ScriptError as exc:
        raise ScriptError(exc.message, name, number) from exc


def _row_view(row: object) -> object:
    """Return a line as templates read it."""
    match row:
        case Mapping():
            return _Object({key: _row_view(value) for key, value in row.items()})
        case list():
            return _List(map(_row_view, row))
    return row


def _hash(prompt: Prompt) -> int:
    """Return a number for a conversation, the same on every API and in every process."""
    content = repr([(message.role, message.text) for message in prompt.messages])
    return int.from_bytes(hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
