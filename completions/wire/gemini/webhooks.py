"""Gemini's webhooks, those of a single request (`webhook_config`), and the events that are posted to them.

Shapes: `google.genai.webhooks` and Google's page "Webhooks" (July 2026), which has the events and their fields. Of ids,
of the errors' words for a URL, and of where an event has the `user_metadata` of a `webhook_config`, there is no
recording.
"""

import secrets
from collections.abc import Mapping
from typing import Any

import orjson

from completions.exceptions import RequestError
from completions.wire import standard_webhooks
from completions.wire.base import Document
from completions.wire.fields import text, texts
from completions.wire.gemini import webhook_tokens
from completions.wire.gemini.fields import pick
from completions.wire.gemini.interactions.checks import Check, each_of, obj, one_of, record, string
from completions.wire.gemini.times import timestamp
from completions.wire.standard_webhooks import is_url, new_secret

WEBHOOK = "gemini_webhook"
"""The kind under which webhooks are kept, which names their rules too."""

EVENTS = (
    *(f"batch.{state}" for state in ("succeeded", "cancelled", "expired", "failed")),
    *(f"interaction.{state}" for state in ("requires_action", "completed", "failed", "cancelled")),
    "video.generated",
)

PING = "ping"
"""The type of the event that only tries a webhook; no source has Google's."""

AT_ONCE = "revoke_previous_secrets_immediately"
_REVOCATIONS = ("revoke_previous_secrets_after_h24", AT_ONCE)
"""What becomes of the secrets before; Google's page writes them in capitals too."""

_FIELDS: Mapping[str, Check] = {"name": string, "uri": string, "subscribed_events": each_of(one_of(*EVENTS))}
_READ_ONLY = dict.fromkeys(("id", "create_time", "update_time", "new_signing_secret"), string)
_CHECKS = {
    "new": record({**_FIELDS, **_READ_ONLY}, ("subscribed_events", "uri")),
    "update": record({**_FIELDS, **_READ_ONLY, "state": one_of("enabled", "disabled")}),
    "rotation": record({"revocation_behavior": one_of(*_REVOCATIONS, also=tuple(map(str.upper, _REVOCATIONS)))}),
    "ping": record({}),
}


def check(kind: str, body: Mapping[str, Any]) -> None:
    """Raise the API's error for an invalid request; its `kind` is `new`, `update`, `rotation` or `ping`."""
    wrong = _CHECKS[kind](body, "")
    if wrong is None and kind in ("new", "update"):
        if body.get("subscribed_events") == []:
            wrong = "Missing required parameter 'subscribed_events'."
        elif body.get("uri") is not None and not is_url(body["uri"]):
            wrong = "Invalid input at 'uri'."
    if wrong is not None:
        raise RequestError(wrong)


def new_webhook(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a new webhook."""
    return {
        "id": secrets.token_hex(12),
        "name": "",
        "url": "",
        "event_types": [],
        "enabled": True,
        **_configuration(body),
        "created": now,
        "updated": now,
        "secrets": [new_secret()],
    }


def _configuration(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a body says of a webhook; of a body that was not checked, what fits."""
    found: dict[str, Any] = {}
    if body.get("name") is not None:
        found["name"] = text(body["name"])
    if body.get("uri") is not None:
        found["url"] = text(body["uri"])
    if body.get("subscribed_events") is not None:
        found["event_types"] = list(dict.fromkeys(texts(body["subscribed_events"])))
    if body.get("state") is not None:
        found["enabled"] = body["state"] == "enabled"
    return found


def updated(webhook: Document, body: Mapping[str, Any], mask: str, now: float) -> Document:
    """Return a changed webhook: of the fields that `mask` names, separated by commas, or of all in the body."""
    names = {name.strip() for name in mask.split(",") if name.strip()} or set(body)
    return {**webhook, **_configuration({name: body[name] for name in body if name in names}), "updated": now}


def rotated(webhook: Document, body: Mapping[str, Any], now: float) -> Document:
    """Return a webhook with a new secret; those before are used for a day more, unless the body says otherwise."""
    keep = text(body.get("revocation_behavior")).lower() != AT_ONCE
    return {**webhook, "secrets": standard_webhooks.rotated(webhook["secrets"], now, keep=keep), "updated": now}


def resource(webhook: Document, now: float, *, with_secret: bool = False) -> dict[str, Any]:
    """Return a webhook: with its new secret only where that was made, and with the ends of all that are in use."""
    shown = [
        {"truncated_secret": f"{each['secret'][:10]}..."}
        | ({} if each["until"] is None else {"expire_time": timestamp(each["until"])})
        for each in standard_webhooks.valid(webhook["secrets"], now)
    ]
    return {
        "id": webhook["id"],
        **({"name": webhook["name"]} if webhook["name"] else {}),
        "uri": webhook["url"],
        "subscribed_events": webhook["event_types"],
        "state": "enabled" if webhook["enabled"] else "disabled",
        "create_time": timestamp(webhook["created"]),
        "update_time": timestamp(webhook["updated"]),
        "signing_secrets": shown,
        **({"new_signing_secret": webhook["secrets"][0]["secret"]} if with_secret else {}),
    }


def secret_of(webhook: Document) -> dict[str, Any]:
    """Return the newest secret of a webhook, for the answer to its rotation."""
    return {"secret": webhook["secrets"][0]["secret"]}


CONFIG = record({"uris": each_of(string), "user_metadata": obj})
"""The check of a `webhook_config` where an API writes its fields in snake case."""


def check_config(config: object) -> dict[str, Any] | None:
    """Return the webhooks of a single request, if it has any: `uris` and `user_metadata`.

    Raises the error of a URL to which nothing can be sent.
    """
    if not isinstance(config, dict) or not (uris := texts(pick(config, "uris"))):
        return None
    if wrong := next((uri for uri in uris if not is_url(uri)), None):
        raise RequestError(f"Invalid input at 'webhook_config.uris': {wrong[:200]}")
    return {"uris": list(dict.fromkeys(uris)), "user_metadata": pick(config, "userMetadata")}


def own_webhooks(document: Document) -> list[Document]:
    """Return the webhooks of the request that made a document, which stand for those of the project."""
    config = document.get("webhook_config") or {}
    return [{"url": uri, "user_metadata": config["user_metadata"]} for uri in config.get("uris", ())]


def not_found(name: str) -> RequestError:
    """Return the error of a webhook that there is not."""
    return RequestError("Requested entity was not found.", status=404)


def not_reached(why: str) -> RequestError:
    """Return the error of a ping to which nothing answered with a 2xx."""
    return RequestError(f"The webhook could not be reached: {why}", code="FAILED_PRECONDITION", facts=None)


def new_event(event_type: str, data: Mapping[str, Any], now: float) -> bytes:
    """Return the body of an event about what happened at a time."""
    return orjson.dumps({"type": event_type, "version": "v1", "timestamp": timestamp(int(now)), "data": data})


def with_metadata(event: bytes, webhook: Document) -> bytes:
    """Return the body of an event with the metadata that the request gave it."""
    metadata = webhook.get("user_metadata")
    return event if metadata is None else orjson.dumps({**orjson.loads(event), "user_metadata": metadata})


def headers_of(webhook: Document, delivery: str, body: bytes, now: float) -> dict[str, str]:
    """Return the headers of an attempt to deliver a body at a time; what one request asks for has a token."""
    headers = standard_webhooks.headers_of(webhook.get("secrets", ()), delivery, body, now)
    if "secrets" not in webhook:
        headers["webhook-signature"] = webhook_tokens.token(body, webhook["url"], now)
    return {"user-agent": "Google-Gemini-Webhooks", **headers}
