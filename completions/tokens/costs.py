"""The costs of a prompt and its answer, by the price table in LiteLLM's package."""

from collections.abc import Mapping

from completions.conversation import Usage
from completions.tokens.models import PRICE_NAMES, TIERS, prices, tier_price_name


def cost(model: str | None, usage: Usage) -> float | None:
    """Return the US dollars for this usage; None if the table has no price for the model."""
    both = parts(model, usage)
    return None if both is None else sum(both)


def parts(model: str | None, usage: Usage) -> tuple[float, float] | None:
    """Return the US dollars for the prompt and for the answer; None if the table has no price for the model."""
    table = prices(model)
    if usage.prompt_tokens <= TIERS[-1]:
        input_price, output_price, cache_read_price, cache_write_price, reasoning_price = map(table.get, PRICE_NAMES)
    else:
        input_price, output_price, cache_read_price, cache_write_price, reasoning_price = (
            _price(table, name, usage.prompt_tokens) for name in PRICE_NAMES
        )
    if input_price is None or output_price is None:
        return None
    prompt_cost = (
        (usage.prompt_tokens - usage.cached_tokens - usage.cache_creation_tokens) * input_price
        + usage.cached_tokens * (input_price if cache_read_price is None else cache_read_price)
        + usage.cache_creation_tokens * (input_price if cache_write_price is None else cache_write_price)
    )
    answer_cost = (usage.completion_tokens - usage.reasoning_tokens) * output_price
    return prompt_cost, answer_cost + usage.reasoning_tokens * (
        output_price if reasoning_price is None else reasoning_price
    )


def _price(table: Mapping[str, float], name: str, prompt_tokens: int) -> float | None:
    """Return a price for a prompt of this length."""
    for tier in TIERS:
        if prompt_tokens > tier and (price := table.get(tier_price_name(name, tier))) is not None:
            return price
    return table.get(name)
