"""LiteLLM's `context_window_fallbacks` with an error by name: each API's words are told to be a prompt too long."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from llmclient import lite
from tests.server import LiveServer

SCRIPT = """
version: 1
defaults: {models: any}
rules:
- {match: {model: {contains: small}}, error: context_length_exceeded}
- reply: From the large one.
"""

PLACES = {
    "openai": "/v1",
    "anthropic": "",
    "mistral": "/mistral/v1",
    "groq": "/groq/openai/v1",
    "deepseek": "/deepseek",
    "hosted_vllm": "/vllm/v1",
}

UNRECOGNISED = ("mistral", "groq")
"""Whose real words LiteLLM does not take for a prompt too long."""

pytestmark = [
    pytest.mark.usefixtures("leaky"),
    pytest.mark.filterwarnings(
        "ignore::pytest.PytestUnraisableExceptionWarning",  # LiteLLM keeps its connections, and never closes them
        "ignore:Pydantic serializer warnings",
        "ignore:Items? .* on TypedDict class",
        "ignore:Accessing the",
    ),
]


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    asyncio.set_event_loop(None)
    with LiveServer(script=SCRIPT) as live:
        yield live


@pytest.mark.parametrize("provider", PLACES)
def test_context_window_fallbacks__take_the_larger_model(server: LiveServer, provider: str) -> None:
    base = server.url + PLACES[provider]
    models: list[Any] = [
        {
            "model_name": size,
            "litellm_params": {"model": f"{provider}/{size}-model", "api_base": base, "api_key": "k"},
        }
        for size in ("small", "large")
    ]
    router = lite.load().Router(model_list=models, context_window_fallbacks=[{"small": ["large"]}], num_retries=0)
    asked: Any = {"model": "small", "messages": [{"role": "user", "content": "Hi"}]}
    if provider in UNRECOGNISED:
        with pytest.raises(lite.load().BadRequestError):
            router.completion(**asked)
        return
    answer = router.completion(**asked)
    assert answer.choices[0].message.content == "From the large one."
