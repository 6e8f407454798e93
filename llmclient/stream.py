"""An answer that arrives in pieces, to be read in a `for` or an `async for` loop."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import httpx

from llmclient import lite
from llmclient.call import Call
from llmclient.completion import Completion, Piece

H = TypeVar("H", httpx.Client, httpx.AsyncClient)

# The loop keeps only weak references to tasks; these close connections of streams that were dropped.
_closing: set[asyncio.Task[None]] = set()


class _Answer(Generic[H]):
    """The base of both kinds of stream."""

    def __init__(self, call: Call, http: Callable[[], H]) -> None:
        self._call = call
        self._http: Callable[[], H] = http
        self._source: Any = None  # LiteLLM's stream, once the request is sent

    @property
    def partial(self) -> Completion:
        """Return what has come so far."""
        return self._call.completion()

    @property
    def completion(self) -> Completion:
        """Return the whole answer; raises RuntimeError if the stream was not read to a proper end."""
        if not self._call.is_whole:
            raise RuntimeError("the stream was not read to its end; `partial` has what had arrived")
        return self._call.completion()

    @property
    def _unsent(self) -> bool:
        return self._source is None and not self._call.is_over

    def _stop(self) -> None:
        self._call.is_over = True
        self._call.ready.clear()


class Stream(_Answer[httpx.Client]):
    """Iterate over the pieces of an answer; `completion` is the whole, once the loop has ended.

    The request is sent on entering the `with`, or else with the first piece. Leaving the `with`, `close()`,
    or dropping the stream closes the connection at once. An answer cut short raises `IncompleteStreamError`.
    """

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Piece:
        call = self._call
        try:
            self._open()
            while call.wants_chunk():
                with call.reading():
                    chunk = next(self._source, None)
                call.accept(chunk, self._source)
        except BaseException:
            self.close()
            raise
        if not call.ready:
            raise StopIteration
        return call.ready.popleft()

    def _open(self) -> None:
        if self._unsent:
            call = self._call
            with call.sending():
                self._source = lite.completion(call.arguments, self._http(), call.wire.mark)

    def read(self) -> Completion:
        """Read to the end and return the whole answer."""
        for _ in self:
            pass
        return self.completion

    def close(self) -> None:
        """Close the connection now, whatever has come; may be called twice."""
        self._stop()
        if self._call.wire.response is not None:
            self._call.wire.response.close()
        elif self._source is not None:
            lite.close(self._source)

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if not self._call.is_over:
            self.close()


class AsyncStream(_Answer[httpx.AsyncClient]):
    """Do what `Stream` does, in `async for` and `async with`; `aclose()` closes it."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Piece:
        call = self._call
        try:
            await self._open()
            while call.wants_chunk():
                with call.reading():
                    chunk = await anext(self._source, None)
                call.accept(chunk, self._source)
        except BaseException:
            await self.aclose()
            raise
        if not call.ready:
            raise StopAsyncIteration
        return call.ready.popleft()

    async def _open(self) -> None:
        if self._unsent:
            call = self._call
            with call.sending():
                self._source = await lite.acompletion(call.arguments, self._http(), call.wire.mark)

    async def read(self) -> Completion:
        """Read to the end and return the whole answer."""
        async for _ in self:
            pass
        return self.completion

    async def aclose(self) -> None:
        """Close the connection now, whatever has come; may be called twice."""
        self._stop()
        if self._call.wire.response is not None:
            await self._call.wire.response.aclose()
        elif self._source is not None:
            await lite.aclose(self._source)

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        response = self._call.wire.response
        if self._call.is_over or response is None:
            return
        try:
            task = asyncio.get_running_loop().create_task(response.aclose())
        except RuntimeError:  # no loop runs any more, and the connection goes with it
            return
        _closing.add(task)
        task.add_done_callback(_closing.discard)
