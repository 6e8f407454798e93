"""Steps 4 to 6 where another server answers: its answer goes to the client as it comes, and is noted as it goes."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from weakref import WeakKeyDictionary

from completions import budget
from completions.conf import conf
from completions.conversation import Said, Traffic
from completions.delivery import line
from completions.delivery.relay.answer import Answer, NoAnswer, Question, ask
from completions.delivery.relay.encoding import unpacked
from completions.delivery.sabotage import Ending
from completions.delivery.stream import Delivery, schedule
from completions.event import Frames
from completions.exceptions import RequestError
from completions.journal import queries
from completions.journal.exchange import Exchange
from completions.journal.record import KEPT_BYTES, RelayRecord
from completions.outcome import Pacing, Recorded, Recorder, Upstream, without_secrets
from completions.resolve.ask import TextHeaders
from completions.views.address import prefix_of, without_prefix
from completions.views.http import RawResponse, Relayed
from completions.views.turn import Turn
from completions.wire import registry

STREAMS = ("text/event-stream", "application/x-ndjson", "application/vnd.amazon.eventstream")
"""The media types of streams of events."""

Reader = Callable[[tuple[bytes, ...]], Said]
"""Reads what was said from an answer's bytes."""

logger = logging.getLogger("completions")


async def relay(turn: Turn) -> Relayed:
    """Return the response to a request that is passed on; raise the error of a server that gives none."""
    upstream, exchange = turn.outcome.upstream, turn.exchange
    assert upstream is not None
    if not turn.wire.is_relayed:
        raise _not_relayed(turn.wire.name)
    answer = await pass_on(exchange, upstream, turn.wire.name)
    streams = turn.prompt.stream and answer.status < 300
    response = relayed(exchange, answer, streams=streams, read=_reader(turn), record_answer=turn.outcome.record)
    response.replace_pieces(line.over(exchange.faults, response.pieces))
    return response


def _not_relayed(name: str) -> RequestError:
    told = f"Requests of the format `{name}` are not passed on to another server; a rule can answer them that matches"
    return RequestError(f"{told} `format: {name}`.", status=501, type="server_error", code="not_passed_on")


def _reader(turn: Turn) -> Reader:
    """Return what reads an answer at the address that was asked."""
    exchange, dialect = turn.exchange, turn.space.script.dialect
    return lambda pieces: registry.read(Traffic("POST", exchange.path, b"", pieces), dialect)


async def pass_on(exchange: Exchange, upstream: Upstream, surface: str = "") -> Answer:
    """Ask another server what an exchange asks."""
    path = (exchange.target or exchange.path).removeprefix(prefix_of(exchange.path))
    url = upstream.url_for(path, exchange.query, surface)
    if url is None:
        raise RequestError(
            f"There is no upstream for {exchange.method} {path}.", status=404, code="no_upstream", type="server_error"
        )
    exchange.upstream = without_secrets(url)
    headers = exchange.request_headers
    if upstream.headers:
        headers = {**headers, **{name.encode(): value.encode() for name, value in upstream.headers}}
    seconds, generates = upstream.timeout_ms / 1000, bool(surface)
    question = Question(exchange.method, url, headers, exchange.request_body, seconds, generates)
    try:
        return await ask(question)
    except NoAnswer as exc:
        raise RequestError(exc.message, status=exc.status, type="server_error", code=exc.code) from exc


def relayed(
    exchange: Exchange,
    answer: Answer,
    *,
    streams: bool = False,
    read: Reader | None = None,
    record_answer: Recorder | None = None,
) -> Relayed:
    """Return the response that sends another server's answer on; `record_answer` is called with one that is whole.

    It is a stream where one was asked for, which `streams` says, or where it says so itself.
    """
    record = RelayRecord(exchange, is_stream=streams or answer.media_type in STREAMS)
    finished = _Finished(record, answer, read, record_answer)
    return Relayed(_noted(answer, record), answer.status, answer.headers, answer, finished)


async def _noted(answer: Answer, record: RelayRecord) -> AsyncGenerator[bytes, None]:
    async with aclosing(answer.pieces()) as pieces:
        async for piece in pieces:
            yield piece
            record.sent(piece)


class _Finished:
    """Ends an exchange once its answer is through: what was said is read first, where it is long in a thread."""

    def __init__(
        self, record: RelayRecord, answer: "Answer | _Played", read: Reader | None, keep: Recorder | None = None
    ) -> None:
        self._record, self._answer, self._read, self._keep = record, answer, read, keep
        self._written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if keep is not None:
            _recorded_ones.add(self._written)

    def __call__(self) -> None:
        if self._record.is_over:
            return
        self._record.note_end()
        exchange = self._record.exchange
        if self._answer.problem:
            exchange.note_error(_broken(exchange, self._answer))
            exchange.client_left = False  # its connection was broken off here
        elif not self._answer.is_through and not exchange.stopped:
            exchange.client_left = True
        task = asyncio.get_running_loop().create_task(self._end() if self._keep is None else self._end_in_order())
        _under_way.add(task)
        task.add_done_callback(_under_way.discard)

    async def _end_in_order(self) -> None:
        """Record the answer behind those that ended before it, for they may answer the same request."""
        async with _order.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            await self._end()

    async def _end(self) -> None:
        tokens: list[bool] = []
        fails = False
        try:
            pieces = await self._unpacked() if self._read or self._keep else None
            if self._read is not None and self._answer.status < 300 and pieces is not None:
                said = await budget.in_thread(self._read, pieces)
                carrying = {piece.event for piece in said.pieces}
                tokens = [at in carrying for at in range(len(self._record.pieces))]
                self._record.exchange.note_said(said)
                fails = said.error is not None
            if self._keep is not None and self._answer.ending is Ending.WHOLE:
                await self._keep_answer(self._keep, pieces, fails=fails)
        except Exception:  # what is only noted, or written beside, must not leave the exchange without an end
            logger.exception("The answer %s could not be read or recorded", self._record.exchange.request_id)
        finally:
            self._record.end(tokens)
            _recorded_ones.discard(self._written)
            self._written.cancel()

    async def _unpacked(self) -> tuple[bytes, ...] | None:
        """Return the answer's pieces as they can be read; None where not all of them are here, or can be."""
        if not self._record.is_kept:
            return None
        _, encoding = self._record.exchange.response_headers.get("content-encoding", ("", ""))
        if not encoding:
            return tuple(self._record.pieces)
        return await budget.in_thread(unpacked, self._record.pieces, encoding, KEPT_BYTES)

    async def _keep_answer(self, keep: Recorder, pieces: tuple[bytes, ...] | None, *, fails: bool) -> None:
        exchange = self._record.exchange
        if fails and not conf.CASSETTE_RETRIES:
            logger.warning(
                "The answer %s is not recorded: it fails, with status %d. CASSETTE_RETRIES=true records such answers.",
                exchange.request_id,
                exchange.status,
            )
            return
        if pieces is None:
            logger.error("The answer %s is not recorded: it is too large, or compressed", exchange.request_id)
            return
        await budget.in_thread(keep, self._recorded(pieces), exchange.query, TextHeaders(exchange.request_headers))

    def _recorded(self, pieces: tuple[bytes, ...]) -> Recorded:
        record, exchange = self._record, self._record.exchange
        return Recorded(
            path=without_prefix(exchange.path),
            status=self._answer.status,
            headers=tuple((name, value) for name, (_, value) in exchange.response_headers.items()),
            pieces=pieces,
            times=tuple(seconds * 1000 for seconds in record.times),
            stream=exchange.stream,
        )


UNENDED_SECONDS = 1.0
"""How long an answer is waited for that may have ended for the client and not yet here, or goes on."""


async def all_written() -> None:
    """Wait until all answers that have ended are written where they are recorded."""
    loop = asyncio.get_running_loop()
    if unended := {each for each in _recorded_ones if each.get_loop() is loop}:
        await asyncio.wait(unended, timeout=UNENDED_SECONDS)
    await all_ended()


async def all_ended() -> None:
    """Wait until the exchanges of all complete answers have ended, for whoever reads the journal next."""
    loop = asyncio.get_running_loop()
    if ending := {each for each in _under_way if each.get_loop() is loop}:
        await asyncio.wait(ending)


queries.before_reading.append(all_ended)


_recorded_ones: set[asyncio.Future[None]] = set()
"""One for each answer that is to be recorded, until it is."""


_order: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
"""By loop, what answers to be recorded wait for: it lets in those first that ended first."""


_under_way: set[asyncio.Task[None]] = set()
"""The loop keeps only weak references to tasks."""


def _broken(exchange: Exchange, answer: "Answer | _Played") -> RequestError:
    return RequestError(
        f"The answer of the upstream {exchange.upstream} broke off: {answer.problem}.",
        status=answer.status,
        type="server_error",
        code="upstream_broke_off",
    )


def play(turn: Turn, recorded: Recorded) -> Relayed | RawResponse:
    """Return the response that plays a recorded answer, at the pace that its rule has."""
    exchange, pacing, read = turn.exchange, turn.outcome.pacing, _reader(turn)
    due = due_times(recorded, pacing, read)
    if not recorded.stream and not any(due):
        whole = _whole(recorded)
        exchange.note_said(read(recorded.pieces))
        whole.faults = exchange.faults
        return whole
    response = _playing(exchange, recorded, due, read)
    response.replace_pieces(line.over(exchange.faults, response.pieces))
    return response


def _whole(recorded: Recorded) -> RawResponse:
    """Return the response of a recorded answer that goes out at once."""
    headers = dict(recorded.headers)
    response = RawResponse(recorded.body, recorded.status, headers.pop("content-type", ""), foreign=True)
    response.add_headers(headers)
    return response


def _playing(exchange: Exchange, recorded: Recorded, due: list[float], read: Reader | None) -> Relayed:
    record = RelayRecord(exchange, is_stream=recorded.stream)
    source = _Played(recorded.status)
    pieces = _played(recorded, due, exchange, record, source)
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in recorded.headers]
    if not recorded.stream:
        headers.append((b"content-length", str(len(recorded.body)).encode()))
    return Relayed(pieces, recorded.status, headers, source, _Finished(record, source, read))


def play_stored(exchange: Exchange, recorded: Recorded) -> RawResponse:
    """Return the response that plays at once what was recorded at an address for which no format makes answers."""
    exchange.cassette = recorded.path
    return _whole(recorded)


def due_times(recorded: Recorded, pacing: Pacing, read: Reader) -> list[float]:
    """Return when each piece is due, in seconds: as it came, at another speed, or at the pace of any other answer.

    What is not streamed comes at once, unless it is to come as it came or to take as long as a stream.
    """
    if pacing.speed is not None:
        return [ms / 1000 / pacing.speed for ms in recorded.times]
    if not recorded.stream and not pacing.whole:
        return [0.0] * len(recorded.pieces)
    carrying = {piece.event for piece in read(recorded.pieces).pieces}
    return schedule([at in carrying for at in range(len(recorded.pieces))], pacing)


class _Played:
    """What a recorded answer looks like to whoever ends its exchange."""

    problem = ""

    def __init__(self, status: int) -> None:
        self.status, self.ending = status, Ending.HOLD

    @property
    def is_through(self) -> bool:
        """Whether all of it has gone out."""
        return self.ending is not Ending.HOLD


async def _played(
    recorded: Recorded, due: list[float], exchange: Exchange, record: RelayRecord, source: _Played
) -> AsyncGenerator[bytes, None]:
    async with aclosing(Delivery(Frames(recorded.pieces), due, exchange.begun)) as pieces:
        async for piece in pieces:
            yield piece
            record.sent(piece)
    source.ending = Ending.WHOLE
