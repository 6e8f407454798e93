"""Pictures and speech of Gemini's models, through google-genai, LiteLLM and Vertex AI's addresses."""

import base64
import io
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import pytest
from google import genai
from google.genai import types
from google.oauth2.credentials import Credentials
from PIL import Image

from llmclient import lite
from tests.leaky import LITELLM_WARNS
from tests.server import LiveServer

SCRIPT = """\
version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}, fallback: auto}
rules:
  - match: {last_user: held back}
    reply: {text: "", finish_reason: content_filter}
  - match: {last_user: refused}
    reply: {refusal: I cannot draw that.}
  - match: {last_user: {contains: said}}
    reply: Here is your picture.
  - match: {format: gemini, model: {startswith: imagen}, last_user: scripted}
    reply: Another picture.
  - match: {format: gemini, last_user: busy}
    error: 429
"""
PLACE = "/v1beta1/projects/p/locations/global/publishers/google/models/"
FLASH, NEW, PRO = "gemini-2.5-flash-image", "gemini-3.1-flash-image", "gemini-3-pro-image"
TTS = "gemini-2.5-flash-preview-tts"


@pytest.fixture(scope="module")
def client(live: LiveServer) -> genai.Client:
    return genai.Client(api_key="k", http_options=types.HttpOptions(base_url=live.url))


credentials: Callable[..., Credentials] = Credentials


def media_in(parts: Iterable[types.Part] | None) -> list[bytes]:
    """Return the bytes of the pictures and sounds among the parts of an answer."""
    return [part.inline_data.data or b"" for part in parts or () if part.inline_data]


@pytest.fixture(scope="module")
def vertex(live: LiveServer) -> genai.Client:
    return genai.Client(
        vertexai=True,
        project="p",
        location="global",
        credentials=credentials(token="t"),
        http_options=types.HttpOptions(base_url=live.url),
    )


def asked(live: LiveServer, model: str, words: str = "A red cat", **config: Any) -> Any:
    body = {"contents": [{"parts": [{"text": words}]}], "generationConfig": config}
    answer = httpx.post(f"{live.url}/v1beta/models/{model}:generateContent?key=k", json=body, timeout=600)
    return answer.json() | {"status": answer.status_code}


def drawn(inline: dict[str, str]) -> tuple[int, int]:
    """Return the edges of a picture."""
    with Image.open(io.BytesIO(base64.b64decode(inline["data"]))) as image:
        assert image.get_format_mimetype() == inline["mimeType"]
        return image.size


def test_picture__stands_behind_a_text_and_costs_its_tokens(live: LiveServer) -> None:
    answer = asked(live, FLASH)
    (candidate,) = answer["candidates"]
    text, picture = candidate["content"]["parts"]
    assert candidate["finishReason"] == "STOP" and text["text"] and drawn(picture["inlineData"]) == (1024, 1024)
    usage = answer["usageMetadata"]
    assert usage["candidatesTokensDetails"] == [{"modality": "IMAGE", "tokenCount": 1290}]
    assert usage["candidatesTokenCount"] > 1290
    assert usage["totalTokenCount"] == usage["promptTokenCount"] + usage["candidatesTokenCount"]


@pytest.mark.parametrize("modalities", [["IMAGE"], ["Image"], ["image"]])
def test_picture__stands_alone_where_only_that_is_asked(live: LiveServer, modalities: list[str]) -> None:
    answer = asked(live, FLASH, responseModalities=modalities)
    assert [list(part) for part in answer["candidates"][0]["content"]["parts"]] == [["inlineData"]]
    assert answer["usageMetadata"]["candidatesTokenCount"] == 1290


def test_picture__is_the_same_for_the_same_words(live: LiveServer) -> None:
    drawings = [asked(live, NEW, words)["candidates"][0]["content"]["parts"][-1] for words in "aab"]
    first, again, other = (drawing["inlineData"] for drawing in drawings)
    assert first == again != other


@pytest.mark.parametrize(
    ("model", "config", "size", "cost"),
    [
        (FLASH, {"aspectRatio": "16:9", "imageSize": "4K"}, (1344, 768), 1290),  # it knows no sizes
        (NEW, {}, (1408, 768), 1120),
        (NEW, {"aspectRatio": "8:1"}, (2928, 352), 1120),
        (NEW, {"imageSize": "512"}, (704, 384), 1120),
        (PRO, {"aspectRatio": "1:1", "imageSize": "4K"}, (4096, 4096), 2000),
        ("gemini-3.1-flash-lite-image", {"aspect_ratio": "2:3", "image_size": "1K"}, (848, 1264), 1120),
    ],
)
def test_picture__has_the_size(
    live: LiveServer, model: str, config: dict[str, str], size: tuple[int, int], cost: int
) -> None:
    answer = asked(live, model, responseModalities=["IMAGE"], imageConfig=config)
    assert drawn(answer["candidates"][0]["content"]["parts"][0]["inlineData"]) == size
    assert answer["usageMetadata"]["candidatesTokenCount"] == cost


def test_picture__is_as_its_format_asks(live: LiveServer) -> None:
    asks = {"aspectRatio": "ASPECT_RATIO_ONE_BY_ONE", "image_size": "image_size_four_k", "mimeType": "IMAGE_JPEG"}
    answer = asked(live, PRO, responseModalities=["IMAGE"], responseFormat={"image": asks})
    assert drawn(answer["candidates"][0]["content"]["parts"][0]["inlineData"]) == (4096, 4096)
    assert answer["usageMetadata"]["candidatesTokenCount"] == 2000


@pytest.mark.parametrize(
    ("model", "options", "kind"),
    [
        (FLASH, {}, "image/png"),
        (NEW, {}, "image/jpeg"),
        (NEW, {"mimeType": "image/png"}, "image/png"),
        (FLASH, {"mimeType": "image/jpeg", "compressionQuality": 20}, "image/jpeg"),
    ],
)
def test_picture__has_the_format_of_its_model_or_that_is_asked_for(
    vertex: genai.Client, model: str, options: Any, kind: str
) -> None:
    asks = types.GenerateContentConfig(
        response_modalities=["IMAGE"], image_config=types.ImageConfig(image_output_options=options)
    )
    answer = vertex.models.generate_content(model=model, contents="A red cat", config=asks)
    picture = (answer.parts or [])[0].inline_data
    assert picture and picture.data and picture.mime_type == kind
    assert drawn({"mimeType": kind, "data": base64.b64encode(picture.data).decode()})


@pytest.mark.parametrize(
    ("model", "words", "modalities", "reason"),
    [
        (FLASH, "held back", ["IMAGE"], "NO_IMAGE"),
        (PRO, "held back", ["IMAGE"], "IMAGE_SAFETY"),
        (FLASH, "refused", ["IMAGE"], "NO_IMAGE"),
        (FLASH, "", ["IMAGE"], "NO_IMAGE"),
        (FLASH, "refused", ["TEXT", "IMAGE"], "STOP"),
    ],
)
def test_picture__is_none(live: LiveServer, model: str, words: str, modalities: list[str], reason: str) -> None:
    (candidate,) = asked(live, model, words, responseModalities=modalities)["candidates"]
    assert candidate["finishReason"] == reason and "inlineData" not in str(candidate)
    assert ("finishMessage" in candidate) == (reason == "IMAGE_SAFETY")


@pytest.mark.parametrize(
    ("model", "asks", "message"),
    [
        (FLASH, {"responseModalities": ["BANANA"]}, "Invalid value at 'generation_config.response_modalities[0]'"),
        (FLASH, {"imageConfig": {"aspectRatio": "3:7"}}, "aspect_ratio must be one of '1:1', '1:4'"),
        (FLASH, {"imageConfig": {"aspectRatio": "1:4"}}, "Aspect ratio 1:4 is not supported for this model"),
        (PRO, {"imageConfig": {"imageSize": "8K"}}, "Unsupported image_size '8K'. Supported values are: 1K, 2K, 4K"),
        ("gemini-3.1-flash-lite-image", {"imageConfig": {"imageSize": "2K"}}, "Image size 2K is not supported"),
        (FLASH, {"imageConfig": {"personGeneration": "ALLOW_ALL"}}, 'Unknown name "personGeneration"'),
        (FLASH, {"imageConfig": {"negativePrompt": "dogs"}}, 'Unknown name "negativePrompt"'),
        (FLASH, {"candidateCount": 2}, "Multiple candidates is not enabled for this model"),
        ("gemini-2.5-pro", {"frequencyPenalty": 0.5}, "Penalty is not enabled for models/gemini-2.5-pro"),
        ("gemini-2.5-pro", {"responseLogprobs": True}, "Logprobs is not enabled for models/gemini-2.5-pro"),
        ("gemini-3-flash-preview", {"responseLogprobs": True}, "Logprobs is not enabled for this model"),
        ("gemini-3.8-flash", {"presencePenalty": -0.5}, "Penalty is not enabled for this model"),
        (
            "gemma-3-27b-it",
            {"responseMimeType": "application/json"},
            "JSON mode is not enabled for models/gemma-3-27b-it",
        ),
        *(
            (
                model,
                {"thinkingConfig": {"thinkingLevel": level}},
                f"Thinking level {level} is not supported for this model. Please retry with other thinking level.",
            )
            for model, level in (
                ("gemini-3.1-pro-preview", "MINIMAL"),
                ("gemini-flash-latest", "MINIMAL"),
                ("gemini-pro-latest", "MINIMAL"),
                ("gemini-3.1-flash-image-preview", "LOW"),
            )
        ),
        ("gemini-3.5-flash-lite", {"thinkingConfig": {"thinkingBudget": 0}}, "Request contains an invalid argument."),
        (
            "gemini-3.1-pro-preview",
            {"thinkingConfig": {"thinkingLevel": "low", "thinkingBudget": 200}},
            "You can only set only one of thinking budget and thinking level.",
        ),
        *(
            (
                model,
                {"thinkingConfig": {"thinkingLevel": 1, "thinkingBudget": 0}},
                "You can only set only one of thinking budget and thinking level.",
            )
            for model in ("gemini-3-flash-preview", "gemini-3.6-flash", "gemini-flash-latest")
        ),
        (
            "gemini-2.5-flash",
            {"thinkingConfig": {"thinkingLevel": "low", "thinkingBudget": 0}},
            "Thinking level is not",
        ),
        (
            "gemini-2.5-flash",
            {"maxOutputTokens": 100_000},
            "Unable to submit request because it has a maxOutputTokens value of 100000 but the supported range is from "
            "1 (inclusive) to 65537 (exclusive). Update the value and try again.",
        ),
        ("gemini-2.5-flash", {"responseModalities": ["IMAGE"]}, "the requested response modalities: image"),
        ("gemini-2.5-flash", {"responseModalities": ["AUDIO"]}, "the requested response modalities: audio"),
        (TTS, {}, "The requested combination of response modalities (TEXT) is not supported by the model."),
        (
            TTS,
            {
                "responseModalities": ["AUDIO"],
                "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Alloy"}}},
            },
            "Voice name Alloy is not supported. Allowed voice names are: achernar, ",
        ),
    ],
)
def test_refuses__what_the_api_refuses(live: LiveServer, model: str, asks: dict[str, Any], message: str) -> None:
    answer = asked(live, model, **asks)
    assert (answer["status"], answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert message in answer["error"]["message"]


def test_sdk__draws(client: genai.Client, vertex: genai.Client) -> None:
    for each in (client, vertex):
        answer = each.models.generate_content(model=NEW, contents="What is said?")
        assert answer.text == "Here is your picture."
        picture = (answer.parts or [])[1].as_image()
        assert picture and (picture.image_bytes or b"").startswith(b"\xff\xd8") and answer.usage_metadata
        details = {each.modality: each.token_count for each in answer.usage_metadata.candidates_tokens_details or ()}
        assert details[types.MediaModality.IMAGE] == 1120


def test_sdk__streams_a_picture(client: genai.Client) -> None:
    chunks = list(client.models.generate_content_stream(model=FLASH, contents="What is said?"))
    parts = [part for chunk in chunks for part in chunk.parts or ()]
    assert "".join(part.text or "" for part in parts) == "Here is your picture."
    whole = client.models.generate_content(model=FLASH, contents="What is said?")
    assert media_in(parts) == media_in(whole.parts) and len(media_in(parts)) == 1
    assert chunks[-1].usage_metadata == whole.usage_metadata


def test_sdk__speaks_and_streams_the_same_sound(client: genai.Client) -> None:
    voice = types.VoiceConfig(prebuilt_voice_config=types.PrebuiltVoiceConfig(voice_name="Kore"))
    spoken = types.GenerateContentConfig(
        response_modalities=["AUDIO"], speech_config=types.SpeechConfig(voice_config=voice)
    )
    whole = client.models.generate_content(model=TTS, contents="Have a wonderful day!", config=spoken)
    (part,) = whole.parts or []
    assert part.inline_data and part.inline_data.mime_type == "audio/L16;codec=pcm;rate=24000" and part.inline_data.data
    seconds = len(part.inline_data.data) / 2 / 24_000
    assert 1 < seconds < 3 and whole.usage_metadata
    assert whole.usage_metadata.candidates_token_count == round(25 * seconds)
    chunks = list(client.models.generate_content_stream(model=TTS, contents="Have a wonderful day!", config=spoken))
    pieces = [part.inline_data.data or b"" for chunk in chunks for part in chunk.parts or () if part.inline_data]
    assert len(pieces) > 1 and b"".join(pieces) == part.inline_data.data
    assert chunks[-1].usage_metadata == whole.usage_metadata


def test_speech__has_a_voice_for_each_speaker(client: genai.Client) -> None:
    def said(**voices: str) -> bytes:
        speakers = [
            types.SpeakerVoiceConfig(
                speaker=name,
                voice_config=types.VoiceConfig(prebuilt_voice_config=types.PrebuiltVoiceConfig(voice_name=voice)),
            )
            for name, voice in voices.items()
        ]
        both = types.MultiSpeakerVoiceConfig(speaker_voice_configs=speakers)
        spoken = types.GenerateContentConfig(
            response_modalities=["AUDIO"], speech_config=types.SpeechConfig(multi_speaker_voice_config=both)
        )
        answer = client.models.generate_content(model=TTS, contents="Joe: Hello\nJane: Hello", config=spoken)
        return media_in(answer.parts)[0]

    same, other = said(Joe="Kore", Jane="Kore"), said(Joe="Kore", Jane="Puck")
    half = len(same) // 2
    assert same[:half] == same[half:] and other[:half] == same[:half] and other[half:] != same[half:]


@pytest.mark.filterwarnings("ignore:The generate_images method is deprecated")
def test_imagen__is_drawn_by_predict(live: LiveServer, vertex: genai.Client) -> None:
    asks = types.GenerateImagesConfig(number_of_images=2, aspect_ratio="16:9")
    made = vertex.models.generate_images(model="imagen-4.0-generate-001", prompt="A red cat", config=asks)
    first, second = [each.image for each in made.generated_images or ()]
    assert first and second and first.image_bytes != second.image_bytes and first.mime_type == "image/png"
    asks = types.GenerateImagesConfig(output_mime_type="image/jpeg", output_compression_quality=30)
    made = vertex.models.generate_images(model="imagen-4.0-generate-001", prompt="A red cat", config=asks)
    (jpeg,) = [each.image for each in made.generated_images or ()]
    assert jpeg and jpeg.image_bytes and jpeg.image_bytes.startswith(b"\xff\xd8") and jpeg.mime_type == "image/jpeg"
    body = {"instances": [{"prompt": "scripted"}], "parameters": {"sampleCount": 1, "sampleImageSize": "2K"}}
    for place in ("/v1beta/models/", PLACE):
        answer = httpx.post(f"{live.url}{place}imagen-4.0-generate-001:predict?key=k", json=body, timeout=600).json()
        (prediction,) = answer["predictions"]
        assert drawn({"mimeType": prediction["mimeType"], "data": prediction["bytesBase64Encoded"]}) == (2048, 2048)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"instances": []}, "Empty instances."),
        ({}, "Empty instances."),
        ({"instances": [{"prompt": ""}]}, "instances[0].prompt"),
        ({"instances": [{"prompt": 7}]}, "instances[0].prompt"),
        ({"instances": [{"prompt": "a"}], "parameters": {"sampleCount": 9}}, "sampleCount must be in the range"),
        ({"instances": [{"prompt": "a"}], "parameters": {"aspectRatio": "2:1"}}, "aspectRatio must be one of 1:1,"),
        (
            {"instances": [{"prompt": "a"}], "parameters": {"outputOptions": {"mimeType": "image/webp"}}},
            "mimeType must be one of image/png, image/jpeg.",
        ),
        ({"instances": [{"prompt": "busy"}]}, ""),
    ],
)
def test_imagen__refuses(live: LiveServer, body: dict[str, Any], message: str) -> None:
    url = f"{live.url}/v1beta/models/imagen-4.0-generate-001:predict?key=k"
    answer = httpx.post(url, json=body, timeout=600)
    assert answer.status_code == (400 if message else 429) and message in answer.json()["error"]["message"]


@LITELLM_WARNS
def test_litellm__draws(live: LiveServer) -> None:
    litellm = lite.load()
    for model in (FLASH, "imagen-4.0-generate-001"):
        answer = litellm.image_generation(
            model=f"gemini/{model}", prompt="A red cat", api_base=f"{live.url}/v1beta", api_key="k"
        )
        assert base64.b64decode(answer.data[0].b64_json).startswith(b"\x89PNG")


@LITELLM_WARNS
def test_litellm__speaks(live: LiveServer) -> None:
    """As its `speech` does it for Gemini, which takes no address of one's own."""
    answer = lite.load().completion(
        model=f"gemini/{TTS}",
        messages=[{"role": "user", "content": "Hello there"}],
        modalities=["audio"],
        audio={"voice": "Kore", "format": "pcm16"},
        api_base=f"{live.url}/v1beta/models/{TTS}",
        api_key="k",
    )
    sound = base64.b64decode(answer.choices[0].message.audio.data)
    assert len(sound) > 10_000 and answer.usage.completion_tokens_details.audio_tokens > 10
