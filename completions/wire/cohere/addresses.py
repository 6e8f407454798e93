"""Where Cohere's formats are spoken."""

from completions.wire.address import Address, listing
from completions.wire.cohere.chat import CohereChat
from completions.wire.cohere.embed import CohereEmbed
from completions.wire.cohere.other_reranks import Rerank
from completions.wire.cohere.rerank import CohereRerank
from completions.wire.cohere.tokenize import CohereDetokenize, CohereTokenize

CHAT = CohereChat()

ADDRESSES = [
    Address("v2/chat", CHAT),
    Address("v2/embed", CohereEmbed()),
    Address("v2/rerank", CohereRerank()),
    Address("v1/rerank", Rerank()),
    Address("v1/tokenize", CohereTokenize()),
    Address("v1/detokenize", CohereDetokenize()),
    *listing("v1/", CHAT),
    Address("v2(?:/.*)?", CHAT, "refuse"),
]
