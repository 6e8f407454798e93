"""What the answers at `/model/{id}/invoke` and `/invoke-with-response-stream` have in common, whatever the model.

Each event of a stream is the base64 of the model's own document in a `chunk` (`PayloadPart` of botocore's service
model); the last one tells the tokens once more, as the headers of a whole answer do, and what a guardrail did.
"""

import base64
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from completions.conversation import Prompt, Reply, Usage
from completions.event import Body, Event
from completions.wire.bedrock import guardrail
from completions.wire.bedrock.base import padded
from completions.wire.framing import AmazonEventStream

STREAMED = "invoke-with-response-stream"
METRICS = "amazon-bedrock-invocationMetrics"

CHUNKS = AmazonEventStream({"x-amzn-bedrock-content-type": "application/json"})

COUNTS = {
    "inputTokenCount": "input-token-count",
    "outputTokenCount": "output-token-count",
    "invocationLatency": "invocation-latency",
    "cacheReadInputTokenCount": "cache-read-input-token-count",
    "cacheWriteInputTokenCount": "cache-write-input-token-count",
}
"""What the headers of a whole answer tell, by its name at the end of a stream."""

ID_SIZE = 52
"""Letters of an id that AWS makes for an answer itself (recorded in September 2026)."""

WRITTEN = "cacheWriteInputTokenCount"
CACHED = ("cacheReadInputTokenCount", WRITTEN)


def metrics(usage: Usage, *, always: bool = False) -> dict[str, int]:
    """Return what a stream ends with, and what a cache did where it did something, or `always`.

    The input is what was neither read from it nor written to it.
    """
    said = usage.completion_tokens
    cached = dict(zip(CACHED, (usage.cached_tokens, usage.cache_creation_tokens), strict=True))
    return {
        "inputTokenCount": max(usage.prompt_tokens - sum(cached.values()), 0),
        "outputTokenCount": said,
        "invocationLatency": 10 * said,
        "firstByteLatency": 10,
        **(cached if always or any(cached.values()) else {}),
    }


def with_headers(body: Body, counted: Mapping[str, int]) -> Body:
    """Return a whole answer with headers that tell what it cost."""
    return body._replace(
        headers={f"x-amzn-bedrock-{COUNTS[name]}": str(n) for name, n in counted.items() if name in COUNTS}
    )


def ending(reply: Reply, prompt: Prompt, *, always: bool = False) -> dict[str, Any]:
    """Return what a stream ends with beside the model's own words: the tokens, and what a guardrail did."""
    return {METRICS: metrics(reply.used, always=always), **guardrail.invoke_fields(reply, prompt)}


def chunked(events: Iterable[Event], told: Mapping[str, Any]) -> list[Event]:
    """Return the events of a model's stream as chunks, with what is told besides in the last one."""
    *before, last = events
    ending = last._replace(data=orjson.dumps({**orjson.loads(last.data), **told}))
    return padded(event._replace(data=_chunk(event.data), name="chunk") for event in (*before, ending))


def _chunk(data: bytes) -> bytes:
    return b'{"bytes":"%b","p":""}' % base64.b64encode(data)


def opened(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is in a chunk; any other document as it is."""
    if not isinstance(chunk := document.get("bytes"), str):
        return document
    try:
        found = orjson.loads(base64.b64decode(chunk))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
