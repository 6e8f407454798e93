"""Ollama's embeddings: `POST /api/embed`, and its predecessor `POST /api/embeddings`.

Shapes: `EmbedResponse` and `EmbeddingResponse` of `api/types.go` in ollama/ollama.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from completions.conversation import Message, Prompt, Reply
from completions.exceptions import RequestError
from completions.tokens import text as tokens
from completions.wire.base import NO_ROUTE, Headers, Route
from completions.wire.fields import text, text_or_none, texts, whole
from completions.wire.ollama import rules as ollama_rules
from completions.wire.ollama.chat import LOAD_NS, PROMPT_TOKEN_NS, LoadingFormat
from completions.wire.ollama.errors import EMBEDDING_WORDINGS
from completions.wire.ollama.loading import context_size
from completions.wire.ollama.readback import collect_vectors
from completions.wire.vector_sizes import size_of
from completions.wire.vectors import vectors_for

TOO_LONG = "the input length exceeds the context length"
"""The server's error for an input that is longer than `num_ctx` and must not be cut."""

DEFAULT_SIZE = 768
"""Dimensions of a model that the table of sizes does not know."""


class _Embedding(LoadingFormat):
    """What both addresses share."""

    wordings = EMBEDDING_WORDINGS
    collect = staticmethod(collect_vectors)


class OllamaEmbed(_Embedding):
    """A vector for each input; `dimensions` shortens it."""

    name = "ollama_embed"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request for embeddings; each input is a user message, except an empty one."""
        document = ollama_rules.read(body, "EmbedRequest")
        inputs = document.get("input")
        if validate:
            ollama_rules.validate(document, "EmbedRequest", ollama_rules.EMBED)
            if not (inputs is None or isinstance(inputs, str) or _is_texts(inputs)):
                raise RequestError("invalid input type")
        input_texts = (inputs,) if inputs and isinstance(inputs, str) else _text_list(inputs)
        limit = context_size(document)
        if limit is None:
            return _prompt(document, headers, input_texts)
        may_cut = document.get("truncate") is not False
        if validate and not may_cut and any(tokens.count(each, model_of(document)) > limit for each in input_texts):
            raise RequestError(TOO_LONG)
        return _prompt(document, headers, tuple(_cut(each, limit, model_of(document)) for each in input_texts))

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the vectors, and what they cost."""
        prompt_tokens = reply.usage.prompt_tokens if reply.usage else 0
        return {
            "model": reply.model or prompt.model or "mock",
            "embeddings": _vectors(reply, prompt),
            "total_duration": LOAD_NS + prompt_tokens * PROMPT_TOKEN_NS,
            "load_duration": LOAD_NS,
            "prompt_eval_count": prompt_tokens,
        }


class OllamaEmbeddings(_Embedding):
    """One prompt, one vector."""

    name = "ollama_embed"

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request for an embedding."""
        document = ollama_rules.read(body, "EmbeddingRequest")
        if validate:
            ollama_rules.validate(document, "EmbeddingRequest", ollama_rules.EMBEDDINGS)
        input_text = text(document.get("prompt"))
        return _prompt(document, headers, (input_text,) if input_text else ())

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the vector; without a prompt, an empty one."""
        return {"embedding": next(iter(_vectors(reply, prompt)), [])}


def model_of(document: Mapping[str, Any]) -> str | None:
    """Return the model of a request."""
    return text_or_none(document.get("model"))


def _cut(value: str, limit: int, model: str | None) -> str:
    """Return the beginning of a text, of at most so many tokens."""
    return value if len(value) <= limit else "".join(tokens.split(value, model)[:limit])


def base_name(name: str) -> str:
    """Return a model's name without its namespace and its tag."""
    return name.rpartition("/")[2].partition(":")[0]


def _prompt(document: dict[str, Any], headers: Mapping[str, str], inputs: tuple[str, ...]) -> Prompt:
    return Prompt(
        format="ollama_embed",
        task="embed",
        model=model_of(document),
        messages=tuple(Message("user", each) for each in inputs),
        n=len(inputs),
        headers=headers,
        body=document,
    )


def _text_list(value: object) -> tuple[str, ...]:
    return texts(value) if isinstance(value, list) else ()


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _vectors(reply: Reply, prompt: Prompt) -> list[Sequence[float]]:
    size = size_of(prompt.model or "") or DEFAULT_SIZE
    dimensions = whole(prompt.body.get("dimensions"), 1)
    return vectors_for(reply, [message.text for message in prompt.messages], min(dimensions or size, size))
