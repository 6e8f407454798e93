"""A folder of recorded answers: what it has for a request, and what is added to it."""

import functools
import heapq
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from completions.budget import TooSlow
from completions.conversation import Prompt
from completions.exceptions import ScriptError
from completions.journal.redaction import redaction
from completions.outcome import NearMiss, Recorded
from completions.script.reply.as_written import Written
from completions.script.reply.recording import Play
from completions.script.request.digest import digest
from completions.script.request.document import Document, document
from completions.script.request.ignored import IGNORED, is_pattern, of_texts
from completions.script.request.matcher import SameRequest, differences, likeness, same_request_of
from completions.script.rules import Rule
from completions.state.cassettes.files import ENDINGS, NotWritten, file_name, held, now, read_file, response, write
from completions.state.cassettes.secrets import SecretLeft, clean, hidden_in, hidden_values, without
from completions.state.cassettes.sent import sent_of, told_body, written

logger = logging.getLogger("completions")

LOOK_EVERY = 0.5
"""Seconds between two looks at whether a file has changed."""

NEAREST = 3
"""How many recorded requests are named where none is the same."""

OTHER_API = "it belongs to another API"

Stamp = tuple[int, int]
"""When a file was changed, and its size."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request, as it is looked for and recorded: without secrets, with what only its own API can tell it by.

    `sent` is how it was sent, for those who ask it again; `hidden` is what was taken out of its body.
    """

    document: Document
    exact: str
    sent: Document = field(default_factory=dict)
    hidden: tuple[str, ...] = ()


Kind = tuple[tuple[str, ...], bool]
"""What is ignored of a recorded request, and whether only requests to the same API can ask the same."""


class Deck:
    """The recorded answers in a folder, by request. `was_empty` says that no file was there at first.

    `ignored` is what may differ between two requests that ask the same, where a file does not say it itself.
    """

    def __init__(self, folder: str, ignored: tuple[str, ...] = IGNORED) -> None:
        self.folder, self.ignored = Path(folder), ignored
        self.problems: dict[str, ScriptError] = {}
        self._files: dict[Path, tuple[Stamp, list[Rule]]] = {}
        self._exact: dict[str, Rule] = {}
        self._same: dict[Kind, dict[str, list[Rule]]] = {}
        self._fresh: set[str] = set()
        self._started = ""
        self._lock = threading.Lock()
        self._next_look = 0.0
        self.look()
        self._started = now()
        self.was_empty = not self._exact and not self._same and not self.problems

    def look(self) -> None:
        """Read what is new or has changed; a file that cannot be used leaves what was read of it before."""
        self._next_look = time.monotonic() + LOOK_EVERY
        with self._lock:
            self._look()

    def _look(self) -> None:
        stamps = {file: _stamp(file) for file in _files(self.folder)}
        changed = [file for file, stamp in stamps.items() if file not in self._files or self._files[file][0] != stamp]
        if not changed and stamps.keys() == self._files.keys():
            return
        for file in changed:
            self._read(file, stamps[file])
        for file in self._files.keys() - stamps.keys():
            del self._files[file]
            self.problems.pop(str(file), None)
        self._file_rules()

    @property
    def is_due(self) -> bool:
        """Whether it is time to look."""
        return time.monotonic() >= self._next_look

    @property
    def rules(self) -> list[Rule]:
        """All the recorded requests with their answers."""
        return [rule for _, rules in self._files.values() for rule in rules]

    def _read(self, file: Path, stamp: Stamp) -> None:
        try:
            rules, at = read_file(file)
        except ScriptError as exc:
            logger.error("The recorded answers cannot be used: %s", exc.summary)
            self.problems[str(file)] = exc
            self._files[file] = stamp, self._files[file][1] if file in self._files else []
            return
        self.problems.pop(str(file), None)
        stem = file.relative_to(self.folder).with_suffix("").as_posix()
        named = [replace(rule, name=stem if len(rules) == 1 else f"{stem}: {rule.name}") for rule in rules]
        self._files[file] = stamp, [replace(rule, cassette=str(file)) for rule in named]
        if self._started and at >= self._started:  # by this process or by another
            self._fresh.add(str(file))

    def _file_rules(self) -> None:
        self._exact, self._same = {}, defaultdict(dict)
        for rule in self.rules:
            if (same := same_request_of(rule.match)) is None:
                continue
            ignored = self._ignored_of(same)
            try:
                found = (
                    same.digest
                    if ignored == same.ignored
                    else digest(same.recorded, ignored, with_format=same.is_api_specific)
                )
            except TooSlow as exc:
                self.problems[rule.cassette] = ScriptError(f"cannot be compared by {ignored}: {exc}.", rule.cassette)
                continue
            if exact := exact_of(same):
                self._exact.setdefault(exact, rule)
            self._same[ignored, same.is_api_specific].setdefault(found, []).append(rule)

    def _ignored_of(self, same: SameRequest) -> tuple[str, ...]:
        return same.ignored if same.has_ignore else self.ignored

    def find(self, question: Question, *, fresh: bool = True) -> Rule | None:
        """Return what was recorded for a request: for the same request to the same API first; None where nothing was.

        Without `fresh`, what was recorded since the start is left out.
        """
        found = self._found(question)
        return None if found is None or (not fresh and found.cassette in self._fresh) else found

    def _found(self, question: Question) -> Rule | None:
        alike = [
            rule
            for (ignored, surface), rules in self._same.items()
            for rule in rules.get(digest(question.document, ignored, with_format=surface), ())
        ]
        exact = self._exact.get(question.exact)
        if any(rule is exact for rule in alike) or (exact is not None and not alike and self._is_as_wide(exact)):
            return exact
        return alike[0] if alike else None

    def _is_as_wide(self, rule: Rule) -> bool:
        """Whether a file ignores what bodies that are the same may differ in; then a secret is all that differs."""
        same = same_request_of(rule.match)
        if same is None or "method" in same.recorded:
            return same is not None
        return set(of_texts(self.ignored)) <= set(self._ignored_of(same))

    def nearest(self, question: Question) -> tuple[NearMiss, ...]:
        """Return the recorded requests that come nearest, each with the first difference."""
        asked = [(rule, same) for rule in self.rules if (same := same_request_of(rule.match)) is not None]

        def nearness(each: tuple[Rule, SameRequest]) -> float:
            same_model = each[1].recorded.get("model") == question.document.get("model")
            return likeness(each[1].recorded, question.document) + same_model

        return tuple(
            NearMiss(rule.name, next(differences(same.recorded, question.document, self._ignored_of(same)), OTHER_API))
            for rule, same in heapq.nlargest(NEAREST, asked, key=nearness)
        )

    def record(self, question: Question, answer: Recorded | Written, upstream: str, *, anew: bool = False) -> str:
        """Write an answer behind those to the same request, or with `anew` in their place; return the file.

        Raise `NotWritten` where it cannot be written.
        """
        with self._held():
            known = self._exact.get(question.exact)
            file = Path(known.cassette) if known else self.folder / file_name(question.document, question.exact)
            is_fresh = str(file) in self._fresh
            asked = {**question.document, "exact": question.exact}
            asked |= {"sent": question.sent} if question.sent else {}
            if self.ignored != IGNORED:
                asked.setdefault("ignore", list(self.ignored))
            written = response(answer) if isinstance(answer, Recorded) else answer
            write(file, asked, written, upstream, anew=anew and not is_fresh)
            self._fresh.add(str(file))
            self._read(file, _stamp(file))
            self._file_rules()
        return str(file)

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Let nobody else write, and know what others have written."""
        try:
            with self._lock, held(self.folder):
                self._look()
                yield
        except OSError as exc:
            raise NotWritten(f"{self.folder} cannot be written to: {exc.strerror}") from exc


def question_of(prompt: Prompt, ignored: Collection[str] = IGNORED) -> Question:
    """Return what is looked for where a prompt is asked."""
    hidden = hidden_values(prompt)
    body = {"body": dict(prompt.body), "format": prompt.format, "model": prompt.model, "stream": prompt.stream}
    exact = digest(without(body, hidden), of_texts(ignored), with_format=True)
    return Question(without(document(prompt), hidden), exact, hidden=tuple(hidden))


def raw_question(method: str, address: str, body: bytes, ignored: Collection[str] = IGNORED, api: str = "") -> Question:
    """Return what is looked for where a request is asked for which no format makes an answer.

    `api` is which one is asked, at an address that several have.
    """
    path, _, query = address.partition("?")
    found: Document = {"method": method, "path": path} | ({"api": api} if api else {})
    if query:
        found["query"] = redaction().clean_query(query)
    if body:
        found["body"] = told_body(body)
    hidden = hidden_in(_json(body))
    names, found = ["whitespace", *filter(is_pattern, ignored)], without(found, hidden)
    return Question({**found, "ignore": names}, digest(found, names, with_format=True), hidden=tuple(hidden))


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def cleaned_of(
    prompt: Prompt, question: Question, answer: Recorded, query: str, *headers: Mapping[str, str]
) -> tuple[Question, Recorded] | None:
    """Return a request and its answer without secrets; None, with a line in the log, where that cannot be.

    `query` and the further `headers` are what else was sent.
    """
    try:
        asked = {"asked": question.document, "sent": sent_of(prompt, query, *headers)}
        asked, answer = clean(asked, answer, (prompt.headers, *headers), query, question.hidden)
    except SecretLeft as exc:
        logger.error("An answer at %s is not recorded: %s", answer.path, exc)
        return None
    return replace(question, document=asked["asked"], sent=written(asked["sent"])), answer


def exact_of(same: SameRequest) -> str:
    """Return what tells a request's body; empty where a file does not say it."""
    exact = same.recorded.get("exact")
    return exact if isinstance(exact, str) else ""


def answers_of(rule: Rule) -> list[Recorded]:
    """Return the recorded answers of a rule."""
    return [answer.recorded for answer in rule.answers if isinstance(answer, Play)]


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix in ENDINGS and file.is_file())


def _stamp(file: Path) -> Stamp:
    try:
        found = file.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


@functools.lru_cache(maxsize=256)
def deck(folder: str, ignored: tuple[str, ...] = IGNORED, run: str = "") -> Deck:
    """Return the deck of a folder, which all namespaces of a process share; each `run` of a recording has its own."""
    return Deck(folder, ignored)
