"""Waiting without blocking a test's event loop, be it asyncio's or trio's, in which anyio runs tests too.

anyio is imported late, for most test runs never wait so.
"""

from collections.abc import Callable
from typing import TypeVar

R = TypeVar("R")


async def in_thread(function: Callable[[], R]) -> R:
    """Call a function in a thread, and return what it returns; who is cancelled does not wait for it."""
    from anyio import to_thread

    return await to_thread.run_sync(function, abandon_on_cancel=True)


async def pause(seconds: float) -> None:
    """Let others run for so many seconds."""
    from anyio import sleep

    await sleep(seconds)
