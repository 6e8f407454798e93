"""The HTTP clients that send requests to upstreams and to the endpoints of webhooks."""

import asyncio
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import httpx

IDLE_SECONDS = 2.0
"""Seconds for which idle connections are kept: many servers close theirs after 5 s, possibly just as the next request
is sent."""


class HttpClients:
    """A client for each event loop, which keeps connections and has no time limit of its own.

    `use_proxies` says whether the environment's proxies count.
    """

    def __init__(self, max_connections: int, max_idle: int, *, use_proxies: bool) -> None:
        self._max_connections, self._max_idle, self._use_proxies = max_connections, max_idle, use_proxies
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()

    async def get(self) -> "httpx.AsyncClient":
        """Return this loop's client; the first is made in a thread: httpx and the CA certificates load for 0.3 s."""
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients.setdefault(loop, await asyncio.to_thread(self._make))
        return self._clients[loop]

    def _make(self) -> "httpx.AsyncClient":
        import httpx

        limits = httpx.Limits(
            max_connections=self._max_connections,
            max_keepalive_connections=self._max_idle,
            keepalive_expiry=IDLE_SECONDS,
        )
        return httpx.AsyncClient(limits=limits, timeout=None, trust_env=self._use_proxies, follow_redirects=False)
