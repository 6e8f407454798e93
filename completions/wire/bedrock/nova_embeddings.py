"""Nova's embeddings at `/model/{id}/invoke`: one text, picture, sound or film, in vectors of four sizes.

Recorded in 2026 of `amazon.nova-2-multimodal-embeddings-v1:0`. The request's schema and the types of vectors are those
of AWS's page "Complete embeddings request and response schema"; read on 2026-11-27.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from completions.conversation import Message, Prompt, Reply
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.bedrock.base import collect_error
from completions.wire.bedrock.embeddings import Unstreamed, no_enum_value
from completions.wire.bedrock.malformed import check, malformed
from completions.wire.fields import dicts, mapping, text
from completions.wire.readback import Answer
from completions.wire.shapes import Shape
from completions.wire.vectors import vectors_for

TASK, PARAMS, SIZE = "SINGLE_EMBEDDING", "singleEmbeddingParams", "embeddingDimension"
SIZES = (3072, 1024, 384, 256)
MAX_CHARACTERS = 50_000
"""Characters of a text that are taken at once (quoted by an AWS sample, 2026)."""

SEPARATE = "AUDIO_VIDEO_SEPARATE"
KINDS = ("text", "image", "audio", "video")
"""What is embedded, one of these in a request."""

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
"""The values that a field may have, by its place in the parameters."""


class NovaEmbeddings(Unstreamed):
    """One input, one vector; a film's pictures and its sound have one each where they are to be told apart."""

    name = "invoke"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request, whose signature is of now."""
        document = decode_object(body)
        if validate:
            self.check_call(headers, route)
            _check(document)
        _, given = _given(document)
        return Prompt(
            format=self.name,
            task="embed",
            model=route.get("model") or None,
            messages=(Message("user", text(given.get("value"))),),
            n=len(_types(document)),
            headers=headers,
            body=document,
        )

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the vectors with their types."""
        types, seen = _types(prompt.body), _seen(prompt)
        vectors = vectors_for(reply, [seen, f"{seen} {types[-1]}"][: len(types)], _size(prompt.body))
        found = zip(types, vectors, strict=True)
        return {"embeddings": [{"embeddingType": kind, "embedding": vector} for kind, vector in found]}

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Take in the vectors."""
        if not collect_error(document, answer):
            for at, each in enumerate(dicts(document.get("embeddings"))):
                if isinstance(vector := each.get("embedding"), list):
                    answer.voice(at).embedding = tuple(vector)


def _given(document: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the kind of what is embedded, and what is said of it."""
    params = mapping(document.get(PARAMS))
    kind = next((kind for kind in KINDS if kind in params), KINDS[0])
    return kind, mapping(params.get(kind))


def _types(document: Mapping[str, Any]) -> tuple[str, ...]:
    kind, given = _given(document)
    if kind == "video":
        return ("VIDEO", "AUDIO") if given.get("embeddingMode") == SEPARATE else ("AUDIO_VIDEO_COMBINED",)
    return (kind.upper(),)


def _seen(prompt: Prompt) -> str:
    """Return the text that stands for the input: what is no text is a word of its own, made of its bytes or address."""
    source = mapping(_given(prompt.body)[1].get("source"))
    found = text(source.get("bytes")) or text(mapping(source.get("s3Location")).get("uri"))
    return prompt.messages[0].text or hashlib.blake2s(found.encode("utf-8", "surrogatepass")).hexdigest()


def _size(document: Mapping[str, Any]) -> int:
    asked = mapping(document.get(PARAMS)).get(SIZE)
    return next((size for size in SIZES if size == asked), SIZES[0])


def _check(document: Mapping[str, Any]) -> None:
    """Raise what is wrong with a request; one that has none of its fields is taken for a chat's (as in 2025-11)."""
    if not {"taskType", PARAMS} & document.keys():
        check(document, {}, ("messages",))
    check(document, FIELDS, ("taskType",))
    if document["taskType"] != TASK:
        raise no_enum_value("taskType", document["taskType"])
    _need(document, PARAMS)
    params = document[PARAMS]
    _need(params, "embeddingPurpose", PARAMS)
    for place, allowed in VALUES.items():
        *above, name = place.split("/")
        value = mapping(params.get(above[0]) if above else params).get(name)
        if value is not None and value not in allowed:
            raise no_enum_value(f"{PARAMS}/{place}", value)
    if params.get(SIZE) is not None and params[SIZE] not in SIZES:
        raise no_enum_value(f"{PARAMS}/{SIZE}", params[SIZE])
    if len(given := [kind for kind in KINDS if kind in params]) > 1:
        raise malformed(f"#/{PARAMS}: only one of {' and '.join(given)} can be given")
    _check_given(params, given[0] if given else KINDS[0])


def _check_given(params: Mapping[str, Any], kind: str) -> None:
    _need(params, kind, PARAMS)
    given, where = params[kind], f"{PARAMS}/{kind}"
    if kind != "text":
        _need(given, "format", where)
    if kind == "video":
        _need(given, "embeddingMode", where)
    if kind != "text" or "value" not in given:
        _need(given, "value" if kind == "text" and "source" not in given else "source", where)
    if len(said := text(given.get("value"))) > MAX_CHARACTERS:
        raise malformed(f"#/{where}/value: expected maxLength: {MAX_CHARACTERS}, actual: {len(said)}")


def _need(found: Mapping[str, Any], name: str, where: str = "") -> None:
    if name not in found:
        raise malformed(f"#{where and '/'}{where}: required key [{name}] not found")
