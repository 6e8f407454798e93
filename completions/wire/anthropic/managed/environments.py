"""Environments of Managed Agents: where sessions would run. The mock runs nothing in them.

Shapes: `BetaEnvironment`, `BetaCloudConfig` and `BetaSelfHostedConfig` of the anthropic SDK 2.14.
"""

from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.anthropic.checks import Wrong, array, boolean, choice, record, string, tagged
from completions.wire.anthropic.managed.metadata import metadata, metadata_patch, patched
from completions.wire.anthropic.managed.records import new_record, shown_times
from completions.wire.base import Document
from completions.wire.fields import mapping
from completions.wire.validation import Check, nullable, refuse

PACKAGE_MANAGERS = ("apt", "cargo", "gem", "go", "npm", "pip")

_TEXTS = nullable(array(string()))
_NETWORK = tagged(
    {
        "unrestricted": record({"type": string()}),
        "limited": record(
            {
                "type": string(),
                "allow_mcp_servers": nullable(boolean),
                "allow_package_managers": nullable(boolean),
                "allowed_hosts": _TEXTS,
            }
        ),
    }
)
_PACKAGES = record({"type": choice("packages"), **dict.fromkeys(PACKAGE_MANAGERS, _TEXTS)})
_CONFIG = tagged(
    {
        "cloud": record({"type": string(), "networking": nullable(_NETWORK), "packages": nullable(_PACKAGES)}),
        "self_hosted": record({"type": string()}),
    }
)
_FIELDS: Mapping[str, Check] = {
    "name": string(1),
    "config": nullable(_CONFIG),
    "description": nullable(string()),
    "metadata": metadata,
    "scope": nullable(choice("organization", "account")),
}


def check_environment(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a new environment; unknown fields are named as a clone has found it (October 2026)."""
    refuse(record(_FIELDS, ("name",))(body))
    refuse(_packages_problem(resolved_config(mapping(body.get("config")), {})))


def check_change(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a change of an environment."""
    refuse(record({**_FIELDS, "name": nullable(string(1)), "metadata": metadata_patch})(body))


def _packages_problem(config: Mapping[str, Any]) -> Wrong | None:
    """Return the problem of packages that a limited network keeps from being installed; the words are ours."""
    network, packages = mapping(config.get("networking")), mapping(config.get("packages"))
    if network.get("type") != "limited" or network["allow_package_managers"]:
        return None
    if not any(packages[manager] for manager in PACKAGE_MANAGERS):
        return None
    return Wrong("Packages require `networking.allow_package_managers` to be true", "config.packages")


def resolved_config(config: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration with all of its fields; what it leaves out is as `before`, or by default."""
    if not config:
        config = {"type": before.get("type", "cloud")}
    if config["type"] == "self_hosted":
        return {"type": "self_hosted"}
    network = mapping(config.get("networking")) or mapping(before.get("networking")) or {"type": "unrestricted"}
    if network["type"] == "limited":
        old = mapping(before.get("networking"))
        network = {
            "type": "limited",
            "allow_mcp_servers": _chosen("allow_mcp_servers", network, old, False),
            "allow_package_managers": _chosen("allow_package_managers", network, old, False),
            "allowed_hosts": _chosen("allowed_hosts", network, old, []),
        }
    named, kept = mapping(config.get("packages")), mapping(before.get("packages"))
    packages = {manager: _chosen(manager, named, kept, []) for manager in PACKAGE_MANAGERS}
    return {"type": "cloud", "networking": dict(network), "packages": {"type": "packages", **packages}}


def _chosen(key: str, new: Mapping[str, Any], old: Mapping[str, Any], default: object) -> Any:
    value = new.get(key)
    return old.get(key, default) if value is None else value


def new_environment(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the record of a new environment."""
    return {
        **new_record("env", body, now),
        "name": body["name"],
        "description": body.get("description"),
        "config": resolved_config(mapping(body.get("config")), {}),
        "scope": body.get("scope") or "organization",
    }


def changed_environment(before: Document, body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the record of an environment after a change; raise the error of an archived one."""
    if before["archived"] is not None:
        raise archived_error(before["id"])
    config = resolved_config(mapping(body.get("config")), before["config"])
    refuse(_packages_problem(config))
    return {
        **before,
        "updated": now,
        "name": body.get("name") or before["name"],
        "description": body.get("description", before["description"]),
        "metadata": patched(before["metadata"], body.get("metadata")),
        "config": config,
        "scope": body.get("scope") or before["scope"],
    }


def shown(record: Document) -> dict[str, Any]:
    """Return an environment."""
    return {
        "id": record["id"],
        "type": "environment",
        "name": record["name"],
        "description": record["description"],
        "config": record["config"],
        "metadata": record["metadata"],
        "scope": record["scope"],
        **shown_times(record),
    }


def deleted(name: str) -> dict[str, Any]:
    """Return what tells that an environment is gone."""
    return {"id": name, "type": "environment_deleted"}


def archived_error(name: str) -> RequestError:
    """Return the error of an archived environment (a clone's comparison, October 2026)."""
    return RequestError(f"environment {name} is archived")


def name_taken(name: str) -> RequestError:
    """Return the 409 of a second environment with the same name, whose status users quote; the words are ours."""
    return RequestError(f"An environment named '{name[:200]}' already exists.", status=409)


def in_use(count: int) -> RequestError:
    """Return the 409 of an environment with sessions (a clone's comparison, October 2026)."""
    why = f"Environment has {count} active sessions. Use force=true to delete anyway."
    return RequestError(why, status=409, headers={"x-should-retry": "false"})
