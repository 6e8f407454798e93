"""Which models Ollama's `/api/ps` lists: those that requests have loaded, until their `keep_alive` is over."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import anthropic
import httpx
import ollama
import openai
import pytest

from completions.conversation import Prompt
from completions.receive.handler import Handler
from completions.wire.ollama.loading import FOREVER, is_unloading, keep_alive, loaded
from tests.asgi import call

SCRIPT = """
version: 1
rules:
- {match: {last_user: fail}, error: {status: 500}}
- reply: Hi
"""
HI = [{"role": "user", "content": "Hi"}]


@pytest.fixture
def client(place: str) -> Iterator[ollama.Client]:
    with ollama.Client(host=place) as made:
        yield made


def running(client: ollama.Client) -> list[str | None]:
    return [model.model for model in client.ps().models]


def minutes_left(client: ollama.Client) -> int:
    """Return the whole minutes for which the only loaded model stays."""
    (model,) = client.ps().models
    assert model.expires_at is not None
    return round((model.expires_at - datetime.now(model.expires_at.tzinfo)).total_seconds() / 60)


def test_models__are_listed_once_a_request_has_loaded_them(client: ollama.Client, place: str) -> None:
    assert running(client) == []
    client.chat(model="llama3.2", messages=HI)
    client.chat(model="llama3.2:latest", messages=HI)
    assert running(client) == ["llama3.2:latest"]
    assert minutes_left(client) == 5
    client.embed(model="nomic-embed-text", input="Hi", keep_alive="10m")
    list(client.generate(model="qwen3:4b", prompt="Hi", stream=True, keep_alive=-1))
    assert running(client) == ["qwen3:4b", "nomic-embed-text:latest", "llama3.2:latest"]
    assert (client.ps().models[0].expires_at or datetime.min).year > 2300
    with ollama.Client(host=f"{place}-other") as other:
        assert running(other) == []


def test_model__stays_for_what_the_last_request_said_that_said_something(client: ollama.Client) -> None:
    for said, stays in ((None, 5), ("1h", 60), (None, 60), (120, 2), (None, 2), ("1h30m", 90)):
        client.chat(model="llama3.2", messages=HI, keep_alive=said)
        assert minutes_left(client) == stays
    client.chat(model="llama3.2", messages=HI, keep_alive=0)
    assert running(client) == []
    client.chat(model="llama3.2", messages=HI)
    assert minutes_left(client) == 5


def test_model__is_loaded_and_unloaded_without_a_prompt(client: ollama.Client) -> None:
    assert client.generate(model="llama3.2").done_reason == "load"
    assert running(client) == ["llama3.2:latest"]
    assert client.generate(model="llama3.2", keep_alive="0ms").done_reason == "unload"
    assert running(client) == []
    assert client.chat(model="llama3.2", options={"num_ctx": 2048}).done_reason == "load"
    assert client.ps().models[0].context_length == 2048


def test_model__is_not_loaded_by_what_does_not_need_it(client: ollama.Client) -> None:
    client.show("llama3.2")
    client.pull("llama3.2")
    with pytest.raises(ollama.ResponseError):
        client.chat(model="llama3.2", messages=[{"role": "user", "content": "fail"}])
    assert running(client) == []


@pytest.mark.parametrize("stored", [True, False])
def test_model__is_loaded_by_clients_of_others_too(client: ollama.Client, place: str, stored: bool) -> None:
    with openai.OpenAI(base_url=f"{place}/ollama/v1", api_key="k", max_retries=0) as gpt:
        gpt.chat.completions.create(model="m1", messages=HI, store=stored)  # type: ignore[arg-type]
        gpt.completions.create(model="m2", prompt="Hi")
        gpt.embeddings.create(model="m3", input="Hi")
        gpt.responses.create(model="m4", input="Hi", store=stored)
    with anthropic.Anthropic(base_url=f"{place}/ollama", api_key="k", max_retries=0) as claude:
        claude.messages.create(model="m5", max_tokens=9, messages=HI)  # type: ignore[arg-type]
    assert {*running(client)} == {f"m{number}:latest" for number in range(1, 6)}


def test_models__are_unloaded_by_a_reset(client: ollama.Client, place: str) -> None:
    client.chat(model="llama3.2", messages=HI)
    httpx.post(f"{place}/_mock/reset").raise_for_status()
    assert running(client) == []


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (None, None),
        (0, 0),
        (90, 90),
        (1.5, 1.5),
        (-1, FOREVER),
        ("5m", 300),
        ("1h30m", 5400),
        ("1.5s", 1.5),
        ("250ms", 0.25),
        ("-1s", FOREVER),
        ("0", 0),
        ("-0", 0),
        ("0h", 0),
        ("9999999999h", FOREVER),
        ("soon", None),
        (True, None),
        ([], None),
    ],
)
def test_duration__is_read_as_go_reads_it(said: object, seconds: float | None) -> None:
    assert keep_alive({"keep_alive": said}) == seconds
    assert is_unloading(Prompt(task="state", body={"keep_alive": said})) == (seconds == 0)
    assert not is_unloading(Prompt(body={"keep_alive": said}))


@pytest.mark.parametrize(
    ("size", "context"), [(None, None), (0, 4), (1, 4), (-5, 4), (4, 4), (2048.9, 2048), (True, None), ("8", None)]
)
def test_context__has_four_tokens_at_least(size: object, context: int | None) -> None:
    document: dict[str, Any] = {"options": {"num_ctx": size}}
    assert loaded(Prompt(model="m", body=document), lambda: (0.0, 1.0)).document["context"] == context


async def test_models__are_listed_to_whom_may_ask(settings: Any) -> None:
    settings.API_KEYS = ["sk-right"]
    assert (await call(Handler(), "GET", "/api/ps", b"", headers={"authorization": "Bearer sk-wrong"})).status == 401
