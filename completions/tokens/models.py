"""Context windows, prices and providers of models, from the table in LiteLLM's package, without importing LiteLLM."""

import functools
import re
import sys
from collections.abc import Hashable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import orjson

from completions.exceptions import RequestError

T = TypeVar("T", bound=Hashable)

TABLE = "model_prices_and_context_window_backup.json"

REFUSABLE = {"prefill": "supports_assistant_prefill", "inline_system": "supports_mid_conversation_system"}
"""Features that some models refuse, by the table's names: an assistant's last message, and later system messages."""

SUPPORTS = "supports_"
"""What the table's names of abilities begin with."""

INPUT_ONLY = "gpt-5"
"""The prefix of models whose window in the table is for input only; their output has its own."""

GOOGLE_OUTPUT = 65_536
"""The output limit of Google's models in tokens; the table has 65,535."""


class Limits(NamedTuple):
    """A model's limits in tokens; None if the table does not have them.

    `refuses` are the features of Anthropic's other models that this one refuses.
    """

    window: int | None
    output: int | None
    refuses: frozenset[str] = frozenset()


PRICE_NAMES = (
    "input_cost_per_token",
    "output_cost_per_token",
    "cache_read_input_token_cost",
    "cache_creation_input_token_cost",
    "output_cost_per_reasoning_token",
)
"""The table's names of prices, in US dollars a token."""

TIERS = (272_000, 200_000, 128_000)
"""The sizes of prompts in tokens above which the table may have other prices, for all of the tokens."""


def tier_price_name(price: str, tier: int) -> str:
    """Return the table's name of a price for prompts of more tokens than this."""
    return f"{price}_above_{tier // 1000}k_tokens"


PRICES = frozenset((*PRICE_NAMES, *(tier_price_name(price, tier) for price in PRICE_NAMES for tier in TIERS)))
"""The names of prices that are kept."""


class Entry(NamedTuple):
    """The fields of a model's entry that are kept.

    `mode` is the model's purpose, such as `chat`; `endpoints` are its addresses, if the table has them.
    `yes` and `no` are the abilities that the table affirms and denies, by their names after `supports_`.
    """

    limits: Limits
    prices: Mapping[str, float]
    provider: str | None = None
    mode: str | None = None
    endpoints: frozenset[str] = frozenset()
    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()


UNKNOWN = Entry(Limits(None, None), {})

PROVIDERS: Mapping[str, frozenset[str]] = {
    "cohere": frozenset({"cohere", "cohere_chat"}),
    "bedrock": frozenset({"bedrock", "bedrock_converse"}),
    "openai": frozenset({"openai", "text-completion-openai"}),
    "gemini": frozenset({"gemini", "vertex_ai-language-models", "vertex_ai-embedding-models"}),
}
"""The table's names of a vendor's providers, if they differ from the vendor's name."""


MAKER_NAMES: Mapping[str, str] = {"google": "gemini", "mistralai": "mistral", "x-ai": "xai"}
"""The table's names of makers, by their names at vendors of several makers' models, if they differ."""


@functools.lru_cache(maxsize=1024)
def context_window(model: str | None, vendor: str = "") -> int | None:
    """Return a model's context window in tokens, or None for an unknown model.

    At a vendor of several makers' models the name has the maker too: the window of `openai/gpt-4o` is that of `gpt-4o`.
    """
    name = model or ""
    maker, _, bare_name = name.rpartition("/")
    candidates = (
        f"{vendor}/{name}",
        name,
        f"{MAKER_NAMES.get(maker, maker)}/{bare_name}",
        bare_name,
        bare_name.replace(".", "-"),
    )
    return next(filter(None, (_find(each).limits.window for each in candidates)), None)


def max_output(model: str | None) -> int | None:
    """Return the most tokens that a model generates, or None for an unknown model."""
    return _find(model).limits.output


def prices(model: str | None) -> Mapping[str, float]:
    """Return a model's prices, out of PRICES; empty for an unknown model."""
    return _find(model).prices


def refuses(feature: str, model: str | None) -> bool:
    """Tell whether a model refuses a feature of `REFUSABLE`; one that is not in the table refuses none."""
    return feature in _find(model).limits.refuses


def provider(model: str) -> str | None:
    """Return the provider of a model, such as `openai`; None for an unknown model."""
    return _find(model).provider


def entry(model: str, vendor: str) -> Entry | None:
    """Return the table's entry for a vendor's model, such as `openai`'s; None for an unknown model."""
    providers, table = PROVIDERS.get(vendor, {vendor}), _table()
    for name in (f"{vendor}/{model}", base(model)):
        found = table.get(name)
        if found is not None and found.provider in providers:
            return found
    return None


@functools.cache
def name_words() -> frozenset[str]:
    """Return the words in all names of the table: `gpt` and `mini` of `gpt-5-mini`."""
    return frozenset(word for name in _table() for word in re.findall("[a-z]+", name.lower()))


def base(model: str) -> str:
    """Return the base model of a fine-tuned one: the second part of `ft:gpt-4o-2024-08-06:acme::id`."""
    return model.split(":")[1] if model.startswith("ft:") else model


def check_context(prompt_tokens: int, max_tokens: int | None, model: str | None, window: int | None = None) -> None:
    """Raise `RequestError` if the messages, or they and the requested tokens, exceed the model's context window.

    `window` replaces the table's. The wordings are the API's own, as its users quote them.
    """
    window = window or context_window(model)
    if window is None:
        return
    facts = {"prompt_tokens": prompt_tokens, "max_tokens": max_tokens or 0, "window": window, "model": model}
    limit = f"This model's maximum context length is {window} tokens. However,"
    if prompt_tokens > window:
        problem = f"your messages resulted in {prompt_tokens} tokens."
        raise _exceeded(f"{limit} {problem} Please reduce the length of the messages.", facts)
    total = prompt_tokens + (max_tokens or 0)
    if total > window and not (model or "").rpartition("/")[2].startswith(INPUT_ONLY):
        problem = f"you requested {total} tokens ({prompt_tokens} in the messages, {max_tokens} in the completion)."
        raise _exceeded(f"{limit} {problem} Please reduce the length of the messages or completion.", facts)


def _exceeded(message: str, facts: Mapping[str, object]) -> RequestError:
    kind = "context_length_exceeded"
    return RequestError(message, code=kind, param="messages", facts=facts, kind=kind)


def _find(model: str | None) -> Entry:
    """Return a model's entry; a fine-tuned one has its own, as `ft:gpt-4o-2024-08-06`, or that of its base."""
    table, name = _table(), model or ""
    exact = f"ft:{base(name)}" if name.startswith("ft:") else name
    return table.get(exact) or table.get(base(name), UNKNOWN)


def litellm_folder() -> Path | None:
    """Return the folder of LiteLLM's package, without importing it; None if it is not installed."""
    spec = find_spec("litellm")
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


@functools.cache
def _table() -> dict[str, Entry]:
    """Read the table once, some 0.1 s; only the fields of `Entry` are kept. Without the file no model is known."""
    folder = litellm_folder()
    if folder is None or not (file := folder / TABLE).is_file():
        return {}
    entries: dict[str, Any] = orjson.loads(file.read_bytes())
    return {name: _entry(entry) for name, entry in entries.items() if isinstance(entry, dict)}


def _entry(entry: dict[str, Any]) -> Entry:
    read, total, write = (_whole(entry.get(f"max_{key}tokens")) for key in ("input_", "", "output_"))
    priced = [(name, value) for name, value in entry.items() if name in PRICES and isinstance(value, (int, float))]
    supports = [(name, flag) for name, flag in entry.items() if name.startswith(SUPPORTS)]
    refused = REFUSABLE.keys() if entry.get("litellm_provider") == "anthropic" else ()
    output = write or total
    limits = Limits(
        read or total,
        GOOGLE_OUTPUT if output == GOOGLE_OUTPUT - 1 else output,
        _shared(frozenset(feature for feature in refused if not entry.get(REFUSABLE[feature]))),
    )
    endpoints = entry.get("supported_endpoints")
    return Entry(
        _shared(limits),
        _prices(tuple(priced)),
        _name(entry.get("litellm_provider")),
        _name(entry.get("mode")),
        _shared(frozenset(map(str, endpoints)) if isinstance(endpoints, list) else frozenset()),
        *_abilities(tuple(supports)),
    )


@functools.cache
def _abilities(supports: tuple[tuple[str, object], ...]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the abilities that are affirmed and denied."""
    start = len(SUPPORTS)
    affirmed, denied = (frozenset(name[start:] for name, flag in supports if flag is value) for value in (True, False))
    return _shared(affirmed), _shared(denied)


@functools.cache
def _shared(value: T) -> T:
    """Return one object for all equal values: thousands of models have a few hundred."""
    return value


@functools.cache
def _prices(priced: tuple[tuple[str, float], ...]) -> Mapping[str, float]:
    """Return prices by name, likewise shared."""
    return dict(priced)


def _name(value: object) -> str | None:
    return sys.intern(value) if isinstance(value, str) else None


def _whole(value: object) -> int | None:
    """Return a whole number, else None: the table's sample entry explains its fields in words."""
    return value if type(value) is int and value > 0 else None
