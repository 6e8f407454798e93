"""What a wire format is: four pure methods, and the `Event`s that its streams are made of."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import orjson

from completions.conversation import Prompt, Reply
from completions.event import Event
from completions.exceptions import RequestError

NO_ROUTE: Mapping[str, str] = {}
NO_DIALECTS: "Mapping[str, WireFormat]" = {}


class WireFormat(ABC):
    """One API's shape of requests, answers, streams and errors. It holds no state and knows no other format."""

    keep_alive = b": keep-alive\n\n"
    bare = False
    """Whether a document given word by word goes out without the headers of the API."""
    dialects: "Mapping[str, WireFormat]" = NO_DIALECTS
    """The same format as others speak it, by the names by which a script chooses them."""
    routed = False
    """Whether `parse` needs to know the request's address: its route's parts and its query's parameters."""

    @abstractmethod
    def parse(
        self, body: bytes, headers: Mapping[str, str], *, validate: bool, route: Mapping[str, str] = NO_ROUTE
    ) -> Prompt:
        """Read a request; raise `RequestError` where it cannot be read, or with `validate` where the API refuses it.

        `route` has the parts of the address by name, and the query's parameters, where the format is `routed`.
        """

    @abstractmethod
    def render(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the whole answer as one JSON document."""

    @abstractmethod
    def events(self, reply: Reply, prompt: Prompt) -> list[Event]:
        """Return the answer as a stream; its chunks fold to what `render` returns."""

    def media_type(self, prompt: Prompt) -> str:
        """Return the media type of the stream that answers a prompt."""
        return "text/event-stream"

    def headers(self, elapsed_ms: float, request_id: str) -> Mapping[str, str]:
        """Return the headers that this API sends with answers and errors, beside media type and `x-request-id`."""
        return {}

    def translated(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return headers on limits (`x-ratelimit-…`, `retry-after`) as this API writes them."""
        return headers

    @abstractmethod
    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the error's envelope."""

    def error_frame(self, exc: RequestError, *, name: str = "", flat: bool = False) -> bytes:
        """Return an error as an event within a stream: of that name, if any; `flat`: without its envelope."""
        document = self.error(exc)
        head = f"event: {name}\n".encode() if name else b""
        return head + b"data: " + orjson.dumps(document.get("error", document) if flat else document) + b"\n\n"


def decode_object(body: bytes) -> dict[str, Any]:
    """Decode a body that must be one JSON object in UTF-8; raise `RequestError` that says what it is instead."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        why = _not_utf8(body) or f"{exc.msg} (line {exc.lineno}, column {exc.colno})"
        raise RequestError(f"We could not parse the JSON body of your request: {why}.") from exc
    if not isinstance(document, dict):
        raise RequestError(f"The JSON body of your request must be an object, but it is {json_type(document)}.")
    return document


def _not_utf8(body: bytes) -> str | None:
    try:
        body.decode()
    except UnicodeDecodeError as exc:
        return f"it is not UTF-8: byte 0x{body[exc.start]:02x} at position {exc.start}, {exc.reason}"
    return None


def json_type(value: object) -> str:
    """Name a decoded value's JSON type, with its article, as the API's messages do: `a string`."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal"
        case str():
            return "a string"
        case list():
            return "an array"
    return "an object"
