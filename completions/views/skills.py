"""The views of OpenAI's skills, which a shell in a container can use; a rule for `format: skill` can refuse one."""

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
from completions.wire.openai import skills
from completions.wire.openai.skills import LIMITS, SKILL, VERSION
from completions.wire.skill_bundle import Bundle


@stored
async def create_skill(request: ResourceRequest) -> dict[str, Any]:
    """Keep a skill, and its first version."""
    bundle, _ = await _read_upload(request)
    skill = skills.new_skill(time.time())
    skill["id"] = await scripted_id(request, {"name": bundle.name}, SKILL, "name") or skill["id"]
    version = await _keep_version(request, skill, bundle)
    await request.records.put(SKILL, skill["id"], skill)
    return skills.shown(skill, [version])


async def _read_upload(request: ResourceRequest) -> tuple[Bundle, Mapping[str, str]]:
    """Return the uploaded skill and the form's fields; raise the API's error for an invalid upload."""
    skills.check_archive(len(read_body(request.http_request)))
    form = request.form
    return await read_in_thread(form.all_files("files"), LIMITS), form.fields


async def _keep_version(request: ResourceRequest, skill: Document, bundle: Bundle) -> dict[str, Any]:
    version = skills.new_version(skill, bundle, time.time())
    return await keep_version(request, VERSION, version, bundle, skills.storage_full)


@stored
async def list_skills(request: ResourceRequest) -> dict[str, Any]:
    """List the skills, the newest first."""
    versions = await request.all(VERSION)
    return request.page([skills.shown(skill, versions) for skill in await request.all(SKILL)], "desc")


@stored
async def retrieve_skill(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a skill."""
    return skills.shown(await request.get(SKILL, name), await request.all(VERSION))


@stored
async def update_skill(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Make another version the one that is used where a request names none."""
    body, versions = request.body, await _versions(request, name)
    skills.check_update(body)
    default = skills.version_of(versions, await request.get(SKILL, name), body["default_version"])
    skill = await request.change(SKILL, name, lambda before: {**before, "default_version": default["version"]})
    return skills.shown(skill, versions)


async def _versions(request: ResourceRequest, name: str) -> Sequence[Document]:
    """Return the versions of a skill, the oldest first; raise the API's error where there is no such skill."""
    await request.get(SKILL, name)
    return await versions_of(request, VERSION, name)


@stored
async def delete_skill(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a skill with all its versions."""
    await _remove(request, name, await _versions(request, name))
    return skills.deleted(name)


async def _remove(request: ResourceRequest, name: str, versions: Sequence[Document]) -> None:
    await request.delete(SKILL, name)
    for version in versions:
        await request.delete_file(VERSION, version["id"])


@stored
async def download_skill(request: ResourceRequest, name: str) -> ExchangeResponse:
    """Send the files of a skill's default version, as a zip archive."""
    skill = await request.get(SKILL, name)
    return await _download(request, skill, skill["default_version"])


async def _download(request: ResourceRequest, skill: Document, version: str) -> ExchangeResponse:
    found = skills.version_of(await _versions(request, skill["id"]), skill, version)
    return download(await request.bytes_of(VERSION, found["id"]), f"{found['name']}.zip")


@stored
async def create_skill_version(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Keep a new version of a skill, which becomes the default one if the form says so."""
    await request.get(SKILL, name)
    bundle, fields = await _read_upload(request)
    default = fields.get("default") == "true"

    def numbered(before: Document) -> Document:
        number = before["numbered"] + 1
        return {**before, "numbered": number} | ({"default_version": str(number)} if default else {})

    skill = await request.change(SKILL, name, numbered)
    return skills.shown_version(await _keep_version(request, skill, bundle))


@stored
async def list_skill_versions(request: ResourceRequest, name: str) -> dict[str, Any]:
    """List the versions of a skill, the newest first."""
    return request.page([skills.shown_version(version) for version in await _versions(request, name)], "desc")


@stored
async def retrieve_skill_version(request: ResourceRequest, name: str, version: str) -> dict[str, Any]:
    """Show a version of a skill."""
    return skills.shown_version(
        skills.version_of(await _versions(request, name), await request.get(SKILL, name), version)
    )


@stored
async def download_skill_version(request: ResourceRequest, name: str, version: str) -> ExchangeResponse:
    """Send the files of a version, as a zip archive."""
    return await _download(request, await request.get(SKILL, name), version)


@stored
async def delete_skill_version(request: ResourceRequest, name: str, version: str) -> dict[str, Any]:
    """Remove a version of a skill: the only one with the skill itself, the default one of several not at all."""
    skill, versions = await request.get(SKILL, name), await _versions(request, name)
    found = skills.version_of(versions, skill, version)
    if len(versions) == 1:
        await _remove(request, name, versions)
    elif found["version"] == skill["default_version"]:
        raise skills.default_stays()
    else:
        await request.delete_file(VERSION, found["id"])
    return skills.deleted(name, found["version"])
