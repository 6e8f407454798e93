"""Outcomes that a client defines: each is evaluated as satisfied when the session has worked on it.

Shapes: `BetaManagedAgentsOutcomeEvaluationResource` and `BetaManagedAgentsSpanOutcomeEvaluationEndEvent` of the
anthropic SDK 2.14. The mock has no grader: that each outcome is satisfied at once, and the words, are ours.
"""

from completions.wire.anthropic.managed.answers import USAGE_KEYS
from completions.wire.anthropic.managed.log import IDLE, entry
from completions.wire.anthropic.managed.records import written_time
from completions.wire.base import Document
from completions.wire.session_log import Entry, log_of

EXPLANATION = "The mock takes each outcome as satisfied."


def evaluated(record: Document) -> Document:
    """Return the record of a session whose turn may have ended, with the evaluations of the outcomes in that turn."""
    log = log_of(record)
    last = log[-1]["event"] if log else {}
    if last.get("type") != IDLE or last["stop_reason"]["type"] != "end_turn":
        return record
    known = {outcome["outcome_id"] for outcome in record["outcomes"]}
    defined = [
        each["event"]
        for each in log
        if each["event"]["type"] == "user.define_outcome" and each["event"]["outcome_id"] not in known
    ]
    at = log[-1]["at"]
    spans: list[Entry] = []
    for outcome in defined:
        started = entry("span.outcome_evaluation_start", at, outcome_id=outcome["outcome_id"], iteration=0)
        ended = entry(
            "span.outcome_evaluation_end",
            at,
            outcome_id=outcome["outcome_id"],
            outcome_evaluation_start_id=started["event"]["id"],
            iteration=0,
            result="satisfied",
            explanation=EXPLANATION,
            usage=dict.fromkeys(USAGE_KEYS, 0),
        )
        spans += [started, ended]
    results = [
        {
            "type": "outcome_evaluation",
            "outcome_id": outcome["outcome_id"],
            "description": outcome["description"],
            "result": "satisfied",
            "iteration": 0,
            "explanation": EXPLANATION,
            "completed_at": written_time(at),
        }
        for outcome in defined
    ]
    return {**record, "log": [*log[:-1], *spans, log[-1]], "outcomes": [*record["outcomes"], *results]}
