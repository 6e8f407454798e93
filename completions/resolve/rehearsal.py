"""Step 3 without side effects: the outcome that a prompt would get, and why each other rule would not answer.

Nothing is counted or charged and chaos is not applied, so a rehearsal can be repeated. Only the functions and callbacks
of the script are called, since there is no other way to know their answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from completions import budget
from completions.conversation import Prompt
from completions.outcome import Outcome
from completions.resolve.engine import candidates, outcome_of, overrides_of, plan_for
from completions.resolve.overrides import ERROR_HEADER
from completions.script.rules import Rule, Script
from completions.state.ledger import ClaimResult

EARLIER = "an earlier rule answers"
OVERRIDDEN = f"the request's own header {ERROR_HEADER} answers"
NO_FORMAT = "it has no `format`, and this request is only answered by rules with one"


@dataclass(frozen=True, slots=True)
class Step:
    """A rule's part in a rehearsal: whether it fits, and why it does not answer; None if it answers."""

    rule: Rule
    fits: bool
    why: str | None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A step for each rule in order, the rule that would answer, if any, and the outcome."""

    steps: Sequence[Step]
    rule: Rule | None
    outcome: Outcome


async def rehearse(script: Script, prompt: Prompt, uses: Mapping[str, int]) -> Rehearsal:
    """Return the outcome that `prompt` would get now; `uses` has how often each counted rule has answered."""
    overrides = overrides_of(script, prompt)
    overridden = overrides is not None and overrides.answers_with_error(prompt)
    found = await candidates(script, prompt, overrides)
    rules = [rule for rule in found if not _is_retired(rule, uses)]
    taken = ClaimResult(0, uses.get(rules[0].name, 0)) if rules else ClaimResult(0)
    plan = await budget.run(plan_for, script, rules, taken, prompt, overrides)
    outcome = await outcome_of(script, plan, prompt, None)
    if overrides is not None:
        outcome = overrides.check_outcome(outcome, prompt)
    steps = await budget.run(_steps, script, prompt, uses, OVERRIDDEN if overridden else None)
    return Rehearsal(steps, rules[0] if rules else None, outcome)


def _is_retired(rule: Rule, uses: Mapping[str, int]) -> bool:
    return rule.times is not None and uses.get(rule.name, 0) >= rule.times


def _steps(script: Script, prompt: Prompt, uses: Mapping[str, int], overridden: str | None) -> list[Step]:
    applicable = {rule.name for rule in script.rules_for(prompt)}
    steps, answered = [], False
    for rule in script.rules:
        fits = script.fits(rule, prompt)
        if rule.name not in applicable:
            why: str | None = NO_FORMAT
        elif not fits or _is_retired(rule, uses):
            why = rule.why_not(prompt)
        else:
            why = overridden or (EARLIER if answered else None)
            answered = True
        steps.append(Step(rule, fits, why))
    return steps
