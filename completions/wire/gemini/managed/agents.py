"""Agents: a base agent with instructions, tools and an environment, which interactions and triggers name.

Shapes: `google.genai.agents` (3.6). Of the answers there is no recording: for most keys the API makes no agents.
"""

from collections.abc import Mapping
from typing import Any

from completions.wire.base import Document
from completions.wire.gemini.interactions.checks import anything, obj, record, string
from completions.wire.gemini.managed.checks import TOOLS, refuse
from completions.wire.gemini.managed.records import kept, new_id

_FIELDS = ("base_agent", "description", "system_instruction", "tools", "agent_config", "base_environment")
_CHECK = record(
    {
        **dict.fromkeys(("id", "base_agent", "description", "system_instruction"), string),
        "tools": TOOLS,
        "agent_config": obj,
        "base_environment": anything,
    }
)


def check(body: Mapping[str, Any]) -> None:
    """Raise the error of an invalid agent."""
    refuse(_CHECK(dict(body), ""))


def with_agent(body: Mapping[str, Any], agent: Document | None) -> dict[str, Any]:
    """Return the request for an interaction with the instructions and tools of its agent, where it has none itself."""
    return {**kept(agent or {}, "system_instruction", "tools"), **body}


def new_agent(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an agent; one without an id gets one."""
    return {"id": body.get("id") or new_id(), **kept(body, *_FIELDS)}
