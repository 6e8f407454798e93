"""What OpenAI's requests for images, and its tool that draws, say of a picture: its size, its background, its file."""

import math
import re
from collections.abc import Mapping
from typing import Any

from completions.wire.fields import text, whole
from completions.wire.picture import MAX_PIXELS, Picture
from completions.wire.picture_files import FRAMES, MEDIA_TYPES, MILLISECONDS, Encoding

EDGE, MAX_EDGE = 16, 3840
"""Pixels of which the edges of any size are a multiple, and the most that one has."""

USUAL_SIZE = (1024, 1024)
GIF_SIZE = (1024, 768)
"""Pixels of a GIF whose size is not told: so large were those of `gpt-image-2.6` in November 2026 (varghq/skills)."""

FRAME_COUNTS = (2, 16)
"""The frames that a GIF may have."""


def drawing(said: str, asked: Mapping[str, Any], seed: str = "") -> Picture:
    """Return the picture that shows some words."""
    width, height = edges_of(asked)
    return Picture(said, width, height, seed, asked.get("background") == "transparent")


def encoding_of(asked: Mapping[str, Any]) -> Encoding:
    """Return the file of the picture; what is no format of the API's is PNG."""
    kind = text(asked.get("output_format"))
    quality, frames = whole(asked.get("output_compression"), 0), whole(asked.get("frame_count"), FRAME_COUNTS[0])
    milliseconds = whole(asked.get("frame_duration_ms"), 0)
    return Encoding(
        kind if kind in MEDIA_TYPES else "png",
        100 if quality is None else min(quality, 100),
        min(frames or FRAMES, FRAME_COUNTS[1]),
        MILLISECONDS if milliseconds is None else milliseconds,
    )


def edges_of(asked: Mapping[str, Any]) -> tuple[int, int]:
    """Return the edges of the picture; of one whose size is `auto`, or is not told, those of its format."""
    return edges(asked.get("size")) or (GIF_SIZE if asked.get("output_format") == "gif" else USUAL_SIZE)


def edges_by_ratio(ratio: str, edge: int) -> tuple[int, int]:
    """Return the edges of a picture of an aspect ratio (`3:2`) that has as many pixels as a square of an edge."""
    across, _, down = ratio.partition(":")
    share = math.sqrt(float(across) / float(down)) if down else 1.0
    width, height = (min(round(edge * times / EDGE) * EDGE, MAX_EDGE) for times in (share, 1 / share))
    return width, height


def edges(size: object) -> tuple[int, int] | None:
    """Return the edges that a size names; None where it names none that can be drawn."""
    found = re.fullmatch(r"(\d{1,4})x(\d{1,4})", size) if isinstance(size, str) else None
    if found is None:
        return None
    width, height = int(found[1]), int(found[2])
    fits = min(width, height) >= EDGE and max(width, height) <= MAX_EDGE and width * height <= MAX_PIXELS
    return (width, height) if fits else None
