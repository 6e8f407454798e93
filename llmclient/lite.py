"""The only access to LiteLLM: import it silently and offline, call it, read its objects.

LiteLLM takes seconds and some 165 MB to import, so that happens at the first call and not before. Everything
it accepts and returns is untyped here; the callers of this module have types.
"""

import importlib
import logging
import os
import threading
import warnings
from collections.abc import Mapping
from typing import Any

import httpx

from llmclient.collection import rare_collections

# LiteLLM reads these from the environment and nowhere else: take prices and headers from the package instead
# of the network, and leave it to the application to read `.env` (in its "DEV" mode LiteLLM does).
_SWITCHES = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_MODE": "PRODUCTION",
}

# LiteLLM silences these of its own on import. Whoever resets the filters after that, as pytest does for every
# test, would see them again, and where warnings are errors they would fail the call.
_LITELLM_WARNINGS = (
    r"Accessing the .* attribute on the instance is deprecated",
    r"Items? .* on TypedDict class .* `ReadOnly` qualifier",
    r"Pydantic serializer warnings",
)

_Http = httpx.Client | httpx.AsyncClient

_loading = threading.Lock()
_litellm: Any = None


def load() -> Any:
    """Return LiteLLM, quiet: no banner, no network, no log below CRITICAL unless LITELLM_LOG is set."""
    global _litellm
    with _loading:
        if _litellm is None:
            for name, value in _SWITCHES.items():
                os.environ.setdefault(name, value)
            with rare_collections():
                _litellm = importlib.import_module("litellm")
                # What the first call would import, while its caller's clock is running.
                importlib.import_module("openai.resources.chat.completions")
                getattr(_litellm, "encoding", None)
            _litellm.suppress_debug_info = True
            if "LITELLM_LOG" not in os.environ:
                # It logs what it also raises, and warns of its own worker changing event loops.
                logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    return _litellm


def _silence_warnings() -> None:
    silenced = {getattr(message, "pattern", None) for action, message, *_ in warnings.filters if action == "ignore"}
    for message in _LITELLM_WARNINGS:
        if message not in silenced:
            warnings.filterwarnings("ignore", message)


def is_provider(name: str) -> bool:
    """Tell whether LiteLLM knows `name` as a provider, as in `provider/model`."""
    litellm = load()
    custom = {item["provider"] for item in litellm.custom_provider_map}
    return name in custom or name in litellm.provider_list


def completion(arguments: Mapping[str, Any], http: httpx.Client, headers: Mapping[str, str]) -> Any:
    """Call LiteLLM; in the OpenAI format the request goes through `http`, with `headers` added to it."""
    _silence_warnings()
    return load().completion(**_litellm_arguments(arguments, http, headers))


async def acompletion(arguments: Mapping[str, Any], http: httpx.AsyncClient, headers: Mapping[str, str]) -> Any:
    """Do the same without blocking."""
    _silence_warnings()
    return await load().acompletion(**_litellm_arguments(arguments, http, headers))


def _litellm_arguments(arguments: Mapping[str, Any], http: _Http, headers: Mapping[str, str]) -> dict[str, Any]:
    """Add the arguments that LiteLLM needs for the provider; the caller's arguments take precedence."""
    # With tools, LiteLLM looks for MCP servers first, and fails where the `mcp` package is not installed.
    prepared: dict[str, Any] = {"_skip_mcp_handler": True}
    prefix, slash, _ = str(arguments["model"]).partition("/")
    provider = arguments.get("custom_llm_provider") or (prefix if slash and is_provider(prefix) else None)
    if provider is None:
        provider = "openai"
        prepared["custom_llm_provider"] = provider
        # The name may be one of OpenAI's own that LiteLLM would take to another endpoint (/responses).
        prepared["_skip_responses_api_bridge"] = True
    if provider == "openai":
        prepared["client"] = _sdk(arguments, http, headers)
        prepared["allowed_openai_params"] = _openai_names(arguments)
    return {**prepared, **arguments}


def _sdk(arguments: Mapping[str, Any], http: _Http, headers: Mapping[str, str]) -> Any:
    """Return an SDK client for one call: LiteLLM writes to it, so it is not shared (and costs 50 µs)."""
    import openai

    options = {name: arguments[name] for name in ("base_url", "api_key", "timeout", "max_retries")}
    # openai 3 is built on httpx2 and takes a client of httpx as well, as openai 2 does; its types say less.
    options |= {"default_headers": headers, "http_client": http}
    return openai.OpenAI(**options) if isinstance(http, httpx.Client) else openai.AsyncOpenAI(**options)


def _openai_names(arguments: Mapping[str, Any]) -> list[str]:
    """Return the arguments of OpenAI's API: for an unknown model LiteLLM would refuse or drop some."""
    import inspect

    from openai.resources.chat.completions import Completions

    return sorted(set(inspect.signature(Completions.create).parameters) & set(arguments))


def document(answer: Any, stream: Any = None) -> dict[str, Any]:
    """Return an answer of LiteLLM, or a chunk of `stream`, as plain data, without usage that LiteLLM made up.

    Zero usage means that none came; at the end of a stream LiteLLM may count tokens itself.
    """
    plain: dict[str, Any] = answer.model_dump(warnings=False)
    usage = plain.get("usage") or {}
    if not usage.get("total_tokens") or (stream is not None and not _reported_usage(stream)):
        plain.pop("usage", None)
    return plain


def _reported_usage(stream: Any) -> bool:
    return any(getattr(chunk, "usage", None) is not None for chunk in getattr(stream, "chunks", ()))


def close(stream: Any) -> None:
    """Close the connection of a stream that did not use our HTTP client, if it can be closed."""
    close = getattr(getattr(stream, "completion_stream", None), "close", None)
    if close is not None:
        close()


async def aclose(stream: Any) -> None:
    """Do the same for an asynchronous one."""
    await stream.aclose()
