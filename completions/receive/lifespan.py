"""The life of a server process: warm at the start, and end well on SIGTERM."""

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
from completions.receive.files import allow_many
from completions.receive.lines import socket_lines
from completions.receive.protocol import Protocol, all_heard, watch_unfinished
from completions.receive.starting import Places, announce, workers_of, workers_of_gunicorn
from completions.state.namespaces import forget, namespace
from completions.state.script_file import CHECK_INTERVAL, script_file
from completions.state.store import shared_store
from completions.tokens import text as tokens
from completions.tokens.models import prices
from completions.views.relaying import wait_until_recorded

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

PREFIX = re.compile(r"(?:/(?!(?:_mock|ns)(?:/|$))[\w.~-]+)+", re.ASCII)
"""A prefix that a proxy may name: no part of it is one of the mock's own."""

THRESHOLDS = (50_000, 20, 100)
"""How often the garbage collector comes while requests are answered."""

queries.before_reading.append(all_heard)


async def lifespan(receive: Receive, send: Send) -> None:
    """Speak ASGI's lifespan protocol."""
    watching: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            server = running_server()
            if server is not None:
                workers = max(workers_of(server), workers_of_gunicorn(server))
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
                _Adopted.places = announce(server)
            if conf.JOURNAL:
                writer.start()
            watching = asyncio.create_task(watch_script())
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            watching.cancel()
            if _Adopted.watch is not None:
                _Adopted.watch.cancel()
            if _Adopted.places is not None:
                _Adopted.places.leave()
            await wait_until_recorded()
            await asyncio.to_thread(writer.close)
            if (store := shared_store()) is not None:
                queries.beforehand.remove(store.calls.call_all)
                await store.close()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def watch_script() -> None:
    """Read MOCK_SCRIPT again whenever its file changes, so that the log tells of a mistake before the next request."""
    file = script_file(conf.MOCK_SCRIPT)
    while file.is_watched:
        await asyncio.sleep(CHECK_INTERVAL)
        await file.check_for_changes()


class _Adopted:
    server: Server | None = None
    watch: "asyncio.Task[None] | None" = None
    places: Places | None = None


def is_ending() -> bool:
    """Whether the server was told to end, and waits for what is under way."""
    return _Adopted.server is not None and _Adopted.server.should_exit


def warm() -> None:
    """Load what the first request would wait for, and keep the garbage collector away from it.

    A full collection stops every stream for as long as it takes, so it looks at nothing that is there for good, and
    comes seldom; what a request leaves behind goes by itself or in the young generations.
    """
    texts = namespace().script.verbatim_texts
    if texts is None or not tokens.are_known(texts):
        tokens.load_default_encoding()
    prices(None)
    _ = get_resolver().url_patterns
    gc.collect()
    _give_back()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


def _give_back() -> None:
    """Give the memory that the tables took while they were read back to the system, where the C library can."""
    with contextlib.suppress(OSError, AttributeError, TypeError):  # the last on Windows, where nothing is named None
        ctypes.CDLL(None).malloc_trim(0)


def running_server() -> Server | None:
    """Return the uvicorn server that runs this process, whoever started it; None under another server."""
    if threading.current_thread() is not threading.main_thread():
        return None
    owner = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)  # a method of uvicorn's server
    return owner if isinstance(owner, Server) else None


async def _nothing(scope: object, receive: object, send: object) -> None:
    """Do nothing, after uvicorn's middleware has changed the scope."""


def _reader(proxied: Any) -> Callable[[dict[str, Any], Any, Any], Coroutine[Any, Any, None]]:
    """Return what reads a trusted proxy's headers into the scope: by uvicorn's middleware, and the prefix it took off.

    A prefix that the server was told (`--root-path`) is not added once more.
    """

    async def read(scope: dict[str, Any], receive: Any, send: Any) -> None:
        client = scope.get("client")
        trusted = (client[0] if client else None) in proxied.trusted_hosts
        await proxied(scope, receive, send)
        sent = dict(scope["headers"]).get(b"x-forwarded-prefix", b"").decode("latin-1").strip().rstrip("/")
        if trusted and PREFIX.fullmatch(sent) and not scope.get("root_path"):
            scope["root_path"] = sent

    return read


def _interrupt(server: Server) -> Callable[[int, FrameType | None], None]:
    """Return what ends a server by Ctrl+C: as uvicorn does, but what a second one cuts off is refused before."""
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

    Left alone it would wait for open streams without an end, and end by the signal once all is done. A closed terminal
    (SIGHUP) ends it in the same way, except under `nohup`. Its middleware for the headers of proxies looks through
    those of each request; the handler calls it where there are any.
    """
    _Adopted.server = server
    allow_many()
    logging.getLogger("uvicorn.error").addFilter(socket_lines)
    _Adopted.watch = asyncio.get_running_loop().create_task(watch_unfinished(server.server_state.connections))
    if server.config.http_protocol_class is HttpToolsProtocol:
        server.config.http_protocol_class = Protocol
    proxied: Any = server.config.loaded_app
    if isinstance(proxied, ProxyHeadersMiddleware) and hasattr(proxied.app, "forwarded"):
        handler = server.config.loaded_app = proxied.app
        proxied.app, handler.forwarded = _nothing, _reader(proxied)
    if server.config.timeout_graceful_shutdown is None:
        server.config.timeout_graceful_shutdown = conf.SHUTDOWN_TIMEOUT

    def stop(signum: int, frame: FrameType | None) -> None:
        server.should_exit = True

    signal.signal(signal.SIGTERM, stop)
    if getattr(signal.getsignal(signal.SIGINT), "__self__", None) is server:
        signal.signal(signal.SIGINT, _interrupt(server))
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, stop)
