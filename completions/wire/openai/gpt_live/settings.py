"""The settings of a conversation, `SessionResource` of the openai SDK, and how a client changes them."""

import time
from collections.abc import Mapping
from typing import Any

from completions import ids
from completions.exceptions import RequestError
from completions.wire.fields import mapping, text, without_nulls
from completions.wire.openai.conversation_sound import PCM

LIFETIME = 7200
"""Seconds after which a conversation ends (measured by a project, 2026-10-03); here it only shows in the settings."""

ID_LENGTH = 32
"""Letters of the id of a conversation after `live_u0_` (Travizm/dsh-openai-live, 2026-10-07)."""

CLIENT, RESPONSES = "client", "responses"
"""Who does the work that the model delegates: the application, or a model of the Responses API."""


def started(session: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with which a conversation starts, in the order of keys that was recorded on 2026-10-07."""
    audio = mapping(session.get("audio"))
    shown = without_nulls(session)
    return {
        "id": f"live_u0_{ids.spelled(ids.hex_id(15), ID_LENGTH, ids.ALPHANUMERIC)}",
        "expires_at": int(time.time()) + LIFETIME,
        "model": session["model"],
        **{name: shown[name] for name in ("instructions",) if name in shown},
        "audio": {
            "output": {"voice": mapping(audio.get("output")).get("voice") or "marin"},
            "format": audio.get("format") or {"type": PCM, "rate": 24_000},
        },
        "delegation": session.get("delegation") or {"type": CLIENT},
        "status": "active",
        "input": session.get("input") or [],
        **{name: shown[name] for name in ("client", "safety_identifier", "store") if name in shown},
    }


def updated(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with the changes of a delegation, whose type stays.

    Setting it to null where a model works fails with `immutable_field_update` (Travizm/dsh-openai-live, 2026-10-07;
    the message is not known).
    """
    if "delegation" not in changes:
        return dict(settings)
    current, delegation = mapping(settings["delegation"]), mapping(changes["delegation"]) or {"type": CLIENT}
    if delegation["type"] != current["type"]:
        why = "The delegation type cannot change after the session has started."
        raise RequestError(why, code="immutable_field_update", param="session.delegation.type")
    merged = {**current, **without_nulls(delegation)}
    if current["type"] == RESPONSES:
        merged[RESPONSES] = {**current[RESPONSES], **mapping(delegation.get(RESPONSES))}
    return {**settings, "delegation": merged}


def sound_type(settings: Mapping[str, Any]) -> str:
    """Return the type of the conversation's sound, with the sample rate of PCM: `audio/pcm;rate=24000`."""
    form = mapping(mapping(settings.get("audio")).get("format"))
    kind = text(form.get("type"))
    return f"{kind};rate={form.get('rate')}" if kind == PCM else kind


def backend_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the model to which a conversation delegates; empty if its client does the work."""
    return mapping(mapping(settings.get("delegation")).get(RESPONSES))
