"""Step 3: `upstream:`, an answer of another server, to which the request is passed on unchanged."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from completions.conversation import Prompt
from completions.outcome import LITELLM, SILENCE_MS, Upstream
from completions.script.cassette_keys import UPSTREAM
from completions.script.pace import milliseconds
from completions.script.reply.headers import headers
from completions.script.text.node import Node

CONNECTION_HEADERS = (
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "accept-encoding",
    "via",
    "upgrade",
    "te",
)
"""Headers that belong to a single connection."""


@dataclass(frozen=True, slots=True)
class PassOn:
    """An answer by another server."""

    upstream: Upstream

    def __call__(self, prompt: Prompt) -> Upstream:
        """Return the other server."""
        return self.upstream


def pass_on(node: Node) -> PassOn:
    """Read `upstream:`, a URL or a mapping."""
    fields = node.keyed(UPSTREAM) if isinstance(node.value, dict) else {"url": node}
    if not {"url", "litellm"} & fields.keys():
        raise node.error("must have `url`, or `litellm`.")
    url = fields["url"].as_(str) if "url" in fields else ""
    if "url" in fields and (problem := url_problem(url)) is not None:
        raise fields["url"].error(f"{problem}.")
    timeout = milliseconds(fields["timeout_ms"]) if "timeout_ms" in fields else SILENCE_MS
    sent = _headers(fields["headers"]) if "headers" in fields else ()
    if "litellm" in fields:
        return PassOn(_model(fields, url, timeout, sent))
    if "api_key" in fields:
        raise fields["api_key"].error("is for `litellm`; a server gets its key in `headers`.")
    return PassOn(Upstream((("", url),), timeout, sent))


def _model(fields: Mapping[str, Node], url: str, timeout: float, sent: tuple[tuple[str, str], ...]) -> Upstream:
    name = fields["litellm"].as_(str)
    if (problem := model_problem(name)) is not None:
        raise fields["litellm"].error(f"{problem}.")
    api_key = fields["api_key"].as_(str) if "api_key" in fields else ""
    return Upstream((("", f"{LITELLM}{name}"),), timeout, sent, url, api_key)


def model_problem(name: str) -> str | None:
    """Return why the name of a model for LiteLLM is not valid; None if it is."""
    provider, slash, model = name.partition("/")
    if provider and slash and model and name.isascii() and name.isprintable() and " " not in name:
        return None
    return f"must be a provider and a model, such as anthropic/claude-sonnet-4-5, not {name[:60]!r}"


def _headers(node: Node) -> tuple[tuple[str, str], ...]:
    sent = headers(node, CONNECTION_HEADERS)
    for name, value in sent:
        if not value.isascii() or not value.isprintable():
            raise node.entries()[name].error("must be a text of printable ASCII characters.")
    return tuple((name.lower(), value) for name, value in sent)


def url_problem(url: str) -> str | None:
    """Return why an address for requests that are passed on is not valid; None if it is."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # a wrong one raises
    except ValueError as exc:
        return f"is not a URL: {exc}"
    is_written = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme not in ("http", "https") or not parts.hostname or not is_written:
        return f"must be a URL of http or https, not {url[:60]!r}"
    if parts.query or parts.fragment:
        return "cannot have a query, because each request has its own"
    return None
