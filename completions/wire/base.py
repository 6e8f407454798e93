"""What a wire format is: five pure methods, and what they take and return."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple, cast

import orjson

from completions.conversation import ParsedExchange, Prompt, Reply, Traffic
from completions.event import Body, Event, Events
from completions.exceptions import RequestError
from completions.ids import hex_id, spelled
from completions.tokens.capabilities import Capabilities, is_known
from completions.wire.depth import AT_MAX_DEPTH, MAX_DEPTH, is_too_deep
from completions.wire.documents import documents
from completions.wire.fragments import partial
from completions.wire.framing import SSE, Framing
from completions.wire.readback import Answer
from completions.wire.refusals import OUTPUT, Refusal, applying
from completions.wire.words import NO_TEXT, NO_WORDS, Words, worded

Headers = Mapping[str, str]
"""A request's headers by their names, in lower case."""
Route = Mapping[str, str]
"""The named parts of a URL, and the query parameters if the format `reads_address`."""
NO_ROUTE: Route = {}
NO_DIALECTS: "Mapping[str, WireFormat]" = {}

LIMITS = "x-ratelimit-"
"""How the names of OpenAI's headers on rate limits begin."""

Document = Mapping[str, Any]
Place = tuple[str, str]
"""Identifies a stored document: its kind and its id."""

Span = Callable[[], tuple[float, float]]
"""Returns when an answer begins and when it is complete, in seconds since the epoch; calling it costs a schedule."""


UNREACHED = "unreached"
"""By what a prompt tells which other model could not be asked, where one has declined."""


class StoredDocument(NamedTuple):
    """A document to store. If `grows` is set, its array of that name is appended to the stored document's.

    If it describes a file, `data` are its bytes.
    It is deleted at `expires`. Until `taken_until`, another answer that continues from it is still in progress. Both
    are in seconds since the epoch.
    """

    kind: str
    name: str
    document: Document
    grows: str = ""
    data: bytes | None = None


class StreamFailure(NamedTuple):
    """An error that ends a stream after the events `before`, sent as an event called `name`, if that is set.

    If `flat` is set, the error is sent without its envelope. `request_id` is that of the request.
    """

    error: RequestError
    before: Sequence[Event] = ()
    name: str = ""
    flat: bool = False
    request_id: str = ""

    def event(self, envelope: Document) -> Event:
        """Return the event for an envelope, or for its content if `flat` is set."""
        content = envelope.get("error")
        is_wrapped = self.flat and isinstance(content, dict)
        return Event(orjson.dumps(content if is_wrapped else envelope), name=self.name)

    @property
    def last(self) -> Document:
        """The last document before the error; empty if there is none."""
        for event in reversed(self.before):
            with contextlib.suppress(orjson.JSONDecodeError):
                document = orjson.loads(event.data)
                if isinstance(document, dict):
                    return document
        return {}


class WireFormat(ABC):
    """The format of one API: its requests, answers, streams and errors. It has no state and knows no other format.

    `name` is the `format` of its prompts.
    """

    name = ""
    verbatim_without_headers = False
    """Whether a verbatim document is sent without the API's headers."""
    dialects: "Mapping[str, WireFormat]" = NO_DIALECTS
    """The variants of this format that a script can choose, by name."""
    vendor = ""
    """The vendor of the models, as the model table calls it; without one, the abilities of models are not checked."""
    refusals: Sequence[Refusal] = ()
    """What the API refuses because of the model, with its wording."""
    usual_framing: Framing = SSE
    """How its streams are framed, where no request asks for another way."""
    key_header = ""
    """The header for the API key, in lower case, if it is not `Authorization: Bearer`."""
    identified_by: tuple[str, ...] = ()
    """Headers and query parameters that identify this API's requests at an address that it shares with others."""
    words: Mapping[str, Words] = NO_WORDS
    """The API's wording of the standard errors, where it differs from OpenAI's."""
    window_of_prompt = False
    """Whether a model's context window limits the prompt alone, whatever the answer may have."""
    has_fallbacks = False
    """Whether a request may name other models that answer where the first one declines."""
    cuts_last = False
    """Whether of a prompt that may be shortened the last message is cut too, where it is too long alone."""
    short_text = 0
    """Tokens of a text that the API's streams say in one chunk, at most."""
    arguments = "text"
    """What the arguments of a call in a whole answer are: a text, an `object`, or nothing where there are no calls."""
    json_type = ""
    """The media type of its JSON, where it says more than `application/json`."""
    family = ""
    """The format whose other server is asked what this one's clients ask too, where none is named for it."""
    files_kind = ""
    """The kind under which the API's uploaded files are kept, if it has any."""
    header_mark: bytes | None = None
    """What stands in the body of a request whose answer has headers of its own, if any has; empty: they all have."""
    refusal_type = ""
    """The media type of the JSON that refuses a key or a model, where it differs from that of other errors."""
    is_lookup = False
    """Whether it only tells what is known of a model or a text, and no model is asked; some clients do so unasked."""
    is_relayed = True
    """Whether another server can be asked what this format's clients ask."""
    reads_address = tells_address = False
    """Whether `parse` needs the parts of the URL and the query parameters; and the API's `root`, to name addresses."""

    def knows(self, model: str) -> bool:
        """Tell whether the API has a model of this name, according to the model table."""
        return not self.vendor or is_known(model, self.vendor)

    def falls_back(self, prompt: Prompt, reply: Reply) -> Prompt | None:
        """Return the prompt for the model that is asked next, where one has declined in its answer."""
        return None

    def window_asked(self, prompt: Prompt) -> int | None:
        """Return the context window that a request asks for, where a model may be given less than it has."""
        return None

    def check_abilities(self, prompt: Prompt, can: Capabilities) -> None:
        """Raise the API's error for the first ability that the request needs and its model lacks."""
        lacking = can.lacking(prompt.reasoning_effort) if can.lacks_reasoning else can.lacks
        if can.output is not None and prompt.max_tokens is not None and prompt.max_tokens > can.output:
            lacking = lacking | {OUTPUT}
        kinds = {part.kind for message in prompt.messages if message.parts for part in message.parts}
        for row in applying(self, prompt.format, lacking, can):
            if (row.needs and row.needs not in prompt.body) or (row.part and row.part not in kinds):
                continue
            if (asked := row.find(prompt, can)) is not None:
                raise row.error(asked, prompt, can)

    def table_name(self, model: str) -> str:
        """Return the model table's name for a model that the API calls by another name."""
        return model

    @abstractmethod
    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request. Raise `RequestError` if it cannot be read or, with `validate`, if the API would refuse it."""

    def refers_to(self, prompt: Prompt) -> Collection[Place]:
        """Return the stored documents that a prompt refers to."""
        return ()

    def recall(self, prompt: Prompt, documents: Mapping[Place, Document], *, validate: bool) -> Prompt:
        """Return the prompt with the documents that it refers to; with `validate`, raise if one is missing."""
        return prompt

    def uploaded(self, source: str) -> Place | None:
        """Return where a file that was uploaded is kept, if a part's source may be its name."""
        return (self.files_kind, source) if self.files_kind else None

    def continues_from(self, prompt: Prompt) -> Place | None:
        """Return the stored document that a prompt continues from, if only one answer may do so."""
        return None

    def conflict(self, *, in_flight: bool) -> RequestError:
        """Return the error for a prompt whose document is being continued, or was continued, by another answer."""
        return RequestError("Another answer goes on from this already.", status=409)

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Return the documents to store, so that clients can request them later."""
        return ()

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the complete answer: by default, the bytes of its document."""
        return Body(orjson.dumps(self.document(reply, prompt)))

    @abstractmethod
    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the complete answer as a JSON document."""

    def stream(self, reply: Reply, prompt: Prompt) -> Events:
        """Return the events of the answer: the script's verbatim events, or else the format's own."""
        if reply.events is not None and prompt.stream:
            events = [Event(raw.data.encode(), raw.token, raw.chunk, fields=raw.fields) for raw in reply.events]
            return Events(self.framing(prompt).word_by_word(events))
        return Events.of(self.events(reply, prompt))

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the answer as a stream, whose chunks add up to what `document` returns.

        An answer that is never streamed has one empty token, for its pacing.
        """
        return [Event(b"", token=True)]

    def read(self, traffic: Traffic) -> ParsedExchange:
        """Return the question and the answer of an exchange, as far as they can be read."""
        answer = Answer()
        for answer.event, document in documents(traffic.response):
            if not answer.fails(document):
                self.collect(document, answer)
            if answer.ended:
                break
        return answer.said(self._asked(traffic), cut=traffic.request_cut)

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:  # noqa: B027  # some formats say nothing
        """Add what a document says to the answer: the complete document, or one of a stream's."""

    def _asked(self, traffic: Traffic) -> Prompt | None:
        body = traffic.request
        if traffic.request_cut:
            body = orjson.dumps(partial(body.decode("utf-8", "ignore"), strings=True))
        try:
            return self.parse(body, traffic.headers, validate=False, route=traffic.route)
        except RequestError:
            return None

    def framing(self, prompt: Prompt) -> Framing:
        """Return the framing for the stream that answers a prompt."""
        return self.usual_framing

    def answer_headers(self, reply: Reply, prompt: Prompt) -> Mapping[str, str]:
        """Return the headers that tell of one answer."""
        return {}

    def headers(self, elapsed_ms: float, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return the headers that this API sends with answers and errors, besides the media type and `x-request-id`.

        The `model` is the one that is asked, if the request could be read.
        """
        return {}

    def limit_headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return rate limit headers (`x-ratelimit-…`, `retry-after`) in this API's form."""
        return headers

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return an error with this API's status and wording."""
        return worded(exc, self.words)

    def headers_in_front(self, exc: RequestError) -> Mapping[str, str] | None:
        """Return the headers of an error of the server in front of the API, which tells no id; None for all others."""
        return None

    @abstractmethod
    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope of an error."""

    def with_request_id(self, document: dict[str, Any], request_id: str) -> dict[str, Any] | list[dict[str, Any]]:
        """Return an error envelope with the request's id, if this API includes it."""
        return document

    def lists_errors(self, path: str, query: str) -> bool:
        """Tell whether an error at an address is sent in a list of one, as where a stream is a list."""
        return False

    def error_type(self, path: str, query: str) -> str:
        """Return the media type of an error at an address, if it is not that of other JSON."""
        return ""

    def model_list(self, models: Collection[str], query: Mapping[str, str]) -> Any:
        """Return the list of models, or the page of it that `query` asks for; no `models` means any."""
        raise RequestError("This API lists no models.", status=404)

    def model(self, name: str, models: Collection[str]) -> dict[str, Any]:
        """Return one of the script's models, or raise the API's 404."""
        raise RequestError("This API lists no models.", status=404)

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return the events with which an error ends a stream."""
        return [failure.event(self.error(self.adapt_error(failure.error)))]


def new_serial(seed: str | None) -> str:
    """Return the text from which an answer's ids are derived: the same for the same seed, or else another each time."""
    return hex_id(15) if seed is None else spelled(seed, 30)


class Undecodable(RequestError):
    """A `body` that is no JSON object; `facts` tell where it stops being JSON, if it is none: `at` which character."""

    def __init__(self, message: str, body: bytes, facts: Mapping[str, object] | None = None) -> None:
        super().__init__(message, facts=facts, kind="invalid_json" if facts else None)
        self.body, self.at = body, cast(int, (facts or {}).get("at", 0))


def decode_object(body: bytes) -> dict[str, Any]:
    """Decode a body that must be a JSON object in UTF-8; raise `RequestError` with what it is instead."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        undecoded = not_utf8(body)
        why = undecoded or f"{exc.msg} (line {exc.lineno}, column {exc.colno})"
        facts = {"fault": undecoded or exc.msg, "line": exc.lineno, "column": exc.colno, "at": exc.pos}
        raise Undecodable(f"We could not parse the JSON body of your request: {why}.", body, facts) from exc
    if not isinstance(document, dict):
        raise Undecodable(f"The JSON body of your request must be an object, but it is {json_type(document)}.", body)
    # most bodies have not even this byte, or have fewer brackets
    if body[AT_MAX_DEPTH] and body.count(b"{") + body.count(b"[") > MAX_DEPTH and is_too_deep(document):
        why = f"it is nested more than {MAX_DEPTH} levels deep"
        raise RequestError(f"We could not parse the JSON body of your request: {why}.")
    return document


COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5": "zstd",
    **dict.fromkeys((b"\x78\x01", b"\x78\x9c", b"\x78\xda"), "deflate"),
}
"""The first bytes of bodies that a client has compressed."""


def not_utf8(body: bytes) -> str | None:
    """Return what is wrong with a body that is not UTF-8; None where it is."""
    try:
        body.decode()
    except UnicodeDecodeError as exc:
        where = f"{NO_TEXT}: byte 0x{body[exc.start]:02x} at position {exc.start}, {exc.reason}"
        coding = COMPRESSED.get(body[:2])
        return (
            where
            if coding is None
            else f"{where}; it looks compressed, and the header Content-Encoding must say '{coding}' then"
        )
    return None


def json_type(value: object) -> str:
    """Return the JSON type of a decoded value with its article, as in the API's messages: `a string`."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal number"
        case str():
            return "a string"
        case list():
            return "an array"
    return "an object"


def without(headers: Mapping[str, str], *beginnings: str) -> dict[str, str]:
    """Return the headers but for those whose names begin with one of these, which are in lower case."""
    return {name: value for name, value in headers.items() if not name.lower().startswith(beginnings)}


def without_limits(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers without those on rate limits, which many APIs do not send."""
    return {name: value for name, value in headers.items() if "ratelimit-" not in name.lower()}
