"""Cohere's embeddings: `POST /v2/embed`, by the types that are asked for."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from completions.conversation import Message, Prompt, Reply
from completions.event import Event
from completions.exceptions import RequestError
from completions.wire.base import NO_ROUTE, decode_object
from completions.wire.cohere.base import CohereFormat, answer_id, check, check_texts, collect_error, meta
from completions.wire.fields import text_or_none, texts
from completions.wire.readback import Answer
from completions.wire.vectors import embed

FIELDS: Mapping[str, type] = {
    "model": str,
    "input_type": str,
    "texts": list,
    "embedding_types": list,
    "output_dimension": int,
    "truncate": str,
    "max_tokens": int,
    "priority": int,
}
INPUT_TYPES = ("search_document", "search_query", "classification", "clustering", "image")
TRUNCATE = ("NONE", "START", "END")
DIMENSIONS, DEFAULT_SIZE = (256, 512, 1024, 1536), 1536
OLD_SIZES = {"embed-english-light-v3.0": 384, "embed-multilingual-light-v3.0": 384}
MAX_TEXTS = 96
"""Texts in one request."""

Vector = Sequence[float]


TYPES: Mapping[str, Callable[[Vector], Any]] = {
    "float": lambda vector: vector,
    "int8": lambda vector: [round(value * 127) for value in vector],
    "uint8": lambda vector: [round(value * 127) + 128 for value in vector],
}
"""The types, and what each makes of a vector."""


class CohereEmbed(CohereFormat):
    """A vector for each text; the vectors are a script's, or made of the texts' words."""

    name = "cohere_embed"

    def parse(
        self, body: bytes, headers: Mapping[str, str], *, validate: bool, route: Mapping[str, str] = NO_ROUTE
    ) -> Prompt:
        """Read a request for embeddings; each text is a user message."""
        document = decode_object(body)
        if validate:
            _validate(document)
        given = document.get("texts")
        inputs = texts(given) if isinstance(given, list) else ()
        return Prompt(
            format="cohere_embed",
            task="embed",
            model=text_or_none(document.get("model")),
            messages=tuple(Message("user", each) for each in inputs),
            n=len(inputs),
            headers=headers,
            body=document,
        )

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the vectors by their types."""
        scripted = [choice.embedding for choice in reply.choices] or [()]
        size = _size(prompt)
        vectors = [
            scripted[at % len(scripted)] or embed(message.text, size) for at, message in enumerate(prompt.messages)
        ]
        kinds = [kind for kind in texts(prompt.body.get("embedding_types")) if kind in TYPES] or ["float"]
        return {
            "id": answer_id(reply),
            "texts": [message.text for message in prompt.messages],
            "embeddings": {kind: [TYPES[kind](vector) for vector in vectors] for kind in kinds},
            "meta": meta(input_tokens=reply.usage.prompt_tokens if reply.usage else 0, image_tokens=0),
            "response_type": "embeddings_by_type",
        }

    def events(self, reply: Reply, prompt: Prompt) -> list[Event]:
        """Return the whole answer as one event: it is not streamed."""
        return [Event(orjson.dumps(self.document(reply, prompt)))]

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Take in the vectors."""
        if collect_error(document, answer):
            return
        answer.notes(document.get("id"), None)
        found = document.get("embeddings")
        for index, vector in enumerate(found.get("float", ()) if isinstance(found, dict) else ()):
            answer.voice(index).embedding = tuple(vector)


def _validate(document: Mapping[str, Any]) -> None:
    check(document, FIELDS, ("model", "input_type"))
    if any(document.get(name) is not None for name in ("images", "inputs")):
        raise RequestError("invalid request: this server embeds texts alone, not images or inputs")
    if document.get("texts") is None:
        raise RequestError("invalid request: texts is required")
    check_texts("texts", document["texts"], MAX_TEXTS)
    _among("input_type", document["input_type"], INPUT_TYPES)
    _among("truncate", document.get("truncate"), TRUNCATE)
    _among("output_dimension", document.get("output_dimension"), DIMENSIONS)
    for kind in document.get("embedding_types") or ():
        _among("embedding_types", kind, tuple(TYPES))


def _among(name: str, value: object, allowed: tuple[object, ...]) -> None:
    if value is not None and value not in allowed:
        listed = ", ".join(map(str, allowed))
        raise RequestError(f"invalid request: {name} must be one of {listed}, but it is {value}")


def _size(prompt: Prompt) -> int:
    asked = prompt.body.get("output_dimension")
    if isinstance(asked, int) and asked in DIMENSIONS:
        return asked
    model = prompt.model or ""
    return OLD_SIZES.get(model, 1024 if model.endswith("v3.0") else DEFAULT_SIZE)
