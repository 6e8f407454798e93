"""Step 3: the rules that came nearest to a prompt that none matched, and what kept each from answering."""

import heapq

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.outcome import NearMiss
from completions.script.rules import Rule, Script

NEAREST = 3


def near_misses(script: Script, prompt: Prompt) -> tuple[NearMiss, ...]:
    """Return the nearest rules, nearest first; those that are equally near stand in the script's order."""
    nearest = heapq.nsmallest(NEAREST, script.rules, key=lambda rule: _distance(rule, prompt))
    return tuple(NearMiss(rule.name, rule.why_not(prompt)) for rule in nearest)


def unmatched(script: Script, misses: tuple[NearMiss, ...]) -> RequestError:
    """Return the error of a strict script."""
    named = "; ".join(f"'{miss.rule}': {miss.why}" for miss in misses)
    return RequestError(
        f"No rule of the script {script.source} matches this request, and it is strict. "
        f"The nearest, with what failed: {named}.",
        status=404,
        code="no_rule_matched",
    )


def _distance(rule: Rule, prompt: Prompt) -> float:
    return rule.match.distance(prompt) if rule.match else 0.0
