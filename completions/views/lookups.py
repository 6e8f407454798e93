"""Views that only look something up: models, and an API's other documents about them; and unknown addresses."""

import asyncio
from collections.abc import Callable, Collection
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect

from completions.exceptions import RequestError
from completions.journal import metrics
from completions.journal.exchange import Exchange
from completions.resolve import models
from completions.state.namespaces import Namespace
from completions.views.current_namespace import current_namespace
from completions.views.edge import ENDPOINTS, add_headers, api_path, endpoint, identify, note_client
from completions.views.http import ExchangeResponse, FastJsonResponse
from completions.wire.base import WireFormat
from completions.wire.openai.wordings import ADDRESS
from completions.wire.registry import ADDRESSES


async def _namespace_of(request: HttpRequest, exchange: Exchange) -> Namespace:
    """Return the namespace of a request; raise the API's error of a wrong key."""
    space = await current_namespace(exchange)
    identify(request, exchange, space.script.keys)
    return space


def _answer(document: object, wire: WireFormat, exchange: Exchange) -> ExchangeResponse:
    """Return a document as a response, with the headers of its API."""
    response = FastJsonResponse(document)
    add_headers(response, wire, exchange)
    return response


@endpoint("GET", "HEAD")
async def list_models(request: HttpRequest, exchange: Exchange, /, wire: WireFormat) -> ExchangeResponse:
    """List the script's models."""
    names = await models.listed(await _namespace_of(request, exchange))
    return _answer(wire.model_list(names, request.GET.dict()), wire, exchange)


@endpoint("GET", "HEAD", "DELETE")
async def retrieve_model(request: HttpRequest, exchange: Exchange, /, wire: WireFormat, name: str) -> ExchangeResponse:
    """Show one of the script's models, or delete it."""
    space = await _namespace_of(request, exchange)
    document = wire.model(name, await models.listed(space, name, wire))
    if request.method == "DELETE":
        document = await models.delete(space, name)
    return _answer(document, wire, exchange)


@endpoint("GET", "HEAD")
async def describe_models(
    request: HttpRequest, exchange: Exchange, /, wire: WireFormat, document: Callable[[Collection[str]], dict[str, Any]]
) -> ExchangeResponse:
    """Answer with an API's document about the script's models; errors are in the format `wire`."""
    return _answer(document(await models.listed(await _namespace_of(request, exchange))), wire, exchange)


@endpoint("GET", "HEAD")
async def describe_public_models(
    request: HttpRequest, exchange: Exchange, /, wire: WireFormat, document: Callable[[Collection[str]], dict[str, Any]]
) -> ExchangeResponse:
    """Answer with an API's public document about the script's models, whatever the key."""
    note_client(request, exchange)
    return _answer(document(await models.listed(await current_namespace(exchange))), wire, exchange)


@endpoint("GET", "HEAD")
async def describe_public_model(
    request: HttpRequest,
    exchange: Exchange,
    /,
    wire: WireFormat,
    document: Callable[[dict[str, Any]], dict[str, Any]],
    name: str,
) -> ExchangeResponse:
    """Answer with an API's public document about one of the script's models, whatever the key."""
    note_client(request, exchange)
    model = wire.model(name, await models.listed(await current_namespace(exchange), name, wire))
    return _answer(document(model), wire, exchange)


@endpoint("POST")
async def check_key(request: HttpRequest, exchange: Exchange, /, wire: WireFormat) -> ExchangeResponse:
    """Report that the key is one of the script's; the API refuses any other."""
    await _namespace_of(request, exchange)
    return _answer({"valid": True}, wire, exchange)


@endpoint()
async def not_found(request: HttpRequest, exchange: Exchange, /, wire: WireFormat | None = None) -> ExchangeResponse:
    """Answer an unknown address as the API to which it would belong does."""
    path = api_path(request)
    facts = {"method": request.method, "path": path}
    raise RequestError(f"Invalid URL ({request.method} {path})", status=404, facts=facts, kind=ADDRESS)


WITHOUT_OPERATION = {"not_found", "wrong_method"}
"""The labels of exchanges whose address, or its method, no API has: the names of the views that refuse them."""


def lookup_labels() -> frozenset[str]:
    """Return the labels of exchanges that ask no model: they look something up, or are about what an API keeps."""
    asking = {address.wire.name for address in ADDRESSES if not address.wire.is_lookup}
    return frozenset(ENDPOINTS) - asking - WITHOUT_OPERATION


def is_browser(request: HttpRequest) -> bool:
    """Return whether a browser sends the request: browsers ask for HTML, API clients do not."""
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")


async def home(request: HttpRequest, namespace: str = "") -> HttpResponseBase:
    """Redirect a browser to the inspector; answer other clients as Ollama does: its clients check here if it runs."""
    if is_browser(request):
        return HttpResponseRedirect(f"{request.path}_mock/")
    return await running(request, namespace)


async def running(request: HttpRequest, namespace: str = "") -> HttpResponseBase:
    """Report as Ollama that it is running."""
    if request.method not in ("GET", "HEAD"):
        kwargs: dict[str, Any] = {"namespace": namespace} if namespace else {}
        return await not_found(request, **kwargs)
    return HttpResponse("Ollama is running", content_type="text/plain; charset=utf-8")


async def served(request: HttpRequest, namespace: str = "") -> HttpResponseBase:
    """Show the server's metrics under vLLM's names, for Prometheus."""
    data, media_type = await asyncio.to_thread(metrics.exposition, metrics.VLLM_PREFIX)
    return HttpResponse(data, content_type=media_type)


async def healthy(request: HttpRequest, namespace: str = "") -> HttpResponseBase:
    """Report that the server is up, as vLLM does: with an empty 200."""
    return HttpResponse(b"", content_type="application/json")
