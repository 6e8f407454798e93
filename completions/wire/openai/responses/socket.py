"""Responses over a WebSocket: each `response.create` is a request, and each event of its stream a message.

OpenAI's guide to its WebSocket mode; the messages are `ResponsesClientEvent` and `ResponsesServerEvent` of the openai
SDK. Answers that are not stored can be continued from on the connection that brought them, and on no other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from completions.conversation import Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.base import Document, Place, Span, StoredDocument
from completions.wire.fields import text, without_fields
from completions.wire.openai.responses.format import Responses
from completions.wire.openai.responses.stored import RESPONSE
from completions.wire.sockets import Ask, Message, Session, SocketFormat, Step

CREATE, STEER = "response.create", "response.steer"
LANE = "stream_id"

OF_THE_SOCKET = ("type", LANE, "stream")
"""What a message has beside the body of a request."""

CONNECTION = "sec-websocket-key"
"""The header whose value each connection has for itself."""

UNSTORED = "unstored response"
"""The kind of the responses that are kept for their connections alone."""

ERROR = ("type", "code", "message", "param")
"""The keys of an error, as OpenAI's messages have them in order (Soju06/codex-lb 395)."""


class ResponsesSession(Session):
    """Takes requests, each in its lane; a connection remembers nothing else."""

    def take(self, message: Message) -> Iterable[Step]:
        """Take a request for a response; whatever cannot be steered is given back."""
        kind = message.get("type")
        if kind == STEER:
            return (_steering_failed(message),)
        if kind != CREATE:
            told = "Missing required parameter: 'type'." if kind is None else f"Invalid value: {_shown(kind)}."
            code = "missing_required_parameter" if kind is None else "invalid_value"
            raise RequestError(f"{told} Supported values are: '{CREATE}' and '{STEER}'.", param="type", code=code)
        lane = message.get(LANE)
        if lane is not None and not isinstance(lane, str):
            raise RequestError(f"Invalid type for '{LANE}': expected a string.", param=LANE, code="invalid_type")
        body = without_fields(message, *OF_THE_SOCKET)
        return (Ask(body | {"stream": True}, lane or ""),)

    def failed(self, error: Message, status: int, asked: Ask | None) -> Iterable[Step]:
        """Tell an error as one message, which has the status of HTTP beside it."""
        known = {key: error.get(key) for key in ERROR}
        told = {"type": "error", "error": known | without_fields(error, *known), "status": status}
        return (told | ({LANE: asked.lane} if asked is not None and asked.lane else {}),)

    def said(self, event: bytes, asked: Ask) -> Iterable[bytes]:
        """Return an event with the lane of its request, if that has one."""
        if not asked.lane or not event.endswith(b"}"):
            return (event,)
        return (b'%b,"%b":%b}' % (event[:-1], LANE.encode(), orjson.dumps(asked.lane)),)


def _shown(value: object) -> str:
    return f"'{value[:200]}'" if isinstance(value, str) else "it is no string"


def _steering_failed(message: Message) -> Message:
    error = {
        "type": "invalid_request_error",
        "code": "steering_not_supported",
        "message": "This response does not support steering.",
    }
    steer = {"previous_response_id": text(message.get("previous_response_id")), "input": message.get("input", "")}
    lane = {LANE: message[LANE]} if isinstance(message.get(LANE), str) else {}
    return {"type": f"{STEER}.failed", "sequence_number": 0, "error": error, "steer": steer} | lane


class ResponsesSocket(SocketFormat, Responses):
    """The same requests and answers, of which a connection keeps those that are not stored.

    With `generate: false` a request prepares what a later one continues from, and its answer says nothing.
    """

    subprotocols = ("openai-beta.responses.v1",)

    def session(self, query: Mapping[str, str], headers: Mapping[str, str], preset: Message | None = None) -> Session:
        """Return a session, to which any client is welcome."""
        return ResponsesSession()

    def prepares(self, body: Mapping[str, Any]) -> bool:
        """Return whether nothing is to be generated."""
        return super().prepares(body) or body.get("generate") is False

    def _validate(self, body: dict[str, Any]) -> None:
        super()._validate(without_fields(body, "generate"))

    def refers_to(self, prompt: Prompt) -> Sequence[Place]:
        """Return what is referred to; a previous response may be one that only this connection has."""
        places = super().refers_to(prompt)
        return [*places, *(_unstored(prompt, name) for kind, name in places if kind == RESPONSE)]

    def recall(self, prompt: Prompt, documents: Mapping[Place, Document], *, validate: bool) -> Prompt:
        """Return the prompt with what was said before it, here or in a stored response."""
        own = {_unstored(prompt, name): (kind, name) for kind, name in super().refers_to(prompt) if kind == RESPONSE}
        found = {own.get(place, place): document for place, document in documents.items()}
        return super().recall(prompt, found, validate=validate)

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Return what is stored, or else the response for this connection alone."""
        if prompt.body.get("store") is not False:
            return super().to_store(reply, prompt, span)
        body = {**prompt.body, "store": True}
        kept = super().to_store(reply, replace(prompt, body=body), span)
        own = [StoredDocument(*_unstored(prompt, each.name), each.document) for each in kept if each.kind == RESPONSE]
        return [*own, *super().to_store(reply, prompt, span)]


def _unstored(prompt: Prompt, name: str) -> Place:
    """Return where a response is that its connection alone has."""
    return UNSTORED, f"{prompt.headers.get(CONNECTION)} {name}"
