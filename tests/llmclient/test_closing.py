"""A stream given up early closes its connection: the server sees it, without any more reading on our side."""

import asyncio
import gc

import pytest

from llmclient import IncompleteStreamError, LLMClient
from tests.llmclient.wire_server import HELLO, STREAM, Play, WireServer, answer, chunked, event, reply

LONG = 60  # seconds; only a defect waits for it


@pytest.fixture
def client(wire: WireServer) -> LLMClient:
    wire.play(STREAM, chunked(b"".join(HELLO)), Play.HOLD)
    return LLMClient(base_url=wire.url)


def test_close__hangs_up(wire: WireServer, client: LLMClient) -> None:
    stream = client.stream("Hi")
    assert str(next(stream)) == "Hel"
    stream.close()
    assert wire.hung_up.wait(LONG)
    assert stream.partial.text == "Hello", "what had arrived, read or not"
    assert list(stream) == []
    with pytest.raises(RuntimeError, match="partial"):
        _ = stream.completion
    stream.close()


def test_with__hangs_up_on_leaving(wire: WireServer, client: LLMClient) -> None:
    with client.stream("Hi") as stream:
        next(stream)
    assert wire.hung_up.wait(LONG)


def test_with__hangs_up_on_an_error_of_the_callers(wire: WireServer, client: LLMClient) -> None:
    with pytest.raises(ZeroDivisionError), client.stream("Hi") as stream:
        next(stream)
        _ = 1 / 0
    assert wire.hung_up.wait(LONG)


def test_break__hangs_up_when_the_stream_is_dropped(wire: WireServer, client: LLMClient) -> None:
    for _ in client.stream("Hi"):
        break
    gc.collect()
    assert wire.hung_up.wait(LONG)


BROKEN = (STREAM, chunked(HELLO[0] + event({"message": "boom"}, "error") + HELLO[1]), Play.HOLD)


def test_error__hangs_up_though_the_stream_is_still_held(wire: WireServer) -> None:
    wire.play(*BROKEN)
    stream = LLMClient(base_url=wire.url).stream("Hi")
    with pytest.raises(IncompleteStreamError):
        stream.read()
    assert wire.hung_up.wait(LONG)


async def test_async_error__hangs_up_though_the_stream_is_still_held(wire: WireServer) -> None:
    wire.play(*BROKEN)
    stream = LLMClient(base_url=wire.url).astream("Hi")
    with pytest.raises(IncompleteStreamError):
        await stream.read()
    assert await asyncio.to_thread(wire.hung_up.wait, LONG)


def test_enter__sends_the_request_and_nothing_before_does(wire: WireServer, client: LLMClient) -> None:
    stream = client.stream("Hi")
    assert wire.requests == []
    with stream:
        assert len(wire.requests) == 1
    assert wire.hung_up.wait(LONG)
    client.stream("never sent").close()
    assert len(wire.requests) == 1


KEPT_ALIVE = reply(answer()).replace(b"connection: close\r\n", b"")


def test_client__dropped_or_closed_hangs_up(wire: WireServer) -> None:
    wire.play(KEPT_ALIVE, Play.HOLD)
    assert LLMClient(base_url=wire.url).complete("Hi").text == "Hello"
    gc.collect()
    assert wire.hung_up.wait(LONG)


def test_client__that_a_with_block_leaves_hangs_up(wire: WireServer) -> None:
    wire.play(KEPT_ALIVE, Play.HOLD)
    with LLMClient(base_url=wire.url) as client:
        client.complete("Hi")
        assert not wire.hung_up.is_set(), "kept for the next call"
    assert wire.hung_up.wait(LONG)


async def test_client__closed_without_blocking_hangs_up_what_blocks_too(wire: WireServer) -> None:
    wire.play(KEPT_ALIVE, Play.HOLD)
    client = LLMClient(base_url=wire.url)
    await asyncio.to_thread(client.complete, "Hi")
    assert not wire.hung_up.is_set(), "kept for the next call"
    await client.aclose()
    assert await asyncio.to_thread(wire.hung_up.wait, LONG)


async def test_async_client__closed_hangs_up(wire: WireServer) -> None:
    wire.play(KEPT_ALIVE, Play.HOLD)
    async with LLMClient(base_url=wire.url) as client:
        await client.acomplete("Hi")
        assert not wire.hung_up.is_set(), "kept for the next call"
    assert await asyncio.to_thread(wire.hung_up.wait, LONG)


async def test_aclose__hangs_up(wire: WireServer, client: LLMClient) -> None:
    stream = client.astream("Hi")
    assert str(await anext(stream)) == "Hel"
    await stream.aclose()
    assert await asyncio.to_thread(wire.hung_up.wait, LONG)
    assert [piece async for piece in stream] == []


async def test_async_with__hangs_up_on_leaving(wire: WireServer, client: LLMClient) -> None:
    async with client.astream("Hi") as stream:
        await anext(stream)
    assert await asyncio.to_thread(wire.hung_up.wait, LONG)


async def test_async_break__hangs_up_when_the_stream_is_dropped(wire: WireServer, client: LLMClient) -> None:
    async for _ in client.astream("Hi"):
        break
    gc.collect()
    assert await asyncio.to_thread(wire.hung_up.wait, LONG)


async def test_cancel__hangs_up(wire: WireServer, client: LLMClient) -> None:
    first = asyncio.Event()

    async def read() -> None:
        async for _ in client.astream("Hi"):
            first.set()

    task = asyncio.create_task(read())
    await first.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(wire.hung_up.wait, LONG)
