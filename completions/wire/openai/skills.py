"""OpenAI's skills and their versions: what they look like, and what is refused.

Shapes: `Skill` and `SkillVersion` of the openai SDK. Limits, and which version is meant: OpenAI's guide "Skills".
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from completions import ids
from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.skill_bundle import Bundle, Limits
from completions.wire.storage import no_room
from completions.wire.validation import record, refuse, string

SKILL, VERSION = "skill", "skill_version"
"""The kinds under which skills and their versions are kept, which name their rules too."""

LATEST = "latest"
MAX_ARCHIVE = 50 * 1024 * 1024
LIMITS = Limits(files=500, size=25 * 1024 * 1024, total=500 * 25 * 1024 * 1024, strict=False)

_UPDATE = record({"default_version": string(low=1)}, ("default_version",))


def check_update(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a request for another default version."""
    refuse(_UPDATE(body))


def check_archive(size: int) -> None:
    """Raise the error of an upload that is too large."""
    if size > MAX_ARCHIVE:
        raise RequestError(f"The upload has {size} bytes; at most {MAX_ARCHIVE} are allowed.", param="files")


def new_skill(now: float) -> dict[str, Any]:
    """Return a new skill, which has one version; `numbered` is the highest number of a version so far."""
    return {
        "id": f"skill_{ids.spelled(secrets.token_hex(16), 48)}",
        "created_at": int(now),
        "default_version": "1",
        "numbered": 1,
    }


def new_version(skill: Document, bundle: Bundle, now: float) -> dict[str, Any]:
    """Return the version of a skill that has its highest number."""
    return {
        "id": f"skillver_{ids.spelled(secrets.token_hex(16), 48)}",
        "created_at": int(now),
        "description": bundle.description,
        "name": bundle.name,
        "skill_id": skill["id"],
        "version": str(skill["numbered"]),
        "bytes": len(bundle.archive),
    }


def shown(skill: Document, versions: Sequence[Document]) -> dict[str, Any]:
    """Return a skill with the name and the description of its default version, which is among the versions."""
    versions = [version for version in versions if version["skill_id"] == skill["id"]]
    default = version_of(versions, skill, skill["default_version"])
    return {
        "id": skill["id"],
        "created_at": skill["created_at"],
        "default_version": default["version"],
        "description": default["description"],
        "latest_version": max((version["version"] for version in versions), key=int),
        "name": default["name"],
        "object": "skill",
    }


def shown_version(version: Document) -> dict[str, Any]:
    """Return a version of a skill."""
    fields = {name: version[name] for name in ("id", "created_at", "description", "name")}
    return {**fields, "object": "skill.version", "skill_id": version["skill_id"], "version": version["version"]}


def deleted(skill: str, version: str | None = None) -> dict[str, Any]:
    """Return what tells that a skill, or a version of one, is gone."""
    if version is None:
        return {"id": skill, "deleted": True, "object": "skill.deleted"}
    return {"id": skill, "deleted": True, "object": "skill.version.deleted", "version": version}


def version_of(versions: Sequence[Document], skill: Document, name: str) -> Document:
    """Return the version of a skill with a number, or its latest, of all its versions, the oldest first."""
    found = versions[-1:] if name == LATEST else [version for version in versions if version["version"] == name]
    if not found:
        why = f"Version '{name[:200]}' of skill '{skill['id']}' not found."
        raise RequestError(why, status=404, param="version")
    return found[0]


def default_stays() -> RequestError:
    """Return the error of a default version that is to be deleted while there are others."""
    return RequestError("The default version of a skill cannot be deleted. Set another default version first.")


def storage_full(size: int) -> RequestError:
    """Return the error of a skill for which there is no room."""
    return no_room(size, param="files")
