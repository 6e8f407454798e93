"""vLLM's `return_token_ids`: the ids of the prompt and of the answer, whole and streamed."""

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from tests.server import LiveServer

SCRIPT = """
version: 1
rules:
  - match: {last_user: weather}
    reply: {tool_calls: [{name: look, arguments: {city: Cologne}}]}
  - match: {last_user: think}
    reply: {reasoning: Two and two., text: Four is the answer.}
  - reply: Hello there, you!
"""
MODEL = "meta-llama/Llama-3.1-8B-Instruct"
IDS: dict[str, Any] = {"extra_body": {"return_token_ids": True}}


@pytest.fixture
def client(live: LiveServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{live.url}/vllm/v1", api_key="k", max_retries=0) as client:
        yield client


def text_of(live: LiveServer, ids: list[int]) -> str:
    answer = httpx.post(f"{live.url}/vllm/detokenize", json={"model": MODEL, "tokens": ids})
    return str(answer.json()["prompt"])


@pytest.mark.parametrize(
    ("asked", "said"),
    [("hi", "Hello there, you!"), ("think", "Two and two.Four is the answer."), ("weather", '{"city":"Cologne"}')],
)
def test_chat__has_the_ids_of_prompt_and_answer(client: openai.OpenAI, live: LiveServer, asked: str, said: str) -> None:
    messages: Any = [{"role": "user", "content": asked}]
    whole: Any = client.chat.completions.create(model=MODEL, messages=messages, **IDS)
    assert text_of(live, whole.choices[0].token_ids) == said
    tokenized = httpx.post(f"{live.url}/vllm/tokenize", json={"model": MODEL, "messages": messages}).json()
    assert whole.prompt_token_ids == tokenized["tokens"]
    chunks: list[Any] = list(client.chat.completions.create(model=MODEL, messages=messages, stream=True, **IDS))
    assert chunks[0].prompt_token_ids == whole.prompt_token_ids
    assert not any(getattr(chunk, "prompt_token_ids", None) for chunk in chunks[1:])
    assert [id_ for chunk in chunks for id_ in chunk.choices[0].token_ids] == whole.choices[0].token_ids


def test_completion__has_them_in_its_choices(client: openai.OpenAI, live: LiveServer) -> None:
    whole: Any = client.completions.create(model=MODEL, prompt="Say hi", **IDS)
    assert text_of(live, whole.choices[0].token_ids) == "Hello there, you!"
    assert text_of(live, whole.choices[0].prompt_token_ids) == "Say hi"
    given: Any = client.completions.create(model=MODEL, prompt=whole.choices[0].prompt_token_ids, **IDS)
    assert given.choices[0].prompt_token_ids == whole.choices[0].prompt_token_ids
    chunks: list[Any] = list(client.completions.create(model=MODEL, prompt="Say hi", stream=True, **IDS))
    assert chunks[0].choices[0].prompt_token_ids == whole.choices[0].prompt_token_ids
    assert [id_ for chunk in chunks for id_ in chunk.choices[0].token_ids] == whole.choices[0].token_ids


def test_ids__are_null_unless_requested(client: openai.OpenAI) -> None:
    answer: Any = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "hi"}])
    assert answer.prompt_token_ids is answer.choices[0].token_ids is None


@pytest.mark.parametrize(("count", "has"), [(0, 1), (1, 1), (3, 3)])
def test_prompt__has_log_probabilities_by_ids(client: openai.OpenAI, count: int, has: int) -> None:
    asked: dict[str, Any] = {"extra_body": {"return_token_ids": True, "prompt_logprobs": count}}
    chat: Any = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "hi"}], **asked)
    text: Any = client.completions.create(model=MODEL, prompt="Say hi", **asked)
    for ids, likely in (
        (chat.prompt_token_ids, chat.prompt_logprobs),
        (text.choices[0].prompt_token_ids, text.choices[0].prompt_logprobs),
    ):
        assert (likely[0], len(likely)) == (None, len(ids))
        for id_, each in zip(ids[1:], likely[1:], strict=True):
            assert (each[str(id_)]["rank"], len(each)) == (1, has)


def test_prompt_logprobs__are_refused_in_a_stream(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="are not available when `stream=True`"):
        client.completions.create(model=MODEL, prompt="hi", stream=True, extra_body={"prompt_logprobs": 1})
    list(client.completions.create(model=MODEL, prompt="hi", stream=True, extra_body={"prompt_logprobs": 0}))


NAMED: dict[str, Any] = {"extra_body": {"return_tokens_as_token_ids": "true"}}


def test_chat__names_the_tokens_of_log_probabilities_by_their_ids(client: openai.OpenAI, live: LiveServer) -> None:
    request: Any = {"model": MODEL, "messages": [{"role": "user", "content": "hi"}], "logprobs": True}
    request |= {"top_logprobs": 2, **NAMED}
    whole: Any = client.chat.completions.create(**request).choices[0].logprobs.content
    names = [entry.token for entry in whole]
    assert text_of(live, [int(name.removeprefix("token_id:")) for name in names]) == "Hello there, you!"
    assert bytes(whole[0].bytes) == b"Hello"
    assert [bytes(top.bytes).decode() for top in whole[0].top_logprobs] == [top.token for top in whole[0].top_logprobs]
    assert whole[0].top_logprobs[0].token == names[0]
    chunks: list[Any] = list(client.chat.completions.create(**request, stream=True))
    logprobs = [chunk.choices[0].logprobs for chunk in chunks]
    assert [entry.token for each in logprobs if each for entry in each.content] == names


def test_completion__names_them_too(client: openai.OpenAI, live: LiveServer) -> None:
    request: Any = {"model": MODEL, "prompt": "Say hi", "logprobs": 1, "echo": True, **NAMED}
    whole: Any = client.completions.create(**request).choices[0].logprobs
    ids = [int(name.removeprefix("token_id:")) for name in whole.tokens]
    assert text_of(live, ids) == "Say hiHello there, you!"
    assert [top and list(top) for top in whole.top_logprobs] == [None, *([name] for name in whole.tokens[1:])]
    chunks: list[Any] = list(client.completions.create(**request, stream=True))
    streamed = [name for chunk in chunks if (each := chunk.choices[0].logprobs) for name in each.tokens]
    assert streamed == whole.tokens
    plain: Any = client.completions.create(**(request | {"logprobs": None})).choices[0]
    assert plain.logprobs is None
