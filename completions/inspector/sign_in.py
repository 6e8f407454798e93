"""The way in where ADMIN_TOKEN is set: a form that takes it, for a page cannot send a bearer header."""

import hmac

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from completions.conf import conf
from completions.control.admittance import COOKIE, ticket
from completions.inspector.rendering import page, render, root


@page("GET", "HEAD", "POST", is_open=True)
async def sign_in(request: HttpRequest, namespace: str) -> HttpResponse:
    """Take the token, and give the browser a cookie for it that no script and no other site can use."""
    wanted = request.POST.get("next", "") if request.method == "POST" else ""
    if not url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        wanted = root(request)
    if request.method != "POST":
        return render(request, namespace, "sign_in", next=wanted)
    token = request.POST.get("token", "").strip()
    if not conf.ADMIN_TOKEN or not hmac.compare_digest(token.encode(), conf.ADMIN_TOKEN.encode()):
        return render(request, namespace, "sign_in", status=401, next=wanted, is_wrong=True)
    response = HttpResponseRedirect(wanted)
    secure = request.is_secure()
    response.set_cookie(COOKIE, ticket(conf.ADMIN_TOKEN), httponly=True, samesite="Strict", secure=secure)
    return response


@page("POST", is_open=True)
async def sign_out(request: HttpRequest, namespace: str) -> HttpResponse:
    """Take the cookie back."""
    response = HttpResponseRedirect(f"{root(request)}inspector/sign-in")
    response.delete_cookie(COOKIE, samesite="Strict")
    return response
