"""Vaults of Managed Agents and their credentials, whose secrets are kept and never shown.

Shapes: `BetaManagedAgentsVault` and `BetaManagedAgentsCredential` of the anthropic SDK 2.14. Words: a clone's
comparison (October 2026) for what is missing; the others are ours.
"""

from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.anthropic.checks import Wrong, array, boolean, choice, record, string, tagged
from completions.wire.anthropic.managed.checks import check_fields
from completions.wire.anthropic.managed.metadata import metadata, metadata_patch, patched
from completions.wire.anthropic.managed.records import new_record, shown_times, written_time
from completions.wire.base import Document
from completions.wire.fields import mapping
from completions.wire.validation import Check, nullable, refuse

_NAME = string(1, 255)
_VAULT: Mapping[str, Check] = {"display_name": _NAME, "metadata": metadata}
_VAULT_CHANGES: Mapping[str, Check] = {"display_name": nullable(_NAME), "metadata": metadata_patch}

_NETWORKS = {
    "unrestricted": record({"type": string()}),
    "limited": record({"type": string(), "allowed_hosts": array(string(1))}, ("allowed_hosts",)),
}
_PLACES = record({"body": boolean, "header": boolean})
_SECRET = {"type": string(), "client_secret": string(1)}
_CLIENT_AUTH = tagged(
    {
        "none": record({"type": string()}),
        "client_secret_basic": record(_SECRET, ("client_secret",)),
        "client_secret_post": record(_SECRET, ("client_secret",)),
    }
)
_REFRESH = record(
    {
        "client_id": string(1),
        "refresh_token": string(1),
        "token_endpoint": string(1),
        "token_endpoint_auth": _CLIENT_AUTH,
        "resource": nullable(string()),
        "scope": nullable(string()),
    },
    ("client_id", "refresh_token", "token_endpoint", "token_endpoint_auth"),
)
_AUTHS: Mapping[str, tuple[Mapping[str, Check], tuple[str, ...]]] = {
    "mcp_oauth": (
        {
            "mcp_server_url": string(1),
            "access_token": string(1),
            "expires_at": nullable(string(1)),
            "refresh": nullable(_REFRESH),
        },
        ("mcp_server_url", "access_token"),
    ),
    "static_bearer": ({"mcp_server_url": string(1), "token": string(1)}, ("mcp_server_url", "token")),
    "environment_variable": (
        {
            "secret_name": string(1),
            "secret_value": string(1),
            "networking": tagged(_NETWORKS),
            "injection_location": _PLACES,
        },
        ("secret_name", "secret_value", "networking"),
    ),
}
"""How a credential authenticates, by its type: the fields, and those that it must have."""

SECRETS = frozenset({"access_token", "token", "secret_value", "refresh_token", "client_secret"})
"""The fields that are never shown."""

IMMUTABLE = frozenset({"mcp_server_url", "secret_name"})
"""The fields that cannot be changed."""

_AUTH = tagged({kind: record({"type": string(), **fields}, needed) for kind, (fields, needed) in _AUTHS.items()})
_REFRESH_CHANGE = record(
    {
        "refresh_token": nullable(string(1)),
        "scope": nullable(string()),
        "token_endpoint_auth": record(
            {"type": choice("client_secret_basic", "client_secret_post"), "client_secret": nullable(string(1))},
            ("type",),
        ),
    }
)
_AUTH_CHANGE = tagged(
    {
        kind: record(
            {
                "type": string(),
                **{name: nullable(check) for name, check in fields.items() if name not in IMMUTABLE},
                **({"refresh": nullable(_REFRESH_CHANGE)} if kind == "mcp_oauth" else {}),
            }
        )
        for kind, (fields, _) in _AUTHS.items()
    }
)
_CREDENTIAL: Mapping[str, Check] = {
    "auth": _AUTH,
    "display_name": nullable(string(high=255)),
    "metadata": metadata,
}
_CREDENTIAL_CHANGES: Mapping[str, Check] = {
    "auth": _AUTH_CHANGE,
    "display_name": nullable(_NAME),
    "metadata": metadata_patch,
}


def check_vault(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a new vault."""
    check_fields(body, _VAULT, ("display_name",))


def check_vault_change(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a change of a vault."""
    check_fields(body, _VAULT_CHANGES)


def check_credential(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a new credential."""
    check_fields(body, _CREDENTIAL, ("auth",))


def check_credential_change(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a change of a credential."""
    check_fields(body, _CREDENTIAL_CHANGES)


def new_vault(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the record of a new vault."""
    return {**new_record("vlt", body, now), "display_name": body["display_name"]}


def new_credential(vault: Document, body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the record of a new credential in a vault."""
    check_open(vault, "vault")
    return {
        **new_record("vcrd", body, now),
        "vault_id": vault["id"],
        "display_name": body.get("display_name"),
        "auth": body["auth"],
    }


def check_open(kept: Document, noun: str) -> None:
    """Raise the error of a vault or a credential that is archived."""
    if kept["archived"] is not None:
        raise RequestError(f"{noun} {kept['id']} is archived")


def changed_vault(before: Document, body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the record of a vault after a change."""
    check_open(before, "vault")
    name = body.get("display_name") or before["display_name"]
    return {
        **before,
        "updated": now,
        "display_name": name,
        "metadata": patched(before["metadata"], body.get("metadata")),
    }


def changed_credential(before: Document, body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the record of a credential after a change, in which its type and what it is for stay."""
    check_open(before, "credential")
    change = mapping(body.get("auth"))
    if change and change["type"] != before["auth"]["type"]:
        refuse(Wrong(f"The type of the credential is '{before['auth']['type']}' and cannot be changed", "auth.type"))
    auth = {**before["auth"], **{key: value for key, value in change.items() if value is not None}}
    if change.get("refresh"):
        old = mapping(before["auth"].get("refresh"))
        new = {key: value for key, value in change["refresh"].items() if value is not None}
        client_auth = {**mapping(old.get("token_endpoint_auth")), **mapping(new.get("token_endpoint_auth"))}
        auth["refresh"] = {**old, **new, "token_endpoint_auth": client_auth}
    return {
        **before,
        "updated": now,
        "auth": auth,
        "display_name": body.get("display_name") or before["display_name"],
        "metadata": patched(before["metadata"], body.get("metadata")),
    }


def shown_vault(kept: Document) -> dict[str, Any]:
    """Return a vault."""
    return {
        "id": kept["id"],
        "type": "vault",
        "display_name": kept["display_name"],
        "metadata": kept["metadata"],
        **shown_times(kept),
    }


def shown_credential(kept: Document) -> dict[str, Any]:
    """Return a credential without its secrets."""
    auth = _without_secrets(kept["auth"])
    if auth["type"] == "environment_variable":
        auth["injection_location"] = {"body": False, "header": True, **mapping(auth.get("injection_location"))}
    return {
        "id": kept["id"],
        "type": "vault_credential",
        "vault_id": kept["vault_id"],
        "display_name": kept["display_name"],
        "auth": auth,
        "metadata": kept["metadata"],
        **shown_times(kept),
    }


def _without_secrets(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _without_secrets(value) if isinstance(value, dict) else value
        for key, value in fields.items()
        if key not in SECRETS
    }


def validation(kept: Document, now: float) -> dict[str, Any]:
    """Return the result of a probe: `valid`, for the mock calls no server of the credential's."""
    if kept["auth"]["type"] != "mcp_oauth":
        raise RequestError("Only credentials of the type `mcp_oauth` can be validated")
    return {
        "type": "vault_credential_validation",
        "credential_id": kept["id"],
        "vault_id": kept["vault_id"],
        "has_refresh_token": bool(mapping(kept["auth"].get("refresh")).get("refresh_token")),
        "status": "valid",
        "mcp_probe": None,
        "refresh": None,
        "validated_at": written_time(now),
    }


def credential_not_found() -> RequestError:
    """Return the 404 of a credential."""
    return RequestError("Credential not found.", status=404)
