"""What the two kinds of load share: connections that ask, and the waiting until all are done."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar, cast

from tests.benchmark.servers import HOST, TIMEOUT, BenchmarkError, Server

SETTLE = 0.1
"""Seconds from the last connection to the first request: the server accepts them all before."""


class Client(asyncio.Protocol):
    """A connection to a server. `done` comes when it has what it asked for, or failed to get it."""

    transport: asyncio.Transport

    def __init__(self, request: bytes) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = request

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def ask(self) -> None:
        """Send the request."""
        self.transport.write(self._request)

    def finish(self) -> None:
        """Say that all has come."""
        if not self.done.done():
            self.done.set_result(None)

    def fail(self, why: str) -> None:
        """Say what went wrong."""
        if not self.done.done():
            self.done.set_exception(BenchmarkError(why))

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail, where the server closes before all has come."""
        self.fail(f"the connection was lost: {exc!r}")


C = TypeVar("C", bound=Client)


@asynccontextmanager
async def connected(server: Server, client: Callable[[], C], count: int) -> AsyncIterator[list[C]]:
    """Open `count` connections, and close them in the end."""
    clients: list[C] = []
    try:
        for _ in range(count):
            clients.append((await asyncio.get_running_loop().create_connection(client, HOST, server.port))[1])
        await asyncio.sleep(SETTLE)
        yield clients
    except (OSError, BenchmarkError) as exc:
        raise BenchmarkError(f"{server.name}: {exc}") from exc
    finally:
        for each in clients:
            each.done.cancel()
            each.transport.close()


async def all_done(clients: Sequence[Client], seconds: float) -> None:
    """Wait until all clients are done; raise the first failure, or that `seconds` and the timeout went by."""
    waiting = [client.done for client in clients]
    done, pending = await asyncio.wait(waiting, timeout=seconds + TIMEOUT, return_when=asyncio.FIRST_EXCEPTION)
    for future in done:
        future.result()
    if pending:
        raise BenchmarkError(f"{len(pending)} of {len(clients)} clients did not get all of their answer in time")
