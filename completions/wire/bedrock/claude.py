"""Claude on Bedrock: `POST /model/{id}/invoke` and `/invoke-with-response-stream`.

Shapes: `anthropic.lib.bedrock` of the anthropic SDK, and `PayloadPart` of botocore's service model: each event of
Anthropic's stream is the base64 of its document in a `chunk`.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

import orjson

from completions.conversation import Prompt, Reply, Usage
from completions.event import Body, Event
from completions.wire.anthropic.checks import Wrong
from completions.wire.anthropic.hosted import HostedClaude
from completions.wire.anthropic.messages import PING
from completions.wire.base import NO_ROUTE
from completions.wire.bedrock import signing
from completions.wire.bedrock.base import BedrockFormat, collect_error, model_of
from completions.wire.bedrock.errors import AmazonError
from completions.wire.readback import Answer
from completions.wire.validation import refuse

REVISION = re.compile(r"-v\d+(?::\d+)?$")
CAPITAL = re.compile(r"(?=[A-Z])")
MAKER = re.compile(r"([a-z0-9]+)\.")
"""How the names of models at Bedrock begin; those of profiles and of models in an ARN may not."""

ONLY_CLAUDE = "This mock takes Claude's messages alone at invoke and invoke-with-response-stream."


class BedrockClaude(BedrockFormat, HostedClaude):
    """A message of a Claude on Bedrock."""

    version = "bedrock-2023-05-31"
    mark = "bdrk_"

    def table_name(self, model: str) -> str:
        """Return Anthropic's name of `us.anthropic.claude-sonnet-4-5-20250929-v1:0` or of an ARN that ends so."""
        return REVISION.sub("", model_of(model).removeprefix("anthropic."))

    def streams(self, document: Mapping[str, Any], route: Mapping[str, str]) -> bool:
        """Tell whether the answer is to be streamed; the address says it."""
        return route.get("method") == "invoke-with-response-stream"

    def parse(
        self, body: bytes, headers: Mapping[str, str], *, validate: bool, route: Mapping[str, str] = NO_ROUTE
    ) -> Prompt:
        """Read a message's request, whose signature is of now; only Claude's are read here."""
        if validate:
            signing.check(headers)
        name = model_of(route.get("model", ""))
        if (maker := MAKER.match(name)) and maker[1] != "anthropic":
            raise AmazonError("ValidationException", f"{ONLY_CLAUDE} {name} is answered at converse, if it chats.")
        return super().parse(body, headers, validate=validate, route=route)

    def check_version(self, document: Mapping[str, Any]) -> None:
        """Refuse a `stream`, too: the address says it here."""
        if "stream" in document:
            refuse(Wrong("Extra inputs are not permitted", "stream"))
        super().check_version(document)

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the message, with its tokens and its time in headers, where LangChain reads them."""
        return super().render(reply, prompt)._replace(headers=_token_headers(reply.usage))

    def events(self, reply: Reply, prompt: Prompt) -> list[Event]:
        """Return Anthropic's events as chunks, without pings; the last one tells the tokens once more."""
        events = [event for event in super().events(reply, prompt) if event is not PING]
        last = orjson.loads(events[-1].data) | {"amazon-bedrock-invocationMetrics": _metrics(reply.usage)}
        events[-1] = events[-1]._replace(data=orjson.dumps(last))
        return [event._replace(data=_chunk(event.data), name="chunk") for event in events]

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Take in a message, or what is in a chunk."""
        if collect_error(document, answer):
            return
        if isinstance(chunk := document.get("bytes"), str):
            document = _opened(chunk)
        super().collect(document, answer)


def _chunk(data: bytes) -> bytes:
    return b'{"bytes":"' + base64.b64encode(data) + b'"}'


def _opened(chunk: str) -> Mapping[str, Any]:
    try:
        document = orjson.loads(base64.b64decode(chunk))
    except (binascii.Error, orjson.JSONDecodeError):
        return {}
    return document if isinstance(document, dict) else {}


def _metrics(usage: Usage | None) -> dict[str, int]:
    """Return what an answer cost; its input is what was neither read from a cache nor written to one."""
    known = usage or Usage(0, 0)
    cached, written, said = known.cached_tokens, known.cache_creation_tokens, known.completion_tokens
    return {
        "inputTokenCount": max(known.prompt_tokens - cached - written, 0),
        "outputTokenCount": said,
        "invocationLatency": 10 * said,
        "firstByteLatency": 10,
        **({"cacheReadInputTokenCount": cached, "cacheWriteInputTokenCount": written} if cached or written else {}),
    }


def _token_headers(usage: Usage | None) -> dict[str, str]:
    """Return the headers of `InvokeModel` that say what an answer cost."""
    told = _metrics(usage)
    counts = {"cacheReadInputTokenCount": 0, "cacheWriteInputTokenCount": 0} | told
    named = {name: f"x-amzn-bedrock-{CAPITAL.sub('-', name).lower()}" for name in counts if name != "firstByteLatency"}
    return {header: str(counts[name]) for name, header in named.items()}
