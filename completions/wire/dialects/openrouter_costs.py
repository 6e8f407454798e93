"""The cost of OpenRouter's answers, for step 4: by the price table, as recorded of four makers' models.

A model that the table does not know costs a dollar per million tokens; one whose name ends with `:free` is free.
"""

from typing import Any

from completions.conversation import Usage
from completions.tokens.costs import parts
from completions.tokens.models import MAKER_NAMES, prices

DEFAULT_COST = 1e-6
"""The cost of a token in dollars, or of a second of audio, if the table has none."""


def table_name(model: str) -> str:
    """Return the table's name of a model, such as `anthropic/claude-sonnet-4.5`; the name itself if it has none."""
    maker, _, variant = model.partition("/")
    base_name = variant.partition(":")[0] or model
    candidates = (model, f"{MAKER_NAMES.get(maker, maker)}/{base_name}", base_name, base_name.replace(".", "-"))
    return next((name for name in candidates if prices(name)), model)


def costs(model: str | None, usage: Usage) -> tuple[float, float]:
    """Return the US dollars for a prompt and for its answer."""
    name = model or ""
    if name.endswith(":free"):
        return 0, 0
    prompt_cost, completion_cost = parts(table_name(name), usage) or (
        usage.prompt_tokens * DEFAULT_COST,
        usage.completion_tokens * DEFAULT_COST,
    )
    return round(prompt_cost, 12), round(completion_cost, 12)


def cost_fields(
    prompt_cost: float, completion_cost: float, names: tuple[str, str] = ("prompt", "completions")
) -> dict[str, Any]:
    """Return the fields of a usage for its costs."""
    total = round(prompt_cost + completion_cost, 12)
    parts = {f"upstream_inference_{names[0]}_cost": prompt_cost, f"upstream_inference_{names[1]}_cost": completion_cost}
    return {"cost": total, "is_byok": False, "cost_details": {"upstream_inference_cost": total, **parts}}
