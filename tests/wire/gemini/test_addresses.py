"""Where Gemini's methods are found, and what their addresses refuse, in process."""

import json
from typing import Any

import orjson
import pytest
from pytest_django import Settings

from completions.receive.handler import Handler
from tests.asgi import Answer, call
from tests.document import TEXT

HELLO = orjson.dumps({"contents": [{"parts": [{"text": "Hello"}]}]})


async def post(path: str, body: bytes = HELLO, *, query: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
    return await call(Handler(), "POST", path, body, query=query, headers=headers)


def error(answer: Answer) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(answer.body)["error"]
    assert document["code"] == answer.status
    return document


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models/gemini-2.5-flash:generateContent",
        "/v1beta/models/gemini-2.5-flash:generateContent",
        "/v1alpha/models/gemini-2.5-flash:generateContent",
        "/ns/other/v1beta/models/gemini-2.5-flash:generateContent",
        "/v1beta/tunedModels/mine:generateContent",
        "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash:generateContent",
        "/v1beta1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash:generateContent",
        "/v1beta1/publishers/google/models/gemini-2.5-flash:generateContent",
        "/v1/projects/p/locations/l/endpoints/123:generateContent",
    ],
)
async def test_address__answers(path: str) -> None:
    answer = await post(path)
    (candidate,) = json.loads(answer.body)["candidates"]
    assert candidate["content"]["parts"] == [{"text": TEXT}]


async def test_predict__is_vertex_s_for_embeddings() -> None:
    body = {"instances": [{"content": "a cat"}, {"content": "a dog"}], "parameters": {"outputDimensionality": 8}}
    answer = await post(
        "/v1/projects/p/locations/l/publishers/google/models/text-embedding-005:predict", orjson.dumps(body)
    )
    first, second = (found["embeddings"] for found in json.loads(answer.body)["predictions"])
    assert (len(first["values"]), first["statistics"]["token_count"]) == (8, 2)
    assert first["values"] != second["values"]


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", "/v1beta/models/gemini-2.5-flash:generateContent", 405, "INVALID_ARGUMENT"),
        ("POST", "/v1beta/models", 405, "INVALID_ARGUMENT"),
        ("GET", "/v1/publishers/nobody/models", 404, "NOT_FOUND"),
        ("POST", "/v1beta/corpora", 404, "NOT_FOUND"),
        ("GET", "/v1beta/models/veo-3.0-generate-001/operations/abc", 404, "NOT_FOUND"),
        ("GET", "/ns/other/v1beta/nothing", 404, "NOT_FOUND"),
        ("POST", "/v1alpha/corpora", 404, "NOT_FOUND"),
        ("DELETE", "/v1alpha/files", 405, "INVALID_ARGUMENT"),
    ],
)
async def test_address__refuses_in_google_s_envelope(method: str, path: str, status: int, name: str) -> None:
    answer = await call(Handler(), method, path, HELLO)
    assert (answer.status, error(answer)["status"]) == (status, name)


@pytest.mark.parametrize("kept", ["files", "batches", "cachedContents", "fileSearchStores", "models"])
async def test_version__that_the_sdks_call_alpha_keeps_what_beta_keeps(kept: str) -> None:
    beta, alpha = [await call(Handler(), "GET", f"/{version}/{kept}") for version in ("v1beta", "v1alpha")]
    assert (alpha.status, alpha.body) == (200, beta.body)


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
@pytest.mark.parametrize("place", ["", "projects/p/locations/l/"])
async def test_models__are_listed_as_vertex_lists_them(settings: Settings, version: str, place: str) -> None:
    settings.MOCK_SCRIPT = "auto"
    address = f"/{version}/{place}publishers/google/models"
    first = json.loads((await call(Handler(), "GET", address, query=b"pageSize=2")).body)
    assert (len(first["publisherModels"]), first["nextPageToken"]) == (2, "2")
    rest = json.loads((await call(Handler(), "GET", address, query=b"pageToken=2")).body)
    stages = {model["name"].rpartition("/")[2]: model["launchStage"] for model in rest["publisherModels"]}
    assert stages["gemini-3.1-pro-preview"] == "PUBLIC_PREVIEW"
    shown = json.loads((await call(Handler(), "GET", f"{address}/gemini-2.5-flash")).body)
    assert shown in rest["publisherModels"]
    assert (shown["name"], shown["launchStage"]) == ("publishers/google/models/gemini-2.5-flash", "GA")


async def test_model_with_colons__is_openai_s_to_openai_s_clients(settings: Settings) -> None:
    settings.MOCK_SCRIPT = "auto"
    answer = await call(Handler(), "GET", "/v1/models/ft:gpt-4o:mine::1")
    assert json.loads(answer.body)["id"] == "ft:gpt-4o:mine::1"


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        (b"key=good", {}, 200),
        (b"", {"x-goog-api-key": "good"}, 200),
        (b"", {"authorization": "Bearer good"}, 200),
        (b"key=bad", {}, 400),
        (b"", {}, 403),
    ],
)
async def test_key__is_taken_where_google_takes_it(
    settings: Settings, query: bytes, headers: dict[str, str], status: int
) -> None:
    settings.API_KEYS = ["good"]
    answer = await post("/v1beta/models/gemini-2.5-flash:generateContent", query=query, headers=headers)
    assert answer.status == status
    if status != 200:
        assert error(answer)["status"] == ("INVALID_ARGUMENT" if status == 400 else "PERMISSION_DENIED")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "* GenerateContentRequest.contents: contents is not specified\n"),
        (b"{", "Invalid JSON payload received."),
        (b"[]", 'Invalid JSON payload received. Unknown name "": Root element must be a message.'),
    ],
)
async def test_body__that_is_no_request_is_refused(settings: Settings, body: bytes, message: str) -> None:
    settings.MOCK_SCRIPT = "auto"
    answer = await post("/v1beta/models/gemini-2.5-flash:generateContent", body)
    assert answer.status == 400
    assert error(answer)["message"].startswith(message)


async def test_body__too_large_is_refused(settings: Settings) -> None:
    settings.MAX_BODY_BYTES = 10
    answer = await post("/v1beta/models/gemini-2.5-flash:generateContent")
    assert (answer.status, error(answer)["status"]) == (413, "INVALID_ARGUMENT")


@pytest.mark.parametrize("query", [b"\xff", b"key=\xff", b"key=%ff", b"alt=%00", b"alt=sse&alt=json&key"])
async def test_query__of_any_bytes_is_no_500(query: bytes) -> None:
    app = Handler()
    await call(app, "GET", "/v1/models")  # from now on the host is known, and not looked at again
    for path in ("/v1beta/models/m:streamGenerateContent", "/v1/chat/completions", "/v1/models", "/v1beta/models"):
        method = "POST" if path.endswith(("Content", "completions")) else "GET"
        assert (await call(app, method, path, HELLO, query=query)).status in (200, 400)
