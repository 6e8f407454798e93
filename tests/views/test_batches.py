"""OpenAI's files and batches, through its SDK against a live server."""

import asyncio
import base64
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any, Literal

import httpx
import openai
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient

from completions.resolve import ask
from completions.views import batch_requests
from tests.patience import PATIENCE
from tests.server import LiveServer

SCRIPT = """\
version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}}
rules:
  - match: {format: batch, metadata: {how: held}}
    hold: {gate: batch}
    reply: ""
  - match: {format: batch, metadata: {how: refused}}
    error: {status: 429, code: batch_limit_exceeded, message: Enqueued token limit reached.}
  - match: {format: batch, metadata: {how: slow}}
    pacing: {ttft_ms: 3600000}
    reply: ""
  - match: {last_user: Fail}
    error: 500
  - reply: {echo: true}
"""
CHAT: Literal["/v1/chat/completions"] = "/v1/chat/completions"


@pytest.fixture
def client(live: LiveServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{live.url}/v1", api_key="mock", max_retries=0) as made:
        yield made


def line(name: str, said: str, **more: object) -> dict[str, Any]:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": said}]}
    return {"custom_id": name, "method": "POST", "url": CHAT, "body": body} | more


def upload(client: openai.OpenAI, *lines: object, purpose: Any = "batch") -> str:
    text = "".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in lines)
    return client.files.create(file=("in.jsonl", text.encode()), purpose=purpose).id


def batch(client: openai.OpenAI, file: str, **more: Any) -> openai.types.Batch:
    return client.batches.create(input_file_id=file, endpoint=CHAT, completion_window="24h", **more)


def until(client: openai.OpenAI, name: str, status: str) -> openai.types.Batch:
    end = time.monotonic() + PATIENCE
    while (found := client.batches.retrieve(name)).status != status:
        assert time.monotonic() < end, found
        time.sleep(0.02)
    return found


def results(client: openai.OpenAI, file: str | None) -> dict[str, Any]:
    assert file is not None
    lines = client.files.content(file).text.splitlines()
    return {each["custom_id"]: each["response"] for each in map(json.loads, lines)}


def test_file__is_kept_listed_sent_back_and_removed(client: openai.OpenAI) -> None:
    file = client.files.create(file=("notes.txt", "Überall".encode()), purpose="user_data")
    assert (file.object, file.bytes, file.filename, file.purpose) == ("file", 8, "notes.txt", "user_data")
    assert file.status == "processed" and file.id.startswith("file-")
    assert file.id in [each.id for each in client.files.list(purpose="user_data")]
    assert file.id not in [each.id for each in client.files.list(purpose="batch")]
    assert client.files.retrieve(file.id) == file
    content = client.files.content(file.id)
    assert content.text == "Überall"
    assert content.response.headers["content-disposition"] == 'attachment; filename="notes.txt"'
    assert client.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError, match="No such File object"):
        client.files.retrieve(file.id)


def test_files__come_in_pages(client: openai.OpenAI) -> None:
    names = [client.files.create(file=(f"{at}.txt", b"x"), purpose="evals").id for at in range(3)]
    first = client.files.list(purpose="evals", limit=2)
    assert [each.id for each in first.data] == names[:0:-1]
    assert [each.id for each in first] == names[::-1], "the SDK asks for the next page"


def test_files__of_one_page_are_as_many_as_the_api_has(client: openai.OpenAI) -> None:
    names = [client.files.create(file=(f"{at}.txt", b"x"), purpose="vision").id for at in range(21)]
    page = client.files.list(purpose="vision")
    assert ([each.id for each in page.data], page.has_more) == (names[::-1], False)
    assert len(client.files.list(purpose="vision", limit=10_000).data) == 21
    with pytest.raises(openai.BadRequestError, match="<= 10000"):
        client.files.list(limit=10_001)


ANCHOR = {"expires_after[anchor]": "created_at"}
FILE = {"file": ("a", b"{}")}


@pytest.mark.parametrize(
    ("fields", "files", "says"),
    [
        ({"purpose": "batch"}, {}, "'file' is a required property"),
        ({}, {"file": ("a.jsonl", b"{}")}, "'purpose' is a required property"),
        ({"purpose": "fun"}, {"file": ("a.jsonl", b"{}")}, "'fun' is not one of"),
        ({"purpose": "batch"}, {"file": ("a.txt", b"{}")}, "Invalid file format for Batch API. Must be .jsonl"),
        ({"purpose": "fine-tune"}, {"file": ("a.json", b"{}")}, "for Fine-Tuning API. Must be .jsonl"),
        *(
            ({"purpose": "evals", **ANCHOR, "expires_after[seconds]": seconds}, FILE, "expires_after.seconds")
            for seconds in ("5", "00000036009999", "0000003600" + "9" * 5000, "3600.5", "x")
        ),
        ({"purpose": "evals", "expires_after[seconds]": "3600"}, FILE, "expires_after.anchor"),
        ({"purpose": "evals", **ANCHOR}, FILE, "expires_after.seconds"),
        ({"purpose": "evals", "expires_after[anchor]": "now", "expires_after[seconds]": "3600"}, FILE, "created_at"),
        ({"purpose": "evals", "expires_after": "3600"}, FILE, "expected an object"),
    ],
)
def test_upload__that_is_wrong_is_refused(
    live: LiveServer, fields: dict[str, str], files: dict[str, Any], says: str
) -> None:
    parts = files or {"other": ("a", b"")}
    answer = httpx.post(f"{live.url}/v1/files", data=fields, files=parts)
    assert answer.status_code == 400
    assert says in answer.json()["error"]["message"]


@pytest.mark.parametrize("place", ["v1/files", "v1/uploads/{upload}/parts"])
def test_upload__of_a_file_without_a_name_is_refused_as_the_api_does(
    live: LiveServer, client: openai.OpenAI, place: str
) -> None:
    made = client.uploads.create(filename="a.jsonl", bytes=2, mime_type="text/jsonl", purpose="batch")
    field = "file" if place == "v1/files" else "data"
    address = f"{live.url}/{place.format(upload=made.id)}"
    parts: dict[str, tuple[None, bytes, str]] = {
        "purpose": (None, b"batch", "text/plain"),
        field: (None, b"{}", "application/octet-stream"),
    }
    refused = httpx.post(address, files=parts)
    assert refused.status_code == 400
    assert refused.json()["error"] == {
        "message": "The browser (or proxy) sent a request that this server could not understand.",
        "type": "server_error",
        "param": None,
        "code": None,
    }
    missing = httpx.post(address, files={"purpose": (None, "batch")}).json()["error"]
    assert (missing["message"], missing["param"]) == (f"'{field}' is a required property", None)


@pytest.mark.parametrize("body", [b"{}", b"", b"--x\r\nno form"])
def test_upload__that_is_no_form_is_refused(live: LiveServer, body: bytes) -> None:
    for kind in ("application/json", "multipart/form-data", "multipart/form-data; boundary=x"):
        answer = httpx.post(f"{live.url}/v1/files", content=body, headers={"content-type": kind})
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_batch__answers_each_line_like_a_request_of_its_own(client: openai.OpenAI) -> None:
    made = batch(client, upload(client, line("a", "One"), line("b", "Fail"), line("c", "Three")), metadata={"k": "v"})
    assert (made.object, made.endpoint, made.metadata) == ("batch", CHAT, {"k": "v"})
    done = until(client, made.id, "completed")
    assert done.request_counts is not None
    assert (done.request_counts.total, done.request_counts.completed, done.request_counts.failed) == (3, 2, 1)
    right, wrong = results(client, done.output_file_id), results(client, done.error_file_id)
    assert [right[name]["body"]["choices"][0]["message"]["content"] for name in ("a", "c")] == ["One", "Three"]
    assert {uuid.UUID(each["request_id"]).version for each in (*right.values(), *wrong.values())} == {4}
    assert wrong["b"]["status_code"] == 500 and wrong["b"]["body"]["error"]["type"] == "server_error"
    assert done.usage is not None
    assert done.usage.total_tokens == sum(each["body"]["usage"]["total_tokens"] for each in right.values())
    assert made.id in [each.id for each in client.batches.list()]


def test_batch__s_files_expire_as_it_says(client: openai.OpenAI) -> None:
    file = upload(client, line("a", "One"), line("b", "Fail"))
    done = until(client, batch(client, file, output_expires_after=EXPIRES).id, "completed")
    for name in (done.output_file_id, done.error_file_id):
        kept = client.files.retrieve(name or "")
        assert kept.expires_at == kept.created_at + 7200
    for wrong in ({"seconds": 7200}, {**EXPIRES, "anchor": "now"}, {**EXPIRES, "seconds": 5}, 7200):
        with pytest.raises(openai.BadRequestError) as refused:
            batch(client, file, output_expires_after=wrong)
        assert (refused.value.param or "").startswith("output_expires_after")


EXPIRES = {"anchor": "created_at", "seconds": 7200}


def test_batch__s_requests_are_exchanges(client: openai.OpenAI, live: LiveServer) -> None:
    made = batch(client, upload(client, line("a", "Seen in the journal")))
    until(client, made.id, "completed")
    found = httpx.get(f"{live.url}/_mock/exchanges", params={"path": CHAT}).json()["exchanges"]
    assert "Seen in the journal" in [each["summary"] for each in found]


@pytest.mark.parametrize(
    ("lines", "code", "number"),
    [
        (["{oops"], "invalid_json_line", 1),
        ([line("a", "Hi"), line("a", "Hi")], "duplicate_custom_id", 2),
        ([line("a", "Hi", url="/v1/embeddings")], "mismatched_url", 1),
        ([line("a", "Hi", method="GET")], "invalid_method", 1),
        ([line("a", "Hi", body=None)], "missing_required_parameter", 1),
        ([""], "empty_file", None),
    ],
)
def test_batch__with_wrong_lines_fails(client: openai.OpenAI, lines: list[Any], code: str, number: int | None) -> None:
    made = batch(client, upload(client, *lines))
    assert made.status == "failed" and made.errors is not None and made.errors.data is not None
    assert [(each.code, each.line) for each in made.errors.data] == [(code, number)]


def test_batch__of_a_file_that_is_not_there_or_is_for_something_else(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        batch(client, "file-none")
    with pytest.raises(openai.BadRequestError, match="purpose"):
        batch(client, upload(client, line("a", "Hi"), purpose="fine-tune"))
    with pytest.raises(openai.BadRequestError, match="/v1/nothing"):
        client.batches.create(input_file_id="x", endpoint="/v1/nothing", completion_window="24h")  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(
    ("expires", "param"),
    [
        (5, "output_expires_after"),
        ({"anchor": "created_at"}, "output_expires_after.seconds"),
        ({"anchor": "created_at", "seconds": 60}, "output_expires_after.seconds"),
        ({"anchor": "now", "seconds": 3600}, "output_expires_after.anchor"),
    ],
)
def test_batch__says_when_its_output_expires_as_a_file_does(client: openai.OpenAI, expires: Any, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.batches.create(
            input_file_id="x", endpoint="/v1/responses", completion_window="24h", output_expires_after=expires
        )
    assert refused.value.param == param


def test_batch__is_held_refused_and_slowed_by_a_rule(client: openai.OpenAI, live: LiveServer) -> None:
    file = upload(client, line("a", "Hi"))
    held = batch(client, file, metadata={"how": "held"})
    assert client.batches.retrieve(held.id).status == "in_progress"
    slow = batch(client, file, metadata={"how": "slow"})
    checked = client.batches.retrieve(slow.id)
    assert checked.status == "validating" and checked.request_counts and checked.request_counts.total == 0
    assert checked.usage and checked.usage.total_tokens == 0
    keys = list(client.batches.with_raw_response.retrieve(slow.id).http_response.json())
    at = keys.index("created_at")
    assert keys[at : at + 3] == ["created_at", "in_progress_at", "expires_at"]
    assert client.files.create(file=("a.json", b"{}"), purpose="batch").filename == "a.json"
    with pytest.raises(openai.RateLimitError, match="Enqueued token limit"):
        batch(client, file, metadata={"how": "refused"})
    httpx.post(f"{live.url}/_mock/gates/batch/release")
    until(client, held.id, "completed")


def test_batch__is_cancelled(client: openai.OpenAI) -> None:
    made = batch(client, upload(client, line("a", "Hi")), metadata={"how": "slow"})
    assert client.batches.cancel(made.id).status in ("cancelling", "cancelled")
    assert until(client, made.id, "cancelled").cancelled_at
    done = batch(client, upload(client, line("a", "Hi")))
    until(client, done.id, "completed")
    with pytest.raises(openai.ConflictError, match="completed"):
        client.batches.cancel(done.id)


@pytest.mark.parametrize("model", ["gpt-image-1", "dall-e-3"])
def test_batch__of_pictures(client: openai.OpenAI, model: str) -> None:
    asked = line(
        "one", "", url="/v1/images/generations", body={"model": model, "prompt": "A red cat", "size": "1024x1024"}
    )
    made = client.batches.create(
        input_file_id=upload(client, asked), endpoint="/v1/images/generations", completion_window="24h"
    )
    done = until(client, made.id, "completed")
    (picture,) = results(client, done.output_file_id)["one"]["body"]["data"]
    if model == "gpt-image-1":
        data = base64.b64decode(picture["b64_json"])
    else:
        data = httpx.get(picture["url"], timeout=PATIENCE).raise_for_status().content
    assert data.startswith(b"\x89PNG")


async def test_batch__on_one_of_whose_lines_a_bug_strikes_has_its_error_and_ends(
    async_client: AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    usual = ask.answer

    async def answer(space: Any, wire: Any, headers: Any, body: bytes, *args: Any, **more: Any) -> Any:
        if b"Strike" in body:
            raise ZeroDivisionError("a bug")
        return await usual(space, wire, headers, body, *args, **more)

    monkeypatch.setattr(batch_requests, "answer", answer)
    lines_of_file = "\n".join(json.dumps(line(said, said)) for said in ("Hello", "Strike", "Goodbye"))
    upload = SimpleUploadedFile("in.jsonl", lines_of_file.encode())
    file = (await async_client.post("/v1/files", {"purpose": "batch", "file": upload})).json()["id"]
    fields = {"input_file_id": file, "endpoint": CHAT, "completion_window": "24h"}
    name = (await async_client.post("/v1/batches", fields, content_type="application/json")).json()["id"]
    for _ in range(1000):
        found = (await async_client.get(f"/v1/batches/{name}")).json()
        if found["status"] == "completed":
            break
        await asyncio.sleep(0.01)
    assert found["request_counts"] == {"total": 3, "completed": 2, "failed": 1}, found
    text = (await async_client.get(f"/v1/files/{found['error_file_id']}/content")).content
    (failed,) = map(json.loads, text.splitlines())
    assert (failed["custom_id"], failed["response"]["status_code"]) == ("Strike", 500)
    assert failed["response"]["body"]["error"]["code"] == "internal_error"
    assert "ZeroDivisionError: a bug" in caplog.text
