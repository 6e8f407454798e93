"""What a format that speaks over WebSockets declares: its session, which has the client's side of one connection.

A session is pure: it takes the client's messages and says what is answered to each at once, and what is to be asked of
the server. What is asked walks the six steps like a request of its own; the events of its answer are the session's to
label, and to remember.
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


class Ask(NamedTuple):
    """A request in a client's message: its body, and the lane in which requests wait for one another."""

    body: Message
    lane: str = ""


class Stop(NamedTuple):
    """The answer that is under way in a lane ends."""

    lane: str = ""


class Close(NamedTuple):
    """The connection ends, with a code and a reason (RFC 6455, section 7.4)."""

    code: int
    reason: str


Step = Message | Ask | Stop | Close
"""What follows from a client's message: a message to it, a request, or an end."""


class Session(ABC):
    """One connection: what its client has said, and was told."""

    def opened(self) -> Iterable[Step]:
        """Say what a client is told before it has said anything."""
        return ()

    @abstractmethod
    def take(self, message: Message) -> Iterable[Step]:
        """Take a client's message; raise `RequestError` for one that the API refuses."""

    @abstractmethod
    def failed(self, error: Message, status: int, asked: Ask | None) -> Iterable[Step]:
        """Tell an error: that of what was asked, or of a message that asks for nothing.

        `error` is the content of an error envelope, and `status` the one that it has over HTTP.
        """

    def said(self, event: bytes, asked: Ask) -> Iterable[bytes]:
        """Return an event of an answer as it is sent."""
        return (event,)

    def ended(self, asked: Ask) -> Iterable[Step]:
        """Say what follows when no more events of an answer come."""
        return ()

    def stopped(self, asked: Ask) -> Iterable[Step]:
        """Say what a client is told when an answer was stopped before its end."""
        return ()


class SocketFormat(WireFormat):
    """A format whose requests come as messages of a WebSocket, one connection for many of them."""

    subprotocols: tuple[str, ...] = ()
    """The subprotocols that a client may offer; the first one that it does is chosen."""

    is_binary = False
    """Whether what the server says comes as binary messages."""

    secret = ""
    """The kind of record that has settings of a `session`, and its maker's `key`, by the secret that opens it."""

    @abstractmethod
    def session(self, query: Mapping[str, str], headers: Mapping[str, str], preset: Message | None = None) -> Session:
        """Return the session of a new connection; raise `RequestError` to refuse its handshake.

        `preset` has the settings of the handshake's secret.
        """

    def refused(self, exc: RequestError) -> Close | None:
        """Return how a connection ends whose handshake is refused; None where it is answered as a request is."""
        return None

    def framing(self, prompt: Prompt) -> Framing:
        """Return a line for each event, which becomes a message."""
        return MESSAGES


class ConversationFormat(SocketFormat):
    """A format of conversations: its sessions keep what was said, and each turn of the model is a request."""

    is_relayed = False

    def fits(self, model: str) -> bool:
        """Tell whether a model is for such conversations, as far as that is known."""
        can = capabilities(model, self.vendor) if is_known(model, self.vendor) else None
        return can is None or can.formats is None or self.name in can.formats

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the last event of an answer."""
        return decode_object(self.events(reply, prompt)[-1].data)


def encoded(message: Message) -> str:
    """Return a message as it is sent."""
    return orjson.dumps(message).decode()
