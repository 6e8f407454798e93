"""OpenAI's containers, in which the API runs code: the rules for requests, and the documents of containers and files.

Shapes: `ContainerCreateResponse` and `FileCreateResponse` of the openai SDK, in the order of OpenAI's reference
("Containers", "Container Files"); the 404 has the wording that users quote (2025-06 to 2026-09).
"""

import secrets
from collections.abc import Mapping
from typing import Any

from completions import ids
from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.fields import mapping, text, texts, whole, without_fields
from completions.wire.validation import (
    Check,
    anything,
    array,
    choice,
    integer,
    nullable,
    obj,
    record,
    refuse,
    string,
    tagged,
)

CONTAINER, FILE = "container", "container_file"
"""The kinds under which containers and their files are stored; rules match them by these too."""

USED = "used"
"""The key of the times at which a container was used, in seconds since the epoch."""

IDLE = 20
"""Minutes without use after which a container expires: OpenAI's reference."""

FOLDER = "/mnt/data/"
"""The folder of a container's files."""

_EXPIRES: Mapping[str, Check] = {"anchor": choice("last_active_at"), "minutes": integer(1)}
_POLICY = tagged(
    "type",
    {
        "disabled": record({"type": anything}),
        "allowlist": record(
            {"type": anything, "allowed_domains": array(string(low=1), "strings", low=1), "domain_secrets": anything},
            ("allowed_domains",),
        ),
    },
)
CONTENTS: Mapping[str, Check] = {
    "file_ids": nullable(array(string(), "strings")),
    "memory_limit": nullable(choice("1g", "4g", "16g", "64g")),
    "network_policy": nullable(_POLICY),
}
"""The settings of a new container, also if a tool of an answer requests it."""

SKILLS = nullable(array(obj, "objects"))
_CONTAINER = record(
    {
        "name": string(),
        "expires_after": nullable(record(_EXPIRES, tuple(_EXPIRES))),
        "skills": SKILLS,
        **CONTENTS,
    },
    ("name",),
)
_TYPES = record({"name": string(), "expires_after": nullable(obj), "skills": SKILLS, **CONTENTS}, others=True)
_FILE = record({"file_id": string(low=1)}, ("file_id",))


def check_container(body: Mapping[str, Any], *, validate: bool) -> None:
    """Raise the error of an invalid request for a container; without `validate`, only for wrong types."""
    refuse((_CONTAINER if validate else _TYPES)(body))


def check_file(body: Mapping[str, Any]) -> None:
    """Raise the error of an invalid JSON request to copy a file into a container."""
    refuse(_FILE(body))


def new_container(body: Mapping[str, Any], now: float, name: str = "") -> dict[str, Any]:
    """Return a new container, with this id if one is given; the files of `file_ids` are copied on the first read."""
    minutes = whole(mapping(body.get("expires_after")).get("minutes"), 0)
    return {
        "id": name or container_id(secrets.token_hex(16)),
        "created_at": int(now),
        "minutes": IDLE if minutes is None else minutes,
        USED: [now],
        "memory_limit": text(body.get("memory_limit")) or "1g",
        "name": text(body.get("name")),
        "network_policy": without_fields(mapping(body.get("network_policy")), "domain_secrets"),
        "file_ids": list(texts(body.get("file_ids"))),
    }


def container_id(seed: str) -> str:
    """Return the container's id for a seed."""
    return f"cntr_{ids.spelled(f'container/{seed}', 48)}"


def file_id(seed: str) -> str:
    """Return the id of a container's file for a seed."""
    return f"cfile_{ids.spelled(f'container file/{seed}', 32)}"


def is_expired(container: Document, now: float) -> bool:
    """Tell whether a container has expired because it was not used."""
    return bool(now >= container[USED][-1] + 60 * container["minutes"])


def touched(container: Document, now: float) -> Document:
    """Return a container, marked as used now; raise the API's error if it has expired."""
    if is_expired(container, now):
        raise expired()
    return {**container, USED: [now]}


def shown(container: Document, now: float) -> dict[str, Any]:
    """Return a container as it is at a time."""
    return {
        "id": container["id"],
        "object": "container",
        "created_at": container["created_at"],
        "status": "expired" if is_expired(container, now) else "running",
        "expires_after": {"anchor": "last_active_at", "minutes": container["minutes"]},
        "last_active_at": int(container[USED][-1]),
        "memory_limit": container["memory_limit"],
        "name": container["name"],
        **({"network_policy": policy} if (policy := container["network_policy"]) else {}),
    }


def uploaded_file(container: str, filename: str, size: int, now: float) -> dict[str, Any]:
    """Return an uploaded file; its path has digits before its name, as in OpenAI's reference."""
    seed = secrets.token_hex(16)
    file = _file(container, file_id(seed), size, now)
    return {**file, "path": f"{FOLDER}{ids.spelled(seed, 32)}-{filename}", "source": "user"}


def copied_file(container: str, original: Document, now: float) -> dict[str, Any]:
    """Return the copy of a file; its path has the id before the name (recorded in June 2026)."""
    file = _file(container, file_id(f"{container}/{original['id']}"), original["bytes"], now)
    return {**file, "path": f"{FOLDER}{original['id']}-{original['filename']}", "source": "user"}


def made_file(container: str, name: str, filename: str, data: bytes, now: float) -> dict[str, Any]:
    """Return a file that code has made, with this id."""
    return {**_file(container, name, len(data), now), "path": f"{FOLDER}{filename}", "source": "assistant"}


def _file(container: str, name: str, size: int, now: float) -> dict[str, Any]:
    return {
        "id": name,
        "object": "container.file",
        "created_at": int(now),
        "bytes": size,
        "container_id": container,
    }


def deleted(name: str, kind: str) -> dict[str, Any]:
    """Return what tells that a container or a file of one is gone; `kind` is its object."""
    return {"id": name, "object": f"{kind}.deleted", "deleted": True}


def not_found(name: str) -> RequestError:
    """Return the API's 404 for a container."""
    return RequestError(f"Container with id '{name[:200]}' not found.", status=404)


def file_not_found(name: str, container: str) -> RequestError:
    """Return the API's 404 for a file of a container."""
    return RequestError(f"File {name[:200]} not found on container {container}.", status=404)


def expired() -> RequestError:
    """Return the API's 400 for a container that has expired."""
    return RequestError("Container is expired.")
