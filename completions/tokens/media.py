"""What of images, sounds and documents says how many tokens they are: sizes, seconds, pages, and their texts.

Only headers are read, and a bounded part of a document; what cannot be read, or stands at an address, is None.
"""

import binascii
import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

HEAD = 87_400
"""Characters of base64 that are decoded of an image: some 64 KiB, for a JPEG's size may stand behind a preview."""

DOCUMENT_HEAD = 700_000
"""Characters of base64 that are decoded of a document: some 500 KB."""

INFLATED = 400_000
"""Bytes of a document's streams that are looked through for text."""

MP3_RATE = 128
"""Kilobits a second of an MP3 that does not tell its own."""

MP3_RATES = {
    0x7D: (MP3_RATE, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, MP3_RATE),
    0x79: (MP3_RATE, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, MP3_RATE),
}
"""Kilobits a second by the index in a frame's header, for MPEG-1 and MPEG-2 layer 3. Source: ISO 11172-3, 13818-3."""

MP3_SAMPLES = {0x7D: ((44_100, 48_000, 32_000), 1152), 0x79: ((22_050, 24_000, 16_000), 576)}
"""Samples a second by the index in that header, and samples a frame."""

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The JPEG markers of a frame's start; the three are tables."""

_PAGE = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")
_COUNT = re.compile(rb"/Count\s+(\d{1,6})")
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_TEXT = re.compile(rb"\(((?:[^()\\]|\\.)*+)\)|<([0-9A-Fa-f]*+)>", re.DOTALL)
"""A text in a content stream, in brackets or in hexadecimal; each start is looked at up to the next one only."""


_URL_SAFE = str.maketrans("-_", "+/")


class Document(NamedTuple):
    """A document's pages, and how many characters of text it has, as far as can be seen."""

    pages: int
    characters: int


def is_address(source: str) -> bool:
    """Tell whether a part's source is a URL of something elsewhere."""
    return source[:5].lower() in ("http:", "https") or source[:3] == "gs:"


def decoded(source: str, most: int) -> bytes:
    """Return the data of a data URL, or of base64, as far as `most` characters of it; empty where there are none."""
    if is_address(source):
        return b""
    start = source.find(",", 0, 256) + 1 if source[:5].lower() == "data:" else 0
    data = source[start : start + most].rstrip("=").translate(_URL_SAFE)
    try:
        return binascii.a2b_base64(data + "=" * (-len(data) % 4))
    except ValueError:
        return b""


def image_size(source: str) -> tuple[int, int] | None:
    """Read width and height from the header of a PNG, GIF, JPEG or WebP."""
    head = decoded(source, HEAD)
    found = _png(head) or _gif(head) or _webp(head) or _jpeg(head)
    return found if found and min(found) > 0 else None


def seconds(source: str) -> float | None:
    """Return how long a sound is: a WAV's by its header, another's by its size."""
    head = decoded(source, 400)
    if len(head) < 12:
        return None
    size = len(source) * 3 / 4
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        rate = int.from_bytes(head[28:32], "little")
        return size / rate if rate else None
    return _mp3_seconds(decoded(source, HEAD), size)


def _mp3_seconds(head: bytes, size: float) -> float:
    """Count an MP3's frames where it tells them, or its bytes at the rate of its first frame."""
    tag = int("".join(f"{byte & 0x7F:07b}" for byte in head[6:10]), 2) + 10 if head.startswith(b"ID3") else 0
    frame, version = head[tag : tag + 200], head[tag + 1 : tag + 2]
    layer = version[0] >> 1 if version else 0
    if len(frame) < 4 or frame[0] != 0xFF or layer not in MP3_RATES:
        return size * 8 / 1000 / MP3_RATE
    rates, samples = MP3_SAMPLES[layer]
    told, at = max(frame.find(b"Xing"), frame.find(b"Info")), frame[2] >> 2 & 3
    if told > 0 and at < len(rates) and frame[told + 7 : told + 8] and frame[told + 7] & 1:
        return int.from_bytes(frame[told + 8 : told + 12], "big") * samples / rates[at]
    return size * 8 / 1000 / MP3_RATES[layer][frame[2] >> 4]


def document(source: str) -> Document | None:
    """Look through a PDF."""
    data = decoded(source, DOCUMENT_HEAD)
    if b"%PDF-" not in data[:1024]:
        return None
    streams = list(_streams(data))
    everything = [data, *streams]
    pages = sum(len(_PAGE.findall(part)) for part in everything)
    counted = [int(number) for part in everything for number in _COUNT.findall(part)]
    return Document(pages or max(counted, default=1) or 1, sum(map(_characters, streams)))


def text_of(source: str) -> str | None:
    """Return the text of a file that is one, as `text/plain` in a data URL; None where it is none."""
    try:
        found = decoded(source, DOCUMENT_HEAD).decode()
    except UnicodeDecodeError:
        return None
    return found or None


def _streams(data: bytes) -> Iterator[bytes]:
    """Go through a PDF's streams, inflated where they are deflated, as far as the budget goes."""
    left = INFLATED
    for start in _STREAM.finditer(data):
        if left <= 0:
            return
        inflate = zlib.decompressobj()
        try:
            found = inflate.decompress(data[start.end() :], left)
        except zlib.error:
            end = data.find(b"endstream", start.end())
            found = data[start.end() : end if end > 0 else None][:left]
        left -= len(found)
        yield found


def _characters(stream: bytes) -> int:
    """Count the characters that a content stream shows; those of a font of two bytes come as pairs."""
    if b"Tj" not in stream and b"TJ" not in stream:
        return 0
    return sum(len(plain) or len(coded) // 4 for plain, coded in _TEXT.findall(stream))


def _png(head: bytes) -> tuple[int, int] | None:
    if not head.startswith(b"\x89PNG\r\n\x1a\n") or len(head) < 24:
        return None
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


def _gif(head: bytes) -> tuple[int, int] | None:
    if not head.startswith((b"GIF87a", b"GIF89a")) or len(head) < 10:
        return None
    return int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")


def _webp(head: bytes) -> tuple[int, int] | None:
    if not head.startswith(b"RIFF") or head[8:12] != b"WEBP" or len(head) < 30:
        return None
    if head[12:16] == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF


def _jpeg(head: bytes) -> tuple[int, int] | None:
    """Go from segment to segment to the one that starts a frame."""
    if not head.startswith(b"\xff\xd8"):
        return None
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        if head[at + 1] in _FRAMES:
            return int.from_bytes(head[at + 7 : at + 9]), int.from_bytes(head[at + 5 : at + 7])
        at += 2 + max(2, int.from_bytes(head[at + 2 : at + 4]))
    return None
