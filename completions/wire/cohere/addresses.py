"""The addresses of Cohere's formats."""

from completions.wire.address import Address, listing
from completions.wire.cohere.chat import CohereChat, CohereGenerate
from completions.wire.cohere.embed import CohereEmbed, FirstCohereEmbed
from completions.wire.cohere.rerank import CohereRerank
from completions.wire.cohere.tokenize import CohereDetokenize, CohereTokenize
from completions.wire.cohere.v1_chat import FirstCohereChat
from completions.wire.cohere.v1_rerank import Rerank

CHAT = CohereChat()

ADDRESSES = [
    Address("v2/chat", CHAT),
    Address("v1/chat", FirstCohereChat()),
    Address("v2/embed", CohereEmbed()),
    Address("v1/embed", FirstCohereEmbed()),
    Address("v2/rerank", CohereRerank()),
    Address("v1/rerank", Rerank()),
    Address("v1/tokenize", CohereTokenize()),
    Address("v1/detokenize", CohereDetokenize()),
    *listing("v1/", CHAT),
    Address("v2(?:/.*)?", CHAT, "refuse"),
]

NAMES = "classify|connectors|datasets|embed-jobs|finetuning|summarize"

ALONE = [
    Address("v1/check-api-key", CHAT, "check"),
    Address("v1/generate", CohereGenerate(), "refuse"),
    Address(f"v1/(?:{NAMES})(?:/.*)?", CHAT, "refuse"),
    Address("v1/(?:embed|rerank|tokenize|detokenize)/.*", CHAT, "refuse"),
]
"""What no other API has under `v1/`; what is not here of it is told in Cohere's words."""
