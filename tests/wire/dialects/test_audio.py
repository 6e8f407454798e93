"""Groq's and Mistral's audio, through their SDKs and LiteLLM, and OpenRouter's."""

import base64
from collections.abc import Iterator
from typing import Any

import groq
import httpx
import mistralai.client
import mistralai.client.errors
import orjson
import pytest

from completions.conversation import Choice, Reply
from completions.exceptions import RequestError
from completions.wire.dialects.openrouter_audio import OPENROUTER, OpenRouterSpeech, OpenRouterTranscriptions
from completions.wire.openai.audio import seconds_of, spoken
from completions.wire.openai.sound_files import ENCODERS
from llmclient import lite
from tests.leaky import LITELLM
from tests.server import LiveServer

pytestmark = LITELLM

SAMPLES = spoken("One two three four five. " * 3)
SOUND = ENCODERS["wav"][1](SAMPLES)
FILE = ("a.wav", SOUND)
SCRIPT = """\
version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}, fallback: auto, validate: true}
rules:
- {match: {format: [transcriptions, translations], last_user: meeting}, reply: "We met. The launch is on Friday."}
- {match: {format: [transcriptions, speech], last_user: busy}, error: 429}
"""


@pytest.fixture
def fast(live: LiveServer) -> Iterator[groq.Groq]:
    with groq.Groq(api_key="k", base_url=f"{live.url}/groq", max_retries=0) as client:
        yield client


@pytest.fixture
def voxtral(live: LiveServer) -> Iterator[mistralai.client.Mistral]:
    with mistralai.client.Mistral(api_key="k", server_url=f"{live.url}/mistral") as client:
        yield client


def sent(live: LiveServer, place: str, files: Any = (("file", FILE),), **fields: Any) -> dict[str, Any]:
    answer = httpx.post(f"{live.url}/{place}", files=list(files) or [("no", "file")], data=fields)
    return {"status": answer.status_code, **answer.json()}


def test_groq__hears_a_file(fast: groq.Groq, live: LiveServer) -> None:
    heard = fast.audio.transcriptions.create(file=("meeting.wav", SOUND), model="whisper-large-v3")
    assert heard.text == " We met. The launch is on Friday."
    told = sent(live, "groq/openai/v1/audio/transcriptions", model="whisper-large-v3-turbo")
    assert list(told) == ["status", "text", "x_groq"] and told["x_groq"]["id"].startswith("req_")
    asked = {"model": "whisper-large-v3", "response_format": "verbose_json", "language": "de"}
    told = sent(live, "groq/openai/v1/audio/transcriptions", **asked)
    assert list(told) == ["status", "task", "language", "duration", "text", "segments", "x_groq"]
    assert (told["task"], told["language"]) == ("transcribe", "German")
    assert told["duration"] == pytest.approx(seconds_of(SAMPLES), abs=0.02)
    said = fast.audio.translations.create(file=FILE, model="whisper-large-v3", response_format="verbose_json")
    assert said.to_dict()["language"] == "English" and said.to_dict()["task"] == "translate"
    plain: Any = fast.audio.transcriptions.create(file=FILE, model="whisper-large-v3", response_format="text")
    assert plain.startswith(" ")
    first, again = (fast.audio.transcriptions.create(url="https://a.example/a.mp3", model="w").text for _ in range(2))
    assert first == again and first.strip()
    with pytest.raises(groq.RateLimitError):
        fast.audio.transcriptions.create(file=("busy.wav", SOUND), model="whisper-large-v3")


@pytest.mark.parametrize(
    ("files", "fields", "message"),
    [
        ([("file", ("audio", SOUND))], {}, "file must be one of the following types: [flac mp3 mp4 mpeg mpga m4a ogg"),
        ([("file", ("a.wav", b""))], {}, "could not process file - is it a valid media file?"),
        ([], {}, "file or url is required"),
        ([("file", FILE)], {"model": ""}, "model is required"),
        ([("file", FILE)], {"response_format": "srt"}, "`response_format` must be one of [json text verbose_json]"),
        (
            [("file", FILE)],
            {"prompt": "я" * 449},
            "prompt length must be 896 characters or fewer, but provided prompt contains 898 characters",
        ),
        ([("file", FILE)], {"timestamp_granularities[]": "word"}, "`timestamp_granularities` is only supported"),
    ],
    ids=range(7),
)
def test_groq__refuses(live: LiveServer, files: Any, fields: dict[str, Any], message: str) -> None:
    for place in ("transcriptions", "translations"):
        told = sent(live, f"groq/openai/v1/audio/{place}", files, **{"model": "whisper-large-v3", **fields})
        assert told["status"] == 400 and told["error"]["message"].startswith(message)
        assert told["error"]["type"] == "invalid_request_error" and "param" not in told["error"]


def test_groq__says_wav_alone(fast: groq.Groq) -> None:
    asked: dict[str, Any] = {"model": "canopylabs/orpheus-v1-english", "voice": "hannah", "input": "Hello"}
    assert fast.audio.speech.create(**asked, response_format="wav").read().startswith(b"RIFF")
    unsaid: dict[str, Any] = {}
    for more in (unsaid, {"response_format": "mp3"}):
        with pytest.raises(groq.BadRequestError, match="response_format must be one of"):
            fast.audio.speech.create(**asked, **more)
    with pytest.raises(groq.BadRequestError, match="voice is required"):
        fast.audio.speech.create(**{**asked, "voice": ""}, response_format="wav")


def test_mistral__hears_a_file(voxtral: mistralai.client.Mistral) -> None:
    heard = voxtral.audio.transcriptions
    file: Any = {"file_name": "meeting.wav", "content": SOUND}
    answer = heard.complete(model="voxtral-mini-latest", file=file, context_bias=["Friday"])
    assert answer.text == "We met. The launch is on Friday." and answer.model == "voxtral-mini-latest"
    usage = answer.usage.model_dump()
    assert (usage["prompt_audio_seconds"], usage["prompt_tokens_details"]["audio_tokens"]) == (5, 375)
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] + 375
    assert (answer.language, answer.segments) == (None, [])
    timed = heard.complete(model="voxtral-mini-latest", file=file, timestamp_granularities=["segment"], diarize=True)
    assert [each.text for each in timed.segments or ()] == ["We met.", "The launch is on Friday."]
    assert [each.speaker_id for each in timed.segments or ()] == ["speaker_1", "speaker_2"]
    words = heard.complete(model="voxtral-mini-latest", file=file, timestamp_granularities=["word"])
    assert [each.text for each in words.segments or ()] == ["We", "met", "The", "launch", "is", "on", "Friday"]
    by_address = heard.complete(model="voxtral-mini-latest", file_url="https://a.example/a.mp3", language="fr")
    assert by_address.text and by_address.language == "fr"


def test_mistral__streams(voxtral: mistralai.client.Mistral) -> None:
    file: Any = {"file_name": "meeting.wav", "content": SOUND}
    with voxtral.audio.transcriptions.stream(
        model="voxtral-mini-latest", file=file, timestamp_granularities=["segment"]
    ) as stream:
        events: list[Any] = [event.data for event in stream]
    kinds = [event.type for event in events]
    assert kinds[0] == "transcription.language" and kinds[-3:-1] == ["transcription.segment"] * 2
    assert "".join(event.text for event in events if event.type == "transcription.text.delta") == events[-1].text
    assert kinds[-1] == "transcription.done" and events[-1].usage.prompt_tokens


def test_mistral__refuses(live: LiveServer) -> None:
    place = "mistral/v1/audio/transcriptions"
    told = sent(live, place, model="voxtral-mini-latest", context_bias="Aral Pulse")
    assert (told["status"], told["code"]) == (400, "3051")
    assert told["message"] == "Context bias item 'Aral Pulse' must not contain commas or whitespace"
    told = sent(live, place, [], model="voxtral-mini-latest")
    assert (told["status"], told["detail"][0]["loc"]) == (422, ["body", "file"])


@pytest.mark.parametrize("kind", ["wav", None])
def test_mistral__speaks_whole_and_in_events(voxtral: mistralai.client.Mistral, kind: Any) -> None:
    asked = {"model": "voxtral-mini-tts-2603", "input": "We met.", "voice_id": "en_paul_neutral"}
    asked |= {"response_format": kind} if kind else {}
    speech: Any = voxtral.audio.speech
    whole = speech.complete(**asked)
    sound = base64.b64decode(whole.audio_data)
    assert sound.startswith(b"RIFF") if kind else sound[:1] == b"\xff" or sound.startswith(b"ID3")
    with speech.complete(**asked, stream=True) as stream:
        events = [event.data for event in stream]
    assert b"".join(base64.b64decode(event.audio_data) for event in events[:-1]) == sound
    assert events[-1].type == "speech.audio.done" and events[-1].usage.completion_tokens


def test_mistral__refuses_a_speech_without_a_text(live: LiveServer) -> None:
    answer = httpx.post(f"{live.url}/mistral/v1/audio/speech", json={"response_format": "aac"})
    [detail] = answer.json()["detail"]
    assert (answer.status_code, detail["loc"], detail["msg"]) == (422, ["body", "input"], "Field required")


async def test_mistral__speaks_asynchronously(live: LiveServer) -> None:
    async with mistralai.client.Mistral(api_key="k", server_url=f"{live.url}/mistral") as client:
        assert (await client.audio.speech.complete_async(input="We met.")).audio_data
        with pytest.raises(mistralai.client.errors.SDKError, match="Rate limit"):
            await client.audio.speech.complete_async(input="busy", retries=None)


def test_litellm__hears_and_says(live: LiveServer) -> None:
    litellm = lite.load()
    asked: dict[str, Any] = {"file": ("meeting.wav", SOUND), "api_key": "k"}
    heard = litellm.transcription(model="groq/whisper-large-v3", api_base=f"{live.url}/groq/openai/v1", **asked)
    assert heard.text == " We met. The launch is on Friday."
    heard = litellm.transcription(model="mistral/voxtral-mini-latest", api_base=f"{live.url}/mistral/v1", **asked)
    assert heard.text == "We met. The launch is on Friday."
    to_say: dict[str, Any] = {"input": "We met.", "voice": "alloy", "response_format": "wav", "api_key": "k"}
    said = litellm.speech(model="mistral/voxtral-mini-tts-2603", api_base=f"{live.url}/mistral/v1", **to_say)
    assert said.content.startswith(b"RIFF")


ROUTED, ALOUD = OpenRouterTranscriptions(OPENROUTER), OpenRouterSpeech(OPENROUTER)
GIVEN = {"data": base64.b64encode(SOUND).decode(), "format": "wav"}
ENGLISH = "We met."


def routed(**asked: Any) -> dict[str, Any]:
    """Return what OpenRouter hears in a request in JSON."""
    body = orjson.dumps({"model": "openai/whisper-1", "input_audio": GIVEN, **asked})
    prompt = ROUTED.parse(body, {"content-type": "application/json"}, validate=True)
    answer: dict[str, Any] = orjson.loads(ROUTED.render(Reply((Choice(None),)), prompt).data)
    return answer


def test_openrouter__hears_what_json_has() -> None:
    told = routed()
    assert list(told) == ["text", "usage"] and list(told["usage"]) == ["seconds", "cost"]
    assert told["usage"]["seconds"] == pytest.approx(seconds_of(SAMPLES), abs=0.02) and told["usage"]["cost"] > 0
    assert list(routed(response_format="verbose_json")) == ["task", "language", "duration", "text", "segments", "usage"]
    usage = routed(model="openai/gpt-4o-transcribe")["usage"]
    assert list(usage) == ["total_tokens", "input_tokens", "output_tokens", "cost"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"] > 0
    second = base64.b64encode(bytes(32_000)).decode()
    assert routed(input_audio={"data": second, "format": "pcm"})["usage"]["seconds"] == 1.0
    address = {"input_audio": {"url": "https://a.example/a.mp3"}}
    assert routed(**address)["text"] == routed(**address)["text"] != told["text"]


def test_openrouter__hears_a_form() -> None:
    request = httpx.Request("POST", "http://mock", data={"model": "openai/whisper-1"}, files={"file": FILE})
    prompt = ROUTED.parse(request.read(), {"content-type": request.headers["content-type"]}, validate=True)
    assert ROUTED.document(Reply((Choice(ENGLISH),)), prompt)["text"] == ENGLISH
    assert (prompt.last_user, prompt.stream) == ("a.wav", False)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"input_audio": None}, "'input_audio'"),
        ({"input_audio": {"data": GIVEN["data"]}}, "Missing required parameter: 'input_audio.format'"),
        ({"input_audio": {"data": "%%", "format": "wav"}}, "Invalid base64 audio data"),
        ({"response_format": "srt"}, "'json' and 'verbose_json'"),
        ({"model": ""}, "'model'"),
    ],
)
def test_openrouter__refuses_what_it_cannot_hear(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestError) as raised:
        routed(**asked)
    assert words in raised.value.message and raised.value.status == 400
    told = {"message": raised.value.message, "code": 400}
    assert ROUTED.error(raised.value) == {"error": told, "user_id": "user_mock"}


def test_openrouter__says_samples_unless_told_otherwise() -> None:
    def said(**more: Any) -> tuple[str, int]:
        body = orjson.dumps({"model": "openai/tts-1", "input": ENGLISH, **more})
        prompt = ALOUD.parse(body, {}, validate=True)
        sound = ALOUD.render(Reply((Choice(None),)), prompt)
        return sound.media_type, len(sound.data)

    assert said()[0] == "audio/pcm" and said(response_format="mp3")[0] == "audio/mpeg"
    turns = [{"text": ENGLISH, "voice": "a"}, {"text": ENGLISH, "voice": "b"}]
    assert said(input=turns)[1] > said()[1]
    with pytest.raises(RequestError, match="'mp3' and 'pcm'"):
        said(response_format="wav")
