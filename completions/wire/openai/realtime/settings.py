"""The settings of a session, `RealtimeSessionCreateResponse` of the openai SDK, and how a client changes them."""

import time
from collections.abc import Mapping
from typing import Any

from completions.exceptions import RequestError
from completions.wire.fields import mapping, text
from completions.wire.openai.realtime.events import fresh
from completions.wire.openai.realtime.sound import PCM

LIFETIME = 3600
"""Seconds that a session lives, at most."""

TRANSCRIPTION = "transcription"
"""The type, and the intent, of a session that hears and says nothing."""

LIVE = ("gpt-live-transcribe", "gpt-realtime-whisper")
"""How the models' names begin with which a client has to say itself where a turn ends."""

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
"""What a session does where its client says nothing of it, by the way in which it finds out when somebody speaks."""


def begun(query: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings of a session that begins as its address says."""
    return begun_with(new_session(query.get("model", ""), query.get("intent", "")))


def begun_with(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a session that begins with those."""
    return {**settings, "id": fresh("sess_"), "expires_at": int(time.time()) + LIFETIME}


def new_session(model: str, kind: str) -> dict[str, Any]:
    """Return the settings of a session that nobody has changed, and that has not begun."""
    heard = {
        "format": {"type": PCM, "rate": RATES[PCM]},
        "transcription": None,
        "noise_reduction": None,
        "turn_detection": {"type": "server_vad", **DETECTION["server_vad"]},
    }
    if kind == TRANSCRIPTION:
        start = {"type": kind, "object": "realtime.transcription_session", "id": fresh("sess_")}
        return {**start, "expires_at": 0, "audio": {"input": heard}, "include": None}
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
            "input": heard,
            "output": {"format": {"type": PCM, "rate": RATES[PCM]}, "voice": "marin", "speed": 1.0},
        },
        "include": None,
    }


def check_type(settings: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raise the error of a change to another type of session, as measured by several projects until October 2026."""
    if given["type"] != settings["type"]:
        told = f"Passing a {given['type']} session update to a {settings['type']} session is not allowed."
        raise RequestError(told, code="invalid_parameter", param="")


def check_detection(settings: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raise that a session is to find out when somebody speaks whose model does not (measured until 2026-08-21)."""
    asked = mapping(mapping(given.get("audio")).get("input")).get("turn_detection")
    if asked is not None and _is_live(settings):
        told = "Turn detection is not supported for this transcription model."
        raise RequestError(told, code="invalid_value", param="session.audio.input.turn_detection")


def _is_live(settings: Mapping[str, Any]) -> bool:
    """Tell whether a session hears with a model that writes at once, and takes no turns."""
    heard = mapping(settings["audio"]["input"].get("transcription"))
    return settings["type"] == TRANSCRIPTION and text(heard.get("model")).startswith(LIVE)


def changed(settings: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with those that a client gives in their place; of `audio` each part, of a detection the rest.

    The model stays the one with which the session began: `session.update` changes any field but that (OpenAI's
    reference).
    """
    audio = dict(settings["audio"])
    for side, parts in mapping(given.get("audio")).items():
        audio[side] = {
            **mapping(audio.get(side)),
            **{name: _whole(name, part) for name, part in mapping(parts).items()},
        }
    own = {"model": settings["model"]} if "model" in settings else {}
    whole = {**settings, **given, **own, "audio": audio}
    if _is_live(whole):
        audio["input"] = {**audio["input"], "turn_detection": None}
    return whole


def _whole(name: str, part: object) -> object:
    if name == "turn_detection" and isinstance(part, dict):
        return {"type": part.get("type"), **DETECTION.get(part.get("type", ""), {}), **part}
    if name == "format" and isinstance(part, dict) and part.get("type") in RATES:
        return {"rate": RATES[part["type"]], **part}
    return part
