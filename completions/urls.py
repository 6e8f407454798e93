"""The API's addresses, made of what the formats say of theirs; all of them stand under `/ns/NAME/` too."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path, re_path

from completions.control.routes import urlpatterns as control
from completions.inspector import pages
from completions.inspector.assets import BROWSERS, browsers_file
from completions.inspector.routes import urlpatterns as inspector
from completions.views import (
    anthropic_files,
    batches,
    containers,
    file_search,
    files,
    gemini,
    gemini_batches,
    images,
    interactions,
    lookups,
    message_batches,
    mistral,
    realtime,
    stored,
    uploads,
    vector_stores,
    xai,
)
from completions.views.dispatch import AnyView, by_api, by_method
from completions.views.generate import generate
from completions.wire.address import Address
from completions.wire.base import WireFormat
from completions.wire.gemini.addresses import ALL_INTERACTIONS, BETA, INTERACTIONS, LATER, VERSION
from completions.wire.openai.batches import AZURE as AZURES_PLACE
from completions.wire.registry import ADDRESSES, CHAT, others_at_address

Addresses = list[URLPattern | URLResolver]

VIEWS: dict[str, Any] = {
    "generate": generate,
    "models": lookups.model_list,
    "model": lookups.model_detail,
    "tell": lookups.listing,
    "public": lookups.public,
    "public_model": lookups.public_model,
    "check": lookups.key_checked,
    "socket": lookups.not_found,
    "refuse": lookups.not_found,
}
"""The view of each use of an address."""

LISTED = {"v1/chat/completions": stored.completions}
"""Addresses at which answers are generated, and what was kept of them is listed."""

CLAUDE = {"wire": next(address.wire for address in ADDRESSES if address.route == "v1/messages")}
GOOGLE = {"wire": next(address.wire for address in ADDRESSES if address.route == f"{LATER}(?:/.*)?")}
"""Whose words errors are in at the addresses of what Anthropic and Google keep."""

GEMINI_FILES = by_method(GET=gemini.files_listed)
GEMINI_BATCH = by_method(GET=gemini_batches.shown, DELETE=gemini_batches.removed)
GEMINI_FILE = by_method(GET=gemini.file_shown, DELETE=gemini.file_removed)


def files_of(openai: AnyView, anthropic: AnyView, google: AnyView | None = None) -> AnyView:
    """Return the view of files at an address that several APIs have."""
    others = {CLAUDE["wire"]: anthropic} | ({} if google is None else {GOOGLE["wire"]: google})
    return by_api(openai, others)


FILES: Addresses = [
    path(
        "v1/files",
        files_of(
            by_method(POST=files.uploaded, GET=files.listed),
            by_method(POST=anthropic_files.uploaded, GET=anthropic_files.listed),
            GEMINI_FILES,
        ),
    ),
    path(
        "v1/files/<str:name>",
        files_of(
            by_method(GET=files.shown, DELETE=files.removed),
            by_method(GET=anthropic_files.shown, DELETE=anthropic_files.removed),
            GEMINI_FILE,
        ),
    ),
    path("v1/files/<str:name>/content", files_of(by_method(GET=files.content), by_method(GET=anthropic_files.content))),
]
"""What files OpenAI, Anthropic and Google keep."""


def kept_responses(place: str, wire: WireFormat | None = None) -> Addresses:
    """Return the addresses of the responses that are kept behind a place, with the format of their errors."""
    one, facts = f"{place}responses/<str:name>", {} if wire is None else {"wire": wire}
    return [
        path(one, by_method(GET=stored.response, DELETE=stored.response_gone), facts),
        path(f"{one}/cancel", by_method(POST=stored.response_cancelled), facts),
        path(f"{one}/input_items", by_method(GET=stored.response_input), facts),
    ]


STORE = "v1/vector_stores/<str:name>"
VECTOR_STORES: Addresses = [
    path("v1/vector_stores", by_method(POST=vector_stores.made, GET=vector_stores.listed)),
    path(STORE, by_method(GET=vector_stores.shown, POST=vector_stores.changed, DELETE=vector_stores.removed)),
    path(f"{STORE}/search", by_method(POST=vector_stores.searched)),
    path(f"{STORE}/files", by_method(POST=vector_stores.file_added, GET=vector_stores.files_listed)),
    path(
        f"{STORE}/files/<str:file_id>",
        by_method(GET=vector_stores.file_shown, POST=vector_stores.file_changed, DELETE=vector_stores.file_removed),
    ),
    path(f"{STORE}/files/<str:file_id>/content", by_method(GET=vector_stores.file_content)),
    path(f"{STORE}/file_batches", by_method(POST=vector_stores.batch_made)),
    path(f"{STORE}/file_batches/<str:batch>", by_method(GET=vector_stores.batch_shown)),
    path(f"{STORE}/file_batches/<str:batch>/cancel", by_method(POST=vector_stores.batch_cancelled)),
    path(f"{STORE}/file_batches/<str:batch>/files", by_method(GET=vector_stores.files_listed)),
]
"""What searches files."""


def kept_containers(place: str, wire: WireFormat | None = None) -> Addresses:
    """Return the addresses of the containers behind a place, with the format of their errors."""
    one, facts = f"{place}containers/<str:name>", {} if wire is None else {"wire": wire}
    return [
        path(f"{place}containers", by_method(POST=containers.made, GET=containers.listed), facts),
        path(one, by_method(GET=containers.shown, DELETE=containers.removed), facts),
        path(f"{one}/files", by_method(POST=containers.file_added, GET=containers.files_listed), facts),
        path(
            f"{one}/files/<str:file_id>",
            by_method(GET=containers.file_shown, DELETE=containers.file_removed),
            facts,
        ),
        path(f"{one}/files/<str:file_id>/content", by_method(GET=containers.file_content), facts),
    ]


OPENAI_STORED: Addresses = [
    *FILES,
    path("v1/uploads", by_method(POST=uploads.made)),
    path("v1/uploads/<str:name>/parts", by_method(POST=uploads.part_added)),
    path("v1/uploads/<str:name>/complete", by_method(POST=uploads.completed)),
    path("v1/uploads/<str:name>/cancel", by_method(POST=uploads.cancelled)),
    *VECTOR_STORES,
    *kept_containers("v1/"),
    path("v1/images/drawn/<str:name>", images.drawn),
    path(
        "v1/batches",
        by_api(
            by_method(POST=batches.made, GET=batches.listed), {GOOGLE["wire"]: by_method(GET=gemini_batches.listed)}
        ),
    ),
    path("v1/batches/<str:name>", by_api(by_method(GET=batches.shown), {GOOGLE["wire"]: GEMINI_BATCH})),
    path("v1/batches/<str:name>/cancel", by_method(POST=batches.cancelled)),
    path(
        "v1/chat/completions/<str:name>",
        by_method(GET=stored.completion, POST=stored.completion_changed, DELETE=stored.completion_gone),
    ),
    path("v1/chat/completions/<str:name>/messages", by_method(GET=stored.completion_messages)),
    *kept_responses("v1/"),
    path("v1/realtime/client_secrets", by_method(POST=realtime.secret_made)),
    path("v1/conversations", by_method(POST=stored.conversation_made)),
    path(
        "v1/conversations/<str:name>",
        by_method(GET=stored.conversation, POST=stored.conversation_changed, DELETE=stored.conversation_gone),
    ),
    path("v1/conversations/<str:name>/items", by_method(GET=stored.items, POST=stored.items_added)),
    path("v1/conversations/<str:name>/items/<str:item_id>", by_method(GET=stored.item, DELETE=stored.item_gone)),
]
"""What OpenAI keeps."""


AZURE = next(address.wire for address in ADDRESSES if address.route == "openai/(?:v1/)?responses")
XAI = next(address.wire for address in ADDRESSES if address.route == "xai/v1/responses")
GROQ, MISTRAL, OPENROUTER = (
    {"wire": next(address.wire for address in ADDRESSES if address.route == f"{place}chat/completions")}
    for place in ("groq/openai/v1/", "mistral/v1/", "openrouter/api/v1/")
)


def files_and_batches(place: str, wire: dict[str, Any], batched: str) -> Addresses:
    """Return the addresses of files and batches behind a place; `batched` stands before those of what they ask."""
    return [
        path(f"{place}files", by_method(POST=files.uploaded, GET=files.listed), wire),
        path(f"{place}files/<str:name>", by_method(GET=files.shown, DELETE=files.removed), wire),
        path(f"{place}files/<str:name>/content", by_method(GET=files.content), wire),
        path(f"{place}batches", by_method(POST=batches.made, GET=batches.listed), {**wire, "place": batched}),
        path(f"{place}batches/<str:name>", by_method(GET=batches.shown), wire),
        path(f"{place}batches/<str:name>/cancel", by_method(POST=batches.cancelled), wire),
    ]


OTHERS_STORED: Addresses = [
    *files_and_batches("groq/openai/v1/", GROQ, "/groq/openai"),
    path("mistral/v1/files", by_method(POST=mistral.uploaded, GET=mistral.files_listed), MISTRAL),
    path("mistral/v1/files/<str:name>", by_method(GET=mistral.file_shown, DELETE=mistral.file_removed), MISTRAL),
    path("mistral/v1/files/<str:name>/content", by_method(GET=mistral.file_content), MISTRAL),
    path("mistral/v1/files/<str:name>/url", by_method(GET=mistral.file_address), MISTRAL),
    path("mistral/v1/batch/jobs", by_method(POST=mistral.job_made, GET=mistral.jobs_listed), MISTRAL),
    path("mistral/v1/batch/jobs/<str:name>", by_method(GET=mistral.job_shown, DELETE=mistral.job_removed), MISTRAL),
    path("mistral/v1/batch/jobs/<str:name>/cancel", by_method(POST=mistral.job_cancelled), MISTRAL),
    path("xai/v1/files", by_method(POST=files.uploaded, GET=files.listed), {"wire": XAI}),
    path("xai/v1/files/<str:name>", by_method(GET=files.shown, DELETE=files.removed), {"wire": XAI}),
    path("xai/v1/files/<str:name>/content", by_method(GET=files.content), {"wire": XAI}),
    path("xai/v1/batches", by_method(POST=xai.made, GET=xai.listed), {"wire": XAI}),
    re_path("^xai/v1/batches/(?P<name>[^/:]+)$", by_method(GET=xai.shown), {"wire": XAI}),
    re_path("^xai/v1/batches/(?P<name>[^/:]+):cancel$", by_method(POST=xai.cancelled), {"wire": XAI}),
    path("xai/v1/batches/<str:name>/requests", by_method(POST=xai.requests_added), {"wire": XAI}),
    path("xai/v1/batches/<str:name>/results", by_method(GET=xai.results), {"wire": XAI}),
    *files_and_batches("openai/", {"wire": AZURE}, AZURES_PLACE),
    *files_and_batches("openai/v1/", {"wire": AZURE}, AZURES_PLACE),
    *kept_responses("openai/", AZURE),
    *kept_responses("openai/v1/", AZURE),
    *kept_containers("openai/v1/", AZURE),
    path("openai/v1/realtime/client_secrets", by_method(POST=realtime.secret_made), {"wire": AZURE}),
    *kept_responses("xai/v1/", XAI),
    path("openrouter/api/v1/generation", by_method(GET=stored.generation), OPENROUTER),
]
"""What Azure and xAI keep of responses, and OpenRouter of chat; the files and batches of Azure, Groq, Mistral, xAI."""

ANTHROPIC_STORED: Addresses = [
    path("v1/messages/batches", by_method(POST=message_batches.made, GET=message_batches.listed), CLAUDE),
    path(
        "v1/messages/batches/<str:name>", by_method(GET=message_batches.shown, DELETE=message_batches.removed), CLAUDE
    ),
    path("v1/messages/batches/<str:name>/results", by_method(GET=message_batches.results), CLAUDE),
    path("v1/messages/batches/<str:name>/cancel", by_method(POST=message_batches.cancelled), CLAUDE),
]
"""What Anthropic keeps; errors are in its words."""


FILE_SEARCH = f"(?:v1|{BETA})/fileSearchStores"
FILE_SEARCH_STORE = rf"{FILE_SEARCH}/(?P<store>[^/:]+)"
FILE_SEARCH_STORES: Addresses = [
    re_path(f"^{FILE_SEARCH}$", by_method(POST=file_search.made, GET=file_search.listed), GOOGLE),
    re_path(f"^{FILE_SEARCH_STORE}$", by_method(GET=file_search.shown, DELETE=file_search.removed), GOOGLE),
    re_path(f"^{FILE_SEARCH_STORE}:importFile$", by_method(POST=file_search.imported), GOOGLE),
    re_path(f"^{FILE_SEARCH_STORE}/documents$", by_method(GET=file_search.documents_listed), GOOGLE),
    re_path(
        f"^{FILE_SEARCH_STORE}/documents/(?P<name>[^/:]+)$",
        by_method(GET=file_search.document_shown, DELETE=file_search.document_removed),
        GOOGLE,
    ),
    re_path(
        f"^{FILE_SEARCH_STORE}/(?P<upload>upload/)?operations/(?P<name>[^/:]+)$",
        by_method(GET=file_search.operation),
        GOOGLE,
    ),
]
"""What Gemini searches."""

GEMINI_UPLOADS: Addresses = [
    re_path(f"^upload/(?:v1|{BETA})/files$", by_method(POST=gemini.uploaded, PUT=gemini.uploaded), GOOGLE),
    re_path(
        f"^upload/{FILE_SEARCH_STORE}:uploadToFileSearchStore$",
        by_method(POST=file_search.uploaded, PUT=file_search.uploaded),
        GOOGLE,
    ),
]
"""Where Gemini takes files; also behind a namespace twice.

Google's SDK for Java (2.1) goes on with an upload at the path of the upload's URL after that of its base URL.
"""

CACHES = rf"{VERSION}/(?P<place>projects/[^/]+/locations/[^/]+/)?cachedContents"
INTERACTION = f"{ALL_INTERACTIONS}/(?P<name>[^/:]+)"
ONE_CACHE = by_method(GET=gemini.cache_shown, PATCH=gemini.cache_changed, DELETE=gemini.cache_removed)
GEMINI_STORED: Addresses = [
    re_path(f"^{VERSION}/models/(?P<model>[^/]+):batchGenerateContent$", by_method(POST=gemini_batches.made), GOOGLE),
    re_path(rf"^{BETA}/auth_tokens\Z", by_method(POST=realtime.token_made), GOOGLE),
    re_path(rf"^{BETA}/batches\Z", by_method(GET=gemini_batches.listed), GOOGLE),
    re_path(f"^(?:v1|{BETA})/batches/(?P<name>[^/:]+):cancel$", by_method(POST=gemini_batches.cancelled), GOOGLE),
    re_path(rf"^{BETA}/batches/(?P<name>[^/]+)\Z", GEMINI_BATCH, GOOGLE),
    re_path(
        f"^(?:download/)?(?:v1|{BETA})/files/(?P<name>[^/:]+):download$",
        by_method(GET=gemini_batches.downloaded),
        GOOGLE,
    ),
    re_path(rf"^{BETA}/files\Z", GEMINI_FILES, GOOGLE),
    re_path(rf"^{BETA}/files/(?P<name>[^/]+)\Z", GEMINI_FILE, GOOGLE),
    re_path(f"^{INTERACTION}$", by_method(GET=interactions.shown, DELETE=interactions.removed), {"wire": INTERACTIONS}),
    re_path(f"^{INTERACTION}/cancel$", by_method(POST=interactions.cancelled), {"wire": INTERACTIONS}),
    re_path(f"^{CACHES}$", by_method(POST=gemini.cache_made, GET=gemini.caches_listed), GOOGLE),
    re_path(f"^{CACHES}/(?P<name>[^/]+)$", ONE_CACHE, GOOGLE),
]
"""What Gemini keeps."""


def pattern(address: Address) -> URLPattern:
    """Return the pattern of an address."""
    view: Any = VIEWS[address.use]
    facts: dict[str, Any] = {"wire": address.wire}
    if (listed := LISTED.get(address.route)) is not None:
        view = by_method(POST=view, GET=listed)
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
    path("health", lookups.healthy),
    path("vllm/health", lookups.healthy),
    path("metrics", lookups.served),
    path("vllm/metrics", lookups.served),
    re_path(f"^{BROWSERS}$", by_method(GET=browsers_file)),
]
"""Where clients ask whether there is a server at all, and what it has done, and browsers for its icon."""

api: Addresses = [
    path("_mock", pages.moved),
    path("_mock/", include([*control, *inspector])),
    *answered,
    *GEMINI_UPLOADS,
    *GEMINI_STORED,
    *FILE_SEARCH_STORES,
    *told,
    *OPENAI_STORED,
    *OTHERS_STORED,
    *ANTHROPIC_STORED,
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
    re_path("^ns/(?P<namespace>[^/]+)/ns/(?P=namespace)/", include(GEMINI_UPLOADS)),
    path("ns/<str:namespace>/", include(api)),
    *api,
    re_path(r"^(?:ns/(?P<namespace>[^/]+)/)?_mock/", missing, UNKNOWN),
    re_path(r"^(?:ns/(?P<namespace>[^/]+)|ns)(?:/|$)", lookups.not_found, UNKNOWN),
]

exempt(urlpatterns)
