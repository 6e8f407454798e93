"""What an answer of OpenRouter's costs, for step 4: by the price table, as recorded of four makers' models.

A model that the table does not know costs a dollar for a million tokens, and one whose name ends with `:free` nothing.
"""

from typing import Any

from completions.conversation import Usage
from completions.tokens.costs import parts
from completions.tokens.models import MAKERS, prices

FLAT = 1e-6
"""The cost of a token in dollars, or of a second of sound, where the table has none."""


def table_name(model: str) -> str:
    """Return the table's name of a model, such as `anthropic/claude-sonnet-4.5`; the name itself if it has none."""
    maker, _, named = model.partition("/")
    plain = named.partition(":")[0] or model
    candidates = (model, f"{MAKERS.get(maker, maker)}/{plain}", plain, plain.replace(".", "-"))
    return next((each for each in candidates if prices(each)), model)


def costs(model: str | None, usage: Usage) -> tuple[float, float]:
    """Return the US dollars for a prompt and for its answer."""
    name = model or ""
    if name.endswith(":free"):
        return 0, 0
    asked, said = parts(table_name(name), usage) or (usage.prompt_tokens * FLAT, usage.completion_tokens * FLAT)
    return round(asked, 12), round(said, 12)


def told(asked: float, said: float, kind: tuple[str, str] = ("prompt", "completions")) -> dict[str, Any]:
    """Return what a usage tells of costs."""
    whole = round(asked + said, 12)
    each = {f"upstream_inference_{kind[0]}_cost": asked, f"upstream_inference_{kind[1]}_cost": said}
    return {"cost": whole, "is_byok": False, "cost_details": {"upstream_inference_cost": whole, **each}}
