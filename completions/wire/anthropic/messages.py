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
from completions.wire.anthropic.automatic_calls import with_automatic_calls
from completions.wire.anthropic.binding import input_transformations
from completions.wire.anthropic.files import FILE
from completions.wire.anthropic.prompt import read_prompt
from completions.wire.anthropic.readback import collect_count, collect_message
from completions.wire.anthropic.refusals import COUNT_REFUSALS, REFUSALS
from completions.wire.anthropic.usage import RETIRED_MODELS, is_refused, step_of, usage, usage_at_end, usage_at_start
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


OWNER_HEADERS = {
    "anthropic-organization-id": "00000000-0000-4000-8000-000000000000",
    "anthropic-workspace-id": "wrkspc_011111111111111111111111",
}
"""The headers with the owner of a request's key, which all answers have (recorded until September 2026)."""


FINAL_STATUSES = (400, 401, 403, 404, 413)
"""The statuses of errors that a retry does not help."""


class AnthropicFormat(WireFormat):
    """The base of Anthropic's formats: errors, headers, and the list of models."""

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
        """Return `request-id`, the owner of the key, and limits that are never reached.

        Errors have no limits, but forbid a retry that would be refused again; a wrong key has no owner. Recorded in
        January 2026, of the statuses 400, 401 and 404.
        """
        headers = {"request-id": request_id} | ({} if status == 401 else OWNER_HEADERS)
        if status in FINAL_STATUSES:
            return headers | {"x-should-retry": "false"}
        return headers if status >= 400 else headers | anthropic_limits.unlimited_headers()

    def limit_headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return rate limit headers with this API's names, and with times instead of durations."""
        return anthropic_limits.limit_headers(headers)

    def with_request_id(self, document: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Return the envelope with the request's id, which is null if there is none."""
        return document | {"request_id": request_id or None}

    def gateway_headers(self, exc: RequestError) -> Mapping[str, str] | None:
        """Return the headers of the refusal of a wrong `x-api-key`, unless the script words it."""
        return anthropic_errors.WRONG_KEY_HEADERS if self.key_header and anthropic_errors.refuses_key(exc) else None

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return an error within a stream, which is always an event named `error`.

        Its details, null if there are none, come first, and the request's id last (measured in 2026).
        """
        envelope = self.error(self.adapt_error(failure.error))
        if envelope.get("type") == "error":
            envelope["error"] = {"details": None} | envelope["error"]
        return [failure._replace(name="error").event(self.with_request_id(envelope, failure.request_id))]


def hello(models: Collection[str]) -> dict[str, Any]:
    """Return the answer to Claude Code's check that the API can be reached."""
    return {"message": "hello"}


END_KEYS = ("stop_reason", "stop_sequence", "stop_details")


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
        return compaction.as_model_reads(read_prompt(document, headers), len(body))

    def check(self, document: dict[str, Any], headers: Mapping[str, str], route: Mapping[str, str]) -> None:
        """Raise `RequestError` for what the API would refuse in a request."""
        anthropic_rules.validate(document, headers, beta="beta" in route)
        fallbacks.check(document)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return a `message`; a verbatim one of the script unchanged."""
        if (verbatim := reply.verbatim(AnthropicAnswers.name)) is not None:
            return dict(verbatim)
        reply = with_automatic_calls(reply, prompt)
        content = [block.whole for block in anthropic_message.blocks(reply, prompt)]
        head, ending = anthropic_message.message_head(reply, prompt), anthropic_message.message_end(reply, prompt)
        usage_fields = {"usage": self.usage(reply, prompt), **self.diagnostics_field(prompt)}
        end_fields = usage_fields | anthropic_message.context_management(prompt) | input_transformations(prompt)
        return head | {"content": content} | self.container(reply, prompt) | ending | end_fields

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the events: the start, each block from its start to its stop, the stop reason, the stop.

        Without blocks, as in a refusal, there is no ping (recorded in September 2026).
        """
        verbatim = dict(reply.verbatim(AnthropicAnswers.name) or {})
        reply = reply if verbatim else with_automatic_calls(reply, prompt)
        stop = {key: verbatim[key] for key in END_KEYS if key in verbatim} or anthropic_message.message_end(
            reply, prompt
        )
        container = (
            {key: verbatim[key] for key in verbatim if key == "container"}
            if verbatim
            else self.container(reply, prompt)
        )
        used = verbatim.get("usage") or self.usage(reply, prompt)
        empty: dict[str, Any] = {"content": [], **dict.fromkeys(container), **dict.fromkeys(stop)}
        start_fields = {"usage": usage_at_start(used)} | (
            {} if verbatim else self.diagnostics_field(prompt) | input_transformations(prompt)
        )
        message = verbatim | (anthropic_message.message_head(reply, prompt) | verbatim) | empty | start_fields
        ending = {
            "type": "message_delta",
            "delta": stop | container,
            "usage": usage_at_end(used),
            **anthropic_message.context_management(prompt),
        }
        content = (
            anthropic_message.verbatim_blocks(verbatim, prompt) if verbatim else anthropic_message.blocks(reply, prompt)
        )
        lanes: list[Sequence[Event]] = [_block(index, block) for index, block in enumerate(content)]
        return Events(
            [_event({"type": "message_start", "message": message})],
            *lanes,
            [_event(ending, part="finish"), _event({"type": "message_stop"}, chunk=False)],
        )

    def container(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the container in which code has run, if any."""
        return dict(server_tools.container(reply, prompt))

    def diagnostics_field(self, prompt: Prompt) -> dict[str, Any]:
        """Return why a cache was missed, if the format has diagnostics."""
        return {}

    def usage(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the usage of a message."""
        return usage(reply, prompt)


class AnthropicMessages(AnthropicAnswers):
    """The Messages API, whose messages have `container` and `diagnostics` even if these are null.

    Recorded from the end of September 2026, in messages and in their streams.
    """

    has_fallbacks = True

    def container(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the container in which code has run, or null."""
        return _null_field("container", prompt) | super().container(reply, prompt)

    def diagnostics_field(self, prompt: Prompt) -> dict[str, Any]:
        """Return why the cache was missed; null if diagnostics are not requested, and if it was not missed."""
        if diagnostics.is_requested(prompt.body):
            return {"diagnostics": diagnostics.diagnosis(prompt)}
        return _null_field("diagnostics", prompt)

    def fallback_prompt(self, prompt: Prompt, reply: Reply) -> Prompt | None:
        """Return the prompt for the next model of `fallbacks`, if this one declines in the answer."""
        if not prompt.body.get("fallbacks") or not is_refused(reply) or reply.body is not None:
            return None
        content = anthropic_message.blocks(reply, replace(prompt, recalled={}))
        return fallbacks.next_prompt(prompt, content, step_of(self.usage(reply, prompt)))

    def references(self, prompt: Prompt) -> Collection[Place]:
        """Return the places of the thread that a request continues, of the prompt to compare it with, and of skills."""
        places = (self.continues_from(prompt), diagnostics.previous_place(prompt.body))
        return [*(place for place in places if place is not None), *server_tools.skill_places(prompt)]

    def continues_from(self, prompt: Prompt) -> Place | None:
        """Return the thread, identified by its newest message."""
        return None if (name := threads.previous_message_id(prompt.body)) is None else (threads.THREAD, name)

    def conflict(self, *, in_flight: bool) -> RequestError:
        """Return the error for continuing from a message that another request continues, or has continued."""
        return threads.refusal("thread_continue_in_flight" if in_flight else "thread_already_continued")

    def recall(self, prompt: Prompt, documents: Mapping[Place, Document], *, validate: bool) -> Prompt:
        """Return the prompt with everything in the thread, and with the newest versions of its skills."""
        if places := server_tools.skill_places(prompt):
            newest = {name: documents[kind, name].get("latest") for kind, name in places if (kind, name) in documents}
            prompt = replace(prompt, recalled={**prompt.recalled, server_tools.SKILLS: newest})
        if (before := documents.get(diagnostics.previous_place(prompt.body) or ("", ""))) is not None:
            prompt = replace(prompt, recalled={**prompt.recalled, FINGERPRINT: before})
        if (place := self.continues_from(prompt)) is None:
            return prompt
        if (thread := documents.get(place)) is None:
            if validate:
                raise threads.refusal("thread_not_found", status=404)
            return prompt
        full_body = threads.full_request(prompt.body, thread, validate=validate)
        if validate:
            anthropic_rules.validate_whole(full_body, prompt.headers)
        recalled = {**prompt.recalled, "thread": thread, "body": full_body}
        full_prompt = read_prompt(full_body, prompt.headers)
        return replace(full_prompt, tool_choice=prompt.tool_choice, body=prompt.body, recalled=recalled)

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Return the conversation, the files that code has generated, and the prompt's fingerprint."""
        is_held, is_compared = threads.uses_thread(prompt.body), diagnostics.is_requested(prompt.body)
        files = server_tools.files_to_store(reply, prompt, span)
        if not (is_held or is_compared):
            return files
        message, (_, ends) = self.document(reply, prompt), span()
        compared = [diagnostics.to_store(message["id"], prompt, ends)] if is_compared else []
        if not is_held:
            return [*files, *compared]
        body = mapping(prompt.recalled.get("body")) or prompt.body
        before = mapping(prompt.recalled.get("thread")) or None
        return [*threads.to_store(message, body, before, ends), *files, *compared]


def _null_field(field: str, prompt: Prompt) -> dict[str, Any]:
    """Return a field that is null; retired models do not have it."""
    return {} if RETIRED_MODELS.search(prompt.model or "") else {field: None}


def _block(index: int, block: anthropic_message.Block) -> Events:
    """Return the events of one content block, with a ping in the first block; a call's name costs a token."""
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
        """Return the headers of a message without rate limits."""
        return without(super().headers(elapsed_ms, request_id, status, model), anthropic_limits.PREFIX)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request to count tokens."""
        document = decode_object(body)
        if validate:
            anthropic_rules.validate_count(document, headers, beta="beta" in route)
        return compaction.as_model_reads(read_prompt(document, headers, task="count"), len(body))

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the count, and the count without edits if some are requested."""
        count = {"input_tokens": reply.used.prompt_tokens}
        if not edits.edits_of(prompt.body):
            return count
        original = prompt.recalled.get(edits.ORIGINAL, count["input_tokens"])
        return count | {"context_management": {"original_input_tokens": original}}
