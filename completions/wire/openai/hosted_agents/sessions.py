"""Sessions: what is refused, and what they look like.

Shapes: `AgentSession`, `SessionCreateParams` and `SessionUpdateParams` of the openai SDK 3.57, and recordings of
2026-09-30. There sessions and turns had no `usage` yet; here they have what their requests to the model used, as the
SDK's types say.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.fields import mapping
from completions.wire.openai.hosted_agents import agents, environments
from completions.wire.openai.hosted_agents.checks import METADATA, STRINGS, check, conflict, invalid
from completions.wire.openai.hosted_agents.log import CREATED, STATUSES, entry, pending_calls, status_of
from completions.wire.openai.hosted_agents.records import new_id, new_metadata
from completions.wire.openai.hosted_agents.tools import TOOLS
from completions.wire.session_log import Entry, log_of, visible
from completions.wire.validation import (
    Check,
    anything,
    array,
    boolean,
    choice,
    either,
    nullable,
    record,
    string,
    tagged,
)

CONTENT = array(
    tagged(
        "type",
        {
            "input_text": record({"type": anything, "text": string()}, ("text",)),
            "input_image": record({"type": anything, "image_url": string(low=1)}, ("image_url",)),
        },
    ),
    "objects",
    low=1,
)
MESSAGES = array(
    record({"type": choice("message"), "role": choice("user"), "content": CONTENT}, ("role", "content")),
    "objects",
    low=1,
)
"""The messages of a user (`AgentSessionInputMessageParam`)."""

_CACHE = nullable(record({"ttl": choice("30m", "12h")}))
_NEW: Mapping[str, Check] = {
    "environment": environments.PARAMETER,
    "agent": record(agents.CONFIGURATION),
    "agent_id": string(low=1, high=64),
    "input": nullable(
        either("one of a string or array of objects", string=string(low=1), array=MESSAGES),
    ),
    "metadata": METADATA,
    "prompt_cache_options": _CACHE,
    "review": choice("none", "auto_review"),
    "stream": nullable(boolean),
    "stream_options": record({"include_obfuscation": boolean}),
    "vault_ids": STRINGS,
}
_CHANGED_AGENT: Mapping[str, Check] = {
    "model": agents.CONFIGURATION["model"],
    "reasoning": record({"effort": nullable(choice(*agents.EFFORTS))}),
    "service_tier": agents.CONFIGURATION["service_tier"],
    "tools": TOOLS,
}
_CHANGE: Mapping[str, Check] = {
    "agent": record(_CHANGED_AGENT),
    "metadata": METADATA,
    "prompt_cache_options": _CACHE,
    "review": choice("none", "auto_review"),
}


def check_session(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a new session. The words for what fields need of each other are ours."""
    check(body, record(_NEW, ("environment",)))
    environments.check_reference(body["environment"])
    environments.check_network(body["environment"], "environment.")
    if "agent_id" not in body and mapping(body.get("agent")).get("model") is None:
        raise invalid("Missing required parameter: 'agent.model'.", "agent.model")
    streams, kind = body.get("stream") is True, body["environment"]["type"]
    if "stream_options" in body and not streams:
        raise invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")
    if not body.get("input") and (kind == "none" or (streams and kind != "self_hosted")):
        raise invalid("Missing required parameter: 'input'.", "input")


def check_change(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a change of a session."""
    check(body, record(_CHANGE))


def messages_of(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the messages with which a session begins."""
    given = body.get("input")
    if isinstance(given, str):
        return [{"role": "user", "content": [{"type": "input_text", "text": given}]}]
    return given or ()


def new_session(
    body: Mapping[str, Any], agent: Mapping[str, Any], environment: Mapping[str, Any], now: float
) -> dict[str, Any]:
    """Return the record of a new session; its environment, if it has one, is connected at once."""
    name, has_none = new_id("sess"), environment["type"] == "none"
    return {
        "id": name,
        "created": now,
        "active": now,
        "metadata": new_metadata(body),
        "agent": dict(agent),
        "environment": dict(environment),
        "vault_ids": list(body.get("vault_ids") or ()),
        "prompt_cache_options": body.get("prompt_cache_options"),
        "review": body.get("review", "none"),
        "log": [entry(CREATED, now, status="in_progress" if has_none else "idle")],
        "turn": None,
        "usage": None,
        "read": 0,
        "interrupts": 0,
        "batch": 0,
        "seen": 0,
        "keys": [],
    }


def connected(record: Document, now: float) -> list[Entry]:
    """Return the events of an environment that connects; in recordings its first turn may begin before."""
    environment = record["environment"]
    if environment["type"] == "none":
        return []
    states = ("ready", "connected") if environment["type"] == "openai_hosted" else ("connected",)
    shown = {"id": environment["id"], "type": environment["type"]}
    return [
        entry(
            f"agent.session.environment.{state}",
            now,
            session_id=record["id"],
            turn_id=None,
            environment={**shown, "status": state, "error": None},
        )
        for state in states
    ]


def changed_session(before: Document, body: Mapping[str, Any]) -> Document:
    """Return the record of a session after a change; it has no event."""
    given = dict(mapping(body.get("agent")))
    if "reasoning" in given:
        given["reasoning"] = {**before["agent"]["reasoning"], **given["reasoning"]}
    changes: dict[str, Any] = {"agent": agents.resolved(given, before["agent"])}
    if "metadata" in body:
        changes["metadata"] = new_metadata(body)
    changes |= {key: body[key] for key in ("prompt_cache_options", "review") if key in body}
    return {**before, **changes}


def shown(record: Document, now: float) -> dict[str, Any]:
    """Return a session as it is by now."""
    return shown_after(record, visible(record, now), now)


def shown_after(record: Document, entries: Sequence[Entry], now: float) -> dict[str, Any]:
    """Return a session as it is after entries of its log."""
    status = status_of(entries)
    waiting = pending_calls(entries) if status == "requires_action" else ()
    document = {
        "metadata": record["metadata"],
        "id": record["id"],
        "object": "agent.session",
        "created_at": int(record["created"]),
        "last_active_at": int(max((each["at"] for each in entries), default=record["active"])),
        "status": status,
        "required_actions": [
            {"type": "function_call", **{key: call[key] for key in ("turn_id", "call_id", "name", "arguments")}}
            for call in waiting
        ],
        "error": None,
        "agent": agents.shown_in_session(record["agent"]),
        "environment": record["environment"],
        "vault_ids": record["vault_ids"],
        "usage": usage_after(entries),
        "prompt_cache_options": record["prompt_cache_options"],
    }
    return document if record["review"] == "none" else {**document, "review": record["review"]}


def due_events(record: Document, start: int, now: float) -> tuple[list[dict[str, Any]], float | None]:
    """Return the events from an index of the log on that are due by now, and when the next one is due."""
    log = log_of(record)
    found: list[dict[str, Any]] = []
    for index in range(start, len(log)):
        if log[index]["at"] > now:
            return found, log[index]["at"]
        found.append(shown_event(record, index))
    return found, None


def shown_event(record: Document, index: int) -> dict[str, Any]:
    """Return an event of the log; one of the session has the session as it is then."""
    at, event = log_of(record)[index]["at"], log_of(record)[index]["event"]
    if event["type"] != CREATED and event["type"] not in STATUSES:
        return event
    kind, name = event["type"], event["event_id"]
    return {"type": kind, "event_id": name, "session": shown_after(record, log_of(record)[: index + 1], at)}


def usage_after(entries: Sequence[Entry]) -> dict[str, Any] | None:
    """Return the tokens that the turns of entries have used; None before the first has ended."""
    used = [each["event"]["usage"] for each in entries if each["event"].get("usage") is not None]
    return total_usage(used) if used else None


def total_usage(used: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sum of usages, in the shape of `TokenUsage`."""

    def total(*path: str) -> int:
        counts = (mapping(each.get(path[0])).get(path[1]) if len(path) > 1 else each.get(path[0]) for each in used)
        return sum(count or 0 for count in counts)

    return {
        "input_tokens": total("input_tokens"),
        "input_tokens_details": {"cached_tokens": total("input_tokens_details", "cached_tokens")},
        "output_tokens": total("output_tokens"),
        "output_tokens_details": {"reasoning_tokens": total("output_tokens_details", "reasoning_tokens")},
        "total_tokens": total("input_tokens") + total("output_tokens"),
    }


def busy(name: str) -> RequestError:
    """Return the 409 of a session that is removed while it works (OpenAI's guide has the status)."""
    return conflict(f"Session '{name[:200]}' has an active turn.")
