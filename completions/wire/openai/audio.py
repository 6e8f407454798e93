"""Speech, as far as a mock has a voice: a soft hum as long as the text takes to say, in the format that is asked for.

`wav` and `pcm16` (24 kHz, mono, 16 bit little-endian, as the API's) are made as they are named; for the compressed
formats, which take an encoder, the bytes are those of a WAV file, which players recognise by its header.
"""

import base64
import functools
import io
import math
import wave
from array import array

RATE = 24_000
SECONDS_PER_CHARACTER = 0.02
LONGEST = 5.0
PITCH = 220


@functools.lru_cache(maxsize=32)
def speech(text: str, kind: str) -> str:
    """Return the sound in base64; it lasts 20 ms a character, 5 s at most."""
    samples = _hum(min(len(text) * SECONDS_PER_CHARACTER, LONGEST))
    return base64.b64encode(samples if kind == "pcm16" else _wav(samples)).decode()


def _hum(seconds: float) -> bytes:
    period = [int(900 * math.sin(2 * math.pi * PITCH * at / RATE)) for at in range(RATE // PITCH)]
    count = int(RATE * seconds)
    samples = array("h", (period * (count // len(period) + 1))[:count])
    return samples.tobytes()


def _wav(samples: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(samples)
    return file.getvalue()
