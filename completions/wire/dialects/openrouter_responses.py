"""Step 4 for OpenRouter's responses: their differences from OpenAI's, and the order of their keys.

Sources: responses of gpt-4o-mini, and streams of them, recorded in July and October 2026.
"""

from collections.abc import Mapping
from typing import Any

from completions.conversation import Prompt, Usage
from completions.wire.dialects import openrouter_costs
from completions.wire.fields import arranged, without_fields

ORDER = (
    *("id", "object", "created_at", "model", "status", "completed_at", "output", "error", "incomplete_details"),
    *("tools", "tool_choice", "parallel_tool_calls", "max_output_tokens", "temperature", "top_p", "presence_penalty"),
    *("frequency_penalty", "top_logprobs", "max_tool_calls", "metadata", "background", "previous_response_id"),
    *("service_tier", "truncation", "store", "instructions", "text", "reasoning", "safety_identifier"),
    *("prompt_cache_key", "prompt_cache_options", "usage"),
)
"""The order of a response's keys."""

_ITEM, _PART = ("id", "type", "role", "status", "content"), ("type", "text", "annotations", "logprobs")
"""The order of a message's keys, and of those of its texts."""

OMITTED_FIELDS = ("access_programs", "billing", "tool_usage", "moderation", "prompt_cache_retention", "user")
"""Fields of OpenAI's responses that OpenRouter's lack (July and September 2026)."""


def openrouter_response(document: Mapping[str, Any], prompt: Prompt) -> dict[str, Any]:
    """Return a response in OpenRouter's shape, with its cost."""
    response = without_fields(document, *OMITTED_FIELDS)
    response |= {"store": False, "prompt_cache_options": None, "output": [_item(item) for item in document["output"]]}
    response["reasoning"] = response["reasoning"] if any(response["reasoning"].values()) else None
    response["text"] = without_fields(response["text"], "verbosity")
    response |= {key: 0 for key in ("frequency_penalty", "presence_penalty") if not response[key]}
    response |= {key: 1 for key in ("temperature", "top_p") if prompt.body.get(key) in (None, 1)}
    if (usage := document["usage"]) is None:
        return response
    input_details, output_details = usage["input_tokens_details"], usage["output_tokens_details"]
    counts = Usage(
        usage["input_tokens"],
        usage["output_tokens"],
        reasoning_tokens=output_details["reasoning_tokens"],
        cached_tokens=input_details["cached_tokens"],
        cache_creation_tokens=input_details.get("cache_write_tokens", 0),
    )
    cost_fields = openrouter_costs.cost_fields(*openrouter_costs.costs(prompt.model, counts), ("input", "output"))
    details = {key: count for key, count in input_details.items() if count or key == "cached_tokens"}
    usage = {**usage, "input_tokens_details": details, **cost_fields}
    return response | {"usage": usage}


def _item(item: dict[str, Any]) -> dict[str, Any]:
    if item.get("type") != "message":
        return item
    return arranged({**item, "content": [arranged(part, _PART) for part in item["content"]]}, _ITEM)
