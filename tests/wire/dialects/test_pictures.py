"""Pictures and speech at xAI, and pictures at OpenRouter, against a live server: drawn, refused, scripted, read."""

import base64
import io
import json
from typing import Any

import httpx
import openai
import pytest
from PIL import Image

from completions.conversation import Traffic, Usage
from completions.wire import registry
from tests.leaky import LEAKY
from tests.server import LiveServer, serving

pytestmark = LEAKY

SCRIPT = """
version: 1
rules:
- {match: {format: images, last_user: busy}, error: {status: 429}}
- {match: {format: [images, speech], last_user: scripted}, reply: A script says this.}
- {match: {}, reply: {auto: true}}
"""

server = serving(script=SCRIPT)

GENERATED, EDITED, SPOKEN = "/xai/v1/images/generations", "/xai/v1/images/edits", "/xai/v1/tts"
DRAWN = "/openrouter/api/v1/images"
GROK, GEMINI, GPT = "grok-imagine-image", "google/gemini-3.1-flash-lite-image", "openai/gpt-image-2"
PNG = "data:image/png;base64,aaaa"
GIVEN = {"type": "image_url", "url": PNG}
REFERENCE = {"type": "image_url", "image_url": {"url": PNG}}


def post(server: LiveServer, path: str, body: dict[str, Any]) -> httpx.Response:
    return httpx.post(f"{server.url}{path}", json=body, headers={"authorization": "Bearer any"}, timeout=60)


def opened(data: bytes) -> tuple[str | None, tuple[int, int]]:
    """Return the format of a picture, and its edges."""
    with Image.open(io.BytesIO(data)) as image:
        return image.format, image.size


def test_xai__draws_at_addresses(server: LiveServer) -> None:
    found = post(server, GENERATED, {"model": GROK, "prompt": "A cat", "n": 2, "aspect_ratio": "16:9"}).json()
    assert list(found) == ["data", "usage"] and found["usage"] == {"cost_in_usd_ticks": 400_000_000}
    assert [list(each) for each in found["data"]] == [["url", "mime_type"]] * 2
    first, second = (httpx.get(each["url"]) for each in found["data"])
    assert first.headers["content-type"] == found["data"][0]["mime_type"] == "image/jpeg"
    assert opened(first.content) == ("JPEG", (1360, 768)) and first.content != second.content


def test_xai__draws_for_the_openai_sdk(server: LiveServer) -> None:
    with openai.OpenAI(base_url=f"{server.url}/xai/v1", api_key="any") as client:
        found = client.images.generate(
            model=GROK, prompt="A cat", response_format="b64_json", extra_body={"resolution": "2k"}
        )
        assert found.data is not None and found.data[0].b64_json is not None
        assert opened(base64.b64decode(found.data[0].b64_json)) == ("JPEG", (2048, 2048))
        with pytest.raises(openai.BadRequestError) as refused:
            client.images.generate(model=GROK, prompt="A cat", size="1024x1024")
        assert refused.value.response.json() == {"code": "400", "error": "Argument not supported: size"}


@pytest.mark.parametrize(
    ("model", "given", "cost"),
    [
        ("grok-imagine-image-quality", {"images": [GIVEN]}, 700_000_000),
        (GROK, {"image": GIVEN}, 400_000_000),
        ("grok-imagine-image-2.0", {"images": [GIVEN, {**GIVEN, "url": "https://a/b.png"}], "n": 2}, 1_600_000_000),
    ],
)
def test_xai__edits(server: LiveServer, model: str, given: dict[str, Any], cost: int) -> None:
    asked = {"model": model, "prompt": "Make it green", **given}
    found = post(server, EDITED, asked).json()
    assert found["usage"] == {"cost_in_usd_ticks": cost} and len(found["data"]) == asked.get("n", 1)
    plain = post(server, GENERATED, {"model": model, "prompt": "Make it green"}).json()
    assert found["data"][0]["url"] != plain["data"][0]["url"]


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        (GENERATED, {"prompt": "a", "style": "vivid"}, 400, {"code": "400", "error": "Argument not supported: style"}),
        (GENERATED, {"model": GROK}, 422, "missing field `prompt`"),
        (GENERATED, {"prompt": 1}, 422, "prompt: invalid type"),
        (
            GENERATED,
            {"prompt": "a", "aspect_ratio": "7:1"},
            422,
            "aspect_ratio: unknown variant `7:1`, expected one of",
        ),
        (GENERATED, {"prompt": "a", "resolution": "4k"}, 422, "unknown variant `4k`, expected one of `1k`, `2k`"),
        (GENERATED, {"prompt": "a", "n": 11}, 400, "'n'"),
        (EDITED, {"prompt": "a"}, 400, "An image is required"),
        (EDITED, {"prompt": "a", "images": [GIVEN] * 4}, 400, "'images'"),
        (EDITED, {"prompt": "a", "image": {"type": "image_url"}}, 422, "missing field `url`"),
        (SPOKEN, {"text": "a"}, 422, "missing field `language`"),
        (SPOKEN, {"language": "en"}, 422, "missing field `text`"),
        (SPOKEN, {"text": "a" * 15_001, "language": "en"}, 400, "'text'"),
        (SPOKEN, {"text": "a", "language": "en", "output_format": {"codec": "aac"}}, 422, "unknown variant `aac`"),
    ],
)
def test_xai__refuses(server: LiveServer, path: str, body: dict[str, Any], status: int, error: Any) -> None:
    answer = post(server, path, body)
    assert answer.status_code == status
    assert answer.json() == error if isinstance(error, dict) else error in answer.json()["error"]


@pytest.mark.parametrize(
    ("more", "kind", "begins"),
    [
        ({}, "audio/mpeg", b"\xff\xf3"),
        ({"output_format": {"codec": "wav"}, "voice_id": "rex"}, "audio/wav", b"RIFF"),
        ({"output_format": {"codec": "mulaw"}}, "audio/pcm", b""),
    ],
)
def test_xai__speaks(server: LiveServer, more: dict[str, Any], kind: str, begins: bytes) -> None:
    answer = post(server, SPOKEN, {"text": "A cat sleeps.", "language": "auto", **more})
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert answer.content.startswith(begins) and len(answer.content) > 500
    longer = post(server, SPOKEN, {"text": "scripted", "language": "auto", **more})
    assert len(longer.content) > len(answer.content)


def test_openrouter__draws_bytes_and_tells_the_cost(server: LiveServer) -> None:
    found = post(server, DRAWN, {"model": GEMINI, "prompt": "Make it green", "input_references": [REFERENCE]}).json()
    assert list(found) == ["created", "data", "usage"]
    [image] = found["data"]
    assert list(image) == ["b64_json", "media_type"] and image["media_type"] == "image/jpeg"
    assert opened(base64.b64decode(image["b64_json"])) == ("JPEG", (1024, 1024))
    counted = {"prompt_tokens": 1123, "completion_tokens": 1120, "total_tokens": 2243}
    assert {key: found["usage"][key] for key in counted} == counted
    assert found["usage"]["cost"] == found["usage"]["cost_details"]["upstream_inference_cost"] > 0
    assert found["usage"]["completion_tokens_details"] == {"reasoning_tokens": 0, "image_tokens": 1120}


@pytest.mark.parametrize(
    ("more", "drawn"),
    [
        ({}, ("PNG", (1024, 1024))),
        ({"size": "2048x1024"}, ("PNG", (2048, 1024))),
        ({"size": "2K", "aspect_ratio": "2:1"}, ("PNG", (2896, 1456))),
        ({"resolution": "512", "output_format": "webp"}, ("WEBP", (512, 512))),
    ],
)
def test_openrouter__draws_as_large_as_asked(
    server: LiveServer, more: dict[str, Any], drawn: tuple[str, tuple[int, int]]
) -> None:
    found = post(server, DRAWN, {"model": GPT, "prompt": "A cat", **more}).json()
    assert opened(base64.b64decode(found["data"][0]["b64_json"])) == drawn


@pytest.mark.parametrize(("model", "events"), [(GPT, True), (GEMINI, False)])
def test_openrouter__streams_pictures_of_openai_alone(server: LiveServer, model: str, events: bool) -> None:
    answer = post(server, DRAWN, {"model": model, "prompt": "A cat", "stream": True, "n": 2})
    assert answer.headers["content-type"].startswith("text/event-stream") == events
    if events:
        *pictures, end = [line[6:] for line in answer.text.splitlines() if line]
        kinds = ["type", "b64_json", "media_type", "created", "usage"]
        assert [list(json.loads(each)) for each in pictures] == [kinds] * 2 and end == "[DONE]"
        assert json.loads(pictures[0])["type"] == "image_generation.completed"
    else:
        assert len(answer.json()["data"]) == 2


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"prompt": "a"}, "model"),
        ({"model": GPT}, "prompt"),
        ({"model": GPT, "prompt": "a", "n": 11}, "'n'"),
        ({"model": GPT, "prompt": "a", "aspect_ratio": "7:1"}, "Invalid value: '7:1'"),
        ({"model": GPT, "prompt": "a", "input_references": [{"type": "image_url"}]}, "image_url"),
    ],
)
def test_openrouter__refuses(server: LiveServer, body: dict[str, Any], told: str) -> None:
    answer = post(server, DRAWN, body)
    assert answer.status_code == 400 and told in answer.json()["error"]["message"]


@pytest.mark.parametrize(("path", "model", "read"), [(GENERATED, GROK, None), (DRAWN, GEMINI, Usage(2, 1120))])
def test_pictures__are_scripted_and_read(server: LiveServer, path: str, model: str, read: Usage | None) -> None:
    assert post(server, path, {"model": model, "prompt": "busy"}).status_code == 429
    asked = {"model": model, "prompt": "scripted"}
    scripted, plain = (post(server, path, body) for body in (asked, asked | {"prompt": "A script says this."}))
    assert scripted.json()["data"] == plain.json()["data"]
    said = registry.read(Traffic("POST", path, json.dumps(asked).encode(), (scripted.content,)))
    assert said.prompt is not None and (said.prompt.task, said.prompt.last_user) == ("draw", "scripted")
    assert (said.reply and said.reply.usage) == read
