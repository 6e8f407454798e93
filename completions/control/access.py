"""Access to the control API: by clients on this machine, or, if ADMIN_TOKEN is set, by those that have it.

Pages of other sites have no access. A web page in a developer's browser can send requests to this machine. The browser
reports its site in `Origin` and `Sec-Fetch-Site` (https://www.w3.org/TR/fetch-metadata/), and `Host` has the name that
it used for this machine. The inspector's pages have a ticket for the token in a cookie.
"""

import hmac
import ipaddress
from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest, parse_cookie
from django.http.request import split_domain_port, validate_host

from completions.conf import conf
from completions.control import tickets
from completions.exceptions import RequestError
from completions.views.origins import host_of, is_own

Headers = Mapping[bytes, bytes]

ALLOWED_SITES = (b"same-origin", b"none")
"""The values of `Sec-Fetch-Site` for the inspector's pages, and for an address that a person typed."""

PROXIES = (b"forwarded", b"via", b"x-real-ip")
"""Headers that reveal a proxy, but not reliably its client; uvicorn reads `X-Forwarded-For`."""

COOKIE = "mock_admin"
"""The cookie in which a browser has its ticket for the token."""


async def admit(request: HttpRequest, headers: Headers) -> None:
    """Raise the 401 or 403 for a request that may not use the control API. Header names are in lower case."""
    check_page(request, headers)
    if conf.ADMIN_TOKEN:
        await _check_token(headers, conf.ADMIN_TOKEN)
    else:
        _check_client(str(request.META.get("REMOTE_ADDR", "")), headers)
        _check_host(host_of(request))


def check_page(request: HttpRequest, headers: Headers) -> None:
    """Raise the 403 for a request by a web page of another site."""
    origin = headers.get(b"origin")
    if origin is not None and not is_own(origin, host_of(request)):
        shown = origin.decode("latin-1")[:200]
        raise _forbidden(f"A web page of {shown!r} may not use the control API.", "origin_not_allowed")
    if headers.get(b"sec-fetch-site", b"none").lower() not in ALLOWED_SITES:
        raise _forbidden("Another site's web page may not use the control API.", "origin_not_allowed")


def ticket_in(headers: Headers) -> str:
    """Return the ticket in a browser's cookie; empty if there is none."""
    return parse_cookie(headers.get(b"cookie", b"").decode("latin-1")).get(COOKIE, "")


async def _check_token(headers: Headers, token: str) -> None:
    scheme, _, sent_token = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer" and hmac.compare_digest(sent_token.strip(), token.encode()):
        return
    if await tickets.is_valid(ticket_in(headers), token):
        return
    raise RequestError(
        "The control API needs the token that ADMIN_TOKEN sets: Authorization: Bearer TOKEN.",
        status=401,
        code="invalid_admin_token",
        headers={"WWW-Authenticate": "Bearer"},
    )


def _check_client(address: str, headers: Headers) -> None:
    """Refuse all clients except on loopback, including the clients that a proxy on this machine reports."""
    forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
    addresses = [address, *(part.strip() for part in forwarded if part.strip())]
    if not all(map(_is_loopback, addresses)) or any(name in headers for name in PROXIES):
        raise _forbidden(
            "The control API is only for clients on the server's own machine. Set ADMIN_TOKEN, and send it as "
            "`Authorization: Bearer TOKEN`, to use it from elsewhere or through a proxy.",
            "client_not_allowed",
        )


def _check_host(host: str) -> None:
    """Refuse a host that only `*` in ALLOWED_HOSTS allows: any web page's domain can resolve to this machine."""
    domain = split_domain_port(host)[0]
    host_patterns = [pattern for pattern in settings.ALLOWED_HOSTS if pattern != "*"]
    if not validate_host(domain, ["localhost", ".localhost", *host_patterns]) and not _is_loopback(domain.strip("[]")):
        raise _forbidden(
            f"The control API cannot be used with the host name {domain[:200]!r}. Use localhost, "
            "add the name to ALLOWED_HOSTS, or set ADMIN_TOKEN.",
            "host_not_allowed",
        )


def _is_loopback(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback


def _forbidden(message: str, code: str) -> RequestError:
    return RequestError(message, status=403, type="permission_error", code=code)
