"""Vaults and credentials: what is refused, and what they look like. No secret is kept, for nothing here uses one.

Shapes: `Vault`, `CredentialAuthCreateParam`, `CredentialAuthRotateParam` and `Credential` of the openai SDK 3.57. The
words of errors are ours.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.fields import mapping
from completions.wire.openai.hosted_agents.checks import check, invalid
from completions.wire.openai.hosted_agents.records import new_id, new_metadata
from completions.wire.openai.stored import metadata
from completions.wire.validation import (
    Check,
    Problem,
    anything,
    array,
    nullable,
    record,
    string,
    tagged,
    worded_problem,
    wrong_type,
)

MAX_NAME_BYTES = 256
MAX_HOSTS = 16
RESERVED = re.compile("CODEX_.*")
HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


def _name(value: Any) -> Problem | None:
    if type(value) is not str:
        return wrong_type("a string", value)
    if 1 <= len(value.strip().encode()) <= MAX_NAME_BYTES:
        return None
    return worded_problem(f"The name must contain 1 to {MAX_NAME_BYTES} bytes.", "invalid_value", "")


def _https(value: Any) -> Problem | None:
    if (problem := string(low=1)(value)) is not None:
        return problem
    return None if value.startswith("https://") else worded_problem("An HTTPS URL is expected.", "invalid_value", "")


def _time(value: Any) -> Problem | None:
    if (problem := string(low=1)(value)) is not None:
        return problem
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return worded_problem("An RFC 3339 timestamp is expected.", "invalid_value", "")
    return None


def _variable(value: Any) -> Problem | None:
    if (problem := string(pattern="[A-Za-z_][A-Za-z0-9_]*")(value)) is not None:
        return problem
    return worded_problem("The name is reserved.", "invalid_value", "") if RESERVED.fullmatch(value) else None


def _secret(value: Any) -> Problem | None:
    if (problem := string(low=1)(value)) is not None:
        return problem
    breaks = set("\r\n\0") & set(value)
    return worded_problem("A secret must not contain line breaks.", "invalid_value", "") if breaks else None


def _host(value: Any) -> Problem | None:
    if (problem := string(low=1)(value)) is not None:
        return problem
    if HOST.fullmatch(value):
        return None
    return worded_problem("A host name or an IPv4 address is expected.", "invalid_value", "")


_NETWORKING = tagged(
    "type",
    {
        "unrestricted": record({"type": anything}),
        "limited": record(
            {"type": anything, "allowed_hosts": array(_host, "strings", low=1, high=MAX_HOSTS)}, ("allowed_hosts",)
        ),
    },
)
_CLIENT_SECRET = record({"type": anything, "client_secret": string(low=1)}, ("client_secret",))
_CLIENT = tagged(
    "type",
    {
        "none": record({"type": anything}),
        "client_secret_basic": _CLIENT_SECRET,
        "client_secret_post": _CLIENT_SECRET,
    },
)
_REFRESH_FIELDS: Mapping[str, Check] = {
    "client_id": string(low=1),
    "refresh_token": string(low=1),
    "token_endpoint": _https,
    "token_endpoint_auth": _CLIENT,
    "resource": nullable(string()),
    "scope": nullable(string()),
}
_REFRESH = record(_REFRESH_FIELDS, ("client_id", "refresh_token", "token_endpoint", "token_endpoint_auth"))
_AUTH = tagged(
    "type",
    {
        "mcp_oauth": record(
            {
                "type": anything,
                "access_token": string(low=1),
                "mcp_server_url": _https,
                "expires_at": nullable(_time),
                "refresh": nullable(_REFRESH),
            },
            ("access_token", "mcp_server_url"),
        ),
        "static_bearer": record(
            {"type": anything, "token": string(low=1), "mcp_server_url": _https}, ("token", "mcp_server_url")
        ),
        "environment_variable": record(
            {"type": anything, "networking": _NETWORKING, "secret_name": _variable, "secret_value": _secret},
            ("networking", "secret_name", "secret_value"),
        ),
    },
)
_NEW_SECRET = record({"type": anything, "client_secret": nullable(string(low=1))})
_ROTATED_REFRESH = record(
    {
        "refresh_token": nullable(string(low=1)),
        "scope": nullable(string()),
        "token_endpoint_auth": nullable(
            tagged("type", {"client_secret_basic": _NEW_SECRET, "client_secret_post": _NEW_SECRET})
        ),
    }
)
_ROTATION = tagged(
    "type",
    {
        "mcp_oauth": record(
            {
                "type": anything,
                "access_token": nullable(string(low=1)),
                "expires_at": nullable(_time),
                "refresh": nullable(_ROTATED_REFRESH),
            }
        ),
        "static_bearer": record({"type": anything, "token": string(low=1)}, ("token",)),
        "environment_variable": record({"type": anything, "secret_value": _secret}, ("secret_value",)),
    },
)
_VAULT = record({"name": _name, "metadata": nullable(metadata)})
_VAULT_CHANGE = record({"name": nullable(_name), "metadata": metadata})
_CREDENTIAL = record({"name": _name, "auth": _AUTH, "metadata": metadata}, ("auth", "name"))
_CREDENTIAL_CHANGE = record({"auth": _ROTATION, "metadata": metadata})


def check_vault(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a new vault."""
    check(body, _VAULT)


def check_vault_change(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a change of a vault."""
    check(body, _VAULT_CHANGE)


def check_credential(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a new credential."""
    check(body, _CREDENTIAL)


def check_credential_change(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a change of a credential."""
    check(body, _CREDENTIAL_CHANGE)


def _trimmed(name: str | None) -> str | None:
    return None if name is None else name.strip()


def new_vault(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the record of a new vault."""
    name = _trimmed(body.get("name"))
    return {"id": new_id("vault"), "created": now, "name": name, "metadata": new_metadata(body)}


def changed_vault(before: Document, body: Mapping[str, Any]) -> Document:
    """Return the record of a vault after a change."""
    changes: dict[str, Any] = {"name": _trimmed(body["name"])} if "name" in body else {}
    return {**before, **changes, **({"metadata": dict(body["metadata"])} if "metadata" in body else {})}


def shown_vault(record: Document) -> dict[str, Any]:
    """Return a vault."""
    return {
        "id": record["id"],
        "object": "vault",
        "created_at": int(record["created"]),
        "name": record["name"],
        "metadata": record["metadata"],
    }


def _public(auth: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a credential shows of its method, which is all that is kept."""
    if auth["type"] == "static_bearer":
        return {"type": "static_bearer", "mcp_server_url": auth["mcp_server_url"]}
    if auth["type"] == "environment_variable":
        networking = dict(auth["networking"])
        if networking["type"] == "limited":
            networking["allowed_hosts"] = [host.lower() for host in networking["allowed_hosts"]]
        return {"type": "environment_variable", "secret_name": auth["secret_name"], "networking": networking}
    refresh = mapping(auth.get("refresh"))
    public = {
        "client_id": refresh.get("client_id"),
        "token_endpoint": refresh.get("token_endpoint"),
        "token_endpoint_auth": {"type": mapping(refresh.get("token_endpoint_auth")).get("type")},
        "resource": refresh.get("resource"),
        "scope": refresh.get("scope"),
    }
    return {
        "type": "mcp_oauth",
        "mcp_server_url": auth["mcp_server_url"],
        "expires_at": auth.get("expires_at"),
        "refresh": public if refresh else None,
    }


def new_credential(vault: Document, body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the record of a new credential of a vault."""
    return {
        "id": new_id("cred"),
        "vault": vault["id"],
        "created": now,
        "updated": now,
        "name": body["name"].strip(),
        "metadata": new_metadata(body),
        "auth": _public(body["auth"]),
    }


def changed_credential(before: Document, body: Mapping[str, Any], now: float) -> Document:
    """Return the record of a credential after a change; its method stays, and of its secrets none is kept."""
    changes: dict[str, Any] = {"metadata": dict(body["metadata"])} if "metadata" in body else {}
    if "auth" in body:
        changes["auth"] = _rotated(before["auth"], body["auth"])
    return {**before, **changes, "updated": now}


def _rotated(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    if given["type"] != before["type"]:
        raise invalid(f"The credential's type is '{before['type']}'.", "auth.type")
    auth = dict(before)
    if given["type"] != "mcp_oauth":
        return auth
    if "expires_at" in given or given.get("access_token") is not None:
        auth["expires_at"] = given.get("expires_at")
    if given.get("refresh") is not None:
        if before["refresh"] is None:
            raise invalid("The credential has no refresh configuration.", "auth.refresh")
        changed = {"scope": given["refresh"]["scope"]} if "scope" in given["refresh"] else {}
        auth["refresh"] = {**before["refresh"], **changed}
    return auth


def shown_credential(record: Document) -> dict[str, Any]:
    """Return a credential, without its secrets."""
    return {
        "id": record["id"],
        "object": "vault.credential",
        "vault_id": record["vault"],
        "created_at": int(record["created"]),
        "updated_at": int(record["updated"]),
        "name": record["name"],
        "metadata": record["metadata"],
        "auth": record["auth"],
    }


def check_status(statuses: list[str]) -> bool:
    """Tell whether a list with these statuses has what is active, for nothing is archived here."""
    if wrong := next((status for status in statuses if status not in ("active", "archived")), None):
        raise RequestError(
            f"Invalid value: '{wrong[:200]}'. Supported values are: 'active' and 'archived'.",
            code="invalid_request_error",
            param="status",
        )
    return not statuses or "active" in statuses
