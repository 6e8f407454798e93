"""OpenAI's custom voices, and the recorded consents that they need: what they look like, and what is refused.

Shapes and limits: `Voice`, `VoiceConsent` and the parameters of the openai SDK, and OpenAI's guide "Custom voices"
(November 2026). No source has the words of the refusals.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from completions import ids
from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.fields import text
from completions.wire.multipart import Upload
from completions.wire.openai import transcripts
from completions.wire.validation import Check, Problem, choice, record, refuse, string, worded_problem, wrong_type

VOICE, CONSENT = "voice", "voice_consent"
"""The kinds under which voices and consents are kept, which name their rules too."""

MEDIA_TYPES = tuple(f"audio/{kind}" for kind in ("mpeg", "wav", "x-wav", "ogg", "aac", "flac", "webm", "mp4"))
UNKNOWN_TYPES = ("", "application/octet-stream")
"""What clients send that do not know the type of a file, as the SDK does for bytes."""

MAX_BYTES = 10 * 1024 * 1024
MAX_SECONDS = 30
"""The longest sample of a voice; of other formats than WAV and FLAC, whose headers tell the length, any passes."""

MAX_VOICES = 20

TEXTS = ("name", "prompt", "script_hint", "model", "consent", "language", "type")
"""The fields of a form whose values are texts, whatever they look like."""


def _recording(value: Any) -> Problem | None:
    if not isinstance(value, Upload):
        return wrong_type("a file", value)
    kind = value.media_type.partition(";")[0].strip().lower()
    if kind not in MEDIA_TYPES and kind not in UNKNOWN_TYPES:
        allowed = ", ".join(MEDIA_TYPES)
        return worded_problem(f"Unsupported MIME type '{kind[:100]}'. Supported: {allowed}.", "invalid_value", "")
    if len(value.data) > MAX_BYTES:
        why = f"The recording has {len(value.data)} bytes; at most {MAX_BYTES} are allowed."
        return worded_problem(why, "file_too_large", "")
    return None


def _sample(value: Any) -> Problem | None:
    if (problem := _recording(value)) is not None:
        return problem
    if value.data[:4] in (b"RIFF", b"fLaC") and (seconds := transcripts.seconds(value.data)) > MAX_SECONDS:
        why = f"The sample lasts {seconds:.1f} seconds; at most {MAX_SECONDS} are allowed."
        return worded_problem(why, "audio_too_long", "")
    return None


def _words(value: Any) -> Problem | None:
    return string(low=1)(value.strip() if isinstance(value, str) else value)


_NAME = string(low=1)
_SAMPLED: Mapping[str, Check] = {
    "name": _NAME,
    "type": choice("audio_sample"),
    "consent": _NAME,
    "audio_sample": _sample,
}
_PROMPTED: Mapping[str, Check] = {
    "name": _NAME,
    "type": choice("prompt"),
    "prompt": _words,
    "model": _NAME,
    "script_hint": _words,
}
_CHECKS = {
    "audio_sample": record(_SAMPLED, ("name", "consent", "audio_sample")),
    "prompt": record(_PROMPTED, ("name", "prompt", "type")),
}
_TYPE = choice(*_CHECKS)
_CONSENT = record({"name": _NAME, "language": _NAME, "recording": _recording}, ("name", "language", "recording"))
_CONSENT_UPDATE = record({"name": _NAME}, ("name",))


def check_voice(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a request for a voice."""
    kind = body.get("type", "audio_sample")
    problem = _TYPE(kind)
    refuse(problem.under("type") if problem is not None else _CHECKS[kind](body))


def check_consent(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a request for a consent."""
    refuse(_CONSENT(body))


def check_consent_update(body: Mapping[str, Any]) -> None:
    """Raise what is wrong with a new name of a consent."""
    refuse(_CONSENT_UPDATE(body))


def check_room(number: int) -> None:
    """Raise the error of one more voice than an organization can have."""
    if number >= MAX_VOICES:
        raise RequestError(f"You have {number} custom voices; at most {MAX_VOICES} are allowed. Delete some.")


def new_voice(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a new voice; one of a prompt keeps it."""
    prompted = body.get("type") == "prompt"
    voice = {
        "id": f"voice_{ids.spelled(secrets.token_hex(16), 24, ids.ALPHANUMERIC)}",
        "object": "audio.voice",
        "created_at": int(now),
        "name": text(body.get("name")),
        "type": "prompt" if prompted else "audio_sample",
    }
    return voice | ({"prompt": text(body.get("prompt"))} if prompted else {})


def new_consent(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a new consent."""
    return {
        "id": f"cons_{ids.spelled(secrets.token_hex(16), 24, ids.ALPHANUMERIC)}",
        "object": "audio.voice_consent",
        "created_at": int(now),
        "language": text(body.get("language")),
        "name": text(body.get("name")),
    }


def renamed(consent: Document, body: Mapping[str, Any]) -> Document:
    """Return a consent with another name."""
    return {**consent, "name": text(body.get("name"))}


def deleted_voice(name: str) -> dict[str, Any]:
    """Return what tells that a voice is gone."""
    return {"id": name, "object": "audio.voice.deleted", "deleted": True}


def deleted_consent(name: str) -> dict[str, Any]:
    """Return what tells that a consent is gone."""
    return {"id": name, "object": "audio.voice_consent", "deleted": True}


def voice_not_found(name: str) -> RequestError:
    """Return the error of a voice that there is not."""
    return RequestError(f"Voice with id '{name[:200]}' not found.", status=404)


def consent_not_found(name: str) -> RequestError:
    """Return the error of a consent that there is not."""
    return RequestError(f"Voice consent with id '{name[:200]}' not found.", status=404)
