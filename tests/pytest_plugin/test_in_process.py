"""The API in the test's own process and event loop, with the SDKs' own clients."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import anthropic
import httpx
import httpx2
import openai
import pytest
from openai import AsyncOpenAI

from completions.pytest_plugin.in_process import InProcess, Receive, Scope, Send
from completions.receive.handler import Handler
from tests.control.client import arrived, told
from tests.control.conftest import world as world  # the fixture
from tests.scripts import rules

pytestmark = pytest.mark.usefixtures("world")

ASKED: Any = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A client whose transport is the application."""
    async with httpx.AsyncClient(transport=InProcess(Handler(), lifespan=False)) as client:
        yield client


def sdk(http: Any, **more: Any) -> AsyncOpenAI:
    return AsyncOpenAI(base_url="http://localhost/v1", api_key="k", http_client=http, max_retries=0, **more)


async def test_stream__comes_in_pieces(http: httpx.AsyncClient) -> None:
    await told("PUT", "script", rules("- {reply: one two three four, hold: {gate: door, after_tokens: 2}}"))
    stream = await sdk(http).chat.completions.create(**ASKED, stream=True)
    heard: list[str] = []

    async def hear() -> None:
        async for chunk in stream:
            heard.append(chunk.choices[0].delta.content or "")

    hearing = asyncio.create_task(hear())
    await arrived("door", 1)
    while "".join(heard) != "one two":  # noqa: ASYNC110  # they are sent when the gate is reached, and heard after
        await asyncio.sleep(0)
    assert not hearing.done()
    await told("POST", "gates/door/release")
    await hearing
    assert "".join(heard) == "one two three four"


async def test_clients__of_other_apis_find_it(http: httpx.AsyncClient) -> None:
    await told("PUT", "script", rules("- {reply: Hi.}"))
    transport: Any = InProcess(Handler(), lifespan=False)
    other = httpx2.AsyncClient(transport=transport)
    asked: Any = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
    async with anthropic.AsyncAnthropic(base_url="http://localhost", api_key="k", http_client=other) as client:
        said = await client.messages.create(**asked)
        async with client.messages.stream(**asked) as stream:
            streamed = await stream.get_final_text()
    assert (said.content[0].text, streamed) == ("Hi.", "Hi.")
    assert (await http.get("http://localhost/v1/models")).status_code == 200


async def test_client__that_leaves_is_noticed(http: httpx.AsyncClient) -> None:
    await told("PUT", "script", rules("- {reply: one two three four, hold: {gate: door, after_tokens: 2}}"))
    async with http.stream("POST", "http://localhost/v1/chat/completions", json=ASKED | {"stream": True}) as answer:
        async for _ in answer.aiter_raw():
            break
    (left,) = (await told("GET", "exchanges"))["exchanges"]
    assert (left["client_left"], left["stream"]) == (True, True)


async def test_time_limit__is_the_client_s(http: httpx.AsyncClient) -> None:
    await told("PUT", "script", rules("- {reply: one two, hold: door}"))
    with pytest.raises(openai.APITimeoutError):
        await sdk(http, timeout=0.05).chat.completions.create(**ASKED)
    await told("PUT", "script", rules("- {reply: one two, fault: disconnect}"))
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a complete response"):
        await http.post("http://localhost/v1/chat/completions", json=ASKED | {"stream": True})


@pytest.mark.parametrize("knows_lifespan", [True, False])
async def test_lifespan__begins_with_the_first_request_and_ends_with_the_client(knows_lifespan: bool) -> None:
    seen: list[str] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            seen.append(f"{scope['method']} {scope['path']}?{scope['query_string'].decode()}")
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})
            return
        assert knows_lifespan
        for _ in range(2):
            asked = (await receive())["type"]
            seen.append(asked)
            await send({"type": f"{asked}.complete"})

    transport = InProcess(application)
    async with httpx.AsyncClient(transport=transport) as client:
        assert (await client.get("http://x/%C3%A9?a=b")).status_code == 204
    begun, ended = (["lifespan.startup"], ["lifespan.shutdown"]) if knows_lifespan else ([], [])
    assert seen == [*begun, "GET /é?a=b", *ended]


async def test_application__that_fails_fails_in_the_test() -> None:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.failed", "message": "no script"})
        raise LookupError("my own mistake")

    async with httpx.AsyncClient(transport=InProcess(application, lifespan=False)) as client:
        with pytest.raises(LookupError, match="my own mistake"):
            await client.get("http://x/")
    with pytest.raises(RuntimeError, match="The application did not start: no script"):
        async with InProcess(application):
            pass
