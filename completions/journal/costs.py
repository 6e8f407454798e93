"""What an answer would have cost, by the price table in LiteLLM's package."""

from completions.conversation import Usage
from completions.tokens.costs import parts


def cost(model: str | None, usage: Usage) -> float | None:
    """Return the US dollars for this usage; None where the table has no price for the model."""
    told = parts(model, usage)
    return None if told is None else sum(told)
