"""What of HTTP happens below ASGI, in uvicorn's protocol: bytes that are no request, and offers to upgrade."""

import re

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from completions.exceptions import RequestError
from completions.ids import new_request_id
from completions.views.http import REQUEST_ID
from completions.wire.openai.dialect import envelope

UPGRADE = re.compile(rb"\r\nUpgrade:", re.IGNORECASE)


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, with the API's envelope for malformed requests, and deaf to upgrades.

    The parser drops the body of a request that offers an upgrade, as Java's HttpClient does on each first request
    (`Upgrade: h2c`). No upgrade is taken here, so the header is hidden from the parser and the request goes on.
    """

    def data_received(self, data: bytes) -> None:
        """Feed the parser; a new request's `Upgrade` header is renamed, at the same length."""
        if (b"pgrade:" in data or b"PGRADE:" in data) and (self.cycle is None or self.cycle.response_complete):
            head, end, rest = data.partition(b"\r\n\r\n")
            data = UPGRADE.sub(b"\r\nX-Grade:", head) + end + rest
        super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are not HTTP, and close."""
        body = orjson.dumps(envelope(RequestError(msg)))
        headers = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            REQUEST_ID: new_request_id(),
            "connection": "close",
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(STATUS_LINE[400] + lines.encode() + b"\r\n" + body)
        self.transport.close()
