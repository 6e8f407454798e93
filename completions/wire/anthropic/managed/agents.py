"""Agents of Managed Agents, in versions: what they look like, and what is refused.

Shapes: `BetaManagedAgentsAgent` and `AgentCreateParams` of the anthropic SDK 2.14; that a change of nothing makes no
new version: the guide "Agent setup" (November 2026).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.wire.anthropic.checks import array as array_of
from completions.wire.anthropic.checks import choice, integer, record, string, tagged
from completions.wire.anthropic.checks import mapping as any_object
from completions.wire.anthropic.managed.checks import check_fields
from completions.wire.anthropic.managed.metadata import metadata, metadata_patch, patched
from completions.wire.anthropic.managed.records import new_id, optional_time, written_time
from completions.wire.anthropic.managed.tools import SERVERS, TOOLS, resolved_tools, tools_problem
from completions.wire.base import Document
from completions.wire.fields import mapping
from completions.wire.validation import Check, Problem, nullable, refuse

MAX_NAME, MAX_DESCRIPTION, MAX_SYSTEM, MAX_SKILLS = 256, 2048, 100_000, 64
"""The most characters and skills; that of the system prompt is in the SDK, the others are ours."""

EFFORTS = ("low", "medium", "high", "xhigh", "max")
MAX_ROSTER = 20
DEFAULT_EFFORT = "high"
"""The effort of a model for which none is chosen: Anthropic's guide "Effort"."""

_EFFORT_OBJECT = tagged({effort: record({"type": string()}) for effort in EFFORTS})
_MODEL_CONFIG = record(
    {
        "id": string(1, 256),
        "effort": nullable(lambda value: choice(*EFFORTS)(value) if type(value) is str else _EFFORT_OBJECT(value)),
        "inference_geo": nullable(string()),
        "speed": nullable(choice("standard", "fast")),
    },
    ("id",),
)


def _model(value: Any) -> Problem | None:
    return string(1, 256)(value) if type(value) is str else _MODEL_CONFIG(value)


_SKILL = record(
    {"type": choice("anthropic", "custom"), "skill_id": string(1), "version": nullable(string())}, ("type", "skill_id")
)
OVERRIDES: Mapping[str, Check] = {
    "model": _model,
    "system": nullable(string(high=MAX_SYSTEM)),
    "tools": TOOLS,
    "mcp_servers": SERVERS,
    "skills": nullable(array_of(_SKILL, MAX_SKILLS)),
}
"""The fields of an agent that a session can override."""

_FIELDS: Mapping[str, Check] = {
    "name": string(1, MAX_NAME),
    **OVERRIDES,
    "description": nullable(string(high=MAX_DESCRIPTION)),
    "execution_identity": nullable(any_object),
    "metadata": metadata,
    "multiagent": nullable(any_object),
}
_CHANGES: Mapping[str, Check] = {**_FIELDS, "metadata": metadata_patch, "version": integer(1)}

SkillVersion = Callable[[Mapping[str, Any]], str]
"""Returns the version of a skill that an agent uses."""


def check_agent(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a new agent."""
    check_fields(body, _FIELDS, ("model", "name"))


def check_change(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a change of an agent."""
    check_fields(body, _CHANGES)


def check_configuration(configuration: Mapping[str, Any]) -> None:
    """Raise what is wrong with an agent's tools and MCP servers together."""
    refuse(tools_problem(configuration["tools"], configuration["mcp_servers"]))


def resolved_fields(body: Mapping[str, Any], version_of: SkillVersion) -> dict[str, Any]:
    """Return those fields of a body that an agent's version has, with all of their own fields."""
    fields = {key: body[key] for key in _FIELDS if key in body and key != "metadata"}
    if "model" in fields:
        fields["model"] = _resolved_model(fields["model"])
    if "tools" in fields:
        fields["tools"] = resolved_tools(fields["tools"] or ())
    if "mcp_servers" in fields:
        fields["mcp_servers"] = list(fields["mcp_servers"] or ())
    if "skills" in fields:
        fields["skills"] = [{**skill, "version": version_of(skill)} for skill in fields["skills"] or ()]
    if "execution_identity" in fields:
        fields["execution_identity"] = fields["execution_identity"] or _SERVICE_ACCOUNT
    for key in ("description", "system"):
        if key in fields:
            fields[key] = fields[key] or None
    return fields


_SERVICE_ACCOUNT = {"type": "service_account"}


def _resolved_model(model: str | Mapping[str, Any]) -> dict[str, Any]:
    config = {"id": model} if isinstance(model, str) else model
    effort = config.get("effort") or DEFAULT_EFFORT
    return {
        "id": config["id"],
        "effort": {"type": effort} if isinstance(effort, str) else effort,
        "inference_geo": config.get("inference_geo"),
        "speed": config.get("speed") or "standard",
    }


def new_agent(body: Mapping[str, Any], version_of: SkillVersion, now: float) -> dict[str, Any]:
    """Return the record of a new agent with its first version."""
    fields: dict[str, Any] = {
        "description": None,
        "execution_identity": _SERVICE_ACCOUNT,
        "mcp_servers": [],
        "multiagent": None,
        "skills": [],
        "system": None,
        "tools": [],
        **resolved_fields(body, version_of),
        "metadata": dict(mapping(body.get("metadata"))),
    }
    check_configuration(fields)
    versions = [{**fields, "version": 1, "updated": now}]
    return {"id": new_id("agent"), "created": now, "archived": None, "versions": versions}


def changed_agent(before: Document, body: Mapping[str, Any], version_of: SkillVersion, now: float) -> Document:
    """Return the record of an agent with a further version, or the same one if nothing changes."""
    if before["archived"] is not None:
        raise RequestError(f"agent {before['id']} is archived")
    current = before["versions"][-1]
    if body.get("version", current["version"]) != current["version"]:
        raise version_conflict(body["version"], current["version"])
    fields = {
        **current,
        **resolved_fields(body, version_of),
        "metadata": patched(current["metadata"], body.get("metadata")),
    }
    model = body.get("model")
    if isinstance(model, dict) and not model.get("effort"):
        fields["model"] = {**fields["model"], "effort": current["model"]["effort"]}
    check_configuration(fields)
    if fields == current:
        return before
    version = {**fields, "version": current["version"] + 1, "updated": now}
    return {**before, "versions": [*before["versions"], version]}


def version_conflict(given: int, current: int) -> RequestError:
    """Return the 409 of a change that is based on another version; the words are ours."""
    return RequestError(
        f"version {given} is not the agent's current version, {current}. Fetch the agent and retry.", status=409
    )


def version_of_agent(record: Document, number: int | None) -> dict[str, Any]:
    """Return the version of an agent with a number, or the newest one; raise the API's 404 where there is none."""
    versions: Sequence[dict[str, Any]] = record["versions"]
    if number is None:
        return versions[-1]
    found = next((version for version in versions if version["version"] == number), None)
    if found is None:
        raise RequestError(f"agent {record['id']} version {number} not found", status=404)
    return found


def read_version(value: str) -> int:
    """Return the version in a query."""
    if not value.isdecimal() or not 1 <= len(value) <= 9 or not int(value):
        raise RequestError("version: Input should be greater than or equal to 1")
    return int(value)


def configuration(version: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a session has of an agent: a version without its metadata and its time."""
    return {key: value for key, value in version.items() if key not in ("metadata", "updated")}


def shown(record: Document, version: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return an agent in one of its versions, or in the newest one."""
    version = version or record["versions"][-1]
    return {
        "id": record["id"],
        "type": "agent",
        **{key: value for key, value in version.items() if key != "updated"},
        "created_at": written_time(record["created"]),
        "updated_at": written_time(version["updated"]),
        "archived_at": optional_time(record["archived"]),
    }


def session_refused(name: str) -> RequestError:
    """Return the error of a session with an archived agent (a clone's comparison, October 2026)."""
    return RequestError(f"agent {name} is archived and cannot be used to create a session")


def check_roster(multiagent: object) -> Sequence[Any]:
    """Return the agents that a coordinator may call; raise what is wrong with them (a clone's comparison)."""
    coordinator = mapping(multiagent)
    if coordinator.get("type") != "coordinator":
        return ()
    agents = coordinator.get("agents")
    if not isinstance(agents, list):
        raise RequestError("multiagent.agents must be an array")
    if not agents:
        raise RequestError("multiagent.coordinator.agents: must contain at least 1 item")
    if len(agents) > MAX_ROSTER:
        raise RequestError(f"multiagent.agents must have between 1 and {MAX_ROSTER} entries")
    for index, entry in enumerate(agents):
        if not isinstance(entry, str) and mapping(entry).get("type") not in ("agent", "self", "advisor"):
            raise RequestError(f'multiagent.agents[{index}]: entry type must be "agent" or "self"')
    return agents
