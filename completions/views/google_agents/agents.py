"""The views of agents; a rule that names `format: gemini_agent` can refuse one, or name its id."""

from typing import Any

from completions.views.background_work import scripted_id
from completions.views.google_agents.pages import page
from completions.views.stored import ResourceRequest, stored
from completions.wire.gemini.managed import agents
from completions.wire.gemini.managed.checks import already_exists
from completions.wire.gemini.managed.kinds import AGENT


@stored
async def create_agent(request: ResourceRequest) -> dict[str, Any]:
    """Keep an agent."""
    body = request.body
    agents.check(body)
    agent = agents.new_agent(body)
    agent["id"] = await scripted_id(request, body, AGENT, "id", "base_agent") or agent["id"]
    if await request.records.get(AGENT, agent["id"]) is not None:
        raise already_exists(agent["id"])
    await request.records.put(AGENT, agent["id"], agent)
    return agent


@stored
async def list_agents(request: ResourceRequest) -> dict[str, Any]:
    """List the agents, the newest first."""
    return page(request, [dict(each) for each in await request.all(AGENT)][::-1], "agents")


@stored
async def retrieve_agent(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show an agent."""
    return dict(await request.get(AGENT, name))


@stored
async def delete_agent(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove an agent."""
    await request.delete(AGENT, name)
    return {}
