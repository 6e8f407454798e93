"""The views that make secrets, with which others than the account's own servers open realtime sessions."""

import time
from typing import Any

from completions.resolve.ask import TextHeaders
from completions.resolve.keys import key_in
from completions.views.stored import Asked, stored
from completions.wire.gemini.live import tokens
from completions.wire.openai.realtime.secrets import SECRET, new_secret, validate


@stored
async def secret_made(asked: Asked) -> dict[str, Any]:
    """Keep the settings of sessions with their maker's key, and show the secret that opens them."""
    body = asked.body
    if asked.validate:
        validate(body)
    secret = new_secret(body, int(time.time()))
    await asked.records.put(SECRET, secret["value"], {**secret, "key": key_in(TextHeaders(asked.headers))})
    return secret


@stored
async def token_made(asked: Asked) -> dict[str, Any]:
    """Keep what a token of Google's lets its sessions do with its maker's key, and show its name."""
    body = asked.body
    if asked.validate:
        tokens.validate(body)
    token = tokens.new_token(body, time.time())
    await asked.records.put(tokens.TOKEN, token["name"], {**token, "key": key_in(TextHeaders(asked.headers))})
    return {"name": token["name"]}
