"""The operation that returns a verdict."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from completions.control.operation import Call, Parameter
from completions.control.verdicts.calls import SDK_TIMEOUT, Case, attempt, calls_of
from completions.control.verdicts.findings import RULES, findings, score
from completions.conversation import Traffic
from completions.journal import queries
from completions.journal.queries import Filter
from completions.views.http import ExchangeResponse, FastJsonResponse
from completions.wire.registry import read

MAX_EXCHANGES = 2000
"""The number of the newest exchanges that are judged."""

MAX_NAMED_CALLS = 5
"""The most unanswered calls whose last requests the text names."""

SINGULAR = {"requests": "request", "calls": "call", "retries": "retry"}
"""The singular of the counted things."""

TIMEOUT = Parameter(
    "timeout_ms", "How long the client may wait in silence at most.", int, int(SDK_TIMEOUT * 1000), 1, 86_400_000
)
"""The parameter of the verdict's query."""


async def get_verdict(call: Call) -> ExchangeResponse:
    """Say what the requests show of how the client takes errors, limits and streams, with the evidence."""
    exchanges = await queries.listing_in_full(Filter(call.namespace), MAX_EXCHANGES)
    dialect, patience = await call.dialect(), call.query["timeout_ms"] / 1000
    return FastJsonResponse(await asyncio.to_thread(_verdict, exchanges, dialect, patience))


def _verdict(exchanges: list[tuple[dict[str, Any], Traffic]], dialect: str, patience: float) -> dict[str, Any]:
    requests = [
        each for each in reversed(exchanges) if each[0]["method"] != "OPTIONS"
    ]  # which browsers send by themselves
    calls = calls_of(attempt(exchange, traffic.request, read(traffic, dialect)) for exchange, traffic in requests)
    case = Case(calls, patience)
    case_findings = findings(case)
    guides = {rule.__name__: rule.__doc__ or "" for rule in RULES}
    documents = [
        {"rule": each.rule, "message": each.message, "guide": guides[each.rule], "evidence": list(each.evidence)}
        for each in case_findings
    ]
    facts = {
        "requests": len(requests),
        "calls": len(calls),
        "retries": len(case.retries),
        "answered": sum(call.is_answered for call in calls),
    }
    given_up = [call.attempts[-1].id for call in calls if call.is_given_up]
    verdict: dict[str, Any] = {"score": score(case, case_findings), "given_up": given_up, "findings": documents}
    return {**facts, **verdict, "text": _text(facts, **verdict)}


def _text(
    facts: Mapping[str, int], score: int | None, given_up: Sequence[str], findings: Sequence[Mapping[str, Any]]
) -> str:
    counts = ", ".join(f"{count} {SINGULAR.get(name, name) if count == 1 else name}" for name, count in facts.items())
    lines = [f"{counts}: {len(findings) or 'nothing'} found" + ("" if score is None else f", score {score} of 100")]
    if given_up:
        ids = ", ".join(given_up[:MAX_NAMED_CALLS]) + (", …" if len(given_up) > MAX_NAMED_CALLS else "")
        lines.append(f"{len(given_up)} call{'s' if len(given_up) > 1 else ''} got no answer in the end: {ids}")
    for each in findings:
        lines += [f"{each['rule']}: {each['message']}", f"  {each['guide']}", f"  {', '.join(each['evidence'])}"]
    return "\n".join(lines)
