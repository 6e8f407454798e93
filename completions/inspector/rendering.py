"""Rendering of pages: access, templates, and security headers.

The template engine is separate, so that it is independent of a project's TEMPLATES.
"""

import functools
from collections.abc import Callable, Coroutine
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse

from completions.conf import conf
from completions.control import access
from completions.exceptions import RequestError
from completions.inspector.assets import assets
from completions.state.namespaces import DEFAULT
from completions.views.edge import sent_headers

if TYPE_CHECKING:
    from django.template import Engine

FOLDER = Path(__file__).parent / "templates"

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # without any, a browser would say `Origin: null`
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

View = Callable[..., Coroutine[Any, Any, HttpResponse]]


def page(*methods: str, is_open: bool = False) -> Callable[[View], View]:
    """Make a view a page: for clients with access to the control API, or for all; errors are shown in HTML."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        async def wrapped(request: HttpRequest, namespace: str = DEFAULT, **parts: str) -> HttpResponse:
            try:
                if request.method not in methods:
                    raise RequestError(f"This page takes {', '.join(methods)} alone.", status=405)
                if is_open:
                    access.check_page(request, sent_headers(request))
                else:
                    await access.admit(request, sent_headers(request))
                response = await view(request, namespace, **parts)
            except RequestError as exc:
                response = refusal(request, namespace, exc)
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        vars(wrapped).update(csrf_exempt=True)  # `check_page` keeps other sites out
        return wrapped

    return decorate


def render(request: HttpRequest, namespace: str, name: str, status: int = 200, **more: object) -> HttpResponse:
    """Return a page from the template `name`.html."""
    from django.template import Context  # so that the API's first answer does not wait for this import

    context = {
        "page": name,
        "root": root(request),
        "namespace": namespace,
        "is_default": namespace == DEFAULT,
        "status": status,
        "static": f"{root(request)}inspector/static/{assets().version}/",
        "has_token": bool(conf.ADMIN_TOKEN),
        "journal": conf.JOURNAL,
    }
    text = _engine().get_template(f"{name}.html").render(Context(context | more, use_l10n=False))
    return HttpResponse(text, status=status, content_type="text/html; charset=utf-8")


def refusal(request: HttpRequest, namespace: str, exc: RequestError) -> HttpResponse:
    """Return the page of an error; if the token is missing, the sign-in form."""
    if exc.status == 401:
        return render(request, namespace, "sign_in", status=401, next=request.get_full_path())
    response = render(request, namespace, "refused", status=exc.status, message=str(exc))
    for name, value in exc.headers.items():
        response.headers[name] = value
    return response


def root(request: HttpRequest) -> str:
    """Return the address of the inspector: the request's path up to `/_mock/`."""
    prefix, separator, _ = request.path.partition("/_mock/")
    return f"{prefix}{separator}"


@cache
def _engine() -> "Engine":
    from django.template import Engine

    return Engine(dirs=[str(FOLDER)], autoescape=True)
