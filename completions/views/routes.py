"""The addresses of what the APIs keep: answers, files, batches, containers, skills, and what searches them."""

from typing import Any

from django.urls import URLPattern, URLResolver, path, re_path

from completions.views import lookups, realtime, stored
from completions.views.dispatch import AnyView, LateViews, by_api, by_method
from completions.wire.base import WireFormat
from completions.wire.gemini.addresses import ALL_INTERACTIONS, BETA, INTERACTIONS, LATER, VERSION
from completions.wire.gemini.batches import EMBEDDED, GENERATED
from completions.wire.ollama.addresses import CHAT as CHAT_OF_OLLAMA
from completions.wire.ollama.addresses import PREFIX as OLLAMA
from completions.wire.openai.batches import AZURE as AZURES_PLACE
from completions.wire.registry import ADDRESSES
from completions.wire.vertex.addresses import GEMINI as VERTEX_GEMINI
from completions.wire.vertex.addresses import PROJECT

anthropic_files = LateViews("completions.views.anthropic_files")
anthropic_skills = LateViews("completions.views.anthropic_skills")
batches = LateViews("completions.views.batches")
containers = LateViews("completions.views.containers")
file_search = LateViews("completions.views.file_search")
files = LateViews("completions.views.files")
gemini = LateViews("completions.views.gemini")
gemini_batches = LateViews("completions.views.gemini_batches")
gemini_webhooks = LateViews("completions.views.gemini_webhooks")
images = LateViews("completions.views.images")
interactions = LateViews("completions.views.interactions")
message_batches = LateViews("completions.views.message_batches")
mistral = LateViews("completions.views.mistral")
ollama = LateViews("completions.views.ollama")
skills = LateViews("completions.views.skills")
uploads = LateViews("completions.views.uploads")
vector_stores = LateViews("completions.views.vector_stores")
voices = LateViews("completions.views.voices")
webhooks = LateViews("completions.views.webhooks")
xai = LateViews("completions.views.xai")
"""Few servers are asked for many of these, and together they take megabytes."""

Addresses = list[URLPattern | URLResolver]

CLAUDE = {"wire": next(address.wire for address in ADDRESSES if address.route == "v1/messages")}
GOOGLE = {"wire": next(address.wire for address in ADDRESSES if address.route == f"{LATER}(?:/.*)?")}
"""Whose words errors are in at the addresses of what Anthropic and Google keep."""

GEMINI_FILES = by_method(GET=gemini.files_listed)
GEMINI_BATCH = by_method(GET=gemini_batches.shown, DELETE=gemini_batches.removed)
GEMINI_FILE = by_method(GET=gemini.file_shown, DELETE=gemini.file_removed)


def files_of(openai: AnyView, anthropic: AnyView, google: AnyView | None = None) -> AnyView:
    """Return the view of files, skills or vaults at an address that several APIs have."""
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


SKILL = "v1/skills/<str:name>"
SKILLS: Addresses = [
    path(
        "v1/skills",
        files_of(
            by_method(POST=skills.made, GET=skills.listed),
            by_method(POST=anthropic_skills.made, GET=anthropic_skills.listed),
        ),
    ),
    path(
        SKILL,
        files_of(
            by_method(GET=skills.shown, POST=skills.changed, DELETE=skills.removed),
            by_method(GET=anthropic_skills.shown, DELETE=anthropic_skills.removed),
        ),
    ),
    path(f"{SKILL}/content", by_method(GET=skills.content)),
    path(
        f"{SKILL}/versions",
        files_of(
            by_method(POST=skills.version_added, GET=skills.versions_listed),
            by_method(POST=anthropic_skills.version_added, GET=anthropic_skills.versions_listed),
        ),
    ),
    path(
        f"{SKILL}/versions/<str:version>",
        files_of(
            by_method(GET=skills.version_shown, DELETE=skills.version_removed),
            by_method(GET=anthropic_skills.version_shown, DELETE=anthropic_skills.version_removed),
        ),
    ),
    path(
        f"{SKILL}/versions/<str:version>/content",
        files_of(by_method(GET=skills.version_content), by_method(GET=anthropic_skills.version_content)),
    ),
]
"""What skills OpenAI and Anthropic keep, in all their versions."""

WEBHOOK = "v1/webhook_endpoints/<str:name>"
WEBHOOKS: Addresses = [
    path("v1/webhook_endpoints", by_method(POST=webhooks.made, GET=webhooks.listed)),
    path(WEBHOOK, by_method(GET=webhooks.shown, POST=webhooks.changed, DELETE=webhooks.removed)),
    path(f"{WEBHOOK}/rotate_secret", by_method(POST=webhooks.secret_rotated)),
    path(f"{WEBHOOK}/test", by_method(POST=webhooks.tested)),
    path("v1/webhook_event_types", by_method(GET=webhooks.event_types)),
]
"""Where OpenAI is told which events to send to whom."""

chatkit, provenance = (LateViews(f"completions.views.{name}") for name in ("chatkit", "provenance"))
CHATKIT_AND_SAFETY: Addresses = [
    path("v1/chatkit/sessions", by_method(POST=chatkit.session_made)),
    path("v1/chatkit/sessions/<str:name>/cancel", by_method(POST=chatkit.session_cancelled)),
    path("v1/chatkit/threads", by_method(GET=chatkit.threads_listed)),
    path("v1/chatkit/threads/<str:name>", by_method(GET=chatkit.thread_missing, DELETE=chatkit.thread_missing)),
    path("v1/chatkit/threads/<str:name>/items", by_method(GET=chatkit.thread_missing)),
    path("v1/content_provenance_checks", by_method(POST=provenance.made)),
    path("v1/safety/alerts/<str:name>", by_method(GET=provenance.alert_missing)),
    path("v1/safety/cases/<str:name>", by_method(GET=provenance.case_missing)),
]
"""What few servers are asked for of OpenAI."""

CONSENT = "v1/audio/voice_consents/<str:name>"
VOICES: Addresses = [
    path("v1/audio/voices", by_method(POST=voices.made)),
    path("v1/audio/voices/<str:name>", by_method(DELETE=voices.removed)),
    path("v1/audio/voice_consents", by_method(POST=voices.consent_made, GET=voices.consents_listed)),
    path(
        CONSENT,
        by_method(GET=voices.consent_shown, POST=voices.consent_changed, DELETE=voices.consent_removed),
    ),
]
"""What OpenAI keeps of custom voices."""

OPENAI: Addresses = [
    *FILES,
    *SKILLS,
    path("v1/uploads", by_method(POST=uploads.made)),
    path("v1/uploads/<str:name>/parts", by_method(POST=uploads.part_added)),
    path("v1/uploads/<str:name>/complete", by_method(POST=uploads.completed)),
    path("v1/uploads/<str:name>/cancel", by_method(POST=uploads.cancelled)),
    *VECTOR_STORES,
    *VOICES,
    *WEBHOOKS,
    *CHATKIT_AND_SAFETY,
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
    path("v1/realtime/calls", by_method(POST=realtime.call_refused)),
    path("v1/live/sessions/<str:name>/fork", by_method(POST=realtime.webrtc_refused)),
    path("v1/conversations", by_method(POST=stored.conversation_made)),
    path(
        "v1/conversations/<str:name>",
        by_method(GET=stored.conversation, POST=stored.conversation_changed, DELETE=stored.conversation_gone),
    ),
    path("v1/conversations/<str:name>/items", by_method(GET=stored.items, POST=stored.items_added)),
    path("v1/conversations/<str:name>/items/<str:item_id>", by_method(GET=stored.item, DELETE=stored.item_gone)),
]
"""What OpenAI keeps."""


LOCAL = {"wire": CHAT_OF_OLLAMA}
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


OTHERS: Addresses = [
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
    path("xai/v1/chat/deferred-completion/<str:name>", by_method(GET=xai.deferred), {"wire": XAI}),
    *files_and_batches("openai/", {"wire": AZURE}, AZURES_PLACE),
    *files_and_batches("openai/v1/", {"wire": AZURE}, AZURES_PLACE),
    *kept_responses("openai/", AZURE),
    *kept_responses("openai/v1/", AZURE),
    *kept_containers("openai/v1/", AZURE),
    path("openai/v1/realtime/client_secrets", by_method(POST=realtime.secret_made), {"wire": AZURE}),
    *kept_responses("xai/v1/", XAI),
    path("openrouter/api/v1/generation", by_method(GET=stored.generation), OPENROUTER),
    re_path(f"^{OLLAMA}api/copy$", by_method(POST=ollama.copied), LOCAL),
    re_path(f"^{OLLAMA}api/delete$", by_method(DELETE=ollama.removed), LOCAL),
]
"""What Azure and xAI keep of responses, and OpenRouter of chat; the files and batches of Azure, Groq, Mistral, xAI.

And what Ollama is asked to do with its models.
"""

ANTHROPIC: Addresses = [
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
WEBHOOKS_OF_GEMINI = f"(?:v1|{BETA})/webhooks"
WEBHOOK_OF_GEMINI = f"{WEBHOOKS_OF_GEMINI}/(?P<name>[^/:]+)"
VERTEX = {"wire": VERTEX_GEMINI}
SNAKE_CASE = {"wire": INTERACTIONS}
tuned_models = LateViews("completions.views.tuned_models")
TUNED_MODEL = by_method(GET=tuned_models.named, PATCH=tuned_models.named, DELETE=tuned_models.named)
ONE_CACHE = by_method(GET=gemini.cache_shown, PATCH=gemini.cache_changed, DELETE=gemini.cache_removed)
GEMINI: Addresses = [
    re_path(
        f"^{VERSION}/models/(?P<model>[^/]+):(?P<method>{GENERATED}|{EMBEDDED})$",
        by_method(POST=gemini_batches.made),
        GOOGLE,
    ),
    re_path(rf"^{LATER}/{PROJECT}(?:models|tuningJobs)\Z", by_method(GET=tuned_models.listed), VERTEX),
    re_path(rf"^(?:v1|{BETA})/tunedModels\Z", by_method(GET=tuned_models.listed, POST=lookups.not_found), GOOGLE),
    re_path(rf"^(?:v1|{BETA})/tunedModels/(?P<name>[^/:]+)\Z", TUNED_MODEL, GOOGLE),
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
    re_path(f"^{INTERACTION}$", by_method(GET=interactions.shown, DELETE=interactions.removed), SNAKE_CASE),
    re_path(f"^{INTERACTION}/cancel$", by_method(POST=interactions.cancelled), SNAKE_CASE),
    re_path(f"^{WEBHOOKS_OF_GEMINI}$", by_method(POST=gemini_webhooks.made, GET=gemini_webhooks.listed), SNAKE_CASE),
    re_path(
        f"^{WEBHOOK_OF_GEMINI}$",
        by_method(GET=gemini_webhooks.shown, PATCH=gemini_webhooks.changed, DELETE=gemini_webhooks.removed),
        SNAKE_CASE,
    ),
    re_path(f"^{WEBHOOK_OF_GEMINI}:ping$", by_method(POST=gemini_webhooks.pinged), SNAKE_CASE),
    re_path(f"^{WEBHOOK_OF_GEMINI}:rotateSigningSecret$", by_method(POST=gemini_webhooks.secret_rotated), SNAKE_CASE),
    re_path(f"^{CACHES}$", by_method(POST=gemini.cache_made, GET=gemini.caches_listed), GOOGLE),
    re_path(f"^{CACHES}/(?P<name>[^/]+)$", ONE_CACHE, GOOGLE),
]
"""What Gemini keeps."""
