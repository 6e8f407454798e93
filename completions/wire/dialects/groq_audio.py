"""Groq's transcriptions, translations and speech, which have OpenAI's shapes and rules of their own.

Sources: an answer recorded on 2026-10-09, and refusals that several projects quote, as measured in August and September
2026: of files without a known end, of prompts by their bytes, of formats. A file's address is not asked; it decides the
text, as the bytes of a file do.
"""

from collections.abc import Sequence
from typing import Any

from completions.conversation import Prompt, Reply
from completions.event import Body
from completions.exceptions import RequestError
from completions.wire.address import Address
from completions.wire.dialects.groq import Groq, request_id
from completions.wire.fields import text
from completions.wire.multipart import Form, Upload
from completions.wire.openai.speech import Speech
from completions.wire.openai.transcriptions import PLAIN, Transcriptions, Translations, heard

KINDS = ("flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "opus", "wav", "webm")
"""The ends of the names of files that are taken."""

FORMATS = ("json", "text", "verbose_json")
MAX_PROMPT = 896
"""Bytes."""

MAX_FILE = 100 * 1024 * 1024
"""Bytes of an upload in the developer's tier (Groq's page on speech to text)."""


class GroqTranscriptions(Transcriptions):
    """What Groq hears: the text behind a space, and the id of the request."""

    fields = Translations.fields
    lists: Sequence[str] = ("timestamp_granularities",)

    def sound(self, form: Form) -> Upload | None:
        """Return the file, or one that stands for its address."""
        address = form.fields.get("url", "")
        return super().sound(form) or (Upload(address, "", address.encode()) if address else None)

    def validate(self, document: dict[str, Any], file: Upload | None, size: int) -> None:
        """Raise `RequestError` for what Groq refuses."""
        if size > MAX_FILE:
            raise RequestError("Request Entity Too Large", status=413, code="request_too_large")
        if not text(document.get("model")):
            raise RequestError("model is required")
        if file is None:
            raise RequestError("file or url is required")
        if (asked := document.get("response_format", "json")) not in FORMATS:
            raise RequestError(f"`response_format` must be one of [{' '.join(FORMATS)}]")
        if (told := len(text(document.get("prompt")).encode("utf-8", "replace"))) > MAX_PROMPT:
            why = f"prompt length must be {MAX_PROMPT} characters or fewer"
            raise RequestError(f"{why}, but provided prompt contains {told} characters")
        if "url" not in document and file.name.rpartition(".")[2].lower() not in KINDS:
            raise RequestError(f"file must be one of the following types: [{' '.join(KINDS)}]")
        if not file.data:
            raise RequestError("could not process file - is it a valid media file?", code="invalid_media_file")
        if document.get("timestamp_granularities") and asked != "verbose_json":
            raise RequestError("`timestamp_granularities` is only supported with `response_format` of `verbose_json`")

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return what was heard; a text alone is behind a space too."""
        body = super().render(reply, prompt)
        return body._replace(data=b" " + body.data) if prompt.body.get("response_format") in PLAIN else body

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the transcription."""
        document = super().document(reply, prompt)
        del document["usage"]
        if "language" in document:
            document["language"] = document["language"].capitalize()
        return document | {"text": f" {heard(reply, prompt)}", "x_groq": {"id": request_id(reply)}}


class GroqTranslations(GroqTranscriptions, Translations):
    """What Groq hears, in English."""


class GroqSpeech(Speech):
    """What Groq says: WAV alone, which is not what it takes a request for that does not say so."""

    def validate(self, document: dict[str, Any]) -> None:
        """Raise `RequestError` for what Groq refuses."""
        for name in ("model", "input", "voice"):
            if not text(document.get(name)):
                raise RequestError(f"{name} is required")
        if document.get("response_format", "mp3") != "wav":
            raise RequestError("response_format must be one of [wav]")


def addresses(dialect: Groq) -> list[Address]:
    """Return the addresses of Groq's audio."""
    place = f"{dialect.place}audio/"
    return [
        Address(f"{place}transcriptions", GroqTranscriptions(dialect)),
        Address(f"{place}translations", GroqTranslations(dialect)),
        Address(f"{place}speech", GroqSpeech(dialect)),
    ]
