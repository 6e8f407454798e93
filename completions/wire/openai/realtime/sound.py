"""The sound of a realtime conversation: its formats, how long it lasts, and where somebody speaks in it.

`audio/pcm` has 24,000 samples a second of 16 bits, little-endian; `audio/pcmu` and `audio/pcma` 8,000 of 8 (G.711).
"""

import functools
import re
import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from completions.wire.framing import sized

PCM, MU_LAW, A_LAW = "audio/pcm", "audio/pcmu", "audio/pcma"

BYTES_PER_MS: Mapping[str, int] = {PCM: 48, MU_LAW: 8, A_LAW: 8}
"""How many bytes a millisecond has, by the format."""

_RATE = re.compile(r"(?i)audio/(?:pcm|l16)\b.*?;\s*rate=([0-9]{4,6})")

EVERY = 3
"""Of the samples of `audio/pcm`, every third is one of the others'."""

FRAME_MS = 20
"""Speech is looked for in frames of this length."""

LOUD = 500
"""The peak, of 32,768, from which on a frame is speech."""


class Speech(NamedTuple):
    """Where speech begins or ends, in milliseconds from the start of the session's sound."""

    begins: bool
    at_ms: int


class Listener:
    """Finds out where somebody speaks in sound that comes in pieces, by how loud it is."""

    def __init__(self) -> None:
        self.heard_ms = 0
        """The milliseconds heard so far."""
        self.speaks = False
        self._silent_ms = 0
        self._rest = b""

    def hear(self, sound: bytes, kind: str, silence_ms: int) -> Iterator[Speech]:
        """Yield where speech begins, and where it has been silent for so long that it has ended."""
        size = int(bytes_per_ms(kind) * FRAME_MS) // 2 * 2
        sound = self._rest + sound
        for start in range(0, len(sound) - size + 1, size):
            is_loud = _peak(sound[start : start + size], kind) >= LOUD
            if is_loud and not self.speaks:
                self.speaks = True
                yield Speech(True, self.heard_ms)
            self.heard_ms += FRAME_MS
            self._silent_ms = 0 if is_loud else self._silent_ms + FRAME_MS
            if self.speaks and self._silent_ms >= silence_ms:
                self.speaks = False
                yield Speech(False, self.heard_ms)
        self._rest = sound[len(sound) // size * size :]


def _peak(frame: bytes, kind: str) -> int:
    if kind in (MU_LAW, A_LAW):
        decoded = _decoded(kind)
        return max(decoded[byte] for byte in frame)
    samples = _samples(frame)
    return max(max(samples), -min(samples))


@functools.lru_cache(maxsize=64)
def bytes_per_ms(kind: str) -> float:
    """Return how many bytes a millisecond has; samples of 16 bits may tell their rate, as in `audio/pcm;rate=16000`."""
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
    """Return how long so many bytes of sound last."""
    return size / bytes_per_ms(kind)


def with_sound(pieces: Sequence[str], sound: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Go through the pieces of a text, each with its tokens and its share of a sound of samples of two bytes."""
    start, told, whole = 0, 0, sum(map(len, pieces))
    for piece, size in sized(pieces):
        told += len(piece)
        end = len(sound) * told // whole // 2 * 2 if told < whole else len(sound)
        yield piece, size, sound[start:end]
        start = end


def converted(pcm: bytes, kind: str) -> bytes:
    """Return samples of `audio/pcm` in another format."""
    if kind == PCM:
        return pcm
    table = _encoded(kind)
    return bytes([table[(sample >> 4) + 2048] for sample in _samples(pcm)[::EVERY]])


@functools.lru_cache(maxsize=2)
def _decoded(kind: str) -> tuple[int, ...]:
    """Return how far from silence each byte of G.711 is."""
    return tuple(abs(_of_mu_law(byte) if kind == MU_LAW else _of_a_law(byte)) for byte in range(256))


@functools.lru_cache(maxsize=2)
def _encoded(kind: str) -> bytes:
    """Return the byte of G.711 that is nearest to each sample of 12 bits."""
    decode = _of_mu_law if kind == MU_LAW else _of_a_law
    known = sorted((decode(byte), byte) for byte in range(256))
    found, at = bytearray(), 0
    for sample in range(-32768, 32768, 16):
        while at + 1 < len(known) and abs(known[at + 1][0] - sample) <= abs(known[at][0] - sample):
            at += 1
        found.append(known[at][1])
    return bytes(found)


def _of_mu_law(byte: int) -> int:
    inverted = ~byte & 0xFF
    size = (((inverted & 0x0F) << 3) + 0x84 << (inverted >> 4 & 7)) - 0x84
    return -size if inverted & 0x80 else size


def _of_a_law(byte: int) -> int:
    toggled = byte ^ 0x55
    segment, size = toggled >> 4 & 7, (toggled & 0x0F) << 4
    size = size + 8 if segment == 0 else size + 0x108 << segment - 1
    return size if toggled & 0x80 else -size
