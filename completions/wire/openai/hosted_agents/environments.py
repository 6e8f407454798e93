"""Environments: what sessions and templates can ask for, and what they look like. Nothing is run in one.

Shapes: `EnvironmentParam`, `Environment`, `EnvironmentInfo` and `EnvironmentTemplate` of the openai SDK 3.57. Defaults
and the spelling of ids: a recorded session (2026-09-30).
"""

import base64
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.fields import dicts, mapping, whole_in
from completions.wire.openai.hosted_agents.checks import STRINGS, check, conflict, invalid, texts_by_name
from completions.wire.openai.hosted_agents.records import new_id
from completions.wire.validation import (
    Check,
    Problem,
    anything,
    array,
    boolean,
    choice,
    nullable,
    record,
    string,
    tagged,
    worded_problem,
)

WORKSPACE = "/workspace"


def base64_bytes(value: Any) -> Problem | None:
    """Check bytes in base64."""
    if (problem := string()(value)) is not None:
        return problem
    try:
        base64.b64decode(value, validate=True)
    except ValueError:  # also of characters beyond ASCII
        return worded_problem("Invalid base64-encoded data.", "invalid_value", "")
    return None


_PATH = string(low=1, pattern=rf"{WORKSPACE}/.+")
_ZIP = record(
    {"type": choice("base64"), "media_type": choice("application/zip"), "data": base64_bytes},
    ("type", "media_type", "data"),
)
_INLINE = {"type": anything, "name": string(low=1), "description": string(), "source": _ZIP}
_INLINE_NEEDS = ("name", "description", "source")
FILE = tagged(
    "type",
    {
        "file_id": record({"type": anything, "file_id": string(low=1), "path": _PATH}, ("file_id", "path")),
        "inline": record({"type": anything, "data": base64_bytes, "path": _PATH}, ("data", "path")),
    },
)
_SKILL = tagged(
    "type",
    {
        "skill_reference": record(
            {"type": anything, "skill_id": string(low=1), "version": nullable(string(low=1))}, ("skill_id",)
        ),
        "inline": record(_INLINE, _INLINE_NEEDS),
    },
)
_NETWORK = record(
    {"access": choice("enabled", "disabled", "restricted"), "allowed_domains": STRINGS, "blocked_domains": STRINGS},
    ("access",),
)
CONFIGURATION: Mapping[str, Check] = {
    "capability_directories": STRINGS,
    "desktop": nullable(record({"enabled": boolean}, ("enabled",))),
    "env": nullable(texts_by_name),
    "files": nullable(array(FILE, "objects")),
    "network": nullable(_NETWORK),
    "packages": nullable(record({"npm": STRINGS, "python": STRINGS, "system": STRINGS})),
    "plugins": nullable(array(tagged("type", {"inline": record(_INLINE, _INLINE_NEEDS)}), "objects")),
    "setup_commands": nullable(
        array(record({"command": string(low=1), "cwd": nullable(string(low=1))}, ("command",)), "objects")
    ),
    "skills": nullable(array(_SKILL, "objects")),
}
"""What a template and an environment of OpenAI's can be made with."""

_HOSTED: Mapping[str, Check] = {**CONFIGURATION, "type": anything, "environment_template_id": string(low=1)}
PARAMETER = tagged(
    "type",
    {
        "none": record({"type": anything}),
        "openai_hosted": record(
            {**_HOSTED, "container_size": choice("small", "medium", "large"), "environment_id": string(low=1)}
        ),
        "self_hosted": record(
            {
                "type": anything,
                "workspace_directory": string(low=1, pattern="/.*"),
                "capability_directories": STRINGS,
            },
            ("workspace_directory",),
        ),
    },
)
"""The environment of a new session."""

MAX_VAULTS = 10
_NEW = record(
    {
        "environment": tagged("type", {"openai_hosted": record(_HOSTED)}),
        "vault_ids": nullable(array(string(low=1), "strings", high=MAX_VAULTS)),
    },
    ("environment",),
)
_TEMPLATE = record({**CONFIGURATION, "name": nullable(string())})


def check_environment(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a new environment."""
    check(body, _NEW)
    check_network(body["environment"], "environment.")


def check_template(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a template, or with a change of one."""
    check(body, _TEMPLATE)
    check_network(body)


def check_network(given: Mapping[str, Any], place: str = "") -> None:
    """Raise what is wrong with the domains of a network (`EnvironmentParamOpenAIHostedNetwork`); the words are ours."""
    network = mapping(given.get("network"))
    allowed, blocked = network.get("allowed_domains"), network.get("blocked_domains")
    if (allowed or blocked) and network.get("access") != "restricted":
        name = "allowed_domains" if allowed else "blocked_domains"
        raise invalid(f"'{name}' requires 'access' to be 'restricted'.", f"{place}network.{name}")
    if allowed and blocked:
        why = "'blocked_domains' cannot be combined with 'allowed_domains'."
        raise invalid(why, f"{place}network.blocked_domains")


def check_file(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a file for an environment."""
    check(body, FILE)


def check_reference(given: Mapping[str, Any]) -> None:
    """Raise the error of an environment that is named and configured at once; the words are ours."""
    more = sorted(given.keys() - {"type", "environment_id"})
    if "environment_id" in given and more:
        why = f"'environment_id' cannot be combined with '{more[0]}'."
        raise invalid(why, f"environment.{more[0]}")


def new_environment_id() -> str:
    """Return a new id of an environment."""
    inner = base64.urlsafe_b64encode(f"ccarenv_{secrets.token_hex(16)}".encode()).decode().rstrip("=")
    return f"ccarenv_b64_{inner}"


Sizes = Mapping[str, int]
"""The size of each uploaded file in bytes, by its id."""


def _files(given: Sequence[Mapping[str, Any]], sizes: Sizes) -> list[dict[str, Any]]:
    return [new_file(each, sizes) for each in given]


def new_file(given: Mapping[str, Any], sizes: Sizes) -> dict[str, Any]:
    """Return a file of an environment: a copy of an uploaded one, or its own bytes, of which the size is kept."""
    head = {"type": given["type"], "id": new_id("envfile"), "path": given["path"]}
    if given["type"] == "file_id":
        return {**head, "file_id": given["file_id"], "size_bytes": sizes.get(given["file_id"], 0)}
    return {**head, "size_bytes": len(base64.b64decode(given["data"]))}


def _without_archive(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key != "source"}


def resolved(given: Mapping[str, Any], sizes: Sizes, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a configuration with all of its fields: those given, then those of `before`, then the defaults."""
    old = before or {}
    network = mapping(given.get("network"))
    packages = mapping(given.get("packages"))
    new: dict[str, Any] = {
        "packages": {name: list(packages.get(name) or ()) for name in ("python", "system", "npm")},
        "network": {
            "access": network.get("access", "enabled"),
            "allowed_domains": list(network.get("allowed_domains") or ()),
        },
        "desktop": {"enabled": mapping(given.get("desktop")).get("enabled", False)},
        "capability_directories": list(given.get("capability_directories") or ()),
        "skills": [_without_archive(each) for each in dicts(given.get("skills"))],
        "plugins": [_without_archive(each) for each in dicts(given.get("plugins"))],
        "files": _files(dicts(given.get("files")), sizes),
    }
    return {key: value if key in given or key not in old else old[key] for key, value in new.items()}


def new_environment(configuration: Mapping[str, Any], kind: str, now: float) -> dict[str, Any]:
    """Return the record of a new environment of OpenAI's or, by its type, of the application's."""
    return {"id": new_environment_id(), "type": kind, "created": now, **configuration}


def in_session(given: Mapping[str, Any], environment: Document, root: str) -> dict[str, Any]:
    """Return the environment of a session as the session shows it.

    `root` is where the server is. Nothing of it answers a program that connects an environment of the application's.
    """
    if given["type"] == "self_hosted":
        return {
            "type": "self_hosted",
            "id": environment["id"],
            "remote_url": f"{root}/v1/agents/api/environments/{environment['id']}",
            "capability_directories": list(given.get("capability_directories") or ()),
            "workspace_directory": given["workspace_directory"],
        }
    skills = [_installed(skill) for skill in environment["skills"]]
    return {
        "type": "openai_hosted",
        "id": environment["id"],
        "container_size": given.get("container_size", "medium"),
        **{key: environment[key] for key in ("packages", "network", "desktop", "capability_directories")},
        "skills": skills,
        "plugins": environment["plugins"],
        "files": environment["files"],
    }


def _installed(skill: Mapping[str, Any]) -> dict[str, Any]:
    """Return a skill as it is installed; what an uploaded one says of itself is not read here."""
    if skill["type"] == "inline":
        return dict(skill)
    version = skill.get("version")
    number = version if version not in (None, "latest") else "1"
    return {**skill, "name": skill["skill_id"], "description": "", "version": number}


def shown(record: Document) -> dict[str, Any]:
    """Return what is told of an environment (`EnvironmentInfo`); each is connected at once."""
    return {
        "id": record["id"],
        "object": "agent.environment",
        "type": record["type"],
        "status": "connected" if record.get("used") else "ready",
        "files": record.get("files", []),
        "plugins": record.get("plugins", []),
        "skills": [_installed(skill) for skill in record.get("skills", ())],
    }


def in_use(name: str) -> RequestError:
    """Return the 409 of an environment that belongs to a session already."""
    return conflict(f"Environment '{name[:200]}' is already attached to a session.")


def new_template(body: Mapping[str, Any], sizes: Sizes, now: float) -> dict[str, Any]:
    """Return the record of a new template."""
    head = {"id": new_id("envtmpl"), "created": now, "updated": now, "name": body.get("name")}
    return {**head, **resolved(body, sizes)}


def changed_template(before: Document, body: Mapping[str, Any], sizes: Sizes, now: float) -> Document:
    """Return the record of a template after a change."""
    name = {"name": body["name"]} if "name" in body else {}
    return {**before, **resolved(body, sizes, before), **name, "updated": now}


def shown_template(record: Document) -> dict[str, Any]:
    """Return a template; its files have no ids of their own, and its skills may name the latest version."""
    files = []
    for file in record["files"]:
        hidden = ("id", "size_bytes") if file["type"] == "file_id" else ("id",)
        files.append({key: value for key, value in file.items() if key not in hidden})
    skills = [skill if skill["type"] == "inline" else {"version": None, **skill} for skill in record["skills"]]
    return {
        "id": record["id"],
        "object": "agent.environment.template",
        "created_at": int(record["created"]),
        "updated_at": int(record["updated"]),
        "name": record["name"],
        **{key: record[key] for key in ("packages", "network", "desktop", "capability_directories", "plugins")},
        "files": files,
        "skills": skills,
    }


def live_file(environment: Document, file: Mapping[str, Any]) -> dict[str, Any]:
    """Return a file in an environment (`EnvironmentFile`)."""
    return {
        "object": "agent.environment.file",
        "environment_id": environment["id"],
        "path": file["path"],
        "size_bytes": file["size_bytes"],
    }


def file_page(environment: Document, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the page of an environment's files that a query asks for, by their paths; its token is the last path."""
    folder, descending = query.get("path"), query.get("order", "desc") == "desc"
    files = [live_file(environment, file) for file in environment.get("files", ())]
    if folder is not None:
        files = [file for file in files if file["path"].startswith(f"{folder.rstrip('/')}/")]
    files.sort(key=lambda file: str(file["path"]).split("/"), reverse=descending)
    if token := query.get("page"):
        at = next((index for index, file in enumerate(files) if file["path"] == token), None)
        if at is None:
            raise invalid("Invalid page token.", "page")
        files = files[at + 1 :]
    limit = whole_in(query.get("limit", "20"))
    if limit is None or not 1 <= limit <= 100:
        raise invalid("Invalid 'limit': expected an integer between 1 and 100.", "limit")
    page = files[:limit]
    has_more = len(files) > len(page)
    return {"object": "list", "data": page, "has_more": has_more, "next": page[-1]["path"] if has_more else None}
