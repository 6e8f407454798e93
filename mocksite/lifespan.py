"""The life of a server process: warm at the start, and end well on SIGTERM."""

import logging
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping
from types import FrameType
from typing import Any

from uvicorn import Server

from completions import tokens
from completions.conf import conf

logger = logging.getLogger("completions")


async def lifespan(
    receive: Callable[[], Awaitable[Mapping[str, Any]]], send: Callable[[Mapping[str, Any]], Awaitable[None]]
) -> None:
    """Speak ASGI's lifespan protocol."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            tokens.warm()
            end_well()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return


def end_well() -> None:
    """Let SIGTERM end uvicorn with exit code 0, after SHUTDOWN_TIMEOUT at most.

    uvicorn's own handler ends the process by the signal once all is done, and waits for open streams without an
    end; under another server, or outside the main thread, nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if not isinstance(server, Server):
        return
    if server.config.timeout_graceful_shutdown is None:
        server.config.timeout_graceful_shutdown = conf.SHUTDOWN_TIMEOUT

    def stop(signum: int, frame: FrameType | None) -> None:
        server.should_exit = True

    signal.signal(signal.SIGTERM, stop)
