"""Where Azure OpenAI's formats are spoken: at deployments, at `/openai/v1/`, and at Azure's own models."""

from completions.wire.address import Address, listing
from completions.wire.base import WireFormat
from completions.wire.dialects.azure import (
    AzureChat,
    AzureCompaction,
    AzureEmbeddings,
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
"""Azure takes a second slash before it, as clients send it whose endpoint ends with one (recorded in July 2025)."""

DEPLOYED: tuple[tuple[str, WireFormat], ...] = (
    ("chat/completions", CHAT),
    ("completions", LEGACY),
    ("embeddings", EMBEDDINGS),
    ("images/generations", AzureImages()),
    ("images/edits", AzureImageEdits()),
    ("audio/speech", AzureSpeech()),
    ("audio/transcriptions", AzureTranscriptions()),
    ("audio/translations", AzureTranslations()),
)
"""What the SDK asks of a deployment, by `_deployments_endpoints` of `openai.lib.azure`."""

ADDRESSES = [
    *(Address(f"{place}{name}", wire) for place in (DEPLOYMENT, "openai/v1/") for name, wire in DEPLOYED),
    Address("openai/(?:v1/)?responses", RESPONSES),
    Address("openai/v1/realtime", AzureRealtime(), "socket"),
    Address("openai/(?:v1/)?responses/compact", AzureCompaction()),
    Address("openai/(?:v1/)?responses/input_tokens", AzureInputTokens()),
    *listing("openai/(?:v1/)?", CHAT),
    Address("models/chat/completions", ChatCompletions(MODELS)),
    Address("models/embeddings", Embeddings(MODELS)),
    Address("openai/.*", CHAT, "refuse"),
]
