"""Embeddings: `POST /v1/embeddings`, a vector for each input.

Shapes: `openai.types.CreateEmbeddingResponse`; in base64 a vector is its 32-bit floats, the lowest byte first.
"""

from typing import Any

from completions.conversation import Message, Prompt, Reply
from completions.tokens import text as tokens
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.fields import arranged, text, text_or_none, whole
from completions.wire.openai.base import OpenAIFormat
from completions.wire.openai.embeddings_rules import MAX_DIMENSIONS, MAX_INPUTS
from completions.wire.openai.readback import collect_embeddings
from completions.wire.openai.refusals import EMBEDDINGS_FORMAT_REFUSALS
from completions.wire.openai.wordings import GATEWAY
from completions.wire.vector_sizes import size_of
from completions.wire.vectors import TYPES, packed, vectors_for

DEFAULT_SIZE = 1536
"""The dimensions of unknown models."""

ANSWER_NAMES = {"text-embedding-ada-002": "text-embedding-ada-002-v2"}
"""Models with another name in the answer than in the request."""


INDEX_FIRST = "text-embedding-ada-002"
"""The model whose entries have the index before the embedding (recorded up to March 2026)."""


class Embeddings(OpenAIFormat):
    """OpenAI's embeddings; the vectors are a script's, or made of the texts' words."""

    name = "embeddings"
    names_model = has_gateway = True
    wordings = GATEWAY
    vendor = "openai"
    refusals = EMBEDDINGS_FORMAT_REFUSALS
    collect = staticmethod(collect_embeddings)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request for embeddings; each input is a user message."""
        document = decode_object(body)
        if self._dialect.convert is not None:
            self._dialect.convert(self.name, document)
        if validate:
            self._dialect.check_embeddings(document, len(body))
        document = self._dialect.adapt_embeddings_request(document)
        model = text_or_none(document.get("model"))
        inputs = _inputs(document.get("input"), model)
        return Prompt(
            format="embeddings",
            task="embed",
            model=model,
            messages=tuple(Message("user", each) for each in inputs),
            n=len(inputs),
            user=text_or_none(document.get("user")),
            raw_input=document.get("input") or "",
            headers=headers,
            body=document,
        )

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return a list of `embedding`s, one for each input."""
        vectors = vectors_for(reply, [message.text for message in prompt.messages], self._size(prompt))
        kind, is_packed = _kind(prompt), prompt.body.get("encoding_format") == "base64"
        typed = map(TYPES[kind], vectors)
        data = [
            {"object": "embedding", "embedding": packed(vector, kind) if is_packed else vector, "index": index}
            for index, vector in enumerate(typed)
        ]
        model = reply.model or prompt.model or "mock"
        if INDEX_FIRST in model:
            data = [arranged(each, ("object", "index")) for each in data]
        counted = reply.used.prompt_tokens
        document = {
            "object": "list",
            "data": data,
            "model": ANSWER_NAMES.get(model, model),
            "usage": {"prompt_tokens": counted, "total_tokens": counted},
        }
        return self._dialect.adapt_embeddings(document, reply)

    def _size(self, prompt: Prompt) -> int:
        """Return the requested dimensions, or else the model's own."""
        requested = whole(prompt.body.get("dimensions"), 1)
        default = size_of(prompt.model or "") or DEFAULT_SIZE
        return requested if requested is not None and requested <= MAX_DIMENSIONS else default


def _kind(prompt: Prompt) -> str:
    """Return the type of the numbers, which Mistral's requests can choose."""
    requested = text(prompt.body.get("output_dtype"))
    return requested if requested in TYPES else "float"


def _inputs(value: object, model: str | None) -> list[str]:
    """Return the texts: of a string, strings, tokens, or arrays of tokens; one empty text for anything else."""
    if isinstance(value, list) and value and not all(isinstance(item, int) for item in value):
        return [_text(item, model) for item in value[:MAX_INPUTS]]
    return [] if value == [] else [_text(value, model)]


def _text(value: object, model: str | None) -> str:
    if isinstance(value, list):
        return tokens.join((item for item in value if isinstance(item, int)), model)
    return value if isinstance(value, str) else ""
