"""Responses: `POST /v1/responses`, and `POST /v1/responses/input_tokens`, which counts the same request."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from completions.conversation import ParsedExchange, Prompt, Reply, Task, Traffic
from completions.event import Event
from completions.wire.base import (
    NO_ROUTE,
    Document,
    Headers,
    Place,
    Route,
    Span,
    StoredDocument,
    StreamFailure,
    decode_object,
)
from completions.wire.documents import documents as documents_of
from completions.wire.fields import arranged, dicts, mapping, text, without_fields
from completions.wire.fingerprints import FINGERPRINT
from completions.wire.framing import Framing
from completions.wire.openai.base import OPENAI, Dialect, OpenAIFormat, check_stream, events_of
from completions.wire.openai.containers import CONTAINER
from completions.wire.openai.refusals import RESPONSES_ELSEWHERE
from completions.wire.openai.responses import containers, diagnostics, hosted, order, replayed, templates, updates
from completions.wire.openai.responses import rules as responses_rules
from completions.wire.openai.responses.document import begun, document, prefix, thoughts, tier_at_first
from completions.wire.openai.responses.echo import ORDER, conversation_id
from completions.wire.openai.responses.prompt import (
    is_reference,
    messages,
    own_items,
    read_prompt,
    references,
    unsealed,
)
from completions.wire.openai.responses.readback import collect_count, collect_response
from completions.wire.openai.responses.refusals import REFUSALS
from completions.wire.openai.responses.stored import CONVERSATION, ITEM, RESPONSE, to_store, with_notes
from completions.wire.openai.responses.stream import SEQUENCE, narrate
from completions.wire.openai.vector_stores import STORE_FILES
from completions.wire.openai.words import RESPONSES

MAX_ITEMS = 1000
"""The most earlier items that are remembered; beyond that, the oldest are forgotten."""


NEEDED = ("id", "status", "model", "background", "tools")
"""What a response has in any case, in its stream and where it is stored."""

NO_OTHERS: Mapping[str, Dialect] = {}


class Responses(OpenAIFormat):
    """OpenAI's format of typed items and events, which remembers earlier responses."""

    name = "responses"
    vendor = "openai"
    limits_refusals = False
    collect = staticmethod(collect_response)

    def __init__(self, dialect: Dialect = OPENAI, by_model: Mapping[str, Dialect] = NO_OTHERS) -> None:
        super().__init__(dialect)
        self._by_model = by_model
        self._framings = {other: events_of(other) for other in by_model.values()}

    refusals = (*RESPONSES_ELSEWHERE, *REFUSALS)
    words = RESPONSES

    def knows(self, model: str) -> bool:
        """Tell whether the vendor whose name the model's begins with has it, or else those who speak the dialect."""
        return self._vendor_of(model).knows(model)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request for a response; what it refers to is loaded later."""
        document = decode_object(body)
        if self._dialect.convert is not None:
            self._dialect.convert("responses", document)
        check_stream(document)
        if validate:
            self._validate(document)
        prompt, own = read_prompt(document, headers), own_items(document)
        if validate and not self._said_before(prompt):
            self._check_order(own, document)
        prompt = updates.configured(prompt, own)
        return replace(prompt, task="state") if self.prepares(document) else prompt

    def prepares(self, body: Mapping[str, Any]) -> bool:
        """Return whether a request prepares the prompt cache alone, so that nothing is generated."""
        return mapping(body.get("prompt_cache_options")).get("prewarm") is True

    def _validate(self, body: dict[str, Any]) -> None:
        self._dialect.check_response(body)

    def _check_order(self, items: Sequence[Mapping[str, Any]], body: Mapping[str, Any]) -> None:
        responses_rules.matched(items)
        if self._is_openai(body):
            replayed.check_ids(own_items(body))
            updates.check(items, body)
            order.check(items, stored=body.get("store") is not False)
            replayed.check(items, body)

    def _is_openai(self, body: Mapping[str, Any]) -> bool:
        return self.vendor == Responses.vendor and self._vendor_of(text(body.get("model"))) is self._dialect

    def refers_to(self, prompt: Prompt) -> Collection[Place]:
        """Return what was said before that is referred to, and the files of the vector stores to be searched.

        A prompt template comes first, and alone: what it says of the request may refer to more.
        """
        name = templates.template_id(prompt.body) if "prompt" in prompt.body and prompt.task == "generate" else None
        if name is not None and templates.PROMPT not in prompt.recalled:
            return [(templates.PROMPT, name)]
        compared = diagnostics.place(prompt)
        files = [(STORE_FILES, name) for name in hosted.stores(prompt)]
        container = [(CONTAINER, name)] if (name := containers.requested_id(prompt)) else []
        return [*self._said_before(prompt), *files, *container, *([] if compared is None else [compared])]

    def _said_before(self, prompt: Prompt) -> list[Place]:
        """Return the previous response, the conversation, and the items that are referred to or looked for."""
        previous, conversation = prompt.body.get("previous_response_id"), conversation_id(prompt.body)
        places = [(RESPONSE, previous)] if isinstance(previous, str) else []
        places += [(CONVERSATION, conversation)] if conversation else []
        own = own_items(prompt.body)
        names = references(own)
        if prompt.body.get("store") is False and self._is_openai(prompt.body):
            names += unsealed(own)
        return places + [(ITEM, name) for name in names]

    def recall(self, prompt: Prompt, documents: Mapping[Place, Document], *, validate: bool) -> Prompt:
        """Return the prompt with everything said before it; the instructions are its own, or its template's."""
        named = [place for place in self.refers_to(prompt) if place[0] == templates.PROMPT]
        if named:
            return self._with_template(prompt, named[0][1], documents.get(named[0]), validate=validate)
        files = {name: found["files"] for (kind, name), found in documents.items() if kind == STORE_FILES}
        if files:
            prompt = replace(prompt, recalled={**prompt.recalled, "files": files})
        if (compared := documents.get(diagnostics.place(prompt) or ("", ""))) is not None:
            prompt = replace(prompt, recalled={**prompt.recalled, FINGERPRINT: compared})
        if validate and self.vendor == Responses.vendor and (container := containers.requested_id(prompt)):
            containers.check_requested(container, documents.get((CONTAINER, container)), time.time())
        if not (places := self._said_before(prompt)):
            return prompt
        if validate:
            responses_rules.present(places, documents)
        before: list[dict[str, Any]] = []
        for (kind, _), found in documents.items():
            if kind == RESPONSE:
                before += [*found["context"], *found["input"], *found["response"]["output"]]
            elif kind == CONVERSATION:
                before += found["items"]
        own = [
            dict(documents.get((ITEM, item["id"]), {})) if is_reference(item) else item
            for item in own_items(prompt.body)
        ]
        if validate:
            self._check_order([*before, *own], prompt.body)
        before = before[-MAX_ITEMS:]
        recalled = {**prompt.recalled, "items": before, "own": own}
        prompt = replace(prompt, messages=messages(prompt.body, [*before, *own]), recalled=recalled)
        return updates.configured(prompt, [*before, *own])

    def _with_template(self, prompt: Prompt, name: str, template: Document | None, *, validate: bool) -> Prompt:
        """Return the prompt with what its template says; one with nothing in it stands for any."""
        recalled = {**prompt.recalled, templates.PROMPT: name}
        if template is None and validate:
            raise templates.not_found(name)
        if not template:
            return replace(prompt, recalled=recalled)
        body = templates.expanded(prompt.body, template, validate=validate)
        if validate:
            said = dicts(body["instructions"])
            self._validate({**body, "instructions": None, "input": [*said, *own_items(body)]} if said else body)
        return replace(read_prompt(body, prompt.headers), recalled=recalled, task=prompt.task)

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Return the response, its items, the items to append to the conversation, and what prompts are compared by."""
        stored = prompt.body.get("store") is not False
        compared = self._speaks(prompt).vendor == OPENAI.vendor and diagnostics.has_diagnostics(prompt)
        if not (stored or compared or conversation_id(prompt.body) or containers.uses_container(prompt)):
            return ()
        whole, (begins, ends) = self._document(reply, prompt), span()
        own = dicts(prompt.recalled.get("own")) if "own" in prompt.recalled else own_items(prompt.body)
        before = dicts(prompt.recalled.get("items"))
        documents = to_store(whole, own, before, (begins, ends), stored=stored)
        if reply.choices:
            documents += containers.to_store(whole["output"], reply.choices[0], prompt, reply.serial, ends)
        if compared:
            documents.append(diagnostics.to_store(whole["id"], prompt, whole["usage"], ends))
        shown = None if prompt.background or prompt.stream else reply.verbatim(Responses.name)
        tier = tier_at_first(prompt.body)
        return with_notes(documents, prompt.per_chunk, tier, shown)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return a `response`: the complete one, or for the background a queued one."""
        if (own := reply.verbatim(Responses.name)) is not None and not prompt.background:
            return dict(own)
        whole = self._document(reply, prompt)
        return begun(whole, "queued", tier_at_first(prompt.body)) if prompt.background else whole

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the typed events."""
        padded = prompt.include_obfuscation and self._speaks(prompt).padding == "obfuscation" and not prompt.background
        told = without_fields(self._document(reply, prompt), "billing")
        return self._dialect.narrated(narrate(told, prompt.per_chunk, tier_at_first(prompt.body), obfuscate=padded))

    def _document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        dialect = self._speaks(prompt)
        made = document(dialect.identified(reply), prompt)
        if not reply.id:
            made["id"] = dialect.response_id(made["id"], reply)
        runs = iter(thoughts(reply.choices[0]) if reply.choices else ())
        items = []
        for place, item in enumerate(made["output"]):
            item["id"] = dialect.response_id(item["id"], reply, place)
            items.append(dialect.reasoned(item, next(runs)) if item["type"] == "reasoning" else item)
        whole = dialect.response(_over({**made, "output": items}, reply.verbatim(Responses.name)), prompt)
        if dialect.vendor == OPENAI.vendor:
            whole |= diagnostics.diagnosed(prompt, whole["usage"])
        return arranged(whole, dialect.response_order or ORDER)

    def framing(self, prompt: Prompt) -> Framing:
        """Return server-sent events as those write them whose answer it is."""
        return self._framings.get(self._speaks(prompt), self.usual_framing)

    def _speaks(self, prompt: Prompt) -> Dialect:
        """Return whose answer it is: at OpenAI's own address, that of the vendor whose model is asked."""
        return self._vendor_of(prompt.model or "")

    def _vendor_of(self, model: str) -> Dialect:
        return next((other for start, other in self._by_model.items() if model.startswith(start)), self._dialect)

    def read(self, traffic: Traffic) -> ParsedExchange:
        """Return the question and the answer of an exchange; what a prompt template said is told by the answer."""
        said = super().read(traffic)
        if said.prompt is None or templates.template_id(said.prompt.body) is None:
            return said
        for _, heard in documents_of(traffic.response):
            told = mapping(heard.get("response", heard)).get("instructions")
            if isinstance(told, list):
                body = {**said.prompt.body, "instructions": told}
                return replace(said, prompt=replace(said.prompt, messages=messages(body, own_items(body)), body=body))
            break
        return said

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return an `error` event as the API has it; without a name, the envelope that its SDK takes for an error."""
        if not failure.name:
            return super().error_events(failure, prompt)
        exc, number = self.adapt_error(failure.error), failure.last.get(SEQUENCE, -1) + 1
        event = {"type": "error", "code": exc.code, "message": exc.message, "param": exc.param, SEQUENCE: number}
        return [Event(orjson.dumps(event), name="error")]


def _over(made: dict[str, Any], own: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a response with what a script's own says; it has a name, a status and so on, and its items have ids."""
    if own is None:
        return made
    told = {key: value for key, value in own.items() if value is not None or key not in NEEDED}
    ids = [order.free_id(prefix(item["type"]), made["id"], place) for place, item in enumerate(own["output"])]
    items = [{**item, "id": item.get("id") or made_for} for made_for, item in zip(ids, own["output"], strict=True)]
    return made | told | {"output": items}


class Unanswered(Responses):
    """A format of requests that have a response's input and model, and for which nothing is generated or kept."""

    refusals = ()
    task: Task

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request."""
        prompt = super().parse(body, headers, validate=validate, route=route)
        return replace(prompt, format=self.name, task=self.task, stream=False, background=False)

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Return nothing to store."""
        return ()


class InputTokens(Unanswered):
    """The number of tokens in a request for a response."""

    name = "input_tokens"
    task = "count"
    is_limited = False
    _validate = staticmethod(responses_rules.validate_count)
    collect = staticmethod(collect_count)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the count."""
        counted = reply.used.prompt_tokens
        return {"object": "response.input_tokens", "input_tokens": counted}
