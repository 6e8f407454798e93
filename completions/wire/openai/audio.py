"""Sound, as far as a mock has a voice: tones as long as a text takes to say, in the format that is asked for.

WAV and PCM (24 kHz, mono, 16 bit little-endian, as the API's) are made as they are named. What chat says aloud is one
soft hum, in a WAV file for the compressed formats too, which players recognise by its header. Speech has a tone for
each word; as MP3 it is a valid file of that length whose frames are silent, for a tone would take an encoder.
"""

import base64
import functools
import hashlib
import io
import math
import sys
import wave
from array import array
from collections.abc import Callable, Mapping

RATE = 24_000
SECONDS_PER_CHARACTER = 0.02
MAX_SECONDS = 5.0
PITCH = 220
LOUDNESS = 900

SPOKEN_PER_CHARACTER = 0.06
"""Seconds of speech: some 16 characters a second, as people read aloud."""

PITCHES = 24
"""How many semitones above its lowest a voice has for its words."""

MP3_FRAME = 576
"""Samples in a frame of MPEG-2 Layer III."""

SILENT_FRAME = b"\xff\xf3\x44\xc0" + bytes(92)
"""A frame of MPEG-2 Layer III: 32 kbit/s, 24 kHz, mono, 96 bytes, of which none is a spectrum's."""


@functools.lru_cache(maxsize=32)
def speech(text: str, kind: str) -> str:
    """Return the sound in base64; it lasts 20 ms a character, 5 s at most."""
    samples = _tone(PITCH, min(len(text) * SECONDS_PER_CHARACTER, MAX_SECONDS))
    return base64.b64encode(samples if kind == "pcm16" else _wav(samples)).decode()


def spoken(text: str, voice: str = "", speed: float = 1.0) -> bytes:
    """Return the samples of a text said by a voice: a tone a word, silence between words."""
    low, each = 90 + _hashed(voice) % 120, SPOKEN_PER_CHARACTER / speed
    sounds = []
    for word in text.split():
        pitch = low * 2 ** (_hashed(word.casefold()) % PITCHES / 12)
        sounds.append(_tone(pitch, each * len(word)) + bytes(2 * int(RATE * each)))
    return b"".join(sounds)


def seconds_of(samples: bytes) -> float:
    """Return how long samples sound."""
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


def _mp3(samples: bytes) -> bytes:
    return SILENT_FRAME * math.ceil(len(samples) / 2 / MP3_FRAME)


def _wav(samples: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(samples)
    return file.getvalue()


ENCODERS: Mapping[str, tuple[str, Callable[[bytes], bytes]]] = {
    "mp3": ("audio/mpeg", _mp3),
    "wav": ("audio/wav", _wav),
    "pcm": ("audio/pcm", bytes),
}
"""The formats in which speech is said: their media types, and what makes them of samples."""
