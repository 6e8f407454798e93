"""Mistral's embeddings: OpenAI's, with an id, a further count, and names of its own for what is asked.

Shape: `EmbeddingResponse` and `EmbeddingRequest` of the mistralai SDK.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from completions.conversation import Prompt, Reply
from completions.exceptions import RequestError
from completions.wire.base import NO_ROUTE, decode_object
from completions.wire.dialects.chat_dialects import Mistral
from completions.wire.openai.base import made_id, usage
from completions.wire.openai.embeddings import Embeddings

MISTRAL = Mistral()
OWN = ("output_dtype", "metadata", "encoding_format")
"""Parameters that change nothing here: vectors are always of floats."""


class MistralEmbeddings(Embeddings):
    """A vector for each input."""

    def parse(
        self, body: bytes, headers: Mapping[str, str], *, validate: bool, route: Mapping[str, str] = NO_ROUTE
    ) -> Prompt:
        """Read a request, in which the dimensions are called `output_dimension`."""
        document = {key: value for key, value in decode_object(body).items() if key not in OWN and value is not None}
        if "output_dimension" in document:
            document["dimensions"] = document.pop("output_dimension")
        return super().parse(orjson.dumps(document), headers, validate=validate)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the list with its id."""
        return {"id": made_id("", reply)} | super().document(reply, prompt) | {"usage": usage(reply.usage)}

    def headers(self, elapsed_ms: float, request_id: str) -> Mapping[str, str]:
        """Return none: those of OpenAI are its own."""
        return {}

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return Mistral's error."""
        return MISTRAL.error(exc)
