"""The settings of a session, `RealtimeSessionCreateResponse` of the openai SDK, and how a client changes them."""

import time
from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.ids import fresh
from completions.wire.fields import mapping, text
from completions.wire.openai.conversation_sound import PCM

LIFETIME = 3600
"""Seconds after which a session ends."""

TRANSCRIPTION = "transcription"
"""The type, and the intent, of a session that transcribes and does not answer."""

LIVE = ("gpt-live-transcribe", "gpt-realtime-whisper")
"""Prefixes of models that do not detect the end of a turn: the client has to commit the sound."""

RATES = {PCM: 24_000}

DETECTION: Mapping[str, Mapping[str, Any]] = {
    "server_vad": {
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 200,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    },
    "semantic_vad": {"eagerness": "auto", "create_response": True, "interrupt_response": True},
}
"""The default turn detection settings, by the type of the detection."""


def begun(query: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings of a session that begins with those in its address."""
    return begun_with(new_session(query.get("model", ""), query.get("intent", "")))


def begun_with(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a session that begins with the given ones."""
    return {**settings, "id": fresh("sess_"), "expires_at": int(time.time()) + LIFETIME}


def new_session(model: str, kind: str) -> dict[str, Any]:
    """Return the default settings of a session that has not begun."""
    audio_input = {
        "format": {"type": PCM, "rate": RATES[PCM]},
        "transcription": None,
        "noise_reduction": None,
        "turn_detection": {"type": "server_vad", **DETECTION["server_vad"]},
    }
    if kind == TRANSCRIPTION:
        start = {"type": kind, "object": "realtime.transcription_session", "id": fresh("sess_")}
        return {**start, "expires_at": 0, "audio": {"input": audio_input}, "include": None}
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": fresh("sess_"),
        "model": model,
        "output_modalities": ["audio"],
        "instructions": "",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": 0,
        "audio": {
            "input": audio_input,
            "output": {"format": {"type": PCM, "rate": RATES[PCM]}, "voice": "marin", "speed": 1.0},
        },
        "include": None,
    }


def check_type(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Raise the error of a change to another type of session, as measured by several projects until October 2026."""
    if changes["type"] != settings["type"]:
        why = f"Passing a {changes['type']} session update to a {settings['type']} session is not allowed."
        raise RequestError(why, code="invalid_parameter", param="")


def check_detection(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Raise the error of turn detection with a model that has none (measured until 2026-08-21)."""
    detection = mapping(mapping(changes.get("audio")).get("input")).get("turn_detection")
    if detection is not None and _is_live(settings):
        why = "Turn detection is not supported for this transcription model."
        raise RequestError(why, code="invalid_value", param="session.audio.input.turn_detection")


def _is_live(settings: Mapping[str, Any]) -> bool:
    """Tell whether a session transcribes with a model that has no turns."""
    transcription = mapping(settings["audio"]["input"].get("transcription"))
    return settings["type"] == TRANSCRIPTION and text(transcription.get("model")).startswith(LIVE)


def changed(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with a client's changes; `audio` is merged by part, a detection is completed with its defaults.

    The model stays the one with which the session began: `session.update` changes any field but that (OpenAI's
    reference).
    """
    audio = dict(settings["audio"])
    for side, parts in mapping(changes.get("audio")).items():
        audio[side] = {
            **mapping(audio.get(side)),
            **{name: _completed(name, part) for name, part in mapping(parts).items()},
        }
    model = {"model": settings["model"]} if "model" in settings else {}
    merged = {**settings, **changes, **model, "audio": audio}
    if _is_live(merged):
        audio["input"] = {**audio["input"], "turn_detection": None}
    return merged


def _completed(name: str, part: object) -> object:
    if name == "turn_detection" and isinstance(part, dict):
        return {"type": part.get("type"), **DETECTION.get(part.get("type", ""), {}), **part}
    if name == "format" and isinstance(part, dict) and part.get("type") in RATES:
        return {"rate": RATES[part["type"]], **part}
    return part
