"""Anthropic's skills and their versions: what they look like, and what is refused.

Shapes: `anthropic.types.Skill` and `SkillVersion`; with the beta `skills-2025-10-02` those of Anthropic's reference of
2025, which name versions by the time at which they were made. Behaviour: answers that users quote, and measurements of
July 2026, of the beta.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from completions import ids
from completions.exceptions import RequestError
from completions.wire.anthropic.beta import requested_betas
from completions.wire.anthropic.pages import token_page
from completions.wire.base import Document
from completions.wire.skill_bundle import Bundle, Limits
from completions.wire.storage import no_room

SKILL, VERSION = "anthropic_skill", "anthropic_skill_version"
"""The kinds under which skills and their versions are kept, which name their rules too."""

BETA = "skills-2025-10-02"
LATEST = "latest"
MAX_TITLE = 255
MAX_REQUEST = 30 * 1024 * 1024
LIMITS = Limits(files=10_000, size=MAX_REQUEST, total=MAX_REQUEST, strict=True)
"""The API says how large a skill is that it takes, and not how many files it has."""

_PUBLISHED = {"xlsx": "20260203", "pptx": "20260304", "pdf": "20260203", "docx": "20260212"}
"""Anthropic's own skills and their versions, as listed in 2026."""

_CREATED, _UPDATED = 1760431271.530827, 1770131384.321438
"""The times that were listed of `xlsx`, in seconds since the epoch; they stand for those of the others here."""


def is_beta(header: str | None) -> bool:
    """Tell from the header of the betas whether a request is answered in the shapes of the skills' beta."""
    return BETA in requested_betas(header)


def check_size(body: bytes) -> None:
    """Raise the error of a request that is too large."""
    if len(body) > MAX_REQUEST:
        why = "Request exceeds the maximum size. The Skills API accepts requests up to 30MBs."
        raise RequestError(why, status=413)


def check_title(title: str) -> None:
    """Raise what is wrong with the name that people see."""
    if not 1 <= len(title) <= MAX_TITLE or "\n" in title:
        raise RequestError(f"display_name: A display name is one line of 1 to {MAX_TITLE} characters")


def new_skill(bundle: Bundle, title: str | None, now: float) -> dict[str, Any]:
    """Return a new skill; where people see no other name, they see that of its SKILL.md."""
    return {
        "id": f"skill_01{ids.spelled(secrets.token_hex(16), 22, ids.BASE58)}",
        "created": now,
        "updated": now,
        "title": title or bundle.name,
        "name": bundle.name,
    }


def new_version(skill: Document, bundle: Bundle, now: float) -> dict[str, Any]:
    """Return a new version of a skill; in the beta its time in microseconds names it."""
    return {
        "id": f"skill_version_01{ids.spelled(secrets.token_hex(16), 22, ids.BASE58)}",
        "skill_id": skill["id"],
        "created": now,
        "version": str(int(now * 1_000_000)),
        "name": bundle.name,
        "description": bundle.description,
        "directory": bundle.folder,
        "bytes": len(bundle.archive),
    }


def published(*, beta: bool) -> list[dict[str, Any]]:
    """Return Anthropic's own skills, which code can use for documents, in the order in which they are listed."""
    return [_document(_published_skill(name), version, "anthropic", beta=beta) for name, version in _PUBLISHED.items()]


def _published_skill(name: str) -> Document:
    return {"id": name, "created": _CREATED, "updated": _UPDATED, "title": name}


def shown(skill: Document, versions: Sequence[Document], *, beta: bool) -> dict[str, Any]:
    """Return a skill, with the newest of its versions, if it has any."""
    versions = [version for version in versions if version["skill_id"] == skill["id"]]
    newest = max(versions, key=lambda version: int(version["version"]), default=None)
    version = None if newest is None else newest["version" if beta else "id"]
    return _document(skill, version, "custom", beta=beta)


def _document(skill: Document, version: str | None, source: str, *, beta: bool) -> dict[str, Any]:
    """Return a skill in the shape of the API, or of its beta; `version` names the newest one."""
    if beta:
        fields: dict[str, Any] = {"display_title": skill["title"], "latest_version": version, "source": source}
    else:
        fields = {"display_name": skill["title"], "latest_version_id": version, "source": {"type": source}}
    created, updated = _time(skill["created"]), _time(skill["updated"])
    return {"id": skill["id"], "created_at": created, **fields, "type": "skill", "updated_at": updated}


def shown_version(version: Document, *, beta: bool) -> dict[str, Any]:
    """Return a version of a skill."""
    return {
        "id": version["id"],
        "created_at": _time(version["created"]),
        "description": version["description"],
        **({"directory": version["directory"]} if beta else {}),
        "name": version["name"],
        "skill_id": version["skill_id"],
        "type": "skill_version",
        **({"version": version["version"]} if beta else {}),
    }


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def list_page(found: Sequence[dict[str, Any]], query: Mapping[str, str], *, beta: bool) -> dict[str, Any]:
    """Return a page of skills or versions; only the beta says besides whether there are more."""
    page = token_page(found, query)
    more = {"has_more": page["has_more"]} if beta else {}
    return {"data": page["data"], **more, "next_page": page["next_page"]}


def check_source(source: str | None) -> None:
    """Raise what is wrong with the source by which skills are listed."""
    if source not in (None, "custom", "anthropic"):
        raise RequestError("source: Input should be 'custom' or 'anthropic'")


def deleted(version: Document, *, beta: bool) -> dict[str, Any]:
    """Return what tells that a version is gone."""
    return {"id": version["version" if beta else "id"], "type": "skill_version_deleted"}


def not_found(name: str) -> RequestError:
    """Return the API's 404 for a skill."""
    return RequestError(f"Skill not found: {name[:200]}", status=404)


def version_of(versions: Sequence[Document], name: str, *, beta: bool) -> Document:
    """Return the version of a skill that a name means, of all its versions, the oldest first."""
    if beta and name != LATEST and not name.isdecimal():
        raise RequestError("Invalid version format")
    key = "version" if beta else "id"
    found = versions[-1:] if name == LATEST else [version for version in versions if version[key] == name]
    if not found:
        raise RequestError(f"Skill version not found: {name[:200]}", status=404)
    return found[0]


def check_name(skill: Document, bundle: Bundle) -> None:
    """Raise the error of a new version whose name is not the skill's."""
    if bundle.name != skill["name"]:
        raise RequestError(f"The skill name '{bundle.name}' in SKILL.md must be that of the skill, '{skill['name']}'.")


def title_taken(title: str) -> RequestError:
    """Return the beta's error of a second skill with the same title."""
    return RequestError(f"Skill cannot reuse an existing display_title: {title}")


def has_versions() -> RequestError:
    """Return the beta's error of a skill that cannot be deleted yet."""
    return RequestError("Cannot delete skill with existing versions. Delete all versions first.")


def last_version() -> RequestError:
    """Return the error of a version without which its skill would have none: outside of the beta it has always one."""
    return RequestError("Cannot delete the only version of a skill. Delete the skill instead.")


def read_only(name: str) -> RequestError:
    """Return the error of a change to one of Anthropic's own skills."""
    return RequestError(f"The skill {name[:200]} is published by Anthropic, and cannot be changed.", status=403)


def storage_full(size: int) -> RequestError:
    """Return the error of a skill for which there is no room."""
    return no_room(size, status=413)
