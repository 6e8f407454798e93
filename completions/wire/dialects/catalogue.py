"""The lists of models of vendors that speak OpenAI's formats: which models, and what each API tells of one.

Shapes: `BaseModelCard` of the mistralai SDK, `Model` of the openrouter and groq SDKs, vLLM's `ModelCard`, and the
references of DeepSeek, Groq, xAI and Gemini. Windows, abilities and prices are those of the model table.
"""

from collections.abc import Sequence
from typing import Any

from completions import ids
from completions.tokens.capabilities import capabilities
from completions.tokens.models import MAKERS, UNKNOWN, Entry, context_window, entry, max_output, prices
from completions.wire.dialects.openrouter_costs import table_name
from completions.wire.dialects.openrouter_efforts import always_thinks
from completions.wire.openai.models import CREATED

CEREBRAS = ("gpt-oss-120b", "qwen-3.8-27b", "zai-glm-4.7")
DEEPSEEK = ("deepseek-flash", "deepseek-v4-pro")
GEMINI = ("gemini-3-pro-preview", "gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-embedding-001")
GROQ = (
    *("llama-3.3-70b-versatile", "llama-3.1-8b-instant", "openai/gpt-oss-120b", "openai/gpt-oss-20b"),
    *("qwen/qwen3-32b", "groq/compound", "whisper-large-v3"),
)
GROQ_FEATURES = {
    **{"tools": "tools", "json_object": "json_mode"},
    **{"json_schema": "structured_outputs", "reasoning": "reasoning"},
}
"""What Groq calls abilities."""

GROQ_SAMPLING = ("temperature", "top_p", "stop", "seed", "max_tokens")
MISTRAL = (
    *("mistral-large-latest", "mistral-medium-latest", "mistral-small-latest", "magistral-medium-latest"),
    *("codestral-latest", "mistral-embed", "codestral-embed"),
)
MOONSHOT = ("kimi-k3", "kimi-k2.7-code", "kimi-k2.7-code-highspeed", "kimi-k2.6", "moonshot-v1-8k")
OPENROUTER = (
    *("anthropic/claude-sonnet-4.5", "openai/gpt-5", "openai/gpt-4o", "google/gemini-2.5-flash"),
    *("deepseek/deepseek-chat", "x-ai/grok-4.5"),
)
TOGETHER = (
    *("openai/gpt-oss-120b", "zai-org/GLM-5.3", "moonshotai/Kimi-K3", "deepseek-ai/DeepSeek-V4.1-Flash"),
    *("meta-llama/Llama-3.3-70B-Instruct-Turbo", "Qwen/Qwen3.5-9B"),
)
VLLM = ("meta-llama/Llama-3.1-8B-Instruct",)
"""A server of vLLM's has one model."""

XAI = ("grok-4.7", "grok-4.5", "grok-4", "grok-3", "grok-code-fast-1")

ZAI = ("glm-5.3", "glm-5.3-flash", "glm-5.2", "glm-4.7", "glm-4.6", "glm-4.5-air")

WINDOW = 131_072
"""The context window, in tokens, of models that the table does not know."""

OWNERS = {"llama": "Meta", "meta-llama": "Meta", "openai": "OpenAI", "whisper": "OpenAI", "qwen": "Alibaba Cloud"}
"""Who owns the models that Groq serves, by how their names begin."""


def _model(name: str, owner: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": owner}


def xai(name: str) -> dict[str, Any]:
    """Return xAI's model."""
    return {"id": name, "created": CREATED, "object": "model", "owned_by": "xai"}


def cerebras(name: str) -> dict[str, Any]:
    """Return Cerebras' model, which tells no time."""
    return _model(name, "Cerebras") | {"created": 0}


def deepseek(name: str) -> dict[str, Any]:
    """Return DeepSeek's model, which tells no time."""
    return {"id": name, "object": "model", "owned_by": "deepseek"}


def ollama(name: str) -> dict[str, Any]:
    """Return Ollama's model, which belongs to who made it, or else to Ollama's library."""
    return _model(name, name.rpartition("/")[0] or "library")


def moonshot(name: str) -> dict[str, Any]:
    """Return Moonshot's model."""
    return _model(name, "moonshot")


def zai(name: str) -> dict[str, Any]:
    """Return Z.ai's model."""
    return _model(name, "z-ai")


def together(name: str) -> dict[str, Any]:
    """Return Together's model with its prices, in US dollars for a million tokens."""
    maker, _, plain = name.rpartition("/")
    costs = prices(f"together_ai/{name}")
    asked, said = (round(costs.get(f"{what}_cost_per_token", 0) * 1e6, 6) for what in ("input", "output"))
    return {
        "id": name,
        "object": "model",
        "created": CREATED,
        "type": "chat",
        "running": False,
        "display_name": plain.replace("-", " "),
        "organization": maker,
        "link": f"https://huggingface.co/{name}",
        "context_length": _entry(name, "together_ai").limits.window or WINDOW,
        "config": {"chat_template": None, "stop": [], "bos_token": None, "eos_token": None},
        "pricing": {"hourly": 0, "input": asked, "output": said, "base": 0, "finetune": 0},
    }


def gemini(name: str) -> dict[str, Any]:
    """Return Gemini's model, by its full name."""
    plain = name.removeprefix("models/")
    shown = plain.replace("-", " ").title()
    return {"id": f"models/{plain}", "object": "model", "owned_by": "google", "display_name": shown}


def groq(name: str) -> dict[str, Any]:
    """Return Groq's model with its limits, and what it can (recorded by 0xPlaygrounds/rig in September 2026)."""
    known = _entry(name, "groq")
    owner = next((owner for start, owner in OWNERS.items() if name.startswith(start)), "Groq")
    window = known.limits.window or WINDOW
    sizes = {"context_window": window, "public_apps": None, "max_completion_tokens": known.limits.output or window}
    told = _model(name, owner) | {"active": True, **sizes}
    told |= {"name": name.replace("-", " ").title(), "context_length": window}
    told |= {"max_output_length": sizes["max_completion_tokens"]}
    if "whisper" in name:
        return told | {"input_modalities": ["audio"], "output_modalities": ["transcription"]}
    told["input_modalities"] = ["text", "image"] if "vision" in known.yes else ["text"]
    told["output_modalities"] = ["speech"] if "orpheus" in name else ["text"]
    return told | {"pricing": _groqs_prices(name), **_groqs_features(name)}


def _groqs_prices(name: str) -> dict[str, str]:
    """Return prices in US dollars a token, as text; what is read from a cache costs half."""
    costs = prices(f"groq/{name}") or prices(name)
    asked, said = costs.get("input_cost_per_token", 0), costs.get("output_cost_per_token", 0)
    told = {"prompt": asked, "completion": said, "image": 0, "request": 0, "input_cache_read": asked / 2}
    return {what: _price(cost) for what, cost in told.items()}


def _groqs_features(name: str) -> dict[str, list[str]]:
    lacks = capabilities(name, "groq").lacks
    found = [told for ability, told in GROQ_FEATURES.items() if ability not in lacks]
    return {"supported_features": found, "supported_sampling_parameters": list(GROQ_SAMPLING)}


def vllm(name: str) -> dict[str, Any]:
    """Return a model that vLLM serves, with what is permitted."""
    refused = ("create_engine", "search_indices", "fine_tuning")
    permitted = dict.fromkeys(("sampling", "logprobs", "view"), True) | dict.fromkeys(refused, False)
    permission = {
        "id": f"modelperm-{ids.spelled(name, 16)}",
        "object": "model_permission",
        "created": CREATED,
        **{f"allow_{what}": allowed for what, allowed in permitted.items()},
        "organization": "*",
        "group": None,
        "is_blocking": False,
    }
    window = context_window(name) or WINDOW
    return _model(name, "vllm") | {"root": name, "parent": None, "max_model_len": window, "permission": [permission]}


def mistral(name: str) -> dict[str, Any]:
    """Return Mistral's card of a model."""
    known = _entry(name, "mistral")
    chats = known.mode in (None, "chat")
    can = {
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
        "capabilities": can,
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
"""What OpenRouter lists of models that think (measured in September 2026), besides PARAMETERS."""

OPENROUTER_INPUTS = {"image": "vision", "file": "pdf_input", "audio": "audio_input"}
"""The abilities by which a model takes what is no text, in the order in which OpenRouter lists it."""


def openrouter(name: str) -> dict[str, Any]:
    """Return OpenRouter's model with its prices, in US dollars a token as text; `name` begins with the maker's."""
    plain = name.partition("/")[2].partition(":")[0] or name
    table = table_name(name)
    window, costs = context_window(table) or WINDOW, prices(table)
    can = _abilities(name)
    inputs = ["text", *(sent for sent, ability in OPENROUTER_INPUTS.items() if ability in can)]
    thinks = "reasoning" in can or always_thinks(name)
    return {
        "id": name,
        "canonical_slug": name,
        "hugging_face_id": "",
        "name": plain.replace("-", " ").title(),
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
        "top_provider": {"context_length": window, "max_completion_tokens": max_output(table), "is_moderated": False},
        "per_request_limits": None,
        "supported_parameters": sorted((*PARAMETERS, *(REASONING if thinks else ()))),
        "default_parameters": {},
        "supported_voices": None,
        "knowledge_cutoff": None,
        "expiration_date": None,
        "links": {"details": f"/api/v1/models/{name}/endpoints"},
        **({"reasoning": {"mandatory": always_thinks(name)}} if thinks else {}),
    }


def _abilities(name: str) -> frozenset[str]:
    """Return what the table says that a model can, by the name that its maker has for it; unknown ones see."""
    maker, _, named = name.partition("/")
    plain, vendor = named.partition(":")[0], MAKERS.get(maker, maker)
    known = entry(plain, vendor) or entry(plain.replace(".", "-"), vendor)
    return frozenset({"vision"} if known is None else known.yes)


def pages(models: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return OpenRouter's list: one page."""
    return {"data": models, "total_count": len(models), "links": {"next": None}}


def _price(cost: float) -> str:
    return f"{cost:.12f}".rstrip("0").rstrip(".")


def _entry(name: str, vendor: str) -> Entry:
    return entry(name, vendor) or UNKNOWN
