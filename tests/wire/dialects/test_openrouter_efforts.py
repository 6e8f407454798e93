"""Which reasoning efforts OpenRouter refuses, and of which models."""

from typing import Any

import orjson
import pytest

from completions.exceptions import RequestError
from completions.wire import registry

CHAT = registry.CHAT_DIALECTS["openrouter"]
SAID = {"messages": [{"role": "user", "content": "Hi"}]}
MANDATORY = "Reasoning is mandatory for this endpoint and cannot be disabled."
OFF: list[dict[str, Any]] = [
    {"reasoning": {"enabled": False}},
    {"reasoning": {"effort": "none"}},
    {"reasoning_effort": "none"},
]


def refused(**body: Any) -> RequestError | None:
    try:
        CHAT.parse(orjson.dumps({**SAID, **body}), {}, validate=True)
    except RequestError as exc:
        return exc
    return None


@pytest.mark.parametrize("asked", OFF)
@pytest.mark.parametrize(
    ("model", "always"),
    [
        *((name, True) for name in ("openai/gpt-6-astra", "openai/gpt-oss-120b", "openai/gpt-oss-20b:free")),
        *((name, True) for name in ("x-ai/grok-4.7", "google/gemini-3.1-pro-preview", "z-ai/glm-5.3-flash:nitro")),
        *((name, False) for name in ("openai/gpt-5.6-terra", "anthropic/claude-haiku-4.5", "qwen/qwen3.8-flash")),
        *((name, False) for name in ("minimax/minimax-m3", "z-ai/glm-5.3", "anthropic/claude-opus-5", "my/own")),
    ],
)
def test_models__that_always_think_cannot_be_told_not_to(model: str, always: bool, asked: dict[str, Any]) -> None:
    error = refused(model=model, **asked)
    assert (error is not None) == always
    if error is not None:
        told = CHAT.error(error)["error"]
        assert told == {"message": MANDATORY, "code": 400, "metadata": {"provider_name": None}}


@pytest.mark.parametrize("asked", [{"effort": "low"}, {"enabled": True}, {"effort": None}, {"max_tokens": 99}, None])
def test_models__that_always_think_may_be_told_how_much(asked: dict[str, Any] | None) -> None:
    assert refused(model="x-ai/grok-4.7", reasoning=asked) is None


@pytest.mark.parametrize("effort", ["ultra", "off", "", 5])
def test_efforts__are_among_seven(effort: object) -> None:
    error = refused(model="openai/gpt-5.5", reasoning={"effort": effort})
    assert error is not None
    assert CHAT.error(error)["error"] == {
        "message": 'reasoning.effort: Invalid option: expected one of "max"|"xhigh"|"high"|"medium"|"low"|"minimal"|'
        '"none"',
        "code": 400,
    }
