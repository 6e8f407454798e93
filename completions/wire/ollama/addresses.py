"""Where Ollama's formats are spoken."""

from completions.wire.address import Address
from completions.wire.ollama import models
from completions.wire.ollama.chat import OllamaChat, OllamaGenerate
from completions.wire.ollama.embed import OllamaEmbed, OllamaEmbeddings

CHAT = OllamaChat()

ADDRESSES = [
    Address("api/chat", CHAT),
    Address("api/generate", OllamaGenerate()),
    Address("api/embed", OllamaEmbed()),
    Address("api/embeddings", OllamaEmbeddings()),
    Address("api/show", models.OllamaShow()),
    Address("api/pull", models.OllamaPull()),
    Address("api/tags", CHAT, "tell", models.tags),
    Address("api/ps", CHAT, "tell", models.running),
    Address("api/version", CHAT, "tell", models.version),
    Address("api/.*", CHAT, "refuse"),
]
