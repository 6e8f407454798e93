"""The addresses of Cohere's formats."""

from completions.wire.address import Address, listing
from completions.wire.cohere.chat import CohereChat, CohereGenerate
from completions.wire.cohere.embed import CohereEmbed, CohereEmbedV1
from completions.wire.cohere.rerank import CohereRerank
from completions.wire.cohere.tokenize import CohereDetokenize, CohereTokenize
from completions.wire.cohere.v1_chat import CohereChatV1
from completions.wire.cohere.v1_rerank import SharedRerank

CHAT = CohereChat()

ADDRESSES = [
    Address("v2/chat", CHAT),
    Address("v1/chat", CohereChatV1()),
    Address("v2/embed", CohereEmbed()),
    Address("v1/embed", CohereEmbedV1()),
    Address("v2/rerank", CohereRerank()),
    Address("v1/rerank", SharedRerank()),
    Address("v1/tokenize", CohereTokenize()),
    Address("v1/detokenize", CohereDetokenize()),
    *listing("v1/", CHAT),
    Address("v2(?:/.*)?", CHAT, "refuse"),
]

UNSUPPORTED = "classify|connectors|datasets|embed-jobs|finetuning|summarize"

COHERE_ONLY = [
    Address("v1/check-api-key", CHAT, "check"),
    Address("v1/generate", CohereGenerate(), "refuse"),
    Address(f"v1/(?:{UNSUPPORTED})(?:/.*)?", CHAT, "refuse"),
    Address("v1/(?:embed|rerank|tokenize|detokenize)/.*", CHAT, "refuse"),
]
"""Addresses that no other API has under `v1/`; those that the mock lacks get Cohere's errors."""
