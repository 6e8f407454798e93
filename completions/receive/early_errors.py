"""Errors for bytes that are not yet a request, which uvicorn's protocols send below ASGI."""

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from completions.exceptions import RequestError
from completions.ids import new_request_id
from completions.views.http import REQUEST_ID
from completions.wire.openai.base import envelope


def error_bytes(exc: RequestError) -> bytes:
    """Return the bytes of an error response, after which the connection closes."""
    body = orjson.dumps(envelope(exc))
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        REQUEST_ID: new_request_id(),
        "connection": "close",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return STATUS_LINE[exc.status] + lines.encode() + b"\r\n" + body
