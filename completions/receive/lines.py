"""What uvicorn logs of WebSockets: without the keys that their addresses have, or tracebacks of what a client sent."""

import logging

from completions.journal.quotes import REDACTED
from completions.journal.redaction import redaction

ADDRESS = '"WebSocket %s"'
"""What its lines of handshakes have in common."""

REQUEST, HEADER = "< GET %s HTTP/1.1", "< %s: %s"
"""What `websockets` logs of a handshake at DEBUG."""

PROTOCOLS = "sec-websocket-protocol"
"""The header in which browsers give their key."""


class SocketLines(logging.Filter):
    """Changes the lines that would tell a secret, and drops none."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Take secrets out of a line, and the traceback from one of a text that is not UTF-8."""
        if isinstance(record.args, tuple):
            record.args = _clean(str(record.msg), record.args)
        if record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError):
            record.exc_info = None
        return True


def _clean(line: str, told: tuple[object, ...]) -> tuple[object, ...]:
    """Return what a line tells, without secrets."""
    if line == REQUEST:
        return (redaction().clean_address(str(told[0])),)
    if line == HEADER:
        name = str(told[0]).lower()
        return (told[0], REDACTED) if name == PROTOCOLS or redaction().hides(name) else told
    if ADDRESS in line and len(told) > 1:
        return (told[0], redaction().clean_address(str(told[1])), *told[2:])
    return told


socket_lines = SocketLines()
"""The filter of uvicorn's logger."""
