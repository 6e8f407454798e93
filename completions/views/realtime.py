"""The views around spoken conversations, which are themselves over WebSockets.

They make secrets, with which browsers and other clients open conversations without the API key, and refuse WebRTC.
"""

import time
from typing import Any

from completions.exceptions import RequestError
from completions.resolve.ask import TextHeaders
from completions.resolve.keys import key_in
from completions.views.stored import ResourceRequest, stored
from completions.wire.gemini.live import tokens
from completions.wire.openai.gpt_live.rules import NO_WEBRTC
from completions.wire.openai.realtime.secrets import SECRET, new_secret, validate


@stored
async def create_client_secret(request: ResourceRequest) -> dict[str, Any]:
    """Store the settings of sessions and the key of the secret's creator; show the secret that opens them."""
    body = request.body
    validate(body)
    secret = new_secret(body, int(time.time()))
    await request.records.put(SECRET, secret["value"], {**secret, "key": key_in(TextHeaders(request.headers))})
    return secret


@stored
async def create_auth_token(request: ResourceRequest) -> dict[str, Any]:
    """Store the restrictions of a token of Google's and the key of its creator; show the token's name."""
    body = request.body
    tokens.validate(body)
    token = tokens.new_token(body, time.time())
    await request.records.put(tokens.TOKEN, token["name"], {**token, "key": key_in(TextHeaders(request.headers))})
    return {"name": token["name"]}


@stored
async def refuse_webrtc(request: ResourceRequest, name: str = "") -> dict[str, Any]:
    """Refuse to create a conversation of GPT-Live, or to continue one, whose sound goes over WebRTC."""
    raise RequestError(NO_WEBRTC, code="unsupported_value", param="transport.type")


@stored
async def refuse_call(request: ResourceRequest) -> dict[str, Any]:
    """Refuse to create a realtime conversation whose sound goes over WebRTC."""
    why = "The mock does not support WebRTC: connect to /v1/realtime over a WebSocket."
    raise RequestError(why, status=404, code="unsupported_value")
