"""The usual errors in the words of each API, over HTTP: models that are not there, prompts too long, wrong keys."""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pytest

from completions.receive.handler import Handler
from tests.asgi import call
from tests.resolve.test_keys import app, defaults

__all__ = ["app", "defaults"]  # fixtures

MESSAGES = [{"role": "user", "content": "Hello"}]
CLAUDE = {"anthropic-version": "2023-06-01"}
GEMINI = "/v1beta/models/{model}:generateContent"

CALLS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "chat": ("/v1/chat/completions", "gpt-4o", {}),
    "responses": ("/v1/responses", "gpt-4o", {}),
    "legacy": ("/v1/completions", "gpt-3.5-turbo-instruct", {}),
    "embeddings": ("/v1/embeddings", "text-embedding-3-small", {}),
    "images": ("/v1/images/generations", "gpt-image-1", {}),
    "anthropic": ("/v1/messages", "claude-sonnet-4-5", CLAUDE),
    "count": ("/v1/messages/count_tokens", "claude-sonnet-4-5", CLAUDE),
    "gemini": (GEMINI, "gemini-2.5-flash", {}),
    "ollama": ("/api/chat", "llama3.2", {}),
    "cerebras": ("/cerebras/v1/chat/completions", "gpt-oss-120b", {}),
    "cohere": ("/compatibility/v1/chat/completions", "command-a-03-2025", {}),
    "deepseek": ("/deepseek/chat/completions", "deepseek-chat", {}),
    "groq": ("/groq/openai/v1/chat/completions", "openai/gpt-oss-120b", {}),
    "xai": ("/xai/v1/chat/completions", "grok-4.3", {}),
    "mistral": ("/mistral/v1/chat/completions", "mistral-small-latest", {}),
    "moonshot": ("/moonshot/v1/chat/completions", "kimi-k3", {}),
    "together": ("/together/v1/chat/completions", "openai/gpt-oss-120b", {}),
    "zai": ("/zai/api/coding/paas/v4/chat/completions", "glm-5.3", {}),
    "ollama's chat": ("/ollama/v1/chat/completions", "llama3.2", {}),
    "openrouter": ("/openrouter/api/v1/chat/completions", "openai/gpt-4o", {}),
    "openrouter's embeddings": ("/openrouter/api/v1/embeddings", "openai/text-embedding-3-small", {}),
    "vllm": ("/vllm/v1/chat/completions", "any", {}),
    "azure": ("/openai/v1/chat/completions", "gpt-4o", {}),
    "gemini's chat": ("/v1beta/openai/chat/completions", "gemini-2.5-flash", {}),
}
"""Where each is asked, for which of its models, with which headers."""


async def ask(app: Handler, name: str, model: str = "", key: str = "") -> tuple[int, Any]:
    path, usual, headers = CALLS[name]
    model = model or usual
    body: dict[str, Any] = {"model": model}
    match name:
        case "responses" | "embeddings" | "openrouter's embeddings":
            body["input"] = "Hello"
        case "legacy" | "images":
            body["prompt"] = "Hello"
        case "gemini":
            body = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
        case _:
            body["messages"] = MESSAGES
    if name == "anthropic":
        body["max_tokens"] = 9
    if name == "ollama":
        body["stream"] = False
    sent = {**headers, **({"Authorization": f"Bearer {key}"} if key else {})}
    answer = await call(app, "POST", path.format(model=model), orjson.dumps(body), headers=sent)
    return answer.status, orjson.loads(answer.body)


def parts(document: Any) -> tuple[str, Any, Any, Any]:
    """Return message, type, code and param of an error, whatever its envelope."""
    document = document[0] if isinstance(document, list) else document
    error = document.get("error", document)
    if isinstance(error, str):
        return error, None, None, None
    return error["message"], error.get("type"), error.get("code"), error.get("param")


NO_DEEPSEEK = "The supported API model names are deepseek-flash, deepseek-v4-pro, but you passed typo."
NOT_THERE = [
    ("chat", 404, "The model `typo` does not exist or you do not have access to it.", "model_not_found", None),
    ("responses", 400, "The requested model 'typo' does not exist.", "model_not_found", "model"),
    ("embeddings", 404, "The model `typo` does not exist or you do not have access to it.", "model_not_found", None),
    ("images", 400, "The model 'typo' does not exist.", "invalid_value", "model"),
    ("anthropic", 404, "model: typo", None, None),
    ("count", 404, "model: typo", None, None),
    (
        "gemini",
        404,
        "models/typo is not found for API version v1beta, or is not supported for generateContent. Call "
        "ModelService.ListModels to see the list of available models and their supported methods.",
        404,
        None,
    ),
    ("ollama", 404, "model 'typo' not found", None, None),
    ("deepseek", 400, NO_DEEPSEEK, "invalid_request_error", None),
    (
        "cerebras",
        404,
        "Model typo does not exist or you do not have access to it.",
        "model_not_found",
        "model",
    ),
    ("groq", 404, "The model `typo` does not exist or you do not have access to it.", "model_not_found", None),
    (
        "xai",
        404,
        "The model typo does not exist or your team mock does not have access to it. If you believe this is a mistake, "
        "please contact support and quote your team ID and the model name.",
        None,
        None,
    ),
    ("mistral", 400, "Invalid model: typo", "1500", None),
    (
        "together",
        404,
        "Unable to access model typo. Please visit https://api.together.ai/models to view the list of supported "
        "models.",
        "model_not_available",
        None,
    ),
    ("zai", 400, "Unknown Model, please check the model code.", "1211", None),
    ("moonshot", 404, "Not found the model typo or Permission denied", None, None),
    ("openrouter", 400, "typo is not a valid model ID", 400, None),
    ("openrouter's embeddings", 400, "Model typo does not exist", 400, None),
    (
        "gemini's chat",
        404,
        "models/typo is not found for API version v1main, or is not supported for generateContent. Call "
        "ModelService.ListModels to see the list of available models and their supported methods.",
        404,
        None,
    ),
]


@pytest.mark.parametrize("listed", ["known", "[known, {id: mine}]"])
@pytest.mark.parametrize(("name", "status", "message", "code", "param"), NOT_THERE)
async def test_models__a_misspelt_one_is_refused_in_the_api_s_words(
    app: Handler,
    defaults: Callable[[str], None],
    listed: str,
    name: str,
    status: int,
    message: str,
    code: object,
    param: str | None,
) -> None:
    defaults(f"models: {listed}")
    given, document = await ask(app, name, "typo")
    said, _, given_code, given_param = parts(document)
    assert (given, said, given_code, given_param) == (status, message, code, param)


WRONG = [
    ("chat", "gpt-5.2-proo", 404),
    ("chat", "gpt-4o-mnii", 404),
    ("responses", "o3-depe-research", 400),
    ("embeddings", "text-embeding-3-small", 404),
    ("anthropic", "claude-sonet-4-5", 404),
    ("gemini", "gemini-2.5-flahs", 404),
    ("groq", "llama-3.3-70b-versatlie", 404),
    ("openrouter", "anthropic/claude-sonet-4.5", 400),
    ("chat", "nonexistent", 404),
    ("count", "claude-does-not-exist", 404),
    ("mistral", "Non-Existent_model", 400),
    ("mistral", "no-such-text_embedding-model", 400),
    *(("chat", name, 404) for name in ("no-such", "nosuch-model", "no_such-9", "No-Such-GPT")),
    *(("openrouter", name, 400) for name in ("no-such", "no-such-model-9", "openai/no-such")),
    ("chat", "bad model", 400),
    ("chat", "my model", 400),
    ("responses", "my model", 400),
    ("anthropic", "my model", 404),
    ("gemini", "my model", 400),
    ("groq", "bad model", 404),
    ("openrouter", "bad/model", 400),
    ("openrouter's embeddings", "no-such/embedding-model", 400),
]


@pytest.mark.parametrize("listed", ["validate: true", "models: any", "models: [any, {id: mine}]"])
@pytest.mark.parametrize(("name", "model", "status"), WRONG)
async def test_models__a_name_that_is_wrong_in_itself_is_refused_unless_any_is_there(
    app: Handler, defaults: Callable[[str], None], listed: str, name: str, model: str, status: int
) -> None:
    defaults(listed)
    answered, document = await ask(app, name, model)
    assert answered == (200 if "any" in listed else status), document


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("chat", "invalid model ID"),
        ("responses", "The requested model 'a b' does not exist."),
        ("images", "The model 'a b' does not exist."),
        ("gemini", "* GenerateContentRequest.model: unexpected model name format\n"),
        ("mistral", "Invalid model: a b"),
    ],
)
async def test_models__a_name_with_a_blank_cannot_be_one(
    app: Handler, defaults: Callable[[str], None], name: str, message: str
) -> None:
    defaults("validate: true")
    status, document = await ask(app, name, "a b")
    assert (status, parts(document)[0]) == (400, message)


@pytest.mark.parametrize("model", ["gpt-9", "gpt-5.9-mini", "my-model", "gpt-4x", "unknown", "minis", "fake-model"])
async def test_models__a_name_that_nobody_knows_is_there(
    app: Handler, defaults: Callable[[str], None], model: str
) -> None:
    defaults("validate: true")
    for name in CALLS:
        status, document = await ask(app, name, model)
        assert status == 200, document


@pytest.mark.parametrize("name", CALLS)
async def test_models__known_ones_are_there(app: Handler, defaults: Callable[[str], None], name: str) -> None:
    defaults("models: known")
    status, document = await ask(app, name)
    assert status == 200, document


EMBED: dict[str, object] = {"texts": ["a"], "input_type": "search_query", "embedding_types": ["float"]}
COHERE_CALLS: dict[str, tuple[dict[str, object], list[str]]] = {
    "/v2/embed": (EMBED, ["embed-v4.0", "embed-english-v3.0", "embed-multilingual-light-v3.0"]),
    "/v1/embed": (EMBED, ["embed-english-v3.0"]),
    "/v2/rerank": ({"query": "a", "documents": ["b"]}, ["rerank-v3.5", "rerank-v4.0-pro", "rerank-english-v3.0"]),
    "/v1/tokenize": ({"text": "a"}, ["command-a-03-2025"]),
    "/v1/detokenize": ({"tokens": [1]}, ["command-a-03-2025"]),
}


@pytest.mark.parametrize("path", COHERE_CALLS)
async def test_models__those_of_cohere_that_do_not_chat(
    app: Handler, defaults: Callable[[str], None], path: str
) -> None:
    defaults("models: known")
    body, there = COHERE_CALLS[path]
    for model in (*there, "embed-x", "rerankk"):
        answer = await call(app, "POST", path, orjson.dumps({"model": model, **body}))
        assert answer.status == (200 if model in there else 404), answer.body


async def test_models__known_ones_can_be_looked_up(app: Handler, defaults: Callable[[str], None]) -> None:
    defaults("models: [known, {id: mine}]")
    statuses = [(await call(app, "GET", f"/v1/models/{name}")).status for name in ("gpt-4o", "mine", "gpt-4oo")]
    assert statuses == [200, 200, 404]


async def test_models__described_ones_are_as_the_script_says(app: Handler, defaults: Callable[[str], None]) -> None:
    defaults(
        "models: [{id: mine, context: 20, supports: {images: false, temperature: false}}, "
        "{id: thinker, like: gpt-5, supports: {temperature: true}, efforts: [low, high]}]"
    )
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    cases: list[tuple[str, dict[str, Any], str | None]] = [
        ("mine", {}, None),
        ("mine", {"temperature": 0.5}, "'temperature' does not support 0.5"),
        (
            "mine",
            {"messages": [{"role": "user", "content": [picture]}]},
            "image_url is only supported",
        ),
        ("mine", {"messages": [{"role": "user", "content": "word " * 40}]}, "maximum context length is 20 tokens"),
        ("thinker", {"temperature": 0.5}, None),
        ("thinker", {"max_tokens": 5}, "Use 'max_completion_tokens' instead."),
        ("thinker", {"reasoning_effort": "medium"}, "Supported values are: 'low' and 'high'."),
        ("other", {}, "The model `other` does not exist"),
    ]
    for model, more, words in cases:
        body = orjson.dumps({"model": model, "messages": MESSAGES, **more})
        answer = await call(app, "POST", CALLS["chat"][0], body)
        message = "" if answer.status == 200 else parts(orjson.loads(answer.body))[0]
        assert (words or "") in message, (model, more)
        assert (answer.status == 200) is (words is None), (model, more, message)


TOO_LONG = [
    ("chat", "This model's maximum context length is 128000 tokens. However, your messages", "messages"),
    ("responses", "Your input exceeds the context window of this model. Please adjust", "input"),
    ("anthropic", "prompt is too long: 200001 tokens > 200000 maximum", None),
    ("gemini", "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).", None),
    ("groq", "Please reduce the length of the messages or completion.", "messages"),
    ("mistral", "Prompt contains ", None),
    ("deepseek", "This model's maximum context length is ", None),
    ("cerebras", "Please reduce the length of the messages or completion. Current length is ", "messages"),
    ("together", "Input validation error: `inputs` tokens + `max_new_tokens` must be <= ", "max_tokens"),
    ("zai", "Prompt too long", None),
    ("moonshot", "Invalid request: Your request exceeded model token limit: ", None),
    ("openrouter", "This endpoint's maximum context length is ", None),
    ("vllm", "This model's maximum context length is 128000 tokens. However, you requested 0 output", "input_tokens"),
    ("azure", "This model's maximum context length is 128000 tokens. However, your messages", "messages"),
]


@pytest.mark.parametrize("error", ["context_length_exceeded", "{status: 400, code: context_length_exceeded}"])
@pytest.mark.parametrize(("name", "message", "param"), TOO_LONG)
async def test_named_errors__have_the_words_of_each_api(
    app: Handler, defaults: Callable[..., None], error: str, name: str, message: str, param: str | None
) -> None:
    defaults("", f"error: {error}")
    status, document = await ask(app, name)
    said, _, _, given_param = parts(document)
    assert (status, said[: len(message)], given_param) == (400, message, param)


@pytest.mark.parametrize(
    ("path", "is_public"),
    [("models", True), ("models/count", True), ("key", False), ("auth/key", False), ("credits", False)],
)
async def test_openrouter__shows_its_models_to_anyone_and_a_key_to_its_owner(
    app: Handler, defaults: Callable[..., None], path: str, is_public: bool
) -> None:
    defaults("models: [openai/gpt-4o, openai/gpt-5], keys: [mine]")
    address, key = f"/openrouter/api/v1/{path}", {"authorization": "Bearer mine"}
    assert (await call(app, "GET", address)).status == (200 if is_public else 401)
    told = orjson.loads((await call(app, "GET", address, headers=key)).body)["data"]
    match path:
        case "models":
            assert [each["id"] for each in told] == ["openai/gpt-4o", "openai/gpt-5"]
        case "models/count":
            assert told == {"count": 2}
        case "credits":
            assert told["total_credits"] > told["total_usage"] == 0
        case _:
            assert (told["limit_remaining"], told["usage"], told["is_free_tier"]) == (None, 0, False)


@pytest.mark.parametrize("vertex", [False, True])
@pytest.mark.parametrize(("query", "in_list"), [(b"", True), (b"alt=json", True), (b"alt=sse", False)])
async def test_gemini__lists_the_error_of_a_stream_that_is_a_list(
    app: Handler, defaults: Callable[..., None], query: bytes, in_list: bool, vertex: bool
) -> None:
    defaults("", "error: 429")
    place = "/v1/projects/p/locations/l/publishers/google" if vertex else "/v1beta"
    path = f"{place}/models/gemini-2.5-flash:streamGenerateContent"
    body = orjson.dumps({"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]})
    answer = await call(app, "POST", path, body, query=query)
    document = orjson.loads(answer.body)
    assert (answer.status, isinstance(document, list)) == (429, in_list)
    assert (document[0] if in_list else document)["error"]["status"] == "RESOURCE_EXHAUSTED"


@pytest.mark.parametrize(
    ("name", "model", "window"),
    [
        ("chat", "mine", 20),
        ("chat", "other", 272_000),
        ("mistral", "mistral-large-latest", 262_144),
    ],
)
async def test_named_errors__tell_the_window_of_the_model(
    app: Handler, defaults: Callable[..., None], name: str, model: str, window: int
) -> None:
    defaults("models: [{id: mine, context: 20}, {id: other, like: gpt-5}, known]", "error: context_length_exceeded")
    said = (await ask(app, name, model=model))[1]
    assert str(window) in parts(said)[0] and str(window + 1) in parts(said)[0]


@pytest.mark.parametrize(
    ("error", "name", "status"),
    [
        ("overloaded", "chat", 503),
        ("overloaded", "anthropic", 529),
        ("insufficient_quota", "chat", 429),
        ("insufficient_quota", "anthropic", 400),
        ("insufficient_quota", "deepseek", 402),
        ("model_not_found", "responses", 400),
        ("{code: model_not_found}", "responses", 400),
        ("{status: 404, code: model_not_found}", "responses", 404),  # a script's own status stays
    ],
)
async def test_named_errors__have_the_status_of_each_api(
    app: Handler, defaults: Callable[..., None], error: str, name: str, status: int
) -> None:
    defaults("", f"error: {error}")
    assert (await ask(app, name))[0] == status


KEYS = [
    ("chat", "sk-wrong-0123456789abcdef", 401, "Incorrect API key provided: sk-wrong"),
    ("chat", "", 401, "You didn't provide an API key."),
    ("anthropic", "", 401, "x-api-key header is required"),
    ("gemini", "wrong", 400, "API key not valid. Please pass a valid API key."),
    ("gemini's chat", "wrong", 400, "API key not valid. Please pass a valid API key."),
    ("gemini's chat", "", 400, "Missing or invalid Authorization header."),
    ("deepseek", "sk-wrong-key", 401, "Authentication Fails, Your api key: ****-key is invalid"),
    ("deepseek", "", 401, "Authentication Fails (auth header format should be Bearer sk-...)"),
    ("groq", "wrong", 401, "Invalid API Key"),
    ("cerebras", "wrong", 401, "Wrong API Key"),
    ("together", "wrong", 401, "Invalid API key provided. You can find your API key at "),
    ("zai", "wrong", 401, "token expired or incorrect"),
    ("zai", "", 401, "Authentication parameter not received in Header, unable to authenticate"),
    ("moonshot", "sk-wrong", 401, "Invalid Authentication"),
    ("openrouter", "sk-or-v1-wrong", 401, "User not found."),
    ("openrouter", "wrong", 401, "Missing Authentication header"),
    ("vllm", "wrong", 401, "Unauthorized"),
    ("azure", "wrong", 401, "Access denied due to invalid subscription key"),
]


@pytest.mark.parametrize(("name", "key", "status", "message"), KEYS)
async def test_keys__are_refused_in_the_words_of_each_api(
    app: Handler, defaults: Callable[[str], None], name: str, key: str, status: int, message: str
) -> None:
    defaults("keys: [sk-good]")
    given, document = await ask(app, name, key=key)
    assert (given, parts(document)[0][: len(message)]) == (status, message)


async def test_keys__mistral_has_no_envelope(app: Handler, defaults: Callable[[str], None]) -> None:
    defaults("keys: [sk-good]")
    assert [await ask(app, "mistral", key=key) for key in ("wrong", "")] == [
        (401, {"detail": "Invalid API Key"}),
        (401, {"detail": "Unauthorized"}),
    ]


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/nothing"), ("PATCH", "/v1/chat/completions")])
async def test_messages__name_the_path_of_the_api(app: Handler, method: str, path: str) -> None:
    answer = await call(app, method, f"/ns/words{path}", b"{}")
    message = parts(orjson.loads(answer.body))[0]
    assert path in message
    assert "/ns/" not in message


MANY_PAGES = base64.b64encode(b"%PDF-1.4\n/Count 999999\n/Type/Pages").decode()
PDF, URL = "application/pdf", f"data:application/pdf;base64,{MANY_PAGES}"
WITH_FILES: dict[str, dict[str, Any]] = {
    "chat": {"type": "file", "file": {"filename": "a.pdf", "file_data": URL}},
    "anthropic": {"type": "document", "source": {"type": "base64", "media_type": PDF, "data": MANY_PAGES}},
    "gemini": {"inlineData": {"mimeType": PDF, "data": MANY_PAGES}},
}


@pytest.mark.parametrize("name", WITH_FILES)
async def test_pages__that_are_too_many_for_the_window_are_refused(
    app: Handler, defaults: Callable[..., None], name: str
) -> None:
    defaults("")
    part, (path, model, headers) = WITH_FILES[name], CALLS[name]
    messages = {"model": model, "max_tokens": 100, "messages": [{"role": "user", "content": [part]}]}
    body = {"contents": [{"role": "user", "parts": [part]}]} if name == "gemini" else messages
    answer = await call(app, "POST", path.format(model=model), orjson.dumps(body), headers=headers)
    [words] = [words for each, words, _ in TOO_LONG if each == name]
    assert answer.status == 400
    assert parts(orjson.loads(answer.body))[0].startswith(re.split(r"\d", words)[0])
