"""What Bedrock's formats share: errors, headers, signatures, the names of models and AWS's event stream."""

import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from completions import ids
from completions.conversation import ErrorContent, Prompt, Reply
from completions.event import Event
from completions.tokens.models import entry
from completions.wire.base import StreamFailure, WireFormat, without_limits
from completions.wire.bedrock import errors as bedrock_errors
from completions.wire.framing import AWS_EVENTS
from completions.wire.readback import Answer

REGION_PREFIX = re.compile(r"(?:us|eu|apac|jp|au|ca|sa|in|us-gov|global)\.")
"""The prefix of a cross-region inference profile's name."""

PROFILE = ":application-inference-profile/"
"""The part of an application inference profile's ARN before its id, which does not tell the model."""

PADDING: dict[str, Any] = {"p": ""}
"""The member of an event that hides its length; quotes within texts are escaped, so nothing else looks like it."""

UNPADDED, LETTERS = b'"p":""', b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
MIN_PADDING, MAX_PADDING = 2, 61
"""The minimum and maximum length of a padding, as recorded from 2025 to 2026."""


REPEATED_HEADERS = ("x-amzn-bedrock-performanceconfig-latency", "x-amzn-bedrock-service-tier")
"""The headers of a request at `invoke` that its answer repeats (`InvokeModelResponse` of botocore's service model)."""


class BedrockFormat(WireFormat):
    """What all addresses of Bedrock's runtime share."""

    reads_address = True
    adapt_error = staticmethod(bedrock_errors.adapt_error)
    error = staticmethod(bedrock_errors.document)
    default_framing = AWS_EVENTS
    limit_headers = staticmethod(without_limits)
    headers_marker = b""

    def answer_headers(self, reply: Reply, prompt: Prompt) -> Mapping[str, str]:
        """Return the headers that an answer repeats."""
        return {name: prompt.headers[name] for name in REPEATED_HEADERS if name in prompt.headers}

    def table_name(self, model: str) -> str:
        """Return the name without ARN, and without the region unless the table has the model for a region alone."""
        name, bare = model.rpartition("/")[2], model_of(model)
        return bare if entry(bare, "bedrock") or not entry(name, "bedrock") else name

    def headers(self, elapsed_ms: float, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return the request's id in AWS's header, as a UUID of the same digits."""
        return {"x-amzn-requestid": ids.as_uuid(request_id)}

    def with_request_id(self, document: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Return the body as it is: the id is in a header."""
        return document

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return an exception's message, without an envelope; the name of the exception is the event's."""
        exc = self.adapt_error(failure.error)
        return [Event(orjson.dumps(self.error(exc)), name=bedrock_errors.stream_name(exc))]


def padded(events: Iterable[Event]) -> list[Event]:
    """Return a stream's events with their padding, which is the same for the same event."""
    return [event._replace(data=event.data.replace(UNPADDED, _padding(event.data), 1)) for event in events]


def _padding(data: bytes) -> bytes:
    return b'"p":"%b"' % LETTERS[: MIN_PADDING + zlib.crc32(data) % (MAX_PADDING - MIN_PADDING + 1)]


def collect_error(document: Mapping[str, Any], answer: Answer) -> bool:
    """Note the error in a body; tell whether there is one."""
    message = document.get("message")
    if not isinstance(message, str) or "type" in document:
        return False
    answer.error = ErrorContent(message)
    return True


def model_of(name: str) -> str:
    """Return the name of a model without the region of a profile, and without the rest of an ARN."""
    return REGION_PREFIX.sub("", name.rpartition("/")[2], count=1)


def is_claude(name: str) -> bool:
    """Tell whether a model is a Claude, by its name in any region or by its ARN."""
    return "claude" in model_of(name)
