"""Waiting without blocking a test's event loop, of asyncio or of trio, with which anyio runs tests too.

anyio is imported late, because most test runs need none of this.
"""

from collections.abc import Callable
from typing import TypeVar

R = TypeVar("R")


async def in_thread(function: Callable[[], R]) -> R:
    """Call a function in a thread, and return its result; a cancelled caller does not wait for it."""
    from anyio import to_thread

    return await to_thread.run_sync(function, abandon_on_cancel=True)


async def pause(seconds: float) -> None:
    """Sleep for so many seconds."""
    from anyio import sleep

    await sleep(seconds)
