"""OpenAI's custom voices and their consents, through its SDK against a live server."""

import io
import wave
from collections.abc import Iterator
from typing import Any

import openai
import pytest

SCRIPT = """version: 1
rules:
- match: {format: [voice, voice_consent], metadata: {name: chosen}}
  reply: {auto: true, id: "{{ prompt.format }}_chosen"}
- match: {format: voice, metadata: {name: refused}}
  error: {status: 403, message: No voices today.}
- reply: {auto: true}
"""


def sound(seconds: float) -> bytes:
    """Return a WAV file of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writing:
        writing.setnchannels(1)
        writing.setsampwidth(1)
        writing.setframerate(8000)
        writing.writeframes(bytes(int(8000 * seconds)))
    return file.getvalue()


RECORDING: Any = ("me.wav", sound(1), "audio/wav")


@pytest.fixture
def client(place: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{place}/v1", api_key="k", max_retries=0, _strict_response_validation=True) as made:
        yield made


def test_voice__of_a_recording_needs_a_consent(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="Voice consent with id 'cons_none' not found"):
        client.audio.voices.create(name="Mine", audio_sample=RECORDING, consent="cons_none")
    consent = client.audio.voice_consents.create(name="Me", language="en-US", recording=RECORDING)
    assert (consent.name, consent.language, consent.object) == ("Me", "en-US", "audio.voice_consent")
    voice = client.audio.voices.create(name="007", audio_sample=RECORDING, consent=consent.id)
    assert (voice.name, voice.type, voice.object) == ("007", "audio_sample", "audio.voice")
    assert client.audio.speech.create(model="gpt-4o-mini-tts", voice={"id": voice.id}, input="Hi").content
    deleted = client.audio.voices.delete(voice.id)
    assert (deleted.id, deleted.deleted, deleted.object) == (voice.id, True, "audio.voice.deleted")
    with pytest.raises(openai.NotFoundError, match=f"Voice with id '{voice.id}' not found"):
        client.audio.voices.delete(voice.id)


def test_voice__of_a_prompt_keeps_it(client: openai.OpenAI) -> None:
    voice = client.audio.voices.create(name="chosen", prompt="Warm and calm.", type="prompt", model="auto")
    assert (voice.id, voice.type, voice.prompt) == ("voice_chosen", "prompt", "Warm and calm.")
    with pytest.raises(openai.PermissionDeniedError, match="No voices today"):
        client.audio.voices.create(name="refused", prompt="Warm and calm.", type="prompt")


def test_consent__is_listed_renamed_and_removed(client: openai.OpenAI) -> None:
    made = [
        client.audio.voice_consents.create(name=name, language="de", recording=RECORDING) for name in ("a", "chosen")
    ]
    assert made[1].id == "voice_consent_chosen"
    assert [each.id for each in client.audio.voice_consents.list(limit=1)] == [made[1].id, made[0].id]
    assert client.audio.voice_consents.update(made[0].id, name="b").name == "b"
    assert client.audio.voice_consents.retrieve(made[0].id).name == "b"
    assert client.audio.voice_consents.delete(made[0].id).deleted
    with pytest.raises(openai.NotFoundError):
        client.audio.voice_consents.retrieve(made[0].id)


def test_voices__are_twenty_at_most(client: openai.OpenAI) -> None:
    voices = [client.audio.voices.create(name=str(at), prompt="Warm.", type="prompt") for at in range(20)]
    with pytest.raises(openai.BadRequestError, match="at most 20"):
        client.audio.voices.create(name="one more", prompt="Warm.", type="prompt")
    client.audio.voices.delete(voices[3].id)
    client.audio.voices.create(name="one more", prompt="Warm.", type="prompt")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"type": "song"}, "type"),
        ({"type": "prompt"}, "prompt"),
        ({"type": "prompt", "prompt": "  "}, "prompt"),
        ({"type": "prompt", "prompt": "Warm.", "consent": "cons_1"}, "consent"),
        ({"type": "prompt", "prompt": 5}, "prompt"),
        ({"type": []}, "type"),
        ({}, "consent"),
        ({"consent": "cons_1"}, "audio_sample"),
        ({"consent": "cons_1", "audio_sample": "text"}, "audio_sample"),
    ],
)
def test_voice__with_a_wrong_field_is_refused(client: openai.OpenAI, body: Any, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/audio/voices", body={"name": "Mine", **body}, cast_to=object)
    assert caught.value.param == param


@pytest.mark.parametrize(
    ("recording", "why"),
    [
        (("me.txt", b"Hi", "text/plain"), "Unsupported MIME type 'text/plain'"),
        (("me.wav", sound(31), "audio/wav"), "The sample lasts 31.0 seconds; at most 30 are allowed"),
        (("me.mp3", bytes(10 * 1024 * 1024 + 1), "audio/mpeg"), "at most 10485760 are allowed"),
    ],
)
def test_sample__that_is_no_good_is_refused(client: openai.OpenAI, recording: Any, why: str) -> None:
    consent = client.audio.voice_consents.create(name="Me", language="en", recording=RECORDING)
    with pytest.raises(openai.BadRequestError, match=why) as caught:
        client.audio.voices.create(name="Mine", audio_sample=recording, consent=consent.id)
    assert caught.value.param == "audio_sample"
