"""The addresses of what other vendors keep: Anthropic, Azure, Groq, Mistral, Ollama, OpenRouter and xAI."""

from typing import Any

from django.urls import path, re_path

from completions.views import realtime, stored
from completions.views.dispatch import LateViews, by_method
from completions.views.routes.apis import CLAUDE, Addresses
from completions.views.routes.openai import kept_containers, kept_responses
from completions.wire.ollama.addresses import CHAT as CHAT_OF_OLLAMA
from completions.wire.ollama.addresses import PREFIX as OLLAMA
from completions.wire.openai.batches import AZURE as AZURES_PLACE
from completions.wire.registry import ADDRESSES

batches = LateViews("completions.views.batches")
files = LateViews("completions.views.files")
message_batches = LateViews("completions.views.message_batches")
mistral = LateViews("completions.views.mistral")
ollama = LateViews("completions.views.ollama")
xai = LateViews("completions.views.xai")
"""Few servers are asked for these, and together they take megabytes."""

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
        path(f"{place}files", by_method(POST=files.upload_file, GET=files.list_files), wire),
        path(f"{place}files/<str:name>", by_method(GET=files.retrieve_file, DELETE=files.delete_file), wire),
        path(f"{place}files/<str:name>/content", by_method(GET=files.download_file), wire),
        path(
            f"{place}batches",
            by_method(POST=batches.create_batch, GET=batches.list_batches),
            {**wire, "place": batched},
        ),
        path(f"{place}batches/<str:name>", by_method(GET=batches.retrieve_batch), wire),
        path(f"{place}batches/<str:name>/cancel", by_method(POST=batches.cancel_batch), wire),
    ]


OTHERS: Addresses = [
    *files_and_batches("groq/openai/v1/", GROQ, "/groq/openai"),
    path("mistral/v1/files", by_method(POST=mistral.upload_file, GET=mistral.list_files), MISTRAL),
    path("mistral/v1/files/<str:name>", by_method(GET=mistral.retrieve_file, DELETE=mistral.delete_file), MISTRAL),
    path("mistral/v1/files/<str:name>/content", by_method(GET=mistral.download_file), MISTRAL),
    path("mistral/v1/files/<str:name>/url", by_method(GET=mistral.retrieve_file_url), MISTRAL),
    path("mistral/v1/batch/jobs", by_method(POST=mistral.create_batch_job, GET=mistral.list_batch_jobs), MISTRAL),
    path(
        "mistral/v1/batch/jobs/<str:name>",
        by_method(GET=mistral.retrieve_batch_job, DELETE=mistral.delete_batch_job),
        MISTRAL,
    ),
    path("mistral/v1/batch/jobs/<str:name>/cancel", by_method(POST=mistral.cancel_batch_job), MISTRAL),
    path("xai/v1/files", by_method(POST=files.upload_file, GET=files.list_files), {"wire": XAI}),
    path("xai/v1/files/<str:name>", by_method(GET=files.retrieve_file, DELETE=files.delete_file), {"wire": XAI}),
    path("xai/v1/files/<str:name>/content", by_method(GET=files.download_file), {"wire": XAI}),
    path("xai/v1/batches", by_method(POST=xai.create_batch, GET=xai.list_batches), {"wire": XAI}),
    re_path("^xai/v1/batches/(?P<name>[^/:]+)$", by_method(GET=xai.retrieve_batch), {"wire": XAI}),
    re_path("^xai/v1/batches/(?P<name>[^/:]+):cancel$", by_method(POST=xai.cancel_batch), {"wire": XAI}),
    path("xai/v1/batches/<str:name>/requests", by_method(POST=xai.add_batch_requests), {"wire": XAI}),
    path("xai/v1/batches/<str:name>/results", by_method(GET=xai.list_batch_results), {"wire": XAI}),
    path("xai/v1/chat/deferred-completion/<str:name>", by_method(GET=xai.retrieve_deferred_completion), {"wire": XAI}),
    *files_and_batches("openai/", {"wire": AZURE}, AZURES_PLACE),
    *files_and_batches("openai/v1/", {"wire": AZURE}, AZURES_PLACE),
    *kept_responses("openai/", AZURE),
    *kept_responses("openai/v1/", AZURE),
    *kept_containers("openai/v1/", AZURE),
    path("openai/v1/realtime/client_secrets", by_method(POST=realtime.create_client_secret), {"wire": AZURE}),
    *kept_responses("xai/v1/", XAI),
    path("openrouter/api/v1/generation", by_method(GET=stored.retrieve_generation), OPENROUTER),
    re_path(f"^{OLLAMA}api/copy$", by_method(POST=ollama.copy_model), LOCAL),
    re_path(f"^{OLLAMA}api/delete$", by_method(DELETE=ollama.delete_model), LOCAL),
    re_path(f"^{OLLAMA}api/blobs/(?P<digest>[^/]+)$", by_method(GET=ollama.find_blob, POST=ollama.create_blob), LOCAL),
    re_path(f"^{OLLAMA}api/ps$", by_method(GET=ollama.list_running), LOCAL),
    re_path(f"^{OLLAMA}api/me$", by_method(POST=ollama.describe_user), LOCAL),
    re_path(f"^{OLLAMA}api/signout$", by_method(POST=ollama.sign_out), LOCAL),
    re_path(f"^{OLLAMA}api/status$", by_method(GET=ollama.tell_status), LOCAL),
]
"""What Azure and xAI keep of responses, and OpenRouter of chat; the files and batches of Azure, Groq, Mistral, xAI.

And what Ollama is asked to do with its models.
"""

ANTHROPIC: Addresses = [
    path(
        "v1/messages/batches",
        by_method(POST=message_batches.create_message_batch, GET=message_batches.list_message_batches),
        CLAUDE,
    ),
    path(
        "v1/messages/batches/<str:name>",
        by_method(GET=message_batches.retrieve_message_batch, DELETE=message_batches.delete_message_batch),
        CLAUDE,
    ),
    path(
        "v1/messages/batches/<str:name>/results", by_method(GET=message_batches.download_message_batch_results), CLAUDE
    ),
    path("v1/messages/batches/<str:name>/cancel", by_method(POST=message_batches.cancel_message_batch), CLAUDE),
]
"""What Anthropic keeps; errors are in its words."""
