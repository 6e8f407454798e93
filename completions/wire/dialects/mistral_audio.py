"""Mistral's transcriptions: `POST /v1/audio/transcriptions`, which takes a form.

Shapes: `TranscriptionResponse` and `TranscriptionStreamEvents` of the mistralai SDK; an answer, its usage and the
refusal of a bias were recorded on 2026-10-03. Audio costs 375 tokens for each half minute that has begun. A file's
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
from completions.wire.framing import group_by_chunk
from completions.wire.multipart import Form, Upload
from completions.wire.openai import transcripts
from completions.wire.openai.readback import collect_usage
from completions.wire.openai.transcriptions import Transcriptions, seconds_of, transcript_of
from completions.wire.readback import Answer
from completions.wire.validation import anything, array, boolean, choice, record, string

TOKENS_PER_HALF_MINUTE = 375
"""Tokens of audio."""

PROMPT_TOKENS = 3
"""Tokens of a prompt without a bias."""

MAX_FIELDS = 1000
INVALID_BIAS = re.compile(r"[\s,]")
MISTRAL = Mistral()

_REQUEST = record(
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
    """Voxtral's transcriptions: the text, segments or words if requested, and the usage."""

    lists: Sequence[str] = ("timestamp_granularities", "context_bias")

    def form(self, body: bytes, content_type: str) -> Form:
        """Read the form; the SDK sends one without a file as `application/x-www-form-urlencoded`."""
        if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
            return super().form(body, content_type)
        try:
            fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
        except ValueError as exc:
            raise RequestError("Could not parse form: it has too many fields.") from exc
        return Form({name: values[-1] for name, values in fields.items()}, {}, fields, {})

    def sound(self, form: Form) -> Upload | None:
        """Return the file, or one whose content is its address or id."""
        source = form.fields.get("file_url") or form.fields.get("file_id") or ""
        return super().sound(form) or (Upload(source, "", source.encode()) if source else None)

    def validate(self, document: dict[str, Any], file: Upload | None, size: int) -> None:
        """Raise `RequestError` if Mistral refuses the request."""
        request = {**document, **({"file": file.name} if file else {})}
        MISTRAL.refuse(_REQUEST(request), request)
        for item in texts(document.get("context_bias")):
            if INVALID_BIAS.search(item):
                problem = f"Context bias item '{item[:100]}' must not contain commas or whitespace"
                raise RequestError(problem, code="3051")

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the transcription."""
        transcript = transcript_of(reply, prompt)
        return {
            "model": reply.model or prompt.model,
            "text": transcript,
            "language": text_or_none(prompt.body.get("language")),
            "segments": _segments(transcript, prompt),
            "usage": _usage(transcript, prompt),
            "finish_reason": None,
        }

    def events(self, reply: Reply, prompt: Prompt) -> list[Event]:
        """Return the events: the language, the pieces of the text, its segments, and the whole transcription."""
        document = self.document(reply, prompt)
        pieces = tokens.split(document["text"], prompt.model)
        groups = group_by_chunk(pieces, pieces, prompt.per_chunk)
        language = {"type": "transcription.language", "audio_language": document["language"] or "en"}
        deltas = ({"type": "transcription.text.delta", "text": "".join(group)} for group in groups)
        segments = [{**segment, "type": "transcription.segment"} for segment in document["segments"]]
        return [
            _event(language),
            *Event.tokens(map(orjson.dumps, deltas), counts=map(len, groups), name="transcription.text.delta"),
            *map(_event, segments),
            _event({"type": "transcription.done", **document}, part="finish"),
        ]

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read the text and the usage back, of a whole transcription or an event."""
        kind, choice = document.get("type"), answer.choice()
        collect_usage(document.get("usage"), answer)
        if kind in (None, "transcription.text.delta"):
            choice.add_text(document.get("text"))
        elif kind == "transcription.done":
            choice.set_finish_reason("stop", {})


def _event(document: Mapping[str, Any], part: str = "") -> Event:
    return Event(orjson.dumps(document), part=part, name=document["type"])


def _segments(transcript: str, prompt: Prompt) -> list[dict[str, Any]]:
    """Return the segments or words with their times; with `diarize`, by two speakers in turn."""
    granularities, duration = texts(prompt.body.get("timestamp_granularities")), seconds_of(prompt)
    is_diarized = prompt.body.get("diarize") is True
    if not granularities and not is_diarized:
        return []
    spans = (
        transcripts.words(transcript, duration)
        if "word" in granularities
        else transcripts.segments(transcript, duration)
    )
    return [
        {
            "text": span.text,
            "start": span.start,
            "end": span.end,
            "speaker_id": f"speaker_{index % 2 + 1}" if is_diarized else None,
            "type": "transcription_segment",
        }
        for index, span in enumerate(spans)
    ]


def _usage(transcript: str, prompt: Prompt) -> dict[str, Any]:
    duration = seconds_of(prompt)
    prompt_tokens = PROMPT_TOKENS + sum(
        tokens.count(bias, prompt.model) for bias in texts(prompt.body.get("context_bias"))
    )
    audio_tokens, completion_tokens = (
        TOKENS_PER_HALF_MINUTE * max(math.ceil(duration / 30), 1),
        tokens.count(transcript, prompt.model),
    )
    return {
        "prompt_audio_seconds": math.ceil(duration),
        "prompt_tokens": prompt_tokens,
        "total_tokens": prompt_tokens + audio_tokens + completion_tokens,
        "completion_tokens": completion_tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": audio_tokens},
        "service_tier": "standard",
    }


def addresses(dialect: Mistral) -> list[Address]:
    """Return the address of Mistral's transcriptions."""
    return [Address(f"{dialect.place}audio/transcriptions", MistralTranscriptions(dialect))]
