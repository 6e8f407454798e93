"""Around resolve: what was recorded for a request, and what becomes of one for which nothing was."""

import contextlib
import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qsl, urlsplit

from completions import budget
from completions.conf import conf
from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.outcome import NearMiss, Outcome, Recorded, Upstream
from completions.script.pace import UNPACED
from completions.script.rules import Rule, Script
from completions.state.cassettes.deck import Deck, Question, answers_of, cleaned_of, deck, question_of, raw_question
from completions.state.ledger import Claim, Want
from completions.state.namespaces import Namespace
from completions.wire import registry

NONE, ONCE, NEW, ALL, PASS = MODES = ("none", "once", "new_episodes", "all", "passthrough")
"""Nothing is recorded; only into an empty folder; what is not there; everything; nothing is recorded or played."""

RETRIED = frozenset((408, 409, 429))
"""Statuses, beside those from 500, after which clients try again."""


class Cassettes:
    """The recorded answers that a namespace plays or records, and how."""

    def __init__(self, folder: str, mode: str) -> None:
        self.deck, self.mode = deck(folder), mode

    @property
    def records(self) -> bool:
        """Whether another server's answers are recorded."""
        return self.mode in (NEW, ALL) or (self.mode == ONCE and self.deck.was_empty)

    @property
    def passes(self) -> bool:
        """Whether another server answers everything, and nothing is recorded."""
        return self.mode == PASS

    async def rules(self, script: Script, prompt: Prompt, before: Sequence[Rule]) -> Sequence[Rule]:
        """Return the rules that answer a prompt, with what was recorded for it behind them, as the script paces it."""
        if self.mode in (ALL, PASS) or (before and before[-1].times is None):
            return before
        if self.deck.is_due:
            await budget.in_thread(self.deck.look)
        question = await budget.run(question_of, prompt)
        found = await budget.run(partial(self.deck.find, fresh=not self.records), question)
        if found is None:
            return before
        pace = script.pacing if found.pacing == UNPACED else found.pacing
        return [*before, replace(found, pacing=pace, chaos=found.chaos or script.chaos)]

    def miss(self, prompt: Prompt) -> tuple[RequestError, tuple[NearMiss, ...]]:
        """Return the error of a request for which nothing was recorded, and the nearest that was."""
        question = question_of(prompt)
        misses = self.deck.nearest(question)
        return miss_error(self, misses), misses

    def recorder(self, prompt: Prompt, outcome: Outcome, query: str = "") -> Outcome:
        """Return an outcome whose answer is recorded, where it is another server's."""
        if outcome.upstream is None or not self.records:
            return outcome
        return replace(outcome, record=partial(self._record, prompt, outcome.upstream))

    def _record(self, prompt: Prompt, upstream: Upstream, answer: Recorded) -> None:
        """Record an answer; runs in a thread."""
        if not is_recorded(answer):
            return
        answer = with_format(answer, prompt)
        question = question_of(prompt)
        if (cleaned := cleaned_of(prompt, question, answer, "")) is not None:
            self.keep(*cleaned, upstream)

    async def stored(self, space: Namespace, question: Question) -> Recorded | None:
        """Return what was recorded at an address for which no format makes answers: the next of its answers."""
        rule = None if self.mode in (ALL, PASS) else self.deck.find(question, fresh=not self.records)
        if rule is None:
            return None
        taken = await space.take(Claim((Want(rule.name, None, rule.is_counted, False),)))
        answers = answers_of(rule)
        return answers[min(taken.uses, len(answers) - 1)]

    def store(self, question: Question, upstream: Upstream) -> Callable[[Recorded], None] | None:
        """Return what records an answer at such an address, where it is to be recorded."""

        def record(answer: Recorded) -> None:
            cleaned = cleaned_of(Prompt(), question, answer, "") if is_recorded(answer) else None
            if cleaned is not None:
                self.keep(*cleaned, upstream)

        return record if self.records else None

    def keep(self, question: Question, answer: Recorded, upstream: Upstream) -> None:
        """Write what is clean."""
        self.deck.record(question, answer, upstream.urls[0][1], anew=self.mode == ALL)


def is_recorded(answer: Recorded) -> bool:
    """Say whether an answer is one, and no error after which the client tries again."""
    return conf.CASSETTE_RETRIES or not (answer.status in RETRIED or answer.status >= 500)


def miss_error(cassettes: Cassettes, misses: Sequence[NearMiss]) -> RequestError:
    """Return the error of a request for which nothing was recorded."""
    folder = cassettes.deck.folder
    near = "; ".join(f"'{miss.rule}': {miss.why}" for miss in misses)
    upstream = ",".join(conf.MOCK_UPSTREAM) or "https://…"
    return RequestError(
        f"Nothing in {folder} was recorded for this request, and the mode is {cassettes.mode}. "
        f"{f'The nearest: {near}. ' if near else ''}"
        f"Record it: MOCK_UPSTREAM={upstream} python manage.py serve --record {folder} --mode {NEW}",
        status=404,
        code="no_cassette",
    )


def cassettes_of(space: Namespace) -> Cassettes | None:
    """Return what a namespace plays and records; None where it has nothing of the kind."""
    pushed = space.pushed.cassettes
    if pushed is not None:
        return _read(pushed)
    return _cassettes(conf.CASSETTES, conf.CASSETTE_MODE) if conf.CASSETTES else None


@functools.lru_cache(maxsize=256)
def _read(text: str) -> Cassettes:
    found = json.loads(text)
    return _cassettes(found["folder"], found["mode"])


@functools.lru_cache(maxsize=256)
def _cassettes(folder: str, mode: str) -> Cassettes:
    return Cassettes(folder, mode)


def with_format(answer: Recorded, prompt: Prompt) -> Recorded:
    """Return an answer with the format in which it was asked, where its path does not say it."""
    found = registry.format_at(answer.path)
    is_told = found is not None and found[0].name == prompt.format
    return answer if is_told else replace(answer, format=prompt.format)


def question_at(method: str, url: str, body: bytes) -> tuple[Prompt | None, Question, str]:
    """Return what a request asks, as it is looked for, and its path; without a prompt where no format reads it."""
    parts = urlsplit(url)
    found = registry.format_at(parts.path) if method == "POST" else None
    if found is not None:
        wire, route = found
        with contextlib.suppress(RequestError):
            address = {**dict(parse_qsl(parts.query)), **route}
            prompt = wire.parse(body, {"content-type": _media_type(body)}, validate=False, route=address)
            return prompt, question_of(prompt), parts.path
    return None, raw_question(method, parts.path, parts.query, body), parts.path


def _media_type(body: bytes) -> str:
    """Return the media type of a request whose headers are not told: a form begins with its boundary."""
    start = body[:200].split(b"\r\n", 1)[0]
    return f"multipart/form-data; boundary={start[2:].decode('latin-1')}" if start[:2] == b"--" else "application/json"


def import_answer(deck: Deck, method: str, url: str, body: bytes, answer: Recorded) -> str | None:
    """Record an answer that another program recorded; return why not, where it cannot be."""
    prompt, question, path = question_at(method, url, body)
    answer = replace(answer, path=path) if prompt is None else with_format(replace(answer, path=path), prompt)
    prompt = prompt or Prompt()
    cleaned = cleaned_of(prompt, question, answer, urlsplit(url).query)
    if cleaned is None:
        return "a secret cannot be taken out of the answer"
    deck.record(*cleaned, f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" if "://" in url else "")
    return None
