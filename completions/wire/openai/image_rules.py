"""Step 2 for images: validate a request like the real API does.

The fields and their limits are those of `ImageGenerateParams`, `ImageEditParams` and `ImageCreateVariationParams` of
`openai.types`. Sizes and qualities belong to a model.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from completions.exceptions import RequestError
from completions.wire.fields import text
from completions.wire.openai.picture_options import EDGE, FRAME_COUNTS, MAX_EDGE, edges_of
from completions.wire.openai.requests import request
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
    refuse,
    string,
    worded_problem,
)

DALL_E_2, DALL_E_3 = "dall-e-2", "dall-e-3"
MIN_PIXELS = 655_360
"""The fewest pixels of a picture, or of all frames of a GIF."""

MAX_IMAGES, MAX_GIVEN, MAX_PARTIAL = 10, 16, 3
SHEETS = (9, 12, 16)
"""The places in the one picture in which a GIF's frames are drawn (measured by users on 2026-11-09: docs.apiyi.com)."""

GPT_ONLY = ("background", "moderation", "output_compression", "output_format", "partial_images", "stream")
"""Fields of the GPT image models only."""


class Model(NamedTuple):
    """The limits of a model; with `any_size` any valid edges are allowed; without `qualities`, no `quality`."""

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
"""The model without transparent pictures (quoted until 2026-10; the next one has them)."""

MODELS: Mapping[str, Model] = {
    DALL_E_2: Model(1000, ("256x256", "512x512", "1024x1024"), ()),
    DALL_E_3: Model(4000, ("1024x1024", "1024x1792", "1792x1024"), ("standard", "hd")),
    "gpt-image-1": GPT,
    "gpt-image-2.5": GPT_25,
    "gpt-image-2.6": GPT_26,
    "gpt-image-2": GPT_2,
    "chatgpt-image": GPT_2,
}
"""The models by prefix; all others are GPT image models of which nothing else is known.

The limits of `gpt-image-2` were measured on 2026-08-30 by another project, the qualities of `chatgpt-image-latest` were
recorded in September 2026; the newer ones are those of the API's types.
"""

_ORDER = (
    *("model", "prompt", "image", "images", "n", "quality", "background", "complexity", "moderation", "output_format"),
    *("frame_count", "frame_duration_ms", "svg", "output_compression", "size", "partial_images", "stream"),
)
"""The order in which fields are checked, as far as it was measured (2026-08-30); others come after them."""

_SHARED: Mapping[str, Check] = {
    "model": string(),
    "n": nullable(integer(1, MAX_IMAGES)),
    "size": nullable(string()),
    "user": anything,
    "response_format": nullable(choice("url", "b64_json")),
}
_DRAWN: Mapping[str, Check] = {
    **_SHARED,
    "prompt": string(low=1),
    "background": nullable(choice("transparent", "opaque", "auto")),
    "complexity": nullable(choice("low", "medium", "high")),
    "frame_count": nullable(integer(*FRAME_COUNTS)),
    "frame_duration_ms": nullable(integer(0)),
    "moderation": nullable(choice("auto", "low")),
    "output_compression": nullable(integer(0, 100)),
    "output_format": anything,
    "partial_images": nullable(integer(0, MAX_PARTIAL)),
    "quality": anything,
    "safety_identifier": nullable(string()),
    "stream": nullable(boolean),
    "style": nullable(choice("vivid", "natural")),
    "svg": nullable(obj),
}
_EDITED: Mapping[str, Check] = {
    **_DRAWN,
    "image": anything,
    "image[]": anything,
    "images": array(obj, "objects", low=1, high=MAX_GIVEN),
    "input_fidelity": nullable(choice("high", "low")),
    "mask": anything,
    "markup": anything,
}
INPUT_IMAGES = array(anything, "files", high=MAX_GIVEN)
"""The check of the images of a form."""

FIELDS: Mapping[str, Mapping[str, Check]] = {
    "images": _DRAWN,
    "image_edits": _EDITED,
    "image_variations": {**_SHARED, "image": anything},
}
"""The fields of each format's requests; the values of `output_format`, `quality` and `size` depend on the model."""


def model_of(name: str) -> Model:
    """Return the limits of a model."""
    return next((model for start, model in MODELS.items() if name.startswith(start)), GPT_26)


def validate(body: dict[str, Any], wire: str, required: Sequence[str]) -> None:
    """Raise `RequestError` for the first thing that the API would refuse of a request in a format."""
    if body.get("model") == "":
        raise _user_error("The model '' does not exist.", "invalid_value", "model")
    name = text(body.get("model")) or DALL_E_2
    model = model_of(name)
    refuse(_request(wire, model, tuple(required))(body))
    kind = body.get("output_format") or "png"
    refuse(_prompt(body, model) or _combination(body, kind))
    if model.is_gpt and (why := _wrong_choice(body.get("size"), model)):
        raise _user_error(why, "invalid_value", "size")
    if model.any_size and (why := _wrong_size(body.get("size")) or _wrong_budget(body, kind)):
        raise _user_error(f"Invalid size '{(body.get('size') or 'auto')[:50]}'. {why}", "invalid_value", "size")
    if _is_packed_png(body, model):
        why = "Compression less than 100 is not supported for PNG output format"
        raise _user_error(why, "invalid_png_output_compression", None)
    if body.get("background") == "transparent" and OPAQUE.fullmatch(name):
        raise _user_error("Transparent background is not supported for this model.", "invalid_value", "background")
    if name == DALL_E_3 and (body.get("n") or 1) > 1:
        raise RequestError("You must provide n=1 for this model.", param="n")


def _user_error(message: str, code: str, param: str | None) -> RequestError:
    return RequestError(message, type="image_generation_user_error", code=code, param=param)


@cache
def _request(wire: str, model: Model, required: tuple[str, ...]) -> Check:
    """Return the check of a format's requests to a model, which has only its own fields."""
    unknown = ("response_format", "style") if model.is_gpt else GPT_ONLY if model.qualities else (*GPT_ONLY, "quality")
    of_model = {"output_format": nullable(choice(*model.kinds)), "quality": nullable(choice(*model.qualities))}
    if not model.is_gpt:
        of_model["size"] = nullable(choice(*model.sizes))
    fields = FIELDS[wire]
    known = [name for name in (*_ORDER, *fields) if name in fields and name not in unknown]
    return request({name: of_model.get(name, fields[name]) for name in known}, required)


def _is_packed_png(body: Mapping[str, Any], model: Model) -> bool:
    """Tell whether a request compresses a PNG; the refusal was quoted by several projects until November 2026."""
    compression = body.get("output_compression")
    return model.is_gpt and compression is not None and compression < 100 and body.get("output_format") in (None, "png")


def _prompt(body: Mapping[str, Any], model: Model) -> Problem | None:
    problem = string(high=model.prompt)(body.get("prompt", ""))
    return problem.under("prompt") if problem else None


ONLY_WITH_FORMAT = {"frame_count": "gif", "frame_duration_ms": "gif", "svg": "svg"}
"""The output format that a field requires."""

NOT_WITH_FORMAT = {
    "gif": ("stream", "partial_images", "mask", "output_compression"),
    "svg": ("stream", "partial_images", "output_compression"),
}
"""The fields that an output format does not support, according to the SDK's types."""


def _combination(body: Mapping[str, Any], kind: str) -> Problem | None:
    """Refuse fields that cannot be combined with the format of the picture."""
    if body.get("background") == "transparent" and kind == "jpeg":
        return worded_problem(
            "Transparent background is not supported for JPEG output format.", "invalid_value", "background"
        )
    for name, only in ONLY_WITH_FORMAT.items():
        if body.get(name) is not None and kind != only:
            return worded_problem(f"'{name}' is only supported with output_format '{only}'.", "invalid_value", name)
    for name in NOT_WITH_FORMAT.get(kind, ()):
        if body.get(name) not in (None, False, 0) and (name, body.get(name)) != ("output_compression", 100):
            return worded_problem(f"'{name}' is not supported with output_format '{kind}'.", "invalid_value", name)
    if kind == "svg" and (body.get("n") or 1) > 1:
        return worded_problem("SVG output requires n=1.", "invalid_value", "n")
    return None


def _wrong_choice(size: str | None, model: Model) -> str | None:
    """Return the error of a size that a model does not support, as recorded of `gpt-image-1-mini` in September 2026."""
    if model.any_size or size in (None, *model.sizes):
        return None
    return f"Invalid size '{size}'. Supported sizes are {', '.join(model.sizes[:-1])}, and {model.sizes[-1]}."


def _wrong_size(size: str | None) -> str | None:
    """Return what is wrong with the edges of a size; the words are the API's, measured on 2026-04-28 and 2026-08-30."""
    if size in (None, "auto"):
        return None
    found = re.fullmatch(r"([1-9]\d{0,5})x([1-9]\d{0,5})", size)
    if found is None:
        return "Expected WIDTHxHEIGHT, for example '1824x1024'."
    width, height = int(found[1]), int(found[2])
    if width % EDGE or height % EDGE:
        return f"Width and height must both be divisible by {EDGE}."
    if max(width, height) > MAX_EDGE:
        return f"The longest edge must be less than or equal to {MAX_EDGE}."
    return "The ratio of the edges must be from 1:3 to 3:1." if max(width, height) > 3 * min(width, height) else None


def _wrong_budget(body: Mapping[str, Any], kind: str) -> str | None:
    """Return the error of too many or too few pixels in a picture, or in a GIF's frames (measured likewise)."""
    width, height = map(int, size.split("x")) if "x" in (size := body.get("size") or "") else edges_of(body)
    frames = body.get("frame_count") or FRAMES
    pixels = width * height * (next(places for places in SHEETS if frames <= places) if kind == "gif" else 1)
    if pixels > MAX_PIXELS:
        return "Requested resolution exceeds the current pixel budget."
    return "Requested resolution is below the current minimum pixel budget." if pixels < MIN_PIXELS else None
