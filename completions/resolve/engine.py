"""Step 3, resolve: what a prompt gets in a namespace."""

from collections.abc import Sequence
from typing import NamedTuple

from completions.conf import conf
from completions.conversation import Prompt, Reply
from completions.exceptions import RequestError
from completions.outcome import Fault, Hold, NearMiss, Outcome
from completions.resolve.finish import finish
from completions.resolve.overrides import Demand
from completions.script.faults import Chaos
from completions.script.near import near_misses, unmatched
from completions.script.pace import Pace, identity
from completions.script.replies import Answer
from completions.script.rules import Rule, Script
from completions.state.ledger import IDLE, Claim, Taken, Want
from completions.state.limits import Charge
from completions.state.namespaces import Namespace


async def resolve(
    namespace: Namespace, prompt: Prompt, demand: Demand | None = None, charge: Charge | None = None
) -> Outcome:
    """Find the rule that answers `prompt`, or else the script's fallback, and what it answers.

    What the request demands goes before what the script says, and without a throw of the dice. Raise the 429 of the
    limits that `charge` is held to, and `Moved` where the script has changed meanwhile.
    """
    script = namespace.script
    seen = None if script.seed is None else identity(prompt)
    if demand is not None and demand.error is not None:
        taken = await namespace.take(Claim(charge=charge, seen=seen))
        course = Course(None, demand.error, demand.paced(script.pacing), fault=demand.fault)
    else:
        rules = script.candidates(prompt)
        diced = demand is None or not demand.is_trouble
        taken = await namespace.take(_claim(script, rules, diced, charge, seen))
        course = _course(script, rules, taken, prompt)
        if demand is not None:
            course = course._replace(pace=demand.paced(course.pace), fault=course.fault if diced else demand.fault)
        if diced and course.dice is not None:
            course = _struck(course, course.dice.throw(taken.throw))
    return await _outcome(course, prompt, None if seen is None else f"{script.seed}/{seen}/{taken.seen}")


class Course(NamedTuple):
    """How an answer is to go: by which rule, if any, with which answer, how fast, and what befalls it."""

    rule: str | None
    answer: Answer
    pace: Pace
    dice: Chaos | None = None
    hold: Hold | None = None
    fault: Fault | None = None
    misses: tuple[NearMiss, ...] = ()
    unmatched: bool = False


NOTHING = Reply(())
"""What is said where the format itself makes the answer, as that of embeddings does."""


def _claim(script: Script, rules: Sequence[Rule], diced: bool, charge: Charge | None, seen: str | None) -> Claim:
    if charge is None and seen is None and _is_idle(script, rules, diced):
        return IDLE
    wants = tuple([Want(rule.name, rule.times, rule.is_counted, diced and rule.chaos is not None) for rule in rules])
    return Claim(wants, diced and script.chaos is not None, charge, seen)


def _is_idle(script: Script, rules: Sequence[Rule], diced: bool) -> bool:
    """Return whether the first rule, or else the fallback, answers whatever was before."""
    if not rules:
        return not diced or script.chaos is None
    return not rules[0].is_counted and (not diced or rules[0].chaos is None)


def _course(script: Script, rules: Sequence[Rule], taken: Taken, prompt: Prompt) -> Course:
    """Return the course of the rule that was taken, or else of the script's fallback."""
    if taken.rule < len(rules):
        rule = rules[taken.rule]
        return Course(rule.name, rule.turn(taken.uses), rule.pacing, rule.chaos, rule.hold, rule.fault)
    if prompt.task != "generate":
        return Course(None, lambda prompt: NOTHING, script.pacing, script.chaos)
    misses = near_misses(script, prompt)
    answer: Answer = (lambda prompt: unmatched(script, misses)) if script.strict else script.fallback
    return Course(None, answer, script.pacing, script.chaos, misses=misses, unmatched=True)


def _struck(course: Course, strike: Fault | Answer | None) -> Course:
    """Return the course after a throw of the dice."""
    if strike is None:
        return course
    return course._replace(fault=strike) if isinstance(strike, Fault) else course._replace(answer=strike)


async def _outcome(course: Course, prompt: Prompt, seed: str | None) -> Outcome:
    answered = course.answer(prompt)
    if not isinstance(answered, (Reply, RequestError)):
        answered = await answered
    reply = error = None
    counted = 0
    if isinstance(answered, RequestError):
        error = answered
    else:
        reply = answered if answered.body is not None else finish(answered, prompt, seed)
        counted = reply.usage.prompt_tokens if reply.usage else 0
    pacing = course.pace.over(conf.MOCK_TTFT_MS, conf.MOCK_ITL_MS, prompt, counted)
    return Outcome(course.rule, reply, error, pacing, course.hold, course.misses, course.fault, course.unmatched)
