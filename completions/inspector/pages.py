"""The inspector's pages. They show what the control API has; what they change, they change by it."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from completions.inspector.rendering import page, render


async def moved(request: HttpRequest, namespace: str = "") -> HttpResponse:
    """Lead to the address with its slash."""
    return HttpResponseRedirect(f"{request.path}/")


@page("GET", "HEAD")
async def live(request: HttpRequest, namespace: str) -> HttpResponse:
    """List exchanges as they end."""
    return render(request, namespace, "live")


@page("GET", "HEAD")
async def exchange(request: HttpRequest, namespace: str, id: str) -> HttpResponse:
    """Show one exchange."""
    return render(request, namespace, "exchange", id=id)


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
    """Plot what the mock has done."""
    return render(request, namespace, "figures")
