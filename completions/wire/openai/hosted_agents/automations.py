"""Automations and their invocations: what is refused, and what they look like. No clock runs one.

Shapes: `AutomationCreateParams`, `PeriodicAutomation`, `OneTimeAutomation` and `AutomationInvocation` of the openai SDK
3.57. The words of errors are ours.
"""

import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.fields import mapping
from completions.wire.openai.hosted_agents import agents, environments, tools
from completions.wire.openai.hosted_agents.checks import METADATA, STRINGS, check, invalid
from completions.wire.openai.hosted_agents.records import new_id, new_metadata
from completions.wire.openai.hosted_agents.sessions import MESSAGES
from completions.wire.openai.stored import metadata
from completions.wire.validation import (
    Check,
    Problem,
    anything,
    integer,
    record,
    string,
    tagged,
    worded_problem,
)

CRON = re.compile(r"\s*(?:[\w*/,?#-]+\s+){4}[\w*/,?#-]+\s*")
"""Five fields of a cron expression, whatever they say."""


def _expression(value: Any) -> Problem | None:
    if (problem := string(low=1)(value)) is not None:
        return problem
    return None if CRON.fullmatch(value) else worded_problem("Invalid cron expression.", "invalid_value", "")


def _timezone(value: Any) -> Problem | None:
    if (problem := string(low=1)(value)) is not None:
        return problem
    return None if value in available_timezones() else worded_problem("Unknown timezone.", "invalid_value", "")


_TARGET = tagged(
    "type",
    {
        "new_session": record(
            {
                "type": anything,
                "environment": environments.PARAMETER,
                "input": MESSAGES,
                "agent": record(agents.CONFIGURATION),
                "agent_id": string(low=1, high=64),
                "metadata": METADATA,
                "vault_ids": STRINGS,
            },
            ("environment", "input"),
        ),
        "existing_session": record(
            {"type": anything, "instructions": string(low=1), "session_id": string(low=1)},
            ("instructions", "session_id"),
        ),
    },
)
_SHARED: Mapping[str, Check] = {"name": string(low=1), "target": _TARGET, "metadata": metadata}
_PERIODIC: Mapping[str, Check] = {**_SHARED, "expression": _expression, "timezone": _timezone}
_ONCE: Mapping[str, Check] = {**_SHARED, "run_at": integer(0)}
_NEW = tagged(
    "type",
    {
        "periodic": record({"type": anything, **_PERIODIC}, ("expression", "name", "target", "timezone")),
        "once": record({"type": anything, **_ONCE}, ("name", "run_at", "target")),
    },
)
_CHANGES: Mapping[str, Check] = {"periodic": record(_PERIODIC), "once": record(_ONCE)}


def check_automation(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a new automation."""
    check(body, _NEW)
    _check_target(body["target"])


def check_change(before: Document, body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a change of an automation, whose target keeps its type."""
    check(body, _CHANGES[before["type"]])
    if "target" in body:
        _check_target(body["target"])
        if body["target"]["type"] != before["target"]["type"]:
            raise invalid(f"The target's type is '{before['target']['type']}'.", "target.type")


def _check_target(target: Mapping[str, Any]) -> None:
    if target["type"] == "existing_session":
        return
    if ("agent" in target) == ("agent_id" in target):
        raise invalid("Provide exactly one of 'agent' and 'agent_id'.", "target.agent")
    if "agent" in target and target["agent"].get("model") is None:
        raise invalid("Missing required parameter: 'target.agent.model'.", "target.agent.model")
    environments.check_reference(target["environment"])


def new_automation(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the record of a new automation."""
    fields = {key: body[key] for key in ("type", "name", "target", "expression", "timezone", "run_at") if key in body}
    head = {"id": new_id("automation"), "created": now, "metadata": new_metadata(body), "status": "active"}
    return {**head, **fields}


def changed_automation(before: Document, body: Mapping[str, Any]) -> Document:
    """Return the record of an automation after a change."""
    check_change(before, body)
    return {**before, **body}


def with_status(before: Document, status: str) -> Document:
    """Return the record of an automation that is paused or active."""
    return {**before, "status": status}


def shown(record: Document) -> dict[str, Any]:
    """Return an automation."""
    schedule = ("expression", "timezone") if record["type"] == "periodic" else ("run_at",)
    return {
        "id": record["id"],
        "object": "agent.automation",
        "type": record["type"],
        "name": record["name"],
        "status": record["status"],
        "pause_reason": None,
        "created_at": int(record["created"]),
        "created_by": {"type": "developer"},
        "metadata": record["metadata"],
        **{key: record[key] for key in schedule},
        "target": _shown_target(record["target"]),
    }


def _shown_target(target: Mapping[str, Any]) -> dict[str, Any]:
    if target["type"] == "existing_session":
        return dict(target)
    agent = None
    if "agent" in target:
        agent = agents.shown_in_session(agents.resolved(target["agent"]))
        agent["tools"] = tools.shown(tools.resolved(target["agent"].get("tools")), saved=False)
    return {
        "type": "new_session",
        "agent": agent,
        "agent_id": target.get("agent_id"),
        "environment": _shown_environment(target["environment"]),
        "input": [{"type": "message", **message} for message in target["input"]],
        "metadata": new_metadata(target),
        "vault_ids": list(target.get("vault_ids") or ()),
    }


def _shown_environment(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the environment of a target: what it leaves out is null (`AutomationEnvironment`)."""
    if given["type"] == "none":
        return {"type": "none"}
    directories = given.get("capability_directories")
    if given["type"] == "self_hosted":
        own = {"workspace_directory": given["workspace_directory"], "environment_id": None}
        return {"type": "self_hosted", **own, "capability_directories": list(directories or ())}
    resolved = environments.resolved({**given, "files": []}, {})
    keys = ("capability_directories", "desktop", "network", "packages", "plugins", "skills")
    fields = {key: resolved[key] if given.get(key) is not None else None for key in keys}
    names = ("container_size", "environment_id", "environment_template_id")
    return {"type": "openai_hosted", **{name: given.get(name) for name in names}, **fields, "files": None}


def session_request(automation: Document) -> dict[str, Any]:
    """Return the body of the request for a new session with which an invocation begins."""
    return {key: value for key, value in automation["target"].items() if key != "type"}


def message_of(automation: Document) -> dict[str, Any]:
    """Return the message that delivers the instructions to a session; how the real one words it is unknown."""
    return {"role": "user", "content": [{"type": "input_text", "text": automation["target"]["instructions"]}]}


def new_invocation(automation: Document, now: float) -> dict[str, Any]:
    """Return the record of a new invocation by hand."""
    head = {"id": new_id("invocation"), "created": now, "automation": automation["id"]}
    return {**head, "session": None, "error": None, "status": "queued"}


def delivered(invocation: Document, session: str) -> Document:
    """Return the record of an invocation that a session has taken."""
    return {**invocation, "session": session, "status": "completed"}


def failed(invocation: Document, exc: RequestError) -> Document:
    """Return the record of an invocation that no session has taken."""
    error = {"code": exc.code or "invalid_request_error", "message": exc.message}
    return {**invocation, "error": error, "status": "failed"}


def shown_invocation(record: Document) -> dict[str, Any]:
    """Return an invocation."""
    return {
        "id": record["id"],
        "object": "agent.automation.invocation",
        "automation_id": record["automation"],
        "created_at": int(record["created"]),
        "scheduled_at": None,
        "session_id": record["session"],
        "source": {"type": "manual"},
        "status": record["status"],
        "skip_reason": None,
        "error": record["error"],
    }


def target_session(automation: Document) -> str | None:
    """Return the session to which an automation delivers; None if each invocation makes one."""
    name: str | None = mapping(automation["target"]).get("session_id")
    return name
