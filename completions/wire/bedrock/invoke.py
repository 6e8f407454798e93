"""What all answers at `/model/{id}/invoke` and `/invoke-with-response-stream` share, for any model.

Each event of a stream is the base64 of the model's own document in a `chunk` (`PayloadPart` of botocore's service
model); the last one also has the counts that are in the headers of a whole answer, and a guardrail's action.
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

STREAM_METHOD = "invoke-with-response-stream"
METRICS = "amazon-bedrock-invocationMetrics"

CHUNKS = AmazonEventStream({"x-amzn-bedrock-content-type": "application/json"})

METRIC_HEADERS = {
    "inputTokenCount": "input-token-count",
    "outputTokenCount": "output-token-count",
    "invocationLatency": "invocation-latency",
    "cacheReadInputTokenCount": "cache-read-input-token-count",
    "cacheWriteInputTokenCount": "cache-write-input-token-count",
}
"""The names of counts in the headers of a whole answer, by their names at the end of a stream."""

ID_SIZE = 52
"""Letters of an id that AWS makes for an answer itself (recorded in September 2026)."""

CACHE_WRITE_COUNT = "cacheWriteInputTokenCount"
CACHE_COUNTS = ("cacheReadInputTokenCount", CACHE_WRITE_COUNT)


def metrics(usage: Usage, *, always: bool = False) -> dict[str, int]:
    """Return the metrics at the end of a stream, with the cache's counts if it was used, or `always`.

    The input excludes the tokens read from the cache and written to it.
    """
    output_tokens = usage.completion_tokens
    cache_counts = dict(zip(CACHE_COUNTS, (usage.cached_tokens, usage.cache_creation_tokens), strict=True))
    return {
        "inputTokenCount": max(usage.prompt_tokens - sum(cache_counts.values()), 0),
        "outputTokenCount": output_tokens,
        "invocationLatency": 10 * output_tokens,
        "firstByteLatency": 10,
        **(cache_counts if always or any(cache_counts.values()) else {}),
    }


def with_headers(body: Body, counts: Mapping[str, int]) -> Body:
    """Return a whole answer with its metrics in headers."""
    return body._replace(
        headers={
            f"x-amzn-bedrock-{METRIC_HEADERS[name]}": str(value)
            for name, value in counts.items()
            if name in METRIC_HEADERS
        }
    )


def ending(reply: Reply, prompt: Prompt, *, always: bool = False) -> dict[str, Any]:
    """Return the fields at the end of a stream that are not the model's own: the metrics, and a guardrail's action."""
    return {METRICS: metrics(reply.used, always=always), **guardrail.invoke_fields(reply, prompt)}


def chunked(events: Iterable[Event], extra_fields: Mapping[str, Any]) -> list[Event]:
    """Return the events of a model's stream as chunks, the last one with extra fields."""
    *before, last = events
    ending = last._replace(data=orjson.dumps({**orjson.loads(last.data), **extra_fields}))
    return padded(event._replace(data=_chunk(event.data), name="chunk") for event in (*before, ending))


def _chunk(data: bytes) -> bytes:
    return b'{"bytes":"%b","p":""}' % base64.b64encode(data)


def decoded_chunk(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the content of a chunk; any other document as it is."""
    if not isinstance(chunk := document.get("bytes"), str):
        return document
    try:
        content = orjson.loads(base64.b64decode(chunk))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
