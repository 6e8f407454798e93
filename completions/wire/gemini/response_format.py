"""The `responseFormat` of requests since 2026, whose enums spell out media types and numbers.

The Gemini API accepts one message and refuses other names (probes from 2026-06-15 to 2026-09-16). Vertex AI accepts a
list, with plain media types (google-genai 3.6). Sources: the types of google-genai and of googleai_dart.
"""

from typing import Any

from completions.wire.fields import text
from completions.wire.gemini.fields import inner, many, pick
from completions.wire.gemini.proto import Violation, anything, enum, message, struct

NUMBERS = {
    **{1: "ONE", 2: "TWO", 3: "THREE", 4: "FOUR", 5: "FIVE", 8: "EIGHT", 9: "NINE", 16: "SIXTEEN"},
    21: "TWENTY_ONE",
}
_RATIOS = (
    *((1, 1), (2, 3), (3, 2), (3, 4), (4, 3), (4, 5), (5, 4), (9, 16), (16, 9), (21, 9)),
    *((1, 8), (8, 1), (1, 4), (4, 1)),
)
RATIOS = {f"ASPECT_RATIO_{NUMBERS[wide]}_BY_{NUMBERS[high]}": f"{wide}:{high}" for wide, high in _RATIOS}
_SIZES = {"FIVE_TWELVE": "512", "ONE_K": "1K", "TWO_K": "2K", "FOUR_K": "4K"}
SIZES = {f"IMAGE_SIZE_{name}": size for name, size in _SIZES.items()}
UNKNOWN = "MIME_TYPE_UNSPECIFIED"
TYPES = {"APPLICATION_JSON": "application/json", "TEXT_PLAIN": "text/plain"}

_TEXT = message(
    "TextResponseFormat",
    {"mimeType": enum("TextResponseFormat.MimeType", UNKNOWN, *TYPES), "schema": anything},
)
_IMAGE = message(
    "ImageResponseFormat",
    {
        "mimeType": enum("ImageResponseFormat.MimeType", UNKNOWN, "IMAGE_JPEG"),
        "aspectRatio": enum("ImageResponseFormat.AspectRatio", "ASPECT_RATIO_UNSPECIFIED", *RATIOS),
        "imageSize": enum("ImageResponseFormat.ImageSize", "IMAGE_SIZE_UNSPECIFIED", *SIZES),
        "delivery": enum("ImageResponseFormat.Delivery", "DELIVERY_UNSPECIFIED", "INLINE", "URI"),
    },
)
_FORMAT = message("ResponseFormatConfig", {"text": _TEXT, "image": _IMAGE, "audio": struct})


def violations(config: dict[str, Any]) -> list[Violation]:
    """Return the Gemini API's violations of the `responseFormat` in a `generationConfig`."""
    requested = pick(config, "responseFormat")
    return [] if requested is None else _FORMAT(requested, "generation_config.response_format")


def with_older_fields(body: dict[str, Any]) -> dict[str, Any]:
    """Return a request whose `generationConfig` has its `responseFormat` in the older fields too."""
    config = inner(body, "generationConfig")
    formats = many(pick(config, "responseFormat"))
    if not formats:
        return body
    fields: dict[str, Any] = {}
    for each in formats:
        fields |= _text(inner(each, "text")) if inner(each, "text") else {}
        if image := inner(each, "image"):
            fields["imageConfig"] = {**inner(config, "imageConfig"), **_image(image)}
    return {**body, "generationConfig": {**config, **fields}}


def _text(requested: dict[str, Any]) -> dict[str, Any]:
    """Return the older fields for a text; one with a schema is JSON unless its media type is plain text."""
    schema, mime_type = pick(requested, "schema"), text(pick(requested, "mimeType")).replace(UNKNOWN, "")
    kind = TYPES.get(mime_type.upper(), mime_type) or ("application/json" if schema is not None else "text/plain")
    has_schema = schema is not None and kind != "text/plain"
    return {"responseMimeType": kind, **({"responseJsonSchema": schema} if has_schema else {})}


def _image(requested: dict[str, Any]) -> dict[str, Any]:
    ratio, size = text(pick(requested, "aspectRatio")).upper(), text(pick(requested, "imageSize")).upper()
    return {
        **({"aspectRatio": RATIOS[ratio]} if ratio in RATIOS else {}),
        **({"imageSize": SIZES[size]} if size in SIZES else {}),
    }
