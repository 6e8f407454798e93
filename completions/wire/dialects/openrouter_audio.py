"""OpenRouter's transcriptions, which take JSON or a form, and its speech.

Sources: OpenRouter's guides and `STTRequest`, `STTResponse`, `STTUsage` and `SpeechRequest` of its SDK for Python
(1.3.84). The error for data that is not base64 is ours. A file's address is not fetched; it decides the text, as the
bytes of a file do.
"""

import binascii
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from completions.conversation import Message, Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.address import Address
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.dialects.openrouter import OpenRouter
from completions.wire.dialects.openrouter_costs import DEFAULT_COST
from completions.wire.fields import dicts, mapping, text
from completions.wire.multipart import Upload
from completions.wire.openai.sound_files import wav
from completions.wire.openai.speech import Speech
from completions.wire.openai.transcriptions import Transcriptions, Translations, seconds_of
from completions.wire.validation import (
    Problem,
    anything,
    array,
    boolean,
    choice,
    decimal,
    either,
    missing,
    record,
    string,
)

OPENROUTER = OpenRouter()
PCM_RATE = 16_000
"""Samples per second of audio without a header."""

MODELS_PAID_BY_TOKENS = "gpt-4o"
"""Part of the names of models that are paid by tokens; others are paid by seconds."""

_INPUT = {"data": string(), "url": string(low=1), "format": string(low=1)}


def _check_sound(value: Any) -> Problem | None:
    """Check the audio: data with its format, or an address."""
    problem = record(_INPUT)(value)
    if problem is not None or "url" in value:
        return problem
    missing_field = next((key for key in ("data", "format") if key not in value), None)
    return missing(missing_field, value, _INPUT) if missing_field else None


_TRANSCRIPTION_REQUEST = record(
    {
        "model": string(low=1),
        "input_audio": _check_sound,
        "diarize": boolean,
        "keyterms": array(string(), "strings"),
        "language": string(),
        "response_format": choice("json", "verbose_json"),
        "temperature": decimal(),
        "timestamp_granularities": array(choice("segment", "word"), "strings"),
    },
    ("input_audio", "model"),
    others=True,
)
_TURN = record({"text": string(), "instructions": string(), "voice": string()}, ("text",), others=True)
_SPEECH_REQUEST = record(
    {
        "model": string(low=1),
        "input": either("one of a string or array", string=string(low=1), array=array(_TURN, "objects", low=1)),
        "instructions": string(),
        "response_format": choice("mp3", "pcm"),
        "speed": decimal(),
        "voice": string(),
        "input_references": anything,
    },
    ("input", "model"),
    others=True,
)


class OpenRouterTranscriptions(Transcriptions):
    """OpenRouter's transcriptions: a text with its cost, and times if requested; there are no streams."""

    fields = Translations.fields
    lists: Sequence[str] = ("timestamp_granularities", "keyterms")

    def read_request(self, body: bytes, content_type: str) -> tuple[dict[str, Any], Upload | None]:
        """Read the request; it is JSON unless it is a form."""
        if content_type.partition(";")[0].strip().lower() == "multipart/form-data":
            return super().read_request(body, content_type)
        document = decode_object(body)
        audio = mapping(document.get("input_audio"))
        if address := text(audio.get("url")):
            return document, Upload(address, "", address.encode("utf-8", "replace"))
        format = text(audio.get("format"))
        if not audio:
            return document, None
        return document, Upload(f"audio.{format}", "", _decoded(text(audio.get("data")), format))

    def validate(self, document: dict[str, Any], file: Upload | None, size: int) -> None:
        """Raise `RequestError` if OpenRouter refuses the request; the file of a form counts as the input."""
        request = document if file is None else {"input_audio": {"url": file.name or "file"}, **document}
        OPENROUTER.refuse(_TRANSCRIPTION_REQUEST(request), request)
        if file is None or not file.data:
            raise RequestError("Invalid base64 audio data", param="input_audio.data")

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the transcription."""
        document = super().document(reply, prompt)
        if MODELS_PAID_BY_TOKENS in (prompt.model or ""):
            usage = {key: document["usage"][key] for key in ("total_tokens", "input_tokens", "output_tokens")}
            return document | {"usage": usage | {"cost": usage["total_tokens"] * DEFAULT_COST}}
        seconds = seconds_of(prompt)
        return document | {"usage": {"seconds": seconds, "cost": seconds * DEFAULT_COST}}


class OpenRouterSpeech(Speech):
    """OpenRouter's speech: samples unless MP3 is requested; of several turns, the texts."""

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request for speech."""
        prompt = super().parse(body, headers, validate=validate, route=route)
        turn_texts = "\n".join(text(turn.get("text")) for turn in dicts(prompt.body.get("input")))
        messages = (*prompt.messages[:-1], Message("user", turn_texts)) if turn_texts else prompt.messages
        return replace(prompt, messages=messages, stream=False, body={"response_format": "pcm", **prompt.body})

    def validate(self, document: dict[str, Any]) -> None:
        """Raise `RequestError` if OpenRouter refuses the request."""
        OPENROUTER.refuse(_SPEECH_REQUEST(document), document)


def _decoded(data: str, format: str) -> bytes:
    """Return the bytes of the audio, none if the data is not base64; samples get a header."""
    try:
        raw = binascii.a2b_base64(data)
    except ValueError:
        return b""
    return wav(raw, PCM_RATE) if format == "pcm" and raw else raw


def addresses(dialect: OpenRouter) -> list[Address]:
    """Return the addresses of OpenRouter's audio."""
    prefix = f"{dialect.place}audio/"
    return [
        Address(f"{prefix}transcriptions", OpenRouterTranscriptions(dialect)),
        Address(f"{prefix}speech", OpenRouterSpeech(dialect)),
    ]
