"""What was uploaded counts, where a request names it by its id, as what is sent within a request does."""

import base64
import io
import struct
import wave
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import openai
import pytest
from google import genai
from mistralai.client import Mistral

from tests.server import QUICK, LiveServer, serving

TEXT = b"The launch is on Friday, and everybody is invited. " * 200


live = serving(MOCK_SCRIPT="auto", **QUICK)


@pytest.fixture(scope="module")
def client(live: LiveServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{live.url}/v1", api_key="mock", max_retries=0) as made:
        yield made


@pytest.fixture(scope="module")
def claude(live: LiveServer) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=live.url, api_key="mock", max_retries=0) as made:
        yield made


@pytest.fixture(scope="module")
def gemini(live: LiveServer) -> Iterator[genai.Client]:
    made = genai.Client(api_key="mock", http_options={"base_url": live.url})
    yield made
    made.close()


def data_url(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"\0" * (width + 1) * height)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def wav(seconds: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(1000)
        sound.writeframes(bytes(1000 * seconds))
    return file.getvalue()


def box(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I", 8 + len(data)) + kind + data


def mp4(seconds: int, version: int = 0, sound: bool = False) -> bytes:
    """Return what says how long a film is, behind so much of its pictures that it is not at the beginning."""
    times = struct.pack(">QQIQ" if version else ">IIII", 0, 0, 600, 600 * seconds)
    header = box(b"mvhd", bytes([version, 0, 0, 0]), times, bytes(80))
    track = box(b"trak", box(b"hdlr", bytes(8), b"soun" if sound else b"vide", bytes(12)))
    return box(b"ftyp", b"isom") + box(b"mdat", bytes(200_000)) + box(b"moov", header, track)


def test_openai__counts_an_uploaded_file(client: openai.OpenAI) -> None:
    file = client.files.create(file=("plan.txt", TEXT), purpose="user_data")
    picture = client.files.create(file=("wide.png", png(2048, 512)), purpose="vision")

    def chat(part: dict[str, Any]) -> int:
        messages: Any = [
            {"role": "user", "content": [{"type": "text", "text": "When?"}, {"type": "file", "file": part}]}
        ]
        usage = client.chat.completions.create(model="gpt-4o", messages=messages).usage
        return usage.prompt_tokens if usage else 0

    def respond(*parts: dict[str, Any]) -> int:
        asked: Any = [{"role": "user", "content": [{"type": "input_text", "text": "When?"}, *parts]}]
        usage = client.responses.create(model="gpt-4o", input=asked).usage
        counted = client.responses.input_tokens.count(model="gpt-4o", input=asked).input_tokens
        assert usage is not None and usage.input_tokens == counted
        return counted

    sent = {"filename": "plan.txt", "file_data": data_url(TEXT, "text/plain")}
    assert chat({"file_id": file.id}) > 2000
    by_id = (
        {"type": "input_file", "file_id": file.id},
        {"type": "input_image", "detail": "high", "file_id": picture.id},
    )
    shown = {"type": "input_image", "detail": "high", "image_url": data_url(png(2048, 512), "image/png")}
    assert respond(*by_id) == respond({"type": "input_file", **sent}, shown) > 2000
    client.files.delete(file.id)
    assert chat({"file_id": file.id}) < 2000


def test_openai__knows_no_file_of_another_namespace(client: openai.OpenAI, live: LiveServer) -> None:
    file = client.files.create(file=("plan.txt", TEXT), purpose="user_data")
    content: Any = [{"type": "file", "file": {"file_id": file.id}}]
    with openai.OpenAI(base_url=f"{live.url}/ns/elsewhere/v1", api_key="mock", max_retries=0) as other:
        usage = other.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": content}]).usage
    assert usage is not None and usage.prompt_tokens < 2000


def test_openai__refuses_what_is_too_long_for_the_model(client: openai.OpenAI) -> None:
    file = client.files.create(file=("long.txt", b"a 1 " * 100_000), purpose="user_data")
    content: Any = [{"type": "file", "file": {"file_id": file.id}}]
    with pytest.raises(openai.BadRequestError, match="maximum context length is 128000 tokens"):
        client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": content}])


def test_mistral__counts_an_uploaded_file(live: LiveServer) -> None:
    with Mistral(api_key="mock", server_url=f"{live.url}/mistral") as client:
        file = client.files.upload(file={"file_name": "plan.txt", "content": TEXT}, purpose="ocr")
        address = client.files.get_signed_url(file_id=file.id).url

        def chat(part: dict[str, Any]) -> int:
            messages: Any = [{"role": "user", "content": [{"type": "text", "text": "When?"}, part]}]
            return client.chat.complete(model="mistral-large-latest", messages=messages).usage.prompt_tokens or 0

        by_id = chat({"type": "file", "file_id": file.id})
        assert chat({"type": "document_url", "document_url": address}) == by_id > 2000
        client.files.delete(file_id=file.id)
        assert chat({"type": "file", "file_id": file.id}) < 2000


def test_xai__counts_an_uploaded_file(live: LiveServer) -> None:
    with openai.OpenAI(base_url=f"{live.url}/xai/v1", api_key="mock", max_retries=0) as client:
        file = client.files.create(file=("plan.txt", TEXT), purpose="assistants")

        def respond(*parts: dict[str, Any]) -> int:
            asked: Any = [{"role": "user", "content": [{"type": "input_text", "text": "When?"}, *parts]}]
            usage = client.responses.create(model="grok-4.3", input=asked).usage
            return usage.input_tokens if usage else 0

        assert respond({"type": "input_file", "file_id": file.id}) > 2000 > respond()


def test_anthropic__counts_an_uploaded_file(claude: anthropic.Anthropic) -> None:
    file = claude.beta.files.upload(file=("plan.png", png(900, 700), "image/png"))

    def count(source: dict[str, Any]) -> int:
        content: Any = [{"type": "image", "source": source}, {"type": "text", "text": "When?"}]
        messages: Any = [{"role": "user", "content": content}]
        betas = ["files-api-2025-04-14"]
        made = claude.beta.messages.create(model="claude-opus-4-6", max_tokens=50, messages=messages, betas=betas)
        if source["type"] == "file":
            with pytest.raises(anthropic.BadRequestError, match="File sources are not supported in the token counting"):
                claude.beta.messages.count_tokens(model="claude-opus-4-6", messages=messages, betas=betas)
        else:
            counted = claude.beta.messages.count_tokens(model="claude-opus-4-6", messages=messages, betas=betas)
            assert made.usage.input_tokens == counted.input_tokens
        return made.usage.input_tokens

    sent = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(png(900, 700)).decode()}
    assert count({"type": "file", "file_id": file.id}) == count(sent) > 500


@pytest.mark.parametrize(
    ("make", "media_type"),
    [
        (lambda: TEXT, "text/plain"),
        (lambda: wav(60), "audio/wav"),
        (lambda: png(900, 700), "image/png"),
        (lambda: mp4(10), "video/mp4"),
    ],
    ids=["text", "sound", "picture", "film"],
)
def test_gemini__counts_an_uploaded_file(gemini: genai.Client, make: Callable[[], bytes], media_type: str) -> None:
    data = make()
    file = gemini.files.upload(file=io.BytesIO(data), config={"mime_type": media_type})

    def count(part: Any) -> int:
        contents: Any = [part, "When?"]
        told = gemini.models.generate_content(model="gemini-2.5-flash", contents=contents).usage_metadata
        counted = gemini.models.count_tokens(model="gemini-2.5-flash", contents=contents).total_tokens
        assert told is not None and told.prompt_token_count == counted
        return counted or 0

    assert count(file) == count(genai.types.Part.from_bytes(data=data, mime_type=media_type)) > 100


@pytest.mark.parametrize("version", [0, 1])
def test_gemini__counts_a_film_by_its_seconds(gemini: genai.Client, version: int) -> None:
    def count(data: bytes, model: str = "gemini-2.5-flash") -> int:
        contents: Any = [genai.types.Part.from_bytes(data=data, mime_type="video/mp4")]
        return gemini.models.count_tokens(model=model, contents=contents).total_tokens or 0

    one = count(mp4(1, version))
    assert count(b"no film") == one
    assert count(mp4(60, version)) - one == 59 * 263  # as 2.5 was recorded to: 15,780 for a minute
    assert count(mp4(60, version, sound=True)) - count(mp4(60, version)) == 60 * 32
    assert count(mp4(10, version), "gemini-3-flash") - count(mp4(1, version), "gemini-3-flash") == 9 * 64


def test_gemini__caches_an_uploaded_file(gemini: genai.Client) -> None:
    file = gemini.files.upload(file=io.BytesIO(TEXT), config={"mime_type": "text/plain"})
    contents: Any = [file]
    cache = gemini.caches.create(model="gemini-2.5-flash", config={"contents": contents, "ttl": "300s"})
    assert cache.name is not None and cache.usage_metadata is not None
    asked = genai.types.GenerateContentConfig(cached_content=cache.name)
    told = gemini.models.generate_content(model="gemini-2.5-flash", contents="When?", config=asked).usage_metadata
    assert told is not None and told.prompt_token_count is not None
    assert told.cached_content_token_count == cache.usage_metadata.total_token_count
    assert told.prompt_token_count > (cache.usage_metadata.total_token_count or 0) > 2000
