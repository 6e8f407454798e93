"""uvicorn's cycle of a request and its response, which `receive` and `send` are methods of (`httptools_impl.py`).

What goes past ASGI stands where it is used, so that a request goes through one file less.
"""

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
