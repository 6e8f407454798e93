"""Step 3 without its consequences: what a prompt would get of a script, and what keeps each other rule from answering.

Nothing is counted, charged or thrown, so a rehearsal can be had as often as one likes. Only the functions and the
callbacks that a script names are called, as their answers are not known otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from completions.conversation import Prompt, Reply
from completions.exceptions import RequestError
from completions.outcome import Fault
from completions.resolve.finish import finish
from completions.script.near import near_misses, unmatched
from completions.script.rules import Rule, Script

EARLIER = "an earlier rule answers"
NO_FORMAT = "it names no `format`, and only what is generated asks such rules"


@dataclass(frozen=True, slots=True)
class Step:
    """What a rule makes of a prompt: whether it fits, and why it does not answer; None: it is the one that does."""

    rule: Rule
    fits: bool
    why: str | None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A step for each rule in order, and the answer: a reply, or else an error, and what would befall it."""

    steps: Sequence[Step]
    rule: Rule | None
    reply: Reply | None
    error: RequestError | None
    fault: Fault | None


async def rehearse(script: Script, prompt: Prompt, uses: Mapping[str, int]) -> Rehearsal:
    """Return what `prompt` would get now; `uses` says how often each counted rule has answered."""
    steps = _steps(script, prompt, uses)
    rule = next((step.rule for step in steps if step.why is None), None)
    if rule is not None:
        answer = rule.turn(uses.get(rule.name, 0))
    elif prompt.task != "generate":
        return Rehearsal(steps, None, finish(Reply(()), prompt, None), None, None)
    elif script.strict:
        return Rehearsal(steps, None, None, unmatched(script, near_misses(script, prompt)), None)
    else:
        answer = script.fallback
    answered = answer(prompt)
    if not isinstance(answered, (Reply, RequestError)):
        answered = await answered
    fault = rule.fault if rule is not None else None
    if isinstance(answered, RequestError):
        return Rehearsal(steps, rule, None, answered, fault)
    return Rehearsal(steps, rule, finish(answered, prompt, None), None, fault)


def _steps(script: Script, prompt: Prompt, uses: Mapping[str, int]) -> list[Step]:
    asked = script.rules if prompt.task == "generate" else script.special
    steps, answered = [], False
    for rule in script.rules:
        fits = rule.match is None or rule.match.matches(prompt)
        if rule not in asked:
            why: str | None = NO_FORMAT
        elif not fits or (rule.times is not None and uses.get(rule.name, 0) >= rule.times):
            why = rule.why_not(prompt)
        else:
            why = EARLIER if answered else None
            answered = True
        steps.append(Step(rule, fits, why))
    return steps
