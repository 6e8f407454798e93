"""Mistral's transcriptions: `POST /v1/audio/transcriptions`, which takes a form.

Shapes: `TranscriptionResponse` and `TranscriptionStreamEvents` of the mistralai SDK; an answer, its usage and the
refusal of a bias were recorded on 2026-10-03. Sound costs 375 tokens for each half minute that has begun. A file's
address or id is not looked up; it decides the text, as the bytes of a file do.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import orjson

from completions.conversation import Prompt, Reply
from completions.event import Event
from completions.exceptions import RequestError
from completions.tokens import text as tokens
from completions.wire.address import Address
from completions.wire.dialects.mistral import Mistral
from completions.wire.fields import text_or_none, texts
from completions.wire.framing import grouped
from completions.wire.multipart import Form, Upload
from completions.wire.openai import transcripts
from completions.wire.openai.readback import collect_usage
from completions.wire.openai.transcriptions import Transcriptions, heard, seconds_of
from completions.wire.readback import Answer
from completions.wire.validation import anything, array, boolean, choice, record, string

PER_HALF_MINUTE = 375
"""Tokens of sound."""

FRAME = 3
"""Tokens of a prompt without a bias."""

MAX_FIELDS = 1000
UNFIT = re.compile(r"[\s,]")
MISTRAL = Mistral()

_ASKED = record(
    {
        "model": string(),
        "file": anything,
        "stream": boolean,
        "diarize": boolean,
        "timestamp_granularities": array(choice("segment", "word"), "strings"),
    },
    ("model", "file"),
    others=True,
)


class MistralTranscriptions(Transcriptions):
    """What Voxtral hears: the text, segments or words if they are asked for, and the usage."""

    lists: Sequence[str] = ("timestamp_granularities", "context_bias")

    def form(self, body: bytes, content_type: str) -> Form:
        """Read the form; one without a file comes as the SDK sends it, in the way of an address's query."""
        if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
            return super().form(body, content_type)
        try:
            every = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
        except ValueError as exc:
            raise RequestError("Could not parse form: it has too many fields.") from exc
        return Form({name: values[-1] for name, values in every.items()}, {}, every, {})

    def sound(self, form: Form) -> Upload | None:
        """Return the file, or one that stands for its address or id."""
        named = form.fields.get("file_url") or form.fields.get("file_id") or ""
        return super().sound(form) or (Upload(named, "", named.encode()) if named else None)

    def validate(self, document: dict[str, Any], file: Upload | None, size: int) -> None:
        """Raise `RequestError` for what Mistral refuses."""
        given = {**document, **({"file": file.name} if file else {})}
        MISTRAL.refuse(_ASKED(given), given)
        for item in texts(document.get("context_bias")):
            if UNFIT.search(item):
                why = f"Context bias item '{item[:100]}' must not contain commas or whitespace"
                raise RequestError(why, code="3051")

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the transcription."""
        said = heard(reply, prompt)
        return {
            "model": reply.model or prompt.model,
            "text": said,
            "language": text_or_none(prompt.body.get("language")),
            "segments": _segments(said, prompt),
            "usage": _usage(said, prompt),
            "finish_reason": None,
        }

    def events(self, reply: Reply, prompt: Prompt) -> list[Event]:
        """Return the language, the pieces of the text, its segments, and all of it."""
        document = self.document(reply, prompt)
        pieces = tokens.split(document["text"], prompt.model)
        groups = grouped(pieces, pieces, prompt.per_chunk)
        language = {"type": "transcription.language", "audio_language": document["language"] or "en"}
        deltas = ({"type": "transcription.text.delta", "text": "".join(group)} for group in groups)
        segments = [{**each, "type": "transcription.segment"} for each in document["segments"]]
        return [
            _event(language),
            *Event.tokens(map(orjson.dumps, deltas), counts=map(len, groups), name="transcription.text.delta"),
            *map(_event, segments),
            _event({"type": "transcription.done", **document}, part="finish"),
        ]

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Take in the text and the usage, of a whole transcription or an event."""
        kind, voice = document.get("type"), answer.voice()
        collect_usage(document.get("usage"), answer)
        if kind in (None, "transcription.text.delta"):
            voice.says(document.get("text"))
        elif kind == "transcription.done":
            voice.ends("stop", {})


def _event(document: Mapping[str, Any], part: str = "") -> Event:
    return Event(orjson.dumps(document), part=part, name=document["type"])


def _segments(said: str, prompt: Prompt) -> list[dict[str, Any]]:
    """Return the segments or words with their times, by speakers who take turns if these are to be told apart."""
    wanted, duration = texts(prompt.body.get("timestamp_granularities")), seconds_of(prompt)
    diarized = prompt.body.get("diarize") is True
    if not wanted and not diarized:
        return []
    spans = transcripts.words(said, duration) if "word" in wanted else transcripts.segments(said, duration)
    return [
        {
            "text": span.text,
            "start": span.start,
            "end": span.end,
            "speaker_id": f"speaker_{at % 2 + 1}" if diarized else None,
            "type": "transcription_segment",
        }
        for at, span in enumerate(spans)
    ]


def _usage(said: str, prompt: Prompt) -> dict[str, Any]:
    duration = seconds_of(prompt)
    asked = FRAME + sum(tokens.count(each, prompt.model) for each in texts(prompt.body.get("context_bias")))
    sound, told = PER_HALF_MINUTE * max(math.ceil(duration / 30), 1), tokens.count(said, prompt.model)
    return {
        "prompt_audio_seconds": math.ceil(duration),
        "prompt_tokens": asked,
        "total_tokens": asked + sound + told,
        "completion_tokens": told,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": sound},
        "service_tier": "standard",
    }


def addresses(dialect: Mistral) -> list[Address]:
    """Return the address of Mistral's transcriptions."""
    return [Address(f"{dialect.place}audio/transcriptions", MistralTranscriptions(dialect))]
