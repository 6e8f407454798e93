"""Nova's embeddings at `/model/{id}/invoke`: of one text, image, audio or video, in vectors of four sizes.

Recorded in 2026 of `amazon.nova-2-multimodal-embeddings-v1:0`. The request's schema and the types of vectors are those
of AWS's page "Complete embeddings request and response schema"; read on 2026-11-27.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from completions.conversation import Message, Prompt, Reply
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.bedrock.base import collect_error
from completions.wire.bedrock.embeddings import UnstreamedFormat, invalid_enum_value
from completions.wire.bedrock.malformed import check, malformed
from completions.wire.fields import dicts, mapping, text
from completions.wire.readback import Answer
from completions.wire.shapes import Shape
from completions.wire.vectors import vectors_for

TASK, PARAMS, SIZE = "SINGLE_EMBEDDING", "singleEmbeddingParams", "embeddingDimension"
SIZES = (3072, 1024, 384, 256)
MAX_CHARACTERS = 50_000
"""The maximum number of characters of a text (quoted by an AWS sample, 2026)."""

SEPARATE = "AUDIO_VIDEO_SEPARATE"
KINDS = ("text", "image", "audio", "video")
"""The kinds of input; a request has one of them."""

_SOURCE: Mapping[str, Shape] = {"bytes": str, "s3Location": {"uri": str, "bucketOwner": str}}
_MEDIA: Mapping[str, Shape] = {"format": str, "source": _SOURCE}
FIELDS: Mapping[str, Shape] = {
    "schemaVersion": str,
    "taskType": str,
    PARAMS: {
        "embeddingPurpose": str,
        SIZE: int,
        "text": {"truncationMode": str, "value": str, "source": _SOURCE},
        "image": {"detailLevel": str, **_MEDIA},
        "audio": _MEDIA,
        "video": {"embeddingMode": str, **_MEDIA},
    },
}
"""The fields of a request by type."""

VALUES: Mapping[str, tuple[str, ...]] = {
    "embeddingPurpose": (
        *("GENERIC_INDEX", "GENERIC_RETRIEVAL", "TEXT_RETRIEVAL", "IMAGE_RETRIEVAL", "VIDEO_RETRIEVAL"),
        *("DOCUMENT_RETRIEVAL", "AUDIO_RETRIEVAL", "CLASSIFICATION", "CLUSTERING"),
    ),
    "text/truncationMode": ("START", "END", "NONE"),
    "image/detailLevel": ("STANDARD_IMAGE", "DOCUMENT_IMAGE"),
    "image/format": ("png", "jpeg", "gif", "webp"),
    "audio/format": ("mp3", "wav", "ogg"),
    "video/format": ("mp4", "mov", "mkv", "webm", "flv", "mpeg", "mpg", "wmv", "3gp"),
    "video/embeddingMode": ("AUDIO_VIDEO_COMBINED", SEPARATE),
}
"""The allowed values of fields, by their paths in the parameters."""


class NovaEmbeddings(UnstreamedFormat):
    """One input, one vector; with `AUDIO_VIDEO_SEPARATE`, one each for a video's images and its sound."""

    name = "invoke"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request, whose signature must be current."""
        document = decode_object(body)
        if validate:
            self.check_call(headers, route)
            _check(document)
        _, source = _input(document)
        return Prompt(
            format=self.name,
            task="embed",
            model=route.get("model") or None,
            messages=(Message("user", text(source.get("value"))),),
            n=len(_embedding_types(document)),
            headers=headers,
            body=document,
        )

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the vectors with their types."""
        types, input_text = _embedding_types(prompt.body), _text_for_vector(prompt)
        vectors = vectors_for(reply, [input_text, f"{input_text} {types[-1]}"][: len(types)], _size(prompt.body))
        pairs = zip(types, vectors, strict=True)
        return {"embeddings": [{"embeddingType": kind, "embedding": vector} for kind, vector in pairs]}

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read the vectors back."""
        if not collect_error(document, answer):
            for index, embedding in enumerate(dicts(document.get("embeddings"))):
                if isinstance(vector := embedding.get("embedding"), list):
                    answer.choice(index).embedding = tuple(vector)


def _input(document: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the kind of the input, and its parameters."""
    params = mapping(document.get(PARAMS))
    kind = next((kind for kind in KINDS if kind in params), KINDS[0])
    return kind, mapping(params.get(kind))


def _embedding_types(document: Mapping[str, Any]) -> tuple[str, ...]:
    kind, input_params = _input(document)
    if kind == "video":
        return ("VIDEO", "AUDIO") if input_params.get("embeddingMode") == SEPARATE else ("AUDIO_VIDEO_COMBINED",)
    return (kind.upper(),)


def _text_for_vector(prompt: Prompt) -> str:
    """Return the text from which the vector is made: other input counts as a word, the hash of its bytes or address."""
    source = mapping(_input(prompt.body)[1].get("source"))
    data = text(source.get("bytes")) or text(mapping(source.get("s3Location")).get("uri"))
    return prompt.messages[0].text or hashlib.blake2s(data.encode("utf-8", "surrogatepass")).hexdigest()


def _size(document: Mapping[str, Any]) -> int:
    size_requested = mapping(document.get(PARAMS)).get(SIZE)
    return next((size for size in SIZES if size == size_requested), SIZES[0])


def _check(document: Mapping[str, Any]) -> None:
    """Raise the error of a request; one without any of these fields is taken for a chat (as in 2025-11)."""
    if not {"taskType", PARAMS} & document.keys():
        check(document, {}, ("messages",))
    check(document, FIELDS, ("taskType",))
    if document["taskType"] != TASK:
        raise invalid_enum_value("taskType", document["taskType"])
    _require(document, PARAMS)
    params = document[PARAMS]
    _require(params, "embeddingPurpose", PARAMS)
    for path, allowed in VALUES.items():
        *parents, name = path.split("/")
        value = mapping(params.get(parents[0]) if parents else params).get(name)
        if value is not None and value not in allowed:
            raise invalid_enum_value(f"{PARAMS}/{path}", value)
    if params.get(SIZE) is not None and params[SIZE] not in SIZES:
        raise invalid_enum_value(f"{PARAMS}/{SIZE}", params[SIZE])
    if len(kinds := [kind for kind in KINDS if kind in params]) > 1:
        raise malformed(f"#/{PARAMS}: only one of {' and '.join(kinds)} can be given")
    _check_input(params, kinds[0] if kinds else KINDS[0])


def _check_input(params: Mapping[str, Any], kind: str) -> None:
    _require(params, kind, PARAMS)
    input_params, path = params[kind], f"{PARAMS}/{kind}"
    if kind != "text":
        _require(input_params, "format", path)
    if kind == "video":
        _require(input_params, "embeddingMode", path)
    if kind != "text" or "value" not in input_params:
        _require(input_params, "value" if kind == "text" and "source" not in input_params else "source", path)
    if len(value := text(input_params.get("value"))) > MAX_CHARACTERS:
        raise malformed(f"#/{path}/value: expected maxLength: {MAX_CHARACTERS}, actual: {len(value)}")


def _require(fields: Mapping[str, Any], name: str, path: str = "") -> None:
    if name not in fields:
        raise malformed(f"#{path and '/'}{path}: required key [{name}] not found")
