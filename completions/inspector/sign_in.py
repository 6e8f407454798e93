"""Signing in where ADMIN_TOKEN is set: with a form, since a page cannot send a bearer header."""

import hmac
import time
from collections import OrderedDict, deque

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from completions.conf import conf
from completions.control import tickets
from completions.control.access import COOKIE, ticket_in
from completions.exceptions import RequestError
from completions.inspector.rendering import page, render, root
from completions.views.edge import sent_headers

MAX_GUESSES, WINDOW_SECONDS = 10, 60.0
"""The most wrong tokens that an address may send in so many seconds."""

MAX_ADDRESSES = 1024
"""The most addresses whose guesses are counted; beyond that, the one with the oldest guess is dropped."""


class Guesses:
    """The times of recent wrong tokens, by client address."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, address: str) -> None:
        """Raise the 429 of an address that has guessed too often."""
        times = self._times.get(address)
        if times is None or len(times) < MAX_GUESSES or (wait := WINDOW_SECONDS - (time.monotonic() - times[0])) <= 0:
            return
        raise RequestError(
            f"There were {MAX_GUESSES} wrong tokens within a minute. Try again in {int(wait) + 1} seconds.",
            status=429,
            code="too_many_guesses",
            headers={"retry-after": str(int(wait) + 1)},
        )

    def note(self, address: str) -> None:
        """Note a wrong token."""
        times = self._times.pop(address, deque(maxlen=MAX_GUESSES))
        times.append(time.monotonic())
        self._times[address] = times
        if len(self._times) > MAX_ADDRESSES:
            self._times.popitem(last=False)


guesses = Guesses()
"""The guesses of this process."""


@page("GET", "HEAD", "POST", is_open=True)
async def sign_in(request: HttpRequest, namespace: str) -> HttpResponse:
    """Check the token, and set a cookie in the browser that no script and no other site can use."""
    next_address = request.POST.get("next", "") if request.method == "POST" else ""
    if not url_has_allowed_host_and_scheme(next_address, allowed_hosts=None):
        next_address = root(request)
    if request.method != "POST":
        return _page(request, namespace, next_address)
    address = str(request.META.get("REMOTE_ADDR", ""))
    guesses.check(address)
    token = request.POST.get("token", "").strip()
    if not conf.ADMIN_TOKEN or not hmac.compare_digest(token.encode(), conf.ADMIN_TOKEN.encode()):
        guesses.note(address)
        return _page(request, namespace, next_address, status=401, is_wrong=True)
    response = HttpResponseRedirect(next_address)
    ticket, secure = tickets.issue(conf.ADMIN_TOKEN), request.is_secure()
    response.set_cookie(COOKIE, ticket, max_age=tickets.LIFETIME, httponly=True, samesite="Strict", secure=secure)
    return response


def _page(
    request: HttpRequest, namespace: str, next_address: str, status: int = 200, is_wrong: bool = False
) -> HttpResponse:
    has_token = bool(conf.ADMIN_TOKEN)
    return render(
        request, namespace, "sign_in", status=status, next=next_address, is_wrong=is_wrong, has_token=has_token
    )


@page("POST", is_open=True)
async def sign_out(request: HttpRequest, namespace: str) -> HttpResponse:
    """Revoke the ticket, and delete the cookie."""
    if conf.ADMIN_TOKEN:
        await tickets.revoke(ticket_in(sent_headers(request)), conf.ADMIN_TOKEN)
    response = HttpResponseRedirect(f"{root(request)}inspector/sign-in")
    response.delete_cookie(COOKIE, samesite="Strict")
    return response
