"""Cross-origin requests: whether a page of an origin may use the API, and the CORS headers for its browser.

A browser sends a page's origin in `Origin`, wherever another site's page could change something
(https://fetch.spec.whatwg.org/#origin-header), and shows the page an answer only where the answer allows that
(https://fetch.spec.whatwg.org/#http-cors-protocol). The APIs allow every request of a page, whatever headers it sends.
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
REQUESTED_METHOD, REQUESTED_HEADERS = b"access-control-request-method", b"access-control-request-headers"
REQUESTED_NETWORK = b"access-control-request-private-network"

SAME_MACHINE = tuple(
    f"{scheme}://{host}:*"
    for scheme in ("http", "https")
    for host in ("localhost", "*.localhost", "127.0.0.1", "[::1]")
)
"""The origins that may use the API where CORS_ORIGINS names none: pages that this machine serves, on any port."""

ANY = "*"

MAX_AGE = 600
"""Seconds for which a browser may cache the answer to a preflight request."""


def admit(request: HttpRequest, headers: Headers) -> str | None:
    """Return the origin of another site's page that may use the API; None for a request of no such page.

    Raise the 403 for a page that may not. Header names are in lower case.
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
    """Return the host, and perhaps the port, of a request; raise the 400 for a host that ALLOWED_HOSTS lacks."""
    try:
        return request.get_host()
    except DisallowedHost as exc:
        raise RequestError(str(exc), code="host_not_allowed") from exc


def forbidden(page: str) -> RequestError:
    """Return the 403 of a page of another site."""
    return RequestError(
        f"{page} may not use this API. CORS_ORIGINS names the origins whose pages may; without it, they are those "
        "of this machine.",
        status=403,
        type="permission_error",
        code="origin_not_allowed",
    )


def is_own(origin: bytes, host: str) -> bool:
    """Whether a page's origin is the server itself, by the host to which the page sends the request."""
    try:
        return urlsplit(origin.decode("latin-1")).netloc.lower() == host.lower() != ""
    except ValueError:
        return False


def is_preflight(method: str | None, headers: Headers) -> bool:
    """Whether a request is a browser's preflight, which precedes the page's request."""
    return method == "OPTIONS" and REQUESTED_METHOD in headers and ORIGIN in headers


def preflight(origin: str | None, headers: Headers) -> HttpResponse:
    """Return the answer to a preflight request for a page of `origin`: it allows any headers."""
    response = HttpResponse(status=204)
    response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
    if REQUESTED_HEADERS in headers:
        response.headers["Access-Control-Allow-Headers"] = headers[REQUESTED_HEADERS].decode("latin-1")
    if REQUESTED_NETWORK in headers:  # https://wicg.github.io/private-network-access/
        response.headers["Access-Control-Allow-Private-Network"] = "true"
    response.headers["Access-Control-Max-Age"] = str(MAX_AGE)
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
    """Return the regular expression of a pattern such as `http://localhost:*` (any port) or `https://*.example.com`."""
    escaped = re.escape(text).replace(r":\*", r"(?::\d+)?").replace(r"\*\.", r"[^/:@]+\.")
    return re.compile(escaped, re.IGNORECASE)
