"""Around resolve: the recorded answers to a request, and the outcome of a request without one."""

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
from completions.outcome import NearMiss, Outcome, ProviderAnswer, Recorded, Recorder, Upstream, without_secrets
from completions.script.pace import UNPACED
from completions.script.reply.as_written import Written, error_as_written, reply_as_written
from completions.script.request.ignored import read_ignored
from completions.script.request.recording import ALL, NEW, ONCE, PASS, read_stored
from completions.script.rules import Rule, Script
from completions.script.text.reading import MAX_FILE_BYTES
from completions.state.cassettes.deck import (
    Deck,
    Question,
    answers_of,
    deck,
    question_of,
    raw_question,
    without_secrets_in,
)
from completions.state.cassettes.files import NotWritten
from completions.state.cassettes.secrets import clean_written
from completions.state.ledger import Candidate, Claim
from completions.state.namespaces import Namespace
from completions.wire import registry

logger = logging.getLogger("completions")

RETRYABLE = frozenset((408, 409, 429))
"""Statuses below 500 after which clients retry."""

MAX_PROBLEM_TEXT = 500
"""Characters about files that cannot be used, in the error of a request without a recorded answer."""

UPLOAD_URL = "x-goog-upload-url"
"""The header with which Gemini directs an upload to another address, which would bypass this server when played.

Without it, this mock stores the file, and the requests that name it differ only in its id.
"""


class Cassettes:
    """The recorded answers that a namespace plays or records, and the mode. The constructor reads the folder."""

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
        """Return the rules that answer a prompt, followed by the recorded answer to it, with the script's pacing."""
        if self.mode in (ALL, PASS) or (before and before[-1].times is None):
            return before
        if self.deck.is_due:
            await budget.in_thread(self.deck.check_for_changes)
        try:
            question = await budget.run(question_of, prompt, self.deck.ignored)
            found = await budget.run(partial(self.deck.find, include_new=not self.records), question)
        except budget.TooSlow as exc:
            raise script.failure(None, AuthorError("expression_failed", f"a pattern of `ignore`: {exc}")) from exc
        if found is None:
            return before
        pace = script.pacing if found.pacing == UNPACED else found.pacing
        return [*before, replace(found, pacing=pace, chaos=found.chaos or script.chaos)]

    def miss(self, prompt: Prompt) -> tuple[RequestError, tuple[NearMiss, ...]]:
        """Return the error for a request without a recorded answer, and the nearest recorded requests."""
        misses = self.deck.nearest(question_of(prompt, self.deck.ignored))
        near = "; ".join(f"'{miss.rule}': {miss.why}" for miss in misses)
        spoiled = " ".join(problem.summary.rstrip(".") + "." for problem in self.deck.problems.values())
        error = RequestError(
            f"{self.deck.folder} has no recorded answer to this request, and the mode is {self.mode}. "
            f"{f'These files cannot be used: {spoiled:.{MAX_PROBLEM_TEXT}} ' if spoiled else ''}"
            f"{f'The nearest one: {near}. ' if near else ''}"
            f"Record it: {self._advice}",
            status=404,
            code="no_cassette",
        )
        return error, misses

    @property
    def _advice(self) -> str:
        """How to record the missing answer: by the server's command or at run time, as recording was started."""
        if self._is_of_the_server:
            upstream = ",".join(conf.MOCK_UPSTREAM) or "https://…"
            return f"MOCK_UPSTREAM={upstream} python -m mocksite serve --record {self.deck.folder} --mode {NEW}"
        return f"start it again with the mode {NEW} and an upstream, by mock_llm.record or PUT /_mock/recording"

    async def recorder(self, prompt: Prompt, outcome: Outcome) -> Outcome:
        """Return an outcome that records the answer of another server; the answer of a model is recorded here."""
        if outcome.provider_answer is not None and self.records:
            await budget.in_thread(self._record_provided, prompt, outcome.provider_answer)
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
            self._write_cleaned(
                without_secrets_in(prompt, question, with_format(answer, prompt), query, *others), upstream
            )

    def _record_provided(self, prompt: Prompt, provided: ProviderAnswer) -> None:
        """Record the answer of a model."""
        answer = provided.answer
        if isinstance(answer, RequestError) and not is_recorded(answer.status):
            return
        written = reply_as_written(answer) if isinstance(answer, Reply) else error_as_written(answer)
        hidden = [provided.upstream.api_key, *(value for _, value in provided.upstream.headers)]
        question = question_of(prompt, self.deck.ignored)
        document, written = clean_written(question.document, written, prompt, hidden)
        self._write(replace(question, document=document), written, provided.upstream.address)

    def raw_question(self, method: str, address: str, body: bytes, api: str) -> Question:
        """Return the search key of a request that no format parses."""
        return raw_question(method, address, body, self.deck.ignored, api)

    async def stored(self, space: Namespace, question: Question) -> Recorded | None:
        """Return the next recorded answer to a request that no format parses."""
        rule = None if self.mode in (ALL, PASS) else self.deck.find(question, include_new=not self.records)
        if rule is None:
            return None
        taken = await space.take(Claim((Candidate(rule.name, None, rule.is_counted, False),)))
        answers = answers_of(rule)
        return answers[min(taken.uses, len(answers) - 1)]

    def store(self, question: Question, upstream: Upstream) -> Recorder | None:
        """Return the function that records the answer to such a request; None if it is not recorded."""

        def record(answer: Recorded, query: str, headers: Mapping[str, str]) -> None:
            if UPLOAD_URL in dict(answer.headers):
                return
            if is_recorded(answer.status) and is_small(answer):
                self._write_cleaned(
                    without_secrets_in(Prompt(), question, answer, query, headers, dict(upstream.headers)), upstream
                )

        return record if self.records else None

    def _write_cleaned(self, cleaned: tuple[Question, Recorded] | None, upstream: Upstream) -> None:
        """Write an answer without secrets."""
        if cleaned is not None:
            question, answer = cleaned
            origin = upstream.server_for(answer.path, str(question.document.get("format", "")))
            self._write(question, answer, without_secrets(origin) if origin else upstream.address)

    def _write(self, question: Question, answer: Recorded | Written, origin: str) -> None:
        """Write an answer; log if that fails."""
        try:
            self.deck.record(question, answer, origin, overwrite=self.mode == ALL)
        except NotWritten as exc:
            logger.error("An answer of %s is not recorded: %s", origin, exc)


def is_small(answer: Recorded) -> bool:
    """Tell whether an answer fits into a file; log if it does not."""
    size = sum(map(len, answer.pieces))
    if size > MAX_FILE_BYTES:
        logger.error("The answer at %s is not recorded: it has %d bytes, too many for a file", answer.path, size)
    return size <= MAX_FILE_BYTES


def is_recorded(status: int) -> bool:
    """Tell whether an answer is recorded, because it is no error after which the client retries."""
    return conf.CASSETTE_RETRIES or not (status in RETRYABLE or status >= 500)


_cassettes: dict[str, Cassettes] = {}
"""The cassettes by a namespace's stored recording, or by the server's settings."""

MAX_CASSETTES = 256


async def cassettes_of(space: Namespace) -> Cassettes | None:
    """Return the cassettes of a namespace; None if it has none. A folder is read in a thread."""
    if not space.has_cassettes:
        return None
    pushed = space.pushed.cassettes
    key = pushed or f"{conf.CASSETTES}\0{conf.CASSETTE_MODE}\0{conf.CASSETTE_IGNORE}"
    if (found := _cassettes.get(key)) is None:
        created = await budget.in_thread(_new_cassettes, pushed)
        if len(_cassettes) >= MAX_CASSETTES:
            _cassettes.clear()
        found = _cassettes.setdefault(key, created)
    return found


def _new_cassettes(pushed: str | None) -> Cassettes:
    stored, default = read_stored(pushed) if pushed else None, read_ignored(conf.CASSETTE_IGNORE)
    if stored is None:
        return Cassettes(conf.CASSETTES, conf.CASSETTE_MODE, default)
    ignored = stored.recording.ignored
    return Cassettes(stored.path, stored.recording.mode, default if ignored is None else ignored, stored.run)


def with_format(answer: Recorded, prompt: Prompt) -> Recorded:
    """Return an answer with the format of its request, if the path does not determine it."""
    found = registry.format_at(answer.path)
    is_determined = found is not None and found[0].name == prompt.format
    return answer if is_determined else replace(answer, format=prompt.format)


SHARED_PATH = re.compile("/v1/(models|files)(/|$)")
"""Paths that several APIs have and no format answers; recorded requests to them name their API."""

API_OF_HOST = {"api.anthropic.com": "anthropic", "generativelanguage.googleapis.com": "gemini"}
"""The API by the server's host."""


def question_at(method: str, url: str, body: bytes) -> tuple[Prompt | None, Question, str]:
    """Return a request's prompt, its search key and its path; the prompt is None if no format parses it."""
    parts = urlsplit(url)
    found = registry.format_at(parts.path) if method == "POST" else None
    if found is not None:
        wire, route = found
        with contextlib.suppress(RequestError):
            address = {**dict(parse_qsl(parts.query)), **route}
            prompt = wire.parse(body, {"content-type": _media_type(body)}, validate=False, route=address)
            return prompt, question_of(prompt), parts.path
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    api = API_OF_HOST.get(parts.hostname or "", "") if SHARED_PATH.match(parts.path) else ""
    return None, raw_question(method, target, body, api=api), parts.path


def _media_type(body: bytes) -> str:
    """Return the media type of a request without headers: a form begins with its boundary."""
    start = body[:200].split(b"\r\n", 1)[0]
    return f"multipart/form-data; boundary={start[2:].decode('latin-1')}" if start[:2] == b"--" else "application/json"


def import_answer(deck: Deck, method: str, url: str, body: bytes, answer: Recorded) -> str | None:
    """Record an answer that another program recorded; return why it cannot be recorded, or None."""
    prompt, question, path = question_at(method, url, body)
    answer = replace(answer, path=path) if prompt is None else with_format(replace(answer, path=path), prompt)
    prompt = prompt or Prompt()
    cleaned = without_secrets_in(prompt, question, answer, urlsplit(url).query)
    if cleaned is None:
        return "a secret cannot be removed from the answer"
    try:
        deck.record(*cleaned, f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" if "://" in url else "")
    except NotWritten as exc:
        return str(exc)
    return None
