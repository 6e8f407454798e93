"""Credentials for what agents reach; what is secret in them is never shown again, and used by nobody here.

Shapes: `google.genai.credentials` (3.6).
"""

from collections.abc import Mapping
from typing import Any

from completions.wire.base import Document
from completions.wire.gemini.interactions.checks import anything, by_type, each_of, one_of, record, string
from completions.wire.gemini.managed.checks import refuse
from completions.wire.gemini.managed.records import new_id
from completions.wire.gemini.times import timestamp

_FIELDS = {
    "bearer_token": dict.fromkeys(("token", "header_name", "prefix"), string),
    "oauth2": {
        **dict.fromkeys(("client_id", "client_secret", "refresh_token", "token_url"), string),
        "scopes": each_of(string),
    },
    "environment_variable": {
        "value": string,
        "injection_location": anything,
        "trusted_domains": each_of(string),
    },
}
_REQUIRED = {
    "bearer_token": ("token",),
    "oauth2": ("client_id", "client_secret", "refresh_token", "token_url"),
    "environment_variable": ("value", "injection_location"),
}
_COMMON = {"id": string, "type": string, "status": one_of("active", "revoked")}
_NEW = by_type({kind: record({**_COMMON, **fields}, _REQUIRED[kind]) for kind, fields in _FIELDS.items()})
_UPDATE = by_type({kind: record({**_COMMON, **fields}) for kind, fields in _FIELDS.items()})


def check(body: Mapping[str, Any], *, change: bool) -> None:
    """Raise the error of an invalid credential, or of an invalid change of one."""
    wrong = (_UPDATE if change else _NEW)(dict(body), "")
    refuse(None if wrong is None else wrong.replace("'.type'", "'type'"))


def new_credential(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a credential, without its secrets."""
    return {
        "id": body.get("id") or new_id(),
        "type": body.get("type"),
        "status": "active",
        "created": now,
        "updated": now,
    }


def updated(credential: Document, body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a changed credential."""
    return {**credential, "status": body.get("status") or credential["status"], "updated": now}


def shown(credential: Document) -> dict[str, Any]:
    """Return a credential as the API shows it."""
    return {
        **{name: credential[name] for name in ("id", "type", "status")},
        "create_time": timestamp(credential["created"]),
        "update_time": timestamp(credential["updated"]),
    }
