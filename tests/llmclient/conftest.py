"""What the client's tests share: a server on a raw socket, and one way to ask it, synchronous or not."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from llmclient import Completion, LLMClient, Piece
from tests.llmclient.wire_server import WireServer


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the developer's own environment and `.env` out of the tests."""
    for name in ("BASE_URL", "API_KEY", "MODEL", "TIMEOUT", "MAX_RETRIES"):
        monkeypatch.delenv(f"LLM_{name}", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def wire() -> Iterator[WireServer]:
    server = WireServer()
    yield server
    server.close()


@dataclass(frozen=True)
class Ask:
    """Ask through the synchronous or the asynchronous methods, which have to do the same."""

    asynchronous: bool

    def complete(self, url: str, messages: Any = "Hi", **params: Any) -> Completion:
        async def acomplete() -> Completion:
            async with client:
                return await client.acomplete(messages, **params)

        with _client(url) as client:
            return asyncio.run(acomplete()) if self.asynchronous else client.complete(messages, **params)

    def stream(
        self, url: str, messages: Any = "Hi", each: Callable[[], None] = lambda: None, **params: Any
    ) -> tuple[list[Piece], Completion]:
        """Read a stream to its end; `each` is called after every piece."""

        async def aread() -> tuple[list[Piece], Completion]:
            async with client, client.astream(messages, **params) as stream:
                return [_seen(piece, each) async for piece in stream], stream.completion

        with _client(url) as client:
            if self.asynchronous:
                return asyncio.run(aread())
            with client.stream(messages, **params) as stream:
                return [_seen(piece, each) for piece in stream], stream.completion


def _client(url: str) -> LLMClient:
    return LLMClient(base_url=f"{url}/v1", max_retries=0)


def _seen(piece: Piece, each: Callable[[], None]) -> Piece:
    each()
    return piece


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Ask:
    return Ask(request.param == "async")
