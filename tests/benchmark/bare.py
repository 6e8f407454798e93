"""The bare applications that the mock is measured against: `python -m tests.benchmark.bare asgi|lean|stock`.

Each runs in uvicorn with the options of `completions/management/server.py`, and answers with the mission's document.
"""

import asyncio
import gc
import json
import logging
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import django
import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

from tests.benchmark.pace import CHUNKS, due
from tests.document import MOCK

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]

_BODY = json.dumps(MOCK).encode()
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(_BODY)).encode())]
_FRAMES = [b"data: " + b"x" * 160 + b"\n\n"] * CHUNKS + [b"data: [DONE]\n\n"]


async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the document's bytes, or with a paced stream where the body asks for one."""
    message = await receive()
    if b'"stream":true' in message["body"]:
        await _stream(send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


async def _stream(send: Send) -> None:
    """Send the frames at their due times: the floor of lateness, for there is hardly a way to do less."""
    start = time.monotonic()
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    position = 0
    while position < len(_FRAMES):
        await asyncio.sleep(start + due(position) - time.monotonic())
        first, position = position, position + 1
        while position < len(_FRAMES) and due(position) == due(first):
            position += 1
        await send({"type": "http.response.body", "body": b"".join(_FRAMES[first:position]), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _asgi() -> Any:
    gc.freeze()  # a floor does not pause to collect what was there at the start
    return asgi


async def view(request: HttpRequest) -> JsonResponse:
    """Answer with the document, as the mission's own view would."""
    return JsonResponse(MOCK)


urlpatterns = [path("v1/chat/completions", view)]


def _django() -> None:
    settings.configure(
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["127.0.0.1"],
        INSTALLED_APPS=["completions"],  # the lean handler brings its models
        DATABASES={},
        MIDDLEWARE=[],
        MAX_BODY_BYTES=32 * 1024 * 1024,  # the lean handler reads it; a setting that is absent costs an exception
        LOGGING_CONFIG=None,
    )
    django.setup(set_prefix=False)


def _lean() -> Any:
    _django()
    from completions.receive.handler import Handler  # needs the settings

    return Handler()


def _stock() -> Any:
    _django()
    return get_asgi_application()


def main(name: str) -> None:
    """Serve one of the applications on a free port, which uvicorn's log names."""
    logging.basicConfig(level=logging.INFO)
    uvicorn.run(
        {"asgi": _asgi, "lean": _lean, "stock": _stock}[name](),
        host="127.0.0.1",
        port=0,
        lifespan="on" if name == "lean" else "off",  # the others do not speak it
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main(sys.argv[1])
