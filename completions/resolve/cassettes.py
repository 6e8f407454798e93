"""Around resolve: what was recorded for a request, and what becomes of one for which nothing was."""

import contextlib
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qsl, urlsplit

from completions import budget
from completions.conf import conf
from completions.conversation import Prompt, Reply
from completions.exceptions import AuthorError, RequestError
from completions.outcome import NearMiss, Outcome, Provided, Recorded, Recorder, Upstream, without_secrets
from completions.script.pace import UNPACED
from completions.script.reply.as_written import Written, error_as_written, reply_as_written
from completions.script.request.ignored import read_ignored
from completions.script.request.recording import ALL, NEW, ONCE, PASS, read_stored
from completions.script.rules import Rule, Script
from completions.script.text.reading import MAX_FILE_BYTES
from completions.state.cassettes.deck import Deck, Question, answers_of, cleaned_of, deck, question_of, raw_question
from completions.state.cassettes.files import NotWritten
from completions.state.cassettes.secrets import clean_written
from completions.state.ledger import Claim, Want
from completions.state.namespaces import Namespace
from completions.wire import registry

logger = logging.getLogger("completions")

RETRIED = frozenset((408, 409, 429))
"""Statuses, beside those from 500, after which clients try again."""

MAX_SPOILED = 500
"""Characters on files that cannot be used, where nothing was recorded for a request."""

UPLOAD_URL = "x-goog-upload-url"
"""The header by which Gemini leads an upload past this server; played, it would lead there again.

Without it, this mock keeps the file, and the requests that name it are the same but for its id.
"""


class Cassettes:
    """The recorded answers that a namespace plays or records, and how. Making one reads the folder."""

    def __init__(self, folder: str, mode: str, ignored: tuple[str, ...], run: str | None = None) -> None:
        self.deck, self.mode = deck(folder, ignored, run or ""), mode
        self._is_of_the_server = run is None

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
        try:
            question = await budget.run(question_of, prompt, self.deck.ignored)
            found = await budget.run(partial(self.deck.find, fresh=not self.records), question)
        except budget.TooSlow as exc:
            raise script.failure(None, AuthorError("expression_failed", f"a pattern of `ignore`: {exc}")) from exc
        if found is None:
            return before
        pace = script.pacing if found.pacing == UNPACED else found.pacing
        return [*before, replace(found, pacing=pace, chaos=found.chaos or script.chaos)]

    def miss(self, prompt: Prompt) -> tuple[RequestError, tuple[NearMiss, ...]]:
        """Return the error of a request for which nothing was recorded, and the nearest that was."""
        misses = self.deck.nearest(question_of(prompt, self.deck.ignored))
        near = "; ".join(f"'{miss.rule}': {miss.why}" for miss in misses)
        spoiled = " ".join(problem.summary.rstrip(".") + "." for problem in self.deck.problems.values())
        error = RequestError(
            f"{self.deck.folder} has no recorded answer to this request, and the mode is {self.mode}. "
            f"{f'These files cannot be used: {spoiled:.{MAX_SPOILED}} ' if spoiled else ''}"
            f"{f'The nearest one: {near}. ' if near else ''}"
            f"Record it: {self._advice}",
            status=404,
            code="no_cassette",
        )
        return error, misses

    @property
    def _advice(self) -> str:
        """How to record what is missing: as it was started, by the server's command or at run time."""
        if self._is_of_the_server:
            upstream = ",".join(conf.MOCK_UPSTREAM) or "https://…"
            return f"MOCK_UPSTREAM={upstream} python -m mocksite serve --record {self.deck.folder} --mode {NEW}"
        return f"start it again with the mode {NEW} and an upstream, by mock_llm.record or PUT /_mock/recording"

    async def recorder(self, prompt: Prompt, outcome: Outcome) -> Outcome:
        """Return an outcome whose answer is recorded, where it is another server's; what a model said is at once."""
        if outcome.provided is not None and self.records:
            await budget.in_thread(self._record_provided, prompt, outcome.provided)
        if outcome.upstream is None or not self.records:
            return outcome
        return replace(outcome, record=partial(self._record, prompt, outcome.upstream))

    def _record(
        self, prompt: Prompt, upstream: Upstream, answer: Recorded, query: str, headers: Mapping[str, str]
    ) -> None:
        """Record an answer; runs in a thread."""
        if is_recorded(answer.status) and is_small(answer):
            question = question_of(prompt, self.deck.ignored)
            others = (headers, dict(upstream.headers))
            self._keep(cleaned_of(prompt, question, with_format(answer, prompt), query, *others), upstream)

    def _record_provided(self, prompt: Prompt, told: Provided) -> None:
        """Record what a model said."""
        answer = told.answer
        if isinstance(answer, RequestError) and not is_recorded(answer.status):
            return
        written = reply_as_written(answer) if isinstance(answer, Reply) else error_as_written(answer)
        hidden = [told.upstream.api_key, *(value for _, value in told.upstream.headers)]
        question = question_of(prompt, self.deck.ignored)
        asked, written = clean_written(question.document, written, prompt, hidden)
        self._write(replace(question, document=asked), written, told.upstream.address)

    def raw_question(self, method: str, address: str, body: bytes, api: str) -> Question:
        """Return what is looked for where a request is asked for which no format makes an answer."""
        return raw_question(method, address, body, self.deck.ignored, api)

    async def stored(self, space: Namespace, question: Question) -> Recorded | None:
        """Return what was recorded at an address for which no format makes answers: the next of its answers."""
        rule = None if self.mode in (ALL, PASS) else self.deck.find(question, fresh=not self.records)
        if rule is None:
            return None
        taken = await space.take(Claim((Want(rule.name, None, rule.is_counted, False),)))
        answers = answers_of(rule)
        return answers[min(taken.uses, len(answers) - 1)]

    def store(self, question: Question, upstream: Upstream) -> Recorder | None:
        """Return what records an answer at such an address, where it is to be recorded."""

        def record(answer: Recorded, query: str, headers: Mapping[str, str]) -> None:
            if UPLOAD_URL in dict(answer.headers):
                return
            if is_recorded(answer.status) and is_small(answer):
                self._keep(cleaned_of(Prompt(), question, answer, query, headers, dict(upstream.headers)), upstream)

        return record if self.records else None

    def _keep(self, cleaned: tuple[Question, Recorded] | None, upstream: Upstream) -> None:
        """Write what is clean."""
        if cleaned is not None:
            question, answer = cleaned
            origin = upstream.server_for(answer.path, str(question.document.get("format", "")))
            self._write(question, answer, without_secrets(origin) if origin else upstream.address)

    def _write(self, question: Question, answer: Recorded | Written, origin: str) -> None:
        """Write an answer; where it cannot be written, say so in the log."""
        try:
            self.deck.record(question, answer, origin, anew=self.mode == ALL)
        except NotWritten as exc:
            logger.error("An answer of %s is not recorded: %s", origin, exc)


def is_small(answer: Recorded) -> bool:
    """Say whether an answer fits into a file; where it does not, say so in the log."""
    size = sum(map(len, answer.pieces))
    if size > MAX_FILE_BYTES:
        logger.error("The answer at %s is not recorded: it has %d bytes, too many for a file", answer.path, size)
    return size <= MAX_FILE_BYTES


def is_recorded(status: int) -> bool:
    """Say whether an answer with a status is one, and no error after which the client tries again."""
    return conf.CASSETTE_RETRIES or not (status in RETRIED or status >= 500)


_made: dict[str, Cassettes] = {}
"""What was made, by what a namespace has of it; the server's own by nothing but its settings."""

MAX_MADE = 256


async def cassettes_of(space: Namespace) -> Cassettes | None:
    """Return what a namespace plays and records; None where that is nothing. A folder is read in a thread."""
    if not space.has_cassettes:
        return None
    pushed = space.pushed.cassettes
    key = pushed or f"{conf.CASSETTES}\0{conf.CASSETTE_MODE}\0{conf.CASSETTE_IGNORE}"
    if (found := _made.get(key)) is None:
        made = await budget.in_thread(_made_of, pushed)
        if len(_made) >= MAX_MADE:
            _made.clear()
        found = _made.setdefault(key, made)
    return found


def _made_of(pushed: str | None) -> Cassettes:
    kept, usual = read_stored(pushed) if pushed else None, read_ignored(conf.CASSETTE_IGNORE)
    if kept is None:
        return Cassettes(conf.CASSETTES, conf.CASSETTE_MODE, usual)
    ignored = kept.recording.ignored
    return Cassettes(kept.path, kept.recording.mode, usual if ignored is None else ignored, kept.run)


def with_format(answer: Recorded, prompt: Prompt) -> Recorded:
    """Return an answer with the format in which it was asked, where its path does not say it."""
    found = registry.format_at(answer.path)
    is_told = found is not None and found[0].name == prompt.format
    return answer if is_told else replace(answer, format=prompt.format)


SHARED = re.compile("/v1/(models|files)(/|$)")
"""Addresses that several APIs have, where no answer is made; requests at them say whose they are."""

OF_HOSTS = {"api.anthropic.com": "anthropic", "generativelanguage.googleapis.com": "gemini"}
"""Whose they are, by the server that was asked."""


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
    asked = f"{parts.path}?{parts.query}" if parts.query else parts.path
    api = OF_HOSTS.get(parts.hostname or "", "") if SHARED.match(parts.path) else ""
    return None, raw_question(method, asked, body, api=api), parts.path


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
        return "a secret cannot be removed from the answer"
    try:
        deck.record(*cleaned, f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" if "://" in url else "")
    except NotWritten as exc:
        return str(exc)
    return None
