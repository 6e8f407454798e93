"""Generated sound: tones that last as long as a text takes to say.

Chat's audio is one soft hum; speech has a tone for each word.
"""

import base64
import functools
import hashlib
import math
import sys
from array import array

from completions.wire.fields import mapping
from completions.wire.openai.sound_files import ENCODERS, RATE

SECONDS_PER_CHARACTER = 0.02
MAX_SECONDS = 5.0
PITCH = 220
LOUDNESS = 900

SPOKEN_PER_CHARACTER = 0.06
"""Seconds of speech: some 16 characters a second, as people read aloud."""

PITCHES = 24
"""The range of a voice in semitones."""


@functools.lru_cache(maxsize=32)
def speech(text: str, kind: str) -> str:
    """Return the sound in base64; it lasts 20 ms a character, 5 s at most."""
    samples = _tone(PITCH, min(len(text) * SECONDS_PER_CHARACTER, MAX_SECONDS))
    _, encoder = ENCODERS.get(kind, ENCODERS["wav"])
    return base64.b64encode(samples if kind == "pcm16" else encoder(samples)).decode()


def spoken(text: str, voice: str = "", speed: float = 1.0) -> bytes:
    """Return the samples of a text in a voice: a tone for each word, silence between words."""
    low, each = 90 + _hashed(voice) % 120, SPOKEN_PER_CHARACTER / speed
    sounds = []
    for word in text.split():
        pitch = low * 2 ** (_hashed(word.casefold()) % PITCHES / 12)
        sounds.append(_tone(pitch, each * len(word)) + bytes(2 * int(RATE * each)))
    return b"".join(sounds)


def voice_name(voice: object) -> str:
    """Return the name of a voice, or the id of one that is an object."""
    return voice if isinstance(voice, str) else str(mapping(voice).get("id") or "")


def seconds_of(samples: bytes) -> float:
    """Return the duration of samples."""
    return len(samples) / 2 / RATE


def _tone(pitch: float, seconds: float) -> bytes:
    period = _period(pitch)
    count = 2 * int(RATE * seconds)
    return (period * (count // len(period) + 1))[:count]


@functools.lru_cache(maxsize=512)
def _period(pitch: float) -> bytes:
    """Return the samples of one wave."""
    samples = array(
        "h", [int(LOUDNESS * math.sin(2 * math.pi * pitch * at / RATE)) for at in range(int(RATE // pitch))]
    )
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def _hashed(text: str) -> int:
    return hashlib.blake2s(text.encode("utf-8", "surrogatepass"), digest_size=1).digest()[0]
