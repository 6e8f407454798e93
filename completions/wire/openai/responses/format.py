"""Responses: `POST /v1/responses`, and `POST /v1/responses/input_tokens`, which counts a request's tokens."""

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
from completions.wire.openai.base import OPENAI, Dialect, OpenAIFormat, check_stream, framing_of
from completions.wire.openai.containers import CONTAINER
from completions.wire.openai.refusals import RESPONSES_FORMAT_REFUSALS
from completions.wire.openai.responses import (
    configuration_items,
    containers,
    diagnostics,
    hosted,
    reasoning_order,
    replayed_items,
    templates,
)
from completions.wire.openai.responses import rules as responses_rules
from completions.wire.openai.responses.document import document, initial_tier, prefix, thoughts, unfinished
from completions.wire.openai.responses.echo import ORDER, conversation_id
from completions.wire.openai.responses.prompt import (
    is_reference,
    messages,
    own_items,
    read_prompt,
    references,
    unencrypted_reasoning,
)
from completions.wire.openai.responses.readback import collect_count, collect_response
from completions.wire.openai.responses.refusals import REFUSALS
from completions.wire.openai.responses.stored import CONVERSATION, ITEM, RESPONSE, to_store, with_notes
from completions.wire.openai.responses.stream import SEQUENCE, narrate
from completions.wire.openai.vector_stores import STORE_FILES
from completions.wire.openai.wordings import RESPONSES

MAX_ITEMS = 1000
"""The most earlier items of a conversation; beyond that, the oldest are dropped."""


REQUIRED = ("id", "status", "model", "background", "tools")
"""Fields that every response has, in its stream and in the store."""

NO_OTHERS: Mapping[str, Dialect] = {}


class Responses(OpenAIFormat):
    """OpenAI's format of typed items and events, which remembers earlier responses."""

    name = "responses"
    vendor = "openai"
    has_limits_in_errors = False
    collect = staticmethod(collect_response)

    def __init__(self, dialect: Dialect = OPENAI, by_model: Mapping[str, Dialect] = NO_OTHERS) -> None:
        super().__init__(dialect)
        self._by_model = by_model
        self._framings = {other: framing_of(other) for other in by_model.values()}

    refusals = (*RESPONSES_FORMAT_REFUSALS, *REFUSALS)
    wordings = RESPONSES

    def has_model(self, model: str) -> bool:
        """Tell whether the vendor of the model's prefix has the model, or else the dialect's vendor."""
        return self._vendor_of(model).has_model(model)

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request for a response; the documents that it references are loaded later."""
        document = decode_object(body)
        if self._dialect.convert is not None:
            self._dialect.convert("responses", document)
        check_stream(document)
        if validate:
            self._validate(document)
        prompt, own = read_prompt(document, headers), own_items(document)
        if validate and not self._earlier_places(prompt):
            self._check_order(own, document)
        prompt = configuration_items.configured(prompt, own)
        return replace(prompt, task="state") if self.prepares(document) else prompt

    def prepares(self, body: Mapping[str, Any]) -> bool:
        """Tell whether a request only prepares the prompt cache, so that nothing is generated."""
        return mapping(body.get("prompt_cache_options")).get("prewarm") is True

    def _validate(self, body: dict[str, Any]) -> None:
        self._dialect.check_response(body)

    def _check_order(self, items: Sequence[Mapping[str, Any]], body: Mapping[str, Any]) -> None:
        responses_rules.matched(items)
        if self._is_openai(body):
            replayed_items.check_ids(own_items(body))
            configuration_items.check(items, body)
            reasoning_order.check(items, stored=body.get("store") is not False)
            replayed_items.check(items, body)

    def _is_openai(self, body: Mapping[str, Any]) -> bool:
        return self.vendor == Responses.vendor and self._vendor_of(text(body.get("model"))) is self._dialect

    def references(self, prompt: Prompt) -> Collection[Place]:
        """Return the documents of the conversation before, and the files of the vector stores to be searched.

        A prompt template comes first, and alone, because the expanded request may reference more.
        """
        name = templates.template_id(prompt.body) if "prompt" in prompt.body and prompt.task == "generate" else None
        if name is not None and templates.PROMPT not in prompt.recalled:
            return [(templates.PROMPT, name)]
        compared = diagnostics.place(prompt)
        files = [(STORE_FILES, name) for name in hosted.stores(prompt)]
        container = [(CONTAINER, name)] if (name := containers.requested_id(prompt)) else []
        return [*self._earlier_places(prompt), *files, *container, *([] if compared is None else [compared])]

    def _earlier_places(self, prompt: Prompt) -> list[Place]:
        """Return the places of the previous response, of the conversation, and of items that have to be loaded."""
        previous, conversation = prompt.body.get("previous_response_id"), conversation_id(prompt.body)
        places = [(RESPONSE, previous)] if isinstance(previous, str) else []
        places += [(CONVERSATION, conversation)] if conversation else []
        own = own_items(prompt.body)
        names = references(own)
        if prompt.body.get("store") is False and self._is_openai(prompt.body):
            names += unencrypted_reasoning(own)
        return places + [(ITEM, name) for name in names]

    def recall(self, prompt: Prompt, documents: Mapping[Place, Document], *, validate: bool) -> Prompt:
        """Return the prompt with the conversation before it; the instructions are its own, or its template's."""
        template_places = [place for place in self.references(prompt) if place[0] == templates.PROMPT]
        if template_places:
            return self._with_template(
                prompt, template_places[0][1], documents.get(template_places[0]), validate=validate
            )
        files = {name: record["files"] for (kind, name), record in documents.items() if kind == STORE_FILES}
        if files:
            prompt = replace(prompt, recalled={**prompt.recalled, "files": files})
        if (compared := documents.get(diagnostics.place(prompt) or ("", ""))) is not None:
            prompt = replace(prompt, recalled={**prompt.recalled, FINGERPRINT: compared})
        if validate and self.vendor == Responses.vendor and (container := containers.requested_id(prompt)):
            containers.check_requested(container, documents.get((CONTAINER, container)), time.time())
        if not (places := self._earlier_places(prompt)):
            return prompt
        if validate:
            responses_rules.present(places, documents)
        before: list[dict[str, Any]] = []
        for (kind, _), record in documents.items():
            if kind == RESPONSE:
                before += [*record["context"], *record["input"], *record["response"]["output"]]
            elif kind == CONVERSATION:
                before += record["items"]
        own = [
            dict(documents.get((ITEM, item["id"]), {})) if is_reference(item) else item
            for item in own_items(prompt.body)
        ]
        if validate:
            self._check_order([*before, *own], prompt.body)
        before = before[-MAX_ITEMS:]
        recalled = {**prompt.recalled, "items": before, "own": own}
        prompt = replace(prompt, messages=messages(prompt.body, [*before, *own]), recalled=recalled)
        return configuration_items.configured(prompt, [*before, *own])

    def _with_template(self, prompt: Prompt, name: str, template: Document | None, *, validate: bool) -> Prompt:
        """Return the prompt expanded by its template; an empty template changes nothing."""
        recalled = {**prompt.recalled, templates.PROMPT: name}
        if template is None and validate:
            raise templates.not_found(name)
        if not template:
            return replace(prompt, recalled=recalled)
        body = templates.expanded(prompt.body, template, validate=validate)
        if validate:
            instructions = dicts(body["instructions"])
            self._validate(
                {**body, "instructions": None, "input": [*instructions, *own_items(body)]} if instructions else body
            )
        return replace(read_prompt(body, prompt.headers), recalled=recalled, task=prompt.task)

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Return the response, its items, the items to append to the conversation, and the prompt's fingerprint."""
        stored = prompt.body.get("store") is not False
        compared = self._dialect_for(prompt).vendor == OPENAI.vendor and diagnostics.has_diagnostics(prompt)
        noted = super().to_store(reply, prompt, span)
        if not (stored or compared or conversation_id(prompt.body) or containers.uses_container(prompt)):
            return noted
        response, (begins, ends) = self._document(reply, prompt), span()
        own = dicts(prompt.recalled.get("own")) if "own" in prompt.recalled else own_items(prompt.body)
        before = dicts(prompt.recalled.get("items"))
        documents = to_store(response, own, before, (begins, ends), stored=stored)
        if reply.choices:
            documents += containers.to_store(response["output"], reply.choices[0], prompt, reply.serial, ends)
        if compared:
            documents.append(diagnostics.to_store(response["id"], prompt, response["usage"], ends))
        shown = None if prompt.background or prompt.stream else reply.verbatim(Responses.name)
        tier = initial_tier(prompt.body)
        return [*noted, *with_notes(documents, prompt.per_chunk, tier, shown)]

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the complete `response`, or a queued one for a background request."""
        if (verbatim := reply.verbatim(Responses.name)) is not None and not prompt.background:
            return dict(verbatim)
        response = self._document(reply, prompt)
        return unfinished(response, "queued", initial_tier(prompt.body)) if prompt.background else response

    def events(self, reply: Reply, prompt: Prompt) -> Sequence[Event]:
        """Return the typed events."""
        padded = (
            prompt.include_obfuscation and self._dialect_for(prompt).padding == "obfuscation" and not prompt.background
        )
        response = without_fields(self._document(reply, prompt), "billing")
        return self._dialect.response_events(
            narrate(response, prompt.per_chunk, initial_tier(prompt.body), obfuscate=padded)
        )

    def _document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        dialect = self._dialect_for(prompt)
        response = document(dialect.with_call_ids(reply), prompt)
        if not reply.id:
            response["id"] = dialect.response_id(response["id"], reply)
        runs = iter(thoughts(reply.choices[0]) if reply.choices else ())
        items = []
        for place, item in enumerate(response["output"]):
            item["id"] = dialect.response_id(item["id"], reply, place)
            items.append(dialect.reasoning_item(item, next(runs)) if item["type"] == "reasoning" else item)
        adapted = dialect.response(
            _with_verbatim({**response, "output": items}, reply.verbatim(Responses.name)), prompt
        )
        if dialect.vendor == OPENAI.vendor:
            adapted |= diagnostics.diagnosed(prompt, adapted["usage"])
        return arranged(adapted, dialect.response_order or ORDER)

    def framing(self, prompt: Prompt) -> Framing:
        """Return the server-sent events of the vendor of the model."""
        return self._framings.get(self._dialect_for(prompt), self.default_framing)

    def _dialect_for(self, prompt: Prompt) -> Dialect:
        """Return the dialect of the answer, which at OpenAI's own address depends on the model's vendor."""
        return self._vendor_of(prompt.model or "")

    def _vendor_of(self, model: str) -> Dialect:
        return next((other for start, other in self._by_model.items() if model.startswith(start)), self._dialect)

    def read(self, traffic: Traffic) -> ParsedExchange:
        """Return the question and the answer of an exchange; the answer has the messages of a prompt template."""
        exchange = super().read(traffic)
        if exchange.prompt is None or templates.template_id(exchange.prompt.body) is None:
            return exchange
        for _, event in documents_of(traffic.response):
            instructions = mapping(event.get("response", event)).get("instructions")
            if isinstance(instructions, list):
                body = {**exchange.prompt.body, "instructions": instructions}
                return replace(
                    exchange, prompt=replace(exchange.prompt, messages=messages(body, own_items(body)), body=body)
                )
            break
        return exchange

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return the API's `error` event; without a name, the envelope, which its SDK accepts as an error."""
        if not failure.name:
            return super().error_events(failure, prompt)
        exc, number = self.adapt_error(failure.error), failure.last.get(SEQUENCE, -1) + 1
        event = {"type": "error", "code": exc.code, "message": exc.message, "param": exc.param, SEQUENCE: number}
        return [Event(orjson.dumps(event), name="error")]


def _with_verbatim(response: dict[str, Any], verbatim: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a response with the fields of a script's verbatim one, and with the required fields and ids of items."""
    if verbatim is None:
        return response
    fields = {key: value for key, value in verbatim.items() if value is not None or key not in REQUIRED}
    ids = [
        reasoning_order.free_id(prefix(item["type"]), response["id"], place)
        for place, item in enumerate(verbatim["output"])
    ]
    items = [{**item, "id": item.get("id") or default} for default, item in zip(ids, verbatim["output"], strict=True)]
    return response | fields | {"output": items}


class WithoutAnswer(Responses):
    """A format with the requests of responses, for which nothing is generated or stored."""

    refusals = ()
    task: Task

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request."""
        prompt = super().parse(body, headers, validate=validate, route=route)
        return replace(prompt, format=self.name, task=self.task, stream=False, background=False)

    def to_store(self, reply: Reply, prompt: Prompt, span: Span) -> Sequence[StoredDocument]:
        """Return nothing to store."""
        return ()


class InputTokens(WithoutAnswer):
    """The number of tokens in a request for a response."""

    name = "input_tokens"
    task = "count"
    has_limits = False
    _validate = staticmethod(responses_rules.validate_count)
    collect = staticmethod(collect_count)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the count."""
        counted = reply.used.prompt_tokens
        return {"object": "response.input_tokens", "input_tokens": counted}
