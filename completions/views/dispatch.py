"""One view of several, for one address: chosen by the request's method, or by the API that the request names."""

from collections.abc import Callable, Coroutine, Mapping
from importlib import import_module
from typing import Any

from asgiref.sync import markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase

from completions.journal.exchange import Exchange
from completions.views.edge import ENDPOINTS, endpoint, format_of, mark_api_view
from completions.views.http import ExchangeResponse
from completions.wire.base import WireFormat

AnyView = Callable[..., Coroutine[Any, Any, HttpResponseBase]]

Choice = tuple[AnyView, Mapping[str, Any]]
"""A view, and the arguments that it takes in addition to those of the address."""


def final_view(view: Any, request: HttpRequest) -> tuple[Any, dict[str, Any]]:
    """Return the view that answers a request in the end, and its arguments; this one may choose among several."""
    facts: dict[str, Any] = {}
    while (choose := getattr(view, "choose", None)) is not None:
        view, more = choose(request)
        facts |= more
    return view, facts


def _chooser(choose: Callable[[HttpRequest], Choice], **more: object) -> AnyView:
    """Make a view that returns the chosen view's coroutine, so that there is one fewer to await."""

    def chosen(request: HttpRequest, /, **route: Any) -> Coroutine[Any, Any, HttpResponseBase]:
        view, facts = choose(request)
        return view(request, **facts, **route)

    markcoroutinefunction(chosen)
    return mark_api_view(chosen, choose=choose, **more)


class LateViews:
    """The views of a module that the first request for one of them imports; each is an attribute."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> AnyView:
        """Return a view that stands for the one of this name, which is a label of exchanges from now on."""
        ENDPOINTS[name] = None
        return _chooser(lambda request: (getattr(import_module(self._module), name), {}))


def by_method(**views: AnyView) -> AnyView:
    """Make one view of several, by the request's method; a HEAD is answered as a GET is."""

    @endpoint(*views)
    async def wrong_method(request: HttpRequest, exchange: Exchange, /, **route: str) -> ExchangeResponse:
        raise AssertionError("it has none of the methods")

    def choose(request: HttpRequest) -> Choice:
        return views.get("GET" if request.method == "HEAD" else request.method or "", wrong_method), {}

    return _chooser(choose, views=views)


def by_api(usual: AnyView, others: Mapping[WireFormat, AnyView], wire: WireFormat | None = None) -> AnyView:
    """Make one view of those of several APIs that share an address; a request identifies its API, or is `usual`'s.

    The errors of `usual` are in OpenAI's words, or in those of a `wire`.
    """
    formats = {name: wire for wire in others for name in wire.identified_by}

    def choose(request: HttpRequest) -> Choice:
        named = format_of(request, formats, None)
        if named is None:
            return usual, {} if wire is None else {"wire": wire}
        return others[named], {"wire": named, "others": formats}

    return _chooser(choose, usual=usual)
