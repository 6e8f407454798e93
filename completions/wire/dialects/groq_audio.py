"""Groq's transcriptions, translations and speech, which have OpenAI's shapes and rules of their own.

Sources: an answer recorded on 2026-10-09, and refusals that several projects quote, as measured in August and September
2026: of files with an unknown extension, of long prompts, of formats. A file's address is not fetched; it decides the
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
from completions.wire.openai.transcriptions import PLAIN, Transcriptions, Translations, transcript_of

EXTENSIONS = ("flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "opus", "wav", "webm")
"""The extensions of accepted files."""

FORMATS = ("json", "text", "verbose_json")
MAX_PROMPT = 896
"""Bytes."""

MAX_FILE = 100 * 1024 * 1024
"""Bytes of an upload in the developer's tier (Groq's page on speech to text)."""


class GroqTranscriptions(Transcriptions):
    """Groq's transcriptions: the text after a space, and the id of the request."""

    fields = Translations.fields
    lists: Sequence[str] = ("timestamp_granularities",)

    def sound(self, form: Form) -> Upload | None:
        """Return the file, or one whose content is its address."""
        address = form.fields.get("url", "")
        return super().sound(form) or (Upload(address, "", address.encode()) if address else None)

    def validate(self, document: dict[str, Any], file: Upload | None, size: int) -> None:
        """Raise `RequestError` if Groq refuses the request."""
        if size > MAX_FILE:
            raise RequestError("Request Entity Too Large", status=413, code="request_too_large")
        if not text(document.get("model")):
            raise RequestError("model is required")
        if file is None:
            raise RequestError("file or url is required")
        if (format := document.get("response_format", "json")) not in FORMATS:
            raise RequestError(f"`response_format` must be one of [{' '.join(FORMATS)}]")
        if (prompt_size := len(text(document.get("prompt")).encode("utf-8", "replace"))) > MAX_PROMPT:
            problem = f"prompt length must be {MAX_PROMPT} characters or fewer"
            raise RequestError(f"{problem}, but provided prompt contains {prompt_size} characters")
        if "url" not in document and file.name.rpartition(".")[2].lower() not in EXTENSIONS:
            raise RequestError(f"file must be one of the following types: [{' '.join(EXTENSIONS)}]")
        if not file.data:
            raise RequestError("could not process file - is it a valid media file?", code="invalid_media_file")
        if document.get("timestamp_granularities") and format != "verbose_json":
            raise RequestError("`timestamp_granularities` is only supported with `response_format` of `verbose_json`")

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the transcription; a plain text begins with a space, too."""
        body = super().render(reply, prompt)
        return body._replace(data=b" " + body.data) if prompt.body.get("response_format") in PLAIN else body

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the transcription."""
        document = super().document(reply, prompt)
        del document["usage"]
        if "language" in document:
            document["language"] = document["language"].capitalize()
        return document | {"text": f" {transcript_of(reply, prompt)}", "x_groq": {"id": request_id(reply)}}


class GroqTranslations(GroqTranscriptions, Translations):
    """Groq's translations to English."""


class GroqSpeech(Speech):
    """Groq's speech: only WAV, although it is not the default format."""

    def validate(self, document: dict[str, Any]) -> None:
        """Raise `RequestError` if Groq refuses the request."""
        for name in ("model", "input", "voice"):
            if not text(document.get(name)):
                raise RequestError(f"{name} is required")
        if document.get("response_format", "mp3") != "wav":
            raise RequestError("response_format must be one of [wav]")


def addresses(dialect: Groq) -> list[Address]:
    """Return the addresses of Groq's audio."""
    prefix = f"{dialect.place}audio/"
    return [
        Address(f"{prefix}transcriptions", GroqTranscriptions(dialect)),
        Address(f"{prefix}translations", GroqTranslations(dialect)),
        Address(f"{prefix}speech", GroqSpeech(dialect)),
    ]
