"""Files of sound, made of samples: 24 kHz, mono, 16 bit, little-endian.

WAV, PCM and FLAC (RFC 9639) hold the samples. MP3, Opus (RFC 7845) and AAC (ADTS, ISO 13818-7) are valid files of the
same length with silent frames, because tones would need an encoder.
"""

import hashlib
import io
import math
import struct
import sys
import wave
from array import array
from collections.abc import Callable, Mapping
from functools import cache

from completions import budget

RATE = 24_000
LONG_BYTES = 10 * RATE * 2
"""Bytes of samples above which a file is made in a thread."""

MP3_FRAME = 576
"""Samples in a frame of MPEG-2 Layer III."""

SILENT_MP3 = b"\xff\xf3\x44\xc0" + bytes(92)
"""A frame of MPEG-2 Layer III: 32 kbit/s, 24 kHz, mono, 96 bytes without a spectrum."""

AAC_FRAME = 1024
SILENT_AAC = bytes.fromhex("fff15840017ffc 00000007")
"""A frame of AAC-LC: its header of 7 bytes (24 kHz, mono), and one channel without a spectrum."""

OPUS_RATE = 48_000
"""Opus counts its samples at this rate, whatever the rate of what was encoded."""

OPUS_FRAME, OPUS_SKIPPED = 960, 312
SILENT_OPUS = b"\xf8\xff\xfe"
"""A packet of 20 ms, mono, without a spectrum."""

OGG_PACKETS = 250
"""Packets in a page, which can have up to 255."""

FLAC_BLOCK = 4096


def flac(samples: bytes) -> bytes:
    """Return a FLAC file with uncompressed samples."""
    if len(samples) > LONG_BYTES:
        budget.leave_loop()
    count, digest = len(samples) // 2, hashlib.md5(samples, usedforsecurity=False).digest()
    facts = (RATE << 44) | (15 << 36) | count  # the rate, one channel, 16 bits a sample
    about = struct.pack(">HH6xQ", FLAC_BLOCK, FLAC_BLOCK, facts) + digest
    head = b"fLaC\x80" + len(about).to_bytes(3, "big") + about
    step = 2 * FLAC_BLOCK
    frames = (_flac_frame(at // step, samples[at : at + step]) for at in range(0, len(samples), step))
    return head + b"".join(frames)


def _flac_frame(number: int, samples: bytes) -> bytes:
    """Return a frame of uncompressed samples: a head, one subframe and their checksums."""
    head = b"\xff\xf8\x77\x08" + chr(number).encode() + struct.pack(">H", len(samples) // 2 - 1)
    frame = head + bytes([_sum8(head), 2]) + _swapped(samples)
    return frame + _sum16(frame).to_bytes(2, "big")


def _swapped(samples: bytes) -> bytes:
    words = array("h", samples)
    words.byteswap()
    return words.tobytes()


def _sum8(data: bytes) -> int:
    """Return the CRC-8 of the polynomial 0x07."""
    rest = 0
    for byte in data:
        rest ^= byte
        for _ in range(8):
            rest = (rest << 1 ^ (0x107 if rest & 0x80 else 0)) & 0xFF
    return rest


def _sum16(data: bytes) -> int:
    """Return the CRC-16 of the polynomial 0x8005, two bytes at a time."""
    table, rest = _steps(16, 0x8005), 0
    for word in _big_endian(b"\0" * (len(data) % 2) + data):  # zeros before it change nothing
        rest = table[rest ^ word]
    return rest


def _big_endian(data: bytes) -> "array[int]":
    """Read whole numbers of 16 bits, the high byte first."""
    words = array("H", data)
    if sys.byteorder == "little":
        words.byteswap()
    return words


def _sum32(data: bytes) -> int:
    """Return the CRC-32 of Ogg: the usual polynomial, from the highest bit, beginning and ending with 0."""
    table, rest = _steps(8, 0x04C11DB7, 32), 0
    for byte in data:
        rest = (rest << 8 & 0xFFFFFFFF) ^ table[rest >> 24 ^ byte]
    return rest


@cache
def _steps(bits: int, polynomial: int, width: int = 16) -> tuple[int, ...]:
    """Return what each value of so many bits leaves when it is shifted out of a sum of a width."""
    table, top = [0], polynomial
    for _ in range(bits):
        table.extend([rest ^ top for rest in table])
        top = top << 1 ^ (polynomial | 1 << width if top >> (width - 1) & 1 else 0)
    return tuple(table)


def opus(samples: bytes) -> bytes:
    """Return an Ogg file of Opus packets that are silent."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, OPUS_SKIPPED, RATE, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 4) + b"mock" + bytes(4)
    length = OPUS_SKIPPED + len(samples) // 2 * (OPUS_RATE // RATE)
    packets = max(math.ceil(length / OPUS_FRAME), 1)
    pages = [_ogg_page([head], 0, 0, 2), _ogg_page([tags], 1, 0, 0)]
    for at in range(0, packets, OGG_PACKETS):
        upto = min(at + OGG_PACKETS, packets)
        last = upto == packets
        position = length if last else upto * OPUS_FRAME
        pages.append(_ogg_page([SILENT_OPUS] * (upto - at), len(pages), position, 4 if last else 0))
    return b"".join(pages)


def _ogg_page(packets: list[bytes], number: int, position: int, kind: int) -> bytes:
    """Return a page of short packets; it begins (2) or ends (4) the file, or neither (0)."""
    sizes = bytes(map(len, packets))
    head = struct.pack("<4sBBqII", b"OggS", 0, kind, position, 1, number)
    rest = bytes([len(sizes)]) + sizes + b"".join(packets)
    return head + _sum32(head + bytes(4) + rest).to_bytes(4, "little") + rest


def aac(samples: bytes) -> bytes:
    """Return a file of AAC frames that are silent."""
    return SILENT_AAC * math.ceil(len(samples) / 2 / AAC_FRAME)


def mp3(samples: bytes) -> bytes:
    """Return a file of MP3 frames that are silent."""
    return SILENT_MP3 * math.ceil(len(samples) / 2 / MP3_FRAME)


def wav(samples: bytes, rate: int = RATE) -> bytes:
    """Return a WAV file of samples with this rate per second."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(samples)
    return file.getvalue()


ENCODERS: Mapping[str, tuple[str, Callable[[bytes], bytes]]] = {
    "mp3": ("audio/mpeg", mp3),
    "opus": ("audio/opus", opus),
    "aac": ("audio/aac", aac),
    "flac": ("audio/flac", flac),
    "wav": ("audio/wav", wav),
    "pcm": ("audio/pcm", bytes),
}
"""The formats of speech: their media types, and their encoders."""
