"""The handshake of a WebSocket, the session that begins with it, and the steps that a client's messages cause."""

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
from completions.state.records import Document, is_expired
from completions.views.edge import AUTHORIZATION, namespace_of, with_query_key
from completions.wire.base import decode_object
from completions.wire.registry import socket_at
from completions.wire.sockets import Session, SocketFormat, Step

logger = logging.getLogger("completions")

PROTOCOLS = b"sec-websocket-protocol"

USE_COUNT = "taken"
"""The field in which a secret counts its uses, if they are limited."""

KEY_PROTOCOL_PREFIX = "openai-insecure-api-key."
"""The prefix of the subprotocol in which browsers, which send no headers, have the key (`openai/realtime`, Node)."""


class OpenedSession(NamedTuple):
    """The result of a handshake: the format and its session, the arguments in the address, headers and namespace.

    The headers are the handshake's, for each request of the connection, with the key of its creator in place of a
    secret.
    """

    wire: SocketFormat
    session: Session
    route: dict[str, Any]
    headers: Headers
    namespace: str


async def open_session(request: HttpRequest, headers: Headers) -> OpenedSession:
    """Return the session that a handshake requests; raise the error with which it is refused."""
    found = socket_at(request.path_info)
    if found is None:
        raise RequestError(f"Invalid URL ({request.method} {request.path})", status=404)
    wire, parts = found
    try:
        namespace_name: str | None = get_resolver().resolve(request.path_info).kwargs.get("namespace")
    except Resolver404:
        namespace_name = None
    if AUTHORIZATION not in headers:
        headers = with_query_key(request, headers)
    space = namespace(namespace_name or namespace_of(headers) or selection.current.name)
    secret = await _take_secret(space, wire, TextHeaders(headers))
    if secret is not None and secret["key"]:
        headers = {**headers, AUTHORIZATION: f"Bearer {secret['key']}".encode()}
    text_headers = TextHeaders(headers)
    if allowed := space.script.keys or conf.API_KEYS:
        check_key(text_headers, allowed)
    session = wire.session({**request.GET.dict(), **parts}, text_headers, secret and secret["session"])
    route = {} if namespace_name is None else {"namespace": namespace_name}
    return OpenedSession(wire, session, route, headers, space.name)


async def _take_secret(space: Namespace, wire: SocketFormat, headers: TextHeaders) -> Document | None:
    """Return the secret that a handshake has as its key; None for another key. Refuse one that has expired as wrong.

    Count this use where the secret's uses are limited.
    """
    secret = await space.records.get(wire.secret, key_in(headers)) if wire.secret else None
    if secret is None:
        return None
    if is_expired(secret, time.time()):
        check_key(headers, ())
    session = secret["session"]
    if USE_COUNT in session:
        counted = {**session, USE_COUNT: session[USE_COUNT] + 1}
        await space.records.put(wire.secret, key_in(headers), {**secret, "session": counted})
    return secret


def with_key(headers: Headers, subprotocols: Collection[str]) -> Headers:
    """Return the headers of a handshake with the key that a browser offers as a subprotocol in `Authorization`.

    It is removed from the subprotocols, so that redaction of keys hides it too.
    """
    keys = [name.removeprefix(KEY_PROTOCOL_PREFIX) for name in subprotocols if name.startswith(KEY_PROTOCOL_PREFIX)]
    if not keys:
        return headers
    others = ", ".join(name for name in subprotocols if not name.startswith(KEY_PROTOCOL_PREFIX))
    return {AUTHORIZATION: f"Bearer {keys[0]}".encode(), **headers, PROTOCOLS: others.encode()}


async def handle_message(session: Session, message: bytes, *, is_attached: bool = False) -> AsyncGenerator[Step, None]:
    """Yield the steps that a client's message causes, or one of an attached connection; read a long one in a thread.

    Raise `RequestError` for a message that is refused.
    """
    is_long = len(message) > budget.LOOP_CHARACTERS
    try:
        document = await budget.in_thread(decode_object, message) if is_long else decode_object(message)
        steps = iter((session.on_attached_message if is_attached else session.on_message)(document))
        while (step := await budget.in_thread(_next, steps) if is_long else _next(steps)) is not None:
            yield step
    except RequestError:
        raise
    except Exception as exc:  # the edge of a message: a bug costs this one, and the connection goes on
        logger.exception("A message of a WebSocket failed")
        raise InternalError() from exc


def _next(steps: Iterator[Step]) -> Step | None:
    return next(steps, None)
