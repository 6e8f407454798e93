"""Step 3, resolve: what a prompt gets in a namespace."""

from completions.conf import conf
from completions.conversation import Prompt, Reply
from completions.demand import Demand
from completions.exceptions import RequestError
from completions.finish import finish
from completions.outcome import Fault, NearMiss, Outcome
from completions.script.near import near_misses, unmatched
from completions.script.replies import Answer
from completions.script.rules import Pace
from completions.state import Namespace


async def resolve(namespace: Namespace, prompt: Prompt, demand: Demand | None = None) -> Outcome:
    """Find the rule that answers `prompt`, or else the script's fallback, and what it answers.

    What the request demands goes before what the script says, and without a throw of the dice.
    """
    script = namespace.script
    if demand is not None and demand.error is not None:
        return await _outcome(None, demand.error, prompt, script.pacing, fault=demand.fault)
    found = script.find(prompt, namespace.take)
    if found is not None:
        rule, answer = found
        name, pace, fault, dice = rule.name, rule.pacing, rule.fault, rule.chaos
        misses: tuple[NearMiss, ...] = ()
    else:
        name, pace, fault, dice = None, script.pacing, None, script.chaos
        misses = near_misses(script, prompt)
        answer = (lambda prompt: unmatched(script, misses)) if script.strict else script.fallback
    if demand is not None:
        fault = demand.fault
    elif dice is not None:
        struck = dice.throw(namespace.throw())
        if isinstance(struck, Fault):
            fault = struck
        else:
            answer = struck or answer
    return await _outcome(name, answer, prompt, pace, misses, fault)


async def _outcome(
    rule: str | None,
    answer: Answer,
    prompt: Prompt,
    pace: Pace,
    misses: tuple[NearMiss, ...] = (),
    fault: Fault | None = None,
) -> Outcome:
    answered = answer(prompt)
    pacing = pace.over(conf.MOCK_TTFT_MS, conf.MOCK_ITL_MS)
    if not isinstance(answered, (Reply, RequestError)):
        answered = await answered
    if isinstance(answered, RequestError):
        return Outcome(rule, None, answered, pacing, misses, fault)
    reply = answered if answered.body is not None else finish(answered, prompt)
    return Outcome(rule, reply, None, pacing, misses, fault)
