"""Options of pictures in OpenAI's requests for images and in its image tool: the size, the background, the file."""

import math
import re
from collections.abc import Mapping
from typing import Any

from completions.wire.fields import text, whole
from completions.wire.picture import MAX_PIXELS, Picture
from completions.wire.picture_files import FRAMES, MEDIA_TYPES, MILLISECONDS, Encoding

EDGE, MAX_EDGE = 16, 3840
"""The pixels of which all edges are a multiple, and the longest edge."""

DEFAULT_SIZE = (1024, 1024)
GIF_SIZE = (1024, 768)
"""The default size of a GIF, as those of `gpt-image-2.6` in November 2026 (varghq/skills)."""

FRAME_COUNTS = (2, 16)
"""The fewest and the most frames of a GIF."""


def picture_of_text(words: str, options: Mapping[str, Any], seed: str = "") -> Picture:
    """Return the picture that shows a text."""
    width, height = edges_of(options)
    return Picture(words, width, height, seed, options.get("background") == "transparent")


def encoding_of(options: Mapping[str, Any]) -> Encoding:
    """Return the encoding of the picture's file; an unknown format is PNG."""
    kind = text(options.get("output_format"))
    quality, frames = whole(options.get("output_compression"), 0), whole(options.get("frame_count"), FRAME_COUNTS[0])
    milliseconds = whole(options.get("frame_duration_ms"), 0)
    return Encoding(
        kind if kind in MEDIA_TYPES else "png",
        100 if quality is None else min(quality, 100),
        min(frames or FRAMES, FRAME_COUNTS[1]),
        MILLISECONDS if milliseconds is None else milliseconds,
    )


def edges_of(options: Mapping[str, Any]) -> tuple[int, int]:
    """Return the edges of the picture; if its size is `auto` or missing, the default of its format."""
    return edges(options.get("size")) or (GIF_SIZE if options.get("output_format") == "gif" else DEFAULT_SIZE)


def edges_by_ratio(ratio: str, edge: int) -> tuple[int, int]:
    """Return the edges of a picture of an aspect ratio (`3:2`) that has as many pixels as a square of an edge."""
    across, _, down = ratio.partition(":")
    share = math.sqrt(float(across) / float(down)) if down else 1.0
    width, height = (min(round(edge * times / EDGE) * EDGE, MAX_EDGE) for times in (share, 1 / share))
    return width, height


def edges(size: object) -> tuple[int, int] | None:
    """Return the edges in a size; None if they are invalid."""
    found = re.fullmatch(r"(\d{1,4})x(\d{1,4})", size) if isinstance(size, str) else None
    if found is None:
        return None
    width, height = int(found[1]), int(found[2])
    fits = min(width, height) >= EDGE and max(width, height) <= MAX_EDGE and width * height <= MAX_PIXELS
    return (width, height) if fits else None
