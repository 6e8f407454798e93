"""The error of each API for a document that it does not store, or no longer stores."""

from collections.abc import Callable, Mapping

from completions.exceptions import RequestError
from completions.wire.anthropic import batches as message_batches
from completions.wire.anthropic import files as anthropic_files
from completions.wire.anthropic import skills as anthropic_skills
from completions.wire.anthropic.managed import kinds
from completions.wire.dialects import mistral_batches, openrouter_generations, xai_batches, xai_deferred
from completions.wire.dialects.mistral_agents import agents as mistral_agents
from completions.wire.dialects.mistral_agents import rules as mistral_conversations
from completions.wire.dialects.mistral_agents.setup import CONVERSATION as MISTRAL_CONVERSATION
from completions.wire.gemini import batches as gemini_batches
from completions.wire.gemini import caches, file_search
from completions.wire.gemini import files as gemini_files
from completions.wire.gemini import webhooks as gemini_webhooks
from completions.wire.gemini.interactions import storage
from completions.wire.gemini.managed import kinds as gemini_kinds
from completions.wire.openai import containers, files, uploads, vector_stores, voices, webhooks
from completions.wire.openai.hosted_agents import kinds as hosted_kinds

MISSING: Mapping[str, Callable[[str], RequestError]] = {
    anthropic_files.FILE: anthropic_files.not_found,
    anthropic_skills.SKILL: anthropic_skills.not_found,
    **kinds.MISSING,
    **hosted_kinds.MISSING,
    message_batches.BATCH: message_batches.not_found,
    mistral_agents.AGENT: mistral_agents.not_found,
    MISTRAL_CONVERSATION: mistral_conversations.not_found,
    mistral_batches.FILE: lambda name: mistral_batches.not_found("File", name),
    mistral_batches.JOB: lambda name: mistral_batches.not_found("Job", name),
    openrouter_generations.GENERATION: openrouter_generations.not_found,
    xai_batches.BATCH: xai_batches.not_found,
    xai_deferred.COMPLETION: xai_deferred.not_found,
    gemini_batches.BATCH: lambda name: gemini_batches.not_found(name.removeprefix("batches/")),
    gemini_files.FILE: lambda name: gemini_files.not_found(name.removeprefix("files/")),
    gemini_files.UPLOAD: lambda name: RequestError("Upload has already been terminated.", status=404),
    gemini_webhooks.WEBHOOK: gemini_webhooks.not_found,
    **dict.fromkeys(gemini_kinds.RULED, gemini_kinds.not_found),
    caches.CACHE: lambda name: caches.not_found(),
    file_search.STORE: file_search.not_found,
    file_search.DOCUMENTS: file_search.not_found,
    storage.INTERACTION: storage.interaction_not_found,
    files.FILE: files.not_found,
    # No source has the words of these two, whose modules the first request for them imports.
    "chatkit_session": lambda name: RequestError(f"No ChatKit session found with id '{name[:200]}'.", status=404),
    "chatkit_thread": lambda name: RequestError(f"No ChatKit thread found with id '{name[:200]}'.", status=404),
    containers.CONTAINER: containers.not_found,
    uploads.UPLOAD: uploads.not_found,
    voices.VOICE: voices.voice_not_found,
    voices.CONSENT: voices.consent_not_found,
    webhooks.ENDPOINT: webhooks.not_found,
    vector_stores.STORE: lambda name: vector_stores.not_found("vector store", name),
    vector_stores.FILE_BATCH: lambda place: vector_stores.not_found("file batch", *reversed(place.split("/", 1))),
}
"""The function that makes the error, by kind of document."""


def not_found(kind: str, name: str) -> RequestError:
    """Return the API's error of a missing document; by default a 404 of OpenAI's."""
    if (make_error := MISSING.get(kind)) is not None:
        return make_error(name)
    return RequestError(f"{kind.capitalize()} with id '{name[:200]}' not found.", status=404)
