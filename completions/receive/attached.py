"""Step 1 for a WebSocket that attaches to the conversation of another one, in the same namespace and process.

It gets what the conversation's own client gets, and its messages are handled as that client's are.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from completions.receive.cycle import Receive, Send
from completions.wire.sockets import Message, Session, encoded


class Conversation(Protocol):
    """The connection of a conversation's own client."""

    namespace: str
    session: Session
    attached: "set[AttachedConnection]"

    async def handle(self, message: Mapping[str, object], origin: "AttachedConnection | None" = None) -> None:
        """Handle a message that was received from its client, or from a connection that is attached."""


OPEN_CONVERSATIONS: set[Conversation] = set()
"""The conversations of this process."""


def conversation(namespace: str, name: str) -> Conversation | None:
    """Return an open conversation by the name of its session; None if there is none."""
    return next((each for each in OPEN_CONVERSATIONS if (each.namespace, each.session.name) == (namespace, name)), None)


class AttachedConnection:
    """A connection that observes and controls the conversation of another one."""

    def __init__(self, conversation: Conversation, send: Send) -> None:
        self._conversation, self._send = conversation, send
        self._has_closed = False

    async def run(self, receive: Receive) -> None:
        """Pass messages on until the client, or the conversation, ends the connection."""
        self._conversation.attached.add(self)
        try:
            await self.send(self._conversation.session.on_attach())
            while (message := await receive())["type"] == "websocket.receive":
                await self._conversation.handle(message, self)
        finally:
            self._has_closed = True
            self._conversation.attached.discard(self)

    async def send(self, messages: Iterable[Message]) -> None:
        """Send messages to the client; none if it is gone, which must not end the conversation."""
        try:
            for message in messages:
                if not self._has_closed:
                    await self._send({"type": "websocket.send", "text": encoded(message)})
        except OSError:
            self._has_closed = True

    async def close(self) -> None:
        """End the connection after the conversation."""
        if not self._has_closed:
            self._has_closed = True
            await self._send({"type": "websocket.close", "code": 1000, "reason": ""})
