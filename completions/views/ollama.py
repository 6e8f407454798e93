"""The views of Ollama's models that are copied and deleted; nothing is kept, for the models are the script's.

The refusals are those of `CopyHandler` and `DeleteHandler` in `server/routes.go` of ollama/ollama.
"""

from typing import Any

from completions.exceptions import RequestError
from completions.resolve.models import exists
from completions.views.edge import read_body
from completions.views.http import ExchangeResponse, RawResponse
from completions.views.stored import ResourceRequest, stored
from completions.wire.fields import text
from completions.wire.ollama import rules
from completions.wire.ollama.addresses import CHAT

DONE = 200, "application/json"


def _read(request: ResourceRequest, struct: str, fields: Any) -> dict[str, Any]:
    """Return the body of a request, whose type in the server's code is `struct`."""
    body = rules.read(read_body(request.http_request), struct)
    if request.validate:
        rules.check_types(body, f"{struct}.", fields)
    return body


@stored
async def copy_model(request: ResourceRequest) -> ExchangeResponse:
    """Accept a copy of a model that there is."""
    body = _read(request, "CopyRequest", rules.COPY)
    if request.validate:
        for side in ("source", "destination"):
            if not text(body.get(side)):
                raise RequestError(f'{side} "" is invalid')
        if not exists(request.space.script, CHAT, body["source"]):
            raise RequestError(f'model "{body["source"][:200]}" not found', status=404)
    return RawResponse(b"", *DONE)


@stored
async def delete_model(request: ResourceRequest) -> ExchangeResponse:
    """Accept that a model is deleted, if there is one; it stays."""
    body = _read(request, "DeleteRequest", rules.DELETE)
    name = text(body.get("model")) or text(body.get("name"))
    if request.validate:
        if not name:
            raise RequestError('name "" is invalid')
        if not exists(request.space.script, CHAT, name):
            raise RequestError(f"model '{name[:200]}' not found", status=404)
    return RawResponse(b"", *DONE)
