"""Embeddings: a vector for each input, exact usage, and what the API would refuse."""

import base64
import math
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import orjson
import pytest

from completions.conversation import Choice, Prompt, Reply, Usage
from completions.exceptions import RequestError
from completions.tokens import text as tokens
from completions.wire.openai.embeddings import Embeddings
from completions.wire.vectors import embed
from llmclient import lite
from tests.leaky import LITELLM
from tests.scripts import World, rules, script
from tests.server import LiveServer

pytestmark = LITELLM

WIRE = Embeddings()
SMALL, LARGE, ADA = "text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002"


def parsed(validate: bool = True, **body: Any) -> Prompt:
    return WIRE.parse(orjson.dumps({"model": SMALL, **body}), {}, validate=validate)


def rendered(*choices: Choice, **body: Any) -> dict[str, Any]:
    prompt = parsed(**body)
    return WIRE.document(Reply(choices, model=prompt.model, usage=Usage(7, 0)), prompt)


def refused(**body: Any) -> tuple[str, str | None, str | None]:
    with pytest.raises(RequestError) as error:
        parsed(**body)
    assert error.value.status == 400
    return error.value.message, error.value.param, error.value.code


def test_render__has_the_api_s_shape() -> None:
    assert rendered(input="Hi", dimensions=4) == {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": embed("Hi", 4)}],
        "model": SMALL,
        "usage": {"prompt_tokens": 7, "total_tokens": 7},
    }


@pytest.mark.parametrize(("model", "size"), [(SMALL, 1536), (LARGE, 3072), (ADA, 1536), ("unknown-embed", 1536)])
def test_render__has_the_model_s_dimensions(model: str, size: int) -> None:
    vector = rendered(model=model, input="Hi")["data"][0]["embedding"]
    assert len(vector) == size
    assert math.hypot(*vector) == pytest.approx(1, abs=1e-6)


def test_render__names_the_model_as_the_api_does() -> None:
    assert rendered(model=ADA, input="Hi")["model"] == "text-embedding-ada-002-v2"


def test_render__base64_is_the_same_numbers() -> None:
    plain, packed = (
        rendered(input="Hi there", encoding_format=kind)["data"][0]["embedding"] for kind in ("float", "base64")
    )
    assert array("f", base64.b64decode(packed)).tolist() == plain


def test_render__tokens_are_the_text_they_stand_for() -> None:
    ids = tokens._encoding("cl100k_base").encode("Hello world")
    for given in (ids, [ids], ["Hello world"]):
        assert rendered(input=given)["data"][0]["embedding"] == embed("Hello world", 1536)
    assert [item["index"] for item in rendered(input=[ids, ids, [1]])["data"]] == [0, 1, 2]


def test_render__says_what_the_script_says() -> None:
    one, two = Choice(embedding=(0.5, 0.25)), Choice(embedding=(1.0,))
    assert [item["embedding"] for item in rendered(one, input=["a", "b"])["data"]] == [(0.5, 0.25)] * 2
    assert [item["embedding"] for item in rendered(one, two, input=["a", "b"])["data"]] == [(0.5, 0.25), (1.0,)]
    assert rendered(one, input="a", encoding_format="base64")["data"][0]["embedding"] == "AAAAPwAAgD4="


OTHERS: tuple[Any, ...] = (["a", 1], [[]], [[1], []], [1.5], [-1], [None])
INVALID = (
    "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
    None,
)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        *((given, None) for given in OTHERS),
        ([], "Invalid 'input': input cannot be an empty array."),
        ([""], "Invalid 'input[0]': input cannot be an empty string."),
        (["a", ""], "Invalid 'input[1]': input cannot be an empty string."),
        (["a"] * 2049, "Invalid 'input': array length must be 2048 or less."),
    ],
    ids=range(10),
)
def test_refuses__inputs_that_are_none(given: Any, why: str | None) -> None:
    assert refused(input=given)[:2] == (INVALID if why is None else (why, None))


@pytest.mark.parametrize(
    ("body", "message", "param", "code"),
    [
        ({}, "Missing required parameter: 'input'.", "input", "missing_required_parameter"),
        ({"input": "a", "model": 1}, "Invalid type for 'model': expected a string", "model", "invalid_type"),
        ({"input": 1}, "Invalid type for 'input': expected one of a string or array", "input", "invalid_type"),
        ({"input": "a", "encoding_format": "hex"}, "Invalid value: 'hex'.", "encoding_format", "invalid_value"),
        ({"input": "a", "dimensions": 0}, "Invalid 'dimensions'", "dimensions", "integer_below_min_value"),
        ({"input": "a", "dimensions": 8, "model": ADA}, "This model does not support specifying dimens", None, None),
        ({"input": "a", "dimensions": 1537}, "Invalid value for 'dimensions' = 1537. Must be less", None, None),
        ({"input": "a", "stream": True}, "Unknown parameter: 'stream'.", "stream", "unknown_parameter"),
        ({"input": "hi " * 8193}, "Invalid 'input': maximum context length is 8192 tokens.", None, None),
        ({"input": ["a", [1] * 1]}, "'$.input' is invalid.", None, None),
        ({"input": [1] * 8193}, "Invalid 'input': maximum context length is 8192 tokens.", None, None),
        (
            {"input": [[1], [1] * 8193]},
            "Invalid 'input[1]': maximum input length is 8192 tokens.",
            "input[1]",
            "invalid_value",
        ),
        (
            {"input": ["hi " * 8000] * 38},
            "Requested 304038 tokens, max 300000 tokens per request",
            None,
            "max_tokens_per_request",
        ),
    ],
    ids=range(13),
)
def test_refuses__what_the_api_refuses(body: Any, message: str, param: str | None, code: str | None) -> None:
    said = refused(**body)
    assert said[0].startswith(message)
    assert said[1:] == (param, code)


def test_takes__what_is_just_within_the_limits() -> None:
    assert len(parsed(input=["a"] * 2048).messages) == 2048
    assert len(parsed(input=[1] * 8192).messages) == 1
    assert len(parsed(input=" a" * 8192).messages) == 1
    parsed(model=LARGE, input="a", dimensions=3072, user="ann", encoding_format="float")


@pytest.mark.parametrize("given", [None, 1, {}, [], [{}], ["a", 1, None], [[["a"]]], [True], ["a"] * 3000])
def test_unvalidated__answers_anything(given: Any) -> None:
    prompt = parsed(validate=False, input=given, dimensions=10**15, model=["x"])
    data = WIRE.document(Reply(()), prompt)["data"]
    assert all(len(item["embedding"]) == 1536 for item in data)


@pytest.mark.parametrize(
    ("given", "count"), [("Hello world", 2), (["Hello world", "a"], 3), ([1, 2, 3], 3), ([[1, 2], [3]], 3)]
)
async def test_usage__is_exact(tmp_path: Path, given: Any, count: int) -> None:
    outcome = await World(tmp_path, rules("- reply: Hi")).outcome(parsed(input=given))
    assert outcome.rule is None
    assert outcome.reply and outcome.reply.usage == Usage(count, 0)


async def test_script__speaks_only_where_it_names_the_format(tmp_path: Path) -> None:
    world = World(
        tmp_path,
        rules(
            """
            - reply: Hi
            - name: vectors
              match: {format: embeddings, last_user: two}
              reply:
                choices: [{embedding: [1, 0]}, {embedding: [0, 1]}]
                model: mine
                usage: {prompt_tokens: 9, completion_tokens: 0}
            - {match: {format: embeddings, last_user: busy}, error: 429}
            """
        ),
    )
    outcome = await world.outcome(prompt := parsed(input=["one", "two"]))
    assert outcome.reply
    document = WIRE.document(outcome.reply, prompt)
    assert [item["embedding"] for item in document["data"]] == [(1.0, 0.0), (0.0, 1.0)]
    assert (outcome.rule, document["model"], document["usage"]["total_tokens"]) == ("vectors", "mine", 9)
    assert (await world.outcome(parsed(input="busy"))).error
    assert (await world.outcome(parsed(input="else"))).rule is None


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("{embedding: []}", "must have at least one number"),
        ("{embedding: [a]}", "must be a number"),
        ("{embedding: [1.0e+999]}", "number"),
        ("{embedding: 1}", "must be a list"),
        ("{embedding: [1], text: a}", "cannot be combined with"),
    ],
)
def test_script__wrong_embeddings_are_told(reply: str, why: str) -> None:
    with pytest.raises(Exception, match=why):
        script(rules(f"- match: {{format: embeddings}}\n  reply: {reply}"))


SCRIPT = """
version: 1
defaults:
  models: [gpt-4o, text-embedding-3-small, text-embedding-3-large]
  limits: {rpm: 1000}
rules:
- {match: {format: embeddings, last_user: fixed}, reply: {embedding: [0.5, 0.5]}}
- {match: {format: embeddings, last_user: down}, error: 503}
- {match: {format: embeddings, last_user: cut}, fault: truncated_json, reply: {embedding: [1]}}
- match: {format: embeddings, last_user: again}
  replies: [{error: {status: 429, retry_after_ms: 1}}, {embedding: [0.25]}]
- reply: Hi
"""


@pytest.fixture(scope="module")
def client(live: LiveServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=f"{live.url}/v1", api_key="k", max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


def test_sdk__embeds(client: openai.OpenAI) -> None:
    raw = client.embeddings.with_raw_response.create(
        model=SMALL, input=["Hello world", "a"], dimensions=64, encoding_format="float"
    )
    answer = raw.parse()
    assert [item.embedding for item in answer.data] == [embed("Hello world", 64), embed("a", 64)]
    assert (answer.model, answer.usage.prompt_tokens, answer.usage.total_tokens) == (SMALL, 3, 3)
    assert raw.headers["x-request-id"].startswith("req_")
    assert raw.headers["x-ratelimit-limit-requests"] == "1000"
    assert client.embeddings.create(model=SMALL, input="fixed", encoding_format="float").data[0].embedding == [0.5, 0.5]


def test_sdk__errors_and_faults(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        client.embeddings.create(model="none", input="a")
    assert unknown.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError, match="cannot be an empty string"):
        client.embeddings.create(model=SMALL, input=[""])
    with pytest.raises(openai.InternalServerError):
        client.embeddings.create(model=SMALL, input="down")
    with pytest.raises(openai.APIStatusError) as busy:
        client.embeddings.create(model=SMALL, input="a", extra_headers={"X-Mock-Error": "429"})
    assert busy.value.status_code == 429
    with pytest.raises(ValueError):
        client.embeddings.create(model=SMALL, input="cut")
    with pytest.raises(openai.APIConnectionError):
        client.embeddings.create(model=SMALL, input="a", extra_headers={"X-Mock-Fault": "close"})


def test_sdk__retries_and_reads_base64(live: LiveServer) -> None:
    # not strict: the SDK asks for base64 unless it is told otherwise, and its own type forbids that answer
    with openai.OpenAI(base_url=f"{live.url}/v1", api_key="k", max_retries=1) as client:
        assert client.embeddings.create(model=SMALL, input="Hello world").data[0].embedding == embed(
            "Hello world", 1536
        )
        assert client.embeddings.create(model=SMALL, input="again").data[0].embedding == [0.25]


def test_litellm__embeds(live: LiveServer) -> None:
    with openai.OpenAI(base_url=f"{live.url}/v1", api_key="k") as client:
        answer = lite.load().embedding(f"openai/{LARGE}", input=["Hi there"], client=client)
    assert len(answer.data[0]["embedding"]) == 3072
    assert answer.usage.prompt_tokens == 2
