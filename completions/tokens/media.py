"""The sizes of images and the durations of sounds, from which their tokens are counted.

Only headers are read; the result is None for unreadable data and for URLs.
"""

import binascii

MAX_BASE64 = 87_400
"""The most characters of base64 that are decoded: some 64 KiB, as a JPEG's size may come after a preview."""

UNKNOWN_SIZE = (540, 360)
"""The pixels of an image at a URL: the median of those recorded."""

MP3_RATE = 128
"""The default kilobits a second of an MP3."""

MP3_RATES = {
    0x7D: (MP3_RATE, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, MP3_RATE),
    0x79: (MP3_RATE, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, MP3_RATE),
}
"""Kilobits a second by the index in a frame's header, for MPEG-1 and MPEG-2 layer 3. Source: ISO 11172-3, 13818-3."""

MP3_SAMPLES = {0x7D: ((44_100, 48_000, 32_000), 1152), 0x79: ((22_050, 24_000, 16_000), 576)}
"""Samples a second by the index in that header, and samples a frame."""

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The JPEG markers of a frame's start; the three are tables."""

_URL_SAFE = str.maketrans("-_", "+/")


def is_address(source: str) -> bool:
    """Tell whether a part's source is a URL other than a data URL."""
    return source[:5].lower() in ("http:", "https") or source[:3] == "gs:"


def decoded(source: str, limit: int) -> bytes:
    """Return the data of the first `limit` characters of a data URL or of base64; empty if there is none."""
    if is_address(source):
        return b""
    start = source.find(",", 0, 256) + 1 if source[:5].lower() == "data:" else 0
    data = source[start : start + limit].rstrip("=").translate(_URL_SAFE)
    try:
        return binascii.a2b_base64(data + "=" * (-len(data) % 4))
    except ValueError:
        return b""


def is_picture(source: str) -> bool:
    """Tell whether data begins like a PNG, JPEG, GIF or WebP."""
    return picture_type(source) is not None


SIGNATURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


def picture_type(source: str) -> str | None:
    """Return the media type of an image by the start of its data; None for other data."""
    head = decoded(source, 16)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for sign, kind in SIGNATURES.items() if head.startswith(sign)), None)


def may_be_picture(source: str) -> bool:
    """Tell whether data may be an image: also of other types, such as HEIC, TIFF or BMP."""
    head = decoded(source, 16)
    return is_picture(source) or head[4:8] == b"ftyp" or head.startswith((b"BM", b"II*\0", b"MM\0*"))


def image_size(source: str) -> tuple[int, int] | None:
    """Read width and height from the header of a PNG, GIF, JPEG or WebP."""
    head = decoded(source, MAX_BASE64)
    found = _png(head) or _gif(head) or _webp(head) or _jpeg(head)
    return found if found and min(found) > 0 else None


def seconds(source: str) -> float | None:
    """Return the duration of a sound: a WAV's by its header, another's by its size."""
    head = decoded(source, 400)
    if len(head) < 12:
        return None
    size = len(source) * 3 / 4
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        rate = int.from_bytes(head[28:32], "little")
        return size / rate if rate else None
    return _mp3_seconds(decoded(source, MAX_BASE64), size)


def film_duration(source: str) -> tuple[float, bool] | None:
    """Return the duration of a film in MP4 or QuickTime, and whether it has sound.

    Its header (ISO 14496-12, `mvhd` and `hdlr`) is at its beginning or its end.
    """
    start = source.find(",", 0, 256) + 1 if source[:5].lower() == "data:" else 0
    end = start + max(0, len(source) - start - MAX_BASE64) // 4 * 4
    data = decoded(source, MAX_BASE64) + (decoded(source[end:], MAX_BASE64 + 4) if end > start else b"")
    at = data.find(b"mvhd")
    if at < 0 or len(data) < at + 36:
        return None
    place, size = (at + 24, 8) if data[at + 4] == 1 else (at + 16, 4)
    scale = int.from_bytes(data[place : place + 4], "big")
    duration = int.from_bytes(data[place + 4 : place + 4 + size], "big")
    return (duration / scale, b"soun" in data[at:]) if scale else None


def _mp3_seconds(head: bytes, size: float) -> float:
    """Return the duration of an MP3 by its number of frames, or by its size and the rate of its first frame."""
    tag = int("".join(f"{byte & 0x7F:07b}" for byte in head[6:10]), 2) + 10 if head.startswith(b"ID3") else 0
    frame, version = head[tag : tag + 200], head[tag + 1 : tag + 2]
    layer = version[0] >> 1 if version else 0
    if len(frame) < 4 or frame[0] != 0xFF or layer not in MP3_RATES:
        return size * 8 / 1000 / MP3_RATE
    rates, samples = MP3_SAMPLES[layer]
    header, at = max(frame.find(b"Xing"), frame.find(b"Info")), frame[2] >> 2 & 3
    if header > 0 and at < len(rates) and frame[header + 7 : header + 8] and frame[header + 7] & 1:
        return int.from_bytes(frame[header + 8 : header + 12], "big") * samples / rates[at]
    return size * 8 / 1000 / MP3_RATES[layer][frame[2] >> 4]


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
