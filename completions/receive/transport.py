"""What touches uvicorn's transport: connections that end where HTTP would go on.

In ASGI under uvicorn `send` is a method of the request's cycle, which has the transport (`RequestResponseCycle` in
`uvicorn/protocols/http/`, the same in its two implementations); another server's `send` has none.
"""

import asyncio
import socket
import struct
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from completions.delivery.sabotage import Ending

Send = Callable[[Mapping[str, Any]], Awaitable[None]]

RST_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER on, for no time: what closes such a socket sends a reset."""


def can_sever(send: Send) -> bool:
    """Tell whether the connection behind `send` can be ended."""
    return hasattr(_cycle(send), "transport")


async def sever(send: Send, ending: Ending) -> None:
    """End the connection, once all that was written has gone out. It returns only by being cancelled.

    The client's leaving cancels it (`completions/receive/watch.py`), and then uvicorn asks for no response any more.
    """
    cycle = _cycle(send)
    transport = cycle.transport
    if ending is Ending.RESET:
        transport.set_write_buffer_limits(0)  # so that the flow is paused until the buffer is empty
        await cycle.flow.drain()
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
        transport.abort()
    else:
        transport.close()
    await asyncio.Event().wait()


def end_by_closing(send: Send, ending: Ending) -> Ending:
    """Return how a stream ends; before its headers go out. HTTP/1.0 knows no chunks: its end is that of the connection.

    uvicorn sends chunks to any client; told that the length is given, and is endless, it sends the bytes as they are.
    """
    cycle = _cycle(send)
    if getattr(cycle, "scope", {}).get("http_version") != "1.0" or not hasattr(cycle, "chunked_encoding"):
        return ending
    cycle.chunked_encoding, cycle.expected_content_length = False, sys.maxsize
    return Ending.CLOSE if ending is Ending.WHOLE else ending


def _cycle(send: Send) -> Any:
    return getattr(send, "__self__", None)
