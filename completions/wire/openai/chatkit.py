"""OpenAI's ChatKit (beta): sessions, for which a browser gets a secret, and the threads that nothing here makes.

Shapes and defaults: `SessionCreateParams`, `ChatSession` and `ChatKitThread` of the openai SDK 3.57. The wording for a
missing beta is quoted by users; what a cancelled session shows is from OpenAI's reference.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.fields import mapping
from completions.wire.validation import (
    Check,
    Problem,
    boolean,
    choice,
    integer,
    record,
    refuse,
    string,
    wrong_type,
)

BETA = "chatkit_beta=v1"
SESSION, THREAD = "chatkit_session", "chatkit_thread"
"""The kinds under which sessions and threads are kept; rules can name that of sessions."""

LIFETIME, MAX_REQUESTS = 600, 10
"""The seconds that a session lasts, and its requests per minute, unless the request says otherwise."""

MAX_FILE_MEGABYTES, MAX_FILES = 512, 10
MAX_KEY = 64


def _variables(value: Any) -> Problem | None:
    if type(value) is not dict:
        return wrong_type("an object", value)
    for key, each in value.items():
        if len(key) > MAX_KEY:
            return string(high=MAX_KEY)(key)
        if not isinstance(each, str | int | float):
            return wrong_type("one of a string, number, or boolean", each).under(key)
    return None


_SWITCH: Mapping[str, Check] = {"enabled": boolean}
_UPLOADS: Mapping[str, Check] = {
    **_SWITCH,
    "max_file_size": integer(1, MAX_FILE_MEGABYTES),
    "max_files": integer(1),
}
_CONFIGURATION = record(
    {
        "automatic_thread_titling": record(_SWITCH),
        "file_upload": record(_UPLOADS),
        "history": record({**_SWITCH, "recent_threads": integer(1)}),
    }
)
_WORKFLOW = record(
    {"id": string(low=1), "state_variables": _variables, "tracing": record(_SWITCH), "version": string(low=1)}, ("id",)
)
_NEW = record(
    {
        "user": string(low=1),
        "workflow": _WORKFLOW,
        "chatkit_configuration": _CONFIGURATION,
        "expires_after": record({"anchor": choice("created_at"), "seconds": integer(1)}, ("anchor", "seconds")),
        "rate_limits": record({"max_requests_per_1_minute": integer(1)}),
    },
    ("user", "workflow"),
)


def check_beta(header: str | None) -> None:
    """Raise the error of a request without the beta."""
    if BETA not in {part.strip() for part in (header or "").split(",")}:
        why = "You must provide the 'OpenAI-Beta' header to access the Chatkit API. Please try again by setting the "
        raise RequestError(f"{why}header 'OpenAI-Beta: {BETA}'.", code="invalid_beta")


def check_session(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a new session."""
    refuse(_NEW(body))


def new_session(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the record of a new session."""
    workflow, given = body["workflow"], mapping(body.get("chatkit_configuration"))
    uploads, history = mapping(given.get("file_upload")), mapping(given.get("history"))
    most = mapping(body.get("rate_limits")).get("max_requests_per_1_minute", MAX_REQUESTS)
    return {
        "id": f"cksess_{secrets.token_hex(24)}",
        "secret": f"ek_{secrets.token_hex(32)}",
        "end": int(now) + mapping(body.get("expires_after")).get("seconds", LIFETIME),
        "cancelled": False,
        "user": body["user"],
        "rate_limits": {"max_requests_per_1_minute": most},
        "workflow": {
            "id": workflow["id"],
            "version": workflow.get("version"),
            "state_variables": workflow.get("state_variables"),
            "tracing": {"enabled": mapping(workflow.get("tracing")).get("enabled", True)},
        },
        "configuration": {
            "automatic_thread_titling": {
                "enabled": mapping(given.get("automatic_thread_titling")).get("enabled", True),
            },
            "file_upload": {
                "enabled": uploads.get("enabled", False),
                "max_file_size": uploads.get("max_file_size", MAX_FILE_MEGABYTES),
                "max_files": uploads.get("max_files", MAX_FILES),
            },
            "history": {
                "enabled": history.get("enabled", True),
                "recent_threads": history.get("recent_threads"),
            },
        },
    }


def cancelled(before: Document) -> Document:
    """Return the record of a session that is cancelled."""
    return {**before, "cancelled": True}


def shown(record: Document, now: float) -> dict[str, Any]:
    """Return a session as it is by now; a cancelled one has no secret."""
    status = "cancelled" if record["cancelled"] else "expired" if now >= record["end"] else "active"
    return {
        "id": record["id"],
        "object": "chatkit.session",
        "client_secret": "" if record["cancelled"] else record["secret"],
        "expires_at": record["end"],
        "workflow": record["workflow"],
        "user": record["user"],
        "rate_limits": record["rate_limits"],
        "max_requests_per_1_minute": record["rate_limits"]["max_requests_per_1_minute"],
        "status": status,
        "chatkit_configuration": record["configuration"],
    }
