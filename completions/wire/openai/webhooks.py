"""OpenAI's webhook endpoints, and the events that are posted to them.

Shapes: `WebhookEndpoint`, `WebhookEndpointWithSecret` and the events of the openai SDK. The headers are those of
OpenAI's guide "Webhooks".
"""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from completions.exceptions import RequestError
from completions.wire import standard_webhooks
from completions.wire.base import Document
from completions.wire.fields import text, texts
from completions.wire.standard_webhooks import is_url, new_secret
from completions.wire.standard_webhooks import rotated as rotated_secrets
from completions.wire.validation import Problem, array, boolean, choice, record, refuse, string, worded_problem

ENDPOINT = "webhook_endpoint"
"""The kind under which endpoints are kept, which names their rules too."""

BATCH, RESPONSE = "batch", "response"
EVENT_TYPES = (
    *(f"{BATCH}.{state}" for state in ("completed", "failed", "expired", "cancelled")),
    *(f"{RESPONSE}.{state}" for state in ("completed", "failed", "cancelled", "incomplete")),
    *("eval.run.succeeded", "eval.run.failed", "eval.run.canceled"),
    *("fine_tuning.job.succeeded", "fine_tuning.job.failed", "fine_tuning.job.cancelled"),
    *("realtime.call.incoming", "video.completed", "video.failed"),
    *(f"agent.environment.{state}" for state in ("ready", "failed", "suspended", "expired")),
    *(f"agent.session.{state}" for state in ("created", "action_required", "in_progress", "idle", "failed")),
    "safety.alert.created",
)
"""The types that an endpoint can have, in the order of the SDK's. Only batches and responses have events here."""

USER_AGENT = "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)"


def _url(value: Any) -> Problem | None:
    """Check the URL of an endpoint; OpenAI takes HTTPS alone."""
    if (problem := string(low=1, high=2048)(value)) is not None:
        return problem
    return None if is_url(value) else worded_problem("Invalid URL. An HTTPS URL is expected.", "invalid_url", "")


_TYPE = choice(*EVENT_TYPES)
_FIELDS = {"event_types": array(_TYPE, "strings", low=1), "name": string(low=1, high=256), "url": _url}
_NEW = record(_FIELDS, tuple(_FIELDS))
_UPDATE = record(_FIELDS)
_ROTATION = record({"keep_old_secret_active_for_24_hours": boolean})
_TEST = record({"event_type": _TYPE}, ("event_type",))


def check_new(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a request for a new endpoint."""
    refuse(_NEW(body))


def check_update(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a change of an endpoint."""
    refuse(_UPDATE(body))


def check_rotation(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a request for a new secret."""
    refuse(_ROTATION(body))


def check_test(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a request for a sample event."""
    refuse(_TEST(body))


def new_endpoint(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the record of a new endpoint; the prefix of its id is that of the SDK's tests."""
    return {
        "id": f"whe_{secrets.token_hex(16)}",
        "created_at": int(now),
        **_configuration({name: body.get(name) for name in _FIELDS}),
        "updated_at": int(now),
        "secrets": [new_secret()],
    }


def _configuration(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a body says of an endpoint; of a body that was not checked, what fits."""
    read: dict[str, Callable[[Any], Any]] = {
        "event_types": lambda value: list(dict.fromkeys(texts(value))),
        "name": text,
        "url": text,
    }
    return {name: read[name](value) for name, value in body.items() if name in read}


def shown(endpoint: Document, *, with_secret: bool = False) -> dict[str, Any]:
    """Return an endpoint: with its secret only where that is new."""
    secret = endpoint["secrets"][0]["secret"]
    return {
        "id": endpoint["id"],
        "object": "webhook_endpoint",
        "created_at": endpoint["created_at"],
        "event_types": endpoint["event_types"],
        "name": endpoint["name"],
        **({"signing_secret": secret} if with_secret else {}),
        "signing_secret_hint": f"whsec_...{secret[-4:]}",
        "url": endpoint["url"],
        "updated_at": endpoint["updated_at"],
    }


def updated(endpoint: Document, body: Mapping[str, Any], now: float) -> Document:
    """Return the record of a changed endpoint, whose time advances only where something is different."""
    changed = {**endpoint, **_configuration(body)}
    return changed if changed == endpoint else {**changed, "updated_at": int(now)}


def rotated(endpoint: Document, body: Mapping[str, Any], now: float) -> Document:
    """Return the record of an endpoint with a new secret; the old one is used for a day more if the body says so."""
    keep = body.get("keep_old_secret_active_for_24_hours") is True
    return {**endpoint, "secrets": rotated_secrets(endpoint["secrets"], now, keep=keep), "updated_at": int(now)}


def deleted(name: str) -> dict[str, Any]:
    """Return what tells that an endpoint is gone."""
    return {"id": name, "object": "webhook_endpoint.deleted", "deleted": True}


def not_found(name: str) -> RequestError:
    """Return the error of an endpoint that there is not. No source has OpenAI's words."""
    return RequestError(f"Webhook endpoint with id '{name[:200]}' not found.", status=404)


def tested(endpoint: Document, event_type: str, status: int) -> dict[str, Any]:
    """Return the result of a sample event, which the endpoint answered with this status."""
    return {
        "object": "webhook_endpoint.test",
        "webhook_endpoint_id": endpoint["id"],
        "event_type": event_type,
        "status_code": status,
        "success": True,
    }


def not_reached(endpoint: Document, why: str) -> RequestError:
    """Return the error of a sample event to which nothing answered. No source has OpenAI's words."""
    return RequestError(f"The webhook endpoint '{endpoint['id']}' could not be reached: {why}", param="url")


def event_types() -> dict[str, Any]:
    """Return the list of the types."""
    return {"object": "list", "data": list(EVENT_TYPES)}


def new_event(event_type: str, data: Mapping[str, Any], now: float) -> bytes:
    """Return the body of an event about what happened at a time."""
    event = {"id": f"evt_{secrets.token_hex(16)}", "object": "event", "created_at": int(now)}
    return orjson.dumps({**event, "type": event_type, "data": data})


_SAMPLE_IDS = {
    "batch": "batch_abc123",
    "response": "resp_abc123",
    "eval": "evalrun_abc123",
    "fine_tuning": "ftjob_abc123",
    "video": "video_abc123",
    "agent": "agent_abc123",
    "safety": "alert_abc123",
}
_SIP = {
    "call_id": "rtc_abc123",
    "sip_headers": [
        {"name": "From", "value": "sip:+15550100@sip.example.com"},
        {"name": "To", "value": "sip:+15550199@sip.example.com"},
        {"name": "Call-ID", "value": "abc123"},
    ],
}


def sample_data(event_type: str) -> Mapping[str, Any]:
    """Return the data of a sample event."""
    if event_type == "realtime.call.incoming":
        return _SIP
    data: dict[str, Any] = {"id": _SAMPLE_IDS.get(event_type.partition(".")[0], "abc123")}
    return data | {"required_action": {"type": "function_call"}} if event_type.endswith("action_required") else data


def headers_of(endpoint: Document, delivery: str, body: bytes, now: float) -> dict[str, str]:
    """Return the headers of an attempt to deliver a body at a time."""
    return {"user-agent": USER_AGENT, **standard_webhooks.headers_of(endpoint["secrets"], delivery, body, now)}
