"""The start and the end of a server process: preloading, and a graceful shutdown on SIGTERM."""

import asyncio
import contextlib
import ctypes
import gc
import logging
import re
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from types import FrameType
from typing import Any

from django.urls import get_resolver
from uvicorn import Server
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from completions.conf import conf
from completions.exceptions import ServerStopped
from completions.journal import queries
from completions.journal.writer import writer
from completions.management.checks import workers_problem
from completions.receive.file_limit import raise_file_limit
from completions.receive.log_filter import socket_log_filter
from completions.receive.protocol import Protocol, wait_until_settled, watch_unfinished
from completions.receive.startup import WorkerSlots, announce, gunicorn_worker_count, worker_count
from completions.state.cassettes.deck import server_deck
from completions.state.namespaces import forget, namespace
from completions.state.script_file import CHECK_INTERVAL, script_file
from completions.state.store import shared_store
from completions.tokens.models import prices
from completions.views.relaying import wait_until_recorded

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

PREFIX = re.compile(r"(?:/(?!(?:_mock|ns)(?:/|$))[\w.~-]+)+", re.ASCII)
"""A valid prefix of a proxy: no part of it is one of the mock's paths."""

THRESHOLDS = (50_000, 20, 100)
"""The thresholds of the garbage collector while requests are answered."""

queries.before_reading.append(wait_until_settled)


async def lifespan(receive: Receive, send: Send) -> None:
    """Implement ASGI's lifespan protocol."""
    watching: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            server = running_server()
            if server is not None:
                workers = max(worker_count(server), gunicorn_worker_count(server))
                if (problem := workers_problem(workers)) is not None:
                    await send({"type": "lifespan.startup.failed", "message": problem})
                    return
            warm()
            if (store := shared_store()) is not None:
                store.calls.action, store.calls.on_removed = queries.flush, forget
                queries.beforehand.append(store.calls.call_all)
                await store.open()
            if server is not None:
                adopt(server)
                _State.worker_slots = announce(server)
            if conf.JOURNAL:
                writer.start()
            watching = asyncio.create_task(watch_script())
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            watching.cancel()
            if _State.watch is not None:
                _State.watch.cancel()
            if _State.worker_slots is not None:
                _State.worker_slots.leave()
            await wait_until_recorded()
            await asyncio.to_thread(writer.close)
            if (store := shared_store()) is not None:
                queries.beforehand.remove(store.calls.call_all)
                await store.close()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def watch_script() -> None:
    """Read MOCK_SCRIPT again whenever its file changes, so that mistakes are logged before the next request."""
    file = script_file(conf.MOCK_SCRIPT)
    while file.is_watched:
        await asyncio.sleep(CHECK_INTERVAL)
        await file.check_for_changes()


class _State:
    server: Server | None = None
    watch: "asyncio.Task[None] | None" = None
    worker_slots: WorkerSlots | None = None


def is_ending() -> bool:
    """Whether the server is shutting down, and waits for running requests."""
    return _State.server is not None and _State.server.should_exit


def warm() -> None:
    """Load what the first request needs, and exclude it from garbage collection.

    A full collection stops all streams while it runs, so it skips permanent objects, and is rare; a request's objects
    are freed by reference counts or in the young generations.
    """
    namespace().script.preload()
    if conf.CASSETTES:
        server_deck()
    prices(None)
    _ = get_resolver().url_patterns
    gc.collect()
    _trim_memory()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


def _trim_memory() -> None:
    """Return memory that was used while the tables were read to the system, if the C library can."""
    with contextlib.suppress(OSError, AttributeError, TypeError):  # the last on Windows, where nothing is named None
        ctypes.CDLL(None).malloc_trim(0)


def running_server() -> Server | None:
    """Return the uvicorn server that runs this process; None under another server."""
    if threading.current_thread() is not threading.main_thread():
        return None
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)  # a method of uvicorn's server
    return server if isinstance(server, Server) else None


async def _do_nothing(scope: object, receive: object, send: object) -> None:
    """Do nothing, after uvicorn's middleware has changed the scope."""


def _proxy_header_reader(proxy_middleware: Any) -> Callable[[dict[str, Any], Any, Any], Coroutine[Any, Any, None]]:
    """Return the function that reads a trusted proxy's headers into the scope, including `X-Forwarded-Prefix`.

    A prefix that the server has already (`--root-path`) is not added again.
    """

    async def read(scope: dict[str, Any], receive: Any, send: Any) -> None:
        client = scope.get("client")
        is_trusted = (client[0] if client else None) in proxy_middleware.trusted_hosts
        await proxy_middleware(scope, receive, send)
        prefix = dict(scope["headers"]).get(b"x-forwarded-prefix", b"").decode("latin-1").strip().rstrip("/")
        if is_trusted and PREFIX.fullmatch(prefix) and not scope.get("root_path"):
            scope["root_path"] = prefix

    return read


def _interrupt_handler(server: Server) -> Callable[[int, FrameType | None], None]:
    """Return the handler of Ctrl+C: like uvicorn's, but requests that a second one cuts off get an error first."""
    loop = asyncio.get_running_loop()

    def refuse_all() -> None:
        for task in [*server.server_state.tasks]:
            task.cancel(ServerStopped.REASON)

    def interrupt(signum: int, frame: FrameType | None) -> None:
        server.handle_exit(signum, frame)
        if server.force_exit:
            loop.call_soon_threadsafe(refuse_all)

    return interrupt


def adopt(server: Server) -> None:
    """Give uvicorn our protocol, and let SIGTERM end it with exit code 0 after SHUTDOWN_TIMEOUT at most.

    By default it would wait endlessly for open streams, and exit by the signal in the end. A closed terminal (SIGHUP)
    ends it in the same way, except under `nohup`. Its middleware for proxies' headers would inspect each request; the
    handler calls it only for requests that have such headers.
    """
    _State.server = server
    raise_file_limit()
    logging.getLogger("uvicorn.error").addFilter(socket_log_filter)
    _State.watch = asyncio.get_running_loop().create_task(watch_unfinished(server.server_state.connections))
    if server.config.http_protocol_class is HttpToolsProtocol:
        server.config.http_protocol_class = Protocol
    proxy_middleware: Any = server.config.loaded_app
    if isinstance(proxy_middleware, ProxyHeadersMiddleware) and hasattr(proxy_middleware.app, "read_proxy_headers"):
        handler = server.config.loaded_app = proxy_middleware.app
        proxy_middleware.app, handler.read_proxy_headers = _do_nothing, _proxy_header_reader(proxy_middleware)
    if server.config.timeout_graceful_shutdown is None:
        server.config.timeout_graceful_shutdown = conf.SHUTDOWN_TIMEOUT

    def stop(signum: int, frame: FrameType | None) -> None:
        server.should_exit = True

    signal.signal(signal.SIGTERM, stop)
    if getattr(signal.getsignal(signal.SIGINT), "__self__", None) is server:
        signal.signal(signal.SIGINT, _interrupt_handler(server))
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, stop)
