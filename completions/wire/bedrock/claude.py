"""Claude on Bedrock: `POST /model/{id}/invoke` and `/invoke-with-response-stream`.

Shapes: `anthropic.lib.bedrock` of the anthropic SDK, and `PayloadPart` of botocore's service model: each event of
Anthropic's stream is the base64 of its document in a `chunk`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from completions import ids
from completions.conversation import Prompt, Reply
from completions.event import Body, Event
from completions.wire.anthropic.checks import Wrong
from completions.wire.anthropic.hosted import HostedClaude
from completions.wire.anthropic.messages import PING
from completions.wire.anthropic.usage import plain_usage
from completions.wire.base import NO_ROUTE, Headers, Route
from completions.wire.bedrock import guardrail, guardrail_message, invoke, signing
from completions.wire.bedrock.base import BedrockFormat, collect_error, model_of
from completions.wire.bedrock.claude_fields import has_unsupported_beta
from completions.wire.bedrock.errors import AmazonError
from completions.wire.bedrock.malformed import BEDROCK_PREFIX
from completions.wire.fields import dicts, mapping
from completions.wire.readback import Answer
from completions.wire.validation import refuse

EARLY_MODELS = re.compile(r"\bclaude-(?:2|v2|instant|3-(?:5-|haiku|sonnet|opus))")

AWS_ID_MODELS = "claude-haiku-4-5"
"""Models whose id and name are AWS's, and whose usage has the service tier (recorded in September 2026)."""

REVISION = re.compile(r"-v\d+(?::\d+)?$")
MAKER = re.compile(r"([a-z0-9]+)\.")
"""The prefix of model names at Bedrock; names of profiles and of models in an ARN may lack it."""


class BedrockClaude(BedrockFormat, HostedClaude):
    """A message of a Claude on Bedrock."""

    version = "bedrock-2023-05-31"
    mark = "bdrk_"
    default_framing = invoke.CHUNKS

    def table_name(self, model: str) -> str:
        """Return Anthropic's name of `us.anthropic.claude-sonnet-4-5-20250929-v1:0` or of an ARN that ends so."""
        return REVISION.sub("", model_of(model).removeprefix("anthropic."))

    def streams(self, document: Mapping[str, Any], route: Mapping[str, str]) -> bool:
        """Tell whether the answer is to be streamed, by the address."""
        return route.get("method") == invoke.STREAM_METHOD

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request for a message, whose signature must be current; other makers' models are refused."""
        if validate:
            signing.check(headers)
        name = model_of(route.get("model", ""))
        if (maker := MAKER.match(name)) and maker[1] != "anthropic":
            refusal = f"This mock does not take {name} at invoke and invoke-with-response-stream"
            raise AmazonError("ValidationException", f"{refusal}; it is answered at converse, if it chats.")
        return super().parse(body, headers, validate=validate, route=route)

    def is_of_cloud(self, field: str) -> bool:
        """Tell whether a field is for Bedrock and not for Claude, such as `amazon-bedrock-guardrailConfig`."""
        return field.startswith(BEDROCK_PREFIX) or super().is_of_cloud(field)

    def check_version(self, document: Mapping[str, Any]) -> None:
        """Also refuse `stream`, which is in the address, and sources to be fetched (recorded in December 2025).

        A beta that is unknown, or that Bedrock lacks, has its own error, as measured until July 2026.
        """
        if "stream" in document:
            refuse(Wrong("Extra inputs are not permitted", "stream"))
        if has_unsupported_beta(document):
            refuse(Wrong("invalid beta flag"))
        super().check_version(document)
        for index, message in enumerate(dicts(document.get("messages"))):
            for place, block in enumerate(dicts(message.get("content"))):
                if mapping(block.get("source")).get("type") == "url":
                    where = f"messages.{index}.content.{place}.{block.get('type')}.source.base64.data"
                    refuse(Wrong("URL sources are not supported", where))

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the message; headers have the usage, as LangChain reads it, unless a guardrail blocked it."""
        counts = invoke.metrics(reply.used, always=not EARLY_MODELS.search(prompt.model or ""))
        if AWS_ID_MODELS in (prompt.model or "") and not counts[invoke.CACHE_WRITE_COUNT]:
            del counts[invoke.CACHE_WRITE_COUNT]
        body = super().render(reply, prompt)
        return body if _is_blocked(reply, prompt) else invoke.with_headers(body, counts)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the message, with a guardrail's action."""
        if _is_blocked(reply, prompt):
            message = guardrail_message.whole(reply, self.table_name(prompt.model or ""))
        else:
            message = super().document(reply, prompt)
        return {**message, **guardrail.invoke_fields(reply, prompt)}

    def usage(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage; models up to 3.5 have the cache's counts only if it was used."""
        is_early = EARLY_MODELS.search(prompt.model or "")
        counts = plain_usage(reply.used) if is_early else super().usage(reply, prompt)
        return counts | ({"service_tier": "standard"} if AWS_ID_MODELS in (prompt.model or "") else {})

    def _with_cloud_names(self, reply: Reply, prompt: Prompt) -> Reply:
        named = super()._with_cloud_names(reply, prompt)
        if AWS_ID_MODELS not in (prompt.model or ""):
            return named
        default_id = f"msg_bdrk_{ids.spelled(reply.serial, invoke.ID_SIZE, ids.LETTERS32)}"
        return replace(named, id=reply.id or default_id, model=model_of(reply.model or prompt.model or ""))

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return Anthropic's events as chunks, without pings."""
        if _is_blocked(reply, prompt):
            blocked = guardrail_message.events(reply, self.table_name(prompt.model or ""))
            return invoke.chunked(blocked, guardrail.invoke_fields(reply, prompt))
        events = [event for event in super().events(reply, prompt) if event is not PING]
        return invoke.chunked(events, invoke.ending(reply, prompt))

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Read a message back, or the content of a chunk."""
        if collect_error(document, answer):
            return
        super().collect(invoke.decoded_chunk(document), answer)


def _is_blocked(reply: Reply, prompt: Prompt) -> bool:
    return guardrail.intervenes(reply, guardrail.from_headers(prompt))
