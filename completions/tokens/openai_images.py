"""The tokens of an image for OpenAI's models, by its size and detail.

Source: OpenAI's guide to images, "Calculating costs"; seen in recordings of the API on 2026-11-26.
"""

import math
import re
from typing import NamedTuple

from completions import budget
from completions.conversation import Part
from completions.tokens import media


class Tiles(NamedTuple):
    """The tokens of an image in squares of 512 pixels: a base, which is all for `low` detail, and each square."""

    base: int
    tile: int


class Patches(NamedTuple):
    """The tokens of an image in squares of 32 pixels: for each square, in addition, and the most squares."""

    tokens_each: float
    tokens_more: int = 0
    max_patches: int = 1536


IMAGES: tuple[tuple[str, Tiles | Patches], ...] = (
    ("gpt-4o-mini", Tiles(2833, 5667)),
    ("gpt-4.1-mini", Patches(1.62, 1)),
    ("gpt-4.1-nano", Patches(2.46, 1)),
    ("gpt-5-mini", Patches(1.2, 1)),
    ("gpt-5-nano", Patches(1.5)),
    ("o4-mini", Patches(1.72, 1)),
    ("gpt-5.4", Patches(1.2, 1, max_patches=2500)),
    ("gpt-5.", Patches(1.2, max_patches=2500)),
    ("gpt-5", Tiles(70, 140)),
    ("gpt-6", Patches(1, max_patches=2500)),
    ("o1", Tiles(75, 150)),
    ("o3", Tiles(75, 150)),
    ("computer-use", Tiles(65, 129)),
)
"""By the start of the model's name. Source: OpenAI's guide to images, "Calculating costs"."""

DEFAULT_IMAGES = Tiles(85, 170)
_WIDTH = re.compile(r"/(\d{2,5})px-")
"""A width in a URL, as Wikimedia's have it; the height is assumed to be two thirds of it."""

CHARACTERS_AN_IMAGE = 50
"""The number of characters that take as long to count as an image."""

LOW_PATCHES = 256
"""Patches of an image at low detail: 512 pixels squared."""


def image_tokens(part: Part, model: str) -> int:
    """Count an image by its size and detail; one at a URL has the size in the URL, or a default one."""
    budget.spend_characters(CHARACTERS_AN_IMAGE)
    cost = next((cost for name, cost in IMAGES if model.startswith(name)), DEFAULT_IMAGES)
    width, height = media.image_size(part.source) or _size_in_address(part.source)
    if isinstance(cost, Tiles):
        return cost.base + (0 if part.detail == "low" else cost.tile * _tiles(width, height))
    patches = LOW_PATCHES if part.detail == "low" else _patches(width, height, cost.max_patches)
    return math.ceil(min(patches, _patches(width, height, cost.max_patches)) * cost.tokens_each) + cost.tokens_more


def _size_in_address(source: str) -> tuple[int, int]:
    if (width := _WIDTH.search(source[:2048])) is None:
        return media.UNKNOWN_SIZE
    return int(width[1]), int(width[1]) * 2 // 3


def _tiles(width: int, height: int) -> int:
    """Count the tiles: the image is scaled to fit 2048 x 2048, then its shorter side to at most 768."""
    scale = min(1.0, 2048 / max(width, height))
    scale *= min(1.0, 768 / (min(width, height) * scale))
    return -(-round(width * scale) // 512) * -(-round(height * scale) // 512)


def _patches(width: int, height: int, limit: int) -> int:
    """Count the patches; an image with too many is scaled down, so that whole patches fit."""
    needed = -(-width // 32) * -(-height // 32)
    if needed <= limit:
        return needed
    scale = math.sqrt(32**2 * limit / (width * height))
    scale *= min(math.floor(side * scale / 32) / (side * scale / 32) for side in (width, height))
    return max(1, math.floor(width * scale / 32)) * max(1, math.floor(height * scale / 32))
