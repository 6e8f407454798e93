"""What a wire format is: five pure methods, and the `Event`s that its streams are made of."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from completions.conversation import Prompt, Reply, Said, Traffic
from completions.event import Body, Event
from completions.exceptions import RequestError
from completions.tokens.capabilities import Capabilities, is_known
from completions.wire.documents import documents
from completions.wire.fragments import partial
from completions.wire.framing import SSE, Framing
from completions.wire.readback import Answer
from completions.wire.refusals import Refusal, applying
from completions.wire.words import NO_WORDS, Words, worded

NO_ROUTE: Mapping[str, str] = {}
NO_DIALECTS: "Mapping[str, WireFormat]" = {}

Document = Mapping[str, Any]
Place = tuple[str, str]
"""Where a document is kept: its kind and its id."""

Span = Callable[[], tuple[float, float]]
"""Tells when an answer begins and when it is whole, in seconds since the epoch; it costs a stream to find out."""


class Kept(NamedTuple):
    """A document to be kept; where it `grows`, its array of that name goes onto that of the one kept before.

    One that has `expires` is gone from then on, and one that has `taken_until` is taken by an answer that goes on from
    it, which is under way until then; both are seconds since the epoch.
    """

    kind: str
    name: str
    document: Document
    grows: str = ""


class StreamFailure(NamedTuple):
    """An error that ends a stream, after the events `before`: as an event of that `name`, if any.

    `flat`: without its envelope.
    """

    error: RequestError
    before: Sequence[Event] = ()
    name: str = ""
    flat: bool = False

    def event(self, envelope: Document) -> Event:
        """Return the event that has an envelope, or what is in it."""
        document = envelope.get("error", envelope) if self.flat else envelope
        return Event(orjson.dumps(document), name=self.name)

    @property
    def last(self) -> Document:
        """The last document before it; empty where there is none."""
        for event in reversed(self.before):
            with contextlib.suppress(orjson.JSONDecodeError):
                document = orjson.loads(event.data)
                if isinstance(document, dict):
                    return document
        return {}


class WireFormat(ABC):
    """One API's shape of requests, answers, streams and errors. It holds no state and knows no other format.

    `name` is what prompts say of their `format`.
    """

    name = ""
    verbatim_without_headers = False
    """Whether a document given word by word goes out without the headers of the API."""
    dialects: "Mapping[str, WireFormat]" = NO_DIALECTS
    """The same format as others speak it, by the names by which a script chooses them."""
    vendor = ""
    """Whose models are asked for, as the table of models calls them; without it, any model takes everything."""
    refusals: Sequence[Refusal] = ()
    """What is refused because of the model, in the API's words."""
    key_header = ""
    """The header in which the API takes the key, instead of `Authorization: Bearer`; in lower case."""
    told_by: tuple[str, ...] = ()
    """Headers and parameters that tell that a request is this API's, where others have the address too."""
    words: Mapping[str, Words] = NO_WORDS
    """How the API puts the usual errors, where they are not put well for it."""
    reads_address = False
    """Whether `parse` needs to know the request's address: its route's parts and its query's parameters."""

    def knows(self, model: str) -> bool:
        """Tell whether the API has a model of this name, as far as the table of models knows."""
        return not self.vendor or is_known(model, self.vendor)

    def check_abilities(self, prompt: Prompt, can: Capabilities) -> None:
        """Raise the API's error for the first ability that a request asks for and its model lacks."""
        lacking = can.lacking(prompt.reasoning_effort) if can.lacks_reasoning else can.lacks
        kinds = {part.kind for message in prompt.messages if message.parts for part in message.parts}
        for row in applying(self, prompt.format, lacking, can):
            if (row.needs and row.needs not in prompt.body) or (row.part and row.part not in kinds):
                continue
            if (asked := row.find(prompt, can)) is not None:
                raise row.error(asked, prompt, can)

    def table_name(self, model: str) -> str:
        """Return the name under which the table of models has a model, where the API calls it otherwise."""
        return model

    @abstractmethod
    def parse(
        self, body: bytes, headers: Mapping[str, str], *, validate: bool, route: Mapping[str, str] = NO_ROUTE
    ) -> Prompt:
        """Read a request; raise `RequestError` where it cannot be read, or with `validate` where the API refuses it.

        `route` has the parts of the address by name, and the query's parameters, where the format `reads_address`.
        """

    def recalls(self, prompt: Prompt) -> Collection[Place]:
        """Return which kept documents a prompt refers to."""
        return ()

    def recall(self, prompt: Prompt, documents: Mapping[Place, Document], *, validate: bool) -> Prompt:
        """Return the prompt with what it refers to, where it does; with `validate` raise where that is not there."""
        return prompt

    def goes_on_from(self, prompt: Prompt) -> Place | None:
        """Return the kept document that only one answer may go on from, where a prompt goes on from one."""
        return None

    def taken(self, *, in_flight: bool) -> RequestError:
        """Return the error of a prompt that goes on from what another answer goes on from, or has gone on from."""
        return RequestError("Another answer goes on from this already.", status=409)

    def keeps(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[Kept]:
        """Return what is kept of an answer, to be asked for later."""
        return ()

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the whole answer: the bytes of its document, where a format does not say otherwise."""
        return Body(orjson.dumps(self.document(reply, prompt)))

    @abstractmethod
    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the whole answer as one JSON document."""

    def stream(self, reply: Reply, prompt: Prompt) -> list[Event]:
        """Return the answer as a stream: its events word by word, where a script gives them, or else the format's."""
        if reply.events is not None and prompt.stream:
            events = [Event(raw.data.encode(), raw.token, raw.chunk, fields=raw.fields) for raw in reply.events]
            return self.framing(prompt).word_by_word(events)
        return self.events(reply, prompt)

    @abstractmethod
    def events(self, reply: Reply, prompt: Prompt) -> list[Event]:
        """Return the answer as a stream; its chunks fold to what `document` returns."""

    def read(self, traffic: Traffic) -> Said:
        """Return what was asked and said in an exchange; of what is cut, spoilt or unknown, what can be read."""
        answer = Answer()
        for answer.event, document in documents(traffic.response):
            if not answer.fails(document):
                self.hear(document, answer)
            if answer.ended:
                break
        return answer.said(self._asked(traffic), cut=traffic.request_cut)

    def hear(self, document: Mapping[str, Any], answer: Answer) -> None:  # noqa: B027  # some formats say nothing
        """Take in what a document of an answer says: the whole one, or one of a stream's."""

    def _asked(self, traffic: Traffic) -> Prompt | None:
        body = traffic.request
        if traffic.request_cut:
            body = orjson.dumps(partial(body.decode("utf-8", "ignore"), strings=True))
        try:
            return self.parse(body, traffic.headers, validate=False, route=traffic.route)
        except RequestError:
            return None

    def framing(self, prompt: Prompt) -> Framing:
        """Return how the events are written that answer a prompt."""
        return SSE

    def headers(self, elapsed_ms: float, request_id: str) -> Mapping[str, str]:
        """Return the headers that this API sends with answers and errors, beside media type and `x-request-id`."""
        return {}

    def limit_headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return headers on limits (`x-ratelimit-…`, `retry-after`) as this API writes them."""
        return headers

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return an error as this API has it, where it has another status or other words for it."""
        return worded(exc, self.words)

    @abstractmethod
    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the error's envelope."""

    def with_request_id(self, document: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Return an error's envelope with the request's id, where this API has it there."""
        return document

    def model_list(self, models: Collection[str], query: Mapping[str, str]) -> dict[str, Any]:
        """Return the list of a script's models (none: any is there), or the page of it that `query` asks for."""
        raise RequestError("This API lists no models.", status=404)

    def model(self, name: str, models: Collection[str]) -> dict[str, Any]:
        """Return one of a script's models, or raise the API's 404."""
        raise RequestError("This API lists no models.", status=404)

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return how an error ends the stream that answers a prompt."""
        return [failure.event(self.error(self.adapt_error(failure.error)))]


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
