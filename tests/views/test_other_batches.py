"""Mistral's files and batch jobs, and Groq's batches, through the vendors' SDKs against a live server."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import groq
import httpx
import pytest
from mistralai.client import Mistral

from tests.patience import PATIENCE
from tests.server import LiveServer

SCRIPT = """\
version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}}
rules:
  - match: {format: mistral_batch, metadata: {how: slow}}
    pacing: {ttft_ms: 3600000}
    reply: ""
  - match: {format: mistral_batch, metadata: {how: held}}
    hold: {gate: never, timeout_ms: 3600000}
    reply: ""
  - match: {format: mistral_batch, metadata: {how: refused}}
    error: {status: 429, message: Too many jobs.}
  - match: {format: mistral_file, metadata: {filename: refused.jsonl}}
    error: {status: 429, message: Too many files.}
  - match: {last_user: wrong}
    error: {status: 400, message: That is wrong.}
  - reply: {echo: true}
"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    file: Path = tmp_path_factory.mktemp("script") / "script.yaml"
    file.write_text(SCRIPT)
    with LiveServer(MOCK_SCRIPT=str(file)) as server:
        yield server


@pytest.fixture
def place(live: LiveServer, request: pytest.FixtureRequest) -> str:
    return f"{live.url}/ns/{hashlib.sha1(request.node.name.encode()).hexdigest()[:12]}"


@pytest.fixture
def client(place: str) -> Iterator[Mistral]:
    with Mistral(api_key="k", server_url=f"{place}/mistral") as made:
        yield made


def question(words: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": words}]}


def lines(*requests: Any) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in requests)


def when(found: Callable[[], Any]) -> Any:
    """Return what is found, once it is."""
    end = time.monotonic() + PATIENCE
    while not (value := found()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return value


def over(client: Mistral, job: Any) -> Any:
    def found() -> Any:
        now = client.batch.jobs.get(job_id=job.id)
        return now if now.status not in ("QUEUED", "RUNNING") else None

    return when(found)


def test_files__uploaded_listed_shown_read_and_removed(client: Mistral) -> None:
    made = client.files.upload(file={"file_name": "ünï.jsonl", "content": lines({}, {})}, purpose="batch")
    assert (made.filename, made.size_bytes, made.num_lines, made.sample_type) == ("ünï.jsonl", 6, 2, "batch_request")
    other = client.files.upload(file={"file_name": "a.pdf", "content": b"%PDF"}, purpose="ocr")
    listed = client.files.list()
    assert [each.id for each in listed.data] == [other.id, made.id] and listed.total == 2
    assert [each.id for each in client.files.list(purpose="ocr").data] == [other.id]
    assert [each.id for each in client.files.list(page=1, page_size=1).data] == [made.id]
    assert client.files.retrieve(file_id=made.id).signature == made.signature
    assert client.files.download(file_id=made.id).read() == b"{}\n{}\n"
    assert httpx.get(client.files.get_signed_url(file_id=made.id).url, timeout=600).content == b"{}\n{}\n"
    assert client.files.delete(file_id=made.id).deleted is True
    for _ in range(2):
        with pytest.raises(Exception, match="not found"):
            client.files.delete(file_id=made.id)


def test_job__of_requests_in_the_body(client: Mistral) -> None:
    requests: Any = [{"custom_id": str(at), "body": question(words)} for at, words in enumerate(("Hi", "wrong"))]
    job = client.batch.jobs.create(endpoint="/v1/chat/completions", model="mistral-small-latest", requests=requests)
    assert (job.status, job.total_requests, len(job.input_files)) == ("QUEUED", 0, 1)
    done = over(client, job)
    assert (done.status, done.total_requests, done.succeeded_requests, done.failed_requests) == ("SUCCESS", 2, 1, 1)
    right, wrong = done.outputs
    assert right["custom_id"] == "0" and right["response"]["status_code"] == 200
    assert right["response"]["body"]["choices"][0]["message"]["content"] == "Hi"
    assert right["response"]["body"]["model"] == "mistral-small-latest"
    assert wrong["response"]["status_code"] == 400 and "That is wrong." in json.dumps(wrong)
    written = [json.loads(line) for line in client.files.download(file_id=done.output_file).read().splitlines()]
    assert written == [right]
    assert json.loads(client.files.download(file_id=done.error_file).read()) == wrong


def test_job__of_files(client: Mistral) -> None:
    names = [
        client.files.upload(
            file={"file_name": f"{word}.jsonl", "content": lines({"body": question(word)})}, purpose="batch"
        ).id
        for word in ("one", "two")
    ]
    job = client.batch.jobs.create(endpoint="/v1/chat/completions", model="open-mistral-7b", input_files=names)
    done = over(client, job)
    assert done.outputs is None and done.completed_requests == 2
    outputs = client.batch.jobs.get(job_id=job.id, inline=True).outputs or []
    assert [each["response"]["body"]["choices"][0]["message"]["content"] for each in outputs] == ["one", "two"]
    assert [each.id for each in client.batch.jobs.list(status=["SUCCESS"]).data or ()] == [job.id]
    assert client.batch.jobs.list(status=["RUNNING"]).total == 0
    assert client.batch.jobs.delete(job_id=job.id).deleted is True
    with pytest.raises(Exception, match="not found"):
        client.batch.jobs.get(job_id=job.id)


def test_job__with_wrong_lines_fails(client: Mistral) -> None:
    file = client.files.upload(file={"file_name": "a.jsonl", "content": b"nothing\n"}, purpose="batch")
    job = client.batch.jobs.create(endpoint="/v1/chat/completions", model="m", input_files=[file.id])
    assert job.status == "FAILED" and "Line 1" in job.errors[0].message


def test_script__paces_holds_and_refuses(client: Mistral) -> None:
    asked: Any = {"endpoint": "/v1/chat/completions", "model": "m", "requests": [{"body": question("Hi")}]}
    slow = client.batch.jobs.create(**asked, metadata={"how": "slow"})
    held = client.batch.jobs.create(**asked, metadata={"how": "held"})
    assert client.batch.jobs.get(job_id=slow.id).status == "QUEUED"
    assert client.batch.jobs.get(job_id=held.id).status == "RUNNING"
    with pytest.raises(Exception, match="still running"):
        client.batch.jobs.delete(job_id=held.id)
    assert client.batch.jobs.cancel(job_id=held.id).status == "CANCELLATION_REQUESTED"
    with pytest.raises(Exception, match="Too many jobs"):
        client.batch.jobs.create(**asked, metadata={"how": "refused"})
    with pytest.raises(Exception, match="Too many files"):
        client.files.upload(file={"file_name": "refused.jsonl", "content": b"{}"}, purpose="batch")


REQUESTS: list[dict[str, Any]] = [{"body": {}}]
EMBED = {"endpoint": "/v1/embeddings"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "word"),
    [
        ("POST", "batch/jobs", {}, 422, "endpoint"),
        ("POST", "batch/jobs", {"endpoint": "/v1/ocr", "requests": REQUESTS}, 422, "endpoint"),
        ("POST", "batch/jobs", EMBED, 422, "input_files"),
        (
            "POST",
            "batch/jobs",
            {**EMBED, "input_files": ["a"], "requests": REQUESTS},
            422,
            "input_files",
        ),
        ("POST", "batch/jobs", {**EMBED, "input_files": ["a"]}, 404, "File a not found"),
        ("POST", "batch/jobs", {**EMBED, "requests": [{}]}, 422, "body"),
        (
            "POST",
            "batch/jobs",
            {**EMBED, "requests": REQUESTS, "timeout_hours": 0},
            422,
            "timeout_hours",
        ),
        ("GET", "batch/jobs/nothing", None, 404, "Job nothing not found"),
        ("POST", "batch/jobs/nothing/cancel", None, 404, "Job nothing not found"),
        ("PUT", "batch/jobs", {}, 405, "PUT"),
        ("GET", "files?page=x", None, 422, "page"),
        ("GET", "files/nothing/content", None, 404, "File nothing not found"),
        ("POST", "files", {}, 400, "multipart/form-data"),
    ],
)
def test_mistral__refuses_in_its_words(place: str, method: str, path: str, body: Any, status: int, word: str) -> None:
    headers = {"authorization": "Bearer k"}
    answer = httpx.request(method, f"{place}/mistral/v1/{path}", json=body, headers=headers, timeout=600)
    assert word in answer.text and answer.headers["content-type"].startswith("application/json")
    assert answer.status_code == status and not isinstance(answer.json().get("error"), dict)


def test_groq__answers_a_batch_in_its_dialect(place: str) -> None:
    with groq.Groq(api_key="k", base_url=f"{place}/groq") as client:
        request = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions"}
        body = {"model": "llama-3.1-8b-instant", **question("Hello")}
        file = client.files.create(file=("in.jsonl", lines({**request, "body": body})), purpose="batch")
        made = client.batches.create(
            completion_window="7d", endpoint="/v1/chat/completions", input_file_id=file.id or ""
        )

        def found() -> Any:
            now = client.batches.retrieve(made.id)
            return now if now.status == "completed" else None

        done = when(found)
        content = json.loads(client.files.content(done.output_file_id).read())
        assert content["response"]["body"]["choices"][0]["message"]["content"] == "Hello"
        assert "x_groq" in content["response"]["body"]
        assert [each.id for each in client.batches.list().data] == [made.id]
        with pytest.raises(groq.BadRequestError):
            client.batches.create(completion_window="1h", endpoint="/v1/embeddings", input_file_id="a")  # type: ignore[arg-type]
        with pytest.raises(groq.NotFoundError):
            client.files.info("nothing")
