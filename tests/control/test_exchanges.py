"""The control API on what was asked: lists, filters, one in full, counts, waits, what no rule matched."""

import asyncio
import json
import time
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from pytest_django import Settings

from completions.receive.handler import Handler
from tests.asgi import call
from tests.control.client import ask, control, said, told
from tests.patience import PATIENCE
from tests.server import LiveServer

pytestmark = pytest.mark.usefixtures("world")

SCRIPT = "{version: 1, rules: [{reply: Hi.}]}"


async def ids(**filters: object) -> list[str]:
    found = await told("GET", f"exchanges?{urlencode(filters)}")
    assert found["more"] is False
    return [each["id"] for each in reversed(found["exchanges"])]


MINI: dict[str, Any] = {"model": "gpt-4o-mini", "stream": True}


async def test_exchanges__by_every_filter() -> None:
    asked = []
    for text, more in (("a refund", {}), ("nothing", {}), ("break", {}), ("refund", MINI)):
        asked.append(await ask(text, **more))
        await asyncio.sleep(0.003)  # times are told to the millisecond
    await ask("refund", "elsewhere")
    refund, nothing, broken, mini = (answer.headers["x-request-id"] for answer in asked)
    times = {each["id"]: each["time"] for each in (await told("GET", "exchanges"))["exchanges"]}
    for filters, expected in (
        ({}, [refund, nothing, broken, mini]),
        ({"model": "gpt-4o-mini"}, [mini]),
        ({"rule": "refund"}, [refund, mini]),
        ({"status": 404}, [nothing]),
        ({"unmatched": "true"}, [nothing]),
        ({"unmatched": "false", "model": "gpt-4o"}, [refund, broken]),
        ({"faulted": "1"}, [broken]),
        ({"stream": "true"}, [mini]),
        ({"since": nothing}, [broken, mini]),
        ({"since": times[refund]}, [refund, nothing, broken, mini]),
        ({"since": "2100-01-01"}, []),
        ({"until": times[refund]}, []),
        ({"until": times[mini], "since": times[nothing]}, [nothing, broken]),
        ({"until": "2100-01-01"}, [refund, nothing, broken, mini]),
        ({"before": broken}, [refund, nothing]),
        ({"text": "REFUND"}, [refund, mini]),
        ({"method": "GET"}, []),
        ({"status_class": "4xx"}, [nothing]),
        ({"status_class": "5xx"}, []),
        ({"endpoint": "chat"}, [refund, nothing, broken, mini]),
        ({"endpoint": "gemini"}, []),
        ({"lookup": "true"}, []),
        ({"lookup": "false"}, [refund, nothing, broken, mini]),
        ({"retried": "true"}, []),
        ({"client_left": "false"}, [refund, nothing, broken, mini]),
        ({"path": "/ns/default/v1/chat/completions"}, [refund, nothing, broken, mini]),
    ):
        assert await ids(**filters) == expected, filters
    assert await told("GET", "exchanges/count?model=gpt-4o") == {
        "count": 3,
        "unread": 0,
        "by_status": {"200": 2, "404": 1},
        "by_rule": {"broken": 1, "refund": 1},
        "by_model": {"gpt-4o": 3},
        "by_fault": {"malformed_json": 1},
        "by_endpoint": {"chat": 3},
    }
    assert await told("DELETE", "exchanges?model=gpt-4o") == {"deleted": 3}
    assert await ids() == [mini]
    assert len((await told("GET", "exchanges", space="elsewhere"))["exchanges"]) == 1


async def test_operations__have_labels_that_filters_take_before_there_are_any(live: LiveServer, place: str) -> None:
    async with httpx.AsyncClient(base_url=place, timeout=PATIENCE) as client:

        async def listed(**filters: str) -> list[str]:
            found = await client.get("/_mock/exchanges", params=filters)
            return [each["endpoint"] for each in found.raise_for_status().json()["exchanges"]]

        assert await listed(endpoint="upload_file") == []
        await client.post("/v1/files", data={"purpose": "user_data"}, files={"file": ("a.txt", b"a")})
        await client.get("/v1/vector_stores")
        await client.get("/v1/models")
        await client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "Hi"}]})
        await client.get("/v1/nowhere")
        await client.put("/v1/files")
        assert await listed(endpoint="upload_file") == ["upload_file"]
        assert await listed(lookup="true") == ["list_models", "list_vector_stores", "upload_file"]
        assert await listed(lookup="false") == ["wrong_method", "not_found", "chat"]
        wrong = (await client.get("/_mock/exchanges?endpoint=made")).json()["error"]
        assert (wrong["param"], wrong["code"]) == ("endpoint", "invalid_parameter")


async def test_exchanges__page_by_page() -> None:
    asked = [(await ask("refund")).headers["x-request-id"] for _ in range(5)]
    first = await told("GET", "exchanges?limit=2")
    second = await told("GET", f"exchanges?limit=3&before={first['exchanges'][-1]['id']}")
    assert [first["more"], second["more"]] == [True, False]
    assert [each["id"] for each in first["exchanges"] + second["exchanges"]] == asked[::-1]


async def test_exchange__in_full_in_its_own_namespace() -> None:
    id = (await ask("refund", "blue")).headers["x-request-id"]
    shown = await told("GET", f"exchanges/{id}", space="blue")
    assert shown["request"]["body"]["messages"][0]["content"] == "refund"
    assert shown["response"]["body"]["choices"][0]["message"]["content"] == "Refunds take five days."
    answer = await control("GET", f"exchanges/{id}")
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (404, "exchange_not_found")


@pytest.mark.parametrize("depth", [100, 251, 252, 300, 1000, 5000])
async def test_exchange__of_a_body_that_is_nested_deep(depth: int) -> None:
    body = b'{"messages":' + b"[" * depth + b"]" * depth + b"}"
    id = (await call(Handler(), "POST", "/v1/chat/completions", body)).headers["x-request-id"]
    shown = (await told("GET", f"exchanges/{id}"))["request"]
    if shown["encoding"] == "json":
        shown["body"] = json.dumps(shown["body"], separators=(",", ":"))
    assert shown["body"] == body.decode()


async def test_unmatched__with_near_misses() -> None:
    await said("refund")
    await said("the refnd")
    (found,) = (await told("GET", "unmatched"))["unmatched"]
    assert found.keys() == {"id", "time", "model", "summary", "near_misses"}
    assert (found["summary"], found["model"]) == ("the refnd", "gpt-4o")
    assert found["near_misses"][0] == {"rule": "counted", "why": "last_user contains 'count' (saw 'the refnd')"}


async def test_wait__until_so_many_are_there() -> None:
    waiting = asyncio.create_task(told("GET", "exchanges/wait?count=2&rule=refund&timeout_ms=600000"))
    await said("refund")
    await said("nothing")
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await said("refund")
    assert [each["rule"] for each in (await waiting)["exchanges"]] == ["refund", "refund"]


async def test_wait__in_vain() -> None:
    await said("refund")
    started = time.monotonic()
    answer = await control("GET", "exchanges/wait?count=2&timeout_ms=30")
    document = json.loads(answer.body)
    assert time.monotonic() - started >= 0.03
    assert (answer.status, document["error"]["code"]) == (408, "too_few_exchanges")
    assert [each["rule"] for each in document["exchanges"]] == ["refund"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "exchanges"),
        ("DELETE", "exchanges"),
        ("GET", "exchanges/count"),
        ("GET", "exchanges/wait"),
        ("GET", "exchanges/req_1"),
        ("GET", "exchanges/req_1/rule"),
        ("GET", "figures"),
        ("GET", "hits"),
        ("GET", "unmatched"),
        ("GET", "exchanges/events"),
        ("GET", "exchanges/pytest"),
        ("GET", "threads"),
        ("GET", "runs"),
        ("GET", "verdict"),
    ],
)
async def test_journal__that_is_off_says_so(method: str, path: str, settings: Settings) -> None:
    settings.JOURNAL = False
    answer = await control(method, path)
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (409, "journal_off")
