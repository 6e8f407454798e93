"""Requests whose head came before begin without uvicorn's parser, and must be the same as with it."""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from completions.receive import heads, protocol
from completions.receive.protocol import Protocol
from tests.benchmark.wire import request

Make = Callable[..., HttpToolsProtocol]
SMALL = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}"
BIG = b"POST /v1/files HTTP/1.1\r\nhost: a\r\ncontent-length: 70000\r\n\r\n" + b"x" * 70_000

ORDINARY = {
    "an SDK's": request(8000),
    "a stream's": request(8000, stream=True),
    "small": SMALL,
    "larger than what uvicorn reads at once": BIG,
    "without a body": b"GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n",
    "with a query, and what is quoted": b"GET /v1/models/a%2Fb%20c?x=1&y=%20 HTTP/1.1\r\nHOST: a\r\n\r\n",
    "an absolute address": b"GET http://a/v1/models?x HTTP/1.1\r\nhost: a\r\n\r\n",
    "headers that come twice": b"HEAD / HTTP/1.1\r\nhost: a\r\nAccept: b\r\naccept: c\r\nx-empty:\r\n\r\n",
    "a body of the next request's form": b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n%b"
    % (len(SMALL), SMALL),
    "a line before it": b"\r\n" + SMALL,
    "a length with zeros": SMALL.replace(b"2\r", b"0002\r"),
    "a body that looks like a length": SMALL.replace(b"2\r", b"21\r").replace(b"{}", b"\r\nContent-Length: 2\r\n"),
    "keep-alive": b"POST / HTTP/1.1\r\nhost: a\r\nconnection: keep-alive\r\ncontent-length: 1\r\n\r\n1",
}

UNUSUAL = {
    "a continuation is asked for": SMALL.replace(b"host", b"expect: 100-continue\r\nhost"),
    "to be closed": SMALL.replace(b"host", b"connection: close\r\nhost"),
    "HTTP/1.0": SMALL.replace(b"1.1", b"1.0"),
    "an upgrade is offered": SMALL.replace(b"host", b"connection: upgrade\r\nupgrade: h2c\r\nhost"),
    "in chunks": b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "an empty body in chunks": b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "a large head": SMALL.replace(b"host", b"x: %b\r\nhost" % (b"y" * heads.MAX_HEAD_SIZE)),
    "two at once": SMALL + SMALL,
    "half of one": SMALL[:-1],
    "a length with a space": SMALL.replace(b"2\r", b"2 \r"),
    "no length": b"POST / HTTP/1.1\r\nhost: a\r\n\r\n{}",
    "two lengths": SMALL.replace(b"host", b"Content-Length: 2\r\nhost"),
    "a length that is negative": SMALL.replace(b"2\r", b"-2\r"),
    "a length in other digits": SMALL.replace(b"2\r", "\u0662\r".encode()),
    "chunks, and a length": SMALL.replace(b"host", b"transfer-encoding: chunked\r\nhost"),
    "no HTTP": b"hello\r\n\r\n",
}


TURNS = 20
"""Turns of the loop within which all that has come is answered."""


class Transport(asyncio.Transport):
    """A client's connection, which has only to be there."""

    def __init__(self, port: int) -> None:
        super().__init__({"peername": ("127.0.0.1", port), "sockname": ("127.0.0.1", 80)})
        self.is_over = False

    def is_closing(self) -> bool:
        return self.is_over

    def close(self) -> None:
        self.is_over = True

    def write(self, data: Any) -> None:
        """Send nothing."""

    def pause_reading(self) -> None:
        """Go on."""

    def resume_reading(self) -> None:
        """Go on."""


class Client:
    """A connection to one kind of protocol, and the requests that came to the application by it."""

    def __init__(self, kind: Make, port: int = 1, **options: Any) -> None:
        config = Config(app=cast(Any, self._app), log_level="critical", access_log=False, **options)
        config.load()
        config.loaded_app = self._app
        self.protocol = kind(config, ServerState(), {}, asyncio.get_running_loop())
        self.transport = Transport(port)
        self.protocol.connection_made(self.transport)
        self.came: list[tuple[dict[str, Any], bytes]] = []

    async def _app(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body, message = b"", {"more_body": True}
        while message["more_body"]:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message["body"]
        told = {name: value for name, value in scope.items() if name != "state"}
        self.came.append((told, body))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    async def send(self, pieces: Sequence[bytes]) -> list[tuple[dict[str, Any], bytes]]:
        """Send these bytes, each with time to be answered, and return all that has come."""
        for piece in pieces:
            if not self.transport.is_over:
                self.protocol.data_received(piece)
            for _ in range(TURNS):
                await asyncio.sleep(0)
        return self.came

    def forget_parser(self) -> None:
        """Have whatever asks the parser fail."""
        self.protocol.parser = cast(Any, None)


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> heads.Heads:
    """Begin with no head."""
    none = heads.Heads()
    monkeypatch.setattr(protocol, "heads", none)
    return none


@pytest.mark.parametrize("case", ORDINARY)
async def test_known_head__begins_the_request_that_the_parser_begins(case: str) -> None:
    data = ORDINARY[case]
    expected = await Client(HttpToolsProtocol, 2, root_path="/mock").send([data])
    assert await Client(Protocol, 1, root_path="/mock").send([data, data])
    second = Client(Protocol, 2, root_path="/mock")
    second.forget_parser()
    assert await second.send([data]) == expected
    third = await second.send([data])
    assert third[1] == expected[0]
    assert third[0][0]["headers"] is not third[1][0]["headers"], "whoever changes one changes no other"


@pytest.mark.parametrize("case", UNUSUAL)
async def test_other_request__is_parsed_each_time(case: str) -> None:
    data = UNUSUAL[case]
    came = [await Client(Protocol).send([data]) for _ in range(3)]
    assert came[0] == came[1] == came[2]
    for _ in range(3):
        assert len(await Client(Protocol).send([SMALL, data])) == 1 + len(came[0]), "nor is it the one before it"
    client = Client(Protocol)
    client.forget_parser()
    with pytest.raises(AttributeError):
        await client.send([data])


@pytest.mark.parametrize("case", ["small", "in chunks", "an empty body in chunks", "a continuation is asked for"])
async def test_head__that_comes_before_its_body_is_no_whole_request(case: str) -> None:
    head, end, body = {**ORDINARY, **UNUSUAL}[case].partition(heads.END)
    expected = await Client(HttpToolsProtocol).send([head + end, body])
    for _ in range(3):
        assert await Client(Protocol).send([head + end, body]) == expected


async def test_known_head__is_one_s_own_by_server_path_and_time() -> None:
    """A server behind a prefix, one that counts its connections, and what is within another request."""
    await Client(Protocol).send([SMALL, SMALL])
    assert (await Client(Protocol, root_path="/mock").send([SMALL]))[0][0]["path"] == "/mock/v1/chat/completions"
    limited = Client(Protocol, limit_concurrency=5)
    limited.forget_parser()
    with pytest.raises(AttributeError):
        await limited.send([SMALL])
    within = await Client(Protocol).send([BIG[: -len(SMALL)], SMALL])
    assert [len(body) for _, body in within] == [70_000]


async def test_head__is_known_whatever_the_body_s_length() -> None:
    """Each turn of an agent is longer than the one before."""
    long, longer = (request(8000, user="u" * size) for size in (700, 70_000))
    expected = await Client(HttpToolsProtocol).send([long, longer])
    await Client(Protocol).send([ORDINARY["an SDK's"]] * 2)
    client = Client(Protocol)
    client.forget_parser()
    assert await client.send([long, longer]) == expected


async def test_heads__are_forgotten_when_they_are_many(known: heads.Heads) -> None:
    requests = [SMALL.replace(b"completions", b"%d" % number) for number in range(heads.MAX_HEADS + 1)]
    for data in requests:
        assert await Client(Protocol).send([data])
    assert len(known._heads) == 0, "each came once"
    assert len(known._seen_once) == 1
    for data in requests:
        assert await Client(Protocol).send([data, data])
    assert len(known._heads) == 1


async def test_connection__whose_heads_differ_each_time_is_not_looked_at_any_more(known: heads.Heads) -> None:
    client = Client(Protocol)
    came = await client.send([SMALL.replace(b"completions", b"%d" % number) for number in range(30)])
    assert [scope["path"] for scope, _ in came] == [f"/v1/chat/{number}" for number in range(30)]
    assert len(known._seen_once) == protocol.MAX_MISSES + 1


@pytest.mark.parametrize("seed", range(20))
async def test_requests_in_any_pieces__are_those_that_uvicorn_takes(seed: int) -> None:
    drawn = random.Random(seed)
    theirs, ours = Client(HttpToolsProtocol), Client(Protocol)
    for _ in range(30):
        data = b"".join(drawn.choices([*ORDINARY.values()], k=drawn.choice((1, 1, 1, 2))))
        cuts = sorted(drawn.sample(range(len(data)), drawn.choice((0, 0, 0, 1, 3))))
        pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True) if end > start]
        assert await ours.send(pieces) == await theirs.send(pieces)
    assert len(ours.came) >= 30
