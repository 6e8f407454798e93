"""What OpenAI's formats share, and what may differ in the dialects of other vendors.

They share headers, usage, ids and the layout of chunks. What can differ is a method of `Dialect`, which does what
OpenAI's own API does. Each other vendor is a subclass in `wire/dialects/`, and a line in `wire/registry.py`.

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
from completions.wire.openai.headers import STEADY_HEADERS, headers_of, image_limits
from completions.wire.openai.responses import rules as responses_rules
from completions.wire.openai.words import COMMON
from completions.wire.refusals import Refusal
from completions.wire.words import NO_WORDS, Words

SERVED_TIERS = {"flex": "flex", "priority": "priority", "scale": "scale", "fast": "priority", "ultrafast": "ultrafast"}
"""What an answer calls the service tiers that a request asks for; all others are reported as `default`."""


def envelope(exc: RequestError) -> dict[str, Any]:
    """Return the error envelope; it always has its four fields."""
    return {"error": {"message": exc.message, "type": exc.type, "param": exc.param, "code": exc.code}}


class Dialect:
    """What OpenAI's API does. A subclass overrides what another vendor's API does differently."""

    name, place = "", ""
    """The name by which scripts choose it, and a regular expression for its paths: what clients append to the host."""
    files_kind, vendor = FILE, "openai"
    """Where its files are kept, and the vendor of its models in the model table; empty if models can have any name."""
    words: Mapping[str, Words] = NO_WORDS
    """The wording of common errors where it differs from OpenAI's."""
    words_of: Mapping[str, Mapping[str, Words]] = {}
    """The same of formats that have their own, by the format's name."""
    refusals: Sequence[Refusal] = ()
    """What another vendor's chat refuses because of the model."""
    response_refusals: Sequence[Refusal] = ()
    """What another vendor's responses refuse because of the model."""
    keep_alive = b": keep-alive\n\n"
    keep_alive_ms = 0.0
    """How often a keep-alive is sent while a stream is silent, unless the script says otherwise; 0 is never."""
    events_type = EVENTS_IN_UTF8
    """The media type of its streams."""
    padding = "obfuscation"
    """The field that pads the chunks of a stream; a client can turn OpenAI's off."""
    pads_role = True
    """Whether the first chunk of a choice, with its role, is padded too."""
    whole_calls = False
    """Whether a stream sends each tool call in one chunk."""
    call_opens = True
    """Whether a single tool call's id and name come with the role in the first chunk; with `whole_calls`, all of it."""
    role_opens, role_joined = True, False
    """Whether a stream starts with a chunk that has the role and no text, or the first thing said ends with it."""
    thought_tags: tuple[str, str] = ("", "")
    """What stands around thoughts that are told in the text, in the pieces beside it."""
    finish_joined = False
    """Whether the last piece of text and the finish reason come in one chunk."""
    usage_joined = False
    """Whether the usage comes in the last chunk of every stream, and not in one of its own where it is asked for."""
    header_mark: bytes | None = b'"image_url"'
    """As `WireFormat` has it, of chat completions."""
    chances: Sequence[str] = ("content", "refusal")
    """Of what a choice's log probabilities are told, null or not."""
    null_usage = True
    """Whether the other chunks of a stream have a null usage, where a usage is asked for."""
    foot: Sequence[str] = ()
    """The top-level fields that chunks have at their end."""
    ordered = False
    """Whether the keys of chunks are in the order of their names."""
    window_of_prompt = cuts_last = False
    """Whether a model's context window limits the prompt alone, and whether a last message that is too long is cut."""
    convert: Callable[[str, dict[str, Any]], None] | None = None
    """What a lax server converts in place of a request, given its format: numbers and booleans of other types."""
    done_after_error = False
    """Whether an error in a stream is followed by the terminator."""
    to_store: Callable[[Mapping[str, Any], Prompt, Span], StoredDocument] | None = None
    """Returns what is kept of each answer of chat, given its document, where something is."""
    has_sockets = False
    """Whether responses are also asked for over WebSockets."""
    text_like_chat = False
    """Whether the head and the usage of text completions are made as those of chat."""
    response_order: Sequence[str] = ()
    """The order of a response's keys, where it is not OpenAI's."""
    listed: Collection[str] = catalogue.DEFAULT_MODELS
    """The models that are listed if a script lists none."""
    model = staticmethod(catalogue.model)
    """Returns what the list of models tells of one."""

    def model_list(self, models: list[dict[str, Any]]) -> dict[str, Any] | list[dict[str, Any]]:
        """Return the list of models."""
        return {"object": "list", "data": models}

    def knows(self, model: str) -> bool:
        """Tell whether the vendor has a model of this name, according to the model table."""
        return not self.vendor or is_known(model, self.vendor)

    def for_prompt(self, prompt: Prompt) -> "Dialect":
        """Return the dialect as it is for a prompt's model, where some models answer in a way of their own."""
        return self

    def adapt_reply(self, reply: Reply) -> Reply:
        """Return the reply as this API gives it; a verbatim document is OpenAI's, and other vendors write their own."""
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
        """Return the prompt with what only this dialect's requests can ask."""
        return prompt

    def top_level(self, head: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top-level fields of answers and chunks, without choices and usage."""
        return head

    def identified(self, reply: Reply) -> Reply:
        """Return a reply whose calls have ids, where this API writes them in a way of its own."""
        return reply

    def answer_id(self, reply: Reply) -> str:
        """Return the id of an answer that the script gives none."""
        return made_id("chatcmpl-", reply)

    def whole(self, document: dict[str, Any], reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return an answer that is not streamed."""
        return document

    def message(self, message: dict[str, Any], choice: Choice) -> dict[str, Any]:
        """Return the message of an answer that is not streamed."""
        return message

    def reasoning_delta(self, text: str) -> dict[str, Any]:
        """Return the delta for a piece of reasoning; empty if this API does not reveal reasoning."""
        return {}

    def closing_delta(self, text: str) -> dict[str, Any]:
        """Return the delta for the piece of text that closes the thoughts before it; empty if none does."""
        return {}

    def sealed_delta(self, thoughts: str, choice: Choice) -> dict[str, Any]:
        """Return the delta that follows reasoning: what its next request has to send back; empty if there is none."""
        return {}

    def delta(self, delta: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Return a delta as a chunk has it."""
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
        return prompt.include_usage and not self.usage_joined

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

    def reasoned(self, item: dict[str, Any], said: Sequence[str]) -> dict[str, Any]:
        """Return a response's item of reasoning, given what was thought; it may not tell it."""
        return item

    def response_id(self, made: str, reply: Reply, place: int | None = None) -> str:
        """Return the id of a response, or of its item at a place, given what OpenAI would call it."""
        return made

    def narrated(self, events: Events) -> Sequence[Event]:
        """Return the events of a response's whole stream."""
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
        return {"usage": usage} if self.usage_joined else {}

    def answer_headers(self, reply: Reply, prompt: Prompt) -> Mapping[str, str]:
        """Return OpenAI's limit of images, of which answers at `responses` say nothing."""
        return image_limits(sum(part.kind == "image" for message in prompt.messages for part in message.parts))

    def headers(self, request_id: str, status: int, model: str | None) -> Mapping[str, str] | None:
        """Return the response headers; None means OpenAI's."""
        return None

    def file_named(self, source: str) -> str:
        """Return the name of the uploaded file that a part's source tells, if it tells one."""
        return source

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return an error with the status and the words that this API gives it."""
        return exc

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the envelope of an error."""
        return envelope(exc)

    def limit_headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return rate limit headers as this API names them."""
        return headers

    def sent(self, error: dict[str, Any], request_id: str) -> dict[str, Any] | list[dict[str, Any]]:
        """Return the envelope of an error as it is sent: in a list, or with the request's id."""
        return error

    def error_chunk(self, exc: RequestError, prompt: Prompt, last: Mapping[str, Any]) -> dict[str, Any]:
        """Return the chunk that reports an error within a stream; `last` is the chunk before it, if any."""
        return self.error(exc)


OPENAI = Dialect()


def events_of(dialect: Dialect, media_type: str = "") -> ServerSentEvents:
    """Return a dialect's server-sent events; a `media_type` takes the place of its own."""
    return ServerSentEvents(dialect.keep_alive, b"\n", dialect.keep_alive_ms, media_type or dialect.events_type)


class OpenAIFormat(WireFormat):
    """What all of OpenAI's formats have in common."""

    words = COMMON
    events_type = ""
    """The media type of its streams, where it is not that of the dialect's others."""
    is_limited, names_model = True, False
    """Whether headers of its answers tell of limits, and name the model."""
    at_gateway, limits_refusals = False, True
    """Whether another server refuses keys and models, and whether headers of its other refusals tell of limits."""

    def __init__(self, dialect: Dialect = OPENAI) -> None:
        self._dialect = dialect
        self.verbatim_without_headers = not dialect.name
        self.vendor, self.files_kind = dialect.vendor, dialect.files_kind
        self.window_of_prompt, self.cuts_last = dialect.window_of_prompt, dialect.cuts_last
        if self.at_gateway and not dialect.name:
            self.refusal_type = "application/json; charset=utf-8"
        if dialect.vendor != Dialect.vendor:  # what OpenAI says of its own models
            self.refusals = {"chat": dialect.refusals, "responses": dialect.response_refusals}.get(self.name, ())
            self.words = dialect.words_of.get(self.name, dialect.words)
        self.usual_framing = events_of(dialect, self.events_type)

    def headers(self, elapsed_ms: float, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return the API's own headers."""
        own = self._dialect.headers(request_id, status, model)
        if own is not None:
            return own
        if status == 401 and self.at_gateway:
            return {"vary": "Origin"}
        if status != 200 or not (model and self.is_limited):
            return headers_of(f"{elapsed_ms:.0f}", status, model, self.is_limited and self.limits_refusals)
        named = {"openai-model": model} if self.names_model and model.isascii() and model.isprintable() else {}
        return {"openai-processing-ms": f"{elapsed_ms:.0f}", **STEADY_HEADERS, **named}

    def adapt_error(self, exc: RequestError) -> RequestError:
        """Return an error with the dialect's status and wording."""
        return self._dialect.adapt_error(super().adapt_error(exc))

    def uploaded(self, source: str) -> Place | None:
        """Return where the file of a name or an address is kept."""
        return super().uploaded(self._dialect.file_named(source))

    def knows(self, model: str) -> bool:
        """Tell whether the dialect's vendor has a model."""
        return self._dialect.knows(model)

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return the dialect's error envelope."""
        return self._dialect.error(exc)

    def limit_headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return rate limit headers as the dialect names them."""
        return self._dialect.limit_headers(headers)

    def with_request_id(self, document: dict[str, Any], request_id: str) -> dict[str, Any] | list[dict[str, Any]]:
        """Return an error's envelope as the dialect sends it."""
        return self._dialect.sent(document, request_id)

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return the events with which an error ends the stream."""
        document = self._dialect.error_chunk(self.adapt_error(failure.error), prompt, failure.last)
        return [failure.event(document), *([DONE] if self._dialect.done_after_error else [])]

    def model_list(self, models: Collection[str], query: Mapping[str, str]) -> Any:
        """Return the dialect's list of models; it has no pages."""
        return self._dialect.model_list([self._dialect.model(name) for name in models or self._dialect.listed])

    def model(self, name: str, models: Collection[str]) -> dict[str, Any]:
        """Return a model, or raise the 404."""
        catalogue.check(name, models)
        return self._dialect.model(name)


def check_stream(document: dict[str, Any]) -> None:
    """Refuse a `stream` that is neither a boolean nor null, whatever the script validates."""
    stream = document.get("stream")
    if stream is not None and not isinstance(stream, bool):
        said = f"Invalid type for 'stream': expected a boolean, but got {json_type(stream)} instead."
        raise RequestError(said, code="invalid_type", param="stream")


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
"""By their prefix, how many letters ids have, and of which alphabet."""


def made_id(prefix: str, reply: Reply, *place: int) -> str:
    """Return an id as OpenAI writes it, unique to this answer, for the object at `place` in it."""
    size, alphabet = IDS[prefix]
    return prefix + ids.spelled(f"{reply.serial}{place}", size, alphabet)


def service_tier(body: Any) -> str:
    """Return the tier that served a request."""
    if "service_tier" not in body:
        return "default"
    asked = body["service_tier"]
    return SERVED_TIERS.get(asked, "default") if isinstance(asked, str) else "default"
