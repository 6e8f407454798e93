"""The views of agents; a rule that names `format: managed_agent` can refuse one, or name its id."""

import time
from collections.abc import Mapping
from typing import Any

from completions.state.records import Document
from completions.views.background_work import scripted_id
from completions.views.managed_agents.resources import archive, newest_first, resource
from completions.views.stored import ResourceRequest
from completions.wire.anthropic import skills
from completions.wire.anthropic.managed import agents
from completions.wire.anthropic.managed.kinds import AGENT
from completions.wire.anthropic.managed.listing import list_page
from completions.wire.fields import mapping


@resource
async def create_agent(request: ResourceRequest) -> dict[str, Any]:
    """Keep an agent in its first version."""
    body = request.body
    agents.check_agent(body)
    agent = agents.new_agent(body, await skill_versions(request), time.time())
    agent["id"] = await scripted_id(request, body, AGENT) or agent["id"]
    first = agent["versions"][0]
    first["multiagent"] = await _roster(request, first["multiagent"], agent)
    await request.records.put(AGENT, agent["id"], agent)
    return agents.shown(agent)


async def skill_versions(request: ResourceRequest) -> agents.SkillVersion:
    """Return the function that finds the version of a skill, which is the newest unless one is named."""
    newest = {skill["id"]: skill["latest_version"] for skill in skills.published(beta=True)}
    for version in await request.all(skills.VERSION):
        newest[version["skill_id"]] = version["version"]

    def version_of(skill: Mapping[str, Any]) -> str:
        named: str = skill.get("version") or skills.LATEST
        return newest.get(skill["skill_id"], named) if named == skills.LATEST else named

    return version_of


async def _roster(request: ResourceRequest, multiagent: object, own: Document) -> object:
    """Return a coordinator with the version of each agent that it may call; anything else unchanged."""
    if not (entries := agents.check_roster(multiagent)):
        return multiagent
    resolved = []
    for entry in entries:
        fields: dict[str, Any] = {"id": entry} if isinstance(entry, str) else mapping(entry)
        if fields.get("type") == "advisor":
            resolved.append(fields)
            continue
        record = own if fields.get("type") == "self" else await request.get(AGENT, str(fields.get("id")))
        version = agents.version_of_agent(record, fields.get("version"))
        resolved.append({"type": "agent", "id": record["id"], "version": version["version"]})
    return {**mapping(multiagent), "agents": resolved}


@resource
async def list_agents(request: ResourceRequest) -> dict[str, Any]:
    """List the agents, the newest first."""
    return await newest_first(request, AGENT, agents.shown)


@resource
async def retrieve_agent(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show an agent in its newest version, or in another one."""
    agent, number = await request.get(AGENT, name), request.query.get("version")
    version = agents.version_of_agent(agent, None if number is None else agents.read_version(number))
    return agents.shown(agent, version)


@resource
async def update_agent(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Give an agent a further version, unless nothing changes."""
    body = request.body
    agents.check_change(body)
    if body.get("multiagent") is not None:
        body["multiagent"] = await _roster(request, body["multiagent"], await request.get(AGENT, name))
    version_of, now = await skill_versions(request), time.time()
    agent = await request.change(AGENT, name, lambda before: agents.changed_agent(before, body, version_of, now))
    return agents.shown(agent)


@resource
async def list_agent_versions(request: ResourceRequest, name: str) -> dict[str, Any]:
    """List the versions of an agent, the newest first."""
    agent = await request.get(AGENT, name)
    found = [agents.shown(agent, version) for version in reversed(agent["versions"])]
    return list_page_of_versions(found, request.query)


def list_page_of_versions(versions: list[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    """Return a page of versions, whose cursors are their numbers, for they share one id."""
    numbered = [{"id": str(version["version"]), "version": version} for version in versions]
    page = list_page(numbered, query)
    return {**page, "data": [each["version"] for each in page["data"]]}


@resource
async def archive_agent(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Archive an agent: no session can be made with it any more."""
    return agents.shown(await archive(request, AGENT, name))
