"""Transcriptions and translations: `POST /v1/audio/transcriptions` and `/v1/audio/translations`, which take a form.

Shapes: `openai.types.audio`; the fields are its `TranscriptionCreateParams` and `TranslationCreateParams`. The words on
a wrong file, a file too large and an answer's format that a model has not are the API's own, as its users quote them.
"""

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson

from completions.conversation import Message, Prompt, Reply
from completions.event import Body, Event
from completions.exceptions import RequestError
from completions.tokens import text as tokens
from completions.wire.base import NO_ROUTE, Headers, Route
from completions.wire.fields import mapping, text, text_or_none
from completions.wire.framing import group_by_chunk
from completions.wire.multipart import Form, Upload, read_form
from completions.wire.openai import transcripts
from completions.wire.openai.base import OpenAIFormat, made_id
from completions.wire.openai.logprobs import plain_entries
from completions.wire.openai.readback import collect_usage
from completions.wire.openai.refusals import invalid_url_refusals
from completions.wire.readback import Answer
from completions.wire.validation import (
    Check,
    Problem,
    array,
    boolean,
    choice,
    decimal,
    either,
    obj,
    record,
    refuse,
    string,
    wrong_type,
)
from completions.wire.wordings import listed

SUPPORTED = ("flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm")
"""The supported file extensions."""

MAX_UPLOAD = 26_214_400
SHORTEST = 0.1

WHISPER = "whisper-1"
PLAIN = ("text", "srt", "vtt")
FORMATS = ("json", "text", "srt", "verbose_json", "vtt", "diarized_json")
OF_MODELS: Mapping[str, Collection[str]] = {
    "gpt-4o-transcribe-diarize": ("json", "text", "diarized_json"),
    "gpt-4o-transcribe": ("json", "text"),
    "gpt-4o-mini-transcribe": ("json", "text"),
    "gpt-transcribe": ("json", "text"),
    WHISPER: ("json", "text", "srt", "verbose_json", "vtt"),
}
"""The formats of answers by the start of the model's name."""

LANGUAGES = {"de": "german", "en": "english", "es": "spanish", "fr": "french", "it": "italian", "ja": "japanese",
             "ko": "korean", "nl": "dutch", "pl": "polish", "pt": "portuguese", "ru": "russian",
             "zh": "chinese"}  # fmt: skip  # a table by hand
TOKENS_PER_SECOND = 10


def _file(value: Any) -> Problem | None:
    return None if isinstance(value, Upload) else wrong_type("a file", value)


_VAD = either("one of a string or object", string=choice("auto"), object=obj)
_TRANSLATED: Mapping[str, Check] = {
    "file": _file,
    "model": string(low=1),
    "prompt": string(),
    "response_format": choice(*FORMATS[:-1]),
    "temperature": decimal(0, 1),
}
_TRANSCRIBED: Mapping[str, Check] = {
    **_TRANSLATED,
    "response_format": choice(*FORMATS),
    "chunking_strategy": _VAD,
    "include": array(choice("logprobs"), "strings"),
    "keywords": array(string(), "strings"),
    "known_speaker_names": array(string(), "strings", high=4),
    "known_speaker_references": array(string(), "strings", high=4),
    "language": string(),
    "languages": array(string(), "strings"),
    "stream": boolean,
    "timestamp_granularities": array(choice("word", "segment"), "strings"),
}
LISTS = [
    *("include", "keywords", "known_speaker_names", "known_speaker_references", "languages"),
    "timestamp_granularities",
]
TEXTS = ["model", "prompt", "language", "keywords", "known_speaker_names"]


class Transcriptions(OpenAIFormat):
    """OpenAI's transcriptions; the transcript is a script's text, or else depends on the file's bytes."""

    name = "transcriptions"
    vendor = "openai"
    refusals = invalid_url_refusals("/v1/audio/transcriptions")
    fields = _TRANSCRIBED
    lists: Sequence[str] = LISTS
    task = "transcribe"
    form = staticmethod(read_form)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read the form; the file's name is a user message, the prompt a system message."""
        document, file = self.read_request(body, headers.get("content-type") or "")
        if validate:
            self.validate(document, file, len(body))
        file = file or Upload("", "", b"")
        document["file"] = _described(file)
        prompt, model = text(document.get("prompt")), text_or_none(document.get("model"))
        return Prompt(
            format=self.name,
            task="transcribe",
            model=model,
            messages=(*([Message("system", prompt)] if prompt else []), Message("user", file.name)),
            stream="stream" in self.fields and document.get("stream") is True and model != WHISPER,
            headers=headers,
            body=document,
        )

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the transcript in the requested format."""
        format_, transcript = _format(prompt), transcript_of(reply, prompt)
        if format_ not in PLAIN:
            return super().render(reply, prompt)
        if format_ != "text":
            spans = transcripts.segments(transcript, seconds_of(prompt))
            transcript = transcripts.subtitles(spans, point="," if format_ == "srt" else ".")
        else:
            transcript += "\n"
        return Body(transcript.encode("utf-8", "replace"), "text/plain; charset=utf-8")

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the transcription."""
        transcript = transcript_of(reply, prompt)
        document: dict[str, Any] = {"text": transcript}
        match _format(prompt):
            case "verbose_json":
                document = {"task": self.task, **self._verbose(transcript, prompt)}
            case "diarized_json":
                document = {"task": self.task, "duration": seconds_of(prompt), "text": transcript}
                document["segments"] = _speakers(transcript, reply, prompt)
            case _ if _wants_logprobs(prompt):
                document["logprobs"] = plain_entries(tokens.split(transcript, prompt.model))
        return document | {"usage": _usage(transcript, prompt)}

    def events(self, reply: Reply, prompt: Prompt) -> list[Event]:
        """Return the pieces of the text, and all of it."""
        transcript = transcript_of(reply, prompt)
        wanted = _wants_logprobs(prompt)
        pieces = tokens.split(transcript, prompt.model)
        groups = group_by_chunk(pieces, pieces, prompt.per_chunk)
        deltas: list[dict[str, Any]] = [{"type": "transcript.text.delta", "delta": "".join(group)} for group in groups]
        if wanted:
            deltas = [delta | {"logprobs": plain_entries(group)} for delta, group in zip(deltas, groups, strict=True)]
        done: dict[str, Any] = {"type": "transcript.text.done", "text": transcript}
        done |= ({"logprobs": plain_entries(pieces)} if wanted else {}) | {"usage": _usage(transcript, prompt)}
        segments = [] if _format(prompt) != "diarized_json" else _speakers(transcript, reply, prompt)
        return [
            *Event.tokens(map(orjson.dumps, deltas), counts=map(len, groups)),
            *(Event(orjson.dumps(segment)) for segment in segments),
            Event(orjson.dumps(done), part="finish"),
        ]

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Take in the text and the usage, of a whole transcription or an event."""
        collect_usage(document.get("usage"), answer, "input", "output")
        kind, choice = document.get("type"), answer.choice()
        if kind == "transcript.text.delta":
            choice.add_text(document.get("delta"))
        elif kind is None:
            choice.add_text(document.get("text"))
        elif kind == "transcript.text.done":
            choice.set_finish_reason("stop", {})

    def _verbose(self, transcript: str, prompt: Prompt) -> dict[str, Any]:
        """Return the text with the times of its words or of its segments, as requested; segments are the default."""
        wanted, duration = prompt.body.get("timestamp_granularities") or ["segment"], seconds_of(prompt)
        document: dict[str, Any] = {"language": self._language(prompt), "duration": duration, "text": transcript}
        if isinstance(wanted, list) and "word" in wanted:
            document["words"] = [
                {"word": span.text, "start": span.start, "end": span.end}
                for span in transcripts.words(transcript, duration)
            ]
        if not isinstance(wanted, list) or "segment" in wanted:
            spans = transcripts.segments(transcript, duration)
            document["segments"] = [_segment(at, span, prompt) for at, span in enumerate(spans)]
        return document

    def _language(self, prompt: Prompt) -> str:
        language = text(prompt.body.get("language")) or "en"
        return LANGUAGES.get(language, language)

    def read_request(self, body: bytes, content_type: str) -> tuple[dict[str, Any], Upload | None]:
        """Return the fields of a request, and its file."""
        form = self.form(body, content_type)
        return form.document(self.lists, TEXTS), self.sound(form)

    def sound(self, form: Form) -> Upload | None:
        """Return the file to transcribe."""
        return form.files.get("file")

    def validate(self, document: dict[str, Any], file: Upload | None, size: int) -> None:
        """Raise `RequestError` for what the API refuses; `size` is that of the body in bytes."""
        if size > MAX_UPLOAD:
            why = f"Maximum content size limit ({MAX_UPLOAD}) exceeded ({size} bytes read)"
            raise RequestError(why, status=413, type="server_error")
        _check_whispers_format(document)
        refuse(record(self.fields, ("file", "model"))({**document, **({"file": file} if file else {})}))
        assert file is not None
        if file.name.rpartition(".")[2].lower() not in SUPPORTED or not file.data:
            raise RequestError(f"Invalid file format. Supported formats: {[*SUPPORTED]}")
        if transcripts.seconds(file.data) < SHORTEST and file.data[:4] == b"RIFF":
            why = f"Audio file is too short. Minimum audio length is {SHORTEST} seconds."
            raise RequestError(why, code="audio_too_short", param="file")
        _check_format(document)


class Translations(Transcriptions):
    """OpenAI's translations into English; the same, without what only transcriptions have."""

    name = "translations"
    refusals = invalid_url_refusals("/v1/audio/translations")
    fields = _TRANSLATED
    task = "translate"

    def _language(self, prompt: Prompt) -> str:
        return "english"


def _check_whispers_format(document: Mapping[str, Any]) -> None:
    """Refuse a format that Whisper does not support, with its server's wording (0xPlaygrounds/rig, September 2026)."""
    requested = document.get("response_format", "json")
    if document.get("model") != WHISPER or not isinstance(requested, str) or requested in OF_MODELS[WHISPER]:
        return
    expected = listed(("json", "text", "vtt", "srt", "verbose_json"), "or", comma="")
    problem = {"type": "enum", "loc": ("body", "response_format"), "msg": f"Input should be {expected}"}
    raise RequestError(str([{**problem, "ctx": {"expected": expected}}]))


def _check_format(document: Mapping[str, Any]) -> None:
    """Refuse a format that the model does not support, and timestamps in formats without them."""
    requested, model = document.get("response_format", "json"), document["model"]
    supported = next((formats for start, formats in OF_MODELS.items() if model.startswith(start)), FORMATS)
    if requested not in supported:
        instead = f"Use {listed(supported, 'or', comma='')} instead."
        why = f"response_format '{requested}' is not compatible with model '{model}'. {instead}"
        raise RequestError(why, code="unsupported_value", param="response_format")
    if document.get("timestamp_granularities") and requested != "verbose_json":
        raise RequestError(
            "timestamp_granularities is only supported with response_format 'verbose_json'.",
            code="unsupported_value",
            param="timestamp_granularities",
        )


def _described(file: Upload) -> dict[str, Any]:
    """Return the facts of a file that scripts and answers need."""
    return {
        "name": file.name,
        "media_type": file.media_type,
        "bytes": len(file.data),
        "sha256": hashlib.sha256(file.data).hexdigest(),
        "seconds": transcripts.seconds(file.data),
    }


def _format(prompt: Prompt) -> str:
    requested = prompt.body.get("response_format")
    return requested if isinstance(requested, str) and requested in FORMATS else "json"


def seconds_of(prompt: Prompt) -> float:
    """Return the duration of the file."""
    return float(mapping(prompt.body.get("file")).get("seconds", 0.0))


def transcript_of(reply: Reply, prompt: Prompt) -> str:
    """Return the transcript: the script's, or else one made from the file's digest."""
    scripted = next((choice.text for choice in reply.choices if choice.text is not None), None)
    if scripted is not None:
        return scripted
    file = mapping(prompt.body.get("file"))
    return transcripts.sentences(text(file.get("sha256")), seconds_of(prompt))


def _usage(transcript: str, prompt: Prompt) -> dict[str, Any]:
    """Return the cost: seconds with Whisper, tokens with the others."""
    duration = seconds_of(prompt)
    if (prompt.model or WHISPER).startswith("whisper"):
        return {"type": "duration", "seconds": math.ceil(duration)}
    audio_tokens = math.ceil(duration * TOKENS_PER_SECOND)
    prompt_tokens, output = tokens.count(prompt.system, prompt.model), tokens.count(transcript, prompt.model)
    return {
        "type": "tokens",
        "input_tokens": audio_tokens + prompt_tokens,
        "input_token_details": {"text_tokens": prompt_tokens, "audio_tokens": audio_tokens},
        "output_tokens": output,
        "total_tokens": audio_tokens + prompt_tokens + output,
    }


def _segment(at: int, span: transcripts.Span, prompt: Prompt) -> dict[str, Any]:
    temperature = prompt.body.get("temperature")
    return {
        "id": at,
        "seek": int(span.start // 30) * 3000,
        "start": span.start,
        "end": span.end,
        "text": f" {span.text}",
        "tokens": tokens.ids(f" {span.text}", prompt.model),
        "temperature": float(temperature) if isinstance(temperature, int | float) else 0.0,
        "avg_logprob": -0.25,
        "compression_ratio": 1.2,
        "no_speech_prob": 0.01,
    }


def _speakers(transcript: str, reply: Reply, prompt: Prompt) -> list[dict[str, Any]]:
    """Return the segments with their speakers, who take turns: those whose names are known, or else A and B."""
    given_names = prompt.body.get("known_speaker_names")
    names: list[Any] = given_names if isinstance(given_names, list) and given_names else ["A", "B"]
    return [
        {
            "type": "transcript.text.segment",
            "id": made_id("seg_", reply, at),
            "start": span.start,
            "end": span.end,
            "speaker": names[at % len(names)],
            "text": span.text,
        }
        for at, span in enumerate(transcripts.segments(transcript, seconds_of(prompt)))
    ]


def _wants_logprobs(prompt: Prompt) -> bool:
    included = prompt.body.get("include")
    return isinstance(included, list) and "logprobs" in included and not (prompt.model or WHISPER).startswith("whisper")
