"""The views of what OpenAI's APIs store: responses, conversations, chat completions. They generate nothing."""

import functools
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponseBase

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.journal.exchange import Exchange
from completions.resolve.ask import Headers, TextHeaders
from completions.resolve.engine import resolve
from completions.resolve.overrides import (
    ERROR_HEADER,
    ERROR_KEY,
    NO_SUCH_FIELD,
    PACING_HEADER,
    PACING_KEY,
    fields_without_effect,
    without_effect,
)
from completions.state import blobs
from completions.state.namespaces import Namespace
from completions.state.records import Document, Records, documents_of, is_expired
from completions.views.announcements import announce
from completions.views.current_namespace import current_namespace
from completions.views.edge import (
    endpoint,
    identify,
    in_dialect,
    note_client,
    read_body,
    set_json_type,
)
from completions.views.http import ExchangeResponse, FastJsonResponse
from completions.views.missing import not_found
from completions.views.streaming import replay
from completions.wire.base import WireFormat, decode_object, without_limits
from completions.wire.dialects.openrouter_generations import GENERATION
from completions.wire.fields import dicts, mapping
from completions.wire.framing import EVENTS_IN_UTF8, ServerSentEvents
from completions.wire.multipart import Form, read_form
from completions.wire.openai.base import envelope as openai_envelope
from completions.wire.openai.chat.stored import COMPLETION
from completions.wire.openai.headers import headers_of
from completions.wire.openai.responses import rules as responses_rules
from completions.wire.openai.responses import stored as stored_responses
from completions.wire.openai.responses.stored import CONVERSATION, RESPONSE
from completions.wire.openai.stored import matches_query, page, updated, whole_list
from completions.wire.storage import MAX_STORED

AnyView = Callable[..., Coroutine[Any, Any, HttpResponseBase]]
Envelope = Callable[[RequestError], object]
StoredView = Callable[..., Coroutine[Any, Any, dict[str, Any] | ExchangeResponse]]
Link = Callable[[Records, Mapping[str, object], Mapping[str, str]], Coroutine[Any, Any, bool]]
"""Returns by the query and the path whether an address is one that the API itself issued, which needs no key."""

EVENTS = ServerSentEvents(media_type=EVENTS_IN_UTF8)


class ResourceRequest(NamedTuple):
    """A request for documents that a namespace stores; `headers` include the key, wherever the request has it.

    Its methods raise the API's error for a document that is missing or has expired.
    """

    http_request: HttpRequest
    exchange: Exchange
    space: Namespace
    headers: Headers

    @property
    def records(self) -> Records:
        """The documents that the namespace stores."""
        return self.space.records

    @property
    def validate(self) -> bool:
        """Whether the script holds requests to the API's rules."""
        return self.space.script.validate

    @property
    def query(self) -> dict[str, str]:
        """The parameters in the address."""
        return {str(name): str(value) for name, value in self.http_request.GET.items()}

    async def get(self, kind: str, name: str) -> Document:
        """Return a document."""
        return _require(await self.records.get(kind, name), kind, name)

    async def all(self, kind: str) -> list[Document]:
        """Return the documents of a kind, the oldest first."""
        return await documents_of(self.records, kind)

    async def change(self, kind: str, name: str, edit: Callable[[Document], Document]) -> Document:
        """Change a document, and return it."""
        return await self.records.change(kind, name, lambda before: edit(_require(before, kind, name)))

    async def delete(self, kind: str, name: str) -> None:
        """Remove a document."""
        await self.get(kind, name)
        if not await self.records.delete(kind, name):
            raise not_found(kind, name)

    async def bytes_of(self, kind: str, name: str) -> bytes:
        """Return the bytes of a file."""
        await self.get(kind, name)
        if (data := await blobs.get(self.records, (kind, name))) is None:
            raise not_found(kind, name)
        return data

    async def delete_file(self, kind: str, name: str) -> None:
        """Remove a file and its bytes."""
        await self.delete(kind, name)
        await blobs.drop(self.records, (kind, name))

    @property
    def form(self) -> Form:
        """The body, read as a form."""
        return read_form(read_body(self.http_request), self.http_request.META.get("CONTENT_TYPE", ""))

    @property
    def body(self) -> dict[str, Any]:
        """The body, decoded; none is an empty object."""
        body = read_body(self.http_request)
        return decode_object(body) if body.strip() else {}

    def page(self, items: Sequence[Document], order: str, most: int | None = None) -> dict[str, Any]:
        """Return the page of items that the address asks for; `most` is the number where it is not the usual one."""
        return page(items, self.query, order, most, validate=self.validate)


def stored(view: StoredView) -> AnyView:
    """Make a view of a stored resource of a function that returns a document. The script cannot pace it."""
    return _stored(view, is_paced=False)


def stored_with_pacing(view: StoredView) -> AnyView:
    """Make a view of a stored resource, which takes as long as the script or the request says."""
    return _stored(view, is_paced=True)


def stored_with_open_link(link: Link) -> Callable[[StoredView], AnyView]:
    """Make a view of a stored resource that needs no key where `link` accepts the address; the script can pace it."""
    return functools.partial(_stored, is_paced=True, link=link)


def _stored(view: StoredView, *, is_paced: bool, link: Link | None = None) -> AnyView:

    @endpoint()
    @functools.wraps(view)
    async def wrapped(
        request: HttpRequest, exchange: Exchange, /, wire: object = None, **route: str
    ) -> ExchangeResponse:
        try:
            answer = await call_view(request, exchange, wire, route)
        except RequestError as exc:
            if not isinstance(wire, WireFormat):  # which adds its own where the envelope is made
                exc.headers = {**_api_headers(wire, exchange, exc.status), **exc.headers}
            raise
        response = FastJsonResponse(answer) if isinstance(answer, dict) else answer
        if isinstance(wire, WireFormat):
            set_json_type(response, wire)
        response.add_headers(_api_headers(wire, exchange, response.status_code))
        return response

    async def call_view(
        request: HttpRequest, exchange: Exchange, wire: object, route: Mapping[str, str]
    ) -> dict[str, Any] | ExchangeResponse:
        space = await current_namespace(exchange)
        is_open = link is not None and await link(space.records, request.GET, route)
        headers = note_client(request, exchange) if is_open else identify(request, exchange, space.script.keys)
        if exchange.method == "POST":
            text_headers = TextHeaders(headers)
            await _raise_requested_error(space, text_headers, _envelope_of(wire, exchange))
            if PACING_KEY in text_headers and not is_paced:
                raise without_effect(PACING_HEADER, "it", "this takes no time")
        return await view(ResourceRequest(request, exchange, space, headers), **route)

    return wrapped


def _api_headers(wire: object, exchange: Exchange, status: int) -> Mapping[str, str]:
    """Return the API's headers for an answer that no model gives: without rate limits."""
    elapsed = (time.monotonic() - exchange.started) * 1000
    if not isinstance(wire, WireFormat):
        return headers_of(f"{elapsed:.0f}", status, None, has_limits=False)
    return without_limits(in_dialect(wire, exchange).headers(elapsed, exchange.request_id, status, None))


async def _raise_requested_error(space: Namespace, headers: TextHeaders, envelope: Envelope) -> None:
    """Raise the error that a request's own headers ask for, or the 400 of a field that its envelope has not."""
    if ERROR_KEY not in headers:
        return
    outcome = await resolve(space, Prompt(format="stored", task="state", headers=headers))
    if outcome.error is not None:
        for name in fields_without_effect(outcome.error, envelope):
            raise without_effect(ERROR_HEADER, f"`{name}`", NO_SUCH_FIELD)
        raise outcome.error


def _envelope_of(wire: object, exchange: Exchange) -> Envelope:
    """Return the function that makes the envelope of an error: the API's, or else OpenAI's."""
    if not isinstance(wire, WireFormat):
        return openai_envelope
    dialect = in_dialect(wire, exchange)
    return lambda error: dialect.error(dialect.adapt_error(error))


def _require(document: Document | None, kind: str, name: str) -> Document:
    if document is None or is_expired(document, time.time()):
        raise not_found(kind, name)
    return document


async def keep_file(
    records: Records, kind: str, file: Document, data: bytes, full: Callable[[int], RequestError] | None = None
) -> None:
    """Store a file and its bytes; where they exceed the storage, raise the error that `full` makes of the size.

    Without `full` there is always room: a batch could not end without its results.
    """
    size = sum(each["bytes"] for each in await documents_of(records, kind)) + len(data)
    if full is not None and size > MAX_STORED:
        raise full(size)
    await blobs.put(records, (kind, file["id"]), data)
    await records.put(kind, file["id"], file)


@stored
async def retrieve_response(request: ResourceRequest, name: str) -> dict[str, Any] | ExchangeResponse:
    """Show a response as it is by now, or stream it again from where its client left it."""
    record = await request.get(RESPONSE, name)
    query = request.query
    if query.get("stream") != "true":
        return stored_responses.at(record, time.time())
    number = stored_responses.starting_after(query, validate=request.validate)
    obfuscate = query.get("include_obfuscation") == "true"  # it is not by default (recorded in February 2026)
    events, due = stored_responses.resumed(record, number, time.time(), obfuscate=obfuscate)
    return replay(request.exchange, events, due, EVENTS)


@stored
async def delete_response(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a response; what refers to it later does not find it."""
    await request.delete(RESPONSE, name)
    return {"id": name, "object": "response.deleted", "deleted": True}  # recorded in March 2025


@stored
async def cancel_response(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Cancel a response that was asked for in the background."""
    now = time.time()
    record = await request.change(RESPONSE, name, lambda before: stored_responses.cancelled(before, now))
    await announce(request.records, (RESPONSE, name), now)
    return stored_responses.at(record, now)


@stored
async def list_response_input_items(request: ResourceRequest, name: str) -> dict[str, Any]:
    """List the items that a response was asked with, the last one first."""
    record = await request.get(RESPONSE, name)
    return request.page(record["input"], "desc")


@stored
async def create_conversation(request: ResourceRequest) -> dict[str, Any]:
    """Make a conversation."""
    body = request.body
    responses_rules.check_conversation(body, validate=request.validate)
    items = [stored_responses.complete_item(item) for item in dicts(body.get("items"))]
    document = stored_responses.new_conversation(None, int(time.time()), mapping(body.get("metadata")), items)
    await request.records.put(CONVERSATION, document["id"], document)
    return stored_responses.shown_conversation(document)


@stored
async def retrieve_conversation(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a conversation."""
    return stored_responses.shown_conversation(await request.get(CONVERSATION, name))


@stored
async def update_conversation(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Give a conversation other metadata."""
    body = request.body
    document = await request.change(CONVERSATION, name, lambda before: updated(before, body))
    return stored_responses.shown_conversation(document)


@stored
async def delete_conversation(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a conversation."""
    await request.delete(CONVERSATION, name)
    return {"id": name, "object": "conversation.deleted", "deleted": True}


@stored
async def list_conversation_items(request: ResourceRequest, name: str) -> dict[str, Any]:
    """List a conversation's items, the last one first."""
    document = await request.get(CONVERSATION, name)
    return request.page(document["items"], "desc")


@stored
async def create_conversation_items(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Add items to a conversation, and list them."""
    await request.get(CONVERSATION, name)
    body = request.body
    responses_rules.check_items(body, validate=request.validate)
    added = [stored_responses.complete_item(item) for item in dicts(body.get("items"))]
    await request.change(CONVERSATION, name, lambda before: {**before, "items": [*before["items"], *added]})
    return whole_list(added)


@stored
async def retrieve_conversation_item(request: ResourceRequest, name: str, item_id: str) -> dict[str, Any]:
    """Show an item of a conversation."""
    document = await request.get(CONVERSATION, name)
    return _item_of(document, item_id)


@stored
async def delete_conversation_item(request: ResourceRequest, name: str, item_id: str) -> dict[str, Any]:
    """Remove an item of a conversation, and show what is left of it."""

    def without(before: Document) -> Document:
        removed = _item_of(before, item_id)
        return {**before, "items": [item for item in before["items"] if item is not removed]}

    return stored_responses.shown_conversation(await request.change(CONVERSATION, name, without))


def _item_of(document: Document, name: str) -> dict[str, Any]:
    found: dict[str, Any] | None = next((item for item in document["items"] if item["id"] == name), None)
    if found is None:
        why = f"Item with id '{name[:200]}' not found in conversation with id '{document['id']}'."
        raise RequestError(why, status=404)
    return found


@stored
async def list_chat_completions(request: ResourceRequest) -> dict[str, Any]:
    """List the stored chat completions, the first one first, of a model or with some metadata."""
    kept = [record["completion"] for record in await request.all(COMPLETION)]
    return request.page([each for each in kept if matches_query(each, request.query)], "asc")


@stored
async def retrieve_chat_completion(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Show a stored chat completion."""
    document: dict[str, Any] = (await request.get(COMPLETION, name))["completion"]
    return document


@stored
async def retrieve_generation(request: ResourceRequest) -> dict[str, Any]:
    """Show OpenRouter's statistics of an answer, whose id is in the query."""
    if not (name := request.query.get("id")):
        raise RequestError("The parameter `id` is missing.")
    return {"data": await request.get(GENERATION, name)}


@stored
async def update_chat_completion(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Give a stored chat completion other metadata."""
    body = request.body
    record = await request.change(
        COMPLETION, name, lambda before: {**before, "completion": updated(before["completion"], body)}
    )
    changed: dict[str, Any] = record["completion"]
    return changed


@stored
async def delete_chat_completion(request: ResourceRequest, name: str) -> dict[str, Any]:
    """Remove a stored chat completion."""
    await request.delete(COMPLETION, name)
    return {"object": "chat.completion.deleted", "id": name, "deleted": True}


@stored
async def list_chat_completion_messages(request: ResourceRequest, name: str) -> dict[str, Any]:
    """List the messages that a stored chat completion was asked with, the first one first."""
    record = await request.get(COMPLETION, name)
    return request.page(record["messages"], "asc")
