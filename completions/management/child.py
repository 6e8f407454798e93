"""Serve for the process that started this one, for as long as it is there, on every operating system.

The port is said over a pipe, and the end is that of standard input: neither inherited sockets nor signals are needed.
"""

import contextlib
import json
import os
import socket
import sys
import threading

import uvicorn

from completions.management.server import application_path, uvicorn_options

BACKLOG = 2048


class ChildServer(uvicorn.Server):
    """A server that says once where it listens."""

    reports = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and then say so."""
        await super().startup(sockets=sockets)
        if self.started and self.reports and sockets:
            _report(sockets[0].getsockname()[1])


def listen(host: str, port: int, *, is_reserved: bool = False) -> socket.socket:
    """Return a socket that listens; a port that is reserved is shared with the process that holds it bound.

    Raise `OSError` where that cannot be.
    """
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if is_reserved or sys.platform != "win32":  # there SO_REUSEADDR is what SO_REUSEPORT is elsewhere
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_reserved and hasattr(socket, "SO_REUSEPORT"):
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def run_for_parent(listening: socket.socket, *, until_eof: bool, report: bool) -> None:
    """Serve on a socket, in this one process; end with standard input, and say the port, where that is wanted."""
    server = ChildServer(uvicorn.Config(application_path(), **uvicorn_options()))
    server.reports = report
    if until_eof:
        threading.Thread(target=_stop_at_eof, args=(server,), name="stop at EOF", daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl+C, after which all has ended well already
        server.run(sockets=[listening])


def _stop_at_eof(server: uvicorn.Server) -> None:
    """End the server as SIGTERM does once standard input ends: who held the other end is gone, or killed."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    server.should_exit = True


def _report(port: int) -> None:
    """Write the port as a line of JSON. What is written afterwards goes to standard error: nobody may read on."""
    print(json.dumps({"port": port}), flush=True)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
