"""Responses over a WebSocket: each `response.create` is a request, and each event of its stream a message.

OpenAI's guide to its WebSocket mode; the messages are `ResponsesClientEvent` and `ResponsesServerEvent` of the openai
SDK. Answers that are not stored can be continued on their own connection only.
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
from completions.wire.sockets import Message, Session, SocketFormat, SocketRequest, Step

CREATE, STEER = "response.create", "response.steer"
LANE = "stream_id"

MESSAGE_FIELDS = ("type", LANE, "stream")
"""The fields of a message that are not part of the request's body."""

CONNECTION = "sec-websocket-key"
"""A header whose value is unique to each connection."""

UNSTORED = "unstored response"
"""The kind of responses that are stored for their connection only."""

ERROR = ("type", "code", "message", "param")
"""The keys of an error, in the order of OpenAI's messages (Soju06/codex-lb 395)."""


class ResponsesSession(Session):
    """Passes on requests, each in its lane; it has no other state."""

    def on_message(self, message: Message) -> Iterable[Step]:
        """Return the request for a response; steering fails always."""
        kind = message.get("type")
        if kind == STEER:
            return (_steering_failed(message),)
        if kind != CREATE:
            problem = "Missing required parameter: 'type'." if kind is None else f"Invalid value: {_shown(kind)}."
            code = "missing_required_parameter" if kind is None else "invalid_value"
            raise RequestError(f"{problem} Supported values are: '{CREATE}' and '{STEER}'.", param="type", code=code)
        lane = message.get(LANE)
        if lane is not None and not isinstance(lane, str):
            raise RequestError(f"Invalid type for '{LANE}': expected a string.", param=LANE, code="invalid_type")
        body = without_fields(message, *MESSAGE_FIELDS)
        return (SocketRequest(body | {"stream": True}, lane or ""),)

    def on_error(self, error: Message, status: int, request: SocketRequest | None) -> Iterable[Step]:
        """Return an error as one message, which also has the HTTP status."""
        ordered = {key: error.get(key) for key in ERROR}
        message = {"type": "error", "error": ordered | without_fields(error, *ordered), "status": status}
        return (message | ({LANE: request.lane} if request is not None and request.lane else {}),)

    def on_event(self, event: bytes, request: SocketRequest) -> Iterable[bytes]:
        """Return an event with the lane of its request, if that has one."""
        if not request.lane or not event.endswith(b"}"):
            return (event,)
        return (b'%b,"%b":%b}' % (event[:-1], LANE.encode(), orjson.dumps(request.lane)),)


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
    """Responses over WebSockets; a connection remembers the responses that are not stored.

    With `generate: false` a request prepares a later one, which continues from it, and its answer is empty.
    """

    subprotocols = ("openai-beta.responses.v1",)

    def session(self, query: Mapping[str, str], headers: Mapping[str, str], preset: Message | None = None) -> Session:
        """Return a new session."""
        return ResponsesSession()

    def prepares(self, body: Mapping[str, Any]) -> bool:
        """Return whether nothing is to be generated."""
        return super().prepares(body) or body.get("generate") is False

    def _validate(self, body: dict[str, Any]) -> None:
        super()._validate(without_fields(body, "generate"))

    def references(self, prompt: Prompt) -> Sequence[Place]:
        """Return the referenced documents; a previous response may be one of this connection only."""
        places = super().references(prompt)
        return [*places, *(_unstored(prompt, name) for kind, name in places if kind == RESPONSE)]

    def recall(self, prompt: Prompt, documents: Mapping[Place, Document], *, validate: bool) -> Prompt:
        """Return the prompt with the conversation before it, from this connection or from stored responses."""
        renamed = {
            _unstored(prompt, name): (kind, name) for kind, name in super().references(prompt) if kind == RESPONSE
        }
        by_place = {renamed.get(place, place): document for place, document in documents.items()}
        return super().recall(prompt, by_place, validate=validate)

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Return the documents to store; without `store`, the response for this connection only."""
        if prompt.body.get("store") is not False:
            return super().to_store(reply, prompt, span)
        body = {**prompt.body, "store": True}
        documents = super().to_store(reply, replace(prompt, body=body), span)
        unstored = [
            StoredDocument(*_unstored(prompt, each.name), each.document) for each in documents if each.kind == RESPONSE
        ]
        return [*unstored, *super().to_store(reply, prompt, span)]


def _unstored(prompt: Prompt, name: str) -> Place:
    """Return the place of a response of this connection only."""
    return UNSTORED, f"{prompt.headers.get(CONNECTION)} {name}"
