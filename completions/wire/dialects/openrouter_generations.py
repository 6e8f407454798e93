"""OpenRouter's document of a chat's answer, with its tokens and cost: `GET /api/v1/generation?id=…`.

Shape: `GenerationResponseData` of OpenRouter's SDK for Python (1.3.84), and `total_cost` equals the cost in the usage,
as users measured in 2026.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.wire.base import Span, StoredDocument
from completions.wire.dialects.openrouter_errors import PROVIDER
from completions.wire.fields import dicts, mapping, text

GENERATION = "generation"

NULL_FIELDS = (
    *("app_id", "cache_discount", "external_user", "http_referer", "moderation_latency", "num_fetches"),
    *("num_input_audio_prompt", "num_media_completion", "num_media_prompt", "num_search_results", "preset_id"),
    *("provider_responses", "router", "upstream_id", "user_agent", "web_search_engine", "workspace_id"),
)
"""The fields that are not known here."""


def generation_of(completion: Mapping[str, Any], prompt: Prompt, span: Span) -> StoredDocument:
    """Return the document of a chat completion, stored under its id."""
    usage = mapping(completion.get("usage"))
    prompt_tokens, completion_tokens, cost = (
        usage.get(name, 0) for name in ("prompt_tokens", "completion_tokens", "cost")
    )
    choice: Mapping[str, Any] = next(iter(dicts(completion.get("choices"))), {})
    started, ended = span()
    document = {
        **dict.fromkeys(NULL_FIELDS),
        "id": completion["id"],
        "api_type": "completions",
        "model": text(completion.get("model")),
        "provider_name": PROVIDER,
        "created_at": datetime.fromtimestamp(started, UTC).isoformat(timespec="milliseconds"),
        "streamed": prompt.stream,
        "cancelled": False,
        "generation_time": round((ended - started) * 1000),
        "latency": round((ended - started) * 1000),
        "finish_reason": choice.get("finish_reason"),
        "native_finish_reason": choice.get("native_finish_reason"),
        "tokens_prompt": prompt_tokens,
        "tokens_completion": completion_tokens,
        "native_tokens_prompt": prompt_tokens,
        "native_tokens_completion": completion_tokens,
        "native_tokens_reasoning": mapping(usage.get("completion_tokens_details")).get("reasoning_tokens", 0),
        "native_tokens_cached": mapping(usage.get("prompt_tokens_details")).get("cached_tokens", 0),
        "native_tokens_completion_images": 0,
        "total_cost": cost,
        "usage": cost,
        "upstream_inference_cost": 0,
        "is_byok": False,
        "origin": "",
        "service_tier": completion.get("service_tier"),
        "data_region": "global",
    }
    return StoredDocument(GENERATION, completion["id"], document)


def not_found(name: str) -> RequestError:
    """Return the 404 of a generation."""
    return RequestError(f"Generation {name[:200]} not found", status=404)
