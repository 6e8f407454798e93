"""The addresses and messages of a server that starts: its port, its inspector, its script."""

import errno
import socket

from completions.conf import conf
from completions.control.recording import startup_messages
from completions.journal.store import journal_place
from completions.state.namespaces import namespace

MAX_PORT = 65535


def inspector_url(host: str, port: int, scheme: str = "http") -> str:
    """Return the inspector's address for a browser on this machine, of a server that listens at this address."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"{scheme}://[{host}]:{port}/_mock/" if ":" in host else f"{scheme}://{host}:{port}/_mock/"


def start_lines(inspector: str | None) -> list[str]:
    """Return the log lines of a server that listens: its script, recording, journal, and the inspector's address."""
    journal = f"The journal is {journal_place()}" if conf.JOURNAL else "The journal is off"
    script = f"The script is {namespace().script.source}"
    pages = [] if inspector is None else [f"The inspector is at {inspector}", *_first_steps(inspector)]
    return [script, *startup_messages(namespace().script), journal, *pages]


def _first_steps(inspector: str) -> list[str]:
    """Return suggestions for the first steps, while the script is the default."""
    if conf.MOCK_SCRIPT != "mock":
        return []
    ask = f"curl -N {inspector.removesuffix('_mock/')}v1/chat/completions -d '{{\"stream\": true}}'"
    return [
        f"Try it:       {ask}",
        f"Break it:     {ask} -H 'X-Mock-Fault: disconnect; after_tokens=3'",
        "More answers: set MOCK_SCRIPT=auto, which generates an answer to each request",
        f"Read on:      {inspector}docs/start",
    ]


def address_problem(host: str, port: int) -> str | None:
    """Return why a server cannot listen on an address, and a remedy; None where it can."""
    if not 0 <= port <= MAX_PORT:
        return f"{port} is not a port. Choose a PORT from 0 to {MAX_PORT}; 0 chooses a free one."
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen()
    except (OSError, UnicodeError) as exc:  # the latter for invalid names, such as a..b
        return _describe(host, port, exc)
    return None


def _describe(host: str, port: int, exc: OSError | UnicodeError) -> str:
    number = exc.errno if isinstance(exc, OSError) else None
    if number == errno.EADDRINUSE:
        return f"Port {port} of {host} is already in use. Stop the program that listens there, or choose another PORT."
    if number == errno.EACCES:
        return f"Port {port} of {host} is not allowed for this user. Choose a PORT of 1024 or more."
    return (
        f"{host} is not an address of this machine. Choose another HOST: 127.0.0.1 for this machine alone, or 0.0.0.0."
    )
