"""Addresses that nobody has, below those that somebody has: they are refused in the format of whose they would be."""

import json
import re

import pytest

from completions.receive.handler import Handler
from tests.asgi import call
from tests.docs.pages import BY_NAME

OPENAI, GOOGLE = ["message", "type", "param", "code"], ["code", "message", "status"]
CLAUDE, COHERE = ["type", "error", "request_id"], ["id", "message"]


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        *((f"/v1/messages/{rest}", CLAUDE) for rest in ("batches/", "a/b", "count_tokens/a", "\n")),
        *((f"/v1/{name}/a", COHERE) for name in ("embed", "rerank", "tokenize", "detokenize", "classify")),
        ("/v2/a\r\nb", COHERE),
        ("/model/a\nb/c", ["message"]),
        ("/guardrail/a/version/1/nothing", ["message"]),
        ("/guardrail-checks/invoke", ["message"]),
        ("/async-invoke", ["message"]),
        ("/async-invoke/arn:aws:bedrock:us-east-1:1:async-invoke/a", ["message"]),
        ("/model/amazon.nova-lite-v1:0/invoke\n", ["message"]),
        ("/xai/v1/a\nb", ["code", "error"]),
        ("/mistral/v1/chat/completions\n", ["message", "request_id"]),
        ("/upload/v1beta/a", {"error": GOOGLE}),
        ("/download/a", {"error": GOOGLE}),
        ("/v1beta/models/gemini-2.5-flash:generateContent\r\nx", {"error": GOOGLE}),
        ("/v1/projects/p/locations\nx/publishers", {"error": GOOGLE}),
        ("/openrouter/api/v1/a\nb", {"error": ["message", "code"]}),
        ("/v1/chat/completions\n", {"error": OPENAI}),
        ("/a\nb", {"error": OPENAI}),
    ],
)
@pytest.mark.parametrize("place", ["", "/ns/a"])
async def test_address__that_nobody_has_is_refused_by_whose_it_would_be(place: str, path: str, keys: object) -> None:
    answer = await call(Handler(), "POST", place + path, b"{}")
    document = json.loads(answer.body)
    assert answer.status == 404
    assert keys == ({"error": [*document["error"]]} if isinstance(keys, dict) else [*document])


GROQS = (
    "Unknown request URL: POST /openai/v1/v1/chat/completions. Please check the URL for typos, or see the docs at "
    "https://console.groq.com/docs/"
)


@pytest.mark.parametrize("place", ["", "/ns/a"])
@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/groq/openai", {"error": {"message": GROQS, "type": "invalid_request_error", "code": "unknown_url"}}),
        ("/vllm", {"error": {"message": "Not Found", "type": "Not Found", "param": None, "code": 404}}),
        ("/mistral", {"message": "no Route matched with those values"}),
        ("", {"error": {"message": "Invalid URL (POST /v1/v1/chat/completions)", "type": "invalid_request_error"}}),
    ],
)
async def test_address__with_a_part_twice_is_refused_in_the_words_of_the_api(
    place: str, path: str, told: dict[str, object]
) -> None:
    answer = await call(Handler(), "POST", f"{place}{path}/v1/v1/chat/completions", b"{}")
    document = json.loads(answer.body)
    document.pop("request_id", None)
    kept = {key: document[key] for key in told}
    if path == "":
        kept["error"] = {key: document["error"][key] for key in ("message", "type")}
    assert (answer.status, kept, answer.headers["content-type"]) == (404, told, "application/json")


@pytest.mark.parametrize("path", ["/guardrail/a/version/1/nothing", "/async-invoke", "/model/a/nothing"])
async def test_operation__of_bedrock_that_is_not_here_has_the_name_of_aws_for_it(path: str) -> None:
    answer = await call(Handler(), "POST", path, b"{}")
    assert answer.headers["x-amzn-errortype"] == "UnknownOperationException"
    assert json.loads(answer.body) == {"message": f"Invalid URL (POST {path})"}


TEXT_404, TEXT_405 = (404, "404 page not found", None), (405, "405 method not allowed", "POST")


@pytest.mark.parametrize("place", ["", "/ns/a"])
@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        *(("POST", path, TEXT_404) for path in ("/api/tokenize", "/api/a\nb", "/ollama/api/api/chat", "/ollama/v1/a")),
        *(("GET", path, TEXT_405) for path in ("/api/chat", "/api/show", "/ollama/api/embed", "/api/copy")),
        *(("GET", f"/ollama/v1/{name}", TEXT_405) for name in ("chat/completions", "embeddings", "messages")),
        ("PUT", "/api/tags", (405, "405 method not allowed", "GET, HEAD")),
    ],
)
async def test_address__that_ollama_has_not_is_refused_in_a_text(
    place: str, method: str, path: str, told: object
) -> None:
    answer = await call(Handler(), method, place + path, b"{}")
    assert (answer.status, answer.body.decode(), answer.headers.get("allow")) == told
    assert answer.headers["content-type"] == "text/plain"


VERTEX = "/v1/projects/p/locations/l"
NOT_THERE = {
    "OpenAI's": {
        "fine-tuning": "/v1/fine_tuning/jobs",
        "evals": "/v1/evals",
        "assistants": "/v1/assistants",
        "videos": "/v1/videos",
    },
    "Mistral's": {
        "classifications": "/mistral/v1/classifications",
        "voices": "/mistral/v1/audio/voices",
    },
    "Cohere's": {"classifications": "/v1/classify", "summaries": "/v1/summarize"},
    "xAI's": {"videos": "/xai/v1/videos/generations"},
    "Gemini's": {"tuning": "/v1beta/tunedModels"},
    "Vertex AI's": {"batch prediction jobs": f"{VERTEX}/batchPredictionJobs"},
}
"""What the manual says that an API has and the mock has not, with an address of each."""


@pytest.mark.parametrize("api", NOT_THERE)
async def test_address__that_the_manual_says_is_not_there_is_not(api: str) -> None:
    _, _, told = BY_NAME["docs/apis.md"].text.partition("These addresses are not there")
    named = " ".join(told.split()).partition(f"{api} ")[2]
    listed = re.split(r";|\. |, which| \(", named, maxsplit=1)[0]
    assert re.split(r", and its |, | and ", listed) == [*NOT_THERE[api]]
    for path in NOT_THERE[api].values():
        assert (await call(Handler(), "POST", path, b"{}")).status == 404, path
