"""The edge's question to web pages: may a page of that origin use the API, and what its browser is told of it.

A browser says in `Origin` from where a page asks, wherever another site's page could change something
(https://fetch.spec.whatwg.org/#origin-header), and shows the page an answer only where the answer says that it may
(https://fetch.spec.whatwg.org/#http-cors-protocol). The APIs allow what a page asks for, whatever headers it sends.
"""

import functools
import re
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers

from completions.conf import conf
from completions.exceptions import RequestError

Headers = Mapping[bytes, bytes]

ORIGIN, SITE, MODE = b"origin", b"sec-fetch-site", b"sec-fetch-mode"
ASKED_METHOD, ASKED_HEADERS = b"access-control-request-method", b"access-control-request-headers"
ASKED_NETWORK = b"access-control-request-private-network"

SAME_MACHINE = tuple(
    f"{scheme}://{host}:*"
    for scheme in ("http", "https")
    for host in ("localhost", "*.localhost", "127.0.0.1", "[::1]")
)
"""The origins that may use the API where CORS_ORIGINS names none: pages that this machine serves, on any port."""

ANY = "*"

REMEMBERED = 600
"""Seconds for which a browser need not ask again whether it may."""


def admit(request: HttpRequest, headers: Headers) -> str | None:
    """Return the origin of another site's page that may use the API; None where no such page asks.

    Raise the 403 of a page that may not. Header names are in lower case.
    """
    origin = headers.get(ORIGIN)
    if origin is None:
        if headers.get(SITE) == b"cross-site" and headers.get(MODE) != b"navigate" and ANY not in conf.CORS_ORIGINS:
            raise forbidden("A web page of another site")
        return None
    if is_own(origin, host_of(request)):
        return None
    text = origin.decode("latin-1")
    if not _is_allowed(text, tuple(conf.CORS_ORIGINS) or SAME_MACHINE):
        raise forbidden(f"A web page of {text[:200]!r}")
    return text


def host_of(request: HttpRequest) -> str:
    """Return the host, and perhaps the port, that a request names; raise the 400 for one that ALLOWED_HOSTS lacks."""
    try:
        return request.get_host()
    except DisallowedHost as exc:
        raise RequestError(str(exc), code="host_not_allowed") from exc


def forbidden(whose: str) -> RequestError:
    """Return the 403 of a page of another site."""
    return RequestError(
        f"{whose} may not use this API. CORS_ORIGINS names the origins whose pages may; without it, they are those "
        "of this machine.",
        status=403,
        type="permission_error",
        code="origin_not_allowed",
    )


def is_own(origin: bytes, host: str) -> bool:
    """Whether a page's origin is the server itself, as the page calls it."""
    try:
        return urlsplit(origin.decode("latin-1")).netloc.lower() == host.lower() != ""
    except ValueError:
        return False


def is_preflight(method: str | None, headers: Headers) -> bool:
    """Whether a browser asks if a page may send a request, before it sends that."""
    return method == "OPTIONS" and ASKED_METHOD in headers and ORIGIN in headers


def preflight(origin: str | None, headers: Headers) -> HttpResponse:
    """Return the answer to a browser that asks if a page of `origin` may send a request: it may, with any headers."""
    response = HttpResponse(status=204)
    response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
    if ASKED_HEADERS in headers:
        response.headers["Access-Control-Allow-Headers"] = headers[ASKED_HEADERS].decode("latin-1")
    if ASKED_NETWORK in headers:  # https://wicg.github.io/private-network-access/
        response.headers["Access-Control-Allow-Private-Network"] = "true"
    response.headers["Access-Control-Max-Age"] = str(REMEMBERED)
    del response.headers["Content-Type"]
    if origin is not None:
        _allow(response, origin)
    return response


def expose(response: HttpResponseBase, origin: str) -> None:
    """Let a page of `origin` read a response, with all of its headers: the request's id and the limits are there."""
    response.headers["Access-Control-Expose-Headers"] = ", ".join(name.lower() for name in response.headers)
    _allow(response, origin)


def _allow(response: HttpResponseBase, origin: str) -> None:
    response.headers["Access-Control-Allow-Origin"] = origin
    patch_vary_headers(response, ["Origin"])


@functools.lru_cache(maxsize=256)
def _is_allowed(origin: str, patterns: Collection[str]) -> bool:
    return any(pattern == ANY or _pattern(pattern).fullmatch(origin) for pattern in patterns)


@functools.lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    """Return what the origins match that `http://localhost:*` (any port) or `https://*.example.com` means."""
    escaped = re.escape(text).replace(r":\*", r"(?::\d+)?").replace(r"\*\.", r"[^/:@]+\.")
    return re.compile(escaped, re.IGNORECASE)
