"""Anthropic's Messages API: `POST /v1/messages` and `POST /v1/messages/count_tokens`.

The order of a stream's events is that of Anthropic's guide "Streaming messages".
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from completions.conversation import Prompt, Reply
from completions.event import Event, Events, Template
from completions.exceptions import RequestError
from completions.wire.anthropic import answer as anthropic_message
from completions.wire.anthropic import compaction, diagnostics, edits, fallbacks, server_tools, threads
from completions.wire.anthropic import errors as anthropic_errors
from completions.wire.anthropic import limits as anthropic_limits
from completions.wire.anthropic import models as anthropic_models
from completions.wire.anthropic import rules as anthropic_rules
from completions.wire.anthropic.binding import transformed
from completions.wire.anthropic.files import FILE
from completions.wire.anthropic.prompt import read_prompt
from completions.wire.anthropic.readback import collect_count, collect_message
from completions.wire.anthropic.refusals import COUNT_REFUSALS, REFUSALS
from completions.wire.anthropic.unasked import with_own_calls
from completions.wire.anthropic.usage import GONE, is_refused, step_of, usage, usage_at_end, usage_at_start
from completions.wire.base import (
    NO_ROUTE,
    Document,
    Headers,
    Place,
    Route,
    Span,
    StoredDocument,
    StreamFailure,
    WireFormat,
    decode_object,
    without,
)
from completions.wire.fields import mapping
from completions.wire.fingerprints import FINGERPRINT
from completions.wire.framing import EVENTS_IN_UTF8, SSE, Framing, ServerSentEvents, counts

PING = Event(b'{"type":"ping"}', name="ping")
EVENTS = ServerSentEvents(keep_alive=SSE.frames([PING])[0], media_type=EVENTS_IN_UTF8)


OWNER = {
    "anthropic-organization-id": "00000000-0000-4000-8000-000000000000",
    "anthropic-workspace-id": "wrkspc_011111111111111111111111",
}
"""Whose key a request has, which all of the API's answers tell (recorded until September 2026)."""


FINAL = (400, 401, 403, 404, 413)
"""The statuses of errors that trying again does not help."""


class AnthropicFormat(WireFormat):
    """What Anthropic's addresses have in common: errors, headers, and the list of models."""

    family = "anthropic"
    key_header = "x-api-key"
    identified_by: tuple[str, ...] = ("anthropic-version",)
    vendor = "anthropic"
    wordings = anthropic_errors.ERROR_WORDINGS
    files_kind = FILE
    reads_address = True
    error = staticmethod(anthropic_errors.envelope)
    model_list = staticmethod(anthropic_models.page)
    model = staticmethod(anthropic_models.find)
    default_framing: Framing = EVENTS

    def headers(self, elapsed_ms: float, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return `request-id`, whose key it was, and limits that are never reached.

        Errors tell no limits, but say not to try again what would be refused again; a wrong key has no owner. So they
        were recorded in January 2026, of the statuses 400, 401 and 404.
        """
        told = {"request-id": request_id} | ({} if status == 401 else OWNER)
        if status in FINAL:
            return told | {"x-should-retry": "false"}
        return told if status >= 400 else told | anthropic_limits.steady()

    def limit_headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return rate limit headers with this API's names, and with times instead of durations."""
        return anthropic_limits.limit_headers(headers)

    def with_request_id(self, document: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Return the envelope with the request's id; null is the one of an error that has none."""
        return document | {"request_id": request_id or None}

    def gateway_headers(self, exc: RequestError) -> Mapping[str, str] | None:
        """Return the headers with which a wrong `x-api-key` is refused, unless a script words it."""
        return anthropic_errors.IN_FRONT if self.key_header and anthropic_errors.is_of_wrong_key(exc) else None

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return an error within a stream, which is always an event called `error`.

        Its details, which are null where there are none, come first, and the request's id last (measured in 2026).
        """
        envelope = self.error(self.adapt_error(failure.error))
        if envelope.get("type") == "error":
            envelope["error"] = {"details": None} | envelope["error"]
        return [failure._replace(name="error").event(self.with_request_id(envelope, failure.request_id))]


def hello(models: Collection[str]) -> dict[str, Any]:
    """Return what tells that the API can be reached, as Claude Code asks before it begins."""
    return {"message": "hello"}


ENDING = ("stop_reason", "stop_sequence", "stop_details")


class AnthropicAnswers(AnthropicFormat):
    """A message, complete and streamed, wherever Claude is available."""

    name = "anthropic"
    call_arguments = "object"
    refusals = REFUSALS
    collect = staticmethod(collect_message)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request for a message."""
        document = decode_object(body)
        anthropic_rules.check_stream(document)
        if validate:
            self.check(document, headers, route)
        return compaction.as_read(read_prompt(document, headers), len(body))

    def check(self, document: dict[str, Any], headers: Mapping[str, str], route: Mapping[str, str]) -> None:
        """Raise `RequestError` for what the API would refuse in a request."""
        anthropic_rules.validate(document, headers, beta="beta" in route)
        fallbacks.check(document)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return a `message`; one that a script has word by word as it stands."""
        if (own := reply.verbatim(AnthropicAnswers.name)) is not None:
            return dict(own)
        reply = with_own_calls(reply, prompt)
        content = [block.whole for block in anthropic_message.blocks(reply, prompt)]
        head, ending = anthropic_message.head(reply, prompt), anthropic_message.ending(reply, prompt)
        counted = {"usage": self.usage(reply, prompt), **self.diagnosed(prompt)}
        told = counted | anthropic_message.edited(prompt) | transformed(prompt)
        return head | {"content": content} | self.container(reply, prompt) | ending | told

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the events: the start, each block from its start to its stop, the stop reason, the stop.

        Where there are no blocks, as in a refusal, there is no ping (recorded in September 2026).
        """
        own = dict(reply.verbatim(AnthropicAnswers.name) or {})
        reply = reply if own else with_own_calls(reply, prompt)
        ended = {key: own[key] for key in ENDING if key in own} or anthropic_message.ending(reply, prompt)
        where = {key: own[key] for key in own if key == "container"} if own else self.container(reply, prompt)
        counted = own.get("usage") or self.usage(reply, prompt)
        empty: dict[str, Any] = {"content": [], **dict.fromkeys(where), **dict.fromkeys(ended)}
        began = {"usage": usage_at_start(counted)} | ({} if own else self.diagnosed(prompt) | transformed(prompt))
        message = own | (anthropic_message.head(reply, prompt) | own) | empty | began
        ending = {
            "type": "message_delta",
            "delta": ended | where,
            "usage": usage_at_end(counted),
            **anthropic_message.edited(prompt),
        }
        content = anthropic_message.recorded(own, prompt) if own else anthropic_message.blocks(reply, prompt)
        lanes: list[Sequence[Event]] = [_block(index, block) for index, block in enumerate(content)]
        return Events(
            [_event({"type": "message_start", "message": message})],
            *lanes,
            [_event(ending, part="finish"), _event({"type": "message_stop"}, chunk=False)],
        )

    def container(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return where code has run; empty where none has."""
        return dict(server_tools.container(reply, prompt))

    def diagnosed(self, prompt: Prompt) -> dict[str, Any]:
        """Return why a cache was missed, where that is told."""
        return {}

    def usage(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return what a message cost."""
        return usage(reply, prompt)


class AnthropicMessages(AnthropicAnswers):
    """The Messages API, which names a container and diagnostics even where there are none.

    Recorded from the end of September 2026, in messages and in their streams.
    """

    has_fallbacks = True

    def container(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return where code has run; null where none has."""
        return _null_field("container", prompt) | super().container(reply, prompt)

    def diagnosed(self, prompt: Prompt) -> dict[str, Any]:
        """Return why the cache was missed; null where nobody asks, and where it was not."""
        if diagnostics.is_wanted(prompt.body):
            return {"diagnostics": diagnostics.diagnosed(prompt)}
        return _null_field("diagnostics", prompt)

    def fallback_prompt(self, prompt: Prompt, reply: Reply) -> Prompt | None:
        """Return the prompt for the next model of `fallbacks`, if this one has declined in the answer."""
        if not prompt.body.get("fallbacks") or not is_refused(reply) or reply.body is not None:
            return None
        said = anthropic_message.blocks(reply, replace(prompt, recalled={}))
        return fallbacks.next_prompt(prompt, said, step_of(self.usage(reply, prompt)))

    def references(self, prompt: Prompt) -> Collection[Place]:
        """Return the thread that a request continues, and the prompt that it wants its own compared with."""
        places = (self.continues_from(prompt), diagnostics.place(prompt.body))
        return [place for place in places if place is not None]

    def continues_from(self, prompt: Prompt) -> Place | None:
        """Return the thread, identified by its newest message."""
        return None if (name := threads.previous(prompt.body)) is None else (threads.THREAD, name)

    def conflict(self, *, in_flight: bool) -> RequestError:
        """Return the error for continuing from a message that another request continues, or has continued."""
        return threads.refusal("thread_continue_in_flight" if in_flight else "thread_already_continued")

    def recall(self, prompt: Prompt, documents: Mapping[Place, Document], *, validate: bool) -> Prompt:
        """Return the prompt with everything in the thread."""
        if (before := documents.get(diagnostics.place(prompt.body) or ("", ""))) is not None:
            prompt = replace(prompt, recalled={**prompt.recalled, FINGERPRINT: before})
        if (place := self.continues_from(prompt)) is None:
            return prompt
        if (thread := documents.get(place)) is None:
            if validate:
                raise threads.refusal("thread_not_found", status=404)
            return prompt
        whole = threads.whole(prompt.body, thread, validate=validate)
        if validate:
            anthropic_rules.validate_whole(whole, prompt.headers)
        recalled = {**prompt.recalled, "thread": thread, "body": whole}
        read = read_prompt(whole, prompt.headers)
        return replace(read, tool_choice=prompt.tool_choice, body=prompt.body, recalled=recalled)

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Return the conversation, the files that code has made, and what prompts are compared by."""
        is_held, is_compared = threads.is_held(prompt.body), diagnostics.is_wanted(prompt.body)
        files = server_tools.files_to_store(reply, prompt, span)
        if not (is_held or is_compared):
            return files
        message, (_, ends) = self.document(reply, prompt), span()
        compared = [diagnostics.to_store(message["id"], prompt, ends)] if is_compared else []
        if not is_held:
            return [*files, *compared]
        asked = mapping(prompt.recalled.get("body")) or prompt.body
        before = mapping(prompt.recalled.get("thread")) or None
        return [*threads.to_store(message, asked, before, ends), *files, *compared]


def _null_field(field: str, prompt: Prompt) -> dict[str, Any]:
    """Return a field that tells nothing; models that had gone by then have none."""
    return {} if GONE.search(prompt.model or "") else {field: None}


def _block(index: int, block: anthropic_message.Block) -> Events:
    """Return the events of one content block, in the first of them a ping; a call's name costs a token."""
    opening = {"type": "content_block_start", "index": index, "content_block": block.opening}
    events = Events([_event(opening, token="name" in block.opening)], () if index else (PING,))
    for run in block.runs:
        kind = "content_block_delta"
        template = Template({"type": kind, "index": index, "delta": run.delta})
        if run.token:
            events += template.events(run.values, run.part, kind, counts(run.values))
        else:
            events += [Event(data, name=kind) for data in template.fill(run.values)]
    events.append(_event({"type": "content_block_stop", "index": index}))
    return events


def _event(document: dict[str, Any], *, token: bool = False, chunk: bool = True, part: str = "") -> Event:
    """Return the event of a document; its name is the document's type."""
    return Event(orjson.dumps(document), token, chunk, part, document["type"])


class AnthropicCount(AnthropicFormat):
    """The number of tokens that a request would cost; a rule can set it with its `usage`."""

    name = "count_tokens"
    refusals = COUNT_REFUSALS
    collect = staticmethod(collect_count)

    def headers(self, elapsed_ms: float, request_id: str, status: int, model: str | None) -> Mapping[str, str]:
        """Return the headers of a message; of limits that are not reached nothing is told here."""
        return without(super().headers(elapsed_ms, request_id, status, model), anthropic_limits.BEGINNING)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request to count tokens."""
        document = decode_object(body)
        if validate:
            anthropic_rules.validate_count(document, headers, beta="beta" in route)
        return compaction.as_read(read_prompt(document, headers, task="count"), len(body))

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the count, and what it would be without edits, where some are asked for."""
        counted = {"input_tokens": reply.used.prompt_tokens}
        if not edits.edits_of(prompt.body):
            return counted
        before = prompt.recalled.get(edits.ORIGINAL, counted["input_tokens"])
        return counted | {"context_management": {"original_input_tokens": before}}
