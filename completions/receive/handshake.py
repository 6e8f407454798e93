"""Malformed WebSocket handshakes, which uvicorn's protocol handles below ASGI."""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from completions.exceptions import RequestError
from completions.receive.early_errors import error_bytes


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol, with the API's envelope for malformed handshakes.

    It would not answer a handshake that its parser rejects: with a body, a line of more than 8 KiB, or 129 headers.
    """

    def data_received(self, data: bytes) -> None:
        """Feed the parser, which does not respond to a head that it rejects."""
        super().data_received(data)
        if not self.handshake_initiated and (exc := self.conn.handshake_exc) is not None:
            self._refuse(exc.__cause__ or exc)

    def handle_connect(self, event: Request) -> None:
        """Start the connection, unless a header is missing or wrong."""
        if self.conn.accept(event).status_code == 101:
            super().handle_connect(event)
        else:
            self._refuse(self.conn.handshake_exc)

    async def send(self, message: Any) -> None:
        """Send a message; complete a refused handshake, which uvicorn would treat as unanswered."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            self.handshake_complete = True

    def _refuse(self, exc: BaseException | None) -> None:
        self.handshake_initiated = self.handshake_complete = self.close_sent = True
        message = f"This WebSocket handshake is malformed: {exc}."
        self.transport.write(error_bytes(RequestError(message, code="invalid_handshake")))
        self.transport.close()
