"""Step 3, resolve: what a prompt gets in a namespace."""

from completions.conf import conf
from completions.conversation import Prompt, Reply
from completions.demand import Demand
from completions.exceptions import RequestError
from completions.finish import finish
from completions.outcome import Fault, Hold, NearMiss, Outcome, Pacing
from completions.script.near import near_misses, unmatched
from completions.script.pace import Pace
from completions.script.replies import Answer
from completions.state import Namespace


async def resolve(namespace: Namespace, prompt: Prompt, demand: Demand | None = None) -> Outcome:
    """Find the rule that answers `prompt`, or else the script's fallback, and what it answers.

    What the request demands goes before what the script says, and without a throw of the dice.
    """
    script = namespace.script
    if demand is not None and demand.error is not None:
        return await _outcome(None, demand.error, prompt, demand.paced(script.pacing), fault=demand.fault)
    found = script.find(prompt, namespace.take)
    if found is not None:
        rule, answer = found
        name, pace, hold, fault, dice = rule.name, rule.pacing, rule.hold, rule.fault, rule.chaos
        misses: tuple[NearMiss, ...] = ()
    else:
        name, pace, hold, fault, dice = None, script.pacing, None, None, script.chaos
        misses = near_misses(script, prompt)
        answer = (lambda prompt: unmatched(script, misses)) if script.strict else script.fallback
    if demand is not None:
        pace = demand.paced(pace)
    if demand is not None and demand.is_trouble:
        fault = demand.fault
    elif dice is not None:
        struck = dice.throw(namespace.throw())
        if isinstance(struck, Fault):
            fault = struck
        else:
            answer = struck or answer
    return await _outcome(name, answer, prompt, pace, hold, misses, fault)


async def _outcome(
    rule: str | None,
    answer: Answer,
    prompt: Prompt,
    pace: Pace,
    hold: Hold | None = None,
    misses: tuple[NearMiss, ...] = (),
    fault: Fault | None = None,
) -> Outcome:
    answered = answer(prompt)
    if not isinstance(answered, (Reply, RequestError)):
        answered = await answered
    if isinstance(answered, RequestError):
        return Outcome(rule, None, answered, _pacing(pace, prompt, 0), hold, misses, fault)
    reply = answered if answered.body is not None else finish(answered, prompt)
    counted = reply.usage.prompt_tokens if reply.usage else 0
    return Outcome(rule, reply, None, _pacing(pace, prompt, counted), hold, misses, fault)


def _pacing(pace: Pace, prompt: Prompt, prompt_tokens: int) -> Pacing:
    return pace.over(conf.MOCK_TTFT_MS, conf.MOCK_ITL_MS, prompt, prompt_tokens)
