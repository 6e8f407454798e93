"""The addresses of what Gemini keeps: files, batches, caches, interactions, webhooks, and what it searches."""

from django.urls import re_path

from completions.views import lookups, realtime
from completions.views.dispatch import LateViews, by_method
from completions.views.routes.apis import GOOGLE, SNAKE_CASE, Addresses
from completions.wire.gemini.addresses import ALL_INTERACTIONS, BETA, LATER, VERSION
from completions.wire.gemini.batches import EMBEDDED, GENERATED
from completions.wire.vertex.addresses import GEMINI as VERTEX_GEMINI
from completions.wire.vertex.addresses import PROJECT

file_search = LateViews("completions.views.file_search")
gemini = LateViews("completions.views.gemini")
gemini_batches = LateViews("completions.views.gemini_batches")
gemini_webhooks = LateViews("completions.views.gemini_webhooks")
interactions = LateViews("completions.views.interactions")
tuned_models = LateViews("completions.views.tuned_models")
"""Few servers are asked for these, and together they take megabytes."""

GEMINI_FILES = by_method(GET=gemini.list_files)
GEMINI_BATCH = by_method(GET=gemini_batches.retrieve_batch, DELETE=gemini_batches.delete_batch)
GEMINI_FILE = by_method(GET=gemini.retrieve_file, DELETE=gemini.delete_file)


FILE_SEARCH = f"(?:v1|{BETA})/fileSearchStores"
FILE_SEARCH_STORE = rf"{FILE_SEARCH}/(?P<store>[^/:]+)"
FILE_SEARCH_STORES: Addresses = [
    re_path(
        f"^{FILE_SEARCH}$",
        by_method(POST=file_search.create_file_search_store, GET=file_search.list_file_search_stores),
        GOOGLE,
    ),
    re_path(
        f"^{FILE_SEARCH_STORE}$",
        by_method(GET=file_search.retrieve_file_search_store, DELETE=file_search.delete_file_search_store),
        GOOGLE,
    ),
    re_path(f"^{FILE_SEARCH_STORE}:importFile$", by_method(POST=file_search.import_file), GOOGLE),
    re_path(f"^{FILE_SEARCH_STORE}/documents$", by_method(GET=file_search.list_documents), GOOGLE),
    re_path(
        f"^{FILE_SEARCH_STORE}/documents/(?P<name>[^/:]+)$",
        by_method(GET=file_search.retrieve_document, DELETE=file_search.delete_document),
        GOOGLE,
    ),
    re_path(
        f"^{FILE_SEARCH_STORE}/(?P<upload>upload/)?operations/(?P<name>[^/:]+)$",
        by_method(GET=file_search.retrieve_operation),
        GOOGLE,
    ),
]
"""What Gemini searches."""

GEMINI_UPLOADS: Addresses = [
    re_path(f"^upload/(?:v1|{BETA})/files$", by_method(POST=gemini.upload_file, PUT=gemini.upload_file), GOOGLE),
    re_path(
        f"^upload/{FILE_SEARCH_STORE}:uploadToFileSearchStore$",
        by_method(POST=file_search.upload_to_file_search_store, PUT=file_search.upload_to_file_search_store),
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
TUNED_MODEL = by_method(
    GET=tuned_models.retrieve_tuned_model,
    PATCH=tuned_models.retrieve_tuned_model,
    DELETE=tuned_models.retrieve_tuned_model,
)
ONE_CACHE = by_method(
    GET=gemini.retrieve_cached_content, PATCH=gemini.update_cached_content, DELETE=gemini.delete_cached_content
)
GEMINI: Addresses = [
    re_path(
        f"^{VERSION}/models/(?P<model>[^/]+):(?P<method>{GENERATED}|{EMBEDDED})$",
        by_method(POST=gemini_batches.create_batch),
        GOOGLE,
    ),
    re_path(rf"^{LATER}/{PROJECT}(?:models|tuningJobs)\Z", by_method(GET=tuned_models.list_tuned_models), VERTEX),
    re_path(
        rf"^(?:v1|{BETA})/tunedModels\Z", by_method(GET=tuned_models.list_tuned_models, POST=lookups.not_found), GOOGLE
    ),
    re_path(rf"^(?:v1|{BETA})/tunedModels/(?P<name>[^/:]+)\Z", TUNED_MODEL, GOOGLE),
    re_path(rf"^{BETA}/auth_tokens\Z", by_method(POST=realtime.create_auth_token), GOOGLE),
    re_path(rf"^{BETA}/batches\Z", by_method(GET=gemini_batches.list_batches), GOOGLE),
    re_path(f"^(?:v1|{BETA})/batches/(?P<name>[^/:]+):cancel$", by_method(POST=gemini_batches.cancel_batch), GOOGLE),
    re_path(rf"^{BETA}/batches/(?P<name>[^/]+)\Z", GEMINI_BATCH, GOOGLE),
    re_path(
        f"^(?:download/)?(?:v1|{BETA})/files/(?P<name>[^/:]+):download$",
        by_method(GET=gemini_batches.download_batch_results),
        GOOGLE,
    ),
    re_path(rf"^{BETA}/files\Z", GEMINI_FILES, GOOGLE),
    re_path(rf"^{BETA}/files/(?P<name>[^/]+)\Z", GEMINI_FILE, GOOGLE),
    re_path(
        f"^{INTERACTION}$",
        by_method(GET=interactions.retrieve_interaction, DELETE=interactions.delete_interaction),
        SNAKE_CASE,
    ),
    re_path(f"^{INTERACTION}/cancel$", by_method(POST=interactions.cancel_interaction), SNAKE_CASE),
    re_path(
        f"^{WEBHOOKS_OF_GEMINI}$",
        by_method(POST=gemini_webhooks.create_webhook, GET=gemini_webhooks.list_webhooks),
        SNAKE_CASE,
    ),
    re_path(
        f"^{WEBHOOK_OF_GEMINI}$",
        by_method(
            GET=gemini_webhooks.retrieve_webhook,
            PATCH=gemini_webhooks.update_webhook,
            DELETE=gemini_webhooks.delete_webhook,
        ),
        SNAKE_CASE,
    ),
    re_path(f"^{WEBHOOK_OF_GEMINI}:ping$", by_method(POST=gemini_webhooks.ping_webhook), SNAKE_CASE),
    re_path(
        f"^{WEBHOOK_OF_GEMINI}:rotateSigningSecret$", by_method(POST=gemini_webhooks.rotate_webhook_secret), SNAKE_CASE
    ),
    re_path(f"^{CACHES}$", by_method(POST=gemini.create_cached_content, GET=gemini.list_cached_contents), GOOGLE),
    re_path(f"^{CACHES}/(?P<name>[^/]+)$", ONE_CACHE, GOOGLE),
]
"""What Gemini keeps."""
