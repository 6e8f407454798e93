"""The addresses of Azure OpenAI's formats: of deployments, at `/openai/v1/`, and of Azure's other models."""

from completions.wire.address import Address, listing
from completions.wire.base import WireFormat
from completions.wire.dialects.azure import (
    AzureChat,
    AzureCompaction,
    AzureEmbeddings,
    AzureGPTLive,
    AzureGPTLiveSideband,
    AzureInputTokens,
    AzureLegacy,
    AzureModels,
    AzureRealtime,
    AzureResponses,
)
from completions.wire.dialects.azure_media import (
    AzureImageEdits,
    AzureImages,
    AzureSpeech,
    AzureTranscriptions,
    AzureTranslations,
)
from completions.wire.openai.chat.format import ChatCompletions
from completions.wire.openai.embeddings import Embeddings

CHAT, LEGACY, EMBEDDINGS = AzureChat(), AzureLegacy(), AzureEmbeddings()
RESPONSES, MODELS = AzureResponses(), AzureModels()
DEPLOYMENT = "(?:/)?openai/deployments/(?P<deployment>[^/]+)/"
"""Azure accepts a second slash before it, from clients whose endpoint ends with a slash (recorded in July 2025)."""

DEPLOYMENT_PATHS: tuple[tuple[str, WireFormat], ...] = (
    ("chat/completions", CHAT),
    ("completions", LEGACY),
    ("embeddings", EMBEDDINGS),
    ("images/generations", AzureImages()),
    ("images/edits", AzureImageEdits()),
    ("audio/speech", AzureSpeech()),
    ("audio/transcriptions", AzureTranscriptions()),
    ("audio/translations", AzureTranslations()),
)
"""The paths below a deployment, by `_deployments_endpoints` of `openai.lib.azure`."""

ADDRESSES = [
    *(Address(f"{prefix}{path}", wire) for prefix in (DEPLOYMENT, "openai/v1/") for path, wire in DEPLOYMENT_PATHS),
    Address("openai/(?:v1/)?responses", RESPONSES),
    Address("openai/v1/realtime", AzureRealtime(), "socket"),
    Address("openai/v1/live/sessions", AzureGPTLive(), "socket"),
    Address("openai/v1/live/sessions/(?P<session>[^/]+)/attach", AzureGPTLiveSideband(), "socket"),
    Address("openai/(?:v1/)?responses/compact", AzureCompaction()),
    Address("openai/(?:v1/)?responses/input_tokens", AzureInputTokens()),
    *listing("openai/(?:v1/)?", CHAT),
    Address("models/chat/completions", ChatCompletions(MODELS)),
    Address("models/embeddings", Embeddings(MODELS)),
    Address("openai/.*", CHAT, "refuse"),
]
