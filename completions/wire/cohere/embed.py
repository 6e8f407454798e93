"""Cohere's embeddings: `POST /v2/embed` of texts, images, or both in one input, in the requested types.

The fields and the types of vectors are those of `V2Client.embed` and `EmbedByTypeResponseEmbeddings` in the cohere SDK,
and for `POST /v1/embed`, version 1, those of `Client.embed` and `EmbedFloatsResponse`.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from completions.conversation import Message, Part, Prompt, Reply
from completions.exceptions import RequestError
from completions.tokens import media
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.cohere.base import CohereFormat, answer_id, check, check_texts, collect_error, meta
from completions.wire.cohere.types import BLOCK
from completions.wire.fields import dicts, mapping, text, text_or_none, texts
from completions.wire.readback import Answer
from completions.wire.shapes import Shape
from completions.wire.vector_sizes import size_of
from completions.wire.vectors import TYPES, Vector, packed, vectors_for

FIELDS: Mapping[str, Shape] = {
    "model": str,
    "input_type": str,
    "texts": [str],
    "images": [str],
    "inputs": [{"content": [BLOCK]}],
    "embedding_types": [str],
    "output_dimension": int,
    "truncate": str,
    "max_tokens": int,
    "priority": int,
}
INPUT_TYPES = ("search_document", "search_query", "classification", "clustering", "image")
TRUNCATE = ("NONE", "START", "END")
DIMENSIONS, DEFAULT_SIZE = (256, 512, 1024, 1536), 1536
MAX_TEXTS = 96
"""Texts, images or inputs in one request."""

INPUT_FIELDS = ("texts", "images", "inputs")
"""The fields with the inputs; a request has one of these."""


PNG_CHANNELS: Mapping[int, int] = {0: 1, 2: 3, 4: 2, 6: 4}
"""The channels of a pixel of a PNG, by its color type."""

ENCODERS: Mapping[str, Callable[[Vector], Any]] = {**TYPES, "base64": packed}
"""The types that can be requested, and the function that encodes a vector in each."""


class CohereEmbed(CohereFormat):
    """A vector for each input; the vectors are a script's, or made of the texts' words and the images' bytes."""

    name = "cohere_embed"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request for embeddings; each input is a user message."""
        document = decode_object(body)
        if validate:
            _validate(document, self.required_fields(document))
        inputs = _inputs(document)
        return Prompt(
            format="cohere_embed",
            task="embed",
            model=text_or_none(document.get("model")),
            messages=inputs,
            n=len(inputs),
            headers=headers,
            body=document,
        )

    def required_fields(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the fields that a request must have."""
        return ("model", "input_type")

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the vectors by type."""
        vectors = vectors_for(reply, list(map(_text_for_vector, prompt.messages)), _size(prompt))
        kinds = [kind for kind in texts(prompt.body.get("embedding_types")) if kind in ENCODERS] or ["float"]
        images = list(map(_image, texts(prompt.body.get("images"))))
        return {
            "id": answer_id(reply),
            "texts": [message.text for message in prompt.messages if not message.parts],
            **({"images": images} if images else {}),
            "embeddings": {kind: [ENCODERS[kind](vector) for vector in vectors] for kind in kinds},
            "meta": self._meta(reply, images),
            "response_type": "embeddings_by_type",
        }

    def _meta(self, reply: Reply, images: Sequence[object]) -> dict[str, Any]:
        return meta(images=len(images)) if images else meta(input_tokens=reply.used.prompt_tokens, image_tokens=0)

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read the vectors back."""
        if collect_error(document, answer):
            return
        answer.set_id_and_model(document.get("id"), None)
        embeddings = document.get("embeddings")
        vectors = embeddings.get("float") if isinstance(embeddings, dict) else embeddings
        for index, vector in enumerate(vectors if isinstance(vectors, list) else ()):
            answer.choice(index).embedding = tuple(vector)


class CohereEmbedV1(CohereEmbed):
    """Version 1: without requested types only vectors of numbers; a model is not required."""

    def required_fields(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the fields that a request must have: the purpose of the inputs, except for the oldest models."""
        model = text(body.get("model"))
        return ("input_type",) if model and not model.endswith("v2.0") else ()

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the vectors, by type if types are requested."""
        document = super().document(reply, prompt)
        if prompt.body.get("embedding_types"):
            return document
        return {**document, "embeddings": document["embeddings"]["float"], "response_type": "embeddings_floats"}

    def _meta(self, reply: Reply, images: Sequence[object]) -> dict[str, Any]:
        return meta("1", images=len(images)) if images else meta("1", input_tokens=reply.used.prompt_tokens)


def _image(source: str) -> dict[str, Any]:
    """Return the document of an image (0xPlaygrounds/rig, September 2026): its type, its size, the bits of a pixel."""
    width, height = media.image_size(source) or (0, 0)
    return {
        "width": width,
        "height": height,
        "format": media.picture_type(source) or "",
        "bit_depth": _bits(media.decoded(source, 48)),
    }


def _bits(head: bytes) -> int:
    """Return the bits of a pixel of an image, by the head of its file; 0 for a PNG with a palette."""
    if head.startswith(b"GIF8"):
        return (head[10:11] or b"\0")[0] % 8 + 1
    if head.startswith(b"\x89PNG"):
        depth, color_type = (head[24:26] + b"\0\0")[:2]
        return depth * PNG_CHANNELS.get(color_type, 0)
    return 24


def _validate(document: Mapping[str, Any], required: tuple[str, ...]) -> None:
    check(document, FIELDS, required)
    input_fields = [name for name in INPUT_FIELDS if document.get(name) is not None]
    if not input_fields:
        raise RequestError("invalid request: one of texts, images or inputs is required")
    if len(input_fields) > 1:
        raise RequestError(f"invalid request: only one of {' and '.join(input_fields)} can be given")
    _check_inputs(input_fields[0], document[input_fields[0]])
    _check_allowed("input_type", document.get("input_type"), INPUT_TYPES)
    _check_allowed("truncate", document.get("truncate"), TRUNCATE)
    _check_allowed("output_dimension", document.get("output_dimension"), DIMENSIONS)
    for kind in document.get("embedding_types") or ():
        _check_allowed("embedding_types", kind, tuple(ENCODERS))


def _check_inputs(name: str, inputs: list[Any]) -> None:
    if name != "inputs":
        return check_texts(name, inputs, MAX_TEXTS)
    check_texts(name, ["" for _ in inputs], MAX_TEXTS)
    for index, item in enumerate(inputs):
        parts = item.get("content") if isinstance(item, dict) else None
        if not isinstance(parts, list) or not parts:
            raise RequestError(f"invalid request: inputs[{index}].content must be an array of texts and images")
        for part in parts:
            _check_allowed(
                f"inputs[{index}].content.type", mapping(part).get("type") or "nothing", ("text", "image_url")
            )


def _inputs(document: Mapping[str, Any]) -> tuple[Message, ...]:
    """Return a message for each text, each image, or each input of several parts."""
    messages = [Message("user", item) for item in _text_list(document, "texts")]
    messages += [Message("user", parts=(Part("image", item),)) for item in _text_list(document, "images")]
    for item in dicts(document.get("inputs")):
        parts = dicts(item.get("content"))
        item_text = "\n".join(text(part.get("text")) for part in parts if part.get("type") == "text")
        images = [mapping(part.get("image_url")) for part in parts if part.get("type") == "image_url"]
        messages.append(
            Message("user", item_text, parts=tuple(Part("image", text(image.get("url"))) for image in images))
        )
    return tuple(messages)


def _text_list(document: Mapping[str, Any], name: str) -> Sequence[str]:
    value = document.get(name)
    return texts(value) if isinstance(value, list) else ()


def _text_for_vector(message: Message) -> str:
    """Return the text from which the vector of an input is made: an image counts as a word, the hash of its bytes."""
    images = (hashlib.blake2s(part.source.encode("utf-8", "surrogatepass")).hexdigest() for part in message.parts)
    return " ".join(filter(None, (message.text, *images)))


def _check_allowed(name: str, value: object, allowed: tuple[object, ...]) -> None:
    if value is not None and value not in allowed:
        allowed_names = ", ".join(map(str, allowed))
        raise RequestError(f"invalid request: {name} must be one of {allowed_names}, but it is {value}")


def _size(prompt: Prompt) -> int:
    dimension = prompt.body.get("output_dimension")
    if isinstance(dimension, int) and dimension in DIMENSIONS:
        return dimension
    return size_of(prompt.model or "") or DEFAULT_SIZE
