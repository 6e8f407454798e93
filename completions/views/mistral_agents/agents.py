"""The views of agents; a rule that names `format: mistral_agent` can refuse one, or name its id."""

import time
from typing import Any

from completions.state.records import Document
from completions.views.background_work import scripted_id
from completions.views.http import ExchangeResponse, FastJsonResponse, RawResponse
from completions.views.stored import ResourceRequest, stored
from completions.wire.dialects.mistral_agents import agents
from completions.wire.dialects.mistral_agents.agents import AGENT
from completions.wire.dialects.mistral_pages import page

DEFAULT_SIZE = 20
"""The number of agents, or versions, on a page."""


@stored
async def create_agent(request: ResourceRequest) -> dict[str, Any]:
    """Keep an agent in its first version."""
    body = request.body
    agents.check_agent(body)
    agent = agents.new_agent(body, time.time())
    agent["id"] = await scripted_id(request, body, AGENT, "name", "model") or agent["id"]
    await request.records.put(AGENT, agent["id"], agent)
    return agents.shown(agent)


async def _found(request: ResourceRequest) -> list[Document]:
    return agents.matching(await request.all(AGENT), request.query, request.http_request.GET.getlist("sources"))


@stored
async def list_agents(request: ResourceRequest) -> ExchangeResponse:
    """List the agents, the newest first."""
    found = page(await _found(request), request.query, DEFAULT_SIZE)
    return FastJsonResponse([agents.shown(each) for each in found])


@stored
async def list_agents_in_pages(request: ResourceRequest) -> dict[str, Any]:
    """List the agents, the newest first, with the token of the next page."""
    found = agents.page_from_token(await _found(request), request.query, DEFAULT_SIZE)
    return {**found, "data": [agents.shown(each) for each in found["data"]]}


@stored
async def retrieve_agent(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show an agent in the version that it uses, or in another one."""
    return agents.shown(await request.get(AGENT, name), request.query.get("agent_version") or None)


@stored
async def update_agent(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Give an agent a further version."""
    body, now = request.body, time.time()
    agents.check_change(body)
    return agents.shown(await request.change(AGENT, name, lambda before: agents.changed_agent(before, body, now)))


@stored
async def delete_agent(request: ResourceRequest, name: str) -> ExchangeResponse:
    """Remove an agent."""
    await request.delete(AGENT, name)
    return RawResponse(b"", 204, "application/json")


@stored
async def choose_agent_version(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Let an agent use another one of its versions, which is named in the address, or in the body as in the guide."""
    number, now = request.query.get("version") or str(request.body.get("version", "")), time.time()
    return agents.shown(await request.change(AGENT, name, lambda before: agents.at_version(before, number, now)))


@stored
async def list_agent_versions(request: ResourceRequest, name: str) -> ExchangeResponse:
    """List the versions of an agent, the newest first."""
    agent = await request.get(AGENT, name)
    numbers = page([*range(len(agent["versions"]))][::-1], request.query, DEFAULT_SIZE)
    return FastJsonResponse([agents.shown(agent, str(number)) for number in numbers])


@stored
async def retrieve_agent_version(request: ResourceRequest, name: str, version: str) -> dict[str, Any]:
    """Show a version of an agent."""
    return agents.shown(await request.get(AGENT, name), version)


@stored
async def put_agent_alias(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Give a version of an agent an alias, or move one that there is."""
    query, now = request.query, time.time()
    agent = await request.change(AGENT, name, lambda before: agents.with_alias(before, query, now))
    return agents.shown_alias(agent, query["alias"])


@stored
async def list_agent_aliases(request: ResourceRequest, name: str) -> ExchangeResponse:
    """List the aliases of an agent's versions."""
    agent = await request.get(AGENT, name)
    return FastJsonResponse([agents.shown_alias(agent, alias) for alias in agent["aliases"]])


@stored
async def delete_agent_alias(request: ResourceRequest, name: str) -> ExchangeResponse:
    """Remove an alias; its version stays."""
    alias = request.query.get("alias", "")
    await request.change(AGENT, name, lambda before: agents.without_alias(before, alias))
    return RawResponse(b"", 204, "application/json")
