"""A filter of uvicorn's log of WebSockets: it removes keys in addresses, and tracebacks of invalid messages."""

import logging

from completions.journal.quotes import REDACTED
from completions.journal.redaction import redaction

ADDRESS_FORMAT = '"WebSocket %s"'
"""The common part of its lines on handshakes."""

HEADER_FORMAT = "< %s: %s"
"""The line on a header of a handshake that `websockets` logs at DEBUG."""

RECEIVED = "< "
"""How its lines on what it has received begin; that on a request names the address, in each version otherwise."""

PROTOCOLS_HEADER = "sec-websocket-protocol"
"""The header in which browsers send their key."""


class SocketLogFilter(logging.Filter):
    """Removes secrets from lines, and drops none."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Remove secrets from a line, and the traceback from one on a text that is not UTF-8."""
        if isinstance(record.args, tuple):
            record.args = _clean(str(record.msg), record.args)
        if record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError):
            record.exc_info = None
        return True


def _clean(line: str, arguments: tuple[object, ...]) -> tuple[object, ...]:
    """Return the arguments of a line, without secrets."""
    if line == HEADER_FORMAT:
        name = str(arguments[0]).lower()
        return (arguments[0], REDACTED) if name == PROTOCOLS_HEADER or redaction().hides(name) else arguments
    if line.startswith(RECEIVED):
        return tuple(redaction().clean_address(each) if isinstance(each, str) else each for each in arguments)
    if ADDRESS_FORMAT in line and len(arguments) > 1:
        return (arguments[0], redaction().clean_address(str(arguments[1])), *arguments[2:])
    return arguments


socket_log_filter = SocketLogFilter()
"""The filter of uvicorn's logger."""
