"""The addresses of what OpenAI keeps: answers, files, batches, containers, skills, voices, and what searches files."""

from django.urls import path

from completions.views import realtime, stored
from completions.views.dispatch import LateViews, by_api, by_method
from completions.views.routes.apis import GOOGLE, Addresses, files_of
from completions.views.routes.gemini import GEMINI_BATCH, GEMINI_FILE, GEMINI_FILES
from completions.wire.base import WireFormat

anthropic_files = LateViews("completions.views.anthropic_files")
anthropic_skills = LateViews("completions.views.anthropic_skills")
batches = LateViews("completions.views.batches")
containers = LateViews("completions.views.containers")
files = LateViews("completions.views.files")
gemini_batches = LateViews("completions.views.gemini_batches")
images = LateViews("completions.views.images")
skills = LateViews("completions.views.skills")
uploads = LateViews("completions.views.uploads")
vector_stores = LateViews("completions.views.vector_stores")
voices = LateViews("completions.views.voices")
webhooks = LateViews("completions.views.webhooks")
chatkit = LateViews("completions.views.chatkit")
provenance = LateViews("completions.views.provenance")
"""Few servers are asked for these, and together they take megabytes."""

FILES: Addresses = [
    path(
        "v1/files",
        files_of(
            by_method(POST=files.upload_file, GET=files.list_files),
            by_method(POST=anthropic_files.upload_file, GET=anthropic_files.list_files),
            GEMINI_FILES,
        ),
    ),
    path(
        "v1/files/<str:name>",
        files_of(
            by_method(GET=files.retrieve_file, DELETE=files.delete_file),
            by_method(GET=anthropic_files.retrieve_file, DELETE=anthropic_files.delete_file),
            GEMINI_FILE,
        ),
    ),
    path(
        "v1/files/<str:name>/content",
        files_of(by_method(GET=files.download_file), by_method(GET=anthropic_files.download_file)),
    ),
]
"""What files OpenAI, Anthropic and Google keep."""


def kept_responses(place: str, wire: WireFormat | None = None) -> Addresses:
    """Return the addresses of the responses that are kept behind a place, with the format of their errors."""
    one, facts = f"{place}responses/<str:name>", {} if wire is None else {"wire": wire}
    return [
        path(one, by_method(GET=stored.retrieve_response, DELETE=stored.delete_response), facts),
        path(f"{one}/cancel", by_method(POST=stored.cancel_response), facts),
        path(f"{one}/input_items", by_method(GET=stored.list_response_input_items), facts),
    ]


STORE = "v1/vector_stores/<str:name>"
VECTOR_STORES: Addresses = [
    path("v1/vector_stores", by_method(POST=vector_stores.create_vector_store, GET=vector_stores.list_vector_stores)),
    path(
        STORE,
        by_method(
            GET=vector_stores.retrieve_vector_store,
            POST=vector_stores.update_vector_store,
            DELETE=vector_stores.delete_vector_store,
        ),
    ),
    path(f"{STORE}/search", by_method(POST=vector_stores.search_vector_store)),
    path(
        f"{STORE}/files",
        by_method(POST=vector_stores.create_vector_store_file, GET=vector_stores.list_vector_store_files),
    ),
    path(
        f"{STORE}/files/<str:file_id>",
        by_method(
            GET=vector_stores.retrieve_vector_store_file,
            POST=vector_stores.update_vector_store_file,
            DELETE=vector_stores.delete_vector_store_file,
        ),
    ),
    path(f"{STORE}/files/<str:file_id>/content", by_method(GET=vector_stores.retrieve_vector_store_file_content)),
    path(f"{STORE}/file_batches", by_method(POST=vector_stores.create_vector_store_file_batch)),
    path(f"{STORE}/file_batches/<str:batch>", by_method(GET=vector_stores.retrieve_vector_store_file_batch)),
    path(f"{STORE}/file_batches/<str:batch>/cancel", by_method(POST=vector_stores.cancel_vector_store_file_batch)),
    path(f"{STORE}/file_batches/<str:batch>/files", by_method(GET=vector_stores.list_vector_store_files)),
]
"""What searches files."""


def kept_containers(place: str, wire: WireFormat | None = None) -> Addresses:
    """Return the addresses of the containers behind a place, with the format of their errors."""
    one, facts = f"{place}containers/<str:name>", {} if wire is None else {"wire": wire}
    return [
        path(f"{place}containers", by_method(POST=containers.create_container, GET=containers.list_containers), facts),
        path(one, by_method(GET=containers.retrieve_container, DELETE=containers.delete_container), facts),
        path(
            f"{one}/files", by_method(POST=containers.create_container_file, GET=containers.list_container_files), facts
        ),
        path(
            f"{one}/files/<str:file_id>",
            by_method(GET=containers.retrieve_container_file, DELETE=containers.delete_container_file),
            facts,
        ),
        path(f"{one}/files/<str:file_id>/content", by_method(GET=containers.download_container_file), facts),
    ]


SKILL = "v1/skills/<str:name>"
SKILLS: Addresses = [
    path(
        "v1/skills",
        files_of(
            by_method(POST=skills.create_skill, GET=skills.list_skills),
            by_method(POST=anthropic_skills.create_skill, GET=anthropic_skills.list_skills),
        ),
    ),
    path(
        SKILL,
        files_of(
            by_method(GET=skills.retrieve_skill, POST=skills.update_skill, DELETE=skills.delete_skill),
            by_method(GET=anthropic_skills.retrieve_skill, DELETE=anthropic_skills.delete_skill),
        ),
    ),
    path(f"{SKILL}/content", by_method(GET=skills.download_skill)),
    path(
        f"{SKILL}/versions",
        files_of(
            by_method(POST=skills.create_skill_version, GET=skills.list_skill_versions),
            by_method(POST=anthropic_skills.create_skill_version, GET=anthropic_skills.list_skill_versions),
        ),
    ),
    path(
        f"{SKILL}/versions/<str:version>",
        files_of(
            by_method(GET=skills.retrieve_skill_version, DELETE=skills.delete_skill_version),
            by_method(GET=anthropic_skills.retrieve_skill_version, DELETE=anthropic_skills.delete_skill_version),
        ),
    ),
    path(
        f"{SKILL}/versions/<str:version>/content",
        files_of(by_method(GET=skills.download_skill_version), by_method(GET=anthropic_skills.download_skill_version)),
    ),
]
"""What skills OpenAI and Anthropic keep, in all their versions."""

WEBHOOK = "v1/webhook_endpoints/<str:name>"
WEBHOOKS: Addresses = [
    path("v1/webhook_endpoints", by_method(POST=webhooks.create_webhook_endpoint, GET=webhooks.list_webhook_endpoints)),
    path(
        WEBHOOK,
        by_method(
            GET=webhooks.retrieve_webhook_endpoint,
            POST=webhooks.update_webhook_endpoint,
            DELETE=webhooks.delete_webhook_endpoint,
        ),
    ),
    path(f"{WEBHOOK}/rotate_secret", by_method(POST=webhooks.rotate_webhook_secret)),
    path(f"{WEBHOOK}/test", by_method(POST=webhooks.test_webhook_endpoint)),
    path("v1/webhook_event_types", by_method(GET=webhooks.list_webhook_event_types)),
]
"""Where OpenAI is told which events to send to whom."""

CHATKIT_AND_SAFETY: Addresses = [
    path("v1/chatkit/sessions", by_method(POST=chatkit.create_chatkit_session)),
    path("v1/chatkit/sessions/<str:name>/cancel", by_method(POST=chatkit.cancel_chatkit_session)),
    path("v1/chatkit/threads", by_method(GET=chatkit.list_chatkit_threads)),
    path(
        "v1/chatkit/threads/<str:name>",
        by_method(GET=chatkit.missing_chatkit_thread, DELETE=chatkit.missing_chatkit_thread),
    ),
    path("v1/chatkit/threads/<str:name>/items", by_method(GET=chatkit.missing_chatkit_thread)),
    path("v1/content_provenance_checks", by_method(POST=provenance.create_provenance_check)),
    path("v1/safety/alerts/<str:name>", by_method(GET=provenance.missing_safety_alert)),
    path("v1/safety/cases/<str:name>", by_method(GET=provenance.missing_safety_case)),
]
"""What few servers are asked for of OpenAI."""

CONSENT = "v1/audio/voice_consents/<str:name>"
VOICES: Addresses = [
    path("v1/audio/voices", by_method(POST=voices.create_voice)),
    path("v1/audio/voices/<str:name>", by_method(DELETE=voices.delete_voice)),
    path("v1/audio/voice_consents", by_method(POST=voices.create_voice_consent, GET=voices.list_voice_consents)),
    path(
        CONSENT,
        by_method(
            GET=voices.retrieve_voice_consent, POST=voices.update_voice_consent, DELETE=voices.delete_voice_consent
        ),
    ),
]
"""What OpenAI keeps of custom voices."""

OPENAI: Addresses = [
    *FILES,
    *SKILLS,
    path("v1/uploads", by_method(POST=uploads.create_upload)),
    path("v1/uploads/<str:name>/parts", by_method(POST=uploads.add_upload_part)),
    path("v1/uploads/<str:name>/complete", by_method(POST=uploads.complete_upload)),
    path("v1/uploads/<str:name>/cancel", by_method(POST=uploads.cancel_upload)),
    *VECTOR_STORES,
    *VOICES,
    *WEBHOOKS,
    *CHATKIT_AND_SAFETY,
    *kept_containers("v1/"),
    path("v1/images/drawn/<str:name>", images.download_drawn_image),
    path(
        "v1/batches",
        by_api(
            by_method(POST=batches.create_batch, GET=batches.list_batches),
            {GOOGLE["wire"]: by_method(GET=gemini_batches.list_batches)},
        ),
    ),
    path("v1/batches/<str:name>", by_api(by_method(GET=batches.retrieve_batch), {GOOGLE["wire"]: GEMINI_BATCH})),
    path("v1/batches/<str:name>/cancel", by_method(POST=batches.cancel_batch)),
    path(
        "v1/chat/completions/<str:name>",
        by_method(
            GET=stored.retrieve_chat_completion,
            POST=stored.update_chat_completion,
            DELETE=stored.delete_chat_completion,
        ),
    ),
    path("v1/chat/completions/<str:name>/messages", by_method(GET=stored.list_chat_completion_messages)),
    *kept_responses("v1/"),
    path("v1/realtime/client_secrets", by_method(POST=realtime.create_client_secret)),
    path("v1/realtime/calls", by_method(POST=realtime.refuse_call)),
    path("v1/live/sessions/<str:name>/fork", by_method(POST=realtime.refuse_webrtc)),
    path("v1/conversations", by_method(POST=stored.create_conversation)),
    path(
        "v1/conversations/<str:name>",
        by_method(GET=stored.retrieve_conversation, POST=stored.update_conversation, DELETE=stored.delete_conversation),
    ),
    path(
        "v1/conversations/<str:name>/items",
        by_method(GET=stored.list_conversation_items, POST=stored.create_conversation_items),
    ),
    path(
        "v1/conversations/<str:name>/items/<str:item_id>",
        by_method(GET=stored.retrieve_conversation_item, DELETE=stored.delete_conversation_item),
    ),
]
"""What OpenAI keeps."""
