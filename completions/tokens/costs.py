"""What a prompt and its answer cost, by the price table in LiteLLM's package."""

from collections.abc import Mapping

from completions.conversation import Usage
from completions.tokens.models import PRICED, TIERS, above, prices


def cost(model: str | None, usage: Usage) -> float | None:
    """Return the US dollars for this usage; None where the table has no price for the model."""
    told = parts(model, usage)
    return None if told is None else sum(told)


def parts(model: str | None, usage: Usage) -> tuple[float, float] | None:
    """Return the US dollars for the prompt and for the answer; None where the table has no price for the model."""
    table = prices(model)
    if usage.prompt_tokens <= TIERS[-1]:
        paid, said, cached, written, thought = map(table.get, PRICED)
    else:
        paid, said, cached, written, thought = (_price(table, name, usage.prompt_tokens) for name in PRICED)
    if paid is None or said is None:
        return None
    asked = (
        (usage.prompt_tokens - usage.cached_tokens - usage.cache_creation_tokens) * paid
        + usage.cached_tokens * (paid if cached is None else cached)
        + usage.cache_creation_tokens * (paid if written is None else written)
    )
    answered = (usage.completion_tokens - usage.reasoning_tokens) * said
    return asked, answered + usage.reasoning_tokens * (said if thought is None else thought)


def _price(table: Mapping[str, float], name: str, prompt_tokens: int) -> float | None:
    """Return a price for a prompt of this length."""
    for tier in TIERS:
        if prompt_tokens > tier and (price := table.get(above(name, tier))) is not None:
            return price
    return table.get(name)
