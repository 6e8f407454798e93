"""OpenRouter's addresses about models and their providers, which need no key, and about the key and its credits.

Sources: OpenRouter's API reference, and its SDK for Python (1.3); llm-openrouter 0.7 asks for the models without a key.
The providers of a model were measured in September and October 2026, without a key.
"""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from completions.wire.address import Address
from completions.wire.base import WireFormat
from completions.wire.dialects.openrouter import USER
from completions.wire.dialects.openrouter_errors import PROVIDER

CREDITS = 1000.0
"""The dollars paid; none are used, as nothing costs anything here."""

DEPRECATED_LIMIT = {"requests": -1, "interval": "10s", "note": "This field is deprecated and safe to ignore."}
FREE_REQUESTS = {"limit": 1000, "remaining": 1000, "used": 0}
USAGE = {f"{kind}usage{time}": 0.0 for kind in ("", "byok_") for time in ("", "_daily", "_weekly", "_monthly")}


def addresses(place: str, wire: WireFormat) -> list[Address]:
    """Return the addresses below a path; `wire`, the format of chat, is that of errors."""
    return [
        Address(f"{place}models", wire, "public", partial(wire.model_list, query={})),
        Address(f"{place}models/count", wire, "public", partial(_model_count, wire)),
        Address(f"{place}models/user", wire, "models"),
        Address(f"{place}models/(?P<name>.+)/endpoints", wire, "public_model", _endpoints),
        Address(f"{place}model/(?P<name>.+)", wire, "public_model", _model_document),
        Address(f"{place}(?:auth/)?key", wire, "tell", _key),
        Address(f"{place}credits", wire, "tell", _credits),
    ]


def _model_count(wire: WireFormat, models: Collection[str]) -> dict[str, Any]:
    return {"data": {"count": len(wire.model_list(models, {})["data"])}}


def _model_document(model: Mapping[str, Any]) -> dict[str, Any]:
    return {"data": model}


def _endpoints(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model with its only provider: the mock."""
    fields = {field: model[field] for field in ("id", "name", "created", "description", "architecture")}
    limits = {"max_completion_tokens": model["top_provider"]["max_completion_tokens"], "max_prompt_tokens": None}
    endpoint = {
        "name": f"{PROVIDER} | {model['id']}",
        "model_id": model["id"],
        "model_name": model["name"],
        "context_length": model["context_length"],
        "pricing": {**model["pricing"], "discount": 0},
        "provider_name": PROVIDER,
        "tag": PROVIDER.lower(),
        "quantization": "unknown",
        **limits,
        "supported_parameters": model["supported_parameters"],
        "supports_tool_choice": dict.fromkeys(("none", "auto", "required", "function"), True),
        "status": 0,
        **{f"uptime_last_{time}": 100 for time in ("30m", "5m", "1d")},
        "supports_implicit_caching": False,
        "supports_voice_cloning": False,
        "latency_last_30m": None,
        "throughput_last_30m": None,
    }
    return {"data": {**fields, "endpoints": [endpoint]}}


def _key(models: Collection[str]) -> dict[str, Any]:
    facts = {"label": "sk-or-v1-moc...ock", "is_management_key": False, "is_provisioning_key": False}
    limits = {"limit": None, "limit_reset": None, "limit_remaining": None, "include_byok_in_limit": False}
    owner = {"creator_user_id": USER, "organization_id": None, "workspace_id": None}
    budgets = {
        "allowed_data_regions": ["global"],
        "budgets": [],
        "effective_budget": None,
        "free_model_daily_requests": FREE_REQUESTS,
    }
    other_fields = {"is_free_tier": False, "expires_at": None, "rate_limit": DEPRECATED_LIMIT}
    return {"data": {**facts, **limits, **USAGE, **owner, **budgets, **other_fields}}


def _credits(models: Collection[str]) -> dict[str, Any]:
    return {"data": {"total_credits": CREDITS, "total_usage": 0.0}}
