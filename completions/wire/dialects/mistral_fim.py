"""Mistral's fill-in-the-middle: `POST /v1/fim/completions`, from the code before and after to a chat's answer.

Shapes: `FIMCompletionRequest` and `FIMCompletionResponse` of the mistralai SDK 3.7. Unknown fields are accepted.
"""

from dataclasses import replace

from completions.conversation import Prompt
from completions.wire.address import Address
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.dialects.mistral import Mistral
from completions.wire.dialects.rules import FIELDS
from completions.wire.fields import text
from completions.wire.openai.base import check_stream
from completions.wire.openai.chat.format import ChatCompletions, read_prompt
from completions.wire.validation import decimal, integer, nullable, record, string

MISTRAL = Mistral()
_REQUEST = record(
    {
        "model": string(),
        "prompt": string(),
        "suffix": nullable(string()),
        "min_tokens": nullable(integer(0)),
        "prompt_cache_key": nullable(string()),
        "random_seed": nullable(integer(0)),
        "temperature": nullable(decimal(0, 1.5)),
        **{key: FIELDS[key] for key in ("max_tokens", "metadata", "stop", "stream", "top_p")},
    },
    ("model", "prompt"),
    others=True,
)


class FillInTheMiddle(ChatCompletions):
    """A completion between two texts; the text before is the user message, and the tokens of both are counted."""

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request to fill in the middle."""
        document = decode_object(body)
        if validate:
            MISTRAL.refuse(_REQUEST(document), document)
        check_stream(document)
        prefix, suffix = text(document.get("prompt")), text(document.get("suffix"))
        prompt = read_prompt({**document, "messages": [{"role": "user", "content": prefix}]}, headers)
        return replace(self._dialect.adapt_prompt(prompt), body=document, raw_input=prefix + suffix)


def addresses(dialect: Mistral) -> list[Address]:
    """Return the address."""
    return [Address(f"{dialect.place}fim/completions", FillInTheMiddle(dialect))]
