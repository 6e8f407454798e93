"""Steps 4 to 6 where another server answers: its answer is sent to the client as it arrives, and recorded."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from weakref import WeakKeyDictionary

from completions import budget
from completions.conf import conf
from completions.conversation import ParsedExchange, Traffic
from completions.delivery import line_faults
from completions.delivery.relay.answer import Answer, UpstreamFailed, UpstreamRequest, send_request
from completions.delivery.relay.encoding import decompress_pieces
from completions.delivery.stream import Delivery, schedule
from completions.delivery.stream_faults import Ending
from completions.event import Frames
from completions.exceptions import RequestError
from completions.journal import queries
from completions.journal.exchange import Exchange
from completions.journal.record import MAX_RECORDED_BYTES, RelayRecord
from completions.outcome import Pacing, Recorded, Recorder, Upstream, without_secrets
from completions.resolve.ask import TextHeaders
from completions.views.address import prefix_of, without_prefix
from completions.views.http import RawResponse, RelayedResponse
from completions.views.tasks import Tasks
from completions.views.turn import Turn
from completions.wire import registry

STREAM_TYPES = ("text/event-stream", "application/x-ndjson", "application/vnd.amazon.eventstream")
"""The media types of streams of events."""

Reader = Callable[[tuple[bytes, ...]], ParsedExchange]
"""Reads the content of an answer from its bytes."""

logger = logging.getLogger("completions")


async def relay(turn: Turn) -> RelayedResponse:
    """Return the response to a request that is passed on; raise the error of a server that gives none."""
    upstream, exchange = turn.outcome.upstream, turn.exchange
    assert upstream is not None
    if not turn.wire.is_relayed:
        raise _not_relayed(turn.wire.name)
    answer = await send_upstream(exchange, upstream, turn.wire.name)
    streams = turn.prompt.stream and answer.status < 300
    response = relay_answer(exchange, answer, streams=streams, read=_reader_of(turn), record_answer=turn.outcome.record)
    response.replace_pieces(line_faults.apply(exchange.faults, response.pieces))
    return response


def _not_relayed(name: str) -> RequestError:
    message = (
        f"Requests of the format `{name}` are not passed on to another server; a rule can answer them that matches"
    )
    return RequestError(f"{message} `format: {name}`.", status=501, type="server_error", code="not_passed_on")


def _reader_of(turn: Turn) -> Reader:
    """Return the function that reads an answer of the request's address."""
    exchange, dialect = turn.exchange, turn.space.script.dialect
    return lambda pieces: registry.read(Traffic("POST", exchange.path, b"", pieces), dialect)


async def send_upstream(exchange: Exchange, upstream: Upstream, surface: str = "") -> Answer:
    """Send the request of an exchange to another server, and return its answer."""
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
    question = UpstreamRequest(exchange.method, url, headers, exchange.request_body, seconds, generates)
    try:
        return await send_request(question)
    except UpstreamFailed as exc:
        raise RequestError(exc.message, status=exc.status, type="server_error", code=exc.code) from exc


def relay_answer(
    exchange: Exchange,
    answer: Answer,
    *,
    streams: bool = False,
    read: Reader | None = None,
    record_answer: Recorder | None = None,
) -> RelayedResponse:
    """Return the response that relays another server's answer; `record_answer` is called with a complete answer.

    It is a stream if one was requested (`streams`), or if the answer's media type is that of a stream.
    """
    record = RelayRecord(exchange, is_stream=streams or answer.media_type in STREAM_TYPES)
    finished = _ExchangeEnd(record, answer, read, record_answer)
    return RelayedResponse(_record_pieces(answer, record), answer.status, answer.headers, answer, finished)


async def _record_pieces(answer: Answer, record: RelayRecord) -> AsyncGenerator[bytes, None]:
    async with aclosing(answer.pieces()) as pieces:
        async for piece in pieces:
            yield piece
            record.sent(piece)


class _ExchangeEnd:
    """Ends an exchange once its answer is complete: its content is read first, in a thread if it is long."""

    def __init__(
        self, record: RelayRecord, answer: "Answer | _PlayedAnswer", read: Reader | None, keep: Recorder | None = None
    ) -> None:
        self._record, self._answer, self._read, self._keep = record, answer, read, keep
        self._written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if keep is not None:
            _unwritten.add(self._written)

    def __call__(self) -> None:
        if self._record.has_ended:
            return
        self._record.note_end()
        exchange = self._record.exchange
        if self._answer.problem:
            exchange.note_error(_broken_off(exchange, self._answer))
            exchange.client_left = False  # its connection was broken off here
        elif not self._answer.is_complete and not exchange.stopped:
            exchange.client_left = True
        _endings.start(self._end() if self._keep is None else self._end_in_order())

    async def _end_in_order(self) -> None:
        """Record the answer after those that ended before it, for they may answer the same request."""
        async with _order.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            await self._end()

    async def _end(self) -> None:
        tokens: list[bool] = []
        fails = False
        try:
            pieces = await self._unpacked() if self._read or self._keep else None
            if self._read is not None and self._answer.status < 300 and pieces is not None:
                said = await budget.in_thread(self._read, pieces)
                token_pieces = {piece.event for piece in said.pieces}
                tokens = [at in token_pieces for at in range(len(self._record.pieces))]
                self._record.exchange.note_parsed(said)
                fails = said.error is not None
            if self._keep is not None and self._answer.ending is Ending.WHOLE:
                await self._record_answer(self._keep, pieces, fails=fails)
        except Exception:  # a failure to read or to record must not leave the exchange without an end
            logger.exception("The answer %s could not be read or recorded", self._record.exchange.request_id)
        finally:
            self._record.end(tokens)
            _unwritten.discard(self._written)
            self._written.cancel()

    async def _unpacked(self) -> tuple[bytes, ...] | None:
        """Return the answer's pieces without content coding; None where some are missing or cannot be decoded."""
        if not self._record.is_kept:
            return None
        _, encoding = self._record.exchange.response_headers.get("content-encoding", ("", ""))
        if not encoding:
            return tuple(self._record.pieces)
        return await budget.in_thread(decompress_pieces, self._record.pieces, encoding, MAX_RECORDED_BYTES)

    async def _record_answer(self, keep: Recorder, pieces: tuple[bytes, ...] | None, *, fails: bool) -> None:
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
        await budget.in_thread(keep, self._recording_of(pieces), exchange.query, TextHeaders(exchange.request_headers))

    def _recording_of(self, pieces: tuple[bytes, ...]) -> Recorded:
        record, exchange = self._record, self._record.exchange
        return Recorded(
            path=without_prefix(exchange.path),
            status=self._answer.status,
            headers=tuple((name, value) for name, (_, value) in exchange.response_headers.items()),
            pieces=pieces,
            times=tuple(seconds * 1000 for seconds in record.times),
            stream=exchange.stream,
        )


MAX_WAIT_SECONDS = 1.0
"""The longest wait for an answer that may have ended for the client but not yet here, or that goes on."""


async def wait_until_recorded() -> None:
    """Wait until all answers that have ended are written to their cassettes."""
    loop = asyncio.get_running_loop()
    if unwritten := {each for each in _unwritten if each.get_loop() is loop}:
        await asyncio.wait(unwritten, timeout=MAX_WAIT_SECONDS)
    await wait_until_ended()


async def wait_until_ended() -> None:
    """Wait until the exchanges of all complete answers have ended, before the journal is read."""
    await _endings.wait()


queries.before_reading.append(wait_until_ended)


_unwritten: set[asyncio.Future[None]] = set()
"""A future for each answer that is to be recorded, until it is."""


_order: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
"""By event loop, the lock of answers that are to be recorded: those that ended first get it first."""


_endings = Tasks()


def _broken_off(exchange: Exchange, answer: "Answer | _PlayedAnswer") -> RequestError:
    return RequestError(
        f"The answer of the upstream {exchange.upstream} broke off: {answer.problem}.",
        status=answer.status,
        type="server_error",
        code="upstream_broke_off",
    )


def play(turn: Turn, recorded: Recorded) -> RelayedResponse | RawResponse:
    """Return the response that plays a recorded answer, at the pace of its rule."""
    exchange, pacing, read = turn.exchange, turn.outcome.pacing, _reader_of(turn)
    due = due_times(recorded, pacing, read)
    if not recorded.stream and not any(due):
        whole = _whole_response(recorded)
        exchange.note_parsed(read(recorded.pieces))
        whole.faults = exchange.faults
        return whole
    response = _play_pieces(exchange, recorded, due, read)
    response.replace_pieces(line_faults.apply(exchange.faults, response.pieces))
    return response


def _whole_response(recorded: Recorded) -> RawResponse:
    """Return the response of a recorded answer that is sent at once."""
    headers = dict(recorded.headers)
    response = RawResponse(recorded.body, recorded.status, headers.pop("content-type", ""), foreign=True)
    response.add_headers(headers)
    return response


def _play_pieces(exchange: Exchange, recorded: Recorded, due: list[float], read: Reader | None) -> RelayedResponse:
    record = RelayRecord(exchange, is_stream=recorded.stream)
    source = _PlayedAnswer(recorded.status)
    pieces = _replay_pieces(recorded, due, exchange, record, source)
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in recorded.headers]
    if not recorded.stream:
        headers.append((b"content-length", str(len(recorded.body)).encode()))
    return RelayedResponse(pieces, recorded.status, headers, source, _ExchangeEnd(record, source, read))


def play_stored(exchange: Exchange, recorded: Recorded) -> RawResponse:
    """Return the response that plays at once the recorded answer of an address that no format answers."""
    exchange.cassette = recorded.path
    return _whole_response(recorded)


def due_times(recorded: Recorded, pacing: Pacing, read: Reader) -> list[float]:
    """Return when each piece is due, in seconds: at the recorded times, at another speed, or at the rule's pace.

    An answer that is not streamed is due at once, unless the recorded times apply or it takes as long as a stream.
    """
    if pacing.speed is not None:
        return [ms / 1000 / pacing.speed for ms in recorded.times]
    if not recorded.stream and not pacing.whole:
        return [0.0] * len(recorded.pieces)
    token_pieces = {piece.event for piece in read(recorded.pieces).pieces}
    return schedule([at in token_pieces for at in range(len(recorded.pieces))], pacing)


class _PlayedAnswer:
    """A recorded answer with the attributes of `Answer` that the end of its exchange reads."""

    problem = ""

    def __init__(self, status: int) -> None:
        self.status, self.ending = status, Ending.HOLD

    @property
    def is_complete(self) -> bool:
        """Whether all of it has been sent."""
        return self.ending is not Ending.HOLD


async def _replay_pieces(
    recorded: Recorded, due: list[float], exchange: Exchange, record: RelayRecord, source: _PlayedAnswer
) -> AsyncGenerator[bytes, None]:
    async with aclosing(Delivery(Frames(recorded.pieces), due, exchange.begun)) as pieces:
        async for piece in pieces:
            yield piece
            record.sent(piece)
    source.ending = Ending.WHOLE
