"""Imagen: `POST …/models/imagen-…:predict`, of the Gemini API and of Vertex AI: images as predictions.

Shapes: what google-genai sends and reads (`_GenerateImagesParameters_to_vertex`, `_Image_from_vertex`), and LiteLLM.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from completions.conversation import Prompt, Reply
from completions.wire.fields import text
from completions.wire.gemini.fields import inner, integer, many, pick
from completions.wire.picture import Picture
from completions.wire.picture_files import MEDIA_TYPES, Encoding, packed

MAX_IMAGES = 4
RATIOS: Mapping[str, tuple[int, int]] = {
    "1:1": (1024, 1024),
    "3:4": (896, 1280),
    "4:3": (1280, 896),
    "9:16": (768, 1408),
    "16:9": (1408, 768),
}
"""The pixels of an image by its aspect ratio."""

SIZES = {"1K": 1, "2K": 2}

KINDS = {"image/png": "png", "image/jpeg": "jpeg"}
"""The kinds of image files, by their media types."""

JPEG_QUALITY = 75
"""The default quality (`OutputOptions` of Vertex AI's reference)."""


def is_imagen(address: Mapping[str, str]) -> bool:
    """Tell whether a request is for images: of other models, `predict` returns embeddings."""
    return address.get("method") == "predict" and address.get("model", "").startswith(("imagen", "imagegeneration"))


def count(body: Mapping[str, Any]) -> int:
    """Return the number of requested images."""
    return min(integer(pick(inner(body, "parameters"), "sampleCount"), 1) or 1, MAX_IMAGES)


def problems(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the problems of a request."""
    instances, parameters = many(body.get("instances") or []), inner(body, "parameters")
    if not instances:
        yield "Empty instances."
    for at, instance in enumerate(instances):
        if not text(instance.get("prompt")).strip():
            yield f"instances[{at}].prompt must be a text that is not empty."
    sample_count = pick(parameters, "sampleCount")
    if sample_count is not None and not 1 <= (integer(sample_count, 0) or 0) <= MAX_IMAGES:
        yield f"sampleCount must be in the range [1, {MAX_IMAGES}]."
    options = inner(parameters, "outputOptions")
    for options_object, name, known in (
        (parameters, "aspectRatio", RATIOS),
        (parameters, "sampleImageSize", SIZES),
        (options, "mimeType", KINDS),
    ):
        value = pick(options_object, name)
        if value is not None and text(value) not in known:
            yield f"{name} must be one of {', '.join(known)}."


def document(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the images: of the script's texts, or else of the prompt's."""
    descriptions = [choice.text for choice in reply.choices if choice.text] or [
        message.text for message in prompt.messages
    ]
    return {
        "predictions": [
            _prediction(descriptions[at % len(descriptions)], prompt, at)
            for at in range(prompt.n if descriptions else 0)
        ]
    }


def _prediction(description: str, prompt: Prompt, at: int) -> dict[str, Any]:
    parameters = inner(prompt.body, "parameters")
    width, height = RATIOS.get(text(pick(parameters, "aspectRatio")), RATIOS["1:1"])
    scale = SIZES.get(text(pick(parameters, "sampleImageSize")), 1)
    picture = Picture(description, width * scale, height * scale, str(at))
    encoding = encoding_of(inner(parameters, "outputOptions"), "png")
    return {"mimeType": MEDIA_TYPES[encoding.kind], "bytesBase64Encoded": packed(picture, encoding)}


def encoding_of(options: Mapping[str, Any], default: str) -> Encoding:
    """Return the encoding that options ask for, or else the default one."""
    quality = integer(pick(options, "compressionQuality"), 0)
    return Encoding(
        KINDS.get(text(pick(options, "mimeType")), default), JPEG_QUALITY if quality is None else min(quality, 100)
    )
