"""The API's addresses, made of what the formats say of theirs; all of them stand under `/ns/NAME/` too."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path, re_path

from completions.control.routes import urlpatterns as control
from completions.inspector import pages
from completions.inspector.assets import BROWSER_FILES, browser_file
from completions.inspector.routes import urlpatterns as inspector
from completions.views import lookups, realtime, stored
from completions.views.dispatch import by_method
from completions.views.generate import generate
from completions.views.google_agents.routes import GOOGLE_AGENTS
from completions.views.hosted_agents.routes import HOSTED_AGENTS
from completions.views.managed_agents.routes import MANAGED_AGENTS
from completions.views.mistral_agents.routes import LISTED as MISTRAL_CONVERSATIONS
from completions.views.mistral_agents.routes import MISTRAL_AGENTS
from completions.views.routes import gemini, openai, others
from completions.views.routes.apis import Addresses
from completions.wire.address import Address
from completions.wire.registry import ADDRESSES, CHAT, others_at_address

VIEWS: dict[str, Any] = {
    "generate": generate,
    "models": lookups.list_models,
    "model": lookups.retrieve_model,
    "tell": lookups.describe_models,
    "public": lookups.describe_public_models,
    "public_model": lookups.describe_public_model,
    "check": lookups.check_key,
    "socket": lookups.not_found,
    "refuse": lookups.not_found,
}
"""The view of each use of an address."""

LISTED: dict[str, dict[str, Any]] = {
    "v1/chat/completions": {"GET": stored.list_chat_completions},
    **MISTRAL_CONVERSATIONS,
}
"""Addresses at which answers are generated, and what was kept of them is listed: the views by their methods."""

POSTED = dict.fromkeys(("v1/live/sessions", "openai/v1/live/sessions"), realtime.refuse_webrtc)
"""Addresses of WebSockets that also take requests over HTTP."""


def pattern(address: Address) -> URLPattern:
    """Return the pattern of an address."""
    view: Any = VIEWS[address.use]
    facts: dict[str, Any] = {"wire": address.wire}
    if (listed := LISTED.get(address.route)) is not None:
        view = by_method(POST=view, **listed)
    if (posted := POSTED.get(address.route)) is not None:
        view = by_method(POST=posted)
    if others := others_at_address(address):
        facts["others"] = others
    if address.document is not None:
        facts["document"] = address.document
    found: URLPattern = re_path(f"^(?s:{address.route})$", view, facts)  # a path may have line ends
    return found


answered = [pattern(address) for address in ADDRESSES if address.use == "generate"]
told = [pattern(address) for address in ADDRESSES if address.use not in ("generate", "refuse")]
refused = [pattern(address) for address in ADDRESSES if address.use == "refuse"]
STATE: Addresses = [
    path("", lookups.home),
    *(path(f"ollama{slash}", lookups.running) for slash in ("", "/")),
    path(".well-known/jwks.json", by_method(GET=gemini.gemini_webhooks.list_public_keys)),
    path("health", by_method(GET=lookups.healthy)),
    path("vllm/health", by_method(GET=lookups.healthy)),
    path("metrics", by_method(GET=lookups.served)),
    path("vllm/metrics", by_method(GET=lookups.served)),
    re_path(f"^{BROWSER_FILES}$", by_method(GET=browser_file)),
]
"""Where clients ask whether there is a server at all, and what it has done, and browsers for its icon."""

api: Addresses = [
    path("_mock", pages.moved),
    path("_mock/", include([*control, *inspector])),
    *answered,
    *gemini.GEMINI_UPLOADS,
    *gemini.GEMINI,
    *GOOGLE_AGENTS,
    *gemini.FILE_SEARCH_STORES,
    *told,
    *openai.OPENAI,
    *others.OTHERS,
    *others.ANTHROPIC,
    *HOSTED_AGENTS,
    *MANAGED_AGENTS,
    *MISTRAL_AGENTS,
    *STATE,
    *refused,
]
"""In the order in which they are tried; what begins alike is tried together."""

ANYWHERE = next(address for address in ADDRESSES if address.use == "refuse" and address.wire is CHAT)
UNKNOWN: dict[str, Any] = {"wire": CHAT, "others": others_at_address(ANYWHERE)}
"""For an address that nobody has: whose error it gets, and whose where a request tells of another API."""


async def missing(request: HttpRequest, namespace: str | None = None, **facts: Any) -> HttpResponseBase:
    """Refuse an address under `/_mock/` that nobody has: a browser with a page, all others with an envelope."""
    named: dict[str, Any] = {} if namespace is None else {"namespace": namespace}
    if lookups.is_browser(request):
        return await pages.missing(request, **named)
    return await lookups.not_found(request, **named, **facts)


def exempt(patterns: Iterable[URLPattern | URLResolver]) -> None:
    """Take views out of what a project asks of all of its own: a login, and a transaction, which async ones refuse."""
    for each in patterns:
        if isinstance(each, URLResolver):
            exempt(each.url_patterns)
        else:
            vars(each.callback).update(login_required=False, _non_atomic_requests=frozenset(settings.DATABASES))


urlpatterns = [
    re_path("^ns/(?P<namespace>[^/]+)/ns/(?P=namespace)/", include(gemini.GEMINI_UPLOADS)),
    path("ns/<str:namespace>/", include(api)),
    *api,
    re_path(r"^(?:ns/(?P<namespace>[^/]+)/)?_mock/", missing, UNKNOWN),
    re_path(r"^(?:ns/(?P<namespace>[^/]+)|ns)(?:/|$)", lookups.not_found, UNKNOWN),
]

exempt(urlpatterns)
