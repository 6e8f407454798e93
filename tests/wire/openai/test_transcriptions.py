"""Transcriptions and translations: what is heard in a file, in each of the formats, whole and streamed."""

import re
from pathlib import Path
from typing import Any

import httpx
import openai
import orjson
import pytest

from completions.conversation import Choice, Prompt, Reply
from completions.event import Body
from completions.exceptions import RequestError
from completions.wire.openai import audio
from completions.wire.openai.sound_files import ENCODERS
from completions.wire.openai.transcriptions import Transcriptions, Translations
from llmclient import lite
from tests.leaky import LITELLM
from tests.scripts import World, rules
from tests.server import LiveServer

# The SDK marks translations as deprecated.
pytestmark = [*LITELLM, pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")]

WIRE = Transcriptions()
NOTHING = Reply(())
ENCODE = ENCODERS["wav"][1]
SOUND = ENCODE(audio.spoken("One two three four five six seven eight nine ten. " * 4))
SAID = Reply((Choice("The launch is on Friday. Bring the slides."),))
NEW, TIMES = "gpt-4o-transcribe", "timestamp_granularities[]"
NO_FORMAT = (
    "[{'type': 'enum', 'loc': ('body', 'response_format'), 'msg': \"Input should be 'json', 'text', 'vtt', 'srt' or "
    "'verbose_json'\", 'ctx': {'expected': \"'json', 'text', 'vtt', 'srt' or 'verbose_json'\"}}]"
)
INCOMPATIBLE = f"response_format 'verbose_json' is not compatible with model '{NEW}'. Use 'json' or 'text' instead."


def parsed(
    wire: Transcriptions = WIRE, sound: bytes = SOUND, name: str = "a.wav", *, validate: bool = True, **fields: Any
) -> Prompt:
    asked = {"model": "whisper-1"} | fields
    request = httpx.Request("POST", "http://a", files={"file": (name, sound)}, data=asked)
    headers = {"content-type": request.headers["content-type"]}
    return wire.parse(request.read(), headers, validate=validate)


def document(reply: Reply = NOTHING, **fields: Any) -> dict[str, Any]:
    return WIRE.document(reply, parsed(**fields))


def test_text__is_decided_by_the_file_and_as_long_as_it() -> None:
    first = document()["text"]
    assert document(name="b.wav", prompt="Hm")["text"] == first
    assert document(sound=SOUND[:-2] + b"\x01\x01")["text"] != first
    assert len(document(sound=ENCODE(audio.spoken("word " * 200)))["text"]) > 2 * len(first)


@pytest.mark.parametrize("kind", sorted(set(ENCODERS) - {"pcm"}))
def test_duration__is_read_from_files_of_all_kinds(kind: str) -> None:
    samples = audio.spoken("word " * 30)
    heard = document(sound=ENCODERS[kind][1](samples), response_format="verbose_json")
    assert heard["duration"] == pytest.approx(audio.seconds_of(samples), abs=0.05)


@pytest.mark.parametrize("start", [b"fLaC", b"OggS", b"OggS" + bytes(24) + b"OpusHead", b"\xff\xf1", b"\xff\xf3"])
@pytest.mark.parametrize("rest", [b"", bytes(60), b"\xff" * 60])
def test_duration__of_a_file_that_is_broken_is_any(start: bytes, rest: bytes) -> None:
    assert document(sound=start + rest, response_format="verbose_json")["duration"] >= 0


def test_usage__is_seconds_or_tokens() -> None:
    seconds = audio.seconds_of(SOUND)
    assert document()["usage"] == {"type": "duration", "seconds": pytest.approx(seconds, abs=1)}
    usage = document(SAID, model=NEW, prompt="Names: Anna")["usage"]
    assert usage["type"] == "tokens" and usage["input_token_details"]["text_tokens"] > 0
    assert usage["input_token_details"]["audio_tokens"] == pytest.approx(seconds * 10, abs=1)
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


def test_verbose__has_segments_or_words_within_the_file_s_time() -> None:
    asked: dict[str, Any] = {"response_format": "verbose_json"}
    found = document(SAID, **asked, language="de")
    assert (found["task"], found["language"], "words" in found) == ("transcribe", "german", False)
    assert [each["text"] for each in found["segments"]] == [" The launch is on Friday.", " Bring the slides."]
    assert found["segments"][-1]["end"] == found["duration"] == pytest.approx(audio.seconds_of(SOUND), abs=0.02)
    assert all(segment["tokens"] for segment in found["segments"])
    found = document(SAID, **asked, **{TIMES: ["word"]})
    assert [each["word"] for each in found["words"]] == [
        "The",
        "launch",
        "is",
        "on",
        "Friday",
        "Bring",
        "the",
        "slides",
    ]
    assert "segments" not in found
    assert all(one["end"] <= two["start"] for one, two in zip(found["words"], found["words"][1:], strict=False))
    found = document(SAID, **asked, **{TIMES: ["word", "segment"]})
    assert found["words"] and found["segments"]


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        ("text", r"The launch is on Friday\. Bring the slides\.\n"),
        (
            "srt",
            r"1\n00:00:00,000 --> 00:00:\d\d,\d{3}\nThe launch is on Friday\.\n\n2\n.* --> .*\nBring the slides\.\n\n",
        ),
        ("vtt", r"WEBVTT\n\n00:00:00\.000 --> 00:00:\d\d\.\d{3}\nThe launch is on Friday\.\n\n.* --> .*\nBring .*\n\n"),
    ],
)
def test_plain_formats__are_texts(kind: str, pattern: str) -> None:
    body: Body = WIRE.render(SAID, parsed(response_format=kind))
    assert body.media_type == "text/plain; charset=utf-8"
    assert re.fullmatch(pattern, body.data.decode())


def test_diarized__names_the_speakers_that_it_knows() -> None:
    model = "gpt-4o-transcribe-diarize"
    found = document(SAID, model=model, response_format="diarized_json", **{"known_speaker_names[]": ["Anna", "Ben"]})
    assert [(each["speaker"], each["text"]) for each in found["segments"]] == [
        ("Anna", "The launch is on Friday."),
        ("Ben", "Bring the slides."),
    ]


def test_events__fold_to_the_text() -> None:
    included: dict[str, Any] = {"include[]": ["logprobs"]}
    prompt = parsed(model=NEW, stream="true", **included)
    assert prompt.stream
    *deltas, done = [orjson.loads(event.data) for event in WIRE.events(SAID, prompt)]
    assert "".join(each["delta"] for each in deltas) == done["text"] == SAID.choices[0].text
    assert [each for delta in deltas for each in delta["logprobs"]] == done["logprobs"]
    assert done["usage"]["type"] == "tokens"
    assert not parsed(stream="true").stream, "whisper-1 has no streams, and ignores that one is asked for"


def test_translation__is_english() -> None:
    found = Translations().document(SAID, parsed(Translations(), response_format="verbose_json"))
    assert (found["task"], found["language"]) == ("translate", "english")


@pytest.mark.parametrize(
    ("fields", "status", "message", "param", "code"),
    [
        ({"name": "a.txt"}, 400, "Invalid file format. Supported formats: ['flac', 'm4a',", None, None),
        ({"sound": ENCODE(bytes(100))}, 400, "Audio file is too short.", "file", "audio_too_short"),
        ({"sound": b"\xff\xfb\x90\xc4" * 7_000_000}, 413, "Maximum content size limit (26214400)", None, None),
        ({"model": NEW, "response_format": "verbose_json"}, 400, INCOMPATIBLE, "response_format", "unsupported_value"),
        ({"response_format": "xml"}, 400, NO_FORMAT, None, None),
        ({"model": NEW, "response_format": "xml"}, 400, "Invalid value: 'xml'.", "response_format", "invalid_value"),
        ({"temperature": "2"}, 400, "Invalid 'temperature': decimal above", "temperature", "decimal_above_max_value"),
        ({"temperature": "warm"}, 400, "Invalid type for 'temperature'", "temperature", "invalid_type"),
        ({TIMES: "word"}, 400, "timestamp_granularities is only", "timestamp_granularities", "unsupported_value"),
        ({"voice": "alloy"}, 400, "Unknown parameter: 'voice'.", "voice", "unknown_parameter"),
    ],
    ids=range(10),
)  # fmt: skip  # a table by hand
def test_refuses__what_the_api_refuses(
    fields: dict[str, Any], status: int, message: str, param: str | None, code: str | None
) -> None:
    with pytest.raises(RequestError) as error:
        parsed(**fields)
    assert error.value.message.startswith(message)
    assert (error.value.status, error.value.param, error.value.code) == (status, param, code)


def test_refuses__a_form_without_a_file_and_what_is_no_form() -> None:
    headers = {"content-type": "Multipart/Form-Data; Boundary=x"}  # media types and parameters have no case
    field = b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
    with pytest.raises(RequestError, match=r"Missing required parameter: 'file'"):
        WIRE.parse(field % (b"model", b"whisper-1") + b"--x--\r\n", headers, validate=True)
    with pytest.raises(RequestError, match="multipart form: it has too many fields or files"):
        WIRE.parse(field % (b"model", b"m") * 5000 + b"--x--\r\n", headers, validate=False)
    with pytest.raises(RequestError, match="Could not parse multipart form"):  # which breaks off after a file
        WIRE.parse(
            (field % (b'file"; filename="a.wav', b"RIFF")) + field % (b"a", b"b") * 5000, headers, validate=False
        )
    with pytest.raises(RequestError, match="expected multipart/form-data"):
        WIRE.parse(b"{}", {"content-type": "application/json"}, validate=False)


@pytest.mark.parametrize("fields", [{"timestamp_granularities": "7", "include": "x"}, {"a[b]": "1", "model": "m"}])
@pytest.mark.parametrize("kind", ["json", "verbose_json", "diarized_json", "srt", "?"])
@pytest.mark.parametrize("sound", [b"RIFF", b"\xff\xe3\x00\x00\x00", b"x"])
def test_unvalidated__answers_anything(fields: dict[str, Any], kind: str, sound: bytes) -> None:
    prompt = parsed(sound=sound, name="x", validate=False, response_format=kind, **fields)
    assert WIRE.render(Reply(()), prompt).data and WIRE.events(Reply(()), prompt)


@pytest.mark.parametrize("wire", [WIRE, Translations()])
def test_refuses__a_text_in_place_of_a_file(wire: Transcriptions) -> None:
    field = b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
    form = field % (b"file", b"x") + field % (b"model", b"whisper-1") + b"--x--\r\n"
    with pytest.raises(RequestError, match=r"'file': expected a file, but got a string instead"):
        wire.parse(form, {"content-type": "multipart/form-data; boundary=x"}, validate=True)


async def test_script__speaks_by_the_file_s_name(tmp_path: Path) -> None:
    world = World(
        tmp_path, rules("- match: {format: transcriptions, last_user: meeting}\n  reply: We met.\n- reply: Hi")
    )
    for name, heard in (("meeting.wav", "We met."), ("a.wav", document()["text"])):
        outcome = await world.outcome(prompt := parsed(name=name))
        assert outcome.reply and WIRE.document(outcome.reply, prompt)["text"] == heard


SCRIPT = """
version: 1
rules:
- {match: {format: transcriptions, last_user: busy}, error: {status: 429, retry_after_ms: 1}}
- match: {format: [transcriptions, translations], last_user: meeting}
  reply: We met on Monday.
- reply: Hi
"""


def test_sdk__transcribes_and_translates(live: LiveServer) -> None:
    with openai.OpenAI(
        base_url=f"{live.url}/v1", api_key="k", max_retries=0, _strict_response_validation=True
    ) as client:
        heard, file = client.audio.transcriptions, ("meeting.wav", SOUND)
        assert heard.create(model="whisper-1", file=file).text == "We met on Monday."
        assert heard.create(model="whisper-1", file=file, response_format="text") == "We met on Monday.\n"
        verbose = heard.create(
            model="whisper-1", file=file, response_format="verbose_json", timestamp_granularities=["word", "segment"]
        )
        assert verbose.words and verbose.segments and verbose.words[-1].end == verbose.duration
        with heard.create(model=NEW, file=file, stream=True, include=["logprobs"]) as stream:
            events = list(stream)
        assert [event.type for event in events] == ["transcript.text.delta"] * 5 + ["transcript.text.done"]
        assert client.audio.translations.create(model="whisper-1", file=file).text == "We met on Monday."
        with pytest.raises(openai.RateLimitError):
            heard.create(model="whisper-1", file=("busy.wav", SOUND))
    shown = httpx.get(f"{live.url}/_mock/exchanges").json()["exchanges"][-1]
    assert shown["status"] == 200


def test_litellm__transcribes(live: LiveServer) -> None:
    answer = lite.load().transcription(
        model="openai/whisper-1", file=("meeting.wav", SOUND), api_base=f"{live.url}/v1", api_key="k"
    )
    assert answer.text == "We met on Monday."
