"""Errors by name: each API refuses in its own words, and as it refuses by itself."""

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from completions.receive.handler import Handler
from tests.asgi import call

SCRIPT = """
version: 1
defaults: {models: [any, {id: small, context: 60}]}
rules:
- {match: {any_message: long}, error: context_length_exceeded}
- {match: {any_message: policy}, error: content_policy_violation}
- {match: {any_message: model}, error: model_not_found}
- {match: {any_message: limit}, error: rate_limit_exceeded}
- {match: {any_message: busy}, error: overloaded}
- {match: {any_message: down}, error: 503}
- {match: {any_message: key}, error: invalid_api_key}
- {match: {any_message: wait}, error: {code: invalid_api_key, retry_after: 7}}
- {match: {any_message: plain}, error: 401}
"""
KEY = {"authorization": "Bearer sk-wrong-0123456789"}
GOOGLE, CLAUDE = {"x-goog-api-key": "AIza-wrong"}, {"x-api-key": "sk-ant-wrong", "anthropic-version": "2023-06-01"}
VERTEX = "/v1/projects/p/locations/us-east5/publishers"
BEDROCK = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0/converse"
PLACES: dict[str, tuple[str, str, dict[str, str]]] = {
    "openai": ("/v1/chat/completions", "gpt-4o", KEY),
    "responses": ("/v1/responses", "gpt-4o", KEY),
    "azure": ("/openai/v1/chat/completions", "gpt-4o", {"api-key": "wrong"}),
    "azure responses": ("/openai/v1/responses", "gpt-4o", {"api-key": "wrong"}),
    "deepseek": ("/deepseek/chat/completions", "deepseek-chat", KEY),
    "mistral": ("/mistral/v1/chat/completions", "mistral-large-latest", KEY),
    "mistral's conversations": ("/mistral/v1/conversations", "mistral-large-latest", KEY),
    "xai": ("/xai/v1/chat/completions", "grok-4.3", KEY),
    "groq": ("/groq/openai/v1/chat/completions", "openai/gpt-oss-20b", KEY),
    "cerebras": ("/cerebras/v1/chat/completions", "gpt-oss-120b", KEY),
    "moonshot": ("/moonshot/v1/chat/completions", "kimi-k3", KEY),
    "together": ("/together/v1/chat/completions", "openai/gpt-oss-120b", KEY),
    "zai": ("/zai/api/paas/v4/chat/completions", "glm-5.3", KEY),
    "openrouter": ("/openrouter/api/v1/chat/completions", "anthropic/claude-haiku-4.5", KEY),
    "anthropic": ("/v1/messages", "claude-opus-5-5", CLAUDE),
    "gemini": ("/v1beta/models/gemini-2.5-flash:generateContent", "", GOOGLE),
    "interactions": ("/v1beta/interactions", "gemini-3.8-flash", GOOGLE),
    "gemini chat": ("/v1beta/openai/chat/completions", "gemini-2.5-flash", KEY),
    "vertex": (f"{VERTEX}/google/models/gemini-2.5-flash:generateContent", "", KEY),
    "vertex express mode": (f"{VERTEX}/google/models/gemini-2.5-flash:generateContent", "", GOOGLE),
    "vertex claude": (f"{VERTEX}/anthropic/models/claude-sonnet-4-5:rawPredict", "", KEY),
    "bedrock": (BEDROCK, "", KEY),
    "cohere": ("/v2/chat", "command-a-03-2025", KEY),
    "cohere's chat": ("/compatibility/v1/chat/completions", "command-a-03-2025", KEY),
    "ollama": ("/api/chat", "llama3.2", KEY),
    "ollama's chat": ("/ollama/v1/chat/completions", "llama3.2", KEY),
}


def body_for(place: str, said: str) -> dict[str, Any]:
    path, model, _ = PLACES[place]
    if "generateContent" in path:
        return {"contents": [{"role": "user", "parts": [{"text": said}]}]}
    if path.endswith(("/responses", "/interactions")):
        return {"model": model, "input": said}
    if path.endswith("/conversations"):
        return {"model": model, "inputs": said}
    content: Any = [{"text": said}] if path == BEDROCK else said
    body: dict[str, Any] = {"messages": [{"role": "user", "content": content}]}
    if path.endswith("rawPredict"):
        body |= {"anthropic_version": "vertex-2023-10-16"}
    return body | ({"model": model} if model else {}) | ({"max_tokens": 9} if "claude" in path + model else {})


@pytest.fixture
def app(settings: Settings, tmp_path: Path) -> Handler:
    settings.MOCK_TTFT_MS = settings.MOCK_ITL_MS = 0
    file = tmp_path / "script.yaml"
    file.write_text(SCRIPT)
    settings.MOCK_SCRIPT = str(file)
    return Handler()


async def said_at(app: Handler, place: str, asked: str, error: str = "") -> tuple[int, Any]:
    """Ask at a place; an `error` is asked for by its header, in a namespace of its own."""
    path, _, headers = PLACES[place]
    body, prefix = body_for(place, asked), ""
    if path == BEDROCK:
        body.pop("max_tokens", None)
    if error:
        prefix, headers = f"/ns/{error}", {**headers, "X-Mock-Error": error}
    answer = await call(app, "POST", f"{prefix}{path}", json.dumps(body).encode(), headers=headers)
    return answer.status, json.loads(answer.body)


WORDS = [
    ("azure responses", "long", 400, "Your input exceeds the context window of this model.", '"param": "input"'),
    ("azure", "long", 400, "your messages resulted in 128001 tokens", '"param": "messages"'),
    ("xai", "long", 400, "This model's maximum prompt length is", '"code": "invalid-argument"'),
    ("ollama", "long", 400, "the input length exceeds the context length", '{"error": "'),
    ("openai", "policy", 400, "Invalid prompt: your prompt was flagged as", '"code": "invalid_prompt"'),
    ("responses", "policy", 400, "Invalid prompt: your prompt was flagged as", '"code": "invalid_prompt"'),
    ("azure", "policy", 400, "Azure OpenAI's content management policy", '"code": "ResponsibleAIPolicyViolation"'),
    ("azure responses", "policy", 400, "Azure OpenAI's content management policy", '"code": "content_filter"'),
    ("anthropic", "policy", 400, "Output blocked by content filtering policy", '"type": "invalid_request_error"'),
    ("deepseek", "policy", 400, "Content Exists Risk", '"code": "invalid_request_error"'),
    ("xai", "policy", 403, "Content violates usage guidelines. Team: mock, API key ID:", '"code": "permission-denied"'),
    (
        "openrouter",
        "policy",
        403,
        "anthropic/claude-haiku-4.5 requires moderation on OpenRouter. Your input was flagged for ",
        '"metadata": {"reasons": ["misc"], "flagged_input": "policy", "provider_name": "Mock"',
    ),
    ("bedrock", "policy", 400, "The model returned the following errors: Output blocked by content", ""),
    *(
        (place, *asked, words, end)
        for place, status, words, end in (
            ("cerebras", 429, "We're experiencing high traffic right now!", '"code": "queue_exceeded"}'),
            ("deepseek", 503, "Service is too busy. We advise users to", '"code": "service_unavailable_error"}}'),
            ("groq", 503, "openai/gpt-oss-20b is currently over capacity.", '"type": "internal_server_error"}}'),
            ("mistral", 503, "Service unavailable.", '"code": "3800", "raw_status_code": 503}'),
            ("moonshot", 429, "The engine is currently overloaded, please", '"type": "engine_overloaded_error"}}'),
            ("xai", 503, "Service temporarily unavailable. The model did", '{"code": "unavailable"'),
            ("zai", 429, "The service may be temporarily overloaded,", '{"error": {"code": "1305"'),
        )
        for asked in (("busy", status), ("down", 503))
    ),
    ("mistral", "limit", 429, "Rate limit exceeded", '"code": "1300"'),
    ("xai", "limit", 429, "Too many requests for team mock and model grok-4.3.", '"code": "resource-exhausted"'),
    ("cerebras", "limit", 429, "Requests per minute limit exceeded - too", '"code": "request_quota_exceeded"'),
    ("together", "limit", 429, "You have reached the rate limit specific to this model openai/gpt-oss-120b. ", ""),
    ("zai", "limit", 429, "Rate limit reached for requests", '{"error": {"code": "1302"'),
    ("moonshot", "limit", 429, "request reached organization max RPM: ", '"type": "rate_limit_reached_error"}}'),
    ("azure", "limit", 429, "Requests to the ChatCompletions_Create Operation", '"code": "429"'),
    ("azure responses", "limit", 429, "Requests to the Responses_Create Operation", '"code": "429"'),
    ("azure responses", "model", 404, "The API deployment for this resource", '"code": "DeploymentNotFound"'),
    ("vertex", "limit", 429, "Resource exhausted. Please try again later.", '"status": "RESOURCE_EXHAUSTED"}}'),
    ("vertex", "long", 400, "The input token count (1048577) exceeds", '"status": "INVALID_ARGUMENT"'),
    (
        "vertex",
        "model",
        404,
        "Publisher Model `projects/p/locations/us-east5/publishers/google/models/gemini-2.5-flash` was not found",
        '"status": "NOT_FOUND"',
    ),
    ("interactions", "model", 404, "Requested entity was not found.", '"code": "not_found"}}'),
    ("interactions", "limit", 429, "You exceeded your current quota", '"code": "resource_exhausted"}}'),
    ("interactions", "long", 400, "The input token count (1048577) exceeds", '"code": "invalid_request"}}'),
    ("gemini", "model", 404, "is not found for API version v1beta, or is not supported for generateContent", ""),
]


@pytest.mark.parametrize(("place", "asked", "status", "words", "fields"), WORDS)
async def test_named_error__has_the_words_of_each_api(
    app: Handler, place: str, asked: str, status: int, words: str, fields: str
) -> None:
    found, document = await said_at(app, place, asked)
    assert found == status
    assert words in json.dumps(document) and fields in json.dumps(document)


@pytest.mark.parametrize("place", PLACES)
async def test_wrong_key__by_name_is_refused_as_the_api_refuses_it(
    app: Handler, settings: Settings, place: str
) -> None:
    scripted = await said_at(app, place, "key")
    settings.API_KEYS = ["sk-good"]
    status, document = await said_at(app, place, "key")
    for each in (document, scripted[1]):
        if isinstance(each, dict):
            each.pop("request_id", None)
            each.pop("id", None)
    assert status in (400, 401, 403)
    assert scripted == (status, document)


async def test_wrong_key__by_name_without_a_key_keeps_its_headers(app: Handler) -> None:
    body = json.dumps(body_for("deepseek", "wait")).encode()
    answer = await call(app, "POST", PLACES["deepseek"][0], body)
    assert answer.status == 401 and answer.headers["retry-after"] == "7"
    assert json.loads(answer.body)["error"]["message"] == "Authentication Fails, Your api key: ******** is invalid"


@pytest.mark.parametrize("place", ["gemini", "xai", "deepseek"])
async def test_wrong_key__with_a_status_keeps_it(app: Handler, place: str) -> None:
    assert (await said_at(app, place, "plain"))[0] == 401


LONG, SHORT = "word " * 80, "word " * 5
TOO_LONG = [
    ("openrouter/api/v1", {"said": LONG}, "maximum context length is 60 tokens. However, you requested about"),
    ("openrouter/api/v1", {"said": SHORT, "max_tokens": 70}, "of text input, 70 in the output). Please reduce"),
    ("openrouter/api/v1", {"said": SHORT, "plugins": [{"id": "context-compression"}], "max_tokens": 9}, ""),
    ("openrouter/api/v1", {"said": SHORT, "before": LONG, "transforms": ["middle-out"]}, ""),
    ("mistral/v1", {"said": LONG}, "too large for model with 60 maximum context length"),
    ("mistral/v1", {"said": SHORT, "max_tokens": 70}, ""),
    ("xai/v1", {"said": "word " * 300}, "This model's maximum prompt length is 60 but the request contains"),
    ("groq/openai/v1", {"said": LONG}, "Please reduce the length of the messages or completion."),
    ("deepseek", {"said": SHORT, "max_tokens": 70}, "in the messages, 70 in the completion)"),
    ("v1beta/openai", {"said": LONG}, "exceeds the maximum number of tokens allowed (60)."),
    ("v1beta/openai", {"said": SHORT, "max_tokens": 70}, ""),
]
"""Base addresses, what is asked of a model with 60 tokens, and what is said; nothing where it is answered.

At Mistral, xAI and Google the limit is that of the prompt alone.
"""


@pytest.mark.parametrize(("base", "asked", "words"), TOO_LONG)
async def test_prompt_too_long__is_refused_in_each_vendor_s_words(
    app: Handler, base: str, asked: dict[str, Any], words: str
) -> None:
    said = [asked[key] for key in ("before", "said") if key in asked]
    more = {key: value for key, value in asked.items() if key not in ("said", "before")}
    body = {"model": "small", "messages": [{"role": "user", "content": each} for each in said], **more}
    answer = await call(app, "POST", f"/{base}/chat/completions", json.dumps(body).encode())
    assert (answer.status, words in answer.body.decode()) == (400 if words else 200, True), answer.body


LIMITED = [
    ("v1", "gpt-4o", "on requests per min (RPM): Limit 1, Used 1, Requested 1. Please try again in"),
    ("groq/openai/v1", "llama-3.3-70b-versatile", "on requests per minute (RPM): Limit 1, Used 1, Requested 1. Please"),
    ("mistral/v1", "mistral-large-latest", '"message":"Rate limit exceeded","type":"rate_limited"'),
    ("openrouter/api/v1", "openai/gpt-4o", "Rate limit exceeded: limit_rpm/openai/gpt-4o. High demand"),
    ("xai/v1", "grok-4.3", "rate limit is \u2014 Requests per Minute (actual/limit): 1/1."),
    ("deepseek", "deepseek-chat", "Rate Limit Reached"),
]


@pytest.mark.parametrize(("base", "model", "words"), LIMITED)
async def test_limit_of_the_script__is_told_in_each_vendor_s_words(
    app: Handler, tmp_path: Path, base: str, model: str, words: str
) -> None:
    (tmp_path / "script.yaml").write_text("version: 1\ndefaults: {limits: {rpm: 1}}\nrules: [{reply: Hi}]\n")
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "Hi"}]}).encode()
    first, second = [await call(app, "POST", f"/{base}/chat/completions", body) for _ in range(2)]
    assert (first.status, second.status) == (200, 429)
    assert words in second.body.decode()
    assert ("openai.com" in second.body.decode()) == (base == "v1")
    assert int(second.headers["retry-after"]) > 0


async def test_limit_of_the_script__is_google_s_quota(app: Handler, tmp_path: Path) -> None:
    (tmp_path / "script.yaml").write_text("version: 1\ndefaults: {limits: {rpm: 1}}\nrules: [{reply: Hi}]\n")
    path = "/v1beta/models/gemini-3.5-flash-lite:generateContent"
    body = json.dumps({"contents": [{"parts": [{"text": "Hi"}]}]}).encode()
    first, second = [await call(app, "POST", path, body) for _ in range(2)]
    assert (first.status, second.status) == (200, 429)
    error = json.loads(second.body)["error"]
    metric = "generativelanguage.googleapis.com/generate_content_free_tier_requests"
    before, quota, wait = error["message"].split("\n")
    assert before.endswith("head to: https://ai.dev/rate-limit. ")
    assert quota == f"* Quota exceeded for metric: {metric}, limit: 1, model: gemini-3.5-flash-lite"
    told, failure, retry = error["details"]
    assert told["@type"].endswith(".Help")
    assert failure["violations"] == [
        {
            "quotaMetric": metric,
            "quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
            "quotaDimensions": {"location": "global", "model": "gemini-3.5-flash-lite"},
            "quotaValue": "1",
        }
    ]
    assert wait == f"Please retry in {float(retry['retryDelay'].removesuffix('s')):.9g}s."


QUOTA = {
    "openai": (
        429,
        "You exceeded your current quota, please check your plan and billing details. For more information",
    ),
    "responses": (429, "insufficient_quota"),
    "deepseek": (402, "Insufficient Balance"),
    "zai": (429, "Insufficient balance or no resource package. Please recharge."),
    "moonshot": (429, "exceeded_current_quota_error"),
    "together": (402, "Credit limit exceeded."),
    "openrouter": (402, "Insufficient credits."),
    "xai": (403, "has either used all available credits or reached its monthly spending limit."),
    "groq": (400, "spend_limit_reached"),
    "anthropic": (400, "Your credit balance is too low to access the Anthropic API."),
    "gemini": (429, "RESOURCE_EXHAUSTED"),
    "vertex": (429, "RESOURCE_EXHAUSTED"),
    "bedrock": (429, "Too many tokens per day"),
    "mistral": (429, "rate_limited"),
    "cohere": (429, "limited to 1000 API calls / month"),
}
"""What a used-up quota is refused with: the status, and words of the answer."""


@pytest.mark.parametrize("place", QUOTA)
async def test_quota_of_the_script__is_refused_as_each_vendor_refuses(app: Handler, tmp_path: Path, place: str) -> None:
    (tmp_path / "script.yaml").write_text("version: 1\ndefaults: {quota: {requests: 1}}\nrules: [{reply: Hi}]\n")
    assert (await said_at(app, place, "Hi"))[0] == 200
    limited = await said_at(app, place, "Hi")
    assert (limited[0], QUOTA[place][1] in json.dumps(limited[1])) == (QUOTA[place][0], True), limited
    named = await said_at(app, place, "Hi", "insufficient_quota")
    for _, document in (limited, named):
        if isinstance(document, dict):
            document.pop("request_id", None)
            document.pop("id", None)
    assert named == limited
    if place == "openrouter":
        told = named[1]["error"]["metadata"]
        assert (told["limit_source"], told["provider_name"]) == ("openrouter_credits", None)
    status, document = await said_at(app, place, "Hi", "402")
    assert (status, QUOTA[place][1] in json.dumps(document) or QUOTA[place][0] == 429) == (402, True), document


INVALID = "Invalid body: failed to parse JSON value. Please check the value to ensure it is valid JSON. (Common errors"
NO_JSON = {
    "openai": INVALID,
    "responses": INVALID,
    "anthropic": "The request body is not valid JSON: no low surrogate in string: line 1 column 11 (char 10)",
    "vertex claude": "The request body is not valid JSON: no low surrogate in string: line 1 column 11 (char 10)",
    "deepseek": "Failed to parse the request body as JSON: unexpected end of hex escape at line 1 column 11",
    "xai": "Failed to parse the request body as JSON: unexpected end of hex escape at line 1 column 11",
}
"""What is said of a body with half of a surrogate pair in a text."""

AT_GATEWAY = ("chat/completions", "completions", "embeddings")
"""Where another server than all others' reads a body first."""


@pytest.mark.parametrize("place", NO_JSON)
async def test_body_that_is_no_json__is_told_in_the_vendor_s_words(app: Handler, place: str) -> None:
    path, _, headers = PLACES[place]
    refused = await call(app, "POST", path, b'{"user": "\\ud83c"}', headers=headers)
    assert (refused.status, NO_JSON[place] in refused.body.decode()) == (400, True), refused.body


@pytest.mark.parametrize(
    ("path", "told", "code"),
    [
        *(
            (f"/v1/{name}", "We could not parse the JSON body of your request. (HINT: This", None)
            for name in AT_GATEWAY
        ),
        *((f"/v1/{name}", INVALID, "invalid_json") for name in ("responses", "conversations", "images/generations")),
        ("/openai/v1/chat/completions", "We could not parse the JSON body of your request: unexpected end", None),
    ],
)
async def test_body_that_is_cut__is_told_as_openai_tells_it_at_each_address(
    app: Handler, path: str, told: str, code: str | None
) -> None:
    refused = await call(app, "POST", path, b'{"user": ')
    document = json.loads(refused.body)["error"]
    assert (refused.status, document["message"][: len(told)], document["code"]) == (400, told, code)
