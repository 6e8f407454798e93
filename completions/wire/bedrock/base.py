"""What Bedrock's formats share: errors, headers, signatures, models' names and AWS's event stream."""

import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from completions import ids
from completions.conversation import ErrorSaid, Prompt
from completions.event import Event
from completions.tokens.models import entry
from completions.wire.base import StreamFailure, WireFormat, without_limits
from completions.wire.bedrock import errors as bedrock_errors
from completions.wire.framing import AWS_EVENTS
from completions.wire.readback import Answer

REGIONS = re.compile(r"(?:us|eu|apac|jp|au|ca|sa|in|us-gov|global)\.")
"""How the name of a profile begins that spreads a model's requests over regions."""

PROFILE = ":application-inference-profile/"
"""What the ARN of a profile has that somebody made, before an id that tells nothing of the model."""

PADDING: dict[str, Any] = {"p": ""}
"""Where an event has what hides its length; in a text a quote is escaped, so nothing else looks like it."""

UNPADDED, LETTERS = b'"p":""', b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
SHORTEST, LONGEST = 2, 61
"""Letters of a padding, as recorded from 2025 to 2026."""


class BedrockFormat(WireFormat):
    """An address of Bedrock's runtime."""

    reads_address = True
    adapt_error = staticmethod(bedrock_errors.adapt_error)
    error = staticmethod(bedrock_errors.document)
    usual_framing = AWS_EVENTS
    limit_headers = staticmethod(without_limits)

    def table_name(self, model: str) -> str:
        """Return the name without ARN, and without the region unless the table has the model for a region alone."""
        name, bare = model.rpartition("/")[2], model_of(model)
        return bare if entry(bare, "bedrock") or not entry(name, "bedrock") else name

    def headers(self, elapsed_ms: float, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return the request's id under AWS's name, and as AWS writes it: the same digits as a UUID."""
        return {"x-amzn-requestid": ids.as_uuid(request_id)}

    def with_request_id(self, document: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Return the body as it is: the id is in a header."""
        return document

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return an exception's message; its name is the event's, and there is no envelope."""
        exc = self.adapt_error(failure.error)
        return [Event(orjson.dumps(self.error(exc)), name=bedrock_errors.stream_name(exc))]


def padded(events: Iterable[Event]) -> list[Event]:
    """Return a stream's events with their padding, which is the same for the same event."""
    return [event._replace(data=event.data.replace(UNPADDED, _padding(event.data), 1)) for event in events]


def _padding(data: bytes) -> bytes:
    return b'"p":"%b"' % LETTERS[: SHORTEST + zlib.crc32(data) % (LONGEST - SHORTEST + 1)]


def collect_error(document: Mapping[str, Any], answer: Answer) -> bool:
    """Note the error that a body tells; say whether it does."""
    message = document.get("message")
    if not isinstance(message, str) or "type" in document:
        return False
    answer.error = ErrorSaid(message)
    return True


def model_of(name: str) -> str:
    """Return a model's name without the region of a profile and without what an ARN has before it."""
    return REGIONS.sub("", name.rpartition("/")[2], count=1)


def is_claude(name: str) -> bool:
    """Tell whether a model's name is one of Claude's, whatever the region, or an ARN that ends so."""
    return "claude" in model_of(name)
