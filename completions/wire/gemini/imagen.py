"""Imagen: `POST …/models/imagen-…:predict`, of the Gemini API and of Vertex AI: pictures as predictions.

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
"""The pixels of a picture by its aspect ratio."""

SIZES = {"1K": 1, "2K": 2}

KINDS = {"image/png": "png", "image/jpeg": "jpeg"}
"""The files that are made, by their media types."""

JPEG_QUALITY = 75
"""Of a picture of which nothing else is said (`OutputOptions` of Vertex AI's reference)."""


def is_asked(address: Mapping[str, str]) -> bool:
    """Tell whether a request is for pictures: `predict` makes the embeddings of other models."""
    return address.get("method") == "predict" and address.get("model", "").startswith(("imagen", "imagegeneration"))


def count(body: Mapping[str, Any]) -> int:
    """Return how many pictures are asked for."""
    return min(integer(pick(inner(body, "parameters"), "sampleCount"), 1) or 1, MAX_IMAGES)


def problems(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a request."""
    instances, parameters = many(body.get("instances") or []), inner(body, "parameters")
    if not instances:
        yield "Empty instances."
    for at, instance in enumerate(instances):
        if not text(instance.get("prompt")).strip():
            yield f"instances[{at}].prompt must be a text that is not empty."
    asked = pick(parameters, "sampleCount")
    if asked is not None and not 1 <= (integer(asked, 0) or 0) <= MAX_IMAGES:
        yield f"sampleCount must be in the range [1, {MAX_IMAGES}]."
    options = inner(parameters, "outputOptions")
    for where, name, known in (
        (parameters, "aspectRatio", RATIOS),
        (parameters, "sampleImageSize", SIZES),
        (options, "mimeType", KINDS),
    ):
        given = pick(where, name)
        if given is not None and text(given) not in known:
            yield f"{name} must be one of {', '.join(known)}."


def document(reply: Reply, prompt: Prompt) -> dict[str, Any]:
    """Return the pictures: of the script's texts, or else of the prompt's words."""
    shown = [choice.text for choice in reply.choices if choice.text] or [message.text for message in prompt.messages]
    return {"predictions": [_prediction(shown[at % len(shown)], prompt, at) for at in range(prompt.n if shown else 0)]}


def _prediction(shown: str, prompt: Prompt, at: int) -> dict[str, Any]:
    parameters = inner(prompt.body, "parameters")
    width, height = RATIOS.get(text(pick(parameters, "aspectRatio")), RATIOS["1:1"])
    scale = SIZES.get(text(pick(parameters, "sampleImageSize")), 1)
    picture = Picture(shown, width * scale, height * scale, str(at))
    encoding = encoding_of(inner(parameters, "outputOptions"), "png")
    return {"mimeType": MEDIA_TYPES[encoding.kind], "bytesBase64Encoded": packed(picture, encoding)}


def encoding_of(options: Mapping[str, Any], usual: str) -> Encoding:
    """Return the file that options ask for, and else the usual one."""
    quality = integer(pick(options, "compressionQuality"), 0)
    return Encoding(
        KINDS.get(text(pick(options, "mimeType")), usual), JPEG_QUALITY if quality is None else min(quality, 100)
    )
