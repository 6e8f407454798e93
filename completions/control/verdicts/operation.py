"""The operation that tells a verdict."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from completions.conf import conf
from completions.control.operation import Call
from completions.control.verdicts.calls import attempt, calls_of
from completions.control.verdicts.findings import RULES, findings
from completions.conversation import Traffic
from completions.exceptions import RequestError
from completions.journal import queries
from completions.journal.queries import Filter
from completions.views.http import FastJsonResponse, Recorded
from completions.wire.registry import read

MAX_EXCHANGES = 2000
"""Exchanges that are looked at: the newest."""


async def get_verdict(call: Call) -> Recorded:
    """Say what the requests show of how the client takes errors, limits and streams, with the evidence."""
    if not conf.JOURNAL:
        raise RequestError("There is no journal: JOURNAL=true turns it on.", status=409, code="journal_off")
    found = await queries.listing_in_full(Filter(call.namespace, method="POST"), MAX_EXCHANGES)
    dialect = (await call.space()).script.dialect
    return FastJsonResponse(await asyncio.to_thread(_verdict, found, dialect))


def _verdict(found: list[tuple[dict[str, Any], Traffic]], dialect: str) -> dict[str, Any]:
    calls = calls_of(attempt(shown, traffic.request, read(traffic, dialect)) for shown, traffic in reversed(found))
    guides = {rule.__name__: rule.__doc__ or "" for rule in RULES}
    wrong = [
        {"rule": each.rule, "message": each.message, "guide": guides[each.rule], "evidence": list(each.evidence)}
        for each in findings(calls)
    ]
    facts = {"requests": len(found), "calls": len(calls), "retries": sum(len(call.retries) for call in calls)}
    return {**facts, "findings": wrong, "text": _text(facts, wrong)}


def _text(facts: Mapping[str, int], wrong: Sequence[Mapping[str, Any]]) -> str:
    """Return the verdict as a text."""
    counts = ", ".join(f"{count} {name}" for name, count in facts.items())
    lines = [f"{counts}: {len(wrong) or 'nothing'} found"]
    for each in wrong:
        lines += [f"{each['rule']}: {each['message']}", f"  {each['guide']}", f"  {', '.join(each['evidence'])}"]
    return "\n".join(lines)
