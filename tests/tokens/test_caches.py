"""From how many tokens on, and in which steps, each API caches prompts."""

import pytest

from completions.tokens.caches import cache_policy, min_marked_tokens


@pytest.mark.parametrize(
    ("model", "place", "steps"),
    [
        ("gpt-5", "chat/", (1024, 128, 0)),
        ("openai/gpt-5", "chat/openrouter", (1024, 128, 0)),
        ("gpt-4.1", "responses/azure", (1024, 128, 0)),
        ("gpt-4-turbo", "chat/", None),
        ("openai/gpt-3.5-turbo", "chat/openrouter", None),
        ("openai/gpt-oss-120b", "chat/groq", (128, 128, 0)),
        ("llama-3.3-70b-versatile", "chat/groq", None),
        ("deepseek-chat", "chat/deepseek", (128, 128, 0)),
        ("deepseek/deepseek-chat", "chat/openrouter", (128, 128, 0)),
        ("mistral-large-latest", "chat/mistral", (128, 16, 0)),
        *((f"mistralai/{name}", "chat/openrouter", None) for name in ("mistral-small", "ministral-8b", "mixtral-8x7b")),
        ("grok-4", "responses/xai", (128, 64, 192)),
        ("grok-4", "responses/", (128, 64, 192)),
        ("grok-4", "chat/azure", None),
        ("gemini-2.5-pro", "gemini/", (2048, 1, 0)),
        ("google/gemini-3-flash", "chat/openrouter", (4096, 1, 0)),
        ("models/of-ones-own", "gemini/", (4096, 1, 0)),
        ("gemini-2.0-flash", "gemini/", None),
        ("claude-sonnet-4-5", "chat/openrouter", None),
        ("gpt-5", "anthropic/", None),
        ("command-a", "chat/cohere", None),
    ],
)
def test_prompts__are_cached_by_model_and_place(model: str, place: str, steps: tuple[int, int, int] | None) -> None:
    found = cache_policy(model, place)
    assert (found and found[:3]) == steps


@pytest.mark.parametrize(
    ("model", "place", "at_ends"),
    [
        *((name, "responses/", True) for name in ("gpt-5.6", "gpt-5.6-sol", "gpt-5.10-mini", "gpt-6-astra")),
        *((name, "responses/", False) for name in ("gpt-5.5", "gpt-5", "gpt-4.1", "gpt-oss-20b", "o3")),
        ("gpt-5.6", "chat/azure", True),
        ("openai/gpt-5.6-luna", "chat/openrouter", True),
        ("gpt-5.6", "chat/vllm", False),
    ],
)
def test_prompts__are_cached_up_to_the_ends_of_messages_since_gpt_5_6(model: str, place: str, at_ends: bool) -> None:
    found = cache_policy(model, place)
    assert found is not None and found.at_ends is at_ends


@pytest.mark.parametrize(
    ("model", "least"),
    [
        ("claude-opus-5", 512),
        ("claude-haiku-4-5", 4096),
        ("claude-3-haiku", 2048),
        ("claude-sonnet-4-6", 1024),
        ("us.amazon.nova-pro-v1:0", 1),
        ("", 1024),
    ],
)
def test_marked_prompts__are_cached_from_so_many_tokens_on(model: str, least: int) -> None:
    assert min_marked_tokens(model) == least
