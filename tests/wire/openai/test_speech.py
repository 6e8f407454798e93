"""Speech: sounds whose length follows the text, whole and as events."""

import base64
import io
import wave
from pathlib import Path
from typing import Any

import openai
import orjson
import pytest

from completions.conversation import Choice, Prompt, Reply, Usage
from completions.exceptions import RequestError
from completions.wire.openai.speech import Speech
from llmclient import lite
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
    ("kind", "media_type"), [("wav", "audio/wav"), ("pcm", "audio/pcm"), ("mp3", "audio/mpeg"), (None, "audio/mpeg")]
)
def test_render__has_the_format_that_is_asked_for(kind: str | None, media_type: str) -> None:
    asked: dict[str, Any] = {"response_format": kind} if kind else {}
    body = WIRE.render(Reply(()), parsed(**asked))
    samples = sound()[44:]
    assert body.media_type == media_type
    match kind:
        case "wav":
            assert body.data[:4] == b"RIFF" and body.data[44:] == samples
        case "pcm":
            assert body.data == samples
        case _:
            frames = {body.data[at : at + 96] for at in range(0, len(body.data), 96)}
            assert frames == {b"\xff\xf3\x44\xc0" + bytes(92)}
            assert len(body.data) // 96 == -(-len(samples) // 2 // 576)


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
        ({"response_format": "opus"}, "This mock has no encoder for 'opus'.", "response_format", "unsupported_value"),
        ({"model": "tts-1", "stream_format": "sse"}, "Unsupported value:", "stream_format", "unsupported_value"),
        ({"stream": True}, "Unknown parameter: 'stream'.", "stream", "unknown_parameter"),
    ],
    ids=range(9),
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
