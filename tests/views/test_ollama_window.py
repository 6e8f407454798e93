"""Ollama's `num_ctx` and `truncate`: what of a prompt is read that is too long."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from completions.receive.handler import Handler
from tests.asgi import call
from tests.resolve.test_keys import app, defaults

__all__ = ["app", "defaults"]  # fixtures

LONG = "This is a test sentence to fill up the context window. " * 100 + "What is 2+2?"


async def ask(app: Handler, path: str, options: dict[str, Any], **body: Any) -> tuple[int, dict[str, Any]]:
    asked = {"model": "gemma3:1b", "stream": False, "options": options} | body
    answer = await call(app, "POST", f"/api/{path}", orjson.dumps(asked))
    return answer.status, orjson.loads(answer.body)


@pytest.mark.parametrize("body", [{}, {"truncate": True}])
async def test_prompt__is_cut_to_the_window_asked(app: Handler, defaults: Callable[..., None], body: Any) -> None:
    """As tmc/langchaingo recorded it in January 2026; the whole prompt was counted, some nine times as much."""
    defaults("", "reply: Four")
    said = [{"role": "user", "content": LONG}]
    status, whole = await ask(app, "chat", {"num_ctx": 128}, messages=said, **body)
    assert (status, whole["prompt_eval_count"]) == (200, 128)
    assert (await ask(app, "generate", {"num_ctx": 128}, prompt=LONG, **body))[1]["prompt_eval_count"] == 128
    assert (await ask(app, "chat", {}, messages=said, **body))[1]["prompt_eval_count"] > 1000


async def test_prompt__that_may_not_be_cut_is_refused(app: Handler, defaults: Callable[..., None]) -> None:
    defaults("", "reply: Four")
    said = [{"role": "user", "content": LONG}]
    refused = (400, {"error": "the input length exceeds the context length"})
    assert await ask(app, "chat", {"num_ctx": 128}, messages=said, truncate=False) == refused
    assert (await ask(app, "chat", {"num_ctx": 4096}, messages=said, truncate=False))[0] == 200


async def test_prompt__loses_its_oldest_messages_and_keeps_the_system_s(
    app: Handler, defaults: Callable[..., None]
) -> None:
    defaults("", "reply: Six")
    said = [("system", "Be brief."), ("user", LONG), ("assistant", "Four"), ("user", "And 3+3?")]
    messages = [{"role": role, "content": content} for role, content in said]
    cut = (await ask(app, "chat", {"num_ctx": 128}, messages=messages))[1]
    short = (await ask(app, "chat", {}, messages=[messages[0], *messages[2:]]))[1]
    assert cut["prompt_eval_count"] == short["prompt_eval_count"] < 50
