"""The lists of models of vendors with OpenAI's formats: the default models, and the document of a model by vendor.

Shapes: `BaseModelCard` of the mistralai SDK, `Model` of the openrouter and groq SDKs, vLLM's `ModelCard`, and the
references of DeepSeek, Groq, xAI and Gemini. Windows, abilities and prices are those of the model table.
"""

from collections.abc import Sequence
from typing import Any

from completions import ids
from completions.tokens.capabilities import capabilities
from completions.tokens.models import MAKER_NAMES, UNKNOWN, Entry, context_window, entry, max_output, prices
from completions.wire.dialects.openrouter_costs import table_name
from completions.wire.dialects.openrouter_efforts import always_thinks
from completions.wire.openai.models import CREATED

CEREBRAS = ("gpt-oss-120b", "qwen-3.8-27b", "zai-glm-4.7")
DEEPSEEK = ("deepseek-flash", "deepseek-v4-pro")
GROQ = (
    *("llama-3.3-70b-versatile", "llama-3.1-8b-instant", "openai/gpt-oss-120b", "openai/gpt-oss-20b"),
    *("qwen/qwen3-32b", "groq/compound", "whisper-large-v3"),
)
GROQ_FEATURES = {
    **{"tools": "tools", "json_object": "json_mode"},
    **{"json_schema": "structured_outputs", "reasoning": "reasoning"},
}
"""Groq's names of abilities."""

GROQ_SAMPLING = ("temperature", "top_p", "stop", "seed", "max_tokens")
MISTRAL = (
    *("mistral-large-latest", "mistral-medium-latest", "mistral-small-latest", "magistral-medium-latest"),
    *("codestral-latest", "mistral-embed", "codestral-embed"),
)
MOONSHOT = ("kimi-k3", "kimi-k2.7-code", "kimi-k2.7-code-highspeed", "kimi-k2.6", "moonshot-v1-8k")
OPENROUTER = (
    *("anthropic/claude-sonnet-4.5", "openai/gpt-6.1-sol", "openai/gpt-5", "openai/gpt-4o"),
    *("google/gemini-3.8-flash", "google/gemini-2.5-flash", "deepseek/deepseek-chat", "x-ai/grok-4.5"),
)
TOGETHER = (
    *("openai/gpt-oss-120b", "zai-org/GLM-5.3", "moonshotai/Kimi-K3", "deepseek-ai/DeepSeek-V4.1-Flash"),
    *("meta-llama/Llama-3.3-70B-Instruct-Turbo", "Qwen/Qwen3.5-9B"),
)
VLLM = ("meta-llama/Llama-3.1-8B-Instruct",)
"""A vLLM server has one model."""

XAI = ("grok-4.7", "grok-4.5", "grok-4", "grok-3", "grok-code-fast-1")

ZAI = ("glm-5.3", "glm-5.3-flash", "glm-5.2", "glm-4.7", "glm-4.6", "glm-4.5-air")

WINDOW = 131_072
"""The context window, in tokens, of models that the table does not know."""

OWNERS = {"llama": "Meta", "meta-llama": "Meta", "openai": "OpenAI", "whisper": "OpenAI", "qwen": "Alibaba Cloud"}
"""The owners of the models that Groq serves, by the prefix of their names."""


def _model(name: str, owner: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": owner}


def xai(name: str) -> dict[str, Any]:
    """Return xAI's model."""
    return {"id": name, "created": CREATED, "object": "model", "owned_by": "xai"}


def cerebras(name: str) -> dict[str, Any]:
    """Return Cerebras' model, which has no creation time."""
    return _model(name, "Cerebras") | {"created": 0}


def deepseek(name: str) -> dict[str, Any]:
    """Return DeepSeek's model, which has no creation time."""
    return {"id": name, "object": "model", "owned_by": "deepseek"}


def ollama(name: str) -> dict[str, Any]:
    """Return Ollama's model; its owner is the namespace in its name, or else Ollama's library."""
    return _model(name, name.rpartition("/")[0] or "library")


def moonshot(name: str) -> dict[str, Any]:
    """Return Moonshot's model."""
    return _model(name, "moonshot")


def zai(name: str) -> dict[str, Any]:
    """Return Z.ai's model."""
    return _model(name, "z-ai")


def together(name: str) -> dict[str, Any]:
    """Return Together's model with its prices, in US dollars per million tokens."""
    maker, _, base_name = name.rpartition("/")
    costs = prices(f"together_ai/{name}")
    input_price, output_price = (
        round(costs.get(f"{direction}_cost_per_token", 0) * 1e6, 6) for direction in ("input", "output")
    )
    return {
        "id": name,
        "object": "model",
        "created": CREATED,
        "type": "chat",
        "running": False,
        "display_name": base_name.replace("-", " "),
        "organization": maker,
        "link": f"https://huggingface.co/{name}",
        "context_length": _entry(name, "together_ai").limits.window or WINDOW,
        "config": {"chat_template": None, "stop": [], "bos_token": None, "eos_token": None},
        "pricing": {"hourly": 0, "input": input_price, "output": output_price, "base": 0, "finetune": 0},
    }


def gemini(name: str) -> dict[str, Any]:
    """Return Gemini's model, by its full name."""
    base_name = name.removeprefix("models/")
    display_name = base_name.replace("-", " ").title()
    return {"id": f"models/{base_name}", "object": "model", "owned_by": "google", "display_name": display_name}


def groq(name: str) -> dict[str, Any]:
    """Return Groq's model with its limits and abilities (recorded by 0xPlaygrounds/rig in September 2026)."""
    known = _entry(name, "groq")
    owner = next((owner for prefix, owner in OWNERS.items() if name.startswith(prefix)), "Groq")
    window = known.limits.window or WINDOW
    sizes = {"context_window": window, "public_apps": None, "max_completion_tokens": known.limits.output or window}
    model = _model(name, owner) | {"active": True, **sizes}
    model |= {"name": name.replace("-", " ").title(), "context_length": window}
    model |= {"max_output_length": sizes["max_completion_tokens"]}
    if "whisper" in name:
        return model | {"input_modalities": ["audio"], "output_modalities": ["transcription"]}
    model["input_modalities"] = ["text", "image"] if "vision" in known.yes else ["text"]
    model["output_modalities"] = ["speech"] if "orpheus" in name else ["text"]
    return model | {"pricing": _groq_prices(name), **_groq_features(name)}


def _groq_prices(name: str) -> dict[str, str]:
    """Return prices in US dollars per token, as text; a token that is read from a cache costs half."""
    costs = prices(f"groq/{name}") or prices(name)
    input_price, output_price = costs.get("input_cost_per_token", 0), costs.get("output_cost_per_token", 0)
    by_kind = {
        "prompt": input_price,
        "completion": output_price,
        "image": 0,
        "request": 0,
        "input_cache_read": input_price / 2,
    }
    return {kind: _price(cost) for kind, cost in by_kind.items()}


def _groq_features(name: str) -> dict[str, list[str]]:
    lacks = capabilities(name, "groq").lacks
    features = [feature for ability, feature in GROQ_FEATURES.items() if ability not in lacks]
    return {"supported_features": features, "supported_sampling_parameters": list(GROQ_SAMPLING)}


def vllm(name: str) -> dict[str, Any]:
    """Return a model that vLLM serves, with its permissions."""
    denied = ("create_engine", "search_indices", "fine_tuning")
    permissions = dict.fromkeys(("sampling", "logprobs", "view"), True) | dict.fromkeys(denied, False)
    permission = {
        "id": f"modelperm-{ids.spelled(name, 16)}",
        "object": "model_permission",
        "created": CREATED,
        **{f"allow_{action}": allowed for action, allowed in permissions.items()},
        "organization": "*",
        "group": None,
        "is_blocking": False,
    }
    window = context_window(name) or WINDOW
    return _model(name, "vllm") | {"root": name, "parent": None, "max_model_len": window, "permission": [permission]}


def mistral(name: str) -> dict[str, Any]:
    """Return Mistral's model card."""
    known = _entry(name, "mistral")
    chats = known.mode in (None, "chat")
    capabilities = {
        "completion_chat": chats,
        "function_calling": chats and "function_calling" not in known.no,
        "reasoning": "reasoning" in known.yes,
        "completion_fim": name.startswith("codestral") and chats,
        "fine_tuning": False,
        "vision": "vision" in known.yes,
        "ocr": "ocr" in name,
        "classification": False,
        "moderation": "moderation" in name,
        "audio": name.startswith("voxtral"),
        "audio_transcription": False,
    }
    return _model(name, "mistralai") | {
        "capabilities": capabilities,
        "name": name,
        "description": f"A mock of {name}.",
        "max_context_length": known.limits.window or WINDOW,
        "aliases": [],
        "deprecation": None,
        "deprecation_replacement_model": None,
        "default_model_temperature": 0.3 if chats else None,
        "type": "base",
    }


PARAMETERS = (
    *("frequency_penalty", "max_tokens", "presence_penalty", "response_format", "seed", "stop", "structured_outputs"),
    *("temperature", "tool_choice", "tools", "top_p"),
)


REASONING = ("include_reasoning", "reasoning")
"""The parameters that OpenRouter lists for models that think (measured in September 2026), besides PARAMETERS."""

OPENROUTER_INPUTS = {"image": "vision", "file": "pdf_input", "audio": "audio_input"}
"""The abilities for inputs other than text, by OpenRouter's names and in its order."""


def openrouter(name: str) -> dict[str, Any]:
    """Return OpenRouter's model with its prices, in US dollars per token as text; `name` begins with the maker."""
    base_name = name.partition("/")[2].partition(":")[0] or name
    model_in_table = table_name(name)
    window, output = context_window(model_in_table) or WINDOW, max_output(model_in_table)
    costs = prices(model_in_table)
    abilities = _openrouter_abilities(name)
    inputs = ["text", *(input for input, ability in OPENROUTER_INPUTS.items() if ability in abilities)]
    thinks = "reasoning" in abilities or always_thinks(name)
    return {
        "id": name,
        "canonical_slug": name,
        "hugging_face_id": "",
        "name": base_name.replace("-", " ").title(),
        "created": CREATED,
        "description": f"A mock of {name}.",
        "context_length": window,
        "architecture": {
            "modality": f"{'+'.join(inputs)}->text",
            "input_modalities": inputs,
            "output_modalities": ["text"],
            "tokenizer": "Other",
            "instruct_type": None,
        },
        "pricing": {
            "prompt": _price(costs.get("input_cost_per_token", 0)),
            "completion": _price(costs.get("output_cost_per_token", 0)),
        },
        "top_provider": {"context_length": window, "max_completion_tokens": output, "is_moderated": False},
        "per_request_limits": None,
        "supported_parameters": sorted((*PARAMETERS, *(REASONING if thinks else ()))),
        "default_parameters": {},
        "supported_voices": None,
        "knowledge_cutoff": None,
        "expiration_date": None,
        "links": {"details": f"/api/v1/models/{name}/endpoints"},
        **({"reasoning": {"mandatory": always_thinks(name)}} if thinks else {}),
    }


def _openrouter_abilities(name: str) -> frozenset[str]:
    """Return a model's abilities from the table, by its maker's name of it; unknown models have vision."""
    maker, _, variant = name.partition("/")
    base_name, vendor = variant.partition(":")[0], MAKER_NAMES.get(maker, maker)
    known = entry(base_name, vendor) or entry(base_name.replace(".", "-"), vendor)
    return frozenset({"vision"} if known is None else known.yes)


def page(models: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return OpenRouter's list: one page."""
    return {"data": models, "total_count": len(models), "links": {"next": None}}


def _price(cost: float) -> str:
    return f"{cost:.12f}".rstrip("0").rstrip(".")


def _entry(name: str, vendor: str) -> Entry:
    return entry(name, vendor) or UNKNOWN
