"""The base class of wire formats: its pure methods, and the types that they take and return."""

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
from completions.wire.wordings import NO_WORDINGS, NOT_UTF8, Wording, apply_wording

Headers = Mapping[str, str]
"""A request's headers by their names, in lower case."""
Route = Mapping[str, str]
"""The named parts of a URL, and the query parameters if the format `reads_address`."""
NO_ROUTE: Route = {}
NO_DIALECTS: "Mapping[str, WireFormat]" = {}

LIMITS = "x-ratelimit-"
"""The prefix of OpenAI's rate limit headers."""

Document = Mapping[str, Any]
Place = tuple[str, str]
"""Identifies a stored document: its kind and its id."""

Span = Callable[[], tuple[float, float]]
"""Returns when an answer begins and when it is complete, in seconds since the epoch; calling it costs a schedule."""


UNREACHED = "unreached"
"""The key of a prompt under which the fallback model that could not be asked is named, where one has declined."""


class StoredDocument(NamedTuple):
    """A document to store. If `grows` names an array, its items are appended to those of the stored document.

    `update` makes the document of the stored one, if there is one. If it describes a file, `data` are the file's bytes.
    It is deleted at `expires`. Until `taken_until`, another answer that continues from it is still in progress. Both
    are in seconds since the epoch.
    """

    kind: str
    name: str
    document: Document
    grows: str = ""
    data: bytes | None = None
    update: Callable[[Document], Document] | None = None


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
    """The vendor of the models in the model table; without one, the abilities of models are not checked."""
    refusals: Sequence[Refusal] = ()
    """The API's errors that depend on the model."""
    default_framing: Framing = SSE
    """The framing of its streams, unless a request asks for another."""
    key_header = ""
    """The header for the API key, in lower case, if it is not `Authorization: Bearer`."""
    identified_by: tuple[str, ...] = ()
    """Headers and query parameters that identify this API's requests at an address that it shares with others."""
    wordings: Mapping[str, Wording] = NO_WORDINGS
    """The API's wording of the standard errors, where it differs from OpenAI's."""
    window_limits_prompt_only = False
    """Whether a model's context window limits the prompt only, and not the prompt and its answer together."""
    has_fallbacks = False
    """Whether a request may name other models that answer where the first one declines."""
    raises_fallback_errors = False
    """Whether an error of a later model is the answer, rather than what the models before it said."""
    cuts_last_message = False
    """Whether truncation also cuts the last message, if that alone is too long."""
    short_text = 0
    """The most tokens of a text that the API's streams send in a single chunk."""
    call_arguments = "text"
    """The type of a call's arguments in a complete answer: `text`, `object`, or empty if there are no calls."""
    json_media_type = ""
    """The media type of its JSON, if it is not `application/json`."""
    family = ""
    """The format whose upstream server also answers this format's requests, unless this one has its own."""
    files_kind = ""
    """The kind under which the API's uploaded files are stored, if it has any."""
    headers_marker: bytes | None = None
    """Bytes in the body of requests whose answers have `answer_headers`; empty means all requests, None means none."""
    refusal_media_type = ""
    """The media type of errors that refuse a key or a model, where it differs from that of other errors."""
    is_lookup = False
    """Whether it only looks up facts about a model or a text, and calls no model; some clients do so automatically."""
    is_relayed = True
    """Whether its requests can be passed on to another server."""
    reads_address = needs_root = False
    """Whether `parse` needs the parts of the URL and the query parameters; whether it needs the API's `root` URL."""

    def has_model(self, model: str) -> bool:
        """Tell whether the API has a model of this name, according to the model table."""
        return not self.vendor or is_known(model, self.vendor)

    def fallback_prompt(self, prompt: Prompt, reply: Reply) -> Prompt | None:
        """Return the prompt for the next model, if the last one has declined, or handed over, in its answer."""
        return None

    def requested_window(self, prompt: Prompt) -> int | None:
        """Return the context window that a request sets, if it may be smaller than the model's."""
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
            if (occurrence := row.find(prompt, can)) is not None:
                raise row.error(occurrence, prompt, can)

    def with_abilities(self, prompt: Prompt, can: Capabilities) -> Prompt:
        """Return the prompt with what its model can do, if the answer tells that."""
        return prompt

    def without_model(self, prompt: Prompt, error: RequestError) -> Prompt:
        """Return how to go on although there is no such model; by default, raise the API's error."""
        raise error

    def table_name(self, model: str) -> str:
        """Return the model table's name for a model that the API calls by another name."""
        return model

    @abstractmethod
    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request. Raise `RequestError` if it cannot be read or, with `validate`, if the API would refuse it."""

    def references(self, prompt: Prompt) -> Collection[Place]:
        """Return the stored documents that a prompt refers to."""
        return ()

    def recall(self, prompt: Prompt, documents: Mapping[Place, Document], *, validate: bool) -> Prompt:
        """Return the prompt with the documents that it refers to; with `validate`, raise if one is missing."""
        return prompt

    def upload_place(self, source: str) -> Place | None:
        """Return where an uploaded file is stored, if the source of a part may be its name."""
        return (self.files_kind, source) if self.files_kind else None

    def continues_from(self, prompt: Prompt) -> Place | None:
        """Return the stored document that a prompt continues from, if only one answer may continue from it."""
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
            return Events(self.framing(prompt).verbatim_events(events))
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
            if not answer.note_error(document):
                self.collect(document, answer)
            if answer.ended:
                break
        return answer.exchange(self._asked(traffic), cut=traffic.request_cut)

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:  # noqa: B027  # some formats have no content
        """Add the content of a document to the answer; it is the complete answer, or one document of a stream."""

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
        return self.default_framing

    def answer_headers(self, reply: Reply, prompt: Prompt) -> Mapping[str, str]:
        """Return the headers with facts about one answer."""
        return {}

    def headers(self, elapsed_ms: float, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return the headers that this API sends with answers and errors, besides the media type and `x-request-id`.

        `model` is the request's model, if the request could be read.
        """
        return {}

    def limit_headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return rate limit headers (`x-ratelimit-…`, `retry-after`) in this API's form."""
        return headers

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return an error with this API's status and wording."""
        return apply_wording(exc, self.wordings)

    def gateway_headers(self, exc: RequestError) -> Mapping[str, str] | None:
        """Return the headers of an error of the gateway in front of the API, which has no id; None for other errors."""
        return None

    @abstractmethod
    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope of an error."""

    def with_request_id(self, document: dict[str, Any], request_id: str) -> dict[str, Any] | list[dict[str, Any]]:
        """Return an error envelope with the request's id, if this API includes it."""
        return document

    def lists_errors(self, path: str, query: str) -> bool:
        """Tell whether an error at an address is sent as a list with one element, because its streams are lists."""
        return False

    def error_media_type(self, path: str, query: str) -> str:
        """Return the media type of an error at an address, if it differs from that of other JSON."""
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
    """A `body` that is not a JSON object. If it is not JSON, `facts` say where the error is, and `at` is its index."""

    def __init__(self, message: str, body: bytes, facts: Mapping[str, object] | None = None) -> None:
        super().__init__(message, facts=facts, kind="invalid_json" if facts else None)
        self.body, self.at = body, cast(int, (facts or {}).get("at", 0))


def decode_object(body: bytes) -> dict[str, Any]:
    """Decode a body that must be a JSON object in UTF-8; raise `RequestError` if it is anything else."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        encoding_error = not_utf8(body)
        why = encoding_error or f"{exc.msg} (line {exc.lineno}, column {exc.colno})"
        facts = {"fault": encoding_error or exc.msg, "line": exc.lineno, "column": exc.colno, "at": exc.pos}
        raise Undecodable(f"We could not parse the JSON body of your request: {why}.", body, facts) from exc
    if not isinstance(document, dict):
        raise Undecodable(f"The JSON body of your request must be an object, but it is {json_type(document)}.", body)
    # most bodies are shorter, or have fewer brackets
    if body[AT_MAX_DEPTH] and body.count(b"{") + body.count(b"[") > MAX_DEPTH and is_too_deep(document):
        why = f"it is nested more than {MAX_DEPTH} levels deep"
        raise RequestError(f"We could not parse the JSON body of your request: {why}.")
    return document


COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5": "zstd",
    **dict.fromkeys((b"\x78\x01", b"\x78\x9c", b"\x78\xda"), "deflate"),
}
"""The content coding of compressed bodies, by their first bytes."""


def not_utf8(body: bytes) -> str | None:
    """Return what is wrong with a body that is not UTF-8, or None if it is UTF-8."""
    try:
        body.decode()
    except UnicodeDecodeError as exc:
        where = f"{NOT_UTF8}: byte 0x{body[exc.start]:02x} at position {exc.start}, {exc.reason}"
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


def without(headers: Mapping[str, str], *prefixes: str) -> dict[str, str]:
    """Return the headers except those whose names begin with one of these prefixes in lower case."""
    return {name: value for name, value in headers.items() if not name.lower().startswith(prefixes)}


def without_limits(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers without those on rate limits, which many APIs do not send."""
    return {name: value for name, value in headers.items() if "ratelimit-" not in name.lower()}
