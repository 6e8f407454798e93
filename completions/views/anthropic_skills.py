"""The views of Anthropic's skills; a rule that names `format: anthropic_skill` can refuse one, or name its id."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from completions.state.records import Document
from completions.views.background_work import scripted_id
from completions.views.edge import read_body
from completions.views.files import download
from completions.views.http import ExchangeResponse
from completions.views.skill_versions import keep_version, read_in_thread, versions_of
from completions.views.stored import ResourceRequest, stored
from completions.wire.anthropic import skills
from completions.wire.anthropic.skills import LIMITS, SKILL, VERSION
from completions.wire.skill_bundle import Bundle


@stored
async def create_skill(request: ResourceRequest) -> dict[str, Any]:
    """Keep a skill, and its first version."""
    beta, now = _is_beta(request), time.time()
    bundle, fields = await _read_upload(request)
    title = fields.get("display_title" if beta else "display_name")
    if title is not None:
        skills.check_title(title)
    skill = skills.new_skill(bundle, title, now)
    if beta and any(each["title"] == skill["title"] for each in await request.all(SKILL)):
        raise skills.title_taken(skill["title"])
    facts = {"name": bundle.name, "title": skill["title"]}
    skill["id"] = await scripted_id(request, facts, SKILL, *facts) or skill["id"]
    version = await _keep_version(request, skill, bundle, now)
    skill["latest"] = version["version"]
    await request.records.put(SKILL, skill["id"], skill)
    return skills.shown(skill, [version], beta=beta)


def _is_beta(request: ResourceRequest) -> bool:
    return skills.is_beta(request.http_request.headers.get("anthropic-beta"))


async def _read_upload(request: ResourceRequest) -> tuple[Bundle, Mapping[str, str]]:
    """Return the uploaded skill and the form's fields; raise the API's error for an invalid upload."""
    skills.check_size(read_body(request.http_request))
    form = request.form
    return await read_in_thread(form.uploads.get("files[]", ()), LIMITS), form.fields


async def _keep_version(request: ResourceRequest, skill: Document, bundle: Bundle, now: float) -> dict[str, Any]:
    return await keep_version(request, VERSION, skills.new_version(skill, bundle, now), bundle, skills.storage_full)


@stored
async def list_skills(request: ResourceRequest) -> dict[str, Any]:
    """List the skills, the newest first, and then Anthropic's own; or only those of one source."""
    beta, source = _is_beta(request), request.query.get("source")
    skills.check_source(source)
    versions = await request.all(VERSION)
    custom = [skills.shown(skill, versions, beta=beta) for skill in reversed(await request.all(SKILL))]
    found = [*(custom if source != "anthropic" else ()), *(skills.published(beta=beta) if source != "custom" else ())]
    return skills.list_page(found, request.query, beta=beta)


@stored
async def retrieve_skill(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a skill."""
    beta = _is_beta(request)
    if (own := _published(name, beta=beta)) is not None:
        return own
    return skills.shown(await request.get(SKILL, name), await request.all(VERSION), beta=beta)


def _published(name: str, *, beta: bool) -> dict[str, Any] | None:
    return next((skill for skill in skills.published(beta=beta) if skill["id"] == name), None)


@stored
async def delete_skill(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a skill with its versions; in the beta these must have been removed before."""
    _check_custom(name)
    versions = await _versions(request, name)
    if _is_beta(request) and versions:
        raise skills.has_versions()
    await request.delete(SKILL, name)
    for version in versions:
        await request.delete_file(VERSION, version["id"])
    return {"id": name, "type": "skill_deleted"}


def _check_custom(name: str) -> None:
    if _published(name, beta=False) is not None:
        raise skills.read_only(name)


async def _versions(request: ResourceRequest, name: str) -> Sequence[Document]:
    """Return the versions of a skill, the oldest first; raise the API's error where there is no such skill."""
    await request.get(SKILL, name)
    return await versions_of(request, VERSION, name)


@stored
async def create_skill_version(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Keep a new version of a skill."""
    _check_custom(name)
    now, skill = time.time(), await request.get(SKILL, name)
    bundle, _ = await _read_upload(request)
    skills.check_name(skill, bundle)
    version = await _keep_version(request, skill, bundle, now)
    latest = {"updated": now, "latest": version["version"]}
    await request.change(SKILL, name, lambda before: {**before, **latest})
    return skills.shown_version(version, beta=_is_beta(request))


@stored
async def list_skill_versions(request: ResourceRequest, name: str) -> dict[str, Any]:
    """List the versions of a skill, the newest first."""
    beta = _is_beta(request)
    found = [skills.shown_version(version, beta=beta) for version in reversed(await _versions(request, name))]
    return skills.list_page(found, request.query, beta=beta)


async def _version(request: ResourceRequest, name: str, version: str) -> Document:
    return skills.version_of(await _versions(request, name), version, beta=_is_beta(request))


@stored
async def retrieve_skill_version(request: ResourceRequest, name: str, version: str) -> dict[str, Any]:
    """Show a version of a skill."""
    return skills.shown_version(await _version(request, name, version), beta=_is_beta(request))


@stored
async def download_skill_version(request: ResourceRequest, name: str, version: str) -> ExchangeResponse:
    """Send the files of a version, as a zip archive."""
    found = await _version(request, name, version)
    return download(await request.bytes_of(VERSION, found["id"]), f"{found['name']}.zip")


@stored
async def delete_skill_version(request: ResourceRequest, name: str, version: str) -> dict[str, Any]:
    """Remove a version of a skill; outside of the beta not the only one."""
    beta, versions = _is_beta(request), await _versions(request, name)
    found = skills.version_of(versions, version, beta=beta)
    if not beta and len(versions) == 1:
        raise skills.last_version()
    await request.delete_file(VERSION, found["id"])
    left = [each["version"] for each in versions if each["id"] != found["id"]]
    await request.change(SKILL, name, lambda before: {**before, "latest": max(left, key=int, default=None)})
    return skills.deleted(found, beta=beta)
