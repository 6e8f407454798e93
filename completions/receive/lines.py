"""What uvicorn logs of WebSockets: without the keys that their addresses have, or tracebacks of what a client sent."""

import logging

from completions.journal.redaction import redaction

ADDRESS = '"WebSocket %s"'
"""What its lines of handshakes have in common."""


class SocketLines(logging.Filter):
    """Changes the lines that would tell a secret, and drops none."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Take secrets out of a line, and the traceback from one of a text that is not UTF-8."""
        if isinstance(record.args, tuple) and len(record.args) > 1 and ADDRESS in str(record.msg):
            client, address, *others = record.args
            record.args = (client, redaction().clean_address(str(address)), *others)
        if record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError):
            record.exc_info = None
        return True


socket_lines = SocketLines()
"""The filter of uvicorn's logger."""
