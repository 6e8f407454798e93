"""Step 4 for OpenRouter's responses: what they say beside OpenAI's, in an order of their own.

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

UNTOLD = ("access_programs", "billing", "tool_usage", "moderation", "prompt_cache_retention", "user")
"""What OpenAI's responses have and OpenRouter's do not (July and September 2026)."""


def told(document: Mapping[str, Any], prompt: Prompt) -> dict[str, Any]:
    """Return a response as OpenRouter tells it, with its cost."""
    kept = without_fields(document, *UNTOLD)
    kept |= {"store": False, "prompt_cache_options": None, "output": [_item(item) for item in document["output"]]}
    kept["reasoning"] = kept["reasoning"] if any(kept["reasoning"].values()) else None
    kept["text"] = without_fields(kept["text"], "verbosity")
    kept |= {key: 0 for key in ("frequency_penalty", "presence_penalty") if not kept[key]}
    kept |= {key: 1 for key in ("temperature", "top_p") if prompt.body.get(key) in (None, 1)}
    if (used := document["usage"]) is None:
        return kept
    given, made = used["input_tokens_details"], used["output_tokens_details"]
    counted = Usage(
        used["input_tokens"],
        used["output_tokens"],
        reasoning_tokens=made["reasoning_tokens"],
        cached_tokens=given["cached_tokens"],
        cache_creation_tokens=given.get("cache_write_tokens", 0),
    )
    paid = openrouter_costs.told(*openrouter_costs.costs(prompt.model, counted), ("input", "output"))
    details = {key: count for key, count in given.items() if count or key == "cached_tokens"}
    usage = {**used, "input_tokens_details": details, **paid}
    return kept | {"usage": usage}


def _item(item: dict[str, Any]) -> dict[str, Any]:
    if item.get("type") != "message":
        return item
    return arranged({**item, "content": [arranged(part, _PART) for part in item["content"]]}, _ITEM)
