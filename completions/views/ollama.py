"""The views of what Ollama's server is asked besides answers: its models, the parts of models, and who is signed in.

No model is kept, for they are the script's; what is kept is which of them are loaded. The refusals are those of
`CopyHandler`, `DeleteHandler`, `HeadBlobHandler` and `CreateBlobHandler` in `server/routes.go` of ollama/ollama; the
documents are `StatusResponse` and `UserResponse` of its `api/types.go`.
"""

import asyncio
import hashlib
import re
from typing import Any

from completions.exceptions import RequestError
from completions.resolve.models import exists
from completions.views.edge import read_body
from completions.views.http import ExchangeResponse, RawResponse
from completions.views.stored import ResourceRequest, stored
from completions.wire.fields import text
from completions.wire.ollama import rules
from completions.wire.ollama.addresses import CHAT
from completions.wire.ollama.loading import LOADED
from completions.wire.ollama.models import running
from completions.wire.ollama.names import is_valid

DONE = 200, "application/json"

BLOB = "ollama_blob"
"""The kind of record of an uploaded part of a model: only its digest is kept."""

DIGEST = re.compile("sha256[:-][0-9a-fA-F]{64}")

USER = {"id": "0f2b8f2e-6c3f-4d53-9d61-1c4a4a5c6e7d", "email": "mock@example.com", "name": "mock"}
"""Who is signed in."""

STATUS = {"cloud": {"disabled": False, "source": "none"}}


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
            if not is_valid(name := text(body.get(side))):
                raise RequestError(f'{side} "{name[:200]}" is invalid')
        if not exists(request.space.script, CHAT, body["source"]):
            raise RequestError(f'model "{body["source"][:200]}" not found', status=404)
    return RawResponse(b"", *DONE)


@stored
async def delete_model(request: ResourceRequest) -> ExchangeResponse:
    """Accept that a model is deleted, if there is one; it stays."""
    body = _read(request, "DeleteRequest", rules.DELETE)
    name = text(body.get("model")) or text(body.get("name"))
    if request.validate:
        if not is_valid(name):
            raise RequestError(f'name "{name[:200]}" is invalid')
        if not exists(request.space.script, CHAT, name):
            raise RequestError(f"model '{name[:200]}' not found", status=404)
    return RawResponse(b"", *DONE)


def _digest(request: ResourceRequest, digest: str) -> str:
    if request.validate and DIGEST.fullmatch(digest) is None:
        raise RequestError("invalid digest format")
    return digest.replace("-", ":").lower()


@stored
async def find_blob(request: ResourceRequest, digest: str) -> ExchangeResponse:
    """Tell whether a part of a model was uploaded."""
    if await request.records.get(BLOB, _digest(request, digest)) is None:
        raise RequestError(f'blob "{digest}" not found', status=404)
    return RawResponse(b"", *DONE)


@stored
async def create_blob(request: ResourceRequest, digest: str) -> ExchangeResponse:
    """Accept a part of a model, if it is the one that the address names; a later upload of it changes nothing."""
    name = _digest(request, digest)
    if await request.records.get(BLOB, name) is not None:
        return RawResponse(b"", *DONE)
    data = read_body(request.http_request)
    found = f"sha256:{(await asyncio.to_thread(hashlib.sha256, data)).hexdigest()}"
    if request.validate and found != name:
        raise RequestError(f'digest mismatch, expected "{digest}", got "{found}"')
    await request.records.put(BLOB, name, {"id": name})
    return RawResponse(b"", 201, "application/json")


@stored
async def list_running(request: ResourceRequest) -> dict[str, Any]:
    """List the models that requests have loaded."""
    return running(await request.all(LOADED))


@stored
async def describe_user(request: ResourceRequest) -> dict[str, Any]:
    """Tell who is signed in at Ollama's registry."""
    return USER


@stored
async def sign_out(request: ResourceRequest) -> ExchangeResponse:
    """Answer as if the user had signed out; nothing changes."""
    return RawResponse(b"null", *DONE)


@stored
async def tell_status(request: ResourceRequest) -> dict[str, Any]:
    """Tell that models in the cloud may be used."""
    return STATUS
