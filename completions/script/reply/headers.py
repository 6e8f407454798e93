"""Step 3: headers in a script: valid in a line of HTTP, and not set by the server itself."""

import re
from collections.abc import Collection

from completions.script.text.node import Node

NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

OF_ANSWERS = ("content-length", "transfer-encoding", "trailer", "upgrade")
"""Headers that depend on how an answer is sent; a wrong one would break the connection, which is a fault's work."""

OF_ERRORS = (*OF_ANSWERS, "date", "x-request-id")
"""With the headers of every answer: its date, and the id under which the journal records it."""


def headers(node: Node, of_connection: Collection[str] = OF_ANSWERS) -> tuple[tuple[str, str], ...]:
    """Read a mapping of headers; those of the connection are not allowed."""
    return tuple((name, _value(name, child, of_connection)) for name, child in node.entries().items())


def _value(name: str, node: Node, of_connection: Collection[str]) -> str:
    if not NAME.fullmatch(name):
        raise node.error("is not a header name: it may have letters, digits and hyphens, but no spaces.")
    if name.lower() in of_connection:
        raise node.error("cannot be set: the server sets it.")
    if CONTROL.search(node.raw):
        raise node.error("must be one line, without control characters.")
    return node.raw
