"""The inspector's pages, which show and change data of the control API."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict

from completions.control.exchanges import FILTERS, get_exchanges
from completions.control.operation import Operation
from completions.exceptions import JournalUnavailable, RequestError
from completions.inspector import manual
from completions.inspector.rendering import page, render, root
from completions.journal import queries
from completions.journal.queries import Filter

LIST_OPERATION = Operation("GET", "exchanges", get_exchanges, {}, FILTERS)
"""The operation whose parameters the list's address has."""

FIRST_ROWS = 100
"""The rows of the first rendering; the page loads more itself."""


async def moved(request: HttpRequest, namespace: str = "") -> HttpResponse:
    """Redirect to the address with a slash at its end."""
    return HttpResponseRedirect(f"{request.path}/")


@page("GET", "HEAD")
async def live(request: HttpRequest, namespace: str) -> HttpResponse:
    """List exchanges as they end."""
    parameters, beside = QueryDict(mutable=True), request.GET.get("exchange", "")
    for name, value in request.GET.items():
        if value and name != "exchange":  # a form sends its empty fields too
            parameters[name] = str(value)
    filters: dict[str, Any] = {}
    exchanges: list[dict[str, Any]] = []
    problem, status = None, 200
    try:
        filters = {name: value for name, value in LIST_OPERATION.read_query(parameters).items() if value is not None}
        exchanges = await queries.listing(Filter(namespace, **filters), FIRST_ROWS)
    except JournalUnavailable as exc:
        problem = str(exc)
    except RequestError as exc:  # show the unfiltered list below the error
        problem, status, filters = str(exc), 400, {}
        exchanges = await queries.listing(Filter(namespace), FIRST_ROWS)
    return render(
        request,
        namespace,
        "live",
        status=status,
        exchanges=exchanges,
        beside=beside,
        filters=filters,
        is_filtered=bool(filters),
        problem=problem,
        can_be_read=problem is None or status != 200,
        base_url=f"{request.scheme}://{request.get_host()}{root(request).removesuffix('_mock/')}v1",
    )


@page("GET", "HEAD")
async def missing(request: HttpRequest, namespace: str) -> HttpResponse:
    """Report that there is no such page."""
    raise RequestError(f"There is no page at {request.path}.", status=404)


@page("GET", "HEAD")
async def docs(request: HttpRequest, namespace: str, name: str = manual.INDEX) -> HttpResponse:
    """Show a page of the manual."""
    name = name.removesuffix(".md")
    if name not in manual.files():
        raise RequestError(f"The manual has no page {name[:100]!r}.", status=404)
    return render(request, namespace, "docs", chosen=name, text=manual.text(name), groups=manual.groups())


@page("GET", "HEAD")
async def docs_texts(request: HttpRequest, namespace: str) -> HttpResponse:
    """Send all pages of the manual, to be searched."""
    exchanges = [
        {"name": name, "title": title, "text": manual.text(name)}
        for group in manual.groups()
        for name, title in group.entries
    ]
    return JsonResponse({"pages": exchanges})


@page("GET", "HEAD")
async def docs_image(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Send an image of the manual."""
    if name not in manual.images():
        raise RequestError(f"The manual has no picture {name[:100]!r}.", status=404)
    return HttpResponse(manual.images()[name], content_type="image/png")


@page("GET", "HEAD")
async def exchange(request: HttpRequest, namespace: str, id: str) -> HttpResponse:
    """Show one exchange, which the page requests from the control API."""
    return render(request, namespace, "exchange", id=id)


@page("GET", "HEAD")
async def runs(request: HttpRequest, namespace: str) -> HttpResponse:
    """Show each run of an agent as one thread, and the runs of tests."""
    return render(request, namespace, "runs")


@page("GET", "HEAD")
async def playground(request: HttpRequest, namespace: str) -> HttpResponse:
    """Send a request, and watch its answer."""
    return render(request, namespace, "playground")


@page("GET", "HEAD")
async def script(request: HttpRequest, namespace: str) -> HttpResponse:
    """Show the script, and edit it."""
    return render(request, namespace, "script")


@page("GET", "HEAD")
async def figures(request: HttpRequest, namespace: str) -> HttpResponse:
    """Show the figures of the mock."""
    return render(request, namespace, "figures")
