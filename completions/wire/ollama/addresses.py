"""Where Ollama's formats are spoken."""

from completions.wire.address import Address
from completions.wire.ollama import models
from completions.wire.ollama.chat import OllamaChat, OllamaGenerate
from completions.wire.ollama.embed import OllamaEmbed, OllamaEmbeddings

CHAT = OllamaChat()

PLACE = "(?:ollama/)?"
"""Beside the host itself, the place below which Ollama's server is spoken to in other formats too."""

ADDRESSES = [
    Address(f"{PLACE}api/chat", CHAT),
    Address(f"{PLACE}api/generate", OllamaGenerate()),
    Address(f"{PLACE}api/embed", OllamaEmbed()),
    Address(f"{PLACE}api/embeddings", OllamaEmbeddings()),
    Address(f"{PLACE}api/show", models.OllamaShow()),
    Address(f"{PLACE}api/pull", models.OllamaPull()),
    Address(f"{PLACE}api/tags", CHAT, "tell", models.tags),
    Address(f"{PLACE}api/ps", CHAT, "tell", models.running),
    Address(f"{PLACE}api/version", CHAT, "tell", models.version),
    Address(f"{PLACE}api/.*", CHAT, "refuse"),
]
