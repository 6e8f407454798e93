"""Step 2 for images: validate a request like the real API does.

The fields and their limits are those of `ImageGenerateParams`, `ImageEditParams` and `ImageCreateVariationParams` of
`openai.types`. Sizes and qualities belong to a model.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from completions.exceptions import RequestError
from completions.wire.openai.drawings import EDGE, MOST_FRAMES, edges, edges_of
from completions.wire.picture import MAX_PIXELS
from completions.wire.picture_files import FRAMES
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
SHEETS = (9, 12, 16)
"""A GIF's frames are drawn in one picture of so many places, as users measured on 2026-11-09 (docs.apiyi.com)."""

OWN = ("background", "moderation", "output_compression", "output_format", "partial_images", "stream")
"""Fields of the GPT image models alone."""


class Model(NamedTuple):
    """What a model takes; with `any_size` edges may be anything that fits; without `qualities`, no `quality`."""

    prompt: int
    sizes: Sequence[str]
    qualities: Sequence[str]
    any_size: bool = False
    is_gpt: bool = False
    kinds: Sequence[str] = ("png", "webp", "jpeg", "gif", "svg")


GPT_SIZES = ("1024x1024", "1024x1536", "1536x1024", "auto")
GPT_QUALITIES = ("low", "medium", "high", "auto")
GPT_KINDS = ("png", "webp", "jpeg")
GPT = Model(32_000, GPT_SIZES, GPT_QUALITIES, is_gpt=True, kinds=GPT_KINDS)
GPT_2 = GPT._replace(any_size=True)
GPT_25 = GPT_2._replace(qualities=(*GPT_QUALITIES, "xhigh", "max"))
GPT_26 = GPT_25._replace(kinds=(*GPT_KINDS, "gif", "svg"))
OPAQUE = re.compile(r"gpt-image-2(-20\d\d-.*)?")
"""The model that makes no transparent pictures (quoted until 2026-10; the next one does)."""

USERS = "image_generation_user_error"
"""The type of what is wrong with a picture that is asked for (measured on 2026-08-30)."""
MODELS: Mapping[str, Model] = {
    DALL_E_2: Model(1000, ("256x256", "512x512", "1024x1024"), ()),
    DALL_E_3: Model(4000, ("1024x1024", "1024x1792", "1792x1024"), ("standard", "hd")),
    "gpt-image-1": GPT,
    "gpt-image-2.5": GPT_25,
    "gpt-image-2.6": GPT_26,
    "gpt-image-2": GPT_2,
}
"""By the start of the model's name; the others are GPT image models of which nothing else is known.

What `gpt-image-2` takes was measured on 2026-08-30 by another project; the newer ones are those of the API's types.
"""

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
    "frame_count": nullable(integer(*MOST_FRAMES)),
    "frame_duration_ms": nullable(integer(0)),
    "moderation": nullable(choice("auto", "low")),
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
    return next((model for start, model in MODELS.items() if name.startswith(start)), GPT_26)


def validate(body: dict[str, Any], name: str, fields: Mapping[str, Check], required: Sequence[str]) -> None:
    """Raise `RequestError` for the first thing that the API would refuse; `name` is the model that is asked."""
    refuse(record(fields, required)(body))
    model = model_of(name)
    refuse(_fields(body, model) or _prompt(body, model) or _values(body, model))
    if _is_packed_png(body, model):
        raise RequestError(
            "Compression less than 100 is not supported for PNG output format",
            type=USERS,
            code="invalid_png_output_compression",
        )
    if body.get("background") == "transparent" and OPAQUE.fullmatch(name):
        said = "Transparent background is not supported for this model."
        raise RequestError(said, type=USERS, code="invalid_value", param="background")
    if name == DALL_E_3 and (body.get("n") or 1) > 1:
        raise RequestError("You must provide n=1 for this model.", param="n")


def _is_packed_png(body: Mapping[str, Any], model: Model) -> bool:
    """Tell whether a PNG is to be compressed; the refusal was quoted by several projects until November 2026."""
    asked = body.get("output_compression")
    return model.is_gpt and asked is not None and asked < 100 and body.get("output_format") in (None, "png")


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
        _check_free_size(size)
    if quality is not None and quality not in model.qualities:
        return wrong_value(quality, model.qualities).under("quality")
    kind = body.get("output_format")
    if kind is not None and kind not in model.kinds:
        return wrong_value(kind, model.kinds).under("output_format")
    return _combination(body, kind or "png")


ONLY = {"frame_count": "gif", "frame_duration_ms": "gif", "svg": "svg"}
"""The fields of one format."""

NEVER = {
    "gif": ("stream", "partial_images", "mask", "output_compression"),
    "svg": ("stream", "partial_images", "output_compression"),
}
"""What a format does not support, as the types tell."""


def _combination(body: Mapping[str, Any], kind: str) -> Problem | None:
    """Refuse what does not go with the format of the picture."""
    if body.get("background") == "transparent" and kind == "jpeg":
        return worded_problem(
            "Transparent background is not supported for JPEG output format.", "invalid_value", "background"
        )
    for name, only in ONLY.items():
        if body.get(name) is not None and kind != only:
            return worded_problem(f"'{name}' is only supported with output_format '{only}'.", "invalid_value", name)
    for name in NEVER.get(kind, ()):
        if body.get(name) not in (None, False, 0) and (name, body.get(name)) != ("output_compression", 100):
            return worded_problem(f"'{name}' is not supported with output_format '{kind}'.", "invalid_value", name)
    if kind == "svg" and (body.get("n") or 1) > 1:
        return worded_problem("SVG output requires n=1.", "invalid_value", "n")
    return _gif_size(body) if kind == "gif" else None


def _gif_size(body: Mapping[str, Any]) -> Problem | None:
    width, height = edges_of(body)
    frames = body.get("frame_count") or FRAMES
    places = next(places for places in SHEETS if frames <= places)
    if width * height * places <= MAX_PIXELS:
        return None
    why = f"{frames} frames of this size have more than {MAX_PIXELS} pixels."
    return worded_problem(f"Invalid size '{width}x{height}'. {why}", "invalid_value", "size")


def _check_free_size(size: str) -> None:
    found = re.fullmatch(r"(\d{1,9})x(\d{1,9})", size)
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    if not width or not height:
        why = "Expected WIDTHxHEIGHT, for example '1824x1024'."
    elif width % EDGE or height % EDGE:
        why = f"Width and height must both be divisible by {EDGE}."
    elif edges(size) is None or max(width, height) > 3 * min(width, height):
        why = "Expected a ratio from 1:3 to 3:1, and at most 3840x2160."
    else:
        return
    raise RequestError(f"Invalid size '{size[:50]}'. {why}", type=USERS, code="invalid_value", param="size")
