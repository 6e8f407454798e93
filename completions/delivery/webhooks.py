"""Posts the events of webhooks to the endpoints that are to get them."""

import asyncio
from collections.abc import Mapping

from completions.delivery.http_clients import HttpClients

TIMEOUT = 15.0
"""Seconds that an endpoint has for its answer."""

_clients = HttpClients(100, 20, use_proxies=False)


class NotDelivered(Exception):
    """No answer came; the message says why."""


async def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Post a body, and return the status of the answer, of which no more is read; raise `NotDelivered`."""
    client = await _clients.get()
    import httpx

    try:
        async with asyncio.timeout(TIMEOUT), client.stream("POST", url, headers=headers, content=body) as response:
            return response.status_code
    except TimeoutError as exc:
        raise NotDelivered(f"no answer within {TIMEOUT:g} s") from exc
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as exc:
        raise NotDelivered(f"{type(exc).__name__}: {exc}".rstrip(": ")) from exc
