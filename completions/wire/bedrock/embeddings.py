"""Embeddings at `/model/{id}/invoke`: Titan's of one text, and Cohere's.

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
SECOND = "titan-embed-text-v2"
SIZES, FIRST_SIZE = (1024, 512, 256), 1536
TYPES = ("float", "binary")
UNSTREAMED = "The model is unsupported for streaming."


class Unstreamed(BedrockFormat):
    """What embeddings have in common: there is no stream of them, and headers tell what the input cost."""

    def check_call(self, headers: Mapping[str, str], route: Mapping[str, str]) -> None:
        """Refuse a signature that is not of now, and a stream."""
        signing.check(headers)
        if route.get("method") == invoke.STREAMED:
            raise AmazonError("ValidationException", UNSTREAMED)

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the answer, with headers."""
        counted = invoke.metrics(reply.used)
        told = {name: counted[name] for name in ("inputTokenCount", "invocationLatency")}
        return invoke.with_headers(super().render(reply, prompt), told)


class TitanEmbeddings(Unstreamed):
    """One text, one vector; the second version has sizes, and bits besides numbers."""

    name = "invoke"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request, whose signature is of now."""
        document, model = decode_object(body), route.get("model", "")
        if validate:
            self.check_call(headers, route)
            _check(document, model)
        said = Message("user", text(document.get("inputText")))
        return Prompt(
            format=self.name, task="embed", model=model or None, messages=(said,), headers=headers, body=document
        )

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the vector, by its types too where the model has any."""
        [vector] = vectors_for(reply, [prompt.messages[0].text], _size(prompt))
        found = {"embedding": vector, "inputTextTokenCount": reply.used.prompt_tokens}
        if not _is_second(prompt.model):
            return found
        made = {"float": vector, "binary": [int(value > 0) for value in vector]}
        asked = [kind for kind in texts(prompt.body.get("embeddingTypes")) if kind in TYPES] or ["float"]
        return {**found, "embeddingsByType": {kind: made[kind] for kind in asked}}

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Take in the vector."""
        if not collect_error(document, answer) and isinstance(vector := document.get("embedding"), list):
            answer.voice().embedding = tuple(vector)
            answer.costs(document.get("inputTextTokenCount"), 0)


class CohereEmbeddings(Unstreamed):
    """What Cohere's first version answers, without its `meta`."""

    name = "cohere_embed"

    def __init__(self) -> None:
        self._own = _OwnEmbeddings()

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request, whose signature is of now; the address names the model."""
        if validate:
            self.check_call(headers, route)
        prompt = self._own.parse(body, headers, validate=validate)
        return replace(prompt, model=route.get("model") or None)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the vectors."""
        name = model_of(prompt.model or "").removeprefix("cohere.")
        own = f"{name}.0" if name.endswith("-v3") else name  # by which Cohere knows it, and so how long its vectors are
        found = self._own.document(reply, replace(prompt, model=own))
        return without_fields(found, "meta")

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Take in the vectors."""
        if not collect_error(document, answer):
            self._own.collect(document, answer)


class _OwnEmbeddings(CohereEmbedV1):
    def knows(self, model: str) -> bool:
        """Accept all, for Amazon has names of its own, which choose the format."""
        return True

    def required_fields(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the field that a request must have beside what is embedded."""
        return ("input_type",)


def _check(document: Mapping[str, Any], model: str) -> None:
    check(document, {"inputText": str, "normalize": bool}, ("inputText",), TITAN_FIELDS)
    size, kinds = document.get("dimensions"), document.get("embeddingTypes")
    if size is not None and (size not in SIZES or not _is_second(model)):
        raise no_enum_value("dimensions", size)
    if kinds is not None and not isinstance(kinds, list):
        check(document, {"embeddingTypes": [str]})
    for at, kind in enumerate(kinds or ()):
        if kind not in TYPES:
            raise no_enum_value(f"embeddingTypes/{at}", kind)


def no_enum_value(path: str, value: object) -> AmazonError:
    """Return the error of a value that the field does not have."""
    return malformed(f"#/{path}: {value} is not a valid enum value")


def _is_second(model: str | None) -> bool:
    """Tell whether a model is the second version, as those of profiles are."""
    return SECOND in model_of(model or "") or PROFILE in (model or "")


def _size(prompt: Prompt) -> int:
    if not _is_second(prompt.model):
        return FIRST_SIZE
    asked = prompt.body.get("dimensions")
    return next((size for size in SIZES if size == asked), SIZES[0])
