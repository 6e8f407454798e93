"""Serve for the process that started this one: on a socket of its, for as long as it is there."""

import os
import signal
import socket
import sys
import threading

import uvicorn

from completions.management.server import application_path


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
