"""Step 3: near misses: the rules that came closest to a prompt that matched none, and why each did not match."""

import heapq

from completions import budget
from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.outcome import NearMiss
from completions.script.match.matchers import Words
from completions.script.rules import Rule, Script

NEAREST = 3

LOOK_EVERY = 64
"""The number of rules compared between two checks of the time."""


def near_misses(script: Script, prompt: Prompt) -> tuple[NearMiss, ...]:
    """Return the closest rules, closest first; equally close ones are in the script's order."""
    words = Words()
    distances = (_distance(at, rule, prompt, words) for at, rule in enumerate(script.rules))
    nearest = [script.rules[at] for _, at in heapq.nsmallest(NEAREST, distances)]
    return tuple(NearMiss(rule.name, rule.why_not(prompt)) for rule in nearest)


def unmatched(script: Script, misses: tuple[NearMiss, ...]) -> RequestError:
    """Return the error of a strict script."""
    described = "; ".join(f"'{miss.rule}': {miss.why}" for miss in misses)
    explanation = f"The nearest rules, and why they do not match: {described}." if misses else "It has no rules."
    return RequestError(
        f"No rule of the script {script.source} matches this request, and the script is strict. {explanation}",
        status=404,
        code="no_rule_matched",
    )


def _distance(at: int, rule: Rule, prompt: Prompt, words: Words) -> tuple[float, int]:
    """Return how far a rule is from matching, and its position; the time is checked now and then."""
    if at % LOOK_EVERY == 0:
        budget.seconds_left()
    return (rule.match.distance(prompt, words) if rule.match else 0.0), at
