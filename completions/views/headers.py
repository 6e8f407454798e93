"""What a request's headers say before it is parsed: who asks, in which namespace, in which format.

They are looked at as they came, by lower-case name in bytes, for Django's own are dear to build.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.http import HttpRequest

from completions.conf import conf
from completions.journal.exchange import Exchange
from completions.resolve.ask import Headers, TextHeaders
from completions.resolve.keys import check_key
from completions.wire.base import WireFormat

AUTHORIZATION, GOOGLE_KEY = b"authorization", b"x-goog-api-key"
RETRY_COUNT, IDEMPOTENCY_KEY = b"x-stainless-retry-count", b"idempotency-key"
NAMESPACE = b"x-mock-namespace"
ORGANIZATION, PROJECT = b"openai-organization", b"openai-project"


def note_client(request: HttpRequest, exchange: Exchange) -> Headers:
    """Note who asks, and return the request's headers."""
    headers: Headers = exchange.request_headers or sent_headers(request)
    if AUTHORIZATION not in headers and (key := _queried(request)):
        headers = {**headers, GOOGLE_KEY: key.encode()}  # Google's other place for it
    if RETRY_COUNT in headers:
        exchange.retry = _retry(headers[RETRY_COUNT])
    if IDEMPOTENCY_KEY in headers:
        exchange.idempotency_key = headers[IDEMPOTENCY_KEY].decode("latin-1")
    if ORGANIZATION in headers or PROJECT in headers:
        exchange.headers = _echoed(headers)
    return headers


def identify(request: HttpRequest, exchange: Exchange, keys: Collection[str]) -> None:
    """Note who asks, and raise the API's 401 unless with one of these keys, or else of API_KEYS; none: with any."""
    headers = note_client(request, exchange)
    if allowed := keys or conf.API_KEYS:
        check_key(TextHeaders(headers), allowed)


def namespace_of(headers: Headers) -> str | None:
    """Return the name of the namespace that a request's headers choose; None where they choose none."""
    chosen = headers.get(NAMESPACE)
    return None if chosen is None else chosen.decode("latin-1").strip()


def format_of(request: HttpRequest, others: Mapping[str, WireFormat], usual: WireFormat) -> WireFormat:
    """Return the format of the API that a request speaks to: by a header or parameter of its own, or else the usual."""
    sent = sent_headers(request)
    query = query_string(request) and request.GET
    return next((wire for name, wire in others.items() if name.encode() in sent or name in query), usual)


def sent_headers(request: HttpRequest) -> Headers:
    """Return a request's headers as they came, by lower-case name."""
    ready: Headers | None = getattr(request, "sent_headers", None)
    if ready is not None:
        return ready
    scope: Mapping[str, Any] | None = getattr(request, "scope", None)
    if scope is not None:
        return dict(scope["headers"])
    return {name.lower().encode(): value.encode() for name, value in request.headers.items()}  # under WSGI


def query_string(request: HttpRequest) -> str:
    """Return a request's query as it came; Django's META is dear to build, so it is asked only under WSGI."""
    scope: Mapping[str, Any] | None = getattr(request, "scope", None)
    if scope is None:
        return str(request.META.get("QUERY_STRING", ""))
    query: bytes | str = scope.get("query_string", b"")  # a text in Django's own test client
    return query if isinstance(query, str) else query.decode()


def _queried(request: HttpRequest) -> str | None:
    """Return the key of the query; a request without one is not read for it."""
    return request.GET.get("key") if query_string(request) else None


def _retry(sent: bytes) -> int:
    return int(sent) if sent.isdigit() and len(sent) < 10 else 0


def _echoed(headers: Headers) -> dict[str, str]:
    """Return the headers that an answer repeats: the organization and the project that pay for it."""
    return {name.decode(): headers[name].decode("latin-1") for name in (ORGANIZATION, PROJECT) if name in headers}
