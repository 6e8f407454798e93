"""Python callables as replies, though the server is another process: it asks here for their answers, by `callback:`."""

import asyncio
import inspect
import json
import secrets
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from completions.exceptions import RequestError
from completions.pytest_plugin import prompts
from completions.pytest_plugin.address import HOST

Function = Callable[..., object]


@dataclass
class Registered:
    """A callable, the loop of the test that gave it, and the tracebacks of what it raised."""

    function: Function
    loop: asyncio.AbstractEventLoop | None
    raised: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return getattr(self.function, "__qualname__", None) or repr(self.function)

    def answer(self, document: dict[str, Any]) -> Any:
        """Call it with a prompt, and return an item of `replies:`; what it raises is an error that says so."""
        try:
            result = self.function(prompts.prompt(document))
            return prompts.answer(self._awaited(result) if inspect.isawaitable(result) else result, self.name)
        except RequestError as exc:
            return prompts.answer(exc, self.name)
        except Exception as exc:  # the test's own code: it may raise anything, and the test is told
            own = exc.__traceback__ and exc.__traceback__.tb_next  # without this function's line
            self.raised.append("".join(traceback.format_exception(type(exc), exc, own)))
            message = f"{self.name} raised {type(exc).__name__}: {exc}"
            return {"error": {"status": 500, "type": "server_error", "code": "callback_failed", "message": message}}

    def _awaited(self, result: Any) -> object:
        """Await in the test's own loop, which may own what the callable uses; in one of its own where there is none."""

        async def awaited() -> object:
            return await result

        if self.loop is None or not self.loop.is_running():
            return asyncio.run(awaited())
        return asyncio.run_coroutine_threadsafe(awaited(), self.loop).result()


class Callbacks:
    """A small HTTP server in the test process; each callable has an address that cannot be guessed."""

    def __init__(self) -> None:
        self._registered: dict[str, Registered] = {}
        self._server: ThreadingHTTPServer | None = None

    def register(self, function: Function) -> tuple[str, Registered]:
        """Return the URL that answers with what a callable returns, and its entry."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        path = f"/{secrets.token_urlsafe(12)}"
        entry = self._registered[path] = Registered(function, loop)
        return f"http://{HOST}:{self._started().server_port}{path}", entry

    def forget(self, url: str) -> None:
        """Answer at this URL no more."""
        self._registered.pop(f"/{url.rpartition('/')[2]}", None)

    def stop(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def _started(self) -> ThreadingHTTPServer:
        if self._server is None:
            registered = self._registered

            class Handler(_Handler):
                """The handler of these callables."""

                entries = registered

            self._server = ThreadingHTTPServer((HOST, 0), Handler)
            self._server.daemon_threads = True
            threading.Thread(target=self._server.serve_forever, name="mock_llm callbacks", daemon=True).start()
        return self._server


class _Handler(BaseHTTPRequestHandler):
    entries: dict[str, Registered]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one packet

    def do_POST(self) -> None:
        document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        entry = self.entries.get(self.path)
        status, answer = (404, "gone") if entry is None else (200, entry.answer(document))
        body = _json(answer)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _json(answer: object) -> bytes:
    try:
        return json.dumps(answer).encode()
    except (TypeError, ValueError) as exc:
        error = {"status": 500, "code": "callback_failed", "message": f"What the callable returned is not JSON: {exc}"}
        return json.dumps({"error": error}).encode()
