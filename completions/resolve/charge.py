"""The cost of a request under the script's limits for its key and model: first an estimate, then the actual usage."""

from dataclasses import replace

from completions import budget
from completions.conversation import Prompt
from completions.outcome import Outcome
from completions.resolve.keys import key_in
from completions.script.rules import Script
from completions.state.limits import Charge
from completions.tokens.prompt import prompt_tokens


async def charge_for(script: Script, prompt: Prompt) -> Charge | None:
    """Return the charge of a request under the script's limits; None if it needs no model, such as a file's."""
    if prompt.task == "state" and prompt.model is None:
        return None
    key, model = key_in(prompt.headers), prompt.model or ""
    applicable = next((limits for limits in script.limits if limits.apply_to(key, model)), None)
    tokens = await budget.run(_estimate, prompt) if script.counts_tokens else 0
    return Charge(key, model, tokens, applicable, script.quota)


def settle(charge: Charge, outcome: Outcome) -> Outcome:
    """Charge the actual usage, and return the outcome with the headers that report the remaining limits."""
    if charge.grant is None:
        return outcome
    charge.grant.settle(_used(outcome))
    return replace(outcome, headers=charge.grant.headers(), on_end=charge.grant.end)


def _estimate(prompt: Prompt) -> int:
    """Return the most tokens that a request can cost: its prompt's, and the limit of its answer's."""
    return prompt_tokens(prompt) + max(prompt.max_tokens or 0, 0) * max(prompt.n, 1)


def _used(outcome: Outcome) -> int:
    """Return the tokens that an outcome cost: its usage, or 0 for an error."""
    usage = outcome.reply.usage if outcome.reply else None
    return usage.total_tokens if usage else 0
