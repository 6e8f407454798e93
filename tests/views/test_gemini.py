"""Gemini's files and cached contents, through Google's SDK and by hand, against a live server."""

import base64
import hashlib
import io
import json
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from google import genai
from google.genai import errors, types

from tests.patience import PATIENCE

SCRIPT = """\
version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}}
rules:
  - match: {format: gemini_file, metadata: {display_name: slow}}
    pacing: {ttft_ms: 3600000}
    reply: ""
  - match: {format: gemini_file, metadata: {display_name: refused}}
    error: {status: 429, message: Too many files.}
  - match: {format: gemini_batch, metadata: {display_name: slow}}
    pacing: {ttft_ms: 3600000}
    reply: ""
  - match: {format: gemini_batch, metadata: {display_name: refused}}
    error: {status: 429, message: Too many batches.}
  - match: {format: gemini, last_user: Fail}
    error: 503
  - reply: {echo: true}
"""
KEY = {"x-goog-api-key": "mock"}
LONG = "The Eiffel Tower is in Paris. " * 300
VERTEX = "/v1beta1/projects/p/locations/europe-west1"


def upload(gemini: genai.Client, data: bytes, name: str = "a.txt", media_type: str = "text/plain") -> types.File:
    config = types.UploadFileConfig(display_name=name, mime_type=media_type)
    return gemini.files.upload(file=io.BytesIO(data), config=config)


def test_upload__goes_on_where_the_java_sdk_puts_its_base_url_before_the_path(place: str) -> None:
    start = KEY | {"x-goog-upload-protocol": "resumable", "x-goog-upload-command": "start"}
    begun = httpx.post(f"{place}/upload/v1/files", headers=start)
    url = httpx.URL(begun.headers["x-goog-upload-url"])
    assert begun.headers["x-goog-upload-control-url"] == url
    assert begun.headers["x-goog-upload-chunk-granularity"] == "8388608"
    ending = {"x-goog-upload-command": "upload, finalize", "x-goog-upload-offset": "0"}
    done = httpx.post(f"{place}{url.raw_path.decode()}", content=b"Hello", headers=ending)
    assert (done.status_code, done.json()["file"]["sizeBytes"]) == (200, "5")
    other = place.replace("/ns/", "/ns/other-")
    assert httpx.post(f"{other}{url.raw_path.decode()}", content=b"Hello", headers=ending).status_code == 404


def test_files__uploaded_listed_shown_used_and_removed(gemini: genai.Client) -> None:
    first, second = upload(gemini, b"Hello there"), upload(gemini, b"x" * (9 * 1024 * 1024), "b.bin")
    assert first.sha256_hash
    assert base64.b64decode(first.sha256_hash).decode() == hashlib.sha256(b"Hello there").hexdigest()
    assert (first.display_name, first.size_bytes, first.mime_type) == ("a.txt", 11, "text/plain")
    assert second.size_bytes == 9 * 1024 * 1024, "it comes in pieces of 8 MB"
    assert [file.name for file in gemini.files.list()] == [second.name, first.name]
    assert first.name
    assert gemini.files.get(name=first.name).state == types.FileState.ACTIVE
    contents: list[types.PartUnionDict] = ["What is in it?", first]
    answer = gemini.models.generate_content(model="gemini-2.5-flash", contents=contents)
    assert answer.text == "What is in it?"
    gemini.files.delete(name=first.name)
    with pytest.raises(errors.ClientError, match="You do not have permission to access the File") as refused:
        gemini.files.get(name=first.name)
    assert (refused.value.code, refused.value.status) == (403, "PERMISSION_DENIED")
    assert gemini.models.generate_content(model="gemini-2.5-flash", contents=contents).text


def test_files__named_processed_and_refused(gemini: genai.Client) -> None:
    config = types.UploadFileConfig(name="my-file", mime_type="video/mp4", display_name="slow")
    file = gemini.files.upload(file=io.BytesIO(b"moving"), config=config)
    assert (file.name, file.state) == ("files/my-file", types.FileState.PROCESSING)
    with pytest.raises(
        errors.ClientError, match="The File my-file is not in an ACTIVE state and usage is not"
    ) as early:
        gemini.models.generate_content(model="gemini-2.5-flash", contents=file)
    assert (early.value.code, early.value.status) == (400, "FAILED_PRECONDITION")
    with pytest.raises(errors.ClientError, match="already exists"):
        gemini.files.upload(file=io.BytesIO(b"again"), config=config)
    with pytest.raises(errors.ClientError, match="must be files/"):
        gemini.files.upload(file=io.BytesIO(b"x"), config=types.UploadFileConfig(name="Bad_Name", mime_type="a/b"))
    with pytest.raises(errors.ClientError, match="Too many files"):
        upload(gemini, b"x", "refused")


@pytest.mark.parametrize("address", ["/v1beta/files", "/v1beta/fileSearchStores/{}:uploadToFileSearchStore"])
def test_upload__goes_on_without_a_key(place: str, address: str) -> None:
    httpx.put(f"{place}/_mock/script", content="{version: 1, defaults: {keys: [mock]}, rules: []}")
    if "{}" in address:
        store = httpx.post(f"{place}/v1beta/fileSearchStores", headers=KEY).json()["name"]
        address = address.format(store.partition("/")[2])
    start = {"x-goog-upload-protocol": "resumable", "x-goog-upload-command": "start"}
    assert httpx.post(f"{place}/upload{address}", headers=start).status_code == 403
    to = httpx.URL(httpx.post(f"{place}/upload{address}", headers=start | KEY).headers["x-goog-upload-url"])
    ending = {"x-goog-upload-command": "upload, finalize", "x-goog-upload-offset": "0"}
    assert httpx.post(to.copy_set_param("upload_id", "x"), content=b"a", headers=ending).status_code == 403
    assert httpx.post(to, content=b"a", headers=ending).status_code == 200


def test_files__resumed_at_once_and_in_two_parts(place: str) -> None:
    url = f"{place}/upload/v1beta/files"
    start = KEY | {"x-goog-upload-protocol": "resumable", "x-goog-upload-command": "start"}
    begun = httpx.post(url, json={"file": {"display_name": "c"}}, headers=start)
    assert (begun.content, begun.headers["x-goog-upload-status"]) == (b"", "active")
    to = begun.headers["x-goog-upload-url"]
    sent = httpx.post(to, content=b"one ", headers={"x-goog-upload-command": "upload", "x-goog-upload-offset": "0"})
    assert sent.headers["x-goog-upload-status"] == "active"
    asked = httpx.post(to, headers={"x-goog-upload-command": "query"})
    assert asked.headers["x-goog-upload-size-received"] == "4"
    ending = {"x-goog-upload-command": "upload, finalize", "x-goog-upload-offset": "3"}
    assert httpx.post(to, content=b"two", headers=ending).json()["error"]["status"] == "INVALID_ARGUMENT"
    done = httpx.post(to, content=b"two", headers=ending | {"x-goog-upload-offset": "4"})
    assert (done.headers["x-goog-upload-status"], done.json()["file"]["sizeBytes"]) == ("final", "7")
    assert httpx.post(to, content=b"two", headers=ending).status_code == 404
    body = (
        b'--b\r\nContent-Type: application/json\r\n\r\n{"file": {"displayName": "d"}}\r\n'
        b"--b\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--b--\r\n"
    )
    both = {"x-goog-upload-protocol": "multipart", "content-type": "multipart/related; boundary=b"}
    file = httpx.post(url, content=body, headers=KEY | both).json()["file"]
    assert (file["displayName"], file["mimeType"], file["sizeBytes"]) == ("d", "image/png", "4")
    plain = httpx.post(url, content=b"text", headers=KEY | {"content-type": "text/plain"}).json()["file"]
    assert (plain["mimeType"], plain["sizeBytes"]) == ("text/plain", "4")


def test_cache__counted_gone_on_from_and_removed(gemini: genai.Client) -> None:
    run = types.Tool(code_execution=types.ToolCodeExecution())
    config = types.CreateCachedContentConfig(contents=LONG, system_instruction="Be brief.", tools=[run], ttl="300s")
    cache = gemini.caches.create(model="gemini-2.5-flash", config=config)
    assert cache.name
    assert cache.usage_metadata
    assert cache.expire_time
    assert cache.create_time
    assert round((cache.expire_time - cache.create_time).total_seconds()) == 300
    tokens = cache.usage_metadata.total_token_count
    assert tokens
    assert tokens > 1024
    going_on = types.GenerateContentConfig(cached_content=cache.name)
    answer = gemini.models.generate_content(model="gemini-2.5-flash", contents="Where is it?", config=going_on)
    assert answer.usage_metadata
    assert answer.executable_code and answer.usage_metadata.cached_content_token_count == tokens
    assert tokens < (answer.usage_metadata.prompt_token_count or 0) < tokens + 10
    longer = gemini.caches.update(name=cache.name, config=types.UpdateCachedContentConfig(ttl="600s"))
    assert longer.expire_time
    assert longer.expire_time > cache.expire_time
    assert [each.name for each in gemini.caches.list()] == [cache.name]
    both = types.GenerateContentConfig(cached_content=cache.name, system_instruction="Be long.")
    with pytest.raises(errors.ClientError, match="CachedContent can not be used with"):
        gemini.models.generate_content(model="gemini-2.5-flash", contents="x", config=both)
    gemini.caches.delete(name=cache.name)
    with pytest.raises(errors.ClientError, match="CachedContent not found"):
        gemini.models.generate_content(model="gemini-2.5-flash", contents="x", config=going_on)
    past = config.model_copy(update={"ttl": None, "expire_time": datetime(2020, 1, 1, tzinfo=UTC)})
    over = gemini.caches.create(model="gemini-2.5-flash", config=past)
    assert over.expire_time == past.expire_time
    for gone in (cache, over):
        with pytest.raises(errors.ClientError, match="CachedContent not found"):
            gemini.caches.get(name=gone.name or "")


def finished(gemini: genai.Client, job: types.BatchJob) -> types.BatchJob:
    assert job.name
    deadline = time.monotonic() + PATIENCE
    while not job.done and time.monotonic() < deadline:
        time.sleep(0.05)
        job = gemini.batches.get(name=job.name)
    return job


def test_batch__of_requests_in_the_body(gemini: genai.Client) -> None:
    requests = [types.InlinedRequest(contents=said, metadata={"key": said}) for said in ("Hi", "Fail", "Bye")]
    job = gemini.batches.create(
        model="gemini-2.5-flash", src=requests, config=types.CreateBatchJobConfig(display_name="three")
    )
    assert (job.state, job.display_name) == (types.JobState.JOB_STATE_PENDING, "three")
    job = finished(gemini, job)
    assert job.state == types.JobState.JOB_STATE_SUCCEEDED
    assert job.dest
    assert job.dest.inlined_responses
    first, second, third = job.dest.inlined_responses
    assert first.response
    assert third.response
    assert (first.response.text, third.response.text) == ("Hi", "Bye")
    assert second.error
    assert second.error.code == 503
    assert [each.name for each in gemini.batches.list()] == [job.name]
    assert job.name
    gemini.batches.delete(name=job.name)
    with pytest.raises(errors.ClientError, match="not found"):
        gemini.batches.get(name=job.name)


def test_batch__of_requests_in_a_file(gemini: genai.Client) -> None:
    lines = [{"key": said, "request": {"contents": [{"role": "user", "parts": [{"text": said}]}]}} for said in "ab"]
    file = upload(gemini, "\n".join(map(json.dumps, lines)).encode(), "in.jsonl", "application/jsonl")
    assert file.name
    job = finished(gemini, gemini.batches.create(model="gemini-2.5-flash", src=file.name))
    assert job.dest
    assert job.dest.file_name
    found = [json.loads(line) for line in gemini.files.download(file=job.dest.file_name).splitlines()]
    texts = [(each["key"], each["response"]["candidates"][0]["content"]["parts"][0]["text"]) for each in found]
    assert texts == [("a", "a"), ("b", "b")]


@pytest.mark.filterwarnings("ignore::google.genai._common.ExperimentalWarning")
@pytest.mark.parametrize(
    ("model", "size", "tokens"),
    [
        ("gemini-embedding-001", 5, {"tokenCount": "1"}),
        ("gemini-embedding-2", 3072, {"usageMetadata": {"promptTokenCount": 1}}),
    ],
)
def test_batch__of_embeddings_in_the_body(
    gemini: genai.Client, place: str, model: str, size: int, tokens: dict[str, Any]
) -> None:
    contents: Any = ["Hi", "Bye", "Fail"]
    config = types.EmbedContentConfig(output_dimensionality=5) if size == 5 else None
    source = types.EmbeddingsBatchJobSource(inlined_requests=types.EmbedContentBatch(contents=contents, config=config))
    job = finished(gemini, gemini.batches.create_embeddings(model=model, src=source, config={"display_name": "e"}))
    assert (job.state, job.display_name) == (types.JobState.JOB_STATE_SUCCEEDED, "e")
    assert job.dest
    assert job.dest.inlined_embed_content_responses
    first, second, third = job.dest.inlined_embed_content_responses
    alone = gemini.models.embed_content(model=model, contents="Hi", config=config).embeddings
    assert alone
    assert first.response
    assert first.response.embedding
    assert first.response.embedding.values == alone[0].values
    assert len(first.response.embedding.values or ()) == size
    assert second.response != first.response
    assert third.error
    assert third.error.code == 503
    document = httpx.get(f"{place}/v1beta/{job.name}", headers=KEY).json()
    batch = "type.googleapis.com/google.ai.generativelanguage.v1main.EmbedContentBatch"
    assert (document["metadata"]["@type"], document["response"]["@type"]) == (batch, batch)
    found = document["response"]["inlinedResponses"]["inlinedResponses"][0]["response"]
    assert {key: value for key, value in found.items() if key != "embedding"} == tokens


@pytest.mark.filterwarnings("ignore::google.genai._common.ExperimentalWarning")
def test_batch__of_embeddings_in_a_file(gemini: genai.Client) -> None:
    lines = [{"key": said, "request": {"content": {"parts": [{"text": said}]}}} for said in "ab"]
    file = upload(gemini, "\n".join(map(json.dumps, lines)).encode(), "in.jsonl", "application/jsonl")
    source = types.EmbeddingsBatchJobSource(file_name=file.name)
    job = finished(gemini, gemini.batches.create_embeddings(model="gemini-embedding-001", src=source))
    assert job.dest
    assert job.dest.file_name
    found = [json.loads(line) for line in gemini.files.download(file=job.dest.file_name).splitlines()]
    assert [(each["key"], len(each["response"]["embedding"]["values"])) for each in found] == [("a", 3072), ("b", 3072)]


def test_batch__cancelled_and_refused(gemini: genai.Client) -> None:
    slow = types.CreateBatchJobConfig(display_name="slow")
    requests = [types.InlinedRequest(contents="Hi")]
    job = gemini.batches.create(model="gemini-2.5-flash", src=requests, config=slow)
    assert job.name
    gemini.batches.cancel(name=job.name)
    assert gemini.batches.get(name=job.name).state == types.JobState.JOB_STATE_CANCELLED
    with pytest.raises(errors.ClientError, match="Too many batches"):
        gemini.batches.create(
            model="gemini-2.5-flash", src=requests, config=types.CreateBatchJobConfig(display_name="refused")
        )
    with pytest.raises(errors.ClientError, match="You do not have permission to access the File"):
        gemini.batches.create(model="gemini-2.5-flash", src="files/nowhere")


def test_cache__what_it_refuses(place: str) -> None:
    small = {"model": "models/gemini-2.5-flash", "contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
    for body, said in [
        (small, "Cached content is too small. total_token_count="),
        (small | {"ttl": "soon"}, "Invalid value at 'ttl'"),
        (small | {"tll": "3s"}, "Unknown name"),
        ({"contents": small["contents"]}, "must be specified"),
    ]:
        if "ttl" in body:
            body = body | {"contents": [{"role": "user", "parts": [{"text": LONG}]}]}
        answer = httpx.post(f"{place}/v1beta/cachedContents", json=body, headers=KEY)
        assert answer.status_code == 400, answer.text
        assert said in answer.json()["error"]["message"]


def test_batch__what_it_refuses(place: str) -> None:
    for inner, said in [
        ({}, "exactly one of requests and file_name"),
        ({"fileName": "files/a", "requests": {"requests": [{"request": {}}]}}, "exactly one of requests"),
        (
            {"requests": {"requests": [{"request": 5}]}},
            "Invalid value at 'batch.input_config.requests.requests[0].request'",
        ),
        (
            {"requests": {"requests": [{"request": {"contents": [5]}}]}},
            "Invalid value at 'batch.input_config.requests.requests[0].request.contents[0]'",
        ),
        ({"request": {}}, "Unknown name \"request\" at 'batch.input_config'"),
    ]:
        for method in ("batchGenerateContent", "asyncBatchEmbedContent"):
            url = f"{place}/v1beta/models/gemini-2.5-flash:{method}"
            wrong = (
                json.loads(json.dumps(inner).replace('"contents": [5]', '"content": 5')) if "Embed" in method else inner
            )
            answer = httpx.post(url, json={"batch": {"inputConfig": wrong}}, headers=KEY)
            assert answer.status_code == 400, answer.text
            expected = said.replace("contents[0]", "content") if "Embed" in method else said
            assert expected in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("file", "said"), [("a", "Invalid value at 'file'"), ({"displayName": 5}, "Invalid value at 'file.display_name'")]
)
def test_upload__says_of_its_file_what_a_file_has(place: str, file: Any, said: str) -> None:
    begins = KEY | {"x-goog-upload-protocol": "resumable", "x-goog-upload-command": "start"}
    answer = httpx.post(f"{place}/upload/v1beta/files", json={"file": file}, headers=begins)
    assert answer.status_code == 400 and said in answer.json()["error"]["message"]


def test_cache__on_vertex(place: str) -> None:
    model = "projects/p/locations/europe-west1/publishers/google/models/gemini-2.5-flash"
    body = {"model": model, "contents": [{"role": "user", "parts": [{"text": LONG}]}]}
    made = httpx.post(f"{place}{VERTEX}/cachedContents", json=body, headers={"authorization": "Bearer t"}).json()
    assert made["name"].startswith("projects/p/locations/europe-west1/cachedContents/")
    assert "displayName" not in made
    asked = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}], "cachedContent": made["name"]}
    url = f"{place}{VERTEX}/publishers/google/models/gemini-2.5-flash:generateContent"
    answer = httpx.post(url, json=asked, headers={"authorization": "Bearer t"}).json()
    assert answer["usageMetadata"]["cachedContentTokenCount"] == made["usageMetadata"]["totalTokenCount"]
    assert httpx.delete(f"{place}/v1beta1/{made['name']}", headers={"authorization": "Bearer t"}).json() == {}
