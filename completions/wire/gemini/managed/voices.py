"""Voices for speech: custom ones, made of a prompt or of recordings, and the prebuilt ones.

Shapes and rules: `google.genai.voices` (3.6). No source has the words of the refusals, nor what the catalog says of a
prebuilt voice besides its name; those are in Google's page "Speech generation" (2026).
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.wire.base import Document
from completions.wire.fields import mapping, text
from completions.wire.gemini.interactions.checks import boolean, one_of, record, string
from completions.wire.gemini.managed.checks import refuse
from completions.wire.gemini.managed.records import kept
from completions.wire.gemini.times import timestamp

YEAR = 365 * 24 * 3600
"""Seconds after which a voice ends; using it does not extend them here."""

PREBUILT = (
    *("Zephyr", "Puck", "Charon", "Kore", "Fenrir", "Leda", "Orus", "Aoede", "Callirrhoe", "Autonoe"),
    *("Enceladus", "Iapetus", "Umbriel", "Algieba", "Despina", "Erinome", "Algenib", "Rasalgethi", "Laomedeia"),
    *("Achernar", "Alnilam", "Schedar", "Gacrux", "Pulcherrima", "Achird", "Zubenelgenubi", "Vindemiatrix"),
    *("Sadachbia", "Sadaltager", "Sulafat"),
)

FILTERS = {"contexts": "context"} | {
    name: name for name in ("accent", "gender", "language_code", "persona", "pitch", "region_code", "type")
}
"""The fields by which a list can be filtered, by the query's names."""

_ABOUT = (
    *("display_name", "description", "accent", "context", "gender"),
    *("language_code", "persona", "pitch", "region_code", "model"),
)
_RECORDINGS = ("source_audio", "consent_audio")
_AUDIO = record({"data": string, "mime_type": string}, ("data", "mime_type"))
_CHECK = record(
    {
        "store": boolean,
        "voice": record(
            {
                **dict.fromkeys(_ABOUT, string),
                "type": one_of("replicated", "prompted", "prebuilt"),
                "pitch": one_of("low", "medium", "high"),
                "prompted": record({"input": string, "base_voice": string}, ("input",)),
                "replicated": record(dict.fromkeys(_RECORDINGS, _AUDIO), _RECORDINGS),
                "sample_audio": _AUDIO,
            },
            ("type",),
        ),
    },
    ("voice",),
)


def check(body: Mapping[str, Any]) -> None:
    """Raise the error of an invalid voice."""
    wrong = _CHECK(dict(body), "")
    voice = mapping(body.get("voice"))
    kind = voice.get("type")
    if wrong is None and kind == "prebuilt":
        wrong = "The value 'prebuilt' is not supported for 'voice.type'. Supported values: 'replicated', 'prompted'."
    elif wrong is None and voice.get(text(kind)) is None:
        wrong = f"Missing required parameter 'voice.{kind}'."
    elif wrong is None and kind == "prompted" and body.get("store") is not True:
        wrong = "'store' must be true where 'voice.type' is 'prompted'."
    refuse(wrong)


def check_base(body: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raise the error of a base voice that there is not."""
    base = text(mapping(mapping(body.get("voice")).get("prompted")).get("base_voice"))
    if base and base not in PREBUILT and base not in known:
        raise RequestError("Requested entity was not found.", status=404)


def new_voice(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a voice: with an id if it is stored, and else with a key that the caller keeps."""
    voice, stored = mapping(body.get("voice")), body.get("store") is True
    name = f"voice_{secrets.token_hex(6)}" if stored else ""
    about = {"type": text(voice.get("type")), **kept(voice, *(_ABOUT if stored else ("model",)))}
    return {"id": name, **about, **kept(voice, "prompted"), "created": now, "expires": now + YEAR}


def shown(voice: Document) -> dict[str, Any]:
    """Return a voice as the API shows it."""
    own = {"id": voice["id"]} if voice["id"] else {"key": f"voicekey_{secrets.token_urlsafe(48)}"}
    about = {name: voice[name] for name in ("type", *_ABOUT, "prompted") if name in voice}
    return {**own, **about, "expire_time": timestamp(voice["expires"])}


def catalog(custom: Iterable[Document]) -> list[dict[str, Any]]:
    """Return all voices: the custom ones, the newest first, and then the prebuilt ones."""
    prebuilt = [{"id": name, "type": "prebuilt", "display_name": name} for name in PREBUILT]
    return [*(shown(voice) for voice in custom), *prebuilt]


def chosen(voices: Iterable[dict[str, Any]], wanted: Mapping[str, Sequence[str]], search: str) -> list[dict[str, Any]]:
    """Return the voices that a list asks for: of each filter one value has to fit, whatever its case."""
    values = {FILTERS[name]: {value.lower() for value in given} for name, given in wanted.items() if given}
    return [
        voice
        for voice in voices
        if all(text(voice.get(name)).lower() in allowed for name, allowed in values.items())
        and any(search.lower() in text(voice.get(name)).lower() for name in ("display_name", "description"))
    ]
