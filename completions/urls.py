"""The API's addresses: a generating format is one line; all of them stand under `/ns/NAME/` too."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from completions import views
from completions.wire import ollama_models
from completions.wire.azure import AZURE, AzureChat, AzureEmbeddings, AzureLegacy
from completions.wire.base import WireFormat
from completions.wire.chat import ChatCompletions
from completions.wire.chat_dialects import VLLM, DeepSeek, Groq, OpenRouter
from completions.wire.embeddings import Embeddings
from completions.wire.legacy import LegacyCompletions
from completions.wire.mistral import MISTRAL, MistralEmbeddings
from completions.wire.moderations import Moderations
from completions.wire.ollama import OllamaChat, OllamaGenerate
from completions.wire.ollama_embed import OllamaEmbed, OllamaEmbeddings

Addresses = list[URLPattern | URLResolver]

DIALECTS = {
    "azure": AZURE,
    "deepseek": DeepSeek(),
    "groq": Groq(),
    "mistral": MISTRAL,
    "openrouter": OpenRouter(),
    "vllm": VLLM(),
}
PLACES = {
    "deepseek": "deepseek/(?:v1/|beta/)?",
    "groq": "groq/openai/v1/",
    "mistral": "mistral/v1/",
    "openrouter": "openrouter/api/v1/",
    "vllm": "vllm/v1/",
}
"""Where a dialect is spoken: what its clients put behind the host, behind its name."""

SPOKEN = {name: ChatCompletions(dialect) for name, dialect in DIALECTS.items()}
EMBEDDINGS = {"mistral": MistralEmbeddings()}
OLLAMA, AZURE_CHAT = OllamaChat(), AzureChat()


def formats(chat: WireFormat, legacy: WireFormat, embeddings: WireFormat) -> Addresses:
    """Return the addresses that all have who speak OpenAI's formats."""
    return [
        path("chat/completions", views.generate, {"wire": chat}),
        path("completions", views.generate, {"wire": legacy}),
        path("embeddings", views.generate, {"wire": embeddings}),
        path("models", views.model_list),
        path("models/<path:name>", views.model_detail),
    ]


azure: Addresses = [
    path("v1/", include(formats(AZURE_CHAT, AzureLegacy(), AzureEmbeddings()))),
    path("deployments/<str:deployment>/", include(formats(AZURE_CHAT, AzureLegacy(), AzureEmbeddings())[:3])),
    re_path("", views.not_found, {"wire": AZURE_CHAT}),
]

ollama: Addresses = [
    path("chat", views.generate, {"wire": OLLAMA}),
    path("generate", views.generate, {"wire": OllamaGenerate()}),
    path("embed", views.generate, {"wire": OllamaEmbed()}),
    path("embeddings", views.generate, {"wire": OllamaEmbeddings()}),
    path("show", views.generate, {"wire": ollama_models.OllamaShow()}),
    path("tags", views.listing, {"wire": OLLAMA, "document": ollama_models.tags}),
    path("ps", views.listing, {"wire": OLLAMA, "document": ollama_models.running}),
    path("version", views.listing, {"wire": OLLAMA, "document": ollama_models.version}),
    re_path("", views.not_found, {"wire": OLLAMA}),
]

api: Addresses = [
    path("v1/", include(formats(ChatCompletions(dialects=SPOKEN), LegacyCompletions(), Embeddings()))),
    path("v1/moderations", views.generate, {"wire": Moderations()}),
    *(
        re_path(f"^{place}", include(formats(SPOKEN[name], LegacyCompletions(), EMBEDDINGS.get(name, Embeddings()))))
        for name, place in PLACES.items()
    ),
    path("openai/", include(azure)),
    path("api/", include(ollama)),
    path("_mock/health", views.health),
    path("_mock/ready", views.ready),
    path("_mock/gates", views.gates),
    path("_mock/gates/<str:name>/release", views.release_gate),
]

urlpatterns = [
    *api,
    path("ns/<str:namespace>/", include(api)),
    re_path(r"^(?:ns|v1|_mock)(?:/|$)", views.not_found),
]
