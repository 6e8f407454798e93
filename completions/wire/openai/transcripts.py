"""Transcripts of sound files: their duration, sentences that depend only on their bytes, and the times of the words."""

import hashlib
import io
import math
import wave
from collections.abc import Iterator
from typing import NamedTuple

from completions.wire.openai.sound_files import AAC_FRAME, OPUS_RATE

SUBJECTS = ("The team", "Our customer", "The new office", "My colleague", "The report", "Everyone", "The project",
            "The board", "Her neighbour", "The museum", "The train", "The library", "The doctor", "The garden",
            "Their teacher", "The city")  # fmt: skip  # a table by hand
PREDICATES = ("will be ready", "asked for a call", "moved the meeting", "has good news", "needs another week",
              "found the missing key", "opens its doors", "wants to hear more", "starts again", "sent the numbers",
              "agreed to the plan", "changed the schedule", "is waiting for an answer", "wrote a long letter",
              "made a small mistake", "looks better")  # fmt: skip  # a table by hand
ENDS = ("on Friday", "next month", "before lunch", "at nine o'clock", "this afternoon", "after the holidays",
        "in the morning", "without delay", "as we hoped", "by the river", "in the spring", "for the first time",
        "at the end of the week", "every year", "since yesterday", "after all")  # fmt: skip  # a table by hand

SECONDS_PER_SENTENCE = 4.0
MAX_SENTENCES = 150
"""Those of ten minutes; longer files have slower speech."""

BYTES_PER_SECOND = 16_000
"""The rate of files whose duration cannot be read: 128 kbit/s."""

MP3_RATES = (
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
)
"""The kbit/s of an MP3 frame's header, of MPEG-2 and MPEG-1."""

AAC_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
"""The rates that the head of an AAC frame numbers."""


class Span(NamedTuple):
    """A piece of a transcript, and its times in seconds."""

    text: str
    start: float
    end: float


def seconds(data: bytes) -> float:
    """Return the duration of a file: of WAV, MP3, FLAC, Opus and AAC by their headers, of others by their size."""
    return round(
        _of_wav(data) or _of_flac(data) or _of_opus(data) or _of_frames(data) or len(data) / BYTES_PER_SECOND, 2
    )


def _of_wav(data: bytes) -> float | None:
    if data[:4] != b"RIFF":
        return None
    try:
        with wave.open(io.BytesIO(data)) as file:
            frames, rate = int(file.getnframes()), int(file.getframerate())
            return min(frames, len(data)) / max(rate, 1)
    except (wave.Error, EOFError):
        return None


def _of_flac(data: bytes) -> float | None:
    facts = int.from_bytes(data[18:26], "big")
    return (facts & (1 << 36) - 1) / max(facts >> 44, 1) if data[:4] == b"fLaC" else None


def _of_opus(data: bytes) -> float | None:
    """Return the position of the last page of an Ogg file, less the skipped samples at its beginning."""
    start = data[:64].find(b"OpusHead")
    if start < 0 or data[:4] != b"OggS":
        return None
    last = data.rfind(b"OggS")
    ends, skipped = int.from_bytes(data[last + 6 : last + 14], "little"), data[start + 10 : start + 12]
    return max(ends - int.from_bytes(skipped, "little"), 0) / OPUS_RATE


def _of_frames(data: bytes) -> float | None:
    """Return the duration by the first frame of an MP3 or AAC file, as if all frames were like it."""
    if len(data) < 7 or data[0] != 0xFF:
        return None
    if data[1] & 0xE6 == 0xE2:
        kilobits = MP3_RATES[data[1] >> 3 & 1][data[2] >> 4]
        return len(data) * 8 / (kilobits * 1000 or BYTES_PER_SECOND * 8)
    size, rate = int.from_bytes(data[3:6], "big") >> 5 & 0x1FFF, data[2] >> 2 & 15
    if data[1] & 0xF6 != 0xF0 or size < 7 or rate >= len(AAC_RATES):
        return None
    return len(data) // size * AAC_FRAME / AAC_RATES[rate]


def sentences(digest: str, duration: float) -> str:
    """Return the transcript of a file: a sentence every four seconds, which depends on its digest."""
    count = min(max(round(duration / SECONDS_PER_SENTENCE), 1), MAX_SENTENCES)
    return " ".join(_sentence(f"{digest}/{at}") for at in range(count))


def segments(text: str, duration: float) -> list[Span]:
    """Return the sentences of a text, one after another within the time."""
    pieces: list[str] = []
    for word in text.split():
        if pieces and not pieces[-1].endswith((".", "!", "?")):
            pieces[-1] += f" {word}"
        else:
            pieces.append(word)
    return list(_timed(pieces, 0.0, duration))


def words(text: str, duration: float) -> list[Span]:
    """Return the words of a text, without the marks around them, within their sentences' time."""
    return [
        Span(span.text.strip(".,;:!?\"'") or span.text, span.start, span.end)
        for segment in segments(text, duration)
        for span in _timed(segment.text.split(), segment.start, segment.end)
    ]


def _timed(pieces: list[str], start: float, end: float) -> Iterator[Span]:
    """Yield pieces with times in proportion to their lengths."""
    total, before = sum(map(len, pieces)) or 1, 0
    for piece in pieces:
        after = before + len(piece)
        yield Span(piece, _at(start, end, before / total), _at(start, end, after / total))
        before = after


def _at(start: float, end: float, share: float) -> float:
    return round(start + (end - start) * share, 2)


def _sentence(seed: str) -> str:
    parts = hashlib.blake2s(seed.encode(), digest_size=3).digest()
    chosen = [options[part % len(options)] for part, options in zip(parts, (SUBJECTS, PREDICATES, ENDS), strict=True)]
    return " ".join(chosen) + "."


def subtitles(spans: list[Span], *, point: str) -> str:
    """Return numbered subtitles as SRT has them, or with `point` `.` as WebVTT does, which has no numbers."""
    numbered = point == ","
    blocks = []
    for at, span in enumerate(spans, 1):
        times = f"{_clock(span.start, point)} --> {_clock(span.end, point)}"
        blocks.append(f"{at}\n{times}\n{span.text}\n\n" if numbered else f"{times}\n{span.text}\n\n")
    return ("" if numbered else "WEBVTT\n\n") + "".join(blocks)


def _clock(at: float, point: str) -> str:
    whole = math.floor(at)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{round((at - whole) * 1000):03}"
