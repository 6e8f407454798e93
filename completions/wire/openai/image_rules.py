"""Step 2 for images: validate a request like the real API does.

The fields and their limits are those of `ImageGenerateParams`, `ImageEditParams` and `ImageCreateVariationParams` of
`openai.types`. Sizes and qualities belong to a model.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from completions.exceptions import RequestError
from completions.wire.picture import MAX_PIXELS
from completions.wire.validation import (
    Check,
    Problem,
    anything,
    array,
    boolean,
    choice,
    integer,
    nullable,
    obj,
    record,
    refuse,
    string,
    unknown,
    worded_problem,
    wrong_value,
)

DALL_E_2, DALL_E_3 = "dall-e-2", "dall-e-3"
MAX_IMAGES, MAX_GIVEN, MAX_PARTIAL = 10, 16, 3
EDGE, MAX_EDGE = 16, 3840
"""Pixels of which the edges of any size are a multiple, and the most that one has."""

OWN = ("background", "moderation", "output_compression", "output_format", "partial_images", "stream")
"""Fields of the GPT image models alone."""


class Model(NamedTuple):
    """What a model takes; with `any_size` edges may be anything that fits; without `qualities`, no `quality`."""

    prompt: int
    sizes: Sequence[str]
    qualities: Sequence[str]
    any_size: bool = False
    is_gpt: bool = False


GPT_SIZES = ("1024x1024", "1024x1536", "1536x1024", "auto")
GPT_QUALITIES = ("low", "medium", "high", "auto")
GPT = Model(32_000, GPT_SIZES, GPT_QUALITIES, is_gpt=True)
GPT_2 = Model(32_000, GPT_SIZES, (*GPT_QUALITIES, "xhigh", "max"), any_size=True, is_gpt=True)
MODELS: Mapping[str, Model] = {
    DALL_E_2: Model(1000, ("256x256", "512x512", "1024x1024"), ()),
    DALL_E_3: Model(4000, ("1024x1024", "1024x1792", "1792x1024"), ("standard", "hd")),
    "gpt-image-2": GPT_2,
}
"""By the start of the model's name; the others are GPT image models."""

SHARED: Mapping[str, Check] = {
    "model": nullable(string(low=1)),
    "n": nullable(integer(1, MAX_IMAGES)),
    "size": nullable(string()),
    "user": nullable(string()),
    "response_format": nullable(choice("url", "b64_json")),
}
DRAWN: Mapping[str, Check] = {
    **SHARED,
    "prompt": string(low=1),
    "background": nullable(choice("transparent", "opaque", "auto")),
    "complexity": nullable(choice("low", "medium", "high")),
    "frame_count": nullable(integer(2, 16)),
    "frame_duration_ms": nullable(integer(0)),
    "moderation": nullable(choice("low", "auto")),
    "output_compression": nullable(integer(0, 100)),
    "output_format": nullable(choice("png", "webp", "jpeg", "gif", "svg")),
    "partial_images": nullable(integer(0, MAX_PARTIAL)),
    "quality": nullable(string()),
    "safety_identifier": nullable(string()),
    "stream": nullable(boolean),
    "style": nullable(choice("vivid", "natural")),
    "svg": nullable(obj),
}
EDITED: Mapping[str, Check] = {
    **DRAWN,
    "image": anything,
    "images": array(obj, "objects", low=1, high=MAX_GIVEN),
    "input_fidelity": nullable(choice("high", "low")),
    "mask": anything,
    "markup": anything,
}
GIVEN = array(anything, "files", high=MAX_GIVEN)
"""The images of a form."""

VARIED: Mapping[str, Check] = {**SHARED, "image": anything}


def model_of(name: str) -> Model:
    """Return what a model takes."""
    return next((model for start, model in MODELS.items() if name.startswith(start)), GPT)


def validate(body: dict[str, Any], name: str, fields: Mapping[str, Check], required: Sequence[str]) -> None:
    """Raise `RequestError` for the first thing that the API would refuse; `name` is the model that is asked."""
    refuse(record(fields, required)(body))
    model = model_of(name)
    refuse(_fields(body, model) or _prompt(body, model) or _values(body, model))
    if name == DALL_E_3 and (body.get("n") or 1) > 1:
        raise RequestError("You must provide n=1 for this model.", param="n")


def check_encoder(body: Mapping[str, Any]) -> None:
    """Refuse a format that the API has and this mock cannot make."""
    asked = body.get("output_format")
    if isinstance(asked, str) and asked in ("webp", "jpeg", "gif", "svg"):
        raise RequestError(
            f"This mock has no encoder for '{asked}'. Use 'png'.", code="unsupported_value", param="output_format"
        )


def edges(size: object) -> tuple[int, int] | None:
    """Return the edges that a size names; None where it names none that can be drawn."""
    found = re.fullmatch(r"(\d{1,4})x(\d{1,4})", size) if isinstance(size, str) else None
    if found is None:
        return None
    width, height = int(found[1]), int(found[2])
    fits = min(width, height) >= EDGE and max(width, height) <= MAX_EDGE and width * height <= MAX_PIXELS
    return (width, height) if fits else None


def _fields(body: Mapping[str, Any], model: Model) -> Problem | None:
    """Refuse what a model of another kind has."""
    strange = ("response_format", "style") if model.is_gpt else OWN if model.qualities else (*OWN, "quality")
    found = next((name for name in strange if body.get(name) is not None), None)
    return None if found is None else unknown(found)


def _prompt(body: Mapping[str, Any], model: Model) -> Problem | None:
    problem = string(high=model.prompt)(body.get("prompt", ""))
    return problem.under("prompt") if problem else None


def _values(body: Mapping[str, Any], model: Model) -> Problem | None:
    size, quality = body.get("size"), body.get("quality")
    if size is not None and size not in model.sizes:
        if not model.any_size:
            return wrong_value(size, model.sizes).under("size")
        if (problem := _free_size(size)) is not None:
            return problem
    if quality is not None and quality not in model.qualities:
        return wrong_value(quality, model.qualities).under("quality")
    if body.get("background") == "transparent" and body.get("output_format") == "jpeg":
        return worded_problem(
            "Transparent background is not supported for JPEG output format.", "invalid_value", "background"
        )
    return None


def _free_size(size: str) -> Problem | None:
    found = edges(size)
    if found is None or any(edge % EDGE for edge in found) or max(found) > 3 * min(found):
        why = f"both edges divisible by {EDGE}, a ratio from 1:3 to 3:1, at most 3840x2160"
        return worded_problem(
            f"Invalid size '{size[:50]}'. Expected 'auto' or WIDTHxHEIGHT: {why}.", "invalid_value", "size"
        )
    return None
