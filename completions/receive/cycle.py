"""uvicorn's `RequestResponseCycle`, of which `receive` and `send` are methods, and whether its version is known."""

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
"""Whether uvicorn's cycle has the tested parameters, so that it can be bypassed; else ASGI's messages are used."""
