"""What DeepSeek, Moonshot and xAI report besides answers: an account's balance, a key, and xAI's models with prices.

Shapes: the vendors' API references, and answers that their users' programs are tested with (2026).
"""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from completions import ids
from completions.tokens.models import UNKNOWN, Entry, entry
from completions.wire.address import Address
from completions.wire.base import WireFormat

BALANCE = 100
"""What an account has in its currency; nothing is taken from it, as nothing costs anything here."""

TICKS = 1e10
"""xAI's unit of prices: dollar cents for 100 million tokens, in one dollar for a token."""

PRICES = {
    "prompt_text_token_price": "input_cost_per_token",
    "cached_prompt_text_token_price": "cache_read_input_token_cost",
    "completion_text_token_price": "output_cost_per_token",
}
"""The prices that xAI lists, by the names that the table has for them."""

KINDS = {
    **dict.fromkeys(("chat", "responses", None), "language"),
    "image_generation": "image-generation",
    "embedding": "embedding",
}
"""xAI's kinds of models, by what the table says a model is for; one that is not in the table is a language model."""


def addresses(chats: Mapping[str, WireFormat]) -> list[Address]:
    """Return the addresses, with errors in the format of each vendor's chat."""
    grok = chats["xai"]
    return [
        Address("deepseek/(?:v1/)?user/balance", chats["deepseek"], "tell", _deepseek),
        Address("moonshot/v1/users/me/balance", chats["moonshot"], "tell", _moonshot),
        Address("xai/v1/api-key", grok, "tell", _xai_key),
        *(
            Address(f"xai/v1/{kind}-models", grok, "tell", partial(_xai_models, grok, kind))
            for kind in sorted(set(KINDS.values()))
        ),
    ]


def _deepseek(models: Collection[str]) -> dict[str, Any]:
    balance = {"total_balance": f"{BALANCE}.00", "granted_balance": "0.00", "topped_up_balance": f"{BALANCE}.00"}
    return {"is_available": True, "balance_infos": [{"currency": "CNY", **balance}]}


def _moonshot(models: Collection[str]) -> dict[str, Any]:
    balance = {"available_balance": BALANCE, "voucher_balance": 0, "cash_balance": BALANCE}
    return {"code": 0, "data": balance, "scode": "0x0", "status": True}


def _xai_key(models: Collection[str]) -> dict[str, Any]:
    time = "2025-01-01T00:00:00.000000Z"
    states = dict.fromkeys(("team_blocked", "api_key_blocked", "api_key_disabled"), False)
    return {
        "redacted_api_key": "xai-...mock",
        "user_id": "00000000-0000-0000-0000-000000000001",
        "name": "mock",
        "create_time": time,
        "modify_time": time,
        "modified_by": "00000000-0000-0000-0000-000000000001",
        "team_id": "00000000-0000-0000-0000-000000000002",
        "acls": ["api-key:model:*", "api-key:endpoint:*"],
        "api_key_id": "00000000-0000-0000-0000-000000000003",
        **states,
    }


def _xai_models(wire: WireFormat, kind: str, models: Collection[str]) -> dict[str, Any]:
    """Return the listed models that are of a kind."""
    listed = [(model, entry(model["id"], "xai") or UNKNOWN) for model in wire.model_list(models, {})["data"]]
    return {"models": [_xai_model(model, known) for model, known in listed if KINDS.get(known.mode) == kind]}


def _xai_model(model: Mapping[str, Any], known: Entry) -> dict[str, Any]:
    output = "image" if known.mode == "image_generation" else "text"
    costs = {field: round(known.prices.get(price, 0) * TICKS) for field, price in PRICES.items()}
    return {
        **model,
        "fingerprint": f"fp_{ids.spelled(model['id'], 10)}",
        "version": "1.0.0",
        "input_modalities": ["text", "image"] if "vision" in known.yes else ["text"],
        "output_modalities": [output],
        **(costs if output == "text" else {}),
        "aliases": [],
    }
