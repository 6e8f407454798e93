"""The sound of spoken conversations: its formats, its duration, the detection of speech, and invented transcripts.

`audio/pcm` has 24,000 samples a second of 16 bits, little-endian; `audio/pcmu` and `audio/pcma` 8,000 of 8 (G.711).
The formats of conversations share it: Realtime, GPT-Live and Gemini's Live API.
"""

import base64
import binascii
import functools
import hashlib
import re
import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from completions.exceptions import RequestError
from completions.wire.framing import with_counts
from completions.wire.openai.transcripts import sentences

PCM, MU_LAW, A_LAW = "audio/pcm", "audio/pcmu", "audio/pcma"

BYTES_PER_MS: Mapping[str, int] = {PCM: 48, MU_LAW: 8, A_LAW: 8}
"""Bytes per millisecond, by the format."""

_RATE = re.compile(r"(?i)audio/(?:pcm|l16)\b.*?;\s*rate=([0-9]{4,6})")

DOWNSAMPLING = 3
"""`audio/pcm` has three times the sample rate of the other formats."""

FRAME_MS = 20
"""The length of the frames in which speech is detected."""

MAX_PIECE, MAX_SOUND = 15 * 1024 * 1024, 64 * 1024 * 1024
"""Bytes of a piece of sound, which is Realtime's limit, and of sound that is kept, which is some 20 minutes."""

LOUD = 500
"""The lowest peak, of 32,768, of a frame with speech."""


class SoundBuffer:
    """The part of a client's sound that is still needed; its places are milliseconds from the start of all sound.

    What is cut from it is the same however the sound comes in pieces.
    """

    def __init__(self) -> None:
        self._sound = bytearray()
        self.end_ms = 0.0
        """The milliseconds of sound so far, of which the buffer has the last ones."""

    def __len__(self) -> int:
        return len(self._sound)

    def add(self, sound: bytes, kind: str) -> None:
        """Add a piece of sound."""
        self._sound += sound
        self.end_ms += milliseconds(len(sound), kind)

    def take(self) -> bytes:
        """Return all that it has, and forget it."""
        sound, self._sound = bytes(self._sound), bytearray()
        return sound

    def cut(self, start_ms: float, end_ms: float, kind: str) -> bytes:
        """Return what it has between two places, and forget all before the second."""
        end = self._at(end_ms, kind)
        sound = bytes(self._sound[self._at(start_ms, kind) : end])
        del self._sound[:end]
        return sound

    def keep(self, ms: float, kind: str) -> None:
        """Forget all but the last milliseconds."""
        del self._sound[: self._at(self.end_ms - ms, kind)]

    def _at(self, ms: float, kind: str) -> int:
        return max(len(self._sound) - round((self.end_ms - ms) * bytes_per_ms(kind)), 0)


class Speech(NamedTuple):
    """The start or the end of speech, in milliseconds from the start of the session's sound."""

    begins: bool
    at_ms: float


class Listener:
    """Detects speech by its loudness, in sound that comes in pieces."""

    def __init__(self) -> None:
        self.heard_ms = 0.0
        """The milliseconds of sound so far."""
        self.speaks = False
        self._silent_ms = 0.0
        self._rest = b""

    def hear(self, sound: bytes, kind: str, silence_ms: int) -> Iterator[Speech]:
        """Yield where speech begins, and where it ends because it has been silent for long enough."""
        size = int(bytes_per_ms(kind) * FRAME_MS) // 2 * 2
        frame_ms = milliseconds(size, kind)  # less than FRAME_MS where that is no whole number of samples
        sound = self._rest + sound
        for start in range(0, len(sound) - size + 1, size):
            is_loud = _peak(sound[start : start + size], kind) >= LOUD
            if is_loud and not self.speaks:
                self.speaks = True
                yield Speech(True, self.heard_ms)
            self.heard_ms += frame_ms
            self._silent_ms = 0 if is_loud else self._silent_ms + frame_ms
            if self.speaks and self._silent_ms >= silence_ms:
                self.speaks = False
                yield Speech(False, self.heard_ms)
        self._rest = sound[len(sound) // size * size :]

    def pass_over(self, end_ms: float) -> None:
        """Note that nobody listens to the sound up to a time."""
        self.heard_ms, self._rest = end_ms, b""


def _peak(frame: bytes, kind: str) -> int:
    if kind in (MU_LAW, A_LAW):
        decoded = _decoded(kind)
        return max(decoded[byte] for byte in frame)
    samples = _samples(frame)
    return max(max(samples), -min(samples))


@functools.lru_cache(maxsize=64)
def bytes_per_ms(kind: str) -> float:
    """Return the bytes per millisecond; a type with samples of 16 bits can name their rate: `audio/pcm;rate=16000`."""
    if kind in BYTES_PER_MS:
        return BYTES_PER_MS[kind]
    found = _RATE.match(kind)
    return 2 * int(found[1]) / 1000 if found else BYTES_PER_MS[PCM]


def _samples(pcm: bytes) -> "array[int]":
    samples = array("h", pcm[: len(pcm) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def milliseconds(size: int, kind: str) -> float:
    """Return the duration of this many bytes of sound."""
    return size / bytes_per_ms(kind)


def decoded_piece(sound: str) -> bytes:
    """Return the bytes of a piece of sound in base64, in a message's `audio`; raise the error of anything else."""
    try:
        data = base64.b64decode(sound, validate=True)
    except (binascii.Error, ValueError) as exc:
        why = "Invalid 'audio'. Expected base64-encoded audio bytes."
        raise RequestError(why, code="invalid_value", param="audio") from exc
    if len(data) > MAX_PIECE:
        raise RequestError(f"A piece of audio has more than {MAX_PIECE} bytes.", code="invalid_value", param="audio")
    return data


def invented_transcript(sound: bytes, kind: str) -> tuple[str, int]:
    """Return a transcript, always the same for the same sound, and the sound's duration in whole milliseconds."""
    ms = milliseconds(len(sound), kind)
    return sentences(hashlib.sha256(sound).hexdigest(), ms / 1000), int(ms)


def with_sound(pieces: Sequence[str], sound: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Yield the pieces of a text, each with its number of tokens and its share of a sound with samples of two bytes."""
    start, position, length = 0, 0, sum(map(len, pieces))
    for piece, size in with_counts(pieces):
        position += len(piece)
        end = len(sound) * position // length // 2 * 2 if position < length else len(sound)
        yield piece, size, sound[start:end]
        start = end


def converted(pcm: bytes, kind: str) -> bytes:
    """Return samples of `audio/pcm` in another format, or at another rate: `audio/pcm;rate=16000`."""
    if kind.startswith(PCM) and kind not in BYTES_PER_MS:
        return _resampled(pcm, bytes_per_ms(kind) / BYTES_PER_MS[PCM])
    if kind == PCM:
        return pcm
    table = _encoded(kind)
    return bytes([table[(sample >> 4) + 2048] for sample in _samples(pcm)[::DOWNSAMPLING]])


def as_pcm(sound: bytes, kind: str) -> bytes:
    """Return sound in any format as samples of `audio/pcm`."""
    if kind not in (MU_LAW, A_LAW):
        return _resampled(sound, BYTES_PER_MS[PCM] / bytes_per_ms(kind))
    decode = _of_mu_law if kind == MU_LAW else _of_a_law
    levels = [decode(byte).to_bytes(2, "little", signed=True) * DOWNSAMPLING for byte in range(256)]
    return b"".join([levels[byte] for byte in sound])


def _resampled(pcm: bytes, ratio: float) -> bytes:
    """Return samples at another rate, each the nearest one before it."""
    if ratio == 1:
        return pcm
    samples = _samples(pcm)
    resampled = array("h", [samples[int(at / ratio)] for at in range(int(len(samples) * ratio))])
    if sys.byteorder == "big":
        resampled.byteswap()
    return resampled.tobytes()


@functools.lru_cache(maxsize=2)
def _decoded(kind: str) -> tuple[int, ...]:
    """Return the amplitude of each byte of G.711."""
    return tuple(abs(_of_mu_law(byte) if kind == MU_LAW else _of_a_law(byte)) for byte in range(256))


@functools.lru_cache(maxsize=2)
def _encoded(kind: str) -> bytes:
    """Return the byte of G.711 that is nearest to each sample of 12 bits."""
    decode = _of_mu_law if kind == MU_LAW else _of_a_law
    levels = sorted((decode(byte), byte) for byte in range(256))
    encoded, at = bytearray(), 0
    for sample in range(-32768, 32768, 16):
        while at + 1 < len(levels) and abs(levels[at + 1][0] - sample) <= abs(levels[at][0] - sample):
            at += 1
        encoded.append(levels[at][1])
    return bytes(encoded)


def _of_mu_law(byte: int) -> int:
    inverted = ~byte & 0xFF
    size = (((inverted & 0x0F) << 3) + 0x84 << (inverted >> 4 & 7)) - 0x84
    return -size if inverted & 0x80 else size


def _of_a_law(byte: int) -> int:
    toggled = byte ^ 0x55
    segment, size = toggled >> 4 & 7, (toggled & 0x0F) << 4
    size = size + 8 if segment == 0 else size + 0x108 << segment - 1
    return size if toggled & 0x80 else -size
