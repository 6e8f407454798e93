"""The views of environments, their files and templates; rules that name their formats can refuse one, or name its id.

No program runs in an environment, so it has the files that it was given.
"""

import time
from collections.abc import Mapping
from typing import Any

from completions.state.records import Document
from completions.views.address import root_of
from completions.views.hosted_agents.resources import keep_new, page_of, resource
from completions.views.stored import ResourceRequest
from completions.wire.fields import dicts
from completions.wire.openai.files import FILE
from completions.wire.openai.hosted_agents import environments
from completions.wire.openai.hosted_agents.kinds import ENVIRONMENT, TEMPLATE, VAULT
from completions.wire.openai.hosted_agents.records import deleted


async def environment_of(request: ResourceRequest, given: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the environment of a new session as it is shown; one that has no id yet is kept."""
    if given["type"] == "none":
        return {"type": "none"}
    root = root_of(request.http_request)
    if "environment_id" not in given:
        return environments.in_session(given, await _kept(request, given, now, used=True), root)

    def attached(before: Document) -> Document:
        if before.get("used"):
            raise environments.in_use(given["environment_id"])
        return {**before, "used": True}

    environment = await request.change(ENVIRONMENT, given["environment_id"], attached)
    return environments.in_session(given, environment, root)


async def _kept(request: ResourceRequest, given: Mapping[str, Any], now: float, *, used: bool) -> Document:
    template = await request.get(TEMPLATE, given["environment_template_id"]) if _has_template(given) else None
    configuration = {}
    if given["type"] == "openai_hosted":
        configuration = environments.resolved(given, await _sizes(request, given), template)
    record = environments.new_environment(configuration, given["type"], now)
    return await keep_new(request, ENVIRONMENT, {**record, "used": used}, {})


def _has_template(given: Mapping[str, Any]) -> bool:
    return given.get("environment_template_id") is not None


async def _sizes(request: ResourceRequest, given: Mapping[str, Any]) -> environments.Sizes:
    """Return the sizes of the uploaded files that a configuration names; raise the 404 of one that is missing."""
    names = {each["file_id"] for each in dicts(given.get("files")) if each["type"] == "file_id"}
    return {name: (await request.get(FILE, name))["bytes"] for name in sorted(names)}


@resource
async def create_environment(request: ResourceRequest) -> dict[str, Any]:
    """Keep an environment of OpenAI's, which a session can name."""
    body = request.body
    environments.check_environment(body)
    for vault in body.get("vault_ids") or ():
        await request.get(VAULT, vault)
    return environments.shown(await _kept(request, body["environment"], time.time(), used=False))


@resource
async def list_environments(request: ResourceRequest) -> dict[str, Any]:
    """List the environments of a type, the newest first."""
    kind = request.query.get("type", "openai_hosted")
    return await page_of(request, ENVIRONMENT, environments.shown, lambda record: record["type"] == kind)


@resource
async def retrieve_environment(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show an environment."""
    return environments.shown(await request.get(ENVIRONMENT, name))


@resource
async def upload_environment_file(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Put a file into an environment; one at the same path is replaced."""
    body = request.body
    environments.check_file(body)
    await request.get(ENVIRONMENT, name)
    file = environments.new_file(body, await _sizes(request, {"files": [body]}))

    def edit(before: Document) -> Document:
        others = [each for each in before.get("files", ()) if each["path"] != file["path"]]
        return {**before, "files": [*others, file]}

    return environments.live_file(await request.change(ENVIRONMENT, name, edit), file)


@resource
async def list_environment_files(request: ResourceRequest, name: str) -> dict[str, Any]:
    """List the files of an environment by their paths."""
    return environments.file_page(await request.get(ENVIRONMENT, name), request.query)


@resource
async def create_environment_template(request: ResourceRequest) -> dict[str, Any]:
    """Keep a template."""
    body = request.body
    environments.check_template(body)
    template = environments.new_template(body, await _sizes(request, body), time.time())
    return environments.shown_template(await keep_new(request, TEMPLATE, template, body))


@resource
async def list_environment_templates(request: ResourceRequest) -> dict[str, Any]:
    """List the templates, the newest first."""
    return await page_of(request, TEMPLATE, environments.shown_template)


@resource
async def retrieve_environment_template(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a template."""
    return environments.shown_template(await request.get(TEMPLATE, name))


@resource
async def update_environment_template(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Change a template, for the sessions from now on."""
    body, now = request.body, time.time()
    environments.check_template(body)
    sizes = await _sizes(request, body)
    return environments.shown_template(
        await request.change(TEMPLATE, name, lambda before: environments.changed_template(before, body, sizes, now))
    )


@resource
async def delete_environment_template(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a template; the environments that were made of it stay."""
    await request.delete(TEMPLATE, name)
    return deleted(name, "agent.environment.template")
