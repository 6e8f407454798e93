"""Client secrets: the keys with which a browser opens a session whose settings its own server chose.

`ClientSecretCreateParams` and `ClientSecretCreateResponse` of the openai SDK.
"""

from collections.abc import Mapping
from typing import Any

from completions import ids
from completions.wire.fields import mapping, text
from completions.wire.openai.realtime.rules import SESSION
from completions.wire.openai.realtime.settings import changed, new_session
from completions.wire.validation import choice, integer, nullable, record, refuse

SECRET = "client secret"
"""The kind under which a secret is stored."""

MODEL = "gpt-realtime"
"""The model of a session whose settings name none."""

SECONDS = 600
"""The default lifetime of a secret."""

_BODY = record(
    {
        "expires_after": nullable(record({"anchor": choice("created_at"), "seconds": integer(10, 7200)})),
        "session": nullable(SESSION),
    }
)


def validate(body: dict[str, Any]) -> None:
    """Raise the error of an invalid request for a secret."""
    refuse(_BODY(body))


def new_secret(body: Mapping[str, Any], now: int) -> dict[str, Any]:
    """Return a secret with its settings, as the API shows it."""
    settings, seconds = mapping(body.get("session")), mapping(body.get("expires_after")).get("seconds")
    session = changed(new_session(text(settings.get("model")) or MODEL, text(settings.get("type"))), settings)
    lifetime = seconds if isinstance(seconds, int) else SECONDS
    return {"value": f"ek_{ids.hex_id(16)}", "expires_at": now + lifetime, "session": session}
