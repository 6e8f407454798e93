"""Step 3: `callback:`, an answer over HTTP: the prompt is posted to a URL, which returns a reply."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import orjson

from completions import budget
from completions.conversation import Prompt, Reply, is_secret
from completions.exceptions import RequestError, ScriptError
from completions.outcome import without_secrets
from completions.script.language import CALLBACK
from completions.script.pace import milliseconds
from completions.script.reply.replies import Answer, Answered, Facts
from completions.script.reply.templates import context
from completions.script.text.as_json import as_json
from completions.script.text.node import Node
from completions.script.text.reading import read_text

if TYPE_CHECKING:
    import httpx

TIMEOUT_MS = 30_000.0
"""How long to wait for an answer by default."""

MAX_BYTES = 1024 * 1024
"""Bytes of an answer."""

CHUNK_BYTES = 64 * 1024
"""Bytes of it that are read at a time."""

IDLE_SECONDS = 2.0
"""How long an idle connection is kept: many servers close theirs after 5 s, perhaps just as the next prompt is sent."""

OTHER_SOURCES = ("python", "callback", "upstream", "dataset")
"""Sources of answers that a returned reply cannot use, because it must be the answer itself."""

DERIVED = ("last_user", "system", "turn", "tool_result")
"""Keys of a prompt's document that are derived from its fields."""


@dataclass(frozen=True, slots=True)
class Callback:
    """A URL that answers; `read` reads its response as an item of `replies:`."""

    url: str
    timeout: float  # seconds
    facts: Facts
    read: Callable[[Node], Answer]

    async def __call__(self, prompt: Prompt) -> Answered:
        """Post the prompt and read the response; any failure is a 500 with its reason."""
        import httpx

        try:
            async with asyncio.timeout(self.timeout):
                response = await self._ask(document(prompt))
        except TimeoutError:
            return self._failed(f"did not answer within {self.timeout:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as exc:
            return self._failed(f"failed: {type(exc).__name__}: {exc}")
        if not response.is_success:
            return self._failed(f"answered with status {response.status_code}")
        if len(response.content) > MAX_BYTES:
            return self._failed(f"answered with more than {MAX_BYTES} bytes")
        return await self._answered(response, prompt)

    async def _ask(self, question: bytes) -> "httpx.Response":
        """Post a prompt, and return the response, of which at most the allowed size is read."""
        import httpx

        client = await _client()
        async with client.stream("POST", self.url, content=question, headers=JSON) as response:
            read = bytearray()
            async for part in response.aiter_bytes(CHUNK_BYTES):
                read += part
                if len(read) > MAX_BYTES:
                    break
        facts = {name: value for name, value in response.headers.items() if name == "content-type"}
        return httpx.Response(response.status_code, headers=facts, content=bytes(read))

    async def _answered(self, response: "httpx.Response", prompt: Prompt) -> Answered:
        try:
            answer = await budget.in_thread(self._read, response)
            answered: Any = await budget.run(answer, prompt)
            if not isinstance(answered, (Reply, RequestError)):
                answered = await answered
        except ScriptError as exc:
            return self._failed(f"gave no answer: {exc}")
        if isinstance(answered, RequestError):
            return answered
        reply: Reply = answered
        return await budget.run(lambda: self.facts.apply(reply, context(prompt)))

    def _read(self, response: "httpx.Response") -> Answer:
        """Read a text unchanged, and JSON as a reply in the language of scripts; nothing in it is a template."""
        if not response.headers.get("content-type", "").partition(";")[0].strip().endswith("json"):
            value: object = response.text
        else:
            try:
                value = orjson.loads(response.content)
            except ValueError as exc:
                raise ScriptError(f"is not JSON: {exc}.", "the answer") from exc
        if isinstance(value, dict) and (forbidden := [key for key in OTHER_SOURCES if key in value]):
            raise ScriptError(f"`{forbidden[0]}` is not allowed in it.", "the answer")
        return self.read(read_text(as_json(value), "the answer", literal=True, is_json=True))

    def _failed(self, why: str) -> RequestError:
        return RequestError(
            f"The callback {without_secrets(self.url)} {why}.", status=500, type="server_error", code="callback_failed"
        )


JSON = {"content-type": "application/json"}

MAX_PORT = 65535


def callback(node: Node, facts: Facts, read: Callable[[Node], Answer]) -> Callback:
    """Read `callback:`, a URL or a mapping."""
    import httpx  # late, because it takes long, and only scripts with a callback need it

    fields = node.keyed(CALLBACK) if isinstance(node.value, dict) else {"url": node}
    try:
        url = httpx.URL(fields["url"].as_(str))
    except httpx.InvalidURL as exc:
        raise fields["url"].error(f"is not a URL: {exc}.") from exc
    if url.scheme not in ("http", "https") or not url.host or "%" in url.host:
        raise fields["url"].wrong("a URL of http or https")
    if (url.port or 0) > MAX_PORT:
        raise fields["url"].wrong(f"a URL with a port up to {MAX_PORT}")
    timeout = milliseconds(fields["timeout_ms"]) if "timeout_ms" in fields else TIMEOUT_MS
    return Callback(str(url), timeout / 1000, facts, read)


def document(prompt: Prompt) -> bytes:
    """Return a prompt as JSON: its fields, without secret headers, and what is derived from them."""
    fields = {name: getattr(prompt, name) for name in (*Prompt.__dataclass_fields__, *DERIVED)}
    fields["headers"] = {name: value for name, value in prompt.headers.items() if not is_secret(name)}
    return orjson.dumps(fields, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)


_clients: "WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient]" = WeakKeyDictionary()


async def _client() -> "httpx.AsyncClient":
    """Return this loop's client; it is created in a thread, because the certificates take 50 ms to load."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _clients.setdefault(loop, await asyncio.to_thread(_new_client))
    return _clients[loop]


def _new_client() -> "httpx.AsyncClient":
    """Create a client that keeps its connections; it ignores the environment's proxies."""
    import httpx

    limits = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=IDLE_SECONDS)
    return httpx.AsyncClient(timeout=None, trust_env=False, limits=limits)
