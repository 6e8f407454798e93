"""The behaviour that all views of the API share: allowed methods, the exchange, and error envelopes.

Headers are read as they were sent, in bytes and by lower-case name, because Django's own take long to build.
"""

import functools
import logging
import time
from asyncio import CancelledError
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponseBase

from completions.conf import conf
from completions.exceptions import BodyTooLarge, InternalError, RequestError, ServerStopped
from completions.journal.exchange import Exchange, connection_of
from completions.journal.record import end_exchange
from completions.resolve.ask import Headers, TextHeaders
from completions.resolve.cassettes import cassettes_of
from completions.resolve.engine import upstream_of
from completions.resolve.keys import check_key
from completions.resolve.overrides import check_names
from completions.resolve.upstream import for_family
from completions.state import selection
from completions.state.namespaces import namespace
from completions.views import origins
from completions.views.address import explain_captured_arguments, without_prefix
from completions.views.compression import compress
from completions.views.http import JSON_TYPE, ExchangeResponse, FastJsonResponse, error_response
from completions.views.relaying import play_stored, relay_answer, send_upstream
from completions.wire.base import LIMITS, WireFormat, without_limits
from completions.wire.openai.wordings import COMMON, METHOD
from completions.wire.registry import ADDRESSES
from completions.wire.wordings import apply_wording

logger = logging.getLogger("completions")

AUTHORIZATION, GOOGLE_KEY = b"authorization", b"x-goog-api-key"
RETRY_COUNT, IDEMPOTENCY_KEY = b"x-stainless-retry-count", b"idempotency-key"
INDENTED = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
NO_RETRIES = b"0"
NAMESPACE_HEADER = b"x-mock-namespace"
ORGANIZATION, PROJECT = b"openai-organization", b"openai-project"

ENDPOINTS = dict.fromkeys(sorted({address.wire.name for address in ADDRESSES}))
"""The labels of exchanges: the names of formats and of views, which are added as the views are made."""

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V", bound=Callable[..., Any])
View = Callable[Concatenate[HttpRequest, P], Coroutine[Any, Any, HttpResponseBase]]
ExchangeView = Callable[Concatenate[HttpRequest, Exchange, P], Coroutine[Any, Any, ExchangeResponse]]


def mark_api_view(view: V, **more: object) -> V:
    """Mark a view of the API: it handles every exception itself, and needs no CSRF token."""
    vars(view).update(csrf_exempt=True, answers_always=True, **more)
    return view


def endpoint(*methods: str, by_format: bool = False) -> Callable[[ExchangeView[P]], View[P]]:
    """Make a function a view of the API: check the method, begin the exchange, and turn exceptions into envelopes.

    The exchange is labelled with the view's name, or with the name of the format.
    """

    def decorate(view: ExchangeView[P]) -> View[P]:
        @functools.wraps(view)
        async def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            exchange = begin_exchange(request, kwargs, None if by_format else view)
            origin: str | None = None
            try:
                if origins.ORIGIN in exchange.request_headers or request.method != "POST":
                    origin = _admit_page(request, exchange)
                    if origin is not None and origins.is_preflight(request.method, exchange.request_headers):
                        return origins.preflight(origin, exchange.request_headers)
                _check_namespace_and_headers(exchange, by_format)
                answer = view if by_format and request.method in methods else _relay_or_call(view, methods)
                response: ExchangeResponse = await answer(request, exchange, *args, **kwargs)
            except RequestError as exc:
                response = _error_response(exc, exchange, kwargs)
            except CancelledError as exc:
                exchange.stopped = exc.args == (ServerStopped.REASON,)
                if not exchange.stopped:
                    exchange.client_left = True
                    end_exchange(exchange)
                    raise
                response = _error_response(ServerStopped(), exchange, kwargs)
            except (KeyboardInterrupt, SystemExit, GeneratorExit):
                raise
            except BaseException as exc:  # the one edge: whatever a bug or library raises, clients get an envelope
                logger.exception("%s %s failed (%s)", request.method, request.path, exchange.request_id)
                response = _error_response(InternalError(explain_captured_arguments(exc)), exchange, kwargs)
            response.record(exchange)
            return response if origin is None and not exchange.codings else await _finish(response, exchange, origin)

        ENDPOINTS.update({} if by_format else {view.__name__: None})
        return mark_api_view(wrapped, is_by_format=by_format)

    return decorate


async def _finish(response: ExchangeResponse, exchange: Exchange, origin: str | None) -> ExchangeResponse:
    """Return a response in the script's content coding, with the CORS headers for the page that requested it."""
    if exchange.codings:
        await compress(response, exchange)
    if origin is not None:
        origins.expose(response, origin)
    return response


def begin_exchange(request: HttpRequest, kwargs: dict[str, Any], view: object) -> Exchange:
    """Return the exchange of a request, labelled with its view or format; leave the view's arguments in `kwargs`."""
    begin_lean: Callable[[], Exchange] | None = getattr(request, "begin", None)
    exchange = _exchange_of(request) if begin_lean is None else begin_lean()
    space_name: str | None = kwargs.pop("namespace", None)  # by the address
    if (others := kwargs.pop("others", None)) is not None:
        kwargs["wire"] = wire = format_of(request, others, kwargs["wire"])
        exchange.api = wire.family if wire in others.values() else ""
    labelled = kwargs.get("wire") if view is None else view
    exchange.endpoint = getattr(labelled, "name", None) or getattr(labelled, "__name__", None)
    if space_name is None and NAMESPACE_HEADER in exchange.request_headers:
        space_name = namespace_of(exchange.request_headers)
    exchange.namespace = space_name or selection.current.name
    return exchange


def _exchange_of(request: HttpRequest) -> Exchange:
    """Return the exchange of one of Django's requests; a `LeanRequest` begins its exchange itself."""
    exchange = Exchange(request.method or "", request.path, time.monotonic())
    exchange.request_headers = sent_headers(request)
    exchange.request_body = getattr(request, "_body", b"")
    scope: Mapping[str, Any] | None = getattr(request, "scope", None)
    if scope is None:
        exchange.query = query_string(request)
    else:
        (exchange.query, exchange.target), exchange.connection = _address(scope), connection_of(scope)
    return exchange


def _admit_page(request: HttpRequest, exchange: Exchange) -> str | None:
    """Return the origin of another site's page that may use the API; the control API checks origins itself."""
    if _is_control(exchange):
        return None
    try:
        return origins.admit(request, exchange.request_headers)
    except RequestError:
        exchange.is_kept = False
        raise


def _check_namespace_and_headers(exchange: Exchange, generates: bool) -> None:
    """Refuse a request to a retired namespace, whose content stays readable, and wrong `X-Mock-` headers."""
    if exchange.namespace in selection.current.retired and not _is_control(exchange):
        raise selection.retired_error(exchange.namespace)
    if _has_mock_headers(tuple(exchange.request_headers)):
        method = "" if _is_control(exchange) else exchange.method
        check_names(TextHeaders(exchange.request_headers), method=method, generates=generates)


@functools.lru_cache(maxsize=128)
def _has_mock_headers(names: tuple[bytes, ...]) -> bool:
    """Return whether there are `X-Mock-` headers among these; a client sends the same names again and again."""
    return any(b"x-mock" in name for name in names)


def _relay_or_call(view: ExchangeView[P], methods: tuple[str, ...]) -> ExchangeView[P]:
    """Return a view that relays the request to another server where there is one, and else calls `view`."""

    async def answer(
        request: HttpRequest, exchange: Exchange, /, *args: P.args, **kwargs: P.kwargs
    ) -> ExchangeResponse:
        wire = kwargs.get("wire")
        family = wire.family if isinstance(wire, WireFormat) else ""
        return await _relay(request, exchange, methods, family) or await view(request, exchange, *args, **kwargs)

    return answer


async def _relay(
    request: HttpRequest, exchange: Exchange, methods: tuple[str, ...], family: str
) -> ExchangeResponse | None:
    """Return another server's answer to a request that no format answers; None where there is no such server.

    It is the server for the API's `family`, if there is one. Raise the 405 of a method that the view does not take,
    if no server answers it.
    """
    space = None if _is_control(exchange) else namespace(exchange.namespace)
    exchange.codings = () if space is None else space.script.compression
    cassettes, upstream = (None, None) if space is None else (await cassettes_of(space), upstream_of(space.script))
    if upstream is not None and not upstream.servers:
        upstream = None  # LiteLLM sends generating requests only
    if upstream is not None and family:
        upstream = for_family(upstream, "", family)
    if space is not None and (cassettes is not None or upstream is not None):
        identify(request, exchange, space.script.keys)
        exchange.request_body = read_body(request)
        record = None
        if cassettes is not None:
            address = api_path(request) + (f"?{exchange.query}" if exchange.query else "")
            question = cassettes.raw_question(exchange.method, address, exchange.request_body, exchange.api)
            if (stored := await cassettes.stored(space, question)) is not None:
                return play_stored(exchange, stored)
            record = None if upstream is None else cassettes.store(question, upstream)
        if upstream is not None and (cassettes is None or cassettes.records or cassettes.passes):
            return relay_answer(exchange, await send_upstream(exchange, upstream), record_answer=record)
    if methods and request.method not in methods:
        raise method_not_allowed(request, methods)
    return None


def _is_control(exchange: Exchange) -> bool:
    return "/_mock/" in f"{exchange.path}/"


def read_body(request: HttpRequest) -> bytes:
    """Return the body if it is within our limit, and within Django's if the project sets one."""
    try:
        body = request.body
    except RequestDataTooBig as exc:
        raise BodyTooLarge(settings.DATA_UPLOAD_MAX_MEMORY_SIZE, "DATA_UPLOAD_MAX_MEMORY_SIZE") from exc
    if len(body) > conf.MAX_BODY_BYTES:
        raise BodyTooLarge(conf.MAX_BODY_BYTES)
    return body


def method_not_allowed(request: HttpRequest, methods: tuple[str, ...]) -> RequestError:
    """Return the error for a method that the address does not allow, in the words of its API, if they are known."""
    allowed, path = ", ".join(methods), api_path(request)
    return RequestError(
        f"Not allowed to {request.method} on {path}; allowed: {allowed}.",
        status=405,
        code=METHOD,
        facts={"method": request.method, "path": path},
        kind=None if path.startswith("/_mock/") else METHOD,
        headers={"Allow": allowed},
    )


def api_path(request: HttpRequest) -> str:
    """Return the path as the real API has it."""
    return without_prefix(request.path)


def _error_response(exc: RequestError, exchange: Exchange, kwargs: dict[str, Any]) -> FastJsonResponse:
    wire = kwargs.get("wire")
    exchange.note_error(exc)
    if not isinstance(wire, WireFormat):
        return error_response(apply_wording(exc, COMMON))
    return error_of(exc, in_dialect(wire, exchange), exchange)


def error_of(exc: RequestError, wire: WireFormat, exchange: Exchange) -> FastJsonResponse:
    """Return the response for an error, with the status, envelope and headers of the format."""
    exc = wire.adapt_error(exc)
    in_front = wire.gateway_headers(exc)
    document, declared_type = _error_body(exc, wire, exchange, "" if in_front is not None else exchange.request_id)
    response = error_response(exc, document, wire.limit_headers(exc.headers))
    if declared_type and response.header_lines["content-type"] is JSON_TYPE:
        response.header_lines["content-type"] = JSON_TYPE[0], declared_type
    add_headers(response, wire, exchange, with_api_headers=in_front is None)
    response.add_headers(in_front or {})
    is_refused = exc.status == 401 or exc.code == "model_not_found"
    if is_refused and wire.refusal_media_type and exchange.method == "POST":
        response.header_lines["content-type"] = JSON_TYPE[0], wire.refusal_media_type
    return response


def _error_body(exc: RequestError, wire: WireFormat, exchange: Exchange, request_id: str) -> tuple[object, str]:
    """Return an error's envelope, or its bytes, and their media type if it is not the usual one."""
    if exc.plain:
        return exc.message.encode(), "text/plain"
    envelope = wire.with_request_id(wire.error(exc), request_id)
    if wire.lists_errors(exchange.path, exchange.query) and isinstance(envelope, dict):
        envelope = [envelope]
    declared_type = wire.error_media_type(exchange.path, exchange.query)
    return orjson.dumps(envelope, option=INDENTED) if declared_type else envelope, declared_type


def in_dialect(wire: WireFormat, exchange: Exchange) -> WireFormat:
    """Return the format in the dialect of the namespace's script, if the namespace exists."""
    if not wire.dialects:
        return wire
    try:
        return wire.dialects.get(namespace(exchange.namespace).script.dialect, wire)
    except RequestError:
        return wire


def add_headers(
    response: ExchangeResponse, wire: WireFormat, exchange: Exchange, *, with_api_headers: bool = True
) -> None:
    """Add this exchange's headers and, unless told not to, the API's, without replacing those of a script."""
    if exchange.headers:
        response.add_headers(wire.limit_headers(exchange.headers))
    if with_api_headers:
        if wire.json_media_type:
            set_json_type(response, wire)
        elapsed_ms = (time.monotonic() - exchange.started) * 1000
        api_headers = wire.headers(elapsed_ms, exchange.request_id, response.status_code, exchange.model)
        lacks_limits = response.status_code >= 400 and _is_uncounted_refusal(response, exchange)
        response.add_headers(without_limits(api_headers) if lacks_limits else api_headers)


def _is_uncounted_refusal(response: ExchangeResponse, exchange: Exchange) -> bool:
    """Return whether an error was raised before the script's limits counted it, so that it cannot report them."""
    if any(name.startswith(LIMITS) for name in response.header_lines):
        return False
    try:
        return bool(namespace(exchange.namespace).script.limits)
    except RequestError:
        return False


def note_client(request: HttpRequest, exchange: Exchange) -> Headers:
    """Note the client's retry count, idempotency key and organization, and return the request's headers."""
    headers: Headers = exchange.request_headers or sent_headers(request)
    if AUTHORIZATION not in headers:
        headers = with_query_key(request, headers)
    if (retry := headers.get(RETRY_COUNT, NO_RETRIES)) != NO_RETRIES:
        exchange.retry = _retry_count(retry)
    if IDEMPOTENCY_KEY in headers:
        exchange.idempotency_key = headers[IDEMPOTENCY_KEY].decode("latin-1")
    if ORGANIZATION in headers or PROJECT in headers:
        exchange.headers = _echoed_headers(headers)
    return headers


def identify(request: HttpRequest, exchange: Exchange, keys: Collection[str]) -> Headers:
    """Note the client, and return its headers; raise the API's 401 unless it has one of `keys`, or of API_KEYS.

    Without any keys, every client is accepted.
    """
    headers = note_client(request, exchange)
    if allowed := keys or conf.API_KEYS:
        check_key(TextHeaders(headers), allowed)
    return headers


def namespace_of(headers: Headers) -> str | None:
    """Return the namespace that the headers choose, or None."""
    chosen = headers.get(NAMESPACE_HEADER)
    return None if chosen is None else chosen.decode("latin-1").strip()


def format_of(request: HttpRequest, others: Mapping[str, WireFormat], usual: T) -> WireFormat | T:
    """Return the format that a header or query parameter identifies, or else the default."""
    sent = sent_headers(request)
    query = query_string(request) and request.GET
    return next((wire for name, wire in others.items() if name.encode() in sent or name in query), usual)


def sent_headers(request: HttpRequest) -> Headers:
    """Return the headers of a request as they were sent, by lower-case name."""
    cached: Headers | None = getattr(request, "sent_headers", None)
    if cached is not None:
        return cached
    scope: Mapping[str, Any] | None = getattr(request, "scope", None)
    if scope is not None:
        return dict(scope["headers"])
    return {name.lower().encode(): value.encode() for name, value in request.headers.items()}  # under WSGI


def query_string(request: HttpRequest) -> str:
    """Return the query string. Django's META takes long to build, so it is used only under WSGI."""
    scope: Mapping[str, Any] | None = getattr(request, "scope", None)
    return str(request.META.get("QUERY_STRING", "")) if scope is None else _address(scope)[0]


def _address(scope: Mapping[str, Any]) -> tuple[str, str]:
    """Return the query string, and the path as it was sent, with its escapes; empty where that is unknown."""
    query: bytes | str = scope.get("query_string", b"")  # a text in Django's own test client
    raw: bytes | None = scope.get("raw_path")
    path = (raw or b"").partition(b"?")[0].decode("latin-1")
    return query if isinstance(query, str) else query.decode(), path


def with_query_key(request: HttpRequest, headers: Headers) -> Headers:
    """Return the headers of a request, with the API key that Google also accepts in the query string."""
    key = request.GET.get("key") or request.GET.get("access_token") if query_string(request) else None
    return {**headers, GOOGLE_KEY: key.encode()} if key else headers


def _retry_count(sent: bytes) -> int:
    return int(sent) if sent.isdigit() and len(sent) < 10 else 0


def _echoed_headers(headers: Headers) -> dict[str, str]:
    """Return the headers that an answer echoes: the organization and the project that are billed."""
    return {name.decode(): headers[name].decode("latin-1") for name in (ORGANIZATION, PROJECT) if name in headers}


def set_json_type(response: ExchangeResponse, wire: WireFormat) -> None:
    """Set a JSON response's media type to the one that the API sends."""
    if wire.json_media_type and response.header_lines.get("content-type") is JSON_TYPE:
        response.header_lines["content-type"] = (JSON_TYPE[0], wire.json_media_type)
