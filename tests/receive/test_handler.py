"""The lean handler, in process, message by message."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest
from asgiref.sync import SyncToAsync
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path
from django.utils.decorators import async_only_middleware
from pytest_django import Settings

from completions.receive.connection import run_until_client_leaves
from completions.receive.handler import Handler
from completions.receive.request import LeanRequest
from completions.tokens import text as tokens
from tests.asgi import Connection, call, scope
from tests.delivery.relay.raw_server import raw_server
from tests.document import MOCK, events, fold

CHAT = "/v1/chat/completions"


async def hello(request: HttpRequest) -> HttpResponse:
    facts = [request.method, request.path, request.GET.get("q"), request.headers.get("X-Test"), request.content_type]
    return HttpResponse(json.dumps([*facts, request.POST.get("p"), request.body.decode(), request.read().decode()]))


urlpatterns = [path("hello", hello), path("_mock/hello", hello)]


@pytest.fixture
def app(settings: Settings) -> Handler:
    settings.MOCK_TTFT_MS = settings.MOCK_ITL_MS = 0
    return Handler()


async def test_post__answers(app: Handler) -> None:
    answer = await call(app, "POST", CHAT, b"{}")
    assert (answer.status, json.loads(answer.body)) == (200, MOCK)
    assert answer.headers["x-request-id"].startswith("req_")


async def test_body__in_parts(app: Handler) -> None:
    assert json.loads((await call(app, "POST", CHAT, b"{", b"", b"}")).body) == MOCK


async def test_body__too_large_is_refused_as_soon_as_it_is(app: Handler, settings: Settings) -> None:
    settings.MAX_BODY_BYTES = 10
    connection = Connection(b"{" + b" " * 8, b"}" + b" ", b" " * 100, b"never read")
    await app(scope("POST", CHAT), connection.receive, connection.send)
    assert (connection.answer.status, connection.received) == (413, 2)
    assert json.loads(connection.answer.body)["error"]["code"] == "request_too_large"
    assert (await call(app, "POST", CHAT, b"{" + b" " * 8, b"}")).status == 200


async def test_stream__unpaced_is_one_piece_and_needs_no_second_task(app: Handler) -> None:
    connection = Connection(b'{"stream":true,"stream_options":{"include_usage":true}}')
    await app(scope("POST", CHAT), connection.receive, connection.send)
    assert len(connection.answer.pieces) == 1
    assert connection.received == 1, "nobody run_until_client_leaves for a disconnect"
    assert fold(events(connection.answer.body)) == MOCK
    assert connection.answer.ended


async def test_stream__of_the_default_script_needs_no_tokenizer(app: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_encodings", {})
    tokens._remembered.cache_clear()
    answer = await call(app, "POST", CHAT, b'{"stream":true,"stream_options":{"include_usage":true}}')
    assert fold(events(answer.body)) == MOCK
    assert tokens._encodings == {}


async def test_stream__paced_comes_in_pieces(app: Handler, settings: Settings) -> None:
    settings.MOCK_ITL_MS = 200  # one stall of a busy machine may pass over some, and not over all
    answer = await call(app, "POST", CHAT, b'{"stream":true,"stream_options":{"include_usage":true}}')
    assert len(answer.pieces) > 1
    assert fold(events(answer.body)) == MOCK


async def test_stream__ends_when_the_client_leaves(
    app: Handler, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.MOCK_TTFT_MS, settings.MOCK_ITL_MS = 0, 3_600_000
    caplog.set_level(logging.INFO, "completions")
    connection = Connection(b'{"stream":true}')
    task = asyncio.create_task(app(scope("POST", CHAT), connection.receive, connection.send))
    await connection.begun.wait()
    connection.gone.set()
    await task
    assert not connection.answer.ended
    assert "client left" in caplog.messages[-1]
    assert "chunks=2" in caplog.messages[-1]


@pytest.mark.parametrize(
    ("reason", "told"), [(["shutdown"], "stopped with the server"), ([], "client left")], ids=["server", "client"]
)
async def test_stream__cancelled_says_by_whom(
    app: Handler, settings: Settings, caplog: pytest.LogCaptureFixture, reason: list[str], told: str
) -> None:
    """Servers give a reason; a client that awaits the application itself, as by httpx's transport, gives none."""
    settings.MOCK_ITL_MS = 3_600_000
    caplog.set_level(logging.INFO, "completions")
    connection = Connection(b'{"stream":true}')
    task = asyncio.create_task(app(scope("POST", CHAT), connection.receive, connection.send))
    await connection.begun.wait()
    task.cancel(*reason)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told in caplog.messages[-1]


async def test_body__client_leaves_before_it_is_whole(app: Handler, caplog: pytest.LogCaptureFixture) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    connection = Connection()
    await app(scope("POST", CHAT), receive, connection.send)
    assert connection.answer.status == 0


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("app.localhost", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8000", 200),
        ("evil.example", 400),
        ("localhost.evil.example", 400),
        ("", 400),
        ("!!!\xff", 400),
        ("a" * 5000, 400),
    ],
)
async def test_host__must_be_allowed(app: Handler, host: str, status: int) -> None:
    for _ in range(2):
        answer = await call(app, "POST", CHAT, b"{}", headers={"host": host})
        assert answer.status == status
    if status == 400:
        assert json.loads(answer.body)["error"]["code"] == "host_not_allowed"
        assert answer.headers["x-request-id"].startswith("req_")


async def test_host__follows_the_settings(app: Handler) -> None:
    for allowed, status in ((["evil.example"], 200), (["localhost"], 400), (["*"], 200)):
        with override_settings(ALLOWED_HOSTS=allowed):
            assert (await call(app, "POST", CHAT, b"{}", headers={"host": "evil.example"})).status == status


@pytest.mark.parametrize("path", [CHAT, "/_mock/health", "/_mock/rules", "/_mock/", "/_mock/docs/", "/nothing"])
async def test_request__moves_to_no_thread(app: Handler, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("Django moves it to a thread")

    monkeypatch.setattr(SyncToAsync, "__call__", refuse)
    answer = await call(app, "GET", path, b"")
    assert answer.status in (200, 404, 405), answer.body


@pytest.mark.parametrize("prefix", ["", "/_mock"], ids=["other", "control"])
@override_settings(ROOT_URLCONF=__name__)
async def test_django__stays_in_charge(app: Handler, prefix: str) -> None:
    headers = {"x-test": "yes", "content-type": "application/x-www-form-urlencoded"}
    answer = await call(app, "POST", f"{prefix}/hello", b"p=1", headers=headers, query=b"q=%20x")
    assert json.loads(answer.body) == [
        "POST",
        f"{prefix}/hello",
        " x",
        "yes",
        "application/x-www-form-urlencoded",
        "1",
        "p=1",
        "p=1",
    ]
    assert answer.headers["x-request-id"].startswith("req_")


async def test_urlconf__can_change_under_way(app: Handler) -> None:
    assert (await call(app, "POST", CHAT, b"{}")).status == 200
    with override_settings(ROOT_URLCONF=__name__):
        assert (await call(app, "POST", CHAT, b"{}")).status == 404
        assert (await call(app, "GET", "/hello")).status == 200
    assert (await call(app, "POST", CHAT, b"{}")).status == 200


async def test_middleware__runs_on_the_lean_way() -> None:
    with override_settings(MIDDLEWARE=[f"{__name__}.stamp"]):
        answer = await call(Handler(), "POST", CHAT, b"{}")
    assert answer.headers["x-stamp"] == "1"
    assert json.loads(answer.body) == MOCK


@async_only_middleware
def stamp(get_response: Any) -> Any:
    async def middleware(request: HttpRequest) -> HttpResponse:
        response: HttpResponse = await get_response(request)
        response.headers["X-Stamp"] = "1"
        return response

    return middleware


@async_only_middleware
def change(get_response: Any) -> Any:
    """Set a cookie, and send capital letters in place of small ones."""

    async def middleware(request: HttpRequest) -> HttpResponse:
        response: Any = await get_response(request)
        response.set_cookie("a", "b")
        if response.streaming:
            given = response.streaming_content

            async def changed() -> AsyncGenerator[bytes, None]:
                async for piece in given:
                    yield piece.upper()

            response.streaming_content = changed()
            del response.headers["Content-Length"]
        else:
            response.content = response.content.upper() + b" "
            response.headers["Content-Length"] = str(len(response.content))
        return cast(HttpResponse, response)

    return middleware


@pytest.mark.parametrize("fault", ["", "drip; bytes_per_second=1000000"])
@pytest.mark.parametrize("body", [b"{}", b'{"stream":true}'])
async def test_middleware__may_change_what_is_sent(app: Handler, body: bytes, fault: str) -> None:
    headers = {"x-mock-fault": fault} if fault else {}
    plain = await call(app, "POST", CHAT, body, headers=headers)
    with override_settings(MIDDLEWARE=[f"{__name__}.change"]):
        answer = await call(Handler(), "POST", CHAT, body, headers=headers)
    assert answer.body.strip() == plain.body.upper().strip()
    assert answer.headers.get("content-length", str(len(answer.body))) == str(len(answer.body))
    assert answer.headers["set-cookie"] == "a=b; Path=/"
    assert answer.ended


async def test_middleware__may_change_what_another_server_sends(settings: Settings) -> None:
    said = b'{"id": "x"}'
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nX-Own: 1\r\n\r\n%s" % (
        len(said),
        said,
    )
    with raw_server(lambda connection: connection.send(answer)) as upstream:
        settings.MOCK_SCRIPT, settings.MOCK_UPSTREAM = "relay", [upstream.url]
        settings.MIDDLEWARE = [f"{__name__}.change"]
        changed = await call(Handler(), "POST", CHAT, b'{"model":"m","messages":[]}')
    assert (changed.body, changed.headers["x-own"], changed.headers["set-cookie"]) == (said.upper(), "1", "a=b; Path=/")
    assert "content-length" not in changed.headers


async def test_middleware__keeps_no_stream_from_breaking_off(app: Handler) -> None:
    """In-process there is no connection to close; the stream has no end all the same."""
    headers = {"x-mock-fault": "disconnect; after_tokens=2"}
    with override_settings(MIDDLEWARE=[f"{__name__}.change"]):
        answer = await call(Handler(), "POST", CHAT, b'{"stream":true}', headers=headers)
    assert not answer.ended
    assert b"DATA: {" in answer.body


async def test_root_path__is_taken_off(app: Handler) -> None:
    asked = scope("POST", f"/llm{CHAT}") | {"root_path": "/llm"}
    connection = Connection(b"{}")
    await app(asked, connection.receive, connection.send)
    assert connection.answer.status == 200


async def test_root_path__is_taken_off_where_a_request_is_refused_at_once(app: Handler) -> None:
    asked = scope("POST", "/llm/v1/messages", query=b"\xff") | {"root_path": "/llm"}
    connection = Connection(b"{}")
    await app(asked, connection.receive, connection.send)
    assert (connection.answer.status, json.loads(connection.answer.body)["type"]) == (400, "error")


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (scope("OPTIONS", "*"), 404),
        (scope("POST", CHAT, {"content-type": "application/json; charset=bogus"}), 200),
        (scope("POST", CHAT, {"content-type": "text/plain"}), 200),
        (scope("POST", CHAT, {"content-type": "multipart/form-data; boundary=\x7f"}), 200),
        (scope("POST", CHAT, {"cookie": "\xff;;=;", "x_underscore": "1"}), 200),
        (scope("POST", CHAT, {"host": "127.0.0.1"}, query=b"\xff"), 400),
        *(
            (scope(method, path, query=b"&".join([b"a=1"] * 2000)), 400)
            for method, path in (("POST", "/v1/responses/compact"), ("GET", "/v1/models/a"), ("POST", "/_mock/rules"))
        ),
        (scope("POST", "/v1/\x00"), 404),
        (scope("POST", "/_mock/health", query=b"\xff"), 400),
        (scope("POST", "/_mock/\ud800".encode("utf-8", "replace").decode()), 404),
    ],
)
async def test_junk__gets_an_answer_or_a_clear_4xx(asked: dict[str, Any], status: int) -> None:
    connection = Connection(b"{}")
    await Handler()(asked, connection.receive, connection.send)
    assert connection.answer.status == status
    assert connection.answer.headers["content-type"] == "application/json"
    assert connection.answer.headers["x-request-id"].startswith("req_")


async def test_websocket__is_refused_where_there_is_none(app: Handler) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/v1/nothing", "headers": [(b"host", b"localhost")], "http_version": "1.1"}
    await app(scope, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_request__reads_headers_only_on_demand() -> None:
    request = LeanRequest(scope("POST", CHAT, {"content-type": "application/json; charset=utf-8"}), b"{}")
    assert "META" not in vars(request)
    assert (request.content_type, request.content_params) == ("application/json", {"charset": "utf-8"})
    assert request.META["CONTENT_TYPE"] == "application/json; charset=utf-8"
    assert request.encoding == "utf-8"


async def test_watched__gives_back_what_the_work_raises() -> None:
    async def never() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def at_once() -> None:
        raise KeyError("at once")

    async def later() -> None:
        await asyncio.sleep(0)
        raise KeyError("later")

    for work in (at_once, later):
        with pytest.raises(KeyError, match=work.__name__.replace("_", " ")):
            await run_until_client_leaves(work(), never)
