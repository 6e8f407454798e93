"""Cohere's embeddings: `POST /v2/embed` of texts, images, or both in one input, by the types that are asked for.

The fields and the types of vectors are those of `V2Client.embed` and `EmbedByTypeResponseEmbeddings` in the cohere SDK,
and for `POST /v1/embed`, the first version, those of `Client.embed` and `EmbedFloatsResponse`.
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

GIVEN = ("texts", "images", "inputs")
"""What is embedded, one of these in a request."""


CHANNELS: Mapping[int, int] = {0: 1, 2: 3, 4: 2, 6: 4}
"""How many numbers a dot of a PNG has, by its type of color."""

KINDS: Mapping[str, Callable[[Vector], Any]] = {**TYPES, "base64": packed}
"""The types that can be asked for, and what each makes of a vector."""


class CohereEmbed(CohereFormat):
    """A vector for each input; the vectors are a script's, or made of the texts' words and the images' bytes."""

    name = "cohere_embed"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request for embeddings; each input is a user message."""
        document = decode_object(body)
        if validate:
            _validate(document, self.needed(document))
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

    def needed(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the fields that a request must have."""
        return ("model", "input_type")

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the vectors by their types."""
        vectors = vectors_for(reply, list(map(_seen, prompt.messages)), _size(prompt))
        kinds = [kind for kind in texts(prompt.body.get("embedding_types")) if kind in KINDS] or ["float"]
        images = list(map(_image, texts(prompt.body.get("images"))))
        return {
            "id": answer_id(reply),
            "texts": [message.text for message in prompt.messages if not message.parts],
            **({"images": images} if images else {}),
            "embeddings": {kind: [KINDS[kind](vector) for vector in vectors] for kind in kinds},
            "meta": self._meta(reply, images),
            "response_type": "embeddings_by_type",
        }

    def _meta(self, reply: Reply, images: Sequence[object]) -> dict[str, Any]:
        return meta(images=len(images)) if images else meta(input_tokens=reply.used.prompt_tokens, image_tokens=0)

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Take in the vectors."""
        if collect_error(document, answer):
            return
        answer.notes(document.get("id"), None)
        found = document.get("embeddings")
        vectors = found.get("float") if isinstance(found, dict) else found
        for index, vector in enumerate(vectors if isinstance(vectors, list) else ()):
            answer.voice(index).embedding = tuple(vector)


class FirstCohereEmbed(CohereEmbed):
    """The first version: only vectors of numbers where no types are asked for; a model is not needed."""

    def needed(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the fields that a request must have: what the inputs are for, if the model is not the oldest."""
        model = text(body.get("model"))
        return ("input_type",) if model and not model.endswith("v2.0") else ()

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the vectors, by their types if there are any."""
        found = super().document(reply, prompt)
        if prompt.body.get("embedding_types"):
            return found
        return {**found, "embeddings": found["embeddings"]["float"], "response_type": "embeddings_floats"}

    def _meta(self, reply: Reply, images: Sequence[object]) -> dict[str, Any]:
        return meta("1", images=len(images)) if images else meta("1", input_tokens=reply.used.prompt_tokens)


def _image(source: str) -> dict[str, Any]:
    """Return what is told of an image (0xPlaygrounds/rig, September 2026): its type, its size, the bits of a dot."""
    width, height = media.image_size(source) or (0, 0)
    return {
        "width": width,
        "height": height,
        "format": media.picture_type(source) or "",
        "bit_depth": _bits(media.decoded(source, 48)),
    }


def _bits(head: bytes) -> int:
    """Return how many bits a dot of an image has, by the head of its file; none are told of a PNG with a palette."""
    if head.startswith(b"GIF8"):
        return (head[10:11] or b"\0")[0] % 8 + 1
    if head.startswith(b"\x89PNG"):
        depth, colors = (head[24:26] + b"\0\0")[:2]
        return depth * CHANNELS.get(colors, 0)
    return 24


def _validate(document: Mapping[str, Any], needed: tuple[str, ...]) -> None:
    check(document, FIELDS, needed)
    given = [name for name in GIVEN if document.get(name) is not None]
    if not given:
        raise RequestError("invalid request: one of texts, images or inputs is required")
    if len(given) > 1:
        raise RequestError(f"invalid request: only one of {' and '.join(given)} can be given")
    _check_given(given[0], document[given[0]])
    _among("input_type", document.get("input_type"), INPUT_TYPES)
    _among("truncate", document.get("truncate"), TRUNCATE)
    _among("output_dimension", document.get("output_dimension"), DIMENSIONS)
    for kind in document.get("embedding_types") or ():
        _among("embedding_types", kind, tuple(KINDS))


def _check_given(name: str, given: list[Any]) -> None:
    if name != "inputs":
        return check_texts(name, given, MAX_TEXTS)
    check_texts(name, ["" for _ in given], MAX_TEXTS)
    for at, each in enumerate(given):
        parts = each.get("content") if isinstance(each, dict) else None
        if not isinstance(parts, list) or not parts:
            raise RequestError(f"invalid request: inputs[{at}].content must be an array of texts and images")
        for part in parts:
            _among(f"inputs[{at}].content.type", mapping(part).get("type") or "nothing", ("text", "image_url"))


def _inputs(document: Mapping[str, Any]) -> tuple[Message, ...]:
    """Return a message for each text, each image, or each input of several parts."""
    found = [Message("user", each) for each in _listed(document, "texts")]
    found += [Message("user", parts=(Part("image", each),)) for each in _listed(document, "images")]
    for each in dicts(document.get("inputs")):
        parts = dicts(each.get("content"))
        said = "\n".join(text(part.get("text")) for part in parts if part.get("type") == "text")
        seen = [mapping(part.get("image_url")) for part in parts if part.get("type") == "image_url"]
        found.append(Message("user", said, parts=tuple(Part("image", text(image.get("url"))) for image in seen)))
    return tuple(found)


def _listed(document: Mapping[str, Any], name: str) -> Sequence[str]:
    given = document.get(name)
    return texts(given) if isinstance(given, list) else ()


def _seen(message: Message) -> str:
    """Return the text that stands for an input: an image is a word of its own, made of its bytes."""
    images = (hashlib.blake2s(part.source.encode("utf-8", "surrogatepass")).hexdigest() for part in message.parts)
    return " ".join(filter(None, (message.text, *images)))


def _among(name: str, value: object, allowed: tuple[object, ...]) -> None:
    if value is not None and value not in allowed:
        listed = ", ".join(map(str, allowed))
        raise RequestError(f"invalid request: {name} must be one of {listed}, but it is {value}")


def _size(prompt: Prompt) -> int:
    asked = prompt.body.get("output_dimension")
    if isinstance(asked, int) and asked in DIMENSIONS:
        return asked
    return size_of(prompt.model or "") or DEFAULT_SIZE
