"""The journal in process: what each kind of request leaves, and how it is read."""

import asyncio
import base64
import json
import sqlite3
import threading
import time
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from django.test import AsyncClient
from pytest_django import DjangoDbBlocker, Settings

from completions.conversation import Usage
from completions.exceptions import JournalUnavailable, RequestError
from completions.journal import queries
from completions.journal.exchange import Exchange
from completions.journal.matching import MatchingExchanges
from completions.journal.queries import Filter
from completions.journal.record import end_exchange
from completions.journal.rows import Row, make_row
from completions.journal.store import Store
from completions.journal.writer import writer
from completions.models import Exchange as Table
from completions.receive.handler import Handler
from completions.state import namespaces
from tests.asgi import Answer, Connection, call, scope
from tests.document import MOCK
from tests.journal.database import journal_in
from tests.patience import PATIENCE
from tests.server import run_manage

CHAT = "/v1/chat/completions"
ALL = Filter()
SCRIPT = """\
version: 1
defaults: {validate: false, strict: true, pacing: {ttft_ms: 0, itl_ms: 0}}
rules:
  - name: refunds
    match: {last_user: refund}
    reply: {text: one two three four five six seven eight, usage: {prompt_tokens: 100, completion_tokens: 8}}
  - name: held
    match: {last_user: hold}
    hold: {gate: midway, after_tokens: 2}
    reply: one two three four five six
  - name: waits
    match: {last_user: wait}
    hold: door
    reply: one
"""


@pytest.fixture(autouse=True)
def journal(tmp_path: Path, settings: Settings, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    settings.JOURNAL = True
    script = tmp_path / "script.yaml"
    script.write_text(SCRIPT)
    settings.MOCK_SCRIPT = str(script)
    with journal_in(f"sqlite:///{tmp_path}/journal.sqlite3", django_db_blocker):
        yield


def chat(text: str, extra: str = "") -> bytes:
    return f'{{"model":"gpt-4o","messages":[{{"role":"user","content":"{text}"}}]{extra}}}'.encode()


async def ask(text: str, extra: str = "", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await call(Handler(), "POST", CHAT, chat(text, extra), headers=named)


async def kept(answer: Answer) -> dict[str, Any]:
    found = await queries.get("default", answer.headers["x-request-id"])
    assert found is not None
    return found[0]


async def test_whole_answer__in_full() -> None:
    before = datetime.now(UTC)
    answer = await ask(
        "A  refund, please", x_stainless_retry_count="2", idempotency_key="idem", authorization="Bearer k"
    )
    found = await kept(answer)
    assert before.timestamp() - 1 <= datetime.fromisoformat(found.pop("time")).timestamp() <= time.time() + 1
    assert found.pop("duration_ms") > 0
    assert found.pop("request") == {
        "headers": {
            "host": "localhost",
            "x-stainless-retry-count": "2",
            "idempotency-key": "idem",
            "authorization": "[redacted]",
        },
        "body": {"model": "gpt-4o", "messages": [{"role": "user", "content": "A  refund, please"}]},
        "encoding": "json",
        "truncated": False,
    }
    response = found.pop("response")
    assert response["headers"]["x-request-id"] == found["id"] == answer.headers["x-request-id"]
    assert response["headers"] == answer.headers
    assert response["body"]["choices"][0]["message"]["content"] == "one two three four five six seven eight"
    assert found == {
        "id": found["id"],
        "namespace": "default",
        "method": "POST",
        "path": CHAT,
        "query": "",
        "endpoint": "chat",
        "model": "gpt-4o",
        "stream": False,
        "status": 200,
        "rule": "refunds",
        "upstream": None,
        "cassette": None,
        "stage": None,
        "connection": None,
        "connection_ms": None,
        "unmatched": False,
        "near_misses": [],
        "error": None,
        "fault": None,
        "fault_parameters": None,
        "ineffective": [],
        "retry": 2,
        "idempotency_key": "idem",
        "fingerprint": found["fingerprint"],
        "summary": "A refund, please",
        "tokens": {"prompt": 100, "completion": 8, "total": 108},
        "cost_usd": pytest.approx(100 * 2.5e-6 + 8 * 1e-5),
        "ttft_ms": None,
        "chunks": 0,
        "bytes": len(answer.body),
        "client_left": False,
        "tokens_sent": 8,
    }


async def test_stream__that_was_held_has_the_times_at_which_it_went_on() -> None:
    asked = asyncio.create_task(ask("hold", ',"stream":true', x_mock_pacing="ttft_ms=20; itl_ms=10"))
    gates = namespaces.namespace().gates
    while not await gates.counts():  # noqa: ASYNC110  # a count, and no event
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.1)
    await gates.release("midway")
    answer = await asked
    found = await kept(answer)
    chunks = found["response"]["chunks"]
    assert "".join(chunk["data"] for chunk in chunks).encode() == answer.body
    times = [chunk["at_ms"] for chunk in chunks]
    assert times == sorted(times)
    assert times[3] >= 99, "the role and two tokens came before"
    assert (len(times), found["chunks"], found["tokens_sent"]) == (9, 8, 6)


async def test_stream__has_every_chunk_with_its_time() -> None:
    answer = await ask("refund", ',"stream":true', x_mock_pacing="ttft_ms=20; itl_ms=10")
    found = await kept(answer)
    chunks = found["response"]["chunks"]
    assert "".join(chunk["data"] for chunk in chunks).encode() == answer.body
    assert all(chunk["data"].startswith("data: ") and chunk["data"].endswith("\n\n") for chunk in chunks)
    times = [chunk["at_ms"] for chunk in chunks]
    assert times == sorted(times)
    due = [20, *(20 + 10 * token for token in range(8)), 90, 90]
    assert all(at >= early - 1 for at, early in zip(times, due, strict=True)), "no chunk comes before its time"
    assert found["ttft_ms"] >= 19
    assert (found["stream"], found["tokens_sent"], found["client_left"]) == (True, 8, False)
    assert found["chunks"] == len(chunks) - 1, "[DONE] is no chunk"


async def test_unmatched__says_what_came_nearest() -> None:
    found = await kept(await ask("What is love?"))
    assert (found["status"], found["rule"], found["unmatched"]) == (404, None, True)
    assert found["near_misses"][0] == {
        "rule": "refunds",
        "why": "last_user contains 'refund' (saw 'What is love?')",
    }
    assert found["error"]["code"] == "no_rule_matched"
    assert found["response"]["body"]["error"]["message"] == found["error"]["message"]


async def test_refusals__are_exchanges_too(settings: Settings) -> None:
    settings.API_KEYS = ["sk-good"]
    settings.MAX_BODY_BYTES = 500
    refused = {
        401: await call(Handler(), "POST", CHAT, chat("refund"), headers={"authorization": "Bearer sk-bad"}),
        405: await call(Handler(), "PUT", CHAT),
        404: await call(Handler(), "POST", "/v1/nothing", b'{"a": 1}'),
        413: await call(Handler(), "POST", CHAT, b"x" * 501),
    }
    for status, answer in refused.items():
        found = await kept(answer)
        assert (found["status"], found["error"]["status"], found["unmatched"]) == (status, status, False)
    assert (await kept(refused[404]))["request"]["body"] == {"a": 1}
    settings.API_KEYS = []
    found = await kept(await call(Handler(), "POST", CHAT, b"nonsense"))
    assert (found["status"], found["endpoint"], found["request"]["body"]) == (400, "chat", "nonsense")
    assert await queries.count(ALL) == 5
    everything = str(await queries.listing_in_full(ALL, 10))
    assert "sk-bad" not in everything, "the API's message quotes the key"


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (CHAT, {"model": "gpt-5", "messages": [{"role": "user", "content": "Hi"}], "temperature": 0.2}, "gpt-5"),
    (CHAT, {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "n": "x"}, "gpt-4o"),
    ("/v1/messages", {"model": "claude-opus-4-5", "messages": [{"role": "user", "content": "Hi"}]}, "claude-opus-4-5"),
    (
        "/v1beta/models/gemini-2.5-flash:generateContent",
        {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}], "generationConfig": {"topK": "x"}},
        "gemini-2.5-flash",
    ),
]


@pytest.mark.parametrize(("path", "body", "model"), REFUSED)
async def test_refused__says_what_was_asked(
    settings: Settings, path: str, body: dict[str, Any], model: str, tmp_path: Path
) -> None:
    (tmp_path / "checks.yaml").write_text("version: 1\nrules: [{match: {last_user: no}, reply: a}]\n")
    settings.MOCK_SCRIPT = str(tmp_path / "checks.yaml")
    found = await kept(await call(Handler(), "POST", path, json.dumps(body).encode(), headers={"x-api-key": "k"}))
    assert (found["status"], found["model"], found["summary"]) == (400, model, "Hi")


async def test_faults__are_named_and_keep_what_was_sent() -> None:
    broken = await kept(await ask("refund", x_mock_fault="malformed_json"))
    assert (broken["fault"], broken["status"], broken["response"]["encoding"]) == ("malformed_json", 200, "text")
    cut = await kept(await ask("refund", ',"stream":true', x_mock_fault="bad_utf8; after_tokens=1"))
    marked = [chunk for chunk in cut["response"]["chunks"] if "encoding" in chunk]
    assert len(marked) == 1
    assert b"\xff\xfe" in base64.b64decode(marked[0]["data"])
    demanded = await kept(await ask("What is love?", x_mock_error="503"))
    assert (demanded["status"], demanded["fault"], demanded["unmatched"]) == (503, None, False)
    assert {each["id"] for each in await queries.listing(Filter(faulted=True))} == {broken["id"], cut["id"]}


async def leave(text: str, extra: str = "", *, begun: bool) -> dict[str, Any]:
    """Ask, leave once the answer has begun or soon after, and return the one exchange."""
    connection = Connection(chat(text, extra))
    answering = asyncio.create_task(Handler()(scope("POST", CHAT), connection.receive, connection.send))
    if begun:
        await connection.begun.wait()
    while connection.received < 2:  # noqa: ASYNC110  # a count, and no event
        await asyncio.sleep(0.01)
    connection.gone.set()
    await answering
    ((whole, _),) = await queries.listing_in_full(ALL, 2)
    return whole


async def test_client__that_leaves_a_stream() -> None:
    found = await leave("hold", ',"stream":true', begun=True)
    assert (found["client_left"], found["tokens_sent"], found["status"]) == (True, 2, 200)
    assert found["tokens"]["completion"] == 6
    assert "three" not in "".join(chunk["data"] for chunk in found["response"]["chunks"])


async def test_client__that_leaves_before_any_answer() -> None:
    found = await leave("wait", begun=False)
    assert (found["client_left"], found["tokens_sent"], found["status"]) == (True, 0, 0)
    assert found["response"] == {"headers": {}, "body": "", "encoding": "text", "truncated": False}


async def test_client__that_leaves_while_a_whole_answer_is_sent() -> None:
    connection = Connection(chat("refund"))
    sending = asyncio.Event()

    async def send(message: Mapping[str, Any]) -> None:
        sending.set()
        await asyncio.Event().wait()  # as under a client that reads nothing

    answering = asyncio.create_task(Handler()(scope("POST", CHAT), connection.receive, send))
    await sending.wait()
    connection.gone.set()
    await answering
    (found,) = await queries.listing(ALL)
    assert (found["client_left"], found["tokens_sent"]) == (True, 0)


async def test_namespace__that_is_removed_takes_what_is_under_way_with_it() -> None:
    connection = Connection(chat("wait"))
    asked = scope("POST", f"/ns/gone{CHAT}")
    answering = asyncio.create_task(Handler()(asked, connection.receive, connection.send))
    while await namespaces.namespace("gone").gates.counts() != {"door": 1}:  # noqa: ASYNC110  # a count, and no event
        await asyncio.sleep(0.01)
    assert await namespaces.remove("gone")
    await answering
    assert connection.answer.status == 200
    assert await queries.listing(Filter("gone")) == []


async def test_observers__are_not_kept_waiting_by_a_broken_database(settings: Settings, tmp_path: Path) -> None:
    settings.JOURNAL_QUEUE = 2
    seen: list[str] = []

    def sees(exchange: Exchange) -> None:
        seen.append(exchange.request_id)

    writer.observers.append(sees)
    await queries.count(ALL)
    try:
        with closing(sqlite3.connect(tmp_path / "journal.sqlite3")) as other:
            other.execute("DROP TABLE completions_exchange")
        ids = [(await ask("refund")).headers["x-request-id"] for _ in range(5)]
        with pytest.raises(JournalUnavailable, match="no such table"):
            await queries.count(ALL)
        assert [each for each in seen if each in ids] == ids  # those before them may be another test's
        assert (writer.queued, writer.dropped) == (2, 3)
    finally:
        writer.observers.remove(sees)


async def test_queue__half_full_gives_the_thread_its_turn(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.JOURNAL_QUEUE, settings.JOURNAL_FLUSH_MS = 4, 60_000  # the thread has none of its own
    gave_way: list[int] = []
    monkeypatch.setattr(writer, "_give_way", lambda: gave_way.append(writer.queued))
    for _ in range(6):
        await ask("refund")
    assert (gave_way, writer.dropped) == ([3], 2)
    monkeypatch.undo()
    settings.JOURNAL_QUEUE = 8
    until = time.monotonic() + PATIENCE
    while writer.written < 4:  # what came later may wait for its next look
        assert time.monotonic() < until, "the thread was not woken"
        await ask("refund")
        await asyncio.sleep(0.01)


async def test_own_paths__are_not_kept(async_client: AsyncClient) -> None:
    for path in ("/_mock/health", "/_mock/ready", "/_mock/gates", "/_mock/nothing"):
        await call(Handler(), "GET", path)
        await async_client.get(path)
    assert await queries.count(ALL) == 0


@pytest.mark.parametrize("place", ["", "/ns/a"])
async def test_files_that_browsers_ask_for__are_neither_kept_nor_passed_on(settings: Settings, place: str) -> None:
    settings.MOCK_SCRIPT, settings.MOCK_UPSTREAM = "relay", ["http://127.0.0.1:9"]  # where nobody answers
    asked = ["favicon.ico", "robots.txt", "apple-touch-icon-120x120-precomposed.png"]
    asked.append(".well-known/appspecific/com.chrome.devtools.json")
    answers = [await call(Handler(), "GET", f"{place}/{name}") for name in asked]
    assert [each.status for each in answers] == [200, 404, 404, 404]
    assert answers[0].headers["content-type"] == "image/svg+xml" and answers[0].body.startswith(b"<svg")
    assert await queries.count(ALL) == 0
    assert (await call(Handler(), "GET", f"{place}/icon.ico")).status == 502


async def test_djangos_own_client_and_handler(async_client: AsyncClient, settings: Settings) -> None:
    settings.MOCK_SCRIPT = "mock"
    await async_client.post(CHAT, {"model": "m"}, content_type="application/json", headers={"Api-Key": "k"})
    ((found, _),) = await queries.listing_in_full(ALL, 2)
    assert (found["response"]["body"], found["request"]["body"]) == (MOCK, {"model": "m"})
    assert found["request"]["headers"]["api-key"] == "[redacted]"


async def test_redaction__leaves_no_trace_of_a_secret(settings: Settings) -> None:
    settings.JOURNAL_REDACT = ["x-mine", "$.messages[*].content", "$.choices[*].message.content", "$..delta.content"]
    for text, extra in (("secret refund", ""), ("secret refund", ',"stream":true'), ("a secret", "")):
        found = await kept(await ask(text, extra, x_mine="secret"))
        assert "secret" not in str(found)
        assert "three" not in str(found)
    assert found["near_misses"][0]["rule"] == "refunds"
    broken = await kept(await call(Handler(), "POST", CHAT, b'{"messages": "secret"'))
    assert "secret" not in str(broken["request"])


@pytest.mark.parametrize("extra", ["", ',"stream":true'])
async def test_bodies__are_cut(settings: Settings, extra: str) -> None:
    settings.JOURNAL_MAX_BODY = 400
    found = await kept(await ask("refund " + "x" * 1000, extra))
    assert found["request"]["truncated"]
    assert len(found["request"]["body"]) == 400
    assert found["response"]["truncated"] == (found["bytes"] > 400)
    if extra:
        assert 0 < len("".join(chunk["data"] for chunk in found["response"]["chunks"])) <= 400
        assert found["tokens_sent"] == 8, "tokens are counted though their chunks are not kept"


async def test_listing__filters_and_pages() -> None:
    for text, extra in (("refund 1", ""), ("refund 2", ',"stream":true'), ("love", "")):
        await ask(text, extra)
    await call(Handler(), "GET", "/v1/models")
    everything = await queries.listing(ALL)
    ids = [each["id"] for each in everything]
    assert [each["endpoint"] for each in everything] == ["list_models", "chat", "chat", "chat"]
    assert "request" not in everything[0]
    for wanted, places in (
        (Filter(namespace="default"), [0, 1, 2, 3]),
        (Filter(namespace="other"), []),
        (Filter(rule="refunds"), [2, 3]),
        (Filter(model="gpt-4o", status=404), [1]),
        (Filter(method="GET", path="/v1/models"), [0]),
        (Filter(unmatched=True), [1]),
        (Filter(unmatched=False, stream=True), [2]),
        (Filter(faulted=True), []),
        (Filter(text="REFUND"), [2, 3]),
        (Filter(search="REFUND 1"), [3]),
        (Filter(search="no rule"), [1]),
        (Filter(search="three FOUR"), [2, 3]),
        (Filter(search=ids[2]), [2]),
        (Filter(search="/v1/models"), [0]),
        (Filter(search='"stream":true'), [2]),
        (Filter(search="100%"), []),
        (Filter(since=ids[2]), [0, 1]),
        (Filter(since=everything[3]["time"]), [0, 1, 2, 3]),
        (Filter(since="2999-01-01T00:00:00"), []),
    ):
        assert [each["id"] for each in await queries.listing(wanted)] == [ids[at] for at in places], wanted
        assert await queries.count(wanted) == len(places)
    assert [each["id"] for each in await queries.listing(ALL, limit=2, before=ids[0])] == ids[1:3]
    assert await queries.get("other", ids[0]) is None
    for bad in (queries.listing(Filter(since="yesterday")), queries.listing(ALL, before="req_0")):
        with pytest.raises(RequestError, match="The journal has no request"):
            await bad
    assert await queries.delete(Filter(rule="refunds")) == 2
    assert [each["id"] for each in await queries.listing(ALL)] == ids[:2]


@pytest.mark.parametrize("text", ["Zürich", '"quoted"', "two\nlines", "a_b%", 'in "Zürich"'])
@pytest.mark.parametrize("plain", [True, False])
async def test_search__finds_what_json_escapes(text: str, plain: bool) -> None:
    body = json.dumps(
        {"model": "gpt-4o", "messages": [{"role": "system", "content": text}, {"role": "user", "content": "refund"}]},
        ensure_ascii=plain,
    )
    await call(Handler(), "POST", CHAT, body.encode())
    await ask("refund")
    assert await queries.count(Filter(search=text)) == 1


async def test_query__is_kept_without_keys(settings: Settings) -> None:
    settings.JOURNAL_REDACT = ["x-tenant"]
    query = b"alt=sse&key=s3cret&api%5FKey=s3cret&X-Tenant=s3cret&n&pageToken=4&next_page_token=5&sessionToken=s3cret"
    connection = Connection(chat("refund"))
    await Handler()(scope("POST", CHAT, {}, query), connection.receive, connection.send)
    answer = connection.answer
    found = await kept(answer)
    assert found["query"] == (
        "alt=sse&key=[redacted]&api_Key=[redacted]&X-Tenant=[redacted]&n"
        "&pageToken=4&next_page_token=5&sessionToken=[redacted]"
    )
    assert "s3cret" not in json.dumps(found)
    assert await queries.count(Filter(search="s3cret")) == 0


async def test_answer__is_not_searched_where_parts_are_hidden(settings: Settings) -> None:
    settings.JOURNAL_REDACT = ["$.choices[*].message.content"]
    await ask("refund")
    assert await queries.count(Filter(search="three four")) == 0


async def test_fingerprint__is_that_of_the_tries_of_one_request() -> None:
    tries = [await kept(await ask("refund", x_stainless_retry_count=str(n), user_agent="a")) for n in range(2)]
    others = [await kept(await ask("refund", user_agent="b")), await kept(await ask("love", user_agent="a"))]
    assert len({each["fingerprint"] for each in tries}) == 1
    assert len({each["fingerprint"] for each in (*tries, *others)}) == 3


async def test_wait__ends_when_enough_have_come() -> None:
    await ask("refund")
    assert len(await MatchingExchanges(Filter(rule="refunds")).wait(1, 0) or []) == 1
    assert await MatchingExchanges(Filter(rule="refunds")).wait(2, 0.05) is None
    waiting = asyncio.create_task(MatchingExchanges(Filter(rule="refunds")).wait(3, PATIENCE))
    await ask("love")
    await ask("refund")
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await ask("refund")
    assert len(await waiting or []) == 3
    assert writer.added == []


async def test_follow__ends_where_something_comes_as_its_client_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MIN_FOLLOW_INTERVAL", 0)
    news = queries.follow(ALL, 0)
    await anext(news)
    following = asyncio.create_task(cast(Coroutine[Any, Any, object], anext(news)))
    for _ in range(5):
        await asyncio.sleep(0)
    writer.added[0](Exchange(method="POST", path=CHAT))
    await asyncio.sleep(0)
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following
    assert writer.added == []


async def test_keep__prunes_the_oldest(settings: Settings) -> None:
    settings.JOURNAL_KEEP = 3
    answers = [await ask("refund") for _ in range(8)]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert [each["id"] for each in await queries.listing(ALL)] == ids[:-4:-1]
    assert writer.written == 8


async def test_observers__see_every_exchange_with_the_journal_off_too(settings: Settings) -> None:
    settings.JOURNAL = False
    seen: list[Exchange] = []

    def fails(exchange: Exchange) -> None:
        raise LookupError

    own = [fails, seen.append]
    writer.observers += own
    try:
        await ask("refund")
        await ask("love")
        writer.close()
    finally:
        writer.observers[:] = [each for each in writer.observers if each not in own]
    assert [(each.rule, each.status, each.request_body) for each in seen] == [("refunds", 200, b""), (None, 404, b"")]
    with pytest.raises(JournalUnavailable, match="JOURNAL=true turns it on"):
        await queries.count(ALL)
    settings.JOURNAL = True
    assert await queries.count(ALL) == 0


async def test_texts__that_databases_refuse() -> None:
    odd = {"model": "a\x00b", "messages": [{"role": "user", "content": "\x00\U0001f381 refund"}]}
    answer = await call(Handler(), "POST", CHAT, str(odd).replace("'", '"').replace("\\x00", "\\u0000").encode())
    found = await kept(answer)
    assert (found["model"], found["rule"]) == ("a\ufffdb", "refunds")


async def test_row__that_cannot_be_made_costs_itself_alone(caplog: pytest.LogCaptureFixture) -> None:
    bad = Exchange("POST", CHAT)
    bad.response_headers = {"x": ("x", object())}  # type: ignore[dict-item]  # what cannot be written
    end_exchange(bad)
    await ask("refund")
    assert await queries.count(ALL) == 1
    assert writer.dropped == 1
    assert f"cannot keep {bad.request_id}" in caplog.text


BAD_ROWS: dict[str, dict[str, Any]] = {
    "a number that is too large": {"usage": Usage(2**63, 0)},
    "a lone surrogate": {"endpoint": "chat\ud800"},
    "a NUL": {"endpoint": "chat\0"},
    "a flag that is none": {"stream": None},
    "a body that is a text": {"request_body": "text"},
}


@pytest.mark.parametrize("what", BAD_ROWS)
async def test_row__that_the_database_refuses_costs_itself_alone_at_most(what: str) -> None:
    """Neither those of its batch, nor the thread, for which questions would wait for ever."""
    ids = list[str]()
    for number in range(40):
        exchange = Exchange("POST", CHAT, **(BAD_ROWS[what] if number == 20 else {}))
        end_exchange(exchange)
        ids.append(exchange.request_id)
    found = await asyncio.wait_for(queries.listing(ALL), PATIENCE)
    others = [id for id in ids if id != ids[20]]
    assert [each["id"] for each in found if each["id"] != ids[20]] == others[::-1]
    assert (writer.written, writer.dropped) == (len(found), 40 - len(found))


async def test_writer__survives_what_no_database_raises(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(store: Store) -> None:
        raise LookupError("a bug")

    await ask("refund")
    with monkeypatch.context() as patch:
        patch.setattr(Store, "open", fail)
        with pytest.raises(JournalUnavailable, match="a bug"):
            await asyncio.wait_for(queries.count(ALL), PATIENCE)
    assert "Traceback" in caplog.text
    assert await asyncio.wait_for(queries.count(ALL), PATIENCE) == 1


def test_rows__have_the_tables_columns() -> None:
    columns = [field.column for field in Table._meta.concrete_fields if not field.primary_key]
    assert list(Row._fields) == columns
    assert len(make_row(Exchange("GET", "/"))) == len(columns)


def test_migrations__are_the_models() -> None:
    result = run_manage("makemigrations", "--check", "--dry-run", DATABASE_URL="sqlite://:memory:")
    assert (result.returncode, result.stdout) == (0, "No changes detected\n"), result.stderr


async def test_figures__are_read_while_exchanges_are_written() -> None:
    await ask("refund")
    begun, released = threading.Event(), threading.Event()

    def question(store: Store) -> int:
        begun.set()
        assert released.wait(PATIENCE)
        return queries.select(store, ALL).count()

    beside = asyncio.create_task(queries.ask_in_parallel(question))
    assert await asyncio.to_thread(begun.wait, PATIENCE)
    await ask("refund")
    assert await queries.count(ALL) == 2
    released.set()
    assert await beside == 2


async def test_figures__of_a_database_in_memory(django_db_blocker: DjangoDbBlocker) -> None:
    with journal_in("sqlite:///:memory:", django_db_blocker):
        await ask("refund")
        assert await queries.ask_in_parallel(lambda store: queries.select(store, ALL).count()) == 1
