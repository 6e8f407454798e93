"""Sessions of Managed Agents: what they look like, and what is refused.

Shapes: `BetaManagedAgentsSession` and `SessionCreateParams` of the anthropic SDK 2.14. Words: a clone's comparison
(October 2026); where the docstring does not say so, they are ours.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.wire.anthropic.checks import Wrong, array, choice, integer, record, string, tagged
from completions.wire.anthropic.checks import mapping as any_object
from completions.wire.anthropic.managed import agents
from completions.wire.anthropic.managed.checks import check_fields
from completions.wire.anthropic.managed.log import entry, status_of, usage_of
from completions.wire.anthropic.managed.metadata import metadata, metadata_patch, patched
from completions.wire.anthropic.managed.records import new_id, new_record, shown_times
from completions.wire.anthropic.managed.tools import SERVERS, TOOLS, tools_problem
from completions.wire.base import Document
from completions.wire.session_log import Entry, end_of, log_of
from completions.wire.validation import Check, Problem, nullable, refuse

MAX_EVENTS = 50
"""The most initial events: the SDK's `SessionCreateParams`."""

_AMOUNT = record({"amount": string(1, 20, "[1-9][0-9]*|0"), "currency": choice("USD")}, ("amount", "currency"))
BUDGET = record({"type": choice("limit"), "max_list_cost": _AMOUNT}, ("type", "max_list_cost"))
_VERSION = {"version": integer(1)}
_AGENT = tagged(
    {
        "agent": record({"type": string(), "id": string(1), **_VERSION}, ("id",)),
        "agent_with_overrides": record({"type": string(), "id": string(1), **_VERSION, **agents.OVERRIDES}, ("id",)),
    }
)


def _agent(value: Any) -> Problem | None:
    return string(1)(value) if type(value) is str else _AGENT(value)


_FIELDS: Mapping[str, Check] = {
    "environment_id": string(1),
    "agent": _agent,
    "budget": nullable(BUDGET),
    "initial_events": array(any_object, MAX_EVENTS),
    "metadata": metadata,
    "resources": array(any_object),
    "title": nullable(string()),
    "vault_ids": array(string(1)),
}
_CHANGES: Mapping[str, Check] = {
    "agent": record({"tools": TOOLS, "mcp_servers": SERVERS}),
    "budget": nullable(BUDGET),
    "metadata": metadata_patch,
    "title": nullable(string()),
    "vault_ids": lambda value: Wrong("Changing the vaults of a session is not supported"),
}


def check_session(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a new session."""
    if body.keys() <= _FIELDS.keys() and body.get("environment_id") is None:
        raise RequestError("environment_id is required")
    check_fields(body, _FIELDS, ("environment_id", "agent"))


def check_change(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a change of a session."""
    check_fields(body, _CHANGES)


def agent_reference(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the agent that a new session names: its `id`, its `version` if one is named, and what it overrides."""
    agent = body["agent"]
    return {"type": "agent", "id": agent} if isinstance(agent, str) else dict(agent)


def overridden(
    configuration: Mapping[str, Any], reference: Mapping[str, Any], version_of: agents.SkillVersion
) -> dict[str, Any]:
    """Return an agent's configuration with what a session's reference replaces in it."""
    if reference["type"] != "agent_with_overrides":
        return dict(configuration)
    given = {key: reference[key] for key in agents.OVERRIDES if key in reference}
    fields = {**configuration, **agents.resolved_fields(given, version_of)}
    agents.check_configuration(fields)
    return fields


def new_session(body: Mapping[str, Any], agent: Mapping[str, Any], environment: Document, now: float) -> dict[str, Any]:
    """Return the record of a new session with an agent's configuration; it has no resources yet."""
    return {
        **new_record("sesn", body, now),
        "title": body.get("title"),
        "agent": agent,
        "environment_id": environment["id"],
        "is_self_hosted": environment["config"]["type"] == "self_hosted",
        "vault_ids": list(body.get("vault_ids") or ()),
        "resources": [],
        "budget": body.get("budget"),
        "thread_id": new_id("sthr"),
        "outcomes": [],
        "log": [],
        "queue": [],
        "interrupts": 0,
        "batch": 0,
        "seen": 0,
    }


def changed_session(before: Document, body: Mapping[str, Any], now: float) -> Document:
    """Return the record of a session after a change, which its log has as an event; raise why it cannot change."""
    check_open(before, now)
    changes: dict[str, Any] = {}
    if "agent" in body:
        if status_of(before, now) != "idle":
            raise RequestError("The agent of a session cannot be changed while it is running")
        fields = {**before["agent"], **agents.resolved_fields(body["agent"], lambda skill: "")}
        refuse(tools_problem(fields["tools"], fields["mcp_servers"]))
        changes["agent"] = fields
    if body.get("budget") is not None and before["budget"] is None:
        raise RequestError("A budget cannot be added to a session that was created without one")
    if "title" in body:
        changes["title"] = body["title"]
    if "budget" in body:
        changes["budget"] = body["budget"]
    if body.get("metadata") is not None:
        changes["metadata"] = patched(before["metadata"], body["metadata"])
    changes = {key: value for key, value in changes.items() if value != before[key]}
    if not changes:
        return before
    event = entry("session.updated", end_of(before, now), **changes)
    return {**before, **changes, "updated": now, "log": [*log_of(before), event]}


def check_open(record: Document, now: float) -> None:
    """Raise the error of a session that is archived or terminated, in the words of users' quotes (August 2026)."""
    if record["archived"] is not None or status_of(record, now) == "terminated":
        raise RequestError(f"Cannot send events to archived session: {record['id']}")


def check_at_rest(record: Document, now: float, done: str) -> None:
    """Raise the error of a running session, which can be neither archived nor deleted: Anthropic's guide."""
    if status_of(record, now) in ("running", "rescheduling"):
        raise RequestError(f"session {record['id']} is running and cannot be {done}; interrupt it first")


def shown(record: Document, now: float) -> dict[str, Any]:
    """Return a session as it is by now."""
    usage = usage_of(record, now)
    return {
        "id": record["id"],
        "type": "session",
        "status": status_of(record, now),
        "title": record["title"],
        "agent": shown_agent(record),
        "environment_id": record["environment_id"],
        "deployment_id": None,
        "resources": [shown_resource(resource) for resource in record["resources"]],
        "vault_ids": record["vault_ids"],
        "budget": record["budget"],
        "metadata": record["metadata"],
        "outcome_evaluations": record["outcomes"],
        "stats": {"active_seconds": round(usage.active, 3), "duration_seconds": round(now - record["created"], 3)},
        "usage": usage.document(),
        **shown_times(record),
    }


def shown_agent(record: Document) -> dict[str, Any]:
    """Return the agent of a session, as it was when the session was made."""
    return {"type": "agent", **record["agent"]}


def shown_resource(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resource of a session without what only the server may know."""
    return {key: value for key, value in resource.items() if key != "authorization_token"}


def shown_thread(record: Document, now: float) -> dict[str, Any]:
    """Return the primary thread of a session, its only one here."""
    usage, has_run = usage_of(record, now), bool(log_of(record))
    active, lasted = round(usage.active, 3), round(now - record["created"], 3)
    return {
        "id": record["thread_id"],
        "type": "session_thread",
        "session_id": record["id"],
        "parent_thread_id": None,
        "workflow_run_id": None,
        "agent": {key: value for key, value in shown_agent(record).items() if key != "multiagent"},
        "status": status_of(record, now),
        "stats": {"active_seconds": active, "duration_seconds": lasted, "startup_seconds": 0.0} if has_run else None,
        "usage": usage.document() if has_run else None,
        **shown_times(record),
    }


def is_wanted(record: Document, query: Mapping[str, str], statuses: Sequence[str], now: float) -> bool:
    """Tell whether a list has a session, by its agent, a memory store and its status."""
    agent = record["agent"]
    if query.get("agent_id") not in (None, agent["id"]) or "deployment_id" in query:
        return False
    if "agent_id" in query and query.get("agent_version") not in (None, str(agent["version"])):
        return False
    store = query.get("memory_store_id")
    if store is not None and all(resource.get("memory_store_id") != store for resource in record["resources"]):
        return False
    return not statuses or status_of(record, now) in statuses


def check_thread(record: Document, thread: str | None) -> None:
    """Raise the 404 of a thread that a session does not have (a clone's comparison, October 2026)."""
    if thread not in (None, record["thread_id"]):
        raise RequestError(f"thread {(thread or '')[:200]} not found", status=404)


def check_threads(record: Document, events: Sequence[Mapping[str, Any]]) -> None:
    """Raise the 404 of a thread that an interrupt names and the session does not have."""
    for event in events:
        if (thread := event.get("session_thread_id")) not in (None, record["thread_id"]):
            raise RequestError(f"Thread not found: {thread[:200]}", status=404)


def check_delta_kinds(kinds: Sequence[str]) -> None:
    """Raise the error of previews that a stream does not have."""
    if wrong := next((kind for kind in kinds if kind not in ("agent.message", "agent.thinking")), None):
        raise RequestError(f"event_deltas: Input should be 'agent.message' or 'agent.thinking', not '{wrong[:200]}'")


def deleted(name: str) -> dict[str, Any]:
    """Return what tells that a session is gone."""
    return {"id": name, "type": "session_deleted"}


def deleted_event(now: float) -> Entry:
    """Return the last event of a session, which only its streams see."""
    return entry("session.deleted", now)
