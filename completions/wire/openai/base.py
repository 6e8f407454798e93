"""The base of OpenAI's formats, and of the dialects of other vendors.

The formats share headers, usage, ids and the layout of chunks. Everything that can differ between vendors is a method
or attribute of `Dialect`, whose defaults are OpenAI's. Each other vendor is a subclass in `wire/dialects/`, and a line
in `wire/registry.py`.

Shapes: `openai.types` of the installed SDK. The envelope is the `Error` schema of OpenAI's OpenAPI document: all four
fields are required, and two may be null.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from completions import ids
from completions.conversation import Choice, Prompt, Reply, Usage
from completions.event import Event, Events
from completions.exceptions import RequestError
from completions.tokens.capabilities import is_known
from completions.wire.base import Place, Span, StoredDocument, StreamFailure, WireFormat, json_type
from completions.wire.framing import DONE, EVENTS_IN_UTF8, ServerSentEvents
from completions.wire.openai import embeddings_rules, legacy_rules
from completions.wire.openai import models as catalogue
from completions.wire.openai.chat import rules as chat_rules
from completions.wire.openai.files import FILE
from completions.wire.openai.headers import CONSTANT_HEADERS, headers_of, image_limits
from completions.wire.openai.responses import rules as responses_rules
from completions.wire.openai.wordings import COMMON
from completions.wire.refusals import Refusal
from completions.wire.wordings import NO_WORDINGS, Wording


def envelope(exc: RequestError) -> dict[str, Any]:
    """Return the error envelope; it always has its four fields."""
    return {"error": {"message": exc.message, "type": exc.type, "param": exc.param, "code": exc.code}}


class Dialect:
    """The behaviour of OpenAI's API. A subclass overrides what differs in another vendor's API."""

    name, place, echo = "", "", ""
    """Its name in scripts, a regular expression for the part of its paths after the host, and what answers repeat."""
    files_kind, vendor = FILE, "openai"
    """The kind of its stored files, and the vendor of its models in the model table; empty if any name is a model."""
    wordings: Mapping[str, Wording] = NO_WORDINGS
    """The wording of common errors where it differs from OpenAI's."""
    wordings_by_format: Mapping[str, Mapping[str, Wording]] = {}
    """The same for formats with their own wording, by the format's name."""
    refusals: Sequence[Refusal] = ()
    """The errors of another vendor's chat that depend on the model."""
    response_refusals: Sequence[Refusal] = ()
    """The errors of another vendor's responses that depend on the model."""
    completion_refusals: Sequence[Refusal] = ()
    """The errors of another vendor's text completions that depend on the model."""
    keep_alive = b": keep-alive\n\n"
    keep_alive_ms = 0.0
    """The default interval of keep-alives in a silent stream; 0 is never."""
    stream_media_type = EVENTS_IN_UTF8
    """The media type of its streams."""
    padding = "obfuscation"
    """The field that pads the chunks of a stream; a client can turn OpenAI's off."""
    pads_role_chunk = True
    """Whether the first chunk of a choice, with its role, is padded too."""
    sends_whole_calls = False
    """Whether a stream sends each tool call in one chunk."""
    has_call_in_role_chunk = True
    """Whether the chunk with the role has a single tool call's id and name; with `sends_whole_calls`, all of it."""
    has_role_chunk, has_role_in_content = True, False
    """Whether a stream starts with a chunk for the role, or the role is at the end of the first delta with content."""
    reasoning_tags: tuple[str, str] = ("", "")
    """The tags around reasoning that is sent as text, in the pieces before and after it."""
    has_finish_in_content = cites_first = False
    """Whether the last piece of text is sent with the finish reason, and whether sources are sent before the text."""
    has_usage_in_last_chunk = False
    """Whether every stream has the usage in its last chunk, rather than in a separate chunk on request."""
    headers_marker: bytes | None = b'"image_url"'
    """`WireFormat.headers_marker` of chat completions."""
    logprob_fields: Sequence[str] = ("content", "refusal")
    """The fields of a message that have log probabilities, which can be null."""
    has_null_usage = True
    """Whether the other chunks have a null usage, if a usage is requested."""
    trailing_fields: Sequence[str] = ()
    """The top-level fields at the end of chunks."""
    sorts_keys = False
    """Whether the keys of chunks are sorted."""
    window_limits_prompt_only = cuts_last_message = False
    """`WireFormat.window_limits_prompt_only` and `WireFormat.cuts_last_message`."""
    convert: Callable[[str, dict[str, Any]], None] | None = None
    """Converts numbers and booleans of other types in a request, given its format, as lax servers do."""
    done_after_error = False
    """Whether an error in a stream is followed by the terminator."""
    to_store: Callable[[Mapping[str, Any], Prompt, Span], StoredDocument] | None = None
    stores_all = True
    """Returns the record of a chat answer that the vendor stores, given its document: of all, or in the background."""
    to_note: Callable[[Prompt, Span], StoredDocument] | None = None
    """Returns what the server remembers of each request that it answers, in any format."""
    has_sockets = False
    """Whether responses are also available over WebSockets."""
    text_like_chat, has_echo = False, True
    """Whether text completions have the same head and usage as chat, and whether their choices begin with an `echo`."""
    response_order: Sequence[str] = ()
    """The order of a response's keys, if it is not OpenAI's."""
    default_models: Collection[str] = catalogue.DEFAULT_MODELS
    """The models that are listed if a script lists none."""
    model = staticmethod(catalogue.model)
    """Returns a model's entry in the list of models."""

    def model_list(self, models: list[dict[str, Any]]) -> dict[str, Any] | list[dict[str, Any]]:
        """Return the list of models."""
        return {"object": "list", "data": models}

    def has_model(self, model: str) -> bool:
        """Tell whether the vendor has a model of this name, according to the model table."""
        return not self.vendor or is_known(model, self.vendor)

    def for_prompt(self, prompt: Prompt) -> "Dialect":
        """Return the dialect for a prompt's model, if some models answer differently."""
        return self

    def adapt_reply(self, reply: Reply) -> Reply:
        """Return the reply as this API sends it; a verbatim document is OpenAI's, and not sent by other vendors."""
        return reply if reply.body_format == "chat" else replace(reply, body=None)

    def check_chat(self, body: dict[str, Any]) -> None:
        """Raise `RequestError` if a chat request is invalid."""
        chat_rules.validate(body)

    def check_completion(self, body: dict[str, Any]) -> None:
        """Raise `RequestError` if a request for a legacy completion is invalid."""
        legacy_rules.validate(body)

    def check_embeddings(self, body: dict[str, Any], size: int) -> None:
        """Raise `RequestError` if a request for embeddings, of `size` bytes, is invalid."""
        embeddings_rules.validate(body, size)

    def adapt_prompt(self, prompt: Prompt) -> Prompt:
        """Return the prompt with the options that only this dialect has."""
        return prompt

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields of answers and chunks, without choices and usage."""
        return head

    def with_call_ids(self, reply: Reply) -> Reply:
        """Return a reply whose calls have ids, if this API has its own form of ids."""
        return reply

    def answer_id(self, reply: Reply) -> str:
        """Return the id of an answer for which the script has none."""
        return made_id("chatcmpl-", reply)

    def complete_answer(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer that is not streamed."""
        return document

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message of an answer that is not streamed."""
        return message

    def reasoning_delta(self, text: str) -> dict[str, Any]:
        """Return the delta for a piece of reasoning; empty if this API does not reveal reasoning."""
        return {}

    def closing_delta(self, text: str) -> dict[str, Any]:
        """Return the delta for the piece of text that closes the reasoning before it; empty if there is none."""
        return {}

    def sealed_delta(self, thoughts: str, choice: Choice) -> dict[str, Any]:
        """Return the delta after reasoning, which clients have to send back; empty if there is none."""
        return {}

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return a delta as this API sends it in a chunk."""
        return delta

    def choice(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a choice, of an answer or of a chunk."""
        return document

    def finished_extras(self, choice: Choice, reason: str | None) -> dict[str, Any]:
        """Return the further fields of a choice that has finished."""
        return {}

    def chunk_extras(self, choice: Choice | None) -> dict[str, Any]:
        """Return the further fields of a choice in a chunk; None is for the chunk that opens the stream."""
        return {}

    def text_choice(self, document: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return a choice of a text completion; in a chunk before its end it has no finish reason."""
        return document

    def usage(self, usage: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage."""
        return usage

    def has_usage_chunk(self, prompt: Prompt) -> bool:
        """Tell whether a stream has a chunk that carries only the usage."""
        return prompt.include_usage and not self.has_usage_in_last_chunk

    def usage_chunk_extras(self, finished: dict[str, Any]) -> dict[str, Any]:
        """Return the further fields of the chunk with the usage, given the choice that has finished."""
        return {"choices": []}

    def adapt_embeddings_request(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return a request for embeddings with OpenAI's field names."""
        return body

    def adapt_embeddings(self, document: dict[str, Any], reply: Reply) -> dict[str, Any]:
        """Return the answer with the vectors."""
        return document

    def check_response(self, body: dict[str, Any]) -> None:
        """Raise `RequestError` if a request for a response is invalid."""
        responses_rules.validate(body)

    def response(self, document: dict[str, Any], prompt: Prompt) -> dict[str, Any]:
        """Return a response, as the answer or within a stream."""
        return document

    def reasoning_item(self, item: dict[str, Any], texts: Sequence[str]) -> dict[str, Any]:
        """Return a response's reasoning item, given the texts of the reasoning, which it may leave out."""
        return item

    def response_id(self, default: str, reply: Reply, place: int | None = None) -> str:
        """Return the id of a response, or of its item at a place, given OpenAI's id for it."""
        return default

    def response_events(self, events: Events) -> Sequence[Event]:
        """Return the events of a response's complete stream."""
        return events

    def stream(self, events: Events, usage: dict[str, Any], prompt: Prompt) -> Sequence[Event]:
        """Return the events of the finished stream, given its usage."""
        return events

    def opening_events(self, reply: Reply) -> list[Event]:
        """Return the events that start a stream, before any choice."""
        return []

    def first_chunk_extras(self, reply: Reply, prompt: Prompt) -> Mapping[str, Any]:
        """Return the further top-level fields of the first choice's first chunk."""
        return {}

    def last_chunk_extras(self, reply: Reply, usage: dict[str, Any]) -> Mapping[str, Any]:
        """Return the further top-level fields of the last choice's last chunk."""
        return {"usage": usage} if self.has_usage_in_last_chunk else {}

    def answer_headers(self, reply: Reply, prompt: Prompt) -> Mapping[str, str]:
        """Return OpenAI's image limits, which answers at `responses` do not have."""
        return image_limits(sum(part.kind == "image" for message in prompt.messages for part in message.parts))

    def headers(self, request_id: str, status: int, model: str | None) -> Mapping[str, str] | None:
        """Return the response headers; None means OpenAI's."""
        return None

    def file_id_of(self, source: str) -> str:
        """Return the id of the uploaded file in a part's source, if it has one."""
        return source

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return an error with this API's status and wording."""
        return exc

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope of an error."""
        return envelope(exc)

    def limit_headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return rate limit headers as this API names them."""
        return headers

    def with_request_id(self, error: dict[str, Any], request_id: str) -> dict[str, Any] | list[dict[str, Any]]:
        """Return the envelope of an error as it is sent, which may be in a list, or have the request's id."""
        return error

    def error_chunk(self, exc: RequestError, prompt: Prompt, last: Mapping[str, Any]) -> dict[str, Any]:
        """Return the chunk that reports an error within a stream; `last` is the chunk before it, if any."""
        return self.error(exc)


OPENAI = Dialect()


def framing_of(dialect: Dialect, media_type: str = "") -> ServerSentEvents:
    """Return the framing of a dialect's server-sent events; `media_type` overrides its media type."""
    return ServerSentEvents(dialect.keep_alive, b"\n", dialect.keep_alive_ms, media_type or dialect.stream_media_type)


class OpenAIFormat(WireFormat):
    """The base of OpenAI's formats."""

    wordings = COMMON
    stream_media_type = ""
    """The media type of its streams, if it differs from the dialect's."""
    has_limits, names_model = True, False
    """Whether its answers have headers with limits, and with the model."""
    has_gateway, has_limits_in_errors = False, True
    """Whether a gateway refuses keys and models, and whether other errors have headers with limits."""

    def __init__(self, dialect: Dialect = OPENAI) -> None:
        self._dialect = dialect
        self.verbatim_without_headers = not dialect.name
        self.vendor, self.files_kind = dialect.vendor, dialect.files_kind
        self.window_limits_prompt_only = dialect.window_limits_prompt_only
        self.cuts_last_message = dialect.cuts_last_message
        if self.has_gateway and not dialect.name:
            self.refusal_media_type = "application/json; charset=utf-8"
        if dialect.vendor != Dialect.vendor:  # OpenAI's refusals are for its own models
            refusals = {"chat": dialect.refusals, "responses": dialect.response_refusals}
            self.refusals = (refusals | {"legacy": dialect.completion_refusals}).get(self.name, ())
            self.wordings = dialect.wordings_by_format.get(self.name, dialect.wordings)
        self.default_framing = framing_of(dialect, self.stream_media_type)

    def headers(self, elapsed_ms: float, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return the API's own headers."""
        dialect_headers = self._dialect.headers(request_id, status, model)
        if dialect_headers is not None:
            return dialect_headers
        if status == 401 and self.has_gateway:
            return {"vary": "Origin"}
        if status != 200 or not (model and self.has_limits):
            return headers_of(f"{elapsed_ms:.0f}", status, model, self.has_limits and self.has_limits_in_errors)
        model_header = {"openai-model": model} if self.names_model and model.isascii() and model.isprintable() else {}
        return {"openai-processing-ms": f"{elapsed_ms:.0f}", **CONSTANT_HEADERS, **model_header}

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return an error with the dialect's status and wording."""
        return self._dialect.adapt_error(super().adapt_error(exc))

    def upload_place(self, source: str) -> Place | None:
        """Return where the file with an id or a URL is stored."""
        return super().upload_place(self._dialect.file_id_of(source))

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Return what the dialect's server remembers."""
        return () if self._dialect.to_note is None else (self._dialect.to_note(prompt, span),)

    def has_model(self, model: str) -> bool:
        """Tell whether the dialect's vendor has a model."""
        return self._dialect.has_model(model)

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the dialect's error envelope."""
        return self._dialect.error(exc)

    def limit_headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return rate limit headers as the dialect names them."""
        return self._dialect.limit_headers(headers)

    def with_request_id(self, document: dict[str, Any], request_id: str) -> dict[str, Any] | list[dict[str, Any]]:
        """Return an error's envelope as the dialect sends it."""
        return self._dialect.with_request_id(document, request_id)

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return the events with which an error ends the stream."""
        document = self._dialect.error_chunk(self.adapt_error(failure.error), prompt, failure.last)
        return [failure.event(document), *([DONE] if self._dialect.done_after_error else [])]

    def model_list(self, models: Collection[str], query: Mapping[str, str]) -> Any:
        """Return the dialect's list of models; it has no pages."""
        return self._dialect.model_list([self._dialect.model(name) for name in models or self._dialect.default_models])

    def model(self, name: str, models: Collection[str]) -> dict[str, Any]:
        """Return a model, or raise the 404."""
        catalogue.check(name, models, self.vendor)
        return self._dialect.model(name)


def check_stream(document: dict[str, Any]) -> None:
    """Refuse a `stream` that is neither a boolean nor null, whatever the script validates."""
    stream = document.get("stream")
    if stream is not None and not isinstance(stream, bool):
        why = f"Invalid type for 'stream': expected a boolean, but got {json_type(stream)} instead."
        raise RequestError(why, code="invalid_type", param="stream")


def usage(counted: Usage) -> dict[str, int]:
    """Return the three counts of a usage document."""
    return {
        "prompt_tokens": counted.prompt_tokens,
        "completion_tokens": counted.completion_tokens,
        "total_tokens": counted.total_tokens,
    }


IDS: Mapping[str, tuple[int, bytes]] = {
    **dict.fromkeys(("chatcmpl-", "cmpl-"), (29, ids.ALPHANUMERIC)),
    "call_": (24, ids.ALPHANUMERIC),
    "modr-": (4, ids.DIGITS),
    **dict.fromkeys(("", "audio_", "seg_"), (32, ids.HEX)),
}
"""The length and the alphabet of ids, by their prefix."""


def made_id(prefix: str, reply: Reply, *place: int) -> str:
    """Return an id as OpenAI writes it, unique to this answer, for the object at `place` in it."""
    size, alphabet = IDS[prefix]
    return prefix + ids.spelled(f"{reply.serial}{place}", size, alphabet)
