"""Mistral's files and batch jobs, and Groq's batches, through the vendors' SDKs against a live server."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import groq
import httpx
import pytest
from mistralai.client import Mistral

from llmclient import lite
from tests.leaky import LITELLM_WARNS
from tests.patience import PATIENCE

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
  - match: {format: xai_batch, metadata: {name: slow}}
    pacing: {ttft_ms: 3600000}
    reply: ""
  - match: {format: xai_batch, metadata: {name: refused}}
    error: {status: 429, message: Too many batches.}
  - match: {last_user: wrong}
    error: {status: 400, message: That is wrong.}
  - reply: {echo: true}
"""


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


def test_file__has_an_address_that_needs_no_key(client: Mistral, place: str) -> None:
    httpx.put(f"{place}/_mock/script", content="{version: 1, defaults: {keys: [k]}, rules: []}")
    first, second = (
        client.files.upload(file={"file_name": "a.jsonl", "content": lines({"a": at})}, purpose="batch") for at in "ab"
    )
    url = httpx.URL(client.files.get_signed_url(file_id=first.id).url)
    other = url.copy_with(path=url.path.replace(first.id, second.id))
    answers = [httpx.get(each, timeout=600) for each in (url, other, url.copy_with(query=None))]
    assert [(each.status_code, each.content[:9]) for each in answers[:1]] == [(200, b'{"a": "a"')]
    assert [each.status_code for each in answers[1:]] == [401, 401]


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


def test_job__of_completions_in_the_middle(client: Mistral) -> None:
    asked: Any = [{"custom_id": "a", "body": {"prompt": "def f(a):", "suffix": "return b"}}]
    job = over(client, client.batch.jobs.create(endpoint="/v1/fim/completions", model="codestral", requests=asked))
    answered = client.files.download(file_id=job.output_file).read()
    assert json.loads(answered)["response"]["body"]["object"] == "chat.completion"


def test_job__of_documents_to_read(client: Mistral) -> None:
    document = {"type": "document_url", "document_url": "data:text/plain;base64,IyBQbGFu"}
    asked: Any = [{"custom_id": "a", "body": {"document": document}}]
    job = over(client, client.batch.jobs.create(endpoint="/v1/ocr", model="mistral-ocr-latest", requests=asked))
    answered = json.loads(client.files.download(file_id=job.output_file).read())["response"]["body"]
    assert ([page["markdown"] for page in answered["pages"]], answered["model"]) == (["# Plan"], "mistral-ocr-latest")


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
        ("POST", "batch/jobs", {"endpoint": "/v1/conversations", "requests": REQUESTS}, 422, "endpoint"),
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
        elsewhere: Any = "/v1/embeddings"
        with pytest.raises(groq.BadRequestError):
            client.batches.create(completion_window="1h", endpoint=elsewhere, input_file_id="a")
        with pytest.raises(groq.NotFoundError):
            client.files.info("nothing")


@pytest.fixture
def xai(place: str) -> Iterator[httpx.Client]:
    headers = {"authorization": "Bearer k"}
    with httpx.Client(base_url=f"{place}/xai/v1/", headers=headers, timeout=600) as made:
        yield made


def asked_of_xai(**kinds: object) -> dict[str, Any]:
    requests = [
        {"batch_request_id": at, "batch_request": {kind: body}} for at, (kind, body) in enumerate(kinds.items())
    ]
    return {"batch_requests": [{**each, "batch_request_id": str(each["batch_request_id"])} for each in requests]}


def counted(client: httpx.Client, name: str) -> dict[str, int]:
    state: dict[str, int] = client.get(f"batches/{name}").json()["state"]
    return {key.removeprefix("num_"): count for key, count in state.items()}


def test_xai__answers_what_is_added(xai: httpx.Client) -> None:
    made = xai.post("batches", json={"name": "mine"}).json()
    name = made["batch_id"]
    assert made["name"] == "mine" and made["cancel_time"] is None and made["state"]["num_requests"] == 0
    added = asked_of_xai(
        chat_get_completion={"model": "grok-4.3", **question("Hi")},
        responses={"model": "grok-4.3", "input": "Hello"},
    )
    added["batch_requests"].append(
        {"batch_request_id": "x", "batch_request": {"chat_get_completion": {"model": "grok-4.3", **question("wrong")}}}
    )
    assert xai.post(f"batches/{name}/requests", json=added).json() is None
    when(lambda: counted(xai, name)["pending"] == 0)
    assert counted(xai, name) == {"requests": 3, "pending": 0, "success": 2, "error": 1, "cancelled": 0}
    first, second, third = xai.get(f"batches/{name}/results", params={"limit": 100}).json()["results"]
    answer = first["batch_result"]["response"]["chat_get_completion"]
    assert answer["choices"][0]["message"]["content"] == "Hi" and "cost_in_usd_ticks" in answer["usage"]
    assert second["batch_result"]["response"]["responses"]["object"] == "response"
    assert third["batch_result"]["error"]["code"] == 400
    page = xai.get(f"batches/{name}/results", params={"limit": 2}).json()
    rest = xai.get(f"batches/{name}/results", params={"limit": 2, "pagination_token": page["pagination_token"]}).json()
    assert [each["batch_request_id"] for each in page["results"] + rest["results"]] == ["0", "1", "x"]
    assert rest["pagination_token"] is None
    again = xai.post(f"batches/{name}/requests", json=added)
    assert again.status_code == 400 and "more than once" in again.json()["error"]


@LITELLM_WARNS
def test_xai__answers_a_file(place: str, xai: httpx.Client) -> None:
    body = {"model": "grok-4.3", **question("Hi")}
    line = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": body}
    file = xai.post("files", files={"file": ("a.jsonl", lines(line))}, data={"purpose": "batch"}).json()
    made = xai.post("batches", json={"name": "file", "input_file_id": file["id"]}).json()
    when(lambda: counted(xai, made["batch_id"])["success"] == 1)
    assert [each["batch_id"] for each in xai.get("batches").json()["batches"]] == [made["batch_id"]]
    access: Any = {"custom_llm_provider": "xai", "api_base": f"{place}/xai/v1", "api_key": "k"}
    batch = lite.load().retrieve_batch(batch_id=made["batch_id"], **access)
    assert (batch.status, batch.request_counts.completed) == ("completed", 1)


def test_xai__is_slow_cancelled_and_refused(xai: httpx.Client) -> None:
    name = xai.post("batches", json={"name": "slow"}).json()["batch_id"]
    xai.post(f"batches/{name}/requests", json=asked_of_xai(responses={"model": "grok-4.3", "input": "Hi"}))
    assert counted(xai, name)["pending"] == 1
    assert xai.post(f"batches/{name}:cancel").json()["state"]["num_cancelled"] == 1
    over = xai.post(f"batches/{name}/requests", json=asked_of_xai(responses={"model": "grok-4.3", "input": "Hi"}))
    assert over.status_code == 400 and "cancelled" in over.json()["error"]
    assert xai.post("batches", json={"name": "refused"}).status_code == 429


@pytest.mark.parametrize(
    ("path", "body", "status", "word"),
    [
        ("batches", {}, 422, "name"),
        ("batches", {"name": 7}, 422, "name"),
        ("batches", {"name": "a", "input_file_id": "nothing"}, 404, "nothing"),
        ("batches/nothing/requests", {}, 404, "nothing"),
        ("batches/nothing:cancel", {}, 404, "nothing"),
        ("batches/{batch}/requests", {}, 422, "batch_requests"),
        ("batches/{batch}/requests", {"batch_requests": []}, 400, "batch_requests"),
        ("batches/{batch}/requests", asked_of_xai(video={}), 400, "chat_get_completion, responses"),
        ("batches/{batch}/requests", asked_of_xai(responses=[]), 400, "chat_get_completion, responses"),
    ],
)
def test_xai__refuses_in_its_words(xai: httpx.Client, path: str, body: Any, status: int, word: str) -> None:
    batch = xai.post("batches", json={"name": "a"}).json()["batch_id"]
    answer = xai.post(path.format(batch=batch), json=body)
    assert answer.status_code == status and word in answer.json()["error"]
