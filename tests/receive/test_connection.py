"""How responses leave: whole ones in one write, and as uvicorn writes them; idle connections end."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncGenerator, Callable
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from completions.delivery.stream import Delivery
from completions.event import Frames
from completions.receive import connection
from completions.receive.connection import HeaderLines, PieceSender, run_until_client_leaves, send_whole
from completions.receive.cycle import IS_KNOWN
from completions.receive.protocol import Protocol, in_doubt, wait_until_settled
from tests.server import LiveServer

BODY = b'{"object": "chat.completion"}'
HEADERS = {
    "content-type": ("Content-Type", "application/json"),
    "content-length": ("Content-Length", str(len(BODY))),
    "x-request-id": ("x-request-id", "1"),
}


STREAM = {"content-type": ("Content-Type", "text/event-stream")}


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        """Keep it."""
        self.written.append(bytes(data))

    def close(self) -> None:
        """Note it."""
        self.closed = True


def cycle(method: str = "POST", **state: Any) -> tuple[RequestResponseCycle, Transport]:
    """Return uvicorn's cycle of one request, as its protocol makes it."""
    transport, logger = Transport(), logging.getLogger("uvicorn.error")
    options = {"access_log": False, "keep_alive": True, **state}
    scope: Any = {"method": method, "http_version": "1.1", "type": "http"}  # what it reads of it
    made = RequestResponseCycle(
        scope=scope,
        transport=transport,
        flow=FlowControl(transport),
        logger=logger,
        access_logger=logger,
        default_headers=[(b"date", b"Thu, 26 Nov 2026 04:00:00 GMT")],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        on_response=lambda: None,
        **options,
    )
    return made, transport


async def sent(made: tuple[RequestResponseCycle, Transport], headers: HeaderLines) -> dict[str, Any]:
    """Send a whole response, and return what came of it."""
    try:
        send: Any = made[0].send
        await send_whole(send, 200, headers, BODY)
        failed = None
    except RuntimeError as exc:
        failed = str(exc)
    facts = SimpleNamespace(**vars(made[0]))
    return {
        "bytes": b"".join(made[1].written),
        "closed": made[1].closed,
        "started": facts.response_started,
        "complete": facts.response_complete,
        "told": facts.message_event.is_set(),
        "failed": failed,
    }


async def given(waits: bool) -> AsyncGenerator[bytes, None]:
    """Yield some pieces, one of them empty."""
    for piece in (BODY, b"more", b"", b"end"):
        yield piece
        if waits:
            await asyncio.sleep(0)


def paced(waits: bool) -> Delivery:
    """Return a stream of which no two frames fit one write: they go out alike, however late the loop is."""
    frames = Frames([b"a" * 40_000, b"b" * 40_000, b"", b"c" * 40_000])
    return Delivery(frames, [0.01 * number * waits for number in range(4)], time.monotonic())


async def begun(
    made: tuple[RequestResponseCycle, Transport], headers: HeaderLines, pieces: AsyncGenerator[bytes, None]
) -> list[Any]:
    """Send a stream of these pieces, and return what came of it."""
    out = PieceSender(cast(Any, made[0].send))
    await out.start(200, headers)
    await out.send(pieces, ends=True)
    return [b"".join(made[1].written), made[1].closed, made[0].response_complete, made[0].message_event.is_set()]


CASES: dict[str, tuple[dict[str, Any], HeaderLines]] = {
    "usual": ({}, HEADERS),
    "HEAD": ({"method": "HEAD"}, HEADERS),
    "to be closed": ({"keep_alive": False}, HEADERS),
    "that closes": ({}, {**HEADERS, "connection": ("Connection", "close")}),
    "a line's end in a value": ({}, {**HEADERS, "x-mine": ("x-mine", "a\r\nx-other: b")}),
    "beyond ASCII": ({}, {**HEADERS, "x-mine": ("X-Mine", "caf\xe9")}),
    "a NUL in a value": ({}, {**HEADERS, "x-mine": ("x-mine", "a\0b")}),
}


@pytest.mark.parametrize("case", CASES)
async def test_whole__is_sent_as_uvicorn_sends_it(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    state, headers = CASES[case]
    ours = await sent(cycle(**state), headers)
    monkeypatch.setattr(connection, "IS_KNOWN", False)
    assert ours == await sent(cycle(**state), headers)


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("pieces", [given, paced])
@pytest.mark.parametrize("state", [{}, {"method": "HEAD"}, {"keep_alive": False}])
async def test_stream__is_sent_as_uvicorn_sends_it(
    state: dict[str, Any],
    pieces: Callable[[bool], AsyncGenerator[bytes, None]],
    waits: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The pump sends what is paced, where uvicorn is known; elsewhere its pieces are asked for one by one."""
    ours = await begun(cycle(**state), STREAM, pieces(waits))
    monkeypatch.setattr(connection, "IS_KNOWN", False)
    assert ours == await begun(cycle(**state), STREAM, pieces(waits))


async def test_stream__is_one_write_where_it_waits_for_nothing_and_one_for_each_piece_where_it_does() -> None:
    made, transport = cycle()
    await begun((made, transport), STREAM, given(False))
    assert len(transport.written) == 1
    made, transport = cycle()
    await begun((made, transport), STREAM, given(True))
    head, *others = transport.written
    assert head.endswith(BODY + b"\r\n"), "the head goes out with what is there, and waits for nothing else"
    assert others == [b"4\r\nmore\r\n", b"3\r\nend\r\n", b"0\r\n\r\n"]


async def test_stream__with_an_empty_event_goes_on() -> None:
    made, transport = cycle()
    out = PieceSender(cast(Any, made.send))
    await out.start(200, STREAM)
    await out.send(Delivery(Frames([b"", b"one", b""]), [0, 0.01, 0.02], time.monotonic()), ends=True)
    assert b"".join(transport.written).endswith(b"\r\n\r\n3\r\none\r\n0\r\n\r\n")


async def test_stream__goes_out_when_the_loop_has_its_turn_and_when_it_fails() -> None:
    async def nothing_yet() -> AsyncGenerator[bytes, None]:
        await asyncio.sleep(0)
        assert len(transport.written) == 1, "a client learns the status before the first event is due"
        yield BODY
        raise ValueError

    made, transport = cycle()
    out = PieceSender(cast(Any, made.send))
    await out.start(200, STREAM)
    with pytest.raises(ValueError):
        await out.send(nothing_yet(), ends=True)
    assert transport.written[1:] == [b"1d\r\n" + BODY + b"\r\n"]
    assert not made.response_complete


async def test_whole__is_one_write() -> None:
    assert IS_KNOWN, "uvicorn has changed: try `send_whole` with it, and name its parameters"
    made, transport = cycle()
    await sent((made, transport), HEADERS)
    assert len(transport.written) == 1


def test_idle_connection__ends_after_uvicorn_s_time() -> None:
    request = b"GET /v1/models HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
    command = ("-m", "uvicorn", "mocksite.asgi:application", "--port", "0", "--timeout-keep-alive", "1")
    with LiveServer(*command) as server, socket.create_connection((server.host, server.port)) as client:
        for _ in range(2):
            client.sendall(request)
            assert client.recv(65536).startswith(b"HTTP/1.1 200")
        assert client.recv(65536) == b""


async def test_stream__tells_when_what_waited_for_room_left() -> None:
    made, transport = cycle()
    now, noted = [100.0], list[tuple[int, int, float, int]]()

    def read() -> None:
        now[0] += 3
        made.flow.resume_writing()

    out = PieceSender(cast(Any, made.send))
    await out.start(200, STREAM)
    await asyncio.sleep(0)
    made.flow.pause_writing()
    asyncio.get_running_loop().call_later(0.01, read)
    told: Any = {"sent": lambda *facts: noted.append(facts), "clock": lambda: now[0]}
    await out.send(Delivery(Frames([b"a", b"b"]), [0, 0], 100.0, **told), ends=True)
    assert b"".join(transport.written).endswith(b"2\r\nab\r\n0\r\n\r\n")
    assert noted == [(0, 2, 3.0, 2)]


@pytest.mark.parametrize("waits", [False, True])
async def test_watched__has_no_doubt_left_of_a_client_whose_answer_has_ended(waits: bool) -> None:
    """A client may close its own side with its request, and be answered before anything waits."""

    class Cycle:
        async def receive(self) -> Any:
            await asyncio.Event().wait()

    async def answer() -> None:
        if waits:
            await asyncio.sleep(0)

    cycle = cast(Any, Cycle())
    in_doubt[cycle] = asyncio.get_running_loop().create_future()
    try:
        await run_until_client_leaves(answer(), cycle.receive)
        assert cycle not in in_doubt
        await wait_until_settled()
    finally:
        in_doubt.pop(cycle, None)


@pytest.mark.parametrize(("path", "doubts"), [("/v1/chat/completions", 1), ("/ns/a/_mock/exchanges/events", 0)])
async def test_doubt__makes_readers_of_the_journal_wait_for_what_it_has_alone(path: str, doubts: int) -> None:
    protocol, scope = cast(Any, Protocol.__new__(Protocol)), {"path": path, "http_version": "1.1"}
    protocol.cycle = protocol._answered_cycle = Mock(scope=scope, response_complete=False, more_body=False)
    protocol.pipeline, protocol.loop, protocol.app_state = (), asyncio.get_running_loop(), {}
    protocol.transport = Mock(get_extra_info=lambda name: None, is_closing=lambda: True)
    assert protocol.eof_received()
    assert len(in_doubt) == doubts
    protocol._probe_client()
    assert len(in_doubt) == 0
