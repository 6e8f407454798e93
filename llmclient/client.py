"""The client: four ways to ask a model for an answer, through LiteLLM."""

import asyncio
import threading
from asyncio import AbstractEventLoop
from types import TracebackType
from typing import Any, Self
from weakref import WeakKeyDictionary

import httpx

from llmclient import lite
from llmclient.call import Call, Messages, arguments
from llmclient.completion import Completion
from llmclient.config import read_config
from llmclient.stream import AsyncStream, Stream
from llmclient.wiretap import ASYNC_HOOKS, HOOKS, PLAIN_BODY

_OPTIONS: dict[str, Any] = {
    "headers": PLAIN_BODY,
    # A load test may hold any number of streams open; only the connections kept for reuse are limited.
    "limits": httpx.Limits(max_connections=None, max_keepalive_connections=100),
    "follow_redirects": True,
}


class LLMClient:
    """Ask an OpenAI-compatible server, or any provider LiteLLM knows.

    Missing arguments come from LLM_BASE_URL, LLM_API_KEY, LLM_MODEL, LLM_TIMEOUT (seconds) and
    LLM_MAX_RETRIES, in the environment or in `.env`; a wrong value raises `ConfigError`. Every method takes a
    prompt or a list of messages, `system=` to put before them, and any parameter of LiteLLM's, which then
    replaces the client's own.

    A model named `provider/model`, with a provider LiteLLM knows, is called in that provider's format; any
    other name is sent unchanged, in OpenAI's.
    """

    _sync_http: httpx.Client | None = None  # opened by the first call that needs it

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        model: str | None = None,
        timeout: float | None = None,
        max_retries: int | None = None,
    ) -> None:
        self.config = read_config(base_url, api_key, model, timeout, max_retries)
        self._opening = threading.Lock()
        # Connections belong to the loop they were opened in.
        self._async_http: WeakKeyDictionary[AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()

    def complete(self, messages: Messages, *, system: str | None = None, **params: Any) -> Completion:
        """Return the answer; raises LiteLLM's errors, or `InvalidAnswerError` for a 200 without one."""
        call = self._call(messages, system, params, stream=False)
        with call.sending():
            answer = lite.completion(call.arguments, self._http(), call.wire.mark)
        return call.conclude(answer)

    async def acomplete(self, messages: Messages, *, system: str | None = None, **params: Any) -> Completion:
        """Do what `complete` does, without blocking."""
        call = self._call(messages, system, params, stream=False)
        with call.sending():
            answer = await lite.acompletion(call.arguments, self._ahttp(), call.wire.mark)
        return call.conclude(answer)

    def stream(self, messages: Messages, *, system: str | None = None, **params: Any) -> Stream:
        """Return the answer as a stream of pieces, to be used in a `for` loop or a `with`."""
        return Stream(self._call(messages, system, params, stream=True), self._http)

    def astream(self, messages: Messages, *, system: str | None = None, **params: Any) -> AsyncStream:
        """Return the answer as a stream of pieces, to be used in an `async for` loop or an `async with`."""
        return AsyncStream(self._call(messages, system, params, stream=True), self._ahttp)

    def _call(self, messages: Messages, system: str | None, params: dict[str, Any], *, stream: bool) -> Call:
        return Call(arguments(self.config, messages, system, params, stream=stream))

    def _http(self) -> httpx.Client:
        with self._opening:
            if self._sync_http is None:
                self._sync_http = httpx.Client(**_OPTIONS, event_hooks=HOOKS)
            return self._sync_http

    def _ahttp(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if loop not in self._async_http:
            self._async_http[loop] = httpx.AsyncClient(**_OPTIONS, event_hooks=ASYNC_HOOKS)
        return self._async_http[loop]

    def close(self) -> None:
        """Close the connections of the synchronous methods; a later call opens new ones."""
        http, self._sync_http = self._sync_http, None
        if http is not None:
            http.close()

    async def aclose(self) -> None:
        """Close all connections of this client that belong to the running loop or to none."""
        self.close()
        http = self._async_http.pop(asyncio.get_running_loop(), None)
        if http is not None:
            await http.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
