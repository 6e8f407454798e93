"""The table of the control API: every operation, once. The addresses, the checks and the OpenAPI document follow it."""

import asyncio

from completions.control import drafts, exchange_rules, exchanges, recording, scripts, spaces
from completions.control.exchanges import FILTERS, MATCH, PAGE, STEPS, WAIT, WITH_CONVERSATION
from completions.control.exported.operation import PYTHON, get_pytest
from completions.control.openapi import document
from completions.control.operation import Call, Operation, Parameter
from completions.control.threads import get_threads
from completions.control.verdicts.operation import TIMEOUT, get_verdict
from completions.journal import metrics
from completions.state.edits import PLACES
from completions.views.http import ExchangeResponse, FastJsonResponse, RawResponse

PLACE = Parameter(
    "place",
    "Before all other rules, after them, or next: after those pushed before, and before the script's.",
    str,
    "before",
    choices=PLACES,
)
REMOVE = Parameter("remove", "Whether everything in it is removed, including its exchanges.", bool, False)
RECORDING_ANSWERS = {200: "recording_state", 409: "error"}
RETIRE_ANSWERS = {200: "namespace_removed", 409: "error"}


async def openapi(call: Call) -> ExchangeResponse:
    """Show this API as an OpenAPI document."""
    return FastJsonResponse(document(OPERATIONS))


async def get_metrics(call: Call) -> ExchangeResponse:
    """Show what this server has done, for Prometheus."""
    data, media_type = await asyncio.to_thread(metrics.exposition)
    return RawResponse(data, 200, media_type)


OPERATIONS = (
    Operation("GET", "script", scripts.get_script, {200: "state"}),
    Operation("PUT", "script", scripts.put_script, {200: "state"}, body="script"),
    Operation("DELETE", "script", scripts.delete_script, {200: "state"}),
    Operation("POST", "script/lint", drafts.lint_script, {200: "lint"}, body="draft"),
    Operation("POST", "script/try", drafts.try_request, {200: "trial_answer", 404: "error"}, body="trial"),
    Operation("GET", "rules", scripts.get_rules, {200: "pushed_rules"}),
    Operation("POST", "rules", scripts.post_rules, {201: "names"}, (PLACE,), body="rule_or_rules"),
    Operation("DELETE", "rules", scripts.delete_rules, {200: "removed"}),
    Operation("DELETE", "rules/{name}", scripts.delete_rule, {200: "removed", 404: "error"}),
    Operation("GET", "chaos", scripts.get_chaos, {200: "chaos_state"}),
    Operation("PUT", "chaos", scripts.put_chaos, {200: "chaos_state"}, body="chaos_or_null"),
    Operation("DELETE", "chaos", scripts.delete_chaos, {200: "chaos_state"}),
    Operation("GET", "limits", scripts.get_limits, {200: "limits_state"}),
    Operation("PUT", "limits", scripts.put_limits, {200: "limits_state"}, body="limits_or_null"),
    Operation("DELETE", "limits", scripts.delete_limits, {200: "limits_state"}),
    Operation("GET", "scenario", scripts.get_scenario, {200: "scenario_state"}),
    Operation("PUT", "scenario", scripts.put_scenario, {200: "scenario_state"}, body="started_or_null"),
    Operation("DELETE", "scenario", scripts.delete_scenario, {200: "scenario_state"}),
    Operation("GET", "recording", recording.get_recording, {200: "recording_state"}),
    Operation("PUT", "recording", recording.put_recording, RECORDING_ANSWERS, body="recording_or_null"),
    Operation("DELETE", "recording", recording.delete_recording, {200: "recording_state"}),
    Operation("GET", "gates", spaces.get_gates, {200: "gates"}),
    Operation("POST", "gates/{name}/release", spaces.release_gate, {200: "release", 409: "error"}),
    Operation("POST", "reset", spaces.reset, {200: "reset"}),
    Operation(
        "GET",
        "exchanges",
        exchanges.get_exchanges,
        {200: "page", 409: "error"},
        FILTERS + MATCH + PAGE + WITH_CONVERSATION,
    ),
    Operation("DELETE", "exchanges", exchanges.delete_exchanges, {200: "deleted", 409: "error"}, FILTERS),
    Operation("GET", "exchanges/count", exchanges.count_exchanges, {200: "totals", 409: "error"}, FILTERS + MATCH),
    Operation(
        "GET",
        "exchanges/wait",
        exchanges.wait_for_exchanges,
        {200: "list", 408: "too_few", 409: "error"},
        FILTERS + MATCH + WAIT,
    ),
    Operation("GET", "exchanges/events", exchanges.follow_exchanges, {200: "text/event-stream", 409: "error"}, FILTERS),
    Operation("GET", "exchanges/pytest", get_pytest, {200: PYTHON, 409: "error"}, FILTERS),
    Operation(
        "GET",
        "exchanges/{id}/rule",
        exchange_rules.get_rule_of,
        {200: "draft_rule", 404: "error", 409: "error"},
        exchange_rules.VERBATIM,
    ),
    Operation("GET", "exchanges/{id}", exchanges.get_exchange, {200: "exchange_in_full", 404: "error", 409: "error"}),
    Operation("GET", "figures", exchanges.get_figures, {200: "figures", 409: "error"}, FILTERS + STEPS),
    Operation("GET", "hits", exchanges.get_hits, {200: "hits", 409: "error"}, FILTERS),
    Operation("GET", "unmatched", exchanges.get_unmatched, {200: "misses", 409: "error"}, PAGE),
    Operation("GET", "threads", get_threads, {200: "threads", 409: "error"}),
    Operation("GET", "runs", exchanges.get_runs, {200: "runs", 409: "error"}),
    Operation("GET", "verdict", get_verdict, {200: "verdict", 409: "error"}, (TIMEOUT,)),
    Operation("GET", "namespaces", spaces.get_namespaces, {200: "namespaces"}),
    Operation("POST", "namespaces/{name}/select", spaces.select_namespace, {200: "selection", 409: "error"}),
    Operation("POST", "namespaces/{name}/retire", spaces.retire_namespace, RETIRE_ANSWERS, (REMOVE,)),
    Operation("DELETE", "namespaces/{name}", spaces.delete_namespace, {200: "namespace_removed"}),
    Operation("GET", "metrics", get_metrics, {200: "text/plain"}),
    Operation("GET", "openapi.json", openapi, {200: "document"}),
    Operation("GET", "health", spaces.health, {200: "health"}, is_open=True),
    Operation("GET", "ready", spaces.ready, {200: "readiness", 503: "error"}, is_open=True),
)
"""In the order in which addresses are tried, with the operations of one address in a row."""
