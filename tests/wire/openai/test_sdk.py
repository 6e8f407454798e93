"""The official openai SDK against a live server, plain and async, in its strict validation mode where it holds."""

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from tests.document import MOCK, PIECES, TEXT
from tests.patience import PATIENCE
from tests.server import LiveServer

MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def client(server: LiveServer) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="mock", max_retries=0)


def test_chat__is_the_mission_document(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=MESSAGES)
    assert json.loads(raw.content) == MOCK
    completion = raw.parse()
    assert completion.choices[0].message.content == TEXT
    assert completion._request_id == raw.headers["x-request-id"]


def test_chat__streams_in_pieces(client: openai.OpenAI) -> None:
    pieces, begun = [], time.monotonic()
    for chunk in client.chat.completions.create(
        model="gpt-4o", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    ):
        pieces += [choice.delta.content for choice in chunk.choices]
    assert pieces == ["", *PIECES, None]
    assert chunk.usage
    assert chunk.usage.total_tokens == 12
    assert time.monotonic() - begun >= 0.12, "six tokens, 20 ms apart, and 20 ms before the first"


def test_chat__helper_folds_the_stream(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(model="gpt-4o", messages=MESSAGES) as stream:
        final = stream.get_final_completion()
    assert (final.choices[0].message.content, final.choices[0].finish_reason) == (TEXT, "stop")


async def test_chat__async_many_at_a_time(server: LiveServer) -> None:
    async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="mock", max_retries=0) as client:

        async def one() -> str:
            stream = await client.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

        assert set(await asyncio.gather(*(one() for _ in range(20)))) == {TEXT}


def test_legacy__strict(server: LiveServer) -> None:
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="mock", _strict_response_validation=True)
    completion = client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Hello")
    assert (completion.choices[0].text, completion.model) == (TEXT, "gpt-3.5-turbo-instruct")


def test_legacy__streams(client: openai.OpenAI) -> None:
    # not strict: the API sends a null finish_reason before the end, and the SDK's type forbids it
    stream = client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Hello", stream=True)
    chunks = list(stream)
    assert "".join(chunk.choices[0].text for chunk in chunks) == TEXT
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_models__strict(server: LiveServer) -> None:
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="mock", _strict_response_validation=True)
    assert [model.id for model in client.models.list()] == ["mock"]
    assert client.models.retrieve("mock").owned_by == "mock"


def test_errors__are_the_sdk_s_own(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="The model 'none' does not exist") as not_found:
        client.models.retrieve("none")
    assert not_found.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError) as bad:
        client.chat.completions.create(model="gpt-4o", messages=MESSAGES, extra_body={"stream": "yes"})
    assert (bad.value.param, bad.value.code, bad.value.type) == ("stream", "invalid_type", "invalid_request_error")
    assert bad.value.request_id and bad.value.request_id.startswith("req_")


def test_gate__holds_a_request_in_flight(tmp_path: Path) -> None:
    file = tmp_path / "script.yaml"
    file.write_text("version: 1\nrules:\n- {hold: door, reply: Here I am.}\n")
    with LiveServer(MOCK_SCRIPT=str(file)) as server, ThreadPoolExecutor() as pool, httpx.Client() as http:
        client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="mock", max_retries=0)
        answer = pool.submit(client.chat.completions.create, model="gpt-4o", messages=MESSAGES)
        while http.get(f"{server.url}/_mock/gates", timeout=PATIENCE).json() != {"gates": {"door": 1}}:
            time.sleep(0.01)
        assert not answer.done()
        released = http.post(f"{server.url}/_mock/gates/door/release").json()
        assert released == {"gate": "door", "released": 1, "rules": ["rule 1"]}
        assert answer.result(timeout=PATIENCE).choices[0].message.content == "Here I am."
