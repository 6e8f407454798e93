"""Embeddings at `/model/{id}/invoke`: Titan's, of one text, and Cohere's.

Shapes and sizes: AWS's pages on the parameters of Titan Text Embeddings and of Cohere Embed; read on 2026-11-27.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from completions.conversation import Message, Prompt, Reply
from completions.event import Body
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.bedrock import invoke, signing
from completions.wire.bedrock.base import PROFILE, BedrockFormat, collect_error, model_of
from completions.wire.bedrock.errors import AmazonError
from completions.wire.bedrock.malformed import check, malformed
from completions.wire.cohere.embed import CohereEmbedV1
from completions.wire.fields import text, texts, without_fields
from completions.wire.readback import Answer
from completions.wire.vectors import vectors_for

TITAN_FIELDS = ("inputText", "normalize", "dimensions", "embeddingTypes")
TITAN_V2 = "titan-embed-text-v2"
SIZES, V1_SIZE = (1024, 512, 256), 1536
TYPES = ("float", "binary")
NO_STREAM = "The model is unsupported for streaming."


class UnstreamedFormat(BedrockFormat):
    """What embeddings share: they are not streamed, and headers have the number of input tokens."""

    def check_call(self, headers: Mapping[str, str], route: Mapping[str, str]) -> None:
        """Refuse a signature that is not current, and a stream."""
        signing.check(headers)
        if route.get("method") == invoke.STREAM_METHOD:
            raise AmazonError("ValidationException", NO_STREAM)

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the answer, with headers."""
        metrics = invoke.metrics(reply.used)
        input_metrics = {name: metrics[name] for name in ("inputTokenCount", "invocationLatency")}
        return invoke.with_headers(super().render(reply, prompt), input_metrics)


class TitanEmbeddings(UnstreamedFormat):
    """One text, one vector; version 2 has several sizes, and binary vectors."""

    name = "invoke"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request, whose signature must be current."""
        document, model = decode_object(body), route.get("model", "")
        if validate:
            self.check_call(headers, route)
            _check(document, model)
        message = Message("user", text(document.get("inputText")))
        return Prompt(
            format=self.name, task="embed", model=model or None, messages=(message,), headers=headers, body=document
        )

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the vector, and by type if the model has types."""
        [vector] = vectors_for(reply, [prompt.messages[0].text], _size(prompt))
        document = {"embedding": vector, "inputTextTokenCount": reply.used.prompt_tokens}
        if not _is_v2(prompt.model):
            return document
        vectors_by_type = {"float": vector, "binary": [int(value > 0) for value in vector]}
        types = [kind for kind in texts(prompt.body.get("embeddingTypes")) if kind in TYPES] or ["float"]
        return {**document, "embeddingsByType": {kind: vectors_by_type[kind] for kind in types}}

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read the vector back."""
        if not collect_error(document, answer) and isinstance(vector := document.get("embedding"), list):
            answer.choice().embedding = tuple(vector)
            answer.set_usage(document.get("inputTextTokenCount"), 0)


class CohereEmbeddings(UnstreamedFormat):
    """The answers of version 1 of Cohere's API, without `meta`."""

    name = "cohere_embed"

    def __init__(self) -> None:
        self._cohere = _BedrockCohereEmbed()

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request, whose signature must be current; the address names the model."""
        if validate:
            self.check_call(headers, route)
        prompt = self._cohere.parse(body, headers, validate=validate)
        return replace(prompt, model=route.get("model") or None)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the vectors."""
        name = model_of(prompt.model or "").removeprefix("cohere.")
        cohere_name = f"{name}.0" if name.endswith("-v3") else name  # Cohere's name of it decides the vector's size
        document = self._cohere.document(reply, replace(prompt, model=cohere_name))
        return without_fields(document, "meta")

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read the vectors back."""
        if not collect_error(document, answer):
            self._cohere.collect(document, answer)


class _BedrockCohereEmbed(CohereEmbedV1):
    def has_model(self, model: str) -> bool:
        """Accept all names: Amazon has its own, by which the format is chosen."""
        return True

    def required_fields(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the field that a request must have besides the inputs."""
        return ("input_type",)


def _check(document: Mapping[str, Any], model: str) -> None:
    check(document, {"inputText": str, "normalize": bool}, ("inputText",), TITAN_FIELDS)
    size, kinds = document.get("dimensions"), document.get("embeddingTypes")
    if size is not None and (size not in SIZES or not _is_v2(model)):
        raise invalid_enum_value("dimensions", size)
    if kinds is not None and not isinstance(kinds, list):
        check(document, {"embeddingTypes": [str]})
    for index, kind in enumerate(kinds or ()):
        if kind not in TYPES:
            raise invalid_enum_value(f"embeddingTypes/{index}", kind)


def invalid_enum_value(path: str, value: object) -> AmazonError:
    """Return the error of a value that is not one of a field's."""
    return malformed(f"#/{path}: {value} is not a valid enum value")


def _is_v2(model: str | None) -> bool:
    """Tell whether a model is version 2, which models of profiles are taken to be."""
    return TITAN_V2 in model_of(model or "") or PROFILE in (model or "")


def _size(prompt: Prompt) -> int:
    if not _is_v2(prompt.model):
        return V1_SIZE
    dimensions = prompt.body.get("dimensions")
    return next((size for size in SIZES if size == dimensions), SIZES[0])
