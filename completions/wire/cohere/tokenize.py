"""Cohere's tokens: `POST /v1/tokenize` and `POST /v1/detokenize`.

Shapes: a recorded exchange of 2026 (`{"meta", "token_strings", "tokens"}`) and Cohere's reference ("Tokenize",
"Detokenize"). The tokens are those by which this mock counts, not Cohere's own.
"""

from collections.abc import Mapping
from typing import Any

from completions.conversation import Prompt, Reply
from completions.exceptions import RequestError
from completions.tokens import text as tokens
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.cohere.base import CohereFormat, check, collect_error
from completions.wire.fields import text, text_or_none
from completions.wire.readback import Answer
from completions.wire.shapes import Shape

META = {"api_version": {"version": "1"}}
MAX_TEXT, LAST_ID = 65_536, 2**31 - 1


class CohereTokenize(CohereFormat):
    """The tokens of a text; a script's rule can answer it only with an error, if it names the format."""

    name = "cohere_tokenize"
    is_lookup = True
    fields: Mapping[str, Shape] = {"text": str, "model": str}

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request."""
        document = decode_object(body)
        if validate:
            check(document, self.fields, tuple(self.fields))
            self._check(document)
        model = text_or_none(document.get("model"))
        return Prompt(format=self.name, task="state", model=model, headers=headers, body=document)

    def _check(self, document: Mapping[str, Any]) -> None:
        if not 1 <= len(document["text"]) <= MAX_TEXT:
            raise RequestError(f"invalid request: text must have from 1 to {MAX_TEXT} characters")

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the ids of the tokens, and the text of each."""
        ids = tokens.ids(text(prompt.body.get("text"))[:MAX_TEXT], prompt.model)
        return {"tokens": ids, "token_strings": [tokens.join([each], prompt.model) for each in ids], "meta": META}

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read an error back; tokens are not recorded."""
        collect_error(document, answer)


class CohereDetokenize(CohereTokenize):
    """The text of tokens."""

    name = "cohere_detokenize"
    fields: Mapping[str, Shape] = {"tokens": list, "model": str}

    def _check(self, document: Mapping[str, Any]) -> None:
        if not all(type(each) is int and 0 <= each <= LAST_ID for each in document["tokens"]):
            raise RequestError("invalid request: tokens must be ids of tokens")

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the text; unknown ids are left out."""
        token_ids = prompt.body.get("tokens")
        valid_ids = [each for each in token_ids if type(each) is int] if isinstance(token_ids, list) else []
        return {"text": tokens.join(valid_ids[:MAX_TEXT], prompt.model), "meta": META}
