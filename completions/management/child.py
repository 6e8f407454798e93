"""A server for the parent process, which ends with it, on every operating system.

The port is reported over a pipe, and the end of standard input ends the server, without inherited sockets or signals.
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
    """A server that reports its port once it listens."""

    reports = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and then report the port."""
        await super().startup(sockets=sockets)
        if self.started and self.reports and sockets:
            _report(sockets[0].getsockname()[1])


def listen(host: str, port: int, *, is_reserved: bool = False) -> socket.socket:
    """Return a listening socket; a reserved port is shared with the process that has bound it.

    Raise `OSError` where that is impossible.
    """
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening_socket = socket.socket(family, socket.SOCK_STREAM)
    try:
        if is_reserved or sys.platform != "win32":  # there SO_REUSEADDR is what SO_REUSEPORT is elsewhere
            listening_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_reserved and hasattr(socket, "SO_REUSEPORT"):
            listening_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening_socket.bind(address)
        listening_socket.listen(BACKLOG)
    except OSError:
        listening_socket.close()
        raise
    return listening_socket


def run_for_parent(listening_socket: socket.socket, *, until_eof: bool, report: bool) -> None:
    """Serve on a socket, in this process; optionally until standard input ends, and with a report of the port."""
    server = ChildServer(uvicorn.Config(application_path(), **uvicorn_options()))
    server.reports = report
    if until_eof:
        threading.Thread(target=_stop_at_eof, args=(server,), name="stop at EOF", daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl+C, after which all has ended well already
        server.run(sockets=[listening_socket])


def _stop_at_eof(server: uvicorn.Server) -> None:
    """End the server as SIGTERM does when standard input ends, because the parent has ended or was killed."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    server.should_exit = True


def _report(port: int) -> None:
    """Write the port as a line of JSON. Later output goes to standard error, since the parent may stop reading."""
    print(json.dumps({"port": port}), flush=True)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
