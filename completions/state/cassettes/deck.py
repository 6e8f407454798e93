"""A folder of recorded answers: it finds the answer to a request, and records new ones."""

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
from completions.conf import conf
from completions.conversation import Prompt
from completions.exceptions import ScriptError
from completions.journal.redaction import redaction
from completions.outcome import NearMiss, Recorded
from completions.script.reply.as_written import Written
from completions.script.reply.recording import Play
from completions.script.request.digest import digest
from completions.script.request.document import Document, document
from completions.script.request.ignored import IGNORED, is_pattern, of_texts, read_ignored
from completions.script.request.matcher import SameRequest, differences, likeness, same_request_of
from completions.script.rules import Rule
from completions.state.cassettes.files import (
    SUFFIXES,
    NotWritten,
    file_name,
    lock_folder,
    now,
    read_file,
    response,
    write,
)
from completions.state.cassettes.secrets import SecretLeft, clean, hidden_in, hidden_values, without
from completions.state.cassettes.sent_requests import body_text, sent_of, with_body_text

logger = logging.getLogger("completions")

CHECK_INTERVAL = 0.5
"""Seconds between two checks for changed files."""

MAX_NEAREST = 3
"""The most recorded requests that are named where none is the same."""

OTHER_API = "it belongs to another API"

Stamp = tuple[int, int]
"""The time of a file's last change, and its size."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request in the form in which it is found and recorded: without secrets, with the digest of its exact body.

    `sent` is its original form, with which it can be sent again; `hidden` are the secrets removed from its body.
    """

    document: Document
    exact: str
    sent: Document = field(default_factory=dict)
    hidden: tuple[str, ...] = ()


Kind = tuple[tuple[str, ...], bool]
"""The ignored parts of a recorded request, and whether only requests to the same API can equal it."""


class Deck:
    """The recorded answers in a folder, by request. `was_empty` says that it had no files at first.

    `ignored` are the parts in which two equal requests may differ, where a file does not name them itself.
    """

    def __init__(self, folder: str, ignored: tuple[str, ...] = IGNORED) -> None:
        self.folder, self.ignored = Path(folder), ignored
        self.problems: dict[str, ScriptError] = {}
        self._files: dict[Path, tuple[Stamp, list[Rule]]] = {}
        self._exact: dict[str, Rule] = {}
        self._same: dict[Kind, dict[str, list[Rule]]] = {}
        self._new_files: set[str] = set()
        self._started = ""
        self._lock = threading.Lock()
        self._next_check = 0.0
        self.check_for_changes()
        self._started = now()
        self.was_empty = not self._exact and not self._same and not self.problems

    def check_for_changes(self) -> None:
        """Read new and changed files; where one has become invalid, its earlier content stays in use."""
        self._next_check = time.monotonic() + CHECK_INTERVAL
        with self._lock:
            self._read_changes()

    def _read_changes(self) -> None:
        stamps = {file: _stamp(file) for file in _files(self.folder)}
        changed = [file for file, stamp in stamps.items() if file not in self._files or self._files[file][0] != stamp]
        if not changed and stamps.keys() == self._files.keys():
            return
        for file in changed:
            self._read(file, stamps[file])
        for file in self._files.keys() - stamps.keys():
            del self._files[file]
            self.problems.pop(str(file), None)
        self._index_rules()

    @property
    def is_due(self) -> bool:
        """Whether the next check for changes is due."""
        return time.monotonic() >= self._next_check

    @property
    def rules(self) -> list[Rule]:
        """All recorded requests with their answers."""
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
        named_rules = [replace(rule, name=stem if len(rules) == 1 else f"{stem}: {rule.name}") for rule in rules]
        self._files[file] = stamp, [replace(rule, cassette=str(file)) for rule in named_rules]
        if self._started and at >= self._started:  # written by this process or by another
            self._new_files.add(str(file))

    def _index_rules(self) -> None:
        self._exact, self._same = {}, defaultdict(dict)
        for rule in self.rules:
            if (same := same_request_of(rule.match)) is None:
                continue
            ignored = self._ignored_of(same)
            try:
                request_digest = (
                    same.digest
                    if ignored == same.ignored
                    else digest(same.recorded, ignored, with_format=same.is_api_specific)
                )
            except TooSlow as exc:
                self.problems[rule.cassette] = ScriptError(f"cannot be compared by {ignored}: {exc}.", rule.cassette)
                continue
            if exact := exact_of(same):
                self._exact.setdefault(exact, rule)
            self._same[ignored, same.is_api_specific].setdefault(request_digest, []).append(rule)

    def _ignored_of(self, same: SameRequest) -> tuple[str, ...]:
        return same.ignored if same.has_ignore else self.ignored

    def find(self, question: Question, *, include_new: bool = True) -> Rule | None:
        """Return the recorded rule for a request, of the same API first; None where there is none.

        Without `include_new`, answers that were recorded since the start are left out.
        """
        rule = self._find_rule(question)
        return None if rule is None or (not include_new and rule.cassette in self._new_files) else rule

    def _find_rule(self, question: Question) -> Rule | None:
        matches = [
            rule
            for (ignored, surface), rules in self._same.items()
            for rule in rules.get(digest(question.document, ignored, with_format=surface), ())
        ]
        exact = self._exact.get(question.exact)
        if any(rule is exact for rule in matches) or (
            exact is not None and not matches and self._ignores_body_differences(exact)
        ):
            return exact
        return matches[0] if matches else None

    def _ignores_body_differences(self, rule: Rule) -> bool:
        """Whether a file ignores all differences between equal bodies; then only a secret differs."""
        same = same_request_of(rule.match)
        if same is None or "method" in same.recorded:
            return same is not None
        return set(of_texts(self.ignored)) <= set(self._ignored_of(same))

    def nearest(self, question: Question) -> tuple[NearMiss, ...]:
        """Return the most similar recorded requests, each with the first difference."""
        comparable = [(rule, same) for rule in self.rules if (same := same_request_of(rule.match)) is not None]

        def nearness(each: tuple[Rule, SameRequest]) -> float:
            same_model = each[1].recorded.get("model") == question.document.get("model")
            return likeness(each[1].recorded, question.document) + same_model

        return tuple(
            NearMiss(rule.name, next(differences(same.recorded, question.document, self._ignored_of(same)), OTHER_API))
            for rule, same in heapq.nlargest(MAX_NEAREST, comparable, key=nearness)
        )

    def record(self, question: Question, answer: Recorded | Written, upstream: str, *, overwrite: bool = False) -> str:
        """Append an answer to those of the same request, or replace them with `overwrite`; return the file.

        Raise `NotWritten` where it cannot be written.
        """
        with self._locked():
            known = self._exact.get(question.exact)
            file = Path(known.cassette) if known else self.folder / file_name(question.document, question.exact)
            is_new = str(file) in self._new_files
            request = {**question.document, "exact": question.exact}
            request |= {"sent": question.sent} if question.sent else {}
            if self.ignored != IGNORED:
                request.setdefault("ignore", list(self.ignored))
            written_answer = response(answer) if isinstance(answer, Recorded) else answer
            write(file, request, written_answer, upstream, overwrite=overwrite and not is_new)
            self._new_files.add(str(file))
            self._read(file, _stamp(file))
            self._index_rules()
        return str(file)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Lock the folder against other writers, after reading their changes."""
        try:
            with self._lock, lock_folder(self.folder):
                self._read_changes()
                yield
        except OSError as exc:
            raise NotWritten(f"{self.folder} cannot be written to: {exc.strerror}") from exc


def question_of(prompt: Prompt, ignored: Collection[str] = IGNORED) -> Question:
    """Return the question for a prompt."""
    hidden = hidden_values(prompt)
    body = {"body": dict(prompt.body), "format": prompt.format, "model": prompt.model, "stream": prompt.stream}
    exact = digest(without(body, hidden), of_texts(ignored), with_format=True)
    return Question(without(document(prompt), hidden), exact, hidden=tuple(hidden))


def raw_question(method: str, address: str, body: bytes, ignored: Collection[str] = IGNORED, api: str = "") -> Question:
    """Return the question for a request that no format answers.

    `api` names the API, at an address that several APIs share.
    """
    path, _, query = address.partition("?")
    request: Document = {"method": method, "path": path} | ({"api": api} if api else {})
    if query:
        request["query"] = redaction().clean_query(query)
    if body:
        request["body"] = body_text(body)
    hidden = hidden_in(_json(body))
    names, request = ["whitespace", *filter(is_pattern, ignored)], without(request, hidden)
    return Question({**request, "ignore": names}, digest(request, names, with_format=True), hidden=tuple(hidden))


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def without_secrets_in(
    prompt: Prompt, question: Question, answer: Recorded, query: str, *headers: Mapping[str, str]
) -> tuple[Question, Recorded] | None:
    """Return a request and its answer without secrets; None, with an error in the log, where that is impossible.

    `query` and the further `headers` are the other parts that were sent.
    """
    try:
        texts = {"asked": question.document, "sent": sent_of(prompt, query, *headers)}
        texts, answer = clean(texts, answer, (prompt.headers, *headers), query, question.hidden)
    except SecretLeft as exc:
        logger.error("An answer at %s is not recorded: %s", answer.path, exc)
        return None
    return replace(question, document=texts["asked"], sent=with_body_text(texts["sent"])), answer


def exact_of(same: SameRequest) -> str:
    """Return the digest of a recorded request's exact body; empty where a file has none."""
    exact = same.recorded.get("exact")
    return exact if isinstance(exact, str) else ""


def answers_of(rule: Rule) -> list[Recorded]:
    """Return the recorded answers of a rule."""
    return [answer.recorded for answer in rule.answers if isinstance(answer, Play)]


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix in SUFFIXES and file.is_file())


def _stamp(file: Path) -> Stamp:
    try:
        stat = file.stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size


@functools.lru_cache(maxsize=256)
def deck(folder: str, ignored: tuple[str, ...] = IGNORED, run: str = "") -> Deck:
    """Return the deck of a folder, which all namespaces of a process share; each `run` of a recording has its own."""
    return Deck(folder, ignored)


def server_deck() -> Deck:
    """Return the deck of the folder with which the server was started."""
    return deck(conf.CASSETTES, read_ignored(conf.CASSETTE_IGNORE), "")
