"""uvicorn's cycle of a request and its response, which `receive` and `send` are methods of (`httptools_impl.py`)."""

from collections.abc import Awaitable, Callable, Mapping
from inspect import signature
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

IS_KNOWN = tuple(signature(RequestResponseCycle).parameters) == (
    *("scope", "transport", "flow", "logger", "access_logger", "access_log", "default_headers"),
    *("message_event", "expect_100_continue", "keep_alive", "on_response"),
)
"""Whether uvicorn makes its cycle as it did when what goes past it was tried; if not, all goes by ASGI's messages."""


def cycle_of(bound: Send | Receive) -> Any:
    """Return the cycle; None, or what has no transport, under another server."""
    return getattr(bound, "__self__", None)


def body_at_hand(receive: Receive) -> bytes | None:
    """Take the body that uvicorn has whole, as its own `receive` gives it; None where that has to be awaited."""
    cycle = getattr(receive, "__self__", None)
    if not IS_KNOWN or type(cycle) is not RequestResponseCycle:
        return None
    if cycle.more_body or cycle.disconnected or cycle.waiting_for_100_continue:
        return None
    body, cycle.body = bytes(cycle.body), bytearray()
    cycle.message_event.clear()
    if cycle.flow.read_paused:
        cycle.flow.resume_reading()
    return body
