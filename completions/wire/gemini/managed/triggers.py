"""Triggers, which run an agent by a schedule, and their executions.

Shapes: `google.genai.triggers` (3.6). Recorded by genai-rs on 2026-08-08: the words for an interaction without an agent
(`Agent '' is invalid or not found`), and that `store` is refused in it, whose words have no source. The server runs
nothing by itself: a test runs a trigger (`run`), and the time of the next run is only shown.
"""

from collections.abc import Mapping
from typing import Any

from completions.wire.base import Document
from completions.wire.fields import mapping, text
from completions.wire.gemini.interactions.checks import integer, obj, one_of, record, string
from completions.wire.gemini.managed.checks import refuse
from completions.wire.gemini.managed.records import kept, new_id
from completions.wire.gemini.managed.schedule import fields_of, next_time, zone_of
from completions.wire.gemini.times import timestamp

_GIVEN = ("display_name", "environment_id", "execution_timeout_seconds", "max_consecutive_failures")
_CHECK = record(
    {
        "interaction": obj,
        **dict.fromkeys(("schedule", "time_zone", "display_name", "environment_id"), string),
        **dict.fromkeys(("execution_timeout_seconds", "max_consecutive_failures"), integer),
    },
    ("interaction", "schedule", "time_zone"),
)
_UPDATE = record({"display_name": string, "status": one_of("active", "paused", "error")})


def check(body: Mapping[str, Any]) -> None:
    """Raise the error of an invalid trigger."""
    wrong = _CHECK(dict(body), "")
    interaction = mapping(body.get("interaction"))
    if wrong is None and not text(interaction.get("agent")):
        wrong = "Agent '' is invalid or not found"
    elif wrong is None and "store" in interaction:
        wrong = "Unknown parameter 'interaction.store'."
    elif wrong is None and fields_of(body["schedule"]) is None:
        wrong = "Invalid input at 'schedule'."
    elif wrong is None and zone_of(body["time_zone"]) is None:
        wrong = "Invalid input at 'time_zone'."
    refuse(wrong)


def check_update(body: Mapping[str, Any]) -> None:
    """Raise the error of an invalid change."""
    refuse(_UPDATE(dict(body), ""))


def new_trigger(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a trigger."""
    about = {name: body[name] for name in ("interaction", "schedule", "time_zone")}
    times = {"created": now, "updated": now, "run": None, "paused": None, "resumed": None}
    return {"id": new_id(), **about, **kept(body, *_GIVEN), **times, "status": "active", "failures": 0, "last": None}


def updated(trigger: Document, body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a changed trigger."""
    changed = {**trigger, **kept(body, "display_name", "status"), "updated": now}
    if changed["status"] != trigger["status"]:
        changed["resumed" if changed["status"] == "active" else "paused"] = now
    return changed


def shown(trigger: Document, now: float) -> dict[str, Any]:
    """Return a trigger as it is at a time."""
    due = next_time(trigger["schedule"], trigger["time_zone"], now) if trigger["status"] == "active" else None
    times = {
        "create_time": trigger["created"],
        "update_time": trigger["updated"],
        "last_run_time": trigger["run"],
        "next_run_time": due,
        "last_pause_time": trigger["paused"],
        "last_resume_time": trigger["resumed"],
    }
    return {
        **{name: trigger[name] for name in ("id", "interaction", "schedule", "time_zone", "status")},
        **kept(trigger, *_GIVEN),
        **({"consecutive_failure_count": trigger["failures"]} if trigger["failures"] else {}),
        **({"previous_interaction_id": trigger["last"]} if trigger["last"] else {}),
        **{name: timestamp(at) for name, at in times.items() if at is not None},
    }


def interaction_of(trigger: Document) -> dict[str, Any]:
    """Return the request for the interaction of a trigger's run."""
    environment = trigger.get("environment_id")
    return {**({"environment": environment} if environment else {}), **trigger["interaction"]}


def new_execution(trigger: Document, now: float) -> dict[str, Any]:
    """Return an execution that begins; `done` is when it ends, once that is known."""
    return {
        "id": new_id(),
        "trigger_id": trigger["id"],
        **kept(trigger, "environment_id"),
        "started": now,
        "done": None,
        "interaction_id": None,
        "error": None,
    }


def after_run(trigger: Document, execution: Document) -> dict[str, Any]:
    """Return a trigger after a run: too many failures in a row stop it."""
    failures = trigger["failures"] + 1 if execution["error"] else 0
    most = trigger.get("max_consecutive_failures")
    status = "error" if most and failures >= most else trigger["status"]
    last = execution["interaction_id"] or trigger["last"]
    return {**trigger, "run": execution["started"], "failures": failures, "status": status, "last": last}


def execution_shown(execution: Document) -> dict[str, Any]:
    """Return an execution as the API shows it."""
    done = execution["done"]
    status = "in_progress" if done is None else "failed" if execution["error"] else "completed"
    return {
        **{name: execution[name] for name in ("id", "trigger_id")},
        **kept(execution, "environment_id", "interaction_id", "error"),
        "status": status,
        "start_time": timestamp(execution["started"]),
        **({} if done is None else {"end_time": timestamp(done)}),
    }
