"""The interface of formats over WebSockets: a format makes a session for each connection.

A session is pure: it takes the client's messages and returns the steps that follow from each, such as a message that
is sent at once, or a request. A request goes through the six steps like one over HTTP; the session can change the
events of its answer, and store them.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from completions.conversation import Prompt, Reply
from completions.exceptions import RequestError
from completions.tokens.capabilities import capabilities, is_known
from completions.wire.base import WireFormat, decode_object
from completions.wire.framing import MESSAGES, Framing

Message = Mapping[str, Any]


class SocketRequest(NamedTuple):
    """A request in a client's message: its body, and its lane, whose requests are answered one after the other."""

    body: Message
    lane: str = ""


class Stop(NamedTuple):
    """Stop the answer that is in progress in a lane."""

    lane: str = ""


class Close(NamedTuple):
    """Close the connection with a code and a reason (RFC 6455, section 7.4)."""

    code: int
    reason: str


class Reflected(NamedTuple):
    """A message to the connections that are attached to the conversation, and not to its client."""

    message: Message


Step = Message | SocketRequest | Stop | Close | Reflected
"""What follows from a client's message: a message to the client or to others, a request, or an end."""


class Session(ABC):
    """The state of one connection."""

    is_observed = False
    """Whether other connections are attached to it."""

    @property
    def name(self) -> str:
        """The name by which other connections can attach to it; empty if none can."""
        return ""

    def on_open(self) -> Iterable[Step]:
        """Return the steps at the start of the connection, before the client's first message."""
        return ()

    @abstractmethod
    def on_message(self, message: Message) -> Iterable[Step]:
        """Return the steps that follow from a client's message; raise `RequestError` if the API refuses it."""

    @abstractmethod
    def on_error(self, error: Message, status: int, request: SocketRequest | None) -> Iterable[Step]:
        """Return the steps that report an error to the client: a request's, or another message's if there is none.

        `error` is the content of an error envelope, and `status` the one that it has over HTTP.
        """

    def on_event(self, event: bytes, request: SocketRequest) -> Iterable[bytes]:
        """Return the messages to send for an event of an answer."""
        return (event,)

    def on_end(self, request: SocketRequest) -> Iterable[Step]:
        """Return the steps after the last event of an answer."""
        return ()

    def on_stop(self, request: SocketRequest) -> Iterable[Step]:
        """Return the steps after an answer was stopped before its end."""
        return ()

    def on_attach(self) -> Iterable[Message]:
        """Return the first messages to a connection that attaches."""
        return ()

    def on_attached_message(self, message: Message) -> Iterable[Step]:
        """Return the steps that follow from a message of an attached connection; raise `RequestError` to refuse it."""
        return self.on_message(message)

    def reflected(self, message: Message) -> Message:
        """Return a message to the client in the form in which attached connections get it."""
        return message


class AttachedSession(Session):
    """The session of a connection that attaches to the one with the name `target`, or fails with `missing`."""

    def __init__(self, target: str, missing: RequestError) -> None:
        self.target, self.missing = target, missing

    def on_message(self, message: Message) -> Iterable[Step]:
        """Return nothing, because the other session handles the messages."""
        return ()

    def on_error(self, error: Message, status: int, request: SocketRequest | None) -> Iterable[Step]:
        """Return nothing, because the other session reports the errors."""
        return ()


class SocketFormat(WireFormat):
    """A format whose requests come as messages of a WebSocket, one connection for many of them."""

    subprotocols: tuple[str, ...] = ()
    """The supported subprotocols; the first one that the client offers is chosen."""

    is_binary = False
    """Whether the server sends binary messages."""

    secret = ""
    """The kind of record that has the settings of a `session` and its creator's `key`, by the client secret."""

    @abstractmethod
    def session(self, query: Mapping[str, str], headers: Mapping[str, str], preset: Message | None = None) -> Session:
        """Return the session of a new connection; raise `RequestError` to refuse its handshake.

        `query` has the parameters of the address, and its parts that the route names; `preset` has the settings of the
        handshake's secret.
        """

    def refused(self, exc: RequestError) -> Close | None:
        """Return how to close a connection whose handshake is refused; None if the handshake gets an HTTP response."""
        return None

    def framing(self, prompt: Prompt) -> Framing:
        """Return a line for each event, which becomes a message."""
        return MESSAGES


class ConversationFormat(SocketFormat):
    """A format of conversations: its sessions store the conversation, and each turn of the model is a request."""

    is_relayed = False

    def supports(self, model: str) -> bool:
        """Tell whether a model is for such conversations; True if that is unknown."""
        can = capabilities(model, self.vendor) if is_known(model, self.vendor) else None
        return can is None or can.formats is None or self.name in can.formats

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the last event of an answer."""
        return decode_object(self.events(reply, prompt)[-1].data)


def encoded(message: Message) -> str:
    """Return a message as JSON."""
    return orjson.dumps(message).decode()
