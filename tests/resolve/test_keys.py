"""Keys, limits and quotas on the wire: in process, message by message, under the handler and Django's own client."""

import asyncio
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.test import AsyncClient, RequestFactory
from pytest_django import Settings

from completions.journal.record import RequestLine
from completions.receive.handler import Handler
from completions.resolve.engine import resolve
from completions.resolve.keys import key_in, masked
from completions.state.namespaces import Namespace, namespace
from completions.views.lookups import list_models
from completions.wire.openai.chat.format import ChatCompletions
from completions.wire.openai.headers import CONSTANT_HEADERS
from tests.asgi import Answer, Connection, call, scope
from tests.scripts import asked

CHAT = "/v1/chat/completions"
HELLO = [{"role": "user", "content": "Hello"}]
BODY = orjson.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]})
STREAM = orjson.dumps({**orjson.loads(BODY), "stream": True})


@pytest.fixture
def app(settings: Settings) -> Handler:
    settings.MOCK_TTFT_MS = settings.MOCK_ITL_MS = 0
    return Handler()


@pytest.fixture
def defaults(settings: Settings, tmp_path: Path) -> Callable[[str], None]:
    """Return what makes a script with these defaults the one that answers."""

    def use(text: str, rule: str = "reply: Hi") -> None:
        file = tmp_path / "script.yaml"
        file.write_text(f"version: 1\ndefaults: {{{text}}}\nrules:\n- {rule}\n")
        settings.MOCK_SCRIPT = str(file)

    return use


def error(answer: Answer) -> tuple[int, str | None, str]:
    document = json.loads(answer.body)["error"]
    assert list(document) == ["message", "type", "param", "code"]
    return answer.status, document["code"], document["message"]


async def test_keys__others_are_refused_in_the_api_s_words(app: Handler, defaults: Callable[[str], None]) -> None:
    defaults("keys: [sk-good]")
    for path, method in ((CHAT, "POST"), ("/v1/models", "GET"), ("/v1/models/gpt-4o", "GET")):
        bad = await call(app, method, path, BODY, headers={"Authorization": "Bearer sk-wrong-key-1234"})
        assert error(bad) == (
            401,
            "invalid_api_key",
            "Incorrect API key provided: sk-wrong*****1234. "
            "You can find your API key at https://platform.openai.com/account/api-keys.",
        )
        status, code, message = error(await call(app, method, path, BODY))
        assert (status, code) == (401, None)
        assert message.startswith("You didn't provide an API key. You need to provide your API key in an Authorization")
        good = await call(app, method, path, BODY, headers={"Authorization": "Bearer sk-good"})
        assert good.status == 200
    assert (await call(app, "GET", "/_mock/ready")).status == 200


async def test_keys__come_before_everything_else(app: Handler, defaults: Callable[[str], None]) -> None:
    defaults("keys: [sk-good]")
    assert (await call(app, "POST", CHAT, b"not JSON")).status == 401


async def test_keys__of_the_environment_unless_the_script_has_its_own(
    app: Handler, settings: Settings, defaults: Callable[[str], None]
) -> None:
    settings.API_KEYS = ["sk-env"]
    defaults("")
    assert (await call(app, "POST", CHAT, BODY, headers={"Authorization": "bearer sk-env"})).status == 200
    assert (await call(app, "POST", CHAT, BODY)).status == 401
    settings.API_KEYS = []
    assert (await call(app, "POST", CHAT, BODY)).status == 200


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("authorization", "Bearer sk-a", "sk-a"),
        ("authorization", "Basic abc", ""),
        ("authorization", "Bearer", ""),
        ("api-key", "azure", "azure"),
        ("x-api-key", "other", "other"),
        ("x-none", "", ""),
    ],
)
def test_key__is_found_where_the_apis_take_it(name: str, value: str, key: str) -> None:
    assert key_in({name: value}) == key


def test_key__is_masked() -> None:
    assert [masked(key) for key in ("k", "test-key", "your_api_key_here")] == ["*", "te******", "your_api*****here"]


def test_keys__under_wsgi(settings: Settings) -> None:
    settings.API_KEYS = ["sk-env"]
    request = RequestFactory().get("/v1/models", headers={"Authorization": "Bearer sk-env"})
    assert asyncio.run(list_models(request, wire=ChatCompletions())).status_code == 200


async def test_organization_and_project__are_echoed(app: Handler, defaults: Callable[[str], None]) -> None:
    defaults("")
    sent = {"OpenAI-Organization": "org-1", "OpenAI-Project": "proj-1"}
    for body, status in ((BODY, 200), (b"{}", 400)):
        answer = await call(app, "POST", CHAT, body, headers=sent)
        assert answer.status == status
        assert (answer.headers["openai-organization"], answer.headers["openai-project"]) == ("org-1", "proj-1")
    plain = (await call(app, "POST", CHAT, BODY)).headers
    own = {name: CONSTANT_HEADERS[name] for name in ("openai-organization", "openai-project")}
    assert own.items() <= plain.items()


LIMIT, MODEL, TIME = "x-ratelimit-limit-tokens", "openai-model", "openai-processing-ms"
AZURE = "/openai/deployments/mine/chat/completions"


@pytest.mark.parametrize(
    ("path", "body", "status", "told", "untold"),
    [
        (CHAT, {"messages": HELLO}, 200, {LIMIT, TIME}, {MODEL}),
        (CHAT, {"messages": []}, 400, {LIMIT, TIME}, {MODEL}),
        (CHAT, {"messages": HELLO, "model": "gone"}, 404, {"openai-project"}, {LIMIT, TIME, MODEL}),
        ("/v1/embeddings", {"input": "a", "model": "text-embedding-3-small"}, 200, {LIMIT, MODEL}, set()),
        ("/v1/completions", {"prompt": "a", "model": "mine"}, 200, {LIMIT, MODEL}, set()),
        ("/v1/responses", {"input": "a"}, 200, {LIMIT, TIME}, {MODEL}),
        ("/v1/responses", {"input": 5}, 400, {TIME}, {LIMIT, MODEL}),
        ("/openrouter/api/v1/chat/completions", {"messages": HELLO}, 200, {"x-generation-id"}, {LIMIT, TIME}),
        ("/openrouter/api/v1/chat/completions", {"messages": []}, 400, set(), {"x-generation-id", TIME}),
        ("/v1/responses/input_tokens", {"input": "a"}, 200, {TIME}, {LIMIT, MODEL}),
        ("/v1/images/generations", {"prompt": "a", "model": "gpt-image-1"}, 200, {TIME}, {LIMIT, MODEL}),
        (AZURE, {"messages": HELLO}, 200, {LIMIT, "x-ms-deployment-name", "apim-request-id"}, {TIME}),
        ("/mistral/v1/chat/completions", {"messages": HELLO}, 200, {"mistral-correlation-id"}, {LIMIT, TIME}),
        ("/mistral/v1/chat/completions", {"messages": []}, 422, {"mistral-correlation-id"}, {LIMIT, TIME}),
        (AZURE, {"messages": HELLO, "n": 0}, 400, {"apim-request-id"}, {LIMIT, "x-ms-deployment-name"}),
    ],
)
async def test_headers__are_those_of_the_address_and_the_status(
    app: Handler, defaults: Callable[[str], None], path: str, body: Any, status: int, told: set[str], untold: set[str]
) -> None:
    defaults("models: [gpt-4o, mine, gpt-image-1, text-embedding-3-small], validate: true")
    query = b"api-version=2024-10-21" if path == AZURE else b""
    answer = await call(app, "POST", path, orjson.dumps({"model": "gpt-4o", **body}), query=query)
    assert answer.status == status
    assert told <= answer.headers.keys() and not untold & answer.headers.keys()


@pytest.mark.parametrize("model", ["\u65e5\u672c", "\x80", "a\r\nset-cookie: b", "a\tb"])
async def test_headers__name_no_model_that_a_header_cannot_hold(app: Handler, model: str) -> None:
    legacy = await call(app, "POST", "/v1/completions", orjson.dumps({"prompt": "a", "model": model}))
    assert (legacy.status, MODEL in legacy.headers) == (200, False)
    deployment = f"/openai/deployments/{model}/chat/completions"
    azure = await call(app, "POST", deployment, BODY, query=b"api-version=2024-10-21")
    assert (azure.status, "x-ms-deployment-name" in azure.headers) in ((200, False), (404, False))


async def test_headers__tell_a_stranger_nothing_of_an_account(app: Handler, settings: Settings) -> None:
    settings.API_KEYS = ["sk-env"]
    headers = (await call(app, "POST", "/v1/responses", BODY)).headers
    assert {TIME, "openai-version"} <= headers.keys() and "openai-organization" not in headers
    assert (headers["www-authenticate"], headers["content-type"]) == ('Bearer realm="OpenAI API"', "application/json")


async def test_chat__refuses_keys_and_models_in_front_of_the_api(app: Handler, defaults: Callable[[str], None]) -> None:
    """Recorded from August 2025 to April 2026, of chat, completions and embeddings alone."""
    defaults("models: [gpt-4o]")
    gone = orjson.dumps({"model": "gone", "messages": HELLO})
    sent = ((BODY, "401"), (gone, "none"), (BODY, "500"))
    answers = [await call(app, "POST", CHAT, body, headers={"X-Mock-Error": error}) for body, error in sent]
    told = [(answer.status, answer.headers["content-type"].partition(";")[2]) for answer in answers]
    assert told == [(401, " charset=utf-8"), (404, " charset=utf-8"), (500, "")]
    assert answers[0].headers["vary"] == "Origin" and not {TIME, "www-authenticate"} & answers[0].headers.keys()


async def test_limits__count_down_on_every_answer(app: Handler, defaults: Callable[[str], None]) -> None:
    defaults("limits: {rpm: 3, tpm: 1000}")
    answers = [await call(app, "POST", CHAT, body) for body in (BODY, STREAM, BODY, BODY)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining-requests"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer.headers["x-ratelimit-limit-tokens"] for answer in answers} == {"1000"}
    tokens = [int(answer.headers["x-ratelimit-remaining-tokens"]) for answer in answers]
    assert tokens[0] > tokens[1] > tokens[2]
    status, code, message = error(answers[-1])
    assert (status, code) == (429, "rate_limit_exceeded")
    assert "on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in " in message
    assert answers[-1].headers["retry-after"] == "20"
    assert 19_000 < int(answers[-1].headers["retry-after-ms"]) <= 20_000
    assert answers[-1].headers["openai-version"] == CONSTANT_HEADERS["openai-version"]


async def test_limits__hold_for_every_format_together(app: Handler, defaults: Callable[[str], None]) -> None:
    defaults("limits: {rpm: 2, tpm: 100}")
    chat = orjson.dumps({"model": "mine", "messages": [{"role": "user", "content": "Hello"}]})
    legacy = orjson.dumps({"model": "mine", "prompt": "Hello"})
    answers = [await call(app, "POST", path, body) for path, body in ((CHAT, chat), ("/v1/completions", legacy)) * 2]
    assert [answer.status for answer in answers] == [200, 200, 429, 429]
    assert answers[1].headers["x-ratelimit-remaining-requests"] == "0"


async def test_limits__a_request_that_the_api_refuses_costs_nothing(
    app: Handler, defaults: Callable[[str], None]
) -> None:
    defaults("limits: {rpm: 1}")
    assert [(await call(app, "POST", CHAT, body)).status for body in (b"{}", b"{", BODY, BODY)] == [400, 400, 200, 429]


async def test_limits__none_leave_the_steady_headers(app: Handler, defaults: Callable[[str], None]) -> None:
    defaults("")
    headers = (await call(app, "POST", CHAT, BODY)).headers
    assert CONSTANT_HEADERS.items() <= headers.items()


async def test_limits__of_images_are_told_where_there_are_some(app: Handler, defaults: Callable[[str], None]) -> None:
    defaults("")
    image = {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}
    told = []
    for parts in ([image, image], [{"type": "text", "text": '"image_url"'}]):
        body = orjson.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": parts}]})
        headers = (await call(app, "POST", CHAT, body)).headers
        told.append([value for name, value in headers.items() if name.endswith("-input-images")])
    assert told == [["50000", "49998", "2ms"], []]


async def test_limits__also_count_down_with_a_document_word_by_word(
    app: Handler, defaults: Callable[..., None]
) -> None:
    body = (
        "reply: {body: {id: a, object: chat.completion, created: 1, choices: "
        "[{message: {role: assistant, content: Hi}, finish_reason: stop}], "
        "usage: {prompt_tokens: 5, completion_tokens: 7, total_tokens: 12}}}"
    )
    defaults("limits: {tpm: 1000}", body)
    headers = (await call(app, "POST", CHAT, BODY)).headers
    assert headers["x-ratelimit-remaining-tokens"] == "988"
    assert "openai-version" not in headers


async def test_limits__are_for_each_key(app: Handler, defaults: Callable[[str], None]) -> None:
    defaults("limits: {rpm: 1}")
    for key, status in (("a", 200), ("b", 200), ("a", 429), ("b", 429)):
        assert (await call(app, "POST", CHAT, BODY, headers={"Authorization": f"Bearer {key}"})).status == status


async def test_tpm__counts_max_tokens_before_and_nothing_of_a_refused_request(
    app: Handler, defaults: Callable[[str], None]
) -> None:
    defaults("limits: {tpm: 100}")
    large = orjson.dumps({**orjson.loads(BODY), "max_tokens": 90})
    assert (await call(app, "POST", CHAT, large)).status == 200
    assert (await call(app, "POST", CHAT, orjson.dumps({**orjson.loads(BODY), "max_tokens": 95}))).status == 429
    answer = await call(app, "POST", CHAT, BODY)
    assert int(answer.headers["x-ratelimit-remaining-tokens"]) >= 80, "two greetings were used"


async def test_error__of_a_script_costs_a_request_and_no_tokens(app: Handler, defaults: Callable[..., None]) -> None:
    defaults("limits: {rpm: 5, tpm: 100}", "error: {status: 500, headers: {x-ratelimit-limit-requests: '7'}}")
    await call(app, "POST", CHAT, BODY)
    answer = await call(app, "POST", CHAT, BODY)
    assert answer.status == 500
    assert answer.headers["x-ratelimit-remaining-requests"] == "3"
    assert answer.headers["x-ratelimit-limit-requests"] == "7", "the script's own"
    assert int(answer.headers["x-ratelimit-remaining-tokens"]) >= 91, "this one's estimate is held until it ends"


async def test_quota__is_a_429_of_its_own(async_client: AsyncClient, defaults: Callable[[str], None]) -> None:
    defaults("quota: {requests: 1}")
    statuses = []
    for _ in range(2):
        response = await async_client.post(CHAT, orjson.loads(BODY), content_type="application/json")
        statuses.append(response.status_code)
    assert statuses == [200, 429]
    assert response.json()["error"]["code"] == response.json()["error"]["type"] == "insufficient_quota"


async def test_concurrent__is_released_when_the_client_leaves(
    app: Handler, settings: Settings, defaults: Callable[..., None]
) -> None:
    settings.MOCK_ITL_MS = 3_600_000
    defaults("limits: {concurrent: 1}", "reply: Hello to you")
    connection = Connection(STREAM)
    task = asyncio.create_task(app(scope("POST", CHAT), connection.receive, connection.send))
    await connection.begun.wait()
    status, code, message = error(await call(app, "POST", CHAT, BODY))
    assert (status, code) == (429, "rate_limit_exceeded")
    assert "on concurrent requests: Limit 1, Used 1, Requested 1." in message
    connection.gone.set()
    await task
    assert [(await call(app, "POST", CHAT, BODY)).status for _ in range(3)] == [200] * 3


async def test_concurrent__is_released_under_django_s_own_client(
    async_client: AsyncClient, settings: Settings, defaults: Callable[[str], None]
) -> None:
    settings.MOCK_TTFT_MS = settings.MOCK_ITL_MS = 0
    defaults("limits: {concurrent: 1}")
    for _ in range(3):
        response: Any = await async_client.post(CHAT, orjson.loads(STREAM), content_type="application/json")
        assert response.status_code == 200
        assert [piece async for piece in response.streaming_content]


async def test_concurrent__is_released_when_a_rule_fails(tmp_path: Path) -> None:
    file = tmp_path / "script.yaml"
    file.write_text("version: 1\ndefaults: {limits: {concurrent: 1}}\nrules:\n- reply: {python: 'json:loads'}\n")
    space = Namespace("test", str(file))
    for _ in range(2):
        outcome = await resolve(space, asked())
        assert outcome.error is not None
        assert outcome.error.code == "python_failed"
        assert outcome.on_end is not None
        outcome.on_end()


async def test_limits__start_anew_with_a_changed_script(app: Handler, defaults: Callable[[str], None]) -> None:
    defaults("limits: {rpm: 1}")
    assert [(await call(app, "POST", CHAT, BODY)).status for _ in range(2)] == [200, 429]
    defaults("limits: {rpm: 10}")
    namespace().file.next_check = 0  # it looks at most twice a second
    assert (await call(app, "POST", CHAT, BODY)).headers["x-ratelimit-remaining-requests"] == "9"


async def test_retry__is_seen_by_rules_and_in_the_log(
    app: Handler, defaults: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "completions.requests")
    defaults("", "match: {retry: 1, idempotency_key: key-1}\n  reply: Again")
    sent = {"x-stainless-retry-count": "1", "Idempotency-Key": "key-1"}
    again = json.loads((await call(app, "POST", CHAT, BODY, headers=sent)).body)
    first = json.loads((await call(app, "POST", CHAT, BODY, headers=sent | {"x-stainless-retry-count": "0"})).body)
    assert again["choices"][0]["message"]["content"] == "Again" != first["choices"][0]["message"]["content"]
    assert [" retry=1 " in message for message in caplog.messages] == [True, False]
    facts = [record.msg.fields() for record in caplog.records if isinstance(record.msg, RequestLine)]
    assert [(fact["retry"], fact["idempotency_key"]) for fact in facts] == [(1, "key-1"), (0, "key-1")]


@pytest.mark.parametrize("count", ["-1", "x", "²", "9" * 5000])
async def test_retry__nonsense_counts_as_the_first_time(
    app: Handler, defaults: Callable[..., None], count: str
) -> None:
    defaults("strict: true", "match: {retry: 0}\n  reply: First")
    assert (await call(app, "POST", CHAT, BODY, headers={"x-stainless-retry-count": count})).status == 200
