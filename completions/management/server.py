"""Run uvicorn for the project's ASGI application, by the settings; `serve` and `runserver` share it."""

import os
import signal
import socket
import sys
import threading

import uvicorn
from django.conf import settings
from django.core.management.base import CommandError


def application_path() -> str:
    """Return ASGI_APPLICATION in uvicorn's notation: `mocksite.asgi:application`."""
    dotted: str | None = getattr(settings, "ASGI_APPLICATION", None)
    if not dotted:
        raise CommandError("Set ASGI_APPLICATION to your project's ASGI application: 'mysite.asgi.application'.")
    module, _, name = dotted.rpartition(".")
    return f"{module}:{name}"


def run(host: str, port: int, *, workers: int = 1, reload: bool = False) -> None:
    """Serve until a signal ends it. Logging is the settings' own, and websockets are not loaded."""
    uvicorn.run(
        application_path(),
        host=host,
        port=port,
        workers=workers,
        reload=reload,
        lifespan="on",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
    )


def run_on(fd: int) -> None:
    """Serve on the listening socket that the process was started with, in this one process."""
    with socket.socket(fileno=fd) as listening:
        config = uvicorn.Config(
            application_path(), lifespan="on", ws="none", log_config=None, access_log=False, server_header=False
        )
        uvicorn.Server(config).run(sockets=[listening])


def stop_at_eof() -> None:
    """End this process as SIGTERM does once its standard input ends: who held the other end is gone, or killed."""

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="stop at EOF", daemon=True).start()
