"""Step 3: `upstream:`, an answer that another server gives: the request is passed on as it came."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from completions.conversation import Prompt
from completions.outcome import SILENCE_MS, Upstream
from completions.script.elsewhere import UPSTREAM
from completions.script.node import Node
from completions.script.pace import milliseconds

HEADER = re.compile(r"[a-z0-9!#%&'*+.^_`|~$-]+")
OF_CONNECTION = ("host", "content-length", "transfer-encoding", "connection", "accept-encoding", "via", "upgrade", "te")
"""Headers that each connection has of its own."""


@dataclass(frozen=True, slots=True)
class PassOn:
    """What answers by having another server answer."""

    upstream: Upstream

    def __call__(self, prompt: Prompt) -> Upstream:
        """Return the other server."""
        return self.upstream


def pass_on(node: Node) -> PassOn:
    """Read `upstream:`, a URL or a mapping."""
    fields = node.keyed(UPSTREAM) if isinstance(node.value, dict) else {"url": node}
    url = fields["url"].as_(str)
    if (problem := url_problem(url)) is not None:
        raise fields["url"].error(f"{problem}.")
    timeout = milliseconds(fields["timeout_ms"]) if "timeout_ms" in fields else SILENCE_MS
    headers = tuple(map(_header, fields["headers"].entries().items())) if "headers" in fields else ()
    return PassOn(Upstream((("", url),), timeout, headers))


def _header(entry: tuple[str, Node]) -> tuple[str, str]:
    name, node = entry[0].lower(), entry[1]
    if not HEADER.fullmatch(name) or name in OF_CONNECTION:
        raise node.error("is no header that can be sent to another server.")
    value = node.raw
    if not value.isprintable() or not value.isascii():
        raise node.error("must be a text of printable ASCII characters.")
    return name, value


def url_problem(url: str) -> str | None:
    """Return why requests cannot be passed on to an address; None where they can."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # a wrong one raises
    except ValueError as exc:
        return f"is not a URL: {exc}"
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isascii() or not url.isprintable():
        return f"must be a URL of http or https, not {url[:60]!r}"
    if parts.query or parts.fragment:
        return "cannot have a query, as each request has its own"
    return None
