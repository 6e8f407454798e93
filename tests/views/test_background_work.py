"""What is answered in the background: held by a rule, and gone with its batch."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import orjson
import pytest
from pytest_django import Settings

from completions.receive.handler import Handler
from completions.state import namespaces
from completions.views import batch_requests, gemini, stored
from tests.asgi import call
from tests.patience import PATIENCE
from tests.scripts import rules

SCRIPT = """\
- match: {format: [batch, gemini_batch, message_batch, mistral_batch, xai_batch]}
  hold: {gate: door, timeout_ms: 3600000}
  pacing: 0
  reply: ""
- {name: answers, times: 9, reply: A line is answered.}
"""
HI = [{"role": "user", "content": "Hi"}]
CHAT: dict[str, Any] = {"model": "gpt-4o", "messages": HI}
LINE = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": CHAT}
CLAUDE = {"custom_id": "a", "params": {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": HI}}
GEMINI = {"request": {"contents": [{"parts": [{"text": "Hi"}]}]}, "metadata": {"key": "a"}}
XAI = {"batch_request_id": "a", "batch_request": {"chat_get_completion": {"model": "grok-4", "messages": HI}}}


class Api(NamedTuple):
    """How an API makes a batch, and where it lists them, under which key."""

    place: str
    body: Mapping[str, Any]
    key: str = "data"
    listed: str = ""


APIS = {
    "openai": Api("/v1/batches", {"endpoint": "/v1/chat/completions", "completion_window": "24h"}),
    "anthropic": Api("/v1/messages/batches", {"requests": [CLAUDE]}),
    "gemini": Api(
        "/v1beta/models/gemini-2.5-flash:batchGenerateContent",
        {"batch": {"display_name": "a", "input_config": {"requests": {"requests": [GEMINI]}}}},
        "operations",
        "/v1beta/batches",
    ),
    "mistral": Api(
        "/mistral/v1/batch/jobs",
        {
            "endpoint": "/v1/chat/completions",
            "model": "mistral-small-latest",
            "requests": [{"custom_id": "a", "body": {"messages": HI}}],
        },
    ),
    "xai": Api("/xai/v1/batches", {"name": "a"}, "batches"),
}


@pytest.fixture
def app(tmp_path: Path, settings: Settings) -> Iterator[Handler]:
    file = tmp_path / "script.yaml"
    file.write_text(rules(SCRIPT))
    settings.MOCK_SCRIPT = str(file)
    yield Handler()
    namespaces._spaces.clear()


async def ask(app: Handler, method: str, path: str, body: object = None, **headers: str) -> Any:
    sent = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    data = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
    path, _, query = path.partition("?")
    answer = await call(app, method, path, data, headers=sent, query=query.encode())
    assert answer.status < 300, answer.body
    return json.loads(answer.body)


async def upload(app: Handler, *rows: object) -> str:
    data = b"".join(orjson.dumps(row) + b"\n" for row in rows)
    form = httpx.Request("POST", "http://x", data={"purpose": "batch"}, files={"file": ("in.jsonl", data)})
    made = await ask(app, "POST", "/v1/files", form.read(), content_type=form.headers["content-type"])
    return str(made["id"])


async def made(app: Handler, name: str) -> Any:
    """Make a batch, and return it once it waits at the gate."""
    api, body = APIS[name], dict(APIS[name].body)
    version = {"anthropic_version": "2023-06-01"} if name == "anthropic" else {}
    if name == "openai":
        body["input_file_id"] = await upload(app, LINE)
    batch = await ask(app, "POST", api.place, body, **version)
    if name == "xai":
        await ask(app, "POST", f"{api.place}/{batch['batch_id']}/requests", {"batch_requests": [XAI]})
    async with asyncio.timeout(PATIENCE):
        while await namespaces.namespace().gates.counts() != {"door": 1}:  # noqa: ASYNC110  # a count, and no event
            await asyncio.sleep(0.001)
    return batch


async def over() -> None:
    """Wait until nothing is answered in the background any more."""
    await asyncio.wait_for(batch_requests.answering.wait(), PATIENCE)


async def listed(app: Handler, name: str) -> list[Any]:
    version = {"anthropic_version": "2023-06-01"} if name == "anthropic" else {}
    found = await ask(app, "GET", APIS[name].listed or APIS[name].place, **version)
    return list(found.get(APIS[name].key) or ())


@pytest.mark.parametrize("name", APIS)
async def test_batch__that_a_reset_removed_is_not_answered(app: Handler, name: str) -> None:
    await made(app, name)
    await ask(app, "POST", "/_mock/reset")
    await over()
    assert await listed(app, name) == []
    assert await namespaces.namespace().uses() == {}, "its requests use up no rule of what comes after it"


@pytest.mark.parametrize("name", APIS)
async def test_batch__is_answered_when_its_gate_is_released(app: Handler, name: str) -> None:
    await made(app, name)
    await ask(app, "POST", "/_mock/gates/door/release")
    await over()
    assert len(await listed(app, name)) == 1
    assert await namespaces.namespace().uses() == {"answers": 1}


async def test_batch__that_is_removed_while_it_is_answered_stays_gone(app: Handler) -> None:
    batch = await made(app, "gemini")
    await ask(app, "DELETE", f"/v1beta/{batch['name']}")
    await ask(app, "POST", "/_mock/gates/door/release")
    await over()
    assert await listed(app, "gemini") == []


@pytest.mark.parametrize(("name", "status"), [("openai", "completed"), ("mistral", "SUCCESS")])
async def test_batch__ends_though_its_results_are_more_than_there_is_room_for(
    app: Handler, monkeypatch: pytest.MonkeyPatch, name: str, status: str
) -> None:
    await made(app, name)
    monkeypatch.setattr(stored, "MAX_STORED", 0)
    await ask(app, "POST", "/_mock/gates/door/release")
    await over()
    assert [each["status"] for each in await listed(app, name)] == [status]


async def test_upload__for_which_there_is_no_room_leaves_nothing(app: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gemini, "MAX_STORED", 3)
    answer = await call(app, "POST", "/upload/v1beta/files", b"four", headers={"content-type": "text/plain"})
    assert answer.status == 429
    assert namespaces.namespace().is_empty


async def test_batch__whose_key_stands_in_the_address_is_answered_with_it(app: Handler, tmp_path: Path) -> None:
    (tmp_path / "script.yaml").write_text("version: 1\ndefaults: {keys: [k], pacing: 0}\nrules: [{reply: Hi}]\n")
    api = APIS["gemini"]
    batch = await ask(app, "POST", f"{api.place}?key=k", api.body)
    await over()
    done = await ask(app, "GET", f"/v1beta/{batch['name']}?key=k")
    assert "error" not in json.dumps(done) and "Hi" in json.dumps(done)
