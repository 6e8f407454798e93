"""The count of a request's tokens: `POST /model/{id}/count-tokens`.

Shapes: `CountTokensRequest` and `CountTokensResponse` of botocore's service model. That the API counts for Claude's
models alone, under their own names, is quoted by users, the last time in August 2026.
"""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from completions.conversation import Prompt, Reply
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.bedrock import signing
from completions.wire.bedrock.base import BedrockFormat, collect_error, is_claude, model_of
from completions.wire.bedrock.claude import BedrockClaude
from completions.wire.bedrock.converse import Converse
from completions.wire.bedrock.errors import NO_MODEL, AmazonError
from completions.wire.fields import mapping, text, without_nulls
from completions.wire.readback import Answer

UNSUPPORTED_MODEL = "The provided model doesn't support counting tokens."
NOT_ONE_INPUT = "The input must have exactly one of these: converse, invokeModel."
NOT_BASE64 = "The body of invokeModel is not base64."


class CountTokens(BedrockFormat):
    """The number of tokens of a request to Converse, or of a body for `invoke`."""

    name = "converse"
    vendor = "bedrock"

    def __init__(self) -> None:
        self._converse, self._claude = Converse(), BedrockClaude()

    def has_model(self, model: str) -> bool:
        """Tell whether Bedrock has a model."""
        return self._converse.has_model(model)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read the request whose tokens are counted, as its own address does."""
        model, document = route.get("model", ""), decode_object(body)
        if validate:
            signing.check(headers)
            if not is_claude(model) or model_of(model) != model:
                is_known = is_claude(model) or self.has_model(model)
                raise AmazonError("ValidationException", UNSUPPORTED_MODEL if is_known else NO_MODEL)
        input = without_nulls(mapping(document.get("input")))
        if len(input) != 1 or not input.keys() <= {"converse", "invokeModel"}:
            raise AmazonError("ValidationException", NOT_ONE_INPUT)
        if "converse" in input:
            counted_body = orjson.dumps(mapping(input["converse"]))
            prompt = self._converse.parse(counted_body, headers, validate=validate, route=route)
        else:
            counted_body = _decoded(mapping(input["invokeModel"]))
            prompt = self._claude.parse(counted_body, headers, validate=validate, route=route)
        return replace(prompt, task="count", stream=False)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the count."""
        return {"inputTokens": reply.used.prompt_tokens}

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read the count back, or the error."""
        if not collect_error(document, answer):
            answer.set_usage(document.get("inputTokens"), 0)


def _decoded(invocation: Mapping[str, Any]) -> bytes:
    try:
        return base64.b64decode(text(invocation.get("body")), validate=True)
    except ValueError:
        raise AmazonError("ValidationException", NOT_BASE64) from None
