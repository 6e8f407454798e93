"""Step 3, resolve: find the outcome of a prompt in a namespace."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from completions import budget
from completions.conf import conf
from completions.conversation import Prompt, Reply
from completions.exceptions import AuthorError, RequestError, RuleFailed
from completions.outcome import Fault, Hold, NearMiss, Outcome, Pacing, ProviderAnswer, Recorded, Upstream
from completions.resolve.caching import MIN_CACHED, with_cache
from completions.resolve.cassettes import Cassettes, cassettes_of
from completions.resolve.charge import charge_for, settle
from completions.resolve.distort import distort
from completions.resolve.finish import finish, length
from completions.resolve.keys import as_refused
from completions.resolve.overrides import (
    KEYS,
    RAW_KEYS,
    Overrides,
    WithoutEffect,
    ends_with_error,
    note_ineffective_pacing,
    read_overrides,
)
from completions.resolve.provider import ask_provider
from completions.resolve.recorded import played
from completions.resolve.upstream import for_family, read_upstreams
from completions.script.faults import Chaos, ChaosResult
from completions.script.match.matchers import Matcher
from completions.script.match.near import near_misses, unmatched
from completions.script.pace import Pace, identity
from completions.script.reply.errors import Failure
from completions.script.reply.replies import Answer, Answered, Auto, Fixed
from completions.script.reply.upstream import PassOn
from completions.script.rules import Rule, Script
from completions.script.scenarios import Running, Stage
from completions.state.ledger import EMPTY_CLAIM, FIRST_RULE, Candidate, Claim, ClaimResult
from completions.state.limits import Charge
from completions.state.namespaces import Namespace

logger = logging.getLogger("completions")


async def resolve(space: Namespace, prompt: Prompt) -> Outcome:
    """Find the rule that answers `prompt`, or else the script's fallback, and return the outcome.

    Overrides in the request's headers take precedence over the script, and rule out chaos. Raise the 429 of a
    limit, in which case the request costs nothing, and `ScriptChanged` if the script has changed meanwhile.
    """
    script = space.script
    overrides = overrides_of(script, prompt) if _has_overrides(prompt.headers) else None
    charge = await charge_for(script, prompt) if script.limits or script.quota else None
    seen = None if script.seed is None else identity(prompt)
    try:
        rules = await candidates(script, prompt, overrides)
        cassettes = await cassettes_of(space) if space.has_cassettes else None
        if cassettes is not None and not (overrides and overrides.answers_with_error(prompt)):
            rules = await cassettes.rules(script, prompt, rules)
    except RuleFailed as exc:
        return _failed(exc, script.pacing, prompt)
    uses_chaos = overrides is None or not overrides.has_fault_or_error
    claim = _claim(script, rules, uses_chaos, charge, seen)
    taken = FIRST_RULE if claim is EMPTY_CLAIM and space.is_local else await space.take(claim)
    try:
        facts = (script, rules, taken, prompt, overrides)  # without a rule, near misses are searched, which takes time
        plan = plan_for(*facts) if taken.rule < len(rules) else await budget.run(plan_for, *facts)
        if cassettes is not None:
            plan = await _with_cassettes(script, plan, cassettes, prompt)
        if uses_chaos and plan.dice is not None:
            plan = plan.with_chaos(plan.dice.throw(taken.throw))
        if script.running is not None:
            plan = await with_current_stage(space, script.running, plan, overrides)
        outcome = await outcome_of(script, plan, prompt, None if seen is None else f"{script.seed}/{seen}/{taken.seen}")
        if overrides is not None:
            outcome = overrides.check_outcome(outcome, prompt)
        usage = outcome.reply and outcome.reply.usage
        if usage and (usage.prompt_tokens >= MIN_CACHED or prompt.cache_blocks):
            outcome = await with_cache(space, prompt, outcome)
    except BaseException as exc:
        await _give_back(space, charge, rules[taken.rule : taken.rule + 1], exc)
        raise
    outcome = outcome if cassettes is None else await cassettes.recorder(prompt, outcome)
    return outcome if charge is None else settle(charge, outcome)


def _has_overrides(headers: Mapping[str, str]) -> bool:
    """Tell whether headers have overrides; this runs for each request, on the raw headers if they are available."""
    raw: Mapping[bytes, bytes] | None = getattr(headers, "raw", None)
    return not (headers.keys().isdisjoint(KEYS) if raw is None else raw.keys().isdisjoint(RAW_KEYS))


async def _give_back(space: Namespace, charge: Charge | None, taken: Sequence[Rule], exc: BaseException) -> None:
    """Release the limit's slot; and the rule's use, if the request had an override without effect."""
    if charge is not None and charge.grant is not None:
        charge.grant.end()
    if isinstance(exc, WithoutEffect) and taken:
        await space.give_back(taken[0].name)


def overrides_of(script: Script, prompt: Prompt) -> Overrides | None:
    """Return the overrides in the request's headers, if any; raise the 400 if they are invalid or have no effect."""
    overrides = read_overrides(prompt.headers)
    if overrides is not None:
        overrides.check(prompt, script.pacing.whole or any(rule.pacing.whole for rule in script.rules))
    return overrides


class Plan(NamedTuple):
    """How to answer: the rule, if any, its answer, its pacing, and its faults.

    `before` is what a stream answers before it ends with an error, if the answer is one. `match` is the rule's, and
    `cassette` the file of recorded answers that it is from. `stage` is the current stage of the scenario.
    """

    rule: str | None
    answer: Answer
    pace: Pace
    dice: Chaos | None = None
    hold: Hold | None = None
    faults: tuple[Fault, ...] = ()
    misses: tuple[NearMiss, ...] = ()
    unmatched: bool = False
    before: Answer | None = None
    match: Matcher | None = None
    cassette: str | None = None
    stage: str | None = None

    def with_chaos(self, result: ChaosResult | None) -> "Plan":
        """Return the plan with the fault or the error that chaos produced, if any."""
        if result is None:
            return self
        return self._replace(faults=result) if isinstance(result, tuple) else self._replace(answer=result)

    def with_stage(self, stage: Stage, throw: int, overrides: Overrides | None) -> "Plan":
        """Return the plan with a stage's changes, unless the request itself asks for a fault or an error."""
        pace = stage.paced(self.pace)
        if overrides is not None:
            pace = overrides.paced(pace)
            if overrides.has_fault_or_error:
                return self._replace(pace=pace)
        plan = self._replace(pace=pace, faults=stage.faults or self.faults)
        if stage.error is not None:
            plan = plan._replace(answer=stage.error, before=self.before or self.answer)
        return plan if stage.chaos is None else plan.with_chaos(stage.chaos.throw(throw))

    def with_overrides(self, overrides: Overrides) -> "Plan":
        """Return the plan with the pacing, the faults and the error that the request asks for."""
        plan = self._replace(pace=overrides.paced(self.pace))
        if overrides.error is not None:
            plan = plan._replace(answer=overrides.error, before=self.before or self.answer)
        return plan._replace(faults=overrides.faults) if overrides.has_fault_or_error else plan


NOTHING = Reply(())
"""The reply if the format itself makes the answer, such as embeddings."""

AUTO = Auto()
"""The answer of a stream before its error, unless the script gives another."""


async def with_current_stage(space: Namespace, running: Running, plan: Plan, overrides: Overrides | None) -> Plan:
    """Return the plan with the scenario's current stage, which the request may advance."""
    scenario = running.scenario
    now = 0 if scenario.is_counted else scenario.at(running.seconds)
    stages = scenario.stages if scenario.is_counted else scenario.stages[now : now + 1]
    wants = tuple(
        Candidate(running.counter(stage), stage.requests, stage.requests is not None, stage.chaos is not None)
        for stage in stages
    )
    is_counted = any(want.counted or want.dice for want in wants)
    taken = await space.take(Claim(wants)) if is_counted else FIRST_RULE
    plan = plan._replace(stage=f"{running.name}/{stages[taken.rule].name}")
    return plan.with_stage(stages[taken.rule], taken.throw, overrides)


def stage_error(running: Running) -> tuple[str, RequestError] | None:
    """Return the scenario's current stage by the clock and its error, for requests that are not resolved; or None."""
    if running.scenario.is_counted:
        return None
    stage = running.scenario.stages[running.scenario.at(running.seconds)]
    if stage.error is None:
        return None
    return f"{running.name}/{stage.name}", stage.error(Prompt(format="stored", task="state"))


def _claim(script: Script, rules: Sequence[Rule], uses_chaos: bool, charge: Charge | None, seen: str | None) -> Claim:
    if charge is None and seen is None and _is_idle(script, rules, uses_chaos):
        return EMPTY_CLAIM
    wants = tuple(
        [Candidate(rule.name, rule.times, rule.is_counted, uses_chaos and rule.chaos is not None) for rule in rules]
    )
    return Claim(wants, uses_chaos and script.chaos is not None, charge, seen)


def _is_idle(script: Script, rules: Sequence[Rule], uses_chaos: bool) -> bool:
    """Tell whether the first rule, or else the fallback, answers regardless of earlier requests."""
    if not rules:
        return not uses_chaos or script.chaos is None
    return not rules[0].is_counted and (not uses_chaos or rules[0].chaos is None)


def plan_for(
    script: Script, rules: Sequence[Rule], taken: ClaimResult, prompt: Prompt, overrides: Overrides | None
) -> Plan:
    """Return the plan of the rule that was taken, or else of the script's fallback, with the request's overrides."""
    if overrides is not None and overrides.error is not None and overrides.answers_with_error(prompt):
        return Plan(None, overrides.error, script.pacing).with_overrides(overrides)
    if taken.rule < len(rules):
        rule = rules[taken.rule]
        answer, before = rule.answers[0], rule.before
        if rule.is_counted:  # otherwise it has a single answer, which is always the same
            answer, before = rule.answer(taken.uses), rule.answer_before(taken.uses)
        plan = Plan(rule.name, answer, rule.pacing, rule.chaos, rule.hold, rule.faults, before=before)
        plan = plan._replace(match=rule.match, cassette=rule.cassette) if rule.cassette else plan
    elif (upstream := upstream_of(script)) is not None and prompt.task != "state":
        plan = Plan(None, PassOn(for_family(upstream, prompt.format)), script.pacing, script.chaos)
    elif prompt.task != "generate":
        plan = Plan(None, lambda prompt: NOTHING, script.pacing, script.chaos)
    else:
        misses = near_misses(script, prompt)
        answer = (lambda prompt: unmatched(script, misses)) if script.strict else script.fallback
        plan = Plan(None, answer, script.pacing, script.chaos, misses=misses, unmatched=True)
    return plan if overrides is None else plan.with_overrides(overrides)


async def candidates(script: Script, prompt: Prompt, overrides: Overrides | None) -> Sequence[Rule]:
    """Return the rules of which one will answer; raise `RuleFailed` if a condition fails to evaluate."""
    if overrides is not None and overrides.answers_with_error(prompt):
        return ()
    if script.rules and (first := script.rules[0]).match is None and first.times is None and prompt.task == "generate":
        return (first,)  # it takes every prompt
    return await budget.run(script.candidates, prompt)


async def outcome_of(script: Script, plan: Plan, prompt: Prompt, seed: str | None) -> Outcome:
    """Return the outcome of a plan: its answer, limited and counted, and its pacing.

    If the script's own code fails, the error is the rule's.
    """
    fixed = plan.answer.reply if isinstance(plan.answer, Fixed) else None
    answered = await _answered(script, plan, plan.answer, prompt) if fixed is None else fixed
    error = answered if isinstance(answered, RequestError) else None
    if error is not None and ends_with_error(plan.faults, prompt):
        answered = await _answered(script, plan, plan.before or AUTO, prompt)
    reply, counted = None, 0
    answered, provided = await _from_litellm(answered, prompt)
    error = answered if isinstance(answered, RequestError) else error
    if isinstance(answered, Recorded):
        is_held = plan.hold is not None and plan.hold.after_tokens is not None
        answered = played(answered, prompt, plan.match, plan.faults, is_held=is_held)
        error = answered if isinstance(answered, RequestError) else error
    if isinstance(answered, Reply):
        answered = distort(answered, prompt, plan.faults) if plan.faults else answered
        if length(answered, prompt) > budget.ANSWER_CHARACTERS:
            answered = error = _too_long(script, plan)
    if isinstance(answered, Reply):
        limits = (
            prompt if provided is None else replace(prompt, max_tokens=None, min_tokens=None, stop=())
        )  # they were held
        reply = answered if answered.body is not None else await budget.run(finish, answered, limits, seed)
        counted = reply.usage.prompt_tokens if reply.usage else 0
    pacing = pacing_of(plan.pace, prompt, counted)
    outcome = Outcome(plan.rule, reply, error, pacing, plan.hold, plan.misses, plan.faults, plan.unmatched)
    if reply is not None and plan.pace is not script.pacing:
        outcome = note_ineffective_pacing(outcome, prompt, replace(plan.pace, load=script.pacing.load) != script.pacing)
    if isinstance(answered, Upstream):
        return replace(outcome, upstream=answered)
    if provided is not None:
        return replace(outcome, provider_answer=provided)
    if isinstance(answered, Recorded):
        outcome = replace(outcome, recorded=answered)
    if plan.cassette is plan.stage is None:
        return outcome
    return replace(outcome, cassette=plan.cassette, stage=plan.stage)


async def _from_litellm(answered: Answered, prompt: Prompt) -> tuple[Answered, ProviderAnswer | None]:
    """Return the answer of the model that LiteLLM calls if the upstream is one; other answers are unchanged."""
    if not isinstance(answered, Upstream) or (model := answered.model_for(prompt.format)) is None:
        return answered, None
    if prompt.task == "count":
        return NOTHING, None  # the format counts by itself
    provided = await ask_provider(answered, model, prompt)
    return provided.answer, provided


def _too_long(script: Script, plan: Plan) -> RuleFailed:
    exc = AuthorError("answer_too_long", f"its answer has more than {budget.ANSWER_CHARACTERS} characters")
    failed = script.failure(plan.rule, exc)
    logger.error("%s", failed)
    return failed


async def _answered(script: Script, plan: Plan, answer: Answer, prompt: Prompt) -> Answered:
    if isinstance(answer, Fixed):
        return answer.reply
    try:
        answered = await budget.run(answer, prompt)
        answered = answered if isinstance(answered, Answered) else await answered
        return as_refused(answered, prompt.headers) if isinstance(answered, RequestError) else answered
    except AuthorError as exc:
        failed = script.failure(plan.rule, exc)
        logger.error("%s", failed, exc_info=exc.__cause__)
        return failed


async def _with_cassettes(script: Script, plan: Plan, cassettes: Cassettes, prompt: Prompt) -> Plan:
    """Return the plan; a request without a recorded answer gets an error, or is passed on."""
    if plan.rule is not None or isinstance(plan.answer, Failure) or prompt.task == "state":
        return plan
    if upstream_of(script) is not None and (cassettes.records or cassettes.passes):
        return plan
    error, misses = await budget.run(cassettes.miss, prompt)
    return plan._replace(answer=lambda prompt: error, misses=misses, unmatched=True)


def is_answered_elsewhere(space: Namespace, script: Script) -> bool:
    """Tell whether another server answers, or its recorded answers, so that its rules apply and not ours."""
    return upstream_of(script) is not None or space.has_cassettes


async def may_pass_on(space: Namespace) -> bool:
    """Tell whether a request may go to another server: not if only recorded answers are played."""
    cassettes = await cassettes_of(space)
    return cassettes is None or cassettes.records or cassettes.passes


def pacing_of(pace: Pace, prompt: Prompt, prompt_tokens: int) -> Pacing:
    """Return the pacing of one answer: the rule's, or the settings' times if the rule has none."""
    ttft_ms = conf.MOCK_TTFT_MS if pace.ttft_ms is None else pace.ttft_ms
    return Pacing(
        ttft_ms + pace.prefill_ms_per_1k * prompt_tokens / 1000,
        conf.MOCK_ITL_MS if pace.itl_ms is None else pace.itl_ms,
        pace.jitter and replace(pace.jitter, seed=f"{pace.jitter.seed}/{identity(prompt)}"),
        pace.whole,
        pace.load,
        pace.keep_alive_ms,
        pace.speed,
        pace.per_chunk,
    )


def _failed(exc: RuleFailed, pace: Pace, prompt: Prompt) -> Outcome:
    """Return the outcome for a rule whose condition failed to evaluate."""
    logger.error("%s", exc)
    return Outcome(exc.rule, None, exc, pacing_of(pace, prompt, 0))


def upstream_of(script: Script) -> Upstream | None:
    """Return the server for requests that no rule answers; None if they are answered here."""
    if script.has_fallback or not conf.MOCK_UPSTREAM:
        return script.upstream
    return read_upstreams(tuple(conf.MOCK_UPSTREAM))
