"""Speech: sounds whose length follows the text, whole and as events."""

import base64
import hashlib
import io
import wave
from array import array
from pathlib import Path
from typing import Any

import openai
import orjson
import pytest

from completions.conversation import Choice, Prompt, Reply, Usage
from completions.exceptions import RequestError
from completions.wire.openai.audio import seconds_of, spoken
from completions.wire.openai.sound_files import ENCODERS
from completions.wire.openai.speech import Speech
from completions.wire.picture import Picture
from completions.wire.picture_files import MEDIA_TYPES, Encoding, file_of
from llmclient import lite
from tests.browser import browser
from tests.leaky import LITELLM
from tests.scripts import World, rules
from tests.server import LiveServer

pytestmark = LITELLM

WIRE = Speech()
NOTHING = Reply(())
ASKED = {"model": "gpt-4o-mini-tts", "input": "Hello there, world", "voice": "alloy"}


def parsed(validate: bool = True, **body: Any) -> Prompt:
    return WIRE.parse(orjson.dumps(ASKED | body), {}, validate=validate)


def seconds(data: bytes) -> float:
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 24_000)
        frames: int = file.getnframes()
        return frames / 24_000


def sound(reply: Reply = NOTHING, **body: Any) -> bytes:
    return WIRE.render(reply, parsed(**({"response_format": "wav"} | body))).data


def test_render__lasts_as_long_as_the_text_at_its_speed() -> None:
    short, long = seconds(sound(input="Hello")), seconds(sound(input="Hello " * 20))
    assert 0.2 < short < 1 and long == pytest.approx(20 * short, rel=0.01)
    assert seconds(sound(input="Hello", speed=2)) == pytest.approx(short / 2, rel=0.01)


def test_render__is_the_same_again_and_another_by_voice_and_words() -> None:
    assert sound() == sound()
    assert len({sound(), sound(voice="echo"), sound(input="Hallo there, world")}) == 3


def test_render__says_the_script_s_text() -> None:
    assert sound(Reply((Choice("Hi"),))) == sound(input="Hi")


@pytest.mark.parametrize(
    ("kind", "media_type", "begins"),
    [
        ("wav", "audio/wav", b"RIFF"),
        ("pcm", "audio/pcm", b"\0\0"),
        ("mp3", "audio/mpeg", b"\xff\xf3"),
        (None, "audio/mpeg", b"\xff\xf3"),
        ("flac", "audio/flac", b"fLaC"),
        ("opus", "audio/opus", b"OggS"),
        ("aac", "audio/aac", b"\xff\xf1"),
    ],
)
def test_render__has_the_format_that_is_asked_for(kind: str | None, media_type: str, begins: bytes) -> None:
    asked: dict[str, Any] = {"response_format": kind} if kind else {}
    body = WIRE.render(Reply(()), parsed(**asked))
    assert body.media_type == media_type and body.data.startswith(begins)


def test_flac__holds_the_samples() -> None:
    samples = sound(input="word " * 40, response_format="pcm")
    data, found, at = sound(input="word " * 40, response_format="flac"), array("h"), 42
    assert data[26:42] == hashlib.md5(samples).digest() and len(samples) > 2 * 2 * 4096
    while at < len(data):
        number = 1 + (data[at + 4] > 127)  # bytes of the frame's number
        count = int.from_bytes(data[at + 4 + number : at + 6 + number], "big") + 1
        start = at + 8 + number
        found.frombytes(data[start : start + 2 * count])
        at = start + 2 * count + 2
    found.byteswap()
    assert found.tobytes() == samples


async def test_files__are_played_and_shown_by_a_browser() -> None:
    samples = spoken("Hello there, world")
    sounds = {kind: encode(samples) for kind, (_, encode) in ENCODERS.items() if kind != "pcm"}
    pictures = {kind: file_of(Picture("MAZE", 320, 160), Encoding(kind)) for kind in MEDIA_TYPES}
    async with browser() as started:
        page = await started.new_page()
        for kind, data in sounds.items():
            seconds = await page.evaluate(PLAYED, base64.b64encode(data).decode())
            assert seconds == pytest.approx(seconds_of(samples), abs=0.1), kind
        for kind, data in pictures.items():
            address = f"data:{MEDIA_TYPES[kind]};base64,{base64.b64encode(data).decode()}"
            assert await page.evaluate(SHOWN, address) == [320, 160], kind


PLAYED = """async packed => {
    const bytes = Uint8Array.from(atob(packed), letter => letter.charCodeAt(0));
    return (await new OfflineAudioContext(1, 1, 24000).decodeAudioData(bytes.buffer)).duration;
}"""
SHOWN = """async address => {
    const image = new Image();
    image.src = address;
    await image.decode();
    return [image.naturalWidth, image.naturalHeight];
}"""


def test_events__join_to_the_sound_and_end_with_the_usage() -> None:
    prompt = parsed(stream_format="sse", response_format="wav")
    assert prompt.stream
    *deltas, done = WIRE.events(Reply((), usage=Usage(4, 0)), prompt)
    assert len(deltas) == 4 and all(event.token for event in deltas) and not done.token
    documents = [orjson.loads(event.data) for event in deltas]
    assert {document["type"] for document in documents} == {"speech.audio.delta"}
    assert b"".join(base64.b64decode(document["audio"]) for document in documents) == sound()
    said = int(20 * seconds(sound()))
    usage = {"input_tokens": 4, "output_tokens": said, "total_tokens": said + 4}
    assert orjson.loads(done.data) == {"type": "speech.audio.done", "usage": usage}


@pytest.mark.parametrize(
    ("body", "message", "param", "code"),
    [
        ({"input": "a" * 4097}, "Invalid 'input': string too long.", "input", "string_above_max_length"),
        ({"input": ""}, "Invalid 'input': empty string.", "input", "empty_string"),
        ({"voice": "bob"}, "Invalid value: 'bob'. Supported values are: 'alloy',", "voice", "invalid_value"),
        ({"voice": {}}, "Missing required parameter: 'voice.id'.", "voice.id", "missing_required_parameter"),
        ({"speed": 5}, "Invalid 'speed': decimal above maximum value.", "speed", "decimal_above_max_value"),
        ({"response_format": "ogg"}, "Invalid value: 'ogg'.", "response_format", "invalid_value"),
        ({"model": "tts-1", "stream_format": "sse"}, "Unsupported value:", "stream_format", "unsupported_value"),
        ({"stream": True}, "Unknown parameter: 'stream'.", "stream", "unknown_parameter"),
    ],
    ids=range(8),
)
def test_refuses__what_the_api_refuses(body: Any, message: str, param: str, code: str) -> None:
    with pytest.raises(RequestError) as error:
        parsed(**body)
    assert error.value.message.startswith(message)
    assert (error.value.status, error.value.param, error.value.code) == (400, param, code)


@pytest.mark.parametrize("body", [{"input": None}, {"voice": 7}, {"speed": "x"}, {"response_format": []}])
def test_unvalidated__answers_anything(body: dict[str, Any]) -> None:
    assert isinstance(WIRE.render(Reply(()), parsed(validate=False, **body)).data, bytes)


async def test_script__speaks_only_where_it_names_the_format(tmp_path: Path) -> None:
    world = World(tmp_path, rules("- match: {format: speech, last_user: name}\n  reply: Anna\n- reply: Hi"))
    for asked, said in (("Your name", "Anna"), ("Hello", "Hello")):
        outcome = await world.outcome(prompt := parsed(input=asked, response_format="wav"))
        assert outcome.reply and WIRE.render(outcome.reply, prompt).data == sound(input=said)


SCRIPT = """
version: 1
rules:
- {match: {format: speech, last_user: busy}, error: {status: 429, retry_after_ms: 1}}
- reply: Hi
"""


def test_sdk__speaks(live: LiveServer, tmp_path: Path) -> None:
    with openai.OpenAI(base_url=f"{live.url}/v1", api_key="k", max_retries=0) as client:
        asked: dict[str, Any] = {"model": "gpt-4o-mini-tts", "voice": "alloy", "response_format": "wav"}
        whole = client.audio.speech.create(input="Hello there", **asked)
        assert seconds(whole.content) > 0.5
        create = client.audio.speech.with_streaming_response.create
        with create(input="Hello there", **asked) as response:
            response.stream_to_file(tmp_path / "hello.wav")
        assert (tmp_path / "hello.wav").read_bytes() == whole.content
        with create(input="Hello there", stream_format="sse", **asked) as response:
            lines = [orjson.loads(line[6:]) for line in response.iter_lines() if line]
        assert [line["type"] for line in lines] == ["speech.audio.delta"] * 2 + ["speech.audio.done"]
        with pytest.raises(openai.RateLimitError):
            client.audio.speech.create(input="busy", **asked)


def test_litellm__speaks(live: LiveServer) -> None:
    litellm = lite.load()
    answer = litellm.speech(
        model="openai/gpt-4o-mini-tts", input="Hello", voice="alloy", api_base=f"{live.url}/v1", api_key="k"
    )
    assert answer.content[:2] == b"\xff\xf3"
