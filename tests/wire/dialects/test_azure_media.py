"""Azure's images, audio, files and batches, as the AzureOpenAI client of OpenAI's SDK asks for them."""

import base64
import io
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from tests.patience import PATIENCE
from tests.server import QUICK, LiveServer, serving

VERSION = "2024-10-21"
SAFE = {"filtered": False, "severity": "safe"}
HELLO = [{"role": "user", "content": "Hello"}]


server = serving(MOCK_SCRIPT="auto", **QUICK)


@pytest.fixture(scope="module")
def azure(server: LiveServer) -> Iterator[openai.AzureOpenAI]:
    with openai.AzureOpenAI(azure_endpoint=server.url, api_key="k", api_version=VERSION, max_retries=0) as sdk:
        yield sdk


def test_images__of_dall_e_have_what_the_filters_found(azure: openai.AzureOpenAI) -> None:
    image = first(azure.images.generate(model="dall-e-3", prompt="A cat"))
    assert httpx.get(image.url or "").headers["content-type"] == "image/png"
    told: Any = image.model_extra
    assert told["content_filter_results"] == dict.fromkeys(("hate", "self_harm", "sexual", "violence"), SAFE)
    assert told["prompt_filter_results"]["jailbreak"] == {"filtered": False, "detected": False}


def test_images__of_other_deployments_come_as_bytes(azure: openai.AzureOpenAI) -> None:
    drawn = azure.images.generate(model="gpt-image-1", prompt="A cat")
    edited = azure.images.edit(model="gpt-image-1", image=("a.png", picture(drawn), "image/png"), prompt="A dog")
    assert drawn.usage and edited.usage
    assert picture(drawn)[:4] == picture(edited)[:4] == b"\x89PNG"


def first(answer: openai.types.ImagesResponse) -> openai.types.Image:
    assert answer.data
    return answer.data[0]


def picture(answer: openai.types.ImagesResponse) -> bytes:
    return base64.b64decode(first(answer).b64_json or "")


def test_audio__is_spoken_and_heard_by_deployments(azure: openai.AzureOpenAI) -> None:
    said = azure.audio.speech.create(model="tts-1", voice="alloy", input="Hello", response_format="wav").read()
    heard = azure.audio.transcriptions.create(model="whisper-1", file=("a.wav", said))
    assert said[:4] == b"RIFF" and heard.text


def test_form__needs_no_model_besides_its_deployment(server: LiveServer, azure: openai.AzureOpenAI) -> None:
    said = azure.audio.speech.create(model="tts-1", voice="alloy", input="Hello", response_format="wav").read()
    path, files = "openai/deployments/whisper-1/audio/transcriptions", {"file": ("a.wav", said, "audio/wav")}
    answer = httpx.post(f"{server.url}/{path}?api-version={VERSION}", files=files, headers={"api-key": "k"})
    assert answer.status_code == 200 and answer.json()["text"]
    lost = httpx.post(f"{server.url}/{path}", files=files, headers={"api-key": "k"})
    assert (lost.status_code, lost.json()["error"]["code"]) == (404, "404")


@pytest.mark.parametrize("endpoint", ["/chat/completions", "/v1/chat/completions"])
def test_batch__is_answered_by_its_deployment(azure: openai.AzureOpenAI, endpoint: Any) -> None:
    body = {"model": "gpt-4o", "messages": HELLO}
    lines = json.dumps({"custom_id": "a", "method": "POST", "url": endpoint, "body": body}).encode()
    file = azure.files.create(file=("a.jsonl", io.BytesIO(lines)), purpose="batch")
    assert azure.files.retrieve(file.id).filename == "a.jsonl"
    made = azure.batches.create(input_file_id=file.id, endpoint=endpoint, completion_window="24h")
    until = time.monotonic() + PATIENCE
    while (batch := azure.batches.retrieve(made.id)).status != "completed" and time.monotonic() < until:
        time.sleep(0.05)
    assert batch.output_file_id and made.id in [each.id for each in azure.batches.list()]
    answered = json.loads(azure.files.content(batch.output_file_id).read())
    assert answered["response"]["body"]["prompt_filter_results"], "it is a deployment's answer"
    assert azure.files.delete(file.id).deleted


def test_files__have_azures_errors_and_addresses_without_versions(server: LiveServer) -> None:
    client = openai.OpenAI(base_url=f"{server.url}/openai/v1", api_key="k", max_retries=0)
    file = client.files.create(file=("b.jsonl", b"{}"), purpose="batch")
    assert file.id in [each.id for each in client.files.list()]
    with pytest.raises(openai.BadRequestError, match="/v1/chat/completions"):
        client.batches.create(input_file_id=file.id, endpoint="/v1/moderations", completion_window="24h")


def test_batch__is_created_with_a_status_of_its_own(azure: openai.AzureOpenAI, server: LiveServer) -> None:
    """Shown by azopenai 0.7, Azure's own client in Go, which takes nothing but 201 for a batch, and 200 for a file."""
    line = {"custom_id": "1", "method": "POST", "url": "/chat/completions", "body": {"model": "m", "messages": HELLO}}
    file = azure.files.with_raw_response.create(file=("a.jsonl", json.dumps(line).encode()), purpose="batch")
    body = {"input_file_id": file.parse().id, "endpoint": "/chat/completions", "completion_window": "24h"}
    statuses = [
        httpx.post(f"{server.url}/{path}", json=body, headers={"api-key": "k"}).status_code
        for path in (f"openai/batches?api-version={VERSION}", "openai/v1/batches")
    ]
    assert (file.status_code, statuses) == (200, [201, 200])
