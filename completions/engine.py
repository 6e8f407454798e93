"""Step 3, resolve: what a prompt gets in a namespace."""

from completions.conf import conf
from completions.conversation import Prompt, Reply
from completions.exceptions import RequestError
from completions.finish import finish
from completions.outcome import Hold, NearMiss, Outcome, Pacing
from completions.script.near import near_misses, unmatched
from completions.script.pace import Pace
from completions.script.replies import Answer
from completions.state import Namespace


async def resolve(namespace: Namespace, prompt: Prompt) -> Outcome:
    """Find the rule that answers `prompt`, or else the script's fallback, and what it answers."""
    script = namespace.script
    found = script.find(prompt, namespace.take)
    if found is not None:
        rule, answer = found
        return await _outcome(rule.name, answer, prompt, rule.pacing, rule.hold)
    misses = near_misses(script, prompt)
    answer = (lambda prompt: unmatched(script, misses)) if script.strict else script.fallback
    return await _outcome(None, answer, prompt, script.pacing, misses=misses)


async def _outcome(
    rule: str | None,
    answer: Answer,
    prompt: Prompt,
    pace: Pace,
    hold: Hold | None = None,
    misses: tuple[NearMiss, ...] = (),
) -> Outcome:
    answered = answer(prompt)
    if not isinstance(answered, (Reply, RequestError)):
        answered = await answered
    if isinstance(answered, RequestError):
        return Outcome(rule, None, answered, _pacing(pace, prompt, 0), hold, misses)
    reply = answered if answered.body is not None else finish(answered, prompt)
    counted = reply.usage.prompt_tokens if reply.usage else 0
    return Outcome(rule, reply, None, _pacing(pace, prompt, counted), hold, misses)


def _pacing(pace: Pace, prompt: Prompt, prompt_tokens: int) -> Pacing:
    return pace.over(conf.MOCK_TTFT_MS, conf.MOCK_ITL_MS, prompt, prompt_tokens)
