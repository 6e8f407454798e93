"""Step 1: the body of a request, whole; with an end to how large it is, how long it takes, and how many are unfinished.

Nearly every body comes whole with its request, and costs none of this. Of those that do not, a client may send one
slowly, or never the end of it, and open any number of connections: what they hold together is bounded.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.core.exceptions import RequestAborted

from completions.conf import conf
from completions.exceptions import BodyTooLarge, RequestError

Receive = Callable[[], Awaitable[Mapping[str, Any]]]

SHARE = 4
"""The bodies that are unfinished hold as much together as so many of the largest size."""


class _Unfinished:
    size = 0
    """Bytes that all unfinished bodies of this process hold."""


async def read_body(receive: Receive, started: float) -> bytes:
    """Return the body of a request that came at `started`, on the monotonic clock.

    Raise `BodyTooLarge` as soon as it is, the 408 of one that takes too long, the 503 of one too many, and
    `RequestAborted` if the client leaves.
    """
    message = await receive()
    part = _part(message)
    if len(part) > conf.MAX_BODY_BYTES:
        raise BodyTooLarge(conf.MAX_BODY_BYTES)
    return await _read_rest(part, receive, started) if message.get("more_body") else part


async def _read_rest(first: bytes, receive: Receive, started: float) -> bytes:
    parts, size = [first], len(first)
    _Unfinished.size += size
    try:
        while True:
            if time.monotonic() - started > conf.REQUEST_TIMEOUT:
                raise too_slow()
            message = await receive()
            part = _part(message)
            parts.append(part)
            size += len(part)
            _Unfinished.size += len(part)
            if size > conf.MAX_BODY_BYTES:
                raise BodyTooLarge(conf.MAX_BODY_BYTES)
            if not message.get("more_body"):
                return b"".join(parts)
            if _Unfinished.size > SHARE * conf.MAX_BODY_BYTES:
                raise _too_many()
    finally:
        _Unfinished.size -= size


def _part(message: Mapping[str, Any]) -> bytes:
    if message["type"] == "http.disconnect":
        raise RequestAborted
    part: bytes = message.get("body", b"")
    return part


def too_slow() -> RequestError:
    """Return the 408 of a request that was not whole in time."""
    return RequestError(
        f"The request was not complete within the {conf.REQUEST_TIMEOUT} seconds that REQUEST_TIMEOUT allows.",
        status=408,
        code="request_timeout",
        headers={"connection": "close"},
    )


def _too_many() -> RequestError:
    return RequestError(
        f"Unfinished request bodies hold more than the {SHARE * conf.MAX_BODY_BYTES} bytes that they may hold together "
        f"({SHARE} times MAX_BODY_BYTES). Try again shortly.",
        status=503,
        type="server_error",
        code="too_many_bodies",
        headers={"retry-after": "1", "connection": "close"},
    )
