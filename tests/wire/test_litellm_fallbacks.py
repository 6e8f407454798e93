"""LiteLLM's fallbacks with errors by name: each API's words are told to be of a prompt too long, or a flagged one."""

from typing import Any

import pytest

from llmclient import lite
from tests.leaky import LITELLM
from tests.server import LiveServer

SCRIPT = """
version: 1
defaults: {models: any}
rules:
- {match: {model: {contains: small}}, error: context_length_exceeded}
- {match: {model: {contains: strict}}, error: content_policy_violation}
- reply: From the large one.
"""

PLACES = {
    "openai": "/v1",
    "anthropic": "",
    "mistral": "/mistral/v1",
    "groq": "/groq/openai/v1",
    "deepseek": "/deepseek",
    "hosted_vllm": "/vllm/v1",
    "azure": "",
    "xai": "/xai/v1",
    "cohere_chat": "/v2/chat",
}

UNRECOGNISED = ("mistral", "groq", "xai")
"""Whose real words LiteLLM does not take for a prompt too long."""

pytestmark = LITELLM


def ask(server: LiveServer, provider: str, model: str, **fallbacks: Any) -> str:
    """Ask a router for a model that is refused and has a larger one to fall back on; return the answer."""
    own = {"api_base": server.url + PLACES[provider], "api_key": "k"}
    own |= {"api_version": "2024-10-21"} if provider == "azure" else {}
    models: list[Any] = [
        {"model_name": name, "litellm_params": {"model": f"{provider}/{name}-model", **own}}
        for name in (model, "large")
    ]
    router = lite.load().Router(model_list=models, num_retries=0, **fallbacks)
    asked: Any = {"model": model, "messages": [{"role": "user", "content": "Hi"}]}
    return str(router.completion(**asked).choices[0].message.content)


@pytest.mark.parametrize("provider", PLACES)
def test_context_window_fallbacks__take_the_larger_model(live: LiveServer, provider: str) -> None:
    fallbacks: Any = {"context_window_fallbacks": [{"small": ["large"]}]}
    if provider in UNRECOGNISED:
        with pytest.raises(lite.load().BadRequestError):
            ask(live, provider, "small", **fallbacks)
        return
    assert ask(live, provider, "small", **fallbacks) == "From the large one."


@pytest.mark.parametrize("provider", ["openai", "azure", "anthropic"])
def test_content_policy_fallbacks__take_the_other_model(live: LiveServer, provider: str) -> None:
    answer = ask(live, provider, "strict", content_policy_fallbacks=[{"strict": ["large"]}])
    assert answer == "From the large one."
