"""uvicorn's `RequestResponseCycle`, of which `receive` and `send` are methods: whether it is the one that was tried."""

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
