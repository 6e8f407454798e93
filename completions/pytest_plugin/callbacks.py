"""Python callables as replies: the server, another process, requests their answers from here, by `callback:`."""

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
    """A callable, the event loop of its test, and the tracebacks of its exceptions."""

    function: Function
    loop: asyncio.AbstractEventLoop | None
    raised: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its name in messages."""
        return getattr(self.function, "__qualname__", None) or repr(self.function)

    def answer(self, document: dict[str, Any]) -> Any:
        """Call it with a prompt, and return an item of `replies:`, or an error with its exception."""
        try:
            result = self.function(prompts.prompt(document))
            return prompts.answer(self._await(result) if inspect.isawaitable(result) else result, self.name)
        except RequestError as exc:
            return prompts.answer(exc, self.name)
        except Exception as exc:  # the test's own code may raise anything, which is reported to the test
            test_traceback = exc.__traceback__ and exc.__traceback__.tb_next  # without this function's line
            self.raised.append("".join(traceback.format_exception(type(exc), exc, test_traceback)))
            message = f"{self.name} raised {type(exc).__name__}: {exc}"
            return {"error": {"status": 500, "type": "server_error", "code": "callback_failed", "message": message}}

    def _await(self, result: Any) -> object:
        """Await in the test's event loop, to which the callable's objects may belong; without one, in a new loop."""

        async def await_result() -> object:
            return await result

        if self.loop is None or not self.loop.is_running():
            return asyncio.run(await_result())
        return asyncio.run_coroutine_threadsafe(await_result(), self.loop).result()


class Callbacks:
    """A small HTTP server in the test process; each callable has an address that cannot be guessed."""

    def __init__(self) -> None:
        self._registered: dict[str, Registered] = {}
        self._server: ThreadingHTTPServer | None = None

    def register(self, function: Function) -> tuple[str, Registered]:
        """Return the URL that calls a callable, and its entry."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        path = f"/{secrets.token_urlsafe(12)}"
        entry = self._registered[path] = Registered(function, loop)
        return f"http://{HOST}:{self._start_server().server_port}{path}", entry

    def forget(self, url: str) -> None:
        """Remove the callable of this URL."""
        self._registered.pop(f"/{url.rpartition('/')[2]}", None)

    def stop(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def _start_server(self) -> ThreadingHTTPServer:
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
