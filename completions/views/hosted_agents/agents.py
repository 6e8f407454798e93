"""The views of agents; a rule that names `format: hosted_agent` can refuse one, or name its id."""

import time
from typing import Any

from completions.views.hosted_agents.resources import keep_new, page_of, resource
from completions.views.stored import ResourceRequest
from completions.wire.openai.hosted_agents import agents
from completions.wire.openai.hosted_agents.kinds import AGENT
from completions.wire.openai.hosted_agents.records import deleted


@resource
async def create_agent(request: ResourceRequest) -> dict[str, Any]:
    """Keep an agent."""
    body = request.body
    agents.check_agent(body)
    return agents.shown(await keep_new(request, AGENT, agents.new_agent(body, time.time()), body))


@resource
async def list_agents(request: ResourceRequest) -> dict[str, Any]:
    """List the agents, the newest first."""
    return await page_of(request, AGENT, agents.shown)


@resource
async def retrieve_agent(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show an agent."""
    return agents.shown(await request.get(AGENT, name))


@resource
async def update_agent(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Change an agent; sessions that have it keep it as it was."""
    body, now = request.body, time.time()
    agents.check_change(body)
    return agents.shown(await request.change(AGENT, name, lambda before: agents.changed_agent(before, body, now)))


@resource
async def delete_agent(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove an agent; its sessions stay."""
    await request.delete(AGENT, name)
    return deleted(name, "agent")
