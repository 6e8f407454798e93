"""The addresses of Ollama's formats."""

from completions.wire.address import Address
from completions.wire.ollama import models
from completions.wire.ollama.chat import OllamaChat, OllamaGenerate
from completions.wire.ollama.embed import OllamaEmbed, OllamaEmbeddings

CHAT = OllamaChat()

PREFIX = "(?:ollama/)?"
"""The path below which Ollama's server is reached in other formats too; it may be left out."""

ADDRESSES = [
    Address(f"{PREFIX}api/chat", CHAT),
    Address(f"{PREFIX}api/generate", OllamaGenerate()),
    Address(f"{PREFIX}api/embed", OllamaEmbed()),
    Address(f"{PREFIX}api/embeddings", OllamaEmbeddings()),
    Address(f"{PREFIX}api/show", models.OllamaShow()),
    Address(f"{PREFIX}api/pull", models.OllamaPull()),
    Address(f"{PREFIX}api/push", models.OllamaPush()),
    Address(f"{PREFIX}api/create", models.OllamaCreate()),
    Address(f"{PREFIX}api/tags", CHAT, "tell", models.tags),
    Address(f"{PREFIX}api/version", CHAT, "tell", models.version),
    Address(f"{PREFIX}api/.*", CHAT, "refuse"),
]
