"""What an answer would have cost, by the price table in LiteLLM's package."""

from collections.abc import Mapping

from completions.conversation import Usage
from completions.tokens.models import prices

TIERS = (272_000, 200_000, 128_000)
"""Tokens of a prompt above which the table may have other prices, for all of its tokens."""


def cost(model: str | None, usage: Usage) -> float | None:
    """Return the US dollars for this usage; None where the table has no price for the model."""
    table = prices(model)
    paid = _price(table, "input_cost_per_token", usage.prompt_tokens)
    said = _price(table, "output_cost_per_token", usage.prompt_tokens)
    if paid is None or said is None:
        return None
    cached = _price(table, "cache_read_input_token_cost", usage.prompt_tokens)
    written = _price(table, "cache_creation_input_token_cost", usage.prompt_tokens)
    thought = _price(table, "output_cost_per_reasoning_token", usage.prompt_tokens)
    return (
        (usage.prompt_tokens - usage.cached_tokens - usage.cache_creation_tokens) * paid
        + usage.cached_tokens * (paid if cached is None else cached)
        + usage.cache_creation_tokens * (paid if written is None else written)
        + (usage.completion_tokens - usage.reasoning_tokens) * said
        + usage.reasoning_tokens * (said if thought is None else thought)
    )


def _price(table: Mapping[str, float], name: str, prompt_tokens: int) -> float | None:
    """Return a price for a prompt of this length."""
    for above in TIERS:
        if prompt_tokens > above and (price := table.get(f"{name}_above_{above // 1000}k_tokens")) is not None:
            return price
    return table.get(name)
