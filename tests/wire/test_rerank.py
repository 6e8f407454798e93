"""Reranking at vLLM, OpenRouter, Together and Bedrock, through LiteLLM, boto3 and raw, against a live server."""

import json
from typing import Any

import boto3
import botocore.config
import botocore.exceptions
import httpx
import pytest

from completions.conversation import Traffic
from completions.wire import registry
from llmclient import lite
from tests.leaky import LITELLM
from tests.server import LiveServer, serving
from tests.wire.bedrock.test_bedrock import runtime

pytestmark = [
    *LITELLM,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # clients that never close theirs
    pytest.mark.filterwarnings("ignore:The `dict` method is deprecated"),  # LiteLLM's, for Together
]

SCRIPT = """
version: 1
rules:
- {match: {format: rerank, last_user: busy}, error: {status: 429}}
- {match: {format: rerank, header: {x-case: named}}, reply: {auto: true, id: mine, model: renamed}}
- {match: {format: rerank, last_user: scored}, reply: {scores: [0.25, -1, 0.5]}}
- {match: {}, reply: {auto: true}}
"""

server = serving(script=SCRIPT)

DOCUMENTS = ["Paris is in France.", "The cat sleeps.", "Rome is in Italy."]
ASKED = {"query": "cat", "documents": DOCUMENTS}
ARN = "arn:aws:bedrock:us-west-2::foundation-model/amazon.rerank-v1:0"
OWN = {"aws_access_key_id": "AKID", "aws_secret_access_key": "secret", "aws_region_name": "us-west-2"}
VLLM, OPENROUTER, TOGETHER = "/vllm/rerank", "/openrouter/api/v1/rerank", "/together/v1/rerank"
ADDRESSES = (VLLM, OPENROUTER, TOGETHER)


def post(server: LiveServer, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    return httpx.post(f"{server.url}{path}", json=body, headers={"authorization": "Bearer any", **headers})


@pytest.mark.parametrize(
    ("model", "place", "more"),
    [
        ("hosted_vllm/bge-reranker", "/vllm", {}),
        ("hosted_vllm/bge-reranker", "/vllm/v1", {}),
        ("together_ai/Salesforce/Llama-Rank-V1", "/together/v1", {}),
        (f"bedrock/{ARN}", "", OWN),
    ],
)
def test_litellm__reranks(server: LiveServer, model: str, place: str, more: dict[str, str]) -> None:
    found: Any = lite.load().rerank(
        model=model, api_base=f"{server.url}{place}", api_key="any", top_n=2, return_documents=True, **ASKED, **more
    )
    assert [result["index"] for result in found.results][:1] == [1] and len(found.results) == 2
    if not more:
        assert found.results[0]["document"] == {"text": DOCUMENTS[1]}
        assert found.meta["billed_units"]["total_tokens"] == found.meta["tokens"].get("input_tokens", 17) == 17


@pytest.mark.parametrize("path", ["/vllm/rerank", "/vllm/v1/rerank", "/vllm/v2/rerank"])
def test_vllm__tells_all_documents(server: LiveServer, path: str) -> None:
    found = post(server, path, {"model": "bge", "top_n": "0", **ASKED}).json()
    assert list(found) == ["id", "model", "usage", "results"] and found["id"].startswith("score-")
    assert found["usage"] == {"prompt_tokens": 17, "total_tokens": 17}
    assert [each["index"] for each in found["results"]] == [1, 0, 2]
    assert list(found["results"][0]) == ["index", "document", "relevance_score"]
    assert found["results"][0]["document"] == {"text": DOCUMENTS[1], "multi_modal": None}
    parts = [{"type": "text", "text": "A cat"}, {"type": "image_url", "image_url": {"url": "https://a/b.png"}}]
    seen = post(server, path, {"query": "cat", "documents": {"content": parts}}).json()
    assert seen["results"][0]["document"] == {"text": None, "multi_modal": parts}
    assert seen["results"][0]["relevance_score"] > 0 and seen["model"] == "mock"


@pytest.mark.parametrize(
    ("names", "path"),
    [
        (("text_1", "text_2"), "/vllm/score"),
        (("text_1", "text_2"), "/vllm/v1/score"),
        (("data_1", "data_2"), "/vllm/score"),
        (("queries", "documents"), "/vllm/score"),
        (("queries", "items"), "/vllm/score"),
    ],
)
@pytest.mark.parametrize(("first", "paired"), [("cat", [0, 1, 0]), (["France", "dog", "Italy"], [1, 0, 1])])
def test_vllm__scores_pairs(
    server: LiveServer, names: tuple[str, str], path: str, first: object, paired: list[int]
) -> None:
    found = post(server, path, {"model": "bge", names[0]: first, names[1]: DOCUMENTS}).json()
    assert list(found) == ["id", "object", "created", "model", "data", "usage"]
    assert [(each["index"], each["object"]) for each in found["data"]] == [(at, "score") for at in range(3)]
    assert [int(each["score"] > 0) for each in found["data"]] == paired
    assert found["usage"] | {"prompt_tokens": 0, "total_tokens": 0} == {
        **{"prompt_tokens": 0, "total_tokens": 0},
        **{"completion_tokens": 0, "prompt_tokens_details": None},
    }


def test_openrouter__tells_the_documents_as_sent(server: LiveServer) -> None:
    shown = {"text": "The cat sleeps.", "image": "https://a/b.png"}
    asked = {"model": "cohere/rerank-v3.5", "query": "cat", "documents": ["A dog.", shown], "top_n": 1}
    found = post(server, OPENROUTER, asked).json()
    assert list(found) == ["id", "model", "provider", "results", "usage"] and found["id"].startswith("gen-rerank-")
    [best] = found["results"]
    assert (best["index"], best["document"], list(best)) == (1, shown, ["index", "relevance_score", "document"])
    assert list(found["usage"]) == ["search_units", "total_tokens", "cost"]


def test_together__ranks_by_fields(server: LiveServer) -> None:
    documents = [{"title": "dog", "text": "cat"}, {"title": "cat", "text": "dog"}]
    asked = {"model": "Salesforce/Llama-Rank-V1", "query": "cat", "documents": documents, "rank_fields": ["title"]}
    found = post(server, TOGETHER, asked).json()
    assert list(found) == ["object", "id", "model", "results", "usage"] and found["object"] == "rerank"
    assert [(each["index"], list(each)) for each in found["results"]] == [
        (1, ["index", "relevance_score"]),
        (0, ["index", "relevance_score"]),
    ]
    told = post(server, TOGETHER, asked | {"return_documents": True, "top_n": 1}).json()
    assert [each["document"] for each in told["results"]] == [{"text": '{"title":"cat"}'}]


@pytest.mark.parametrize("path", ADDRESSES)
def test_rerank__is_scripted_and_read(server: LiveServer, path: str) -> None:
    body = {"model": "rerank-x", **ASKED}
    assert post(server, path, body | {"query": "busy"}).status_code == 429
    found = post(server, path, body, **{"x-case": "named"}).json()
    assert (found["id"], found["model"]) == ("mine", "renamed")
    said = registry.read(Traffic("POST", path, json.dumps(body).encode(), (json.dumps(found).encode(),)))
    assert said.prompt is not None and (said.prompt.format, said.prompt.last_user) == ("rerank", "cat")
    assert said.reply is not None and (said.reply.id, said.reply.model) == ("mine", "renamed")


JINA, VOYAGE = {"model": "jina-reranker-v3"}, {"model": "rerank-2.5"}
SOURCES: dict[str, Any] = {
    "sources": [{"type": "INLINE", "inlineDocumentSource": {"type": "TEXT", "textDocument": {"text": "a"}}}] * 4,
    "queries": [{"type": "TEXT", "textQuery": {"text": "scored"}}],
    "rerankingConfiguration": {
        "type": "BEDROCK_RERANKING_MODEL",
        "bedrockRerankingConfiguration": {"modelConfiguration": {"modelArn": ARN}},
    },
}


@pytest.mark.parametrize(
    ("path", "more", "where", "name"),
    [
        ("/v2/rerank", {"model": "rerank-v3.5"}, "results", "relevance_score"),
        ("/v1/rerank", JINA, "results", "relevance_score"),
        ("/v1/rerank", VOYAGE, "data", "relevance_score"),
        *((path, {"model": "x"}, "results", "relevance_score") for path in ADDRESSES),
        ("/vllm/score", {"text_1": "scored", "text_2": ["a", "b", "c", "d"]}, "data", "score"),
        ("/model/amazon.rerank-v1:0/invoke", {}, "results", "relevance_score"),
        ("/rerank", SOURCES, "results", "relevanceScore"),
    ],
)
def test_scores__of_a_script(server: LiveServer, path: str, more: dict[str, Any], where: str, name: str) -> None:
    asked = {"query": "scored", "documents": ["a", "b", "c", "d"]}
    body = more if {"text_1", "sources"} & more.keys() else asked | more
    answer = post(server, path, body)
    found = {each["index"]: each[name] for each in answer.json()[where]}
    assert found == {0: 0.25, 1: -1, 2: 0.5, 3: 0}
    assert name == "score" or list(found) == [2, 0, 3, 1]
    said = registry.read(Traffic("POST", path, json.dumps(body).encode(), (answer.content,)))
    assert said.reply is not None and said.reply.choices[0].scores == (0.25, -1, 0.5, 0)


@pytest.mark.parametrize(
    ("path", "wrong", "told"),
    [
        (VLLM, {"query": ["a", "b"]}, "'loc': 'body.query"),
        (VLLM, {"documents": []}, "At least one text_pair element must be given"),
        (VLLM, {"documents": None}, "'loc': 'body.documents"),
        (VLLM, {"documents": [1]}, "'loc': 'body.documents"),
        (VLLM, {"top_n": "x"}, "'loc': 'body.top_n'"),
        ("/vllm/score", {"text_1": ["a", "b"], "text_2": ["c", "d", "e"]}, "Input lengths must be either 1:1, 1:N"),
        ("/vllm/score", {"text_1": [], "text_2": ["c"]}, "At least one text element must be given"),
        ("/vllm/score", {"text_1": ["a"]}, "'loc': 'body.text_2', 'msg': 'Field required'"),
        (OPENROUTER, {"documents": []}, "documents"),
        (OPENROUTER, {"documents": "a"}, "documents"),
        (OPENROUTER, {"top_n": 0}, "top_n"),
        (OPENROUTER, {"model": ""}, "model"),
        (TOGETHER, {"query": None}, "query"),
        (TOGETHER, {"documents": [["a"]]}, "documents[0]"),
        (TOGETHER, {"return_documents": "yes"}, "return_documents"),
    ],
)
def test_rerank__refuses(server: LiveServer, path: str, wrong: dict[str, Any], told: str) -> None:
    answer = post(server, path, {"model": "bge", **ASKED, **wrong})
    assert answer.status_code == 400 and told in answer.json()["error"]["message"]


INVOKED: dict[str, Any] = {
    "cohere.rerank-v3-5:0": {"api_version": 2},
    "us.cohere.rerank-v3-5:0": {"api_version": 2, "max_tokens_per_doc": 100},
    "amazon.rerank-v1:0": {},
    ARN: {},
}


@pytest.mark.parametrize("model", INVOKED)
def test_bedrock__reranks_at_invoke(server: LiveServer, model: str) -> None:
    body = json.dumps(ASKED | {"top_n": 2} | INVOKED[model])
    answer = json.loads(runtime(server).invoke_model(modelId=model, body=body)["body"].read())
    assert list(answer) == ["results"]
    best, _ = answer["results"]
    assert (best["index"], list(best)) == (1, ["index", "relevance_score"])


@pytest.mark.parametrize(
    ("model", "body", "told"),
    [
        ("cohere", {}, "#: required key [query] not found#: required key [documents] not found#: required key [api_v"),
        ("cohere", {**ASKED, "api_version": 1}, "#/api_version: 1 is not greater or equal to 2"),
        ("cohere", {**ASKED, "api_version": 2, "stream": True}, "#: extraneous key [stream] is not permitted"),
        ("cohere", {**ASKED, "api_version": "2"}, "#/api_version: expected type: Integer, found: String"),
        ("amazon", {**ASKED, "api_version": 2}, "#: extraneous key [api_version] is not permitted"),
        ("amazon", {**ASKED, "documents": [1]}, "#/documents/0: expected type: String, found: Integer"),
        ("amazon", {**ASKED, "documents": []}, "#/documents: expected minimum item count: 1, found: 0"),
        ("amazon", {**ASKED, "top_n": 0}, "#/top_n: 0 is not greater or equal to 1"),
    ],
)
def test_bedrock__refuses_at_invoke(server: LiveServer, model: str, body: dict[str, Any], told: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError) as failed:
        runtime(server).invoke_model(modelId=f"{model}.rerank-v1:0", body=json.dumps(body))
    assert failed.value.response["Error"]["Code"] == "ValidationException"
    assert told in failed.value.response["Error"]["Message"]


def agents(server: LiveServer) -> Any:
    return boto3.client(
        "bedrock-agent-runtime",
        endpoint_url=server.url,
        region_name="us-west-2",
        aws_access_key_id="AKID",
        aws_secret_access_key="secret",
        config=botocore.config.Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )


def reranking(*documents: Any, model: str = ARN, **settings: int) -> dict[str, Any]:
    """Return the arguments of boto3's `rerank`; a document that is no text is JSON."""
    given = [
        {"type": "TEXT", "textDocument": {"text": each}}
        if isinstance(each, str)
        else {"type": "JSON", "jsonDocument": each}
        for each in documents
    ]
    return {
        "queries": [{"type": "TEXT", "textQuery": {"text": "cat"}}],
        "sources": [{"type": "INLINE", "inlineDocumentSource": each} for each in given],
        "rerankingConfiguration": {
            "type": "BEDROCK_RERANKING_MODEL",
            "bedrockRerankingConfiguration": {"modelConfiguration": {"modelArn": model}, **settings},
        },
    }


def test_bedrock__reranks_sources(server: LiveServer) -> None:
    answer = agents(server).rerank(**reranking("A dog.", {"animal": "cat"}, "The cat sleeps.", numberOfResults=2))
    assert [each["index"] for each in answer["results"]] == [1, 2]
    assert all(list(each) == ["index", "relevanceScore"] for each in answer["results"])


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "Value at 'queries' failed to satisfy constraint: Member must not be null"),
        ({**reranking("a"), "sources": []}, "Value at 'sources' failed to satisfy constraint: Member must have length"),
        (
            {**reranking("a"), "queries": [{"type": "X"}]},
            "'queries.1.member.type' failed to satisfy constraint: Member",
        ),
        (reranking("a", model="amazon.rerank-v1:0"), "The provided model ARN for reranking is invalid."),
        (reranking("a", numberOfResults=2), "numberOfResults value that exceeds the number of sources."),
        (reranking("a", numberOfResults=0), "Member must have value greater than or equal to 1"),
    ],
)
def test_bedrock__refuses_sources(server: LiveServer, asked: dict[str, Any], told: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError) as failed:
        agents(server).rerank(**asked)
    assert failed.value.response["Error"]["Code"] == "ValidationException"
    assert told in failed.value.response["Error"]["Message"]
