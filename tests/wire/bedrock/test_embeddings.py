"""Embeddings at Bedrock's `invoke`, with boto3 against a live server."""

import json
from typing import Any

import botocore.exceptions
import pytest

from completions.conversation import Traffic
from completions.wire import registry
from tests.server import LiveServer, serving
from tests.wire.bedrock.test_bedrock import runtime

pytestmark = [
    pytest.mark.usefixtures("leaky"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # clients that never close theirs
]

SCRIPT = """
version: 1
defaults: {keys: [AKIDGOOD]}
rules:
- {match: {format: invoke, last_user: scripted}, reply: {embedding: [0.5, -0.5]}}
- {match: {}, reply: {auto: true}}
"""
TITAN, FIRST, ENGLISH = "amazon.titan-embed-text-v2:0", "amazon.titan-embed-text-v1", "cohere.embed-english-v3"
FOURTH, NOVA = "us.cohere.embed-v4:0", "amazon.nova-2-multimodal-embeddings-v1:0"
FILM = {"format": "mp4", "source": {"s3Location": {"uri": "s3://a/b.mp4"}}}


def nova(**given: Any) -> dict[str, Any]:
    """Return a request for an embedding of Nova's."""
    params = {"embeddingPurpose": "GENERIC_RETRIEVAL", **given}
    return {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": params}


server = serving(script=SCRIPT)


def invoked(server: LiveServer, model: str, body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return an answer, and its headers."""
    answer = runtime(server).invoke_model(modelId=model, body=json.dumps(body))
    return json.loads(answer["body"].read()), answer["ResponseMetadata"]["HTTPHeaders"]


def test_titan__embeds_one_text(server: LiveServer) -> None:
    found, headers = invoked(server, TITAN, {"inputText": "A blue house."})
    assert list(found) == ["embedding", "inputTextTokenCount", "embeddingsByType"]
    assert len(found["embedding"]) == 1024
    assert found["embeddingsByType"] == {"float": found["embedding"]}
    assert headers["x-amzn-bedrock-input-token-count"] == str(found["inputTextTokenCount"]) == "4"
    assert "x-amzn-bedrock-output-token-count" not in headers
    asked = Traffic("POST", f"/model/{TITAN}/invoke", b'{"inputText": "A"}', (json.dumps(found).encode(),))
    assert (said := registry.read(asked).reply) is not None
    assert said.choices[0].embedding == tuple(found["embedding"])


def test_titan__has_sizes_types_and_a_scripts_vectors(server: LiveServer) -> None:
    asked = {"inputText": "A blue house.", "dimensions": 256, "embeddingTypes": ["binary"], "normalize": True}
    found, _ = invoked(server, TITAN, asked)
    assert found["embeddingsByType"] == {"binary": [int(value > 0) for value in found["embedding"]]}
    assert len(found["embedding"]) == 256
    assert invoked(server, TITAN, {"inputText": "scripted"})[0]["embedding"] == [0.5, -0.5]
    first, _ = invoked(server, FIRST, {"inputText": "A"})
    assert (list(first), len(first["embedding"])) == (["embedding", "inputTextTokenCount"], 1536)


@pytest.mark.parametrize(("model", "size"), [(ENGLISH, 1024), (FOURTH, 1536)])
def test_cohere__embeds_several_texts(server: LiveServer, model: str, size: int) -> None:
    asked = {"texts": ["A house.", "A tree."], "input_type": "search_document"}
    found, _ = invoked(server, model, asked)
    assert (found["response_type"], found["texts"], "meta" in found) == ("embeddings_floats", asked["texts"], False)
    assert [len(vector) for vector in found["embeddings"]] == [size, size]
    typed, _ = invoked(server, model, {**asked, "embedding_types": ["int8", "float"]})
    assert typed["embeddings"]["float"] == found["embeddings"]
    assert typed["response_type"] == "embeddings_by_type"


@pytest.mark.parametrize(
    ("given", "types", "size"),
    [
        ({"text": {"value": "A house.", "truncationMode": "NONE"}, "embeddingDimension": 256}, ["TEXT"], 256),
        ({"text": {"source": {"s3Location": {"uri": "s3://a/b.txt"}}}}, ["TEXT"], 3072),
        ({"image": {"format": "png", "source": {"bytes": "AAAA"}}, "embeddingDimension": 384}, ["IMAGE"], 384),
        ({"video": {**FILM, "embeddingMode": "AUDIO_VIDEO_COMBINED"}}, ["AUDIO_VIDEO_COMBINED"], 3072),
        ({"video": {**FILM, "embeddingMode": "AUDIO_VIDEO_SEPARATE"}}, ["VIDEO", "AUDIO"], 3072),
    ],
)
def test_nova__embeds_one_input_of_any_kind(server: LiveServer, given: Any, types: list[str], size: int) -> None:
    found, headers = invoked(server, NOVA, nova(**given))
    assert [each["embeddingType"] for each in found["embeddings"]] == types
    vectors = [each["embedding"] for each in found["embeddings"]]
    assert [len(vector) for vector in vectors] == [size] * len(types)
    assert len({tuple(vector) for vector in vectors}) == len(types)
    assert "x-amzn-bedrock-input-token-count" in headers
    asked = Traffic("POST", f"/model/{NOVA}/invoke", json.dumps(nova(**given)).encode(), (json.dumps(found).encode(),))
    assert (said := registry.read(asked).reply) is not None
    assert said.choices[-1].embedding == tuple(vectors[-1])


@pytest.mark.parametrize(
    ("model", "body", "said"),
    [
        (TITAN, {}, r"required key \[inputText\] not found"),
        (TITAN, {"inputText": 1}, "expected type: String"),
        (TITAN, {"inputText": "A", "dimensions": 100}, "#/dimensions: 100 is not a valid enum value"),
        (TITAN, {"inputText": "A", "embeddingTypes": ["int8"]}, "#/embeddingTypes/0: int8 is not a valid enum value"),
        (
            TITAN,
            {"inputText": "A", "embeddingTypes": "float"},
            "#/embeddingTypes: expected type: JSONArray, found: String",
        ),
        (FIRST, {"inputText": "A", "dimensions": 256}, "#/dimensions: 256"),
        (ENGLISH, {"texts": ["A"]}, "input_type"),
        (ENGLISH, {"input_type": "search_query"}, "texts"),
        (NOVA, {"inputText": "A"}, r"#: required key \[messages\] not found"),
        (NOVA, {"taskType": "SINGLE_EMBEDDING"}, r"#: required key \[singleEmbeddingParams\] not found"),
        (NOVA, nova(), r"#/singleEmbeddingParams: required key \[text\] not found"),
        (NOVA, nova(text={}), r"#/singleEmbeddingParams/text: required key \[value\] not found"),
        (NOVA, nova(text=1), "#/singleEmbeddingParams/text: expected type: JSONObject, found: Integer"),
        (NOVA, nova(text={"value": "A"}, image={}), "only one of text and image"),
        (NOVA, nova(text={"value": "A" * 50_001}), "expected maxLength: 50000, actual: 50001"),
        (NOVA, nova(text={"value": "A"}, embeddingDimension=100), "#/.*/embeddingDimension: 100 is not a valid enum"),
        (NOVA, nova(video=FILM), r"#/singleEmbeddingParams/video: required key \[embeddingMode\] not found"),
    ],
)
def test_embeddings__refuse_what_is_no_request(server: LiveServer, model: str, body: dict[str, Any], said: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match=said) as caught:
        invoked(server, model, body)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


PROFILE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/mi1dadi0g15f"
CHAT = {"messages": [{"role": "user", "content": [{"text": "Hello"}]}]}
MESSAGE = {"max_tokens": 9, "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]}


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        ({"inputText": "A house.", "normalize": True}, ["embedding", "inputTextTokenCount", "embeddingsByType"]),
        (
            {
                "texts": ["A", "B"],
                "input_type": "search_document",
                "output_dimension": 256,
                "embedding_types": ["float"],
            },
            ["id", "texts", "embeddings", "response_type"],
        ),
        (nova(text={"value": "A"}), ["embeddings"]),
        (CHAT, ["output", "stopReason", "usage"]),
        ({**CHAT, "inferenceConfig": {"maxTokens": 9}}, ["output", "stopReason", "usage"]),
        ({**MESSAGE, "anthropic_version": "bedrock-2023-05-31"}, ["model", "id", "type", "role", "content"]),
    ],
)
def test_profile__answers_as_the_model_in_whose_format_it_is_asked(
    server: LiveServer, body: dict[str, Any], keys: list[str]
) -> None:
    found, _ = invoked(server, PROFILE, body)
    assert [*found][: len(keys)] == keys
    address = f"/model/{PROFILE}/invoke"
    asked = Traffic("POST", address, json.dumps(body).encode(), (json.dumps(found).encode(),))
    said = registry.read(asked)
    assert said.prompt is not None and said.reply is not None
    assert said.reply.choices[0].embedding or said.reply.choices[0].text


def test_profile__streams_as_its_model(server: LiveServer) -> None:
    answer = runtime(server).invoke_model_with_response_stream(modelId=PROFILE, body=json.dumps(CHAT))
    assert "messageStart" in json.loads(next(iter(answer["body"]))["chunk"]["bytes"])


def test_profile__refuses_what_no_model_takes(server: LiveServer) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="anthropic_version: Field required"):
        invoked(server, PROFILE, MESSAGE)


@pytest.mark.parametrize("model", [TITAN, ENGLISH, NOVA])
def test_embeddings__are_not_streamed(server: LiveServer, model: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="unsupported for streaming"):
        runtime(server).invoke_model_with_response_stream(modelId=model, body=b'{"inputText": "A"}')
