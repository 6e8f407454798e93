"""The handshake of a WebSocket, the session that begins with it, and what follows from a client's messages."""

import logging
import time
from collections.abc import AsyncGenerator, Collection, Iterator
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import Resolver404, get_resolver

from completions import budget
from completions.conf import conf
from completions.exceptions import InternalError, RequestError
from completions.resolve.ask import Headers, TextHeaders
from completions.resolve.keys import check_key, key_in
from completions.state import selection
from completions.state.namespaces import Namespace, namespace
from completions.state.records import Document, is_over
from completions.views.edge import AUTHORIZATION, namespace_of, with_queried_key
from completions.wire.base import decode_object
from completions.wire.registry import socket_at
from completions.wire.sockets import Session, SocketFormat, Step

logger = logging.getLogger("completions")

PROTOCOLS = b"sec-websocket-protocol"

TAKEN = "taken"
"""By what a secret counts how often it was used, if it does."""

KEY_PROTOCOL = "openai-insecure-api-key."
"""How the subprotocol begins in which a browser, which can send no header, gives its key (`openai/realtime`, Node)."""


class Opened(NamedTuple):
    """What begins with a handshake: a format's session, what the address says beside the format, and the headers.

    Those are the handshake's for each request of the connection, with the key of its maker in place of a secret.
    """

    wire: SocketFormat
    session: Session
    route: dict[str, Any]
    headers: Headers


async def open_session(request: HttpRequest, headers: Headers) -> Opened:
    """Return the session that a handshake asks for; raise the error with which it is refused."""
    wire = socket_at(request.path_info)
    if wire is None:
        raise RequestError(f"Invalid URL ({request.method} {request.path})", status=404)
    try:
        named: str | None = get_resolver().resolve(request.path_info).kwargs.get("namespace")
    except Resolver404:
        named = None
    if AUTHORIZATION not in headers:
        headers = with_queried_key(request, headers)
    space = namespace(named or namespace_of(headers) or selection.current.name)
    secret = await _secret(space, wire, TextHeaders(headers))
    if secret is not None and secret["key"]:
        headers = {**headers, AUTHORIZATION: f"Bearer {secret['key']}".encode()}
    told = TextHeaders(headers)
    if allowed := space.script.keys or conf.API_KEYS:
        check_key(told, allowed)
    session = wire.session(request.GET.dict(), told, secret and secret["session"])
    return Opened(wire, session, {} if named is None else {"namespace": named}, headers)


async def _secret(space: Namespace, wire: SocketFormat, headers: TextHeaders) -> Document | None:
    """Return the secret that is a handshake's key; None for another key. One that is over is refused as a wrong one.

    Where its uses are counted, this is one more.
    """
    found = await space.records.get(wire.secret, key_in(headers)) if wire.secret else None
    if found is None:
        return None
    if is_over(found, time.time()):
        check_key(headers, ())
    session = found["session"]
    if TAKEN in session:
        again = {**session, TAKEN: session[TAKEN] + 1}
        await space.records.put(wire.secret, key_in(headers), {**found, "session": again})
    return found


def with_key(headers: Headers, subprotocols: Collection[str]) -> Headers:
    """Return the headers of a handshake with the key that a browser offers as a subprotocol where the key belongs.

    It is no subprotocol any more, so that whoever hides keys hides it too.
    """
    keys = [name.removeprefix(KEY_PROTOCOL) for name in subprotocols if name.startswith(KEY_PROTOCOL)]
    if not keys:
        return headers
    others = ", ".join(name for name in subprotocols if not name.startswith(KEY_PROTOCOL))
    return {AUTHORIZATION: f"Bearer {keys[0]}".encode(), **headers, PROTOCOLS: others.encode()}


async def steps_of(session: Session, message: bytes) -> AsyncGenerator[Step, None]:
    """Yield what follows from a client's message, and what takes long to read from a thread.

    Raise `RequestError` for a message that is refused.
    """
    is_long = len(message) > budget.LOOP_CHARACTERS
    try:
        document = await budget.in_thread(decode_object, message) if is_long else decode_object(message)
        steps = iter(session.take(document))
        while (step := await budget.in_thread(_next, steps) if is_long else _next(steps)) is not None:
            yield step
    except RequestError:
        raise
    except Exception as exc:  # the edge of a message: a bug costs this one, and the connection goes on
        logger.exception("A message of a WebSocket failed")
        raise InternalError() from exc


def _next(steps: Iterator[Step]) -> Step | None:
    return next(steps, None)
