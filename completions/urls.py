"""The API's addresses: a generating format is one line; all of them stand under `/ns/NAME/` too."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from completions.control.routes import urlpatterns as control
from completions.inspector.routes import urlpatterns as inspector
from completions.views import lookups, stored
from completions.views.generate import generate
from completions.views.stored import by_method
from completions.wire.anthropic.messages import AnthropicCount, AnthropicMessages
from completions.wire.base import WireFormat
from completions.wire.dialects.azure import AZURE, AzureChat, AzureEmbeddings, AzureLegacy, AzureModels, AzureResponses
from completions.wire.dialects.deepseek import DeepSeek
from completions.wire.dialects.gemini import GeminiChat
from completions.wire.dialects.groq import Groq
from completions.wire.dialects.mistral import Mistral
from completions.wire.dialects.openrouter import OpenRouter
from completions.wire.dialects.vllm import VLLM
from completions.wire.dialects.xai import XAI
from completions.wire.gemini.generate import Gemini
from completions.wire.ollama import models as ollama_models
from completions.wire.ollama.chat import OllamaChat, OllamaGenerate
from completions.wire.ollama.embed import OllamaEmbed, OllamaEmbeddings
from completions.wire.openai.chat.format import ChatCompletions
from completions.wire.openai.dialect import Dialect
from completions.wire.openai.embeddings import Embeddings
from completions.wire.openai.legacy import LegacyCompletions
from completions.wire.openai.moderations import Moderations
from completions.wire.openai.responses.format import InputTokens, Responses

Addresses = list[URLPattern | URLResolver]

DIALECTS: tuple[Dialect, ...] = (*(AZURE, DeepSeek(), GeminiChat(), Groq(), Mistral(), OpenRouter(), VLLM(), XAI()),)
SPOKEN = {dialect.name: ChatCompletions(dialect) for dialect in DIALECTS}
OLLAMA, AZURE_CHAT = OllamaChat(), AzureChat()


def formats(chat: WireFormat, legacy: WireFormat, embeddings: WireFormat, responses: WireFormat) -> Addresses:
    """Return the addresses that all have who speak OpenAI's formats."""
    return [
        path("chat/completions", generate, {"wire": chat}),
        path("completions", generate, {"wire": legacy}),
        path("embeddings", generate, {"wire": embeddings}),
        path("responses", generate, {"wire": responses}),
        path("models", lookups.model_list, {"wire": chat}),
        path("models/<path:name>", lookups.model_detail, {"wire": chat}),
        re_path("", lookups.not_found, {"wire": chat}),
    ]


def spoken(dialect: Dialect) -> URLPattern | URLResolver:
    """Return the addresses of a dialect."""
    others = LegacyCompletions(dialect), Embeddings(dialect), Responses(dialect)
    return re_path(f"^{dialect.place}", include(formats(SPOKEN[dialect.name], *others)))


AZURES = formats(AZURE_CHAT, AzureLegacy(), AzureEmbeddings(), AzureResponses())
azure: Addresses = [
    path("v1/", include(AZURES)),
    path("deployments/<str:deployment>/", include(AZURES[:3])),
    *AZURES[3:],
]

ollama: Addresses = [
    path("chat", generate, {"wire": OLLAMA}),
    path("generate", generate, {"wire": OllamaGenerate()}),
    path("embed", generate, {"wire": OllamaEmbed()}),
    path("embeddings", generate, {"wire": OllamaEmbeddings()}),
    path("show", generate, {"wire": ollama_models.OllamaShow()}),
    path("tags", lookups.listing, {"wire": OLLAMA, "document": ollama_models.tags}),
    path("ps", lookups.listing, {"wire": OLLAMA, "document": ollama_models.running}),
    path("version", lookups.listing, {"wire": OLLAMA, "document": ollama_models.version}),
]

CHAT, CLAUDE, GEMINI = ChatCompletions(dialects=SPOKEN), AnthropicMessages(), Gemini()
SHARED = {"wire": CHAT, "others": {"anthropic-version": CLAUDE, "x-goog-api-key": GEMINI, "key": GEMINI}}
"""For the addresses that several APIs have: whose answer it is, and whose where that header or parameter is there."""

GOOGLE_VERSION = "v1(?:beta1?)?"
GOOGLE_PLACE = "(?:projects/[^/]+/locations/[^/]+/)?(?:publishers/google/)?"
GOOGLE_MODEL = "(?:models|tunedModels|endpoints)/(?P<model>.+)"
GOOGLE_METHOD = "generateContent|streamGenerateContent|countTokens|embedContent|batchEmbedContents|predict"
"""A method is told apart from a model's name, for those of OpenAI's fine-tuned models have colons too."""

api: Addresses = [
    *(spoken(dialect) for dialect in DIALECTS if dialect.place),
    path("v1/chat/completions", by_method(POST=generate, GET=stored.completions), {"wire": CHAT}),
    path(
        "v1/chat/completions/<str:name>",
        by_method(GET=stored.completion, POST=stored.completion_changed, DELETE=stored.completion_gone),
    ),
    path("v1/chat/completions/<str:name>/messages", by_method(GET=stored.completion_messages)),
    path("v1/completions", generate, {"wire": LegacyCompletions()}),
    path("v1/embeddings", generate, {"wire": Embeddings()}),
    path("v1/moderations", generate, {"wire": Moderations()}),
    path("v1/responses", generate, {"wire": Responses()}),
    path("v1/responses/input_tokens", generate, {"wire": InputTokens()}),
    path("v1/responses/<str:name>", by_method(GET=stored.response, DELETE=stored.response_gone)),
    path("v1/responses/<str:name>/cancel", by_method(POST=stored.response_cancelled)),
    path("v1/responses/<str:name>/input_items", by_method(GET=stored.response_input)),
    path("v1/conversations", by_method(POST=stored.conversation_made)),
    path(
        "v1/conversations/<str:name>",
        by_method(GET=stored.conversation, POST=stored.conversation_changed, DELETE=stored.conversation_gone),
    ),
    path("v1/conversations/<str:name>/items", by_method(GET=stored.items, POST=stored.items_added)),
    path("v1/conversations/<str:name>/items/<str:item_id>", by_method(GET=stored.item, DELETE=stored.item_gone)),
    path("v1/messages", generate, {"wire": CLAUDE}),
    path("v1/messages/count_tokens", generate, {"wire": AnthropicCount()}),
    re_path(f"^{GOOGLE_VERSION}/{GOOGLE_PLACE}{GOOGLE_MODEL}:(?P<method>{GOOGLE_METHOD})$", generate, {"wire": GEMINI}),
    path("v1/models", lookups.model_list, SHARED),
    path("v1/models/<path:name>", lookups.model_detail, SHARED),
    re_path("^v1beta1?/(?:publishers/google/)?models$", lookups.model_list, {"wire": GEMINI}),
    re_path("^v1beta1?/(?:publishers/google/)?models/(?P<name>.+)$", lookups.model_detail, {"wire": GEMINI}),
    path("openai/", include(azure)),
    path("models/chat/completions", generate, {"wire": ChatCompletions(AzureModels())}),
    path("models/embeddings", generate, {"wire": Embeddings(AzureModels())}),
    path("api/", include(ollama)),
    *control,
    *inspector,
]

urlpatterns = [
    *api,
    path("ns/<str:namespace>/", include(api)),
    re_path(r"^(?:ns/(?P<namespace>[^/]+)/)?v1beta1?(?:/|$)", lookups.not_found, {"wire": GEMINI}),
    re_path(r"^ns/(?P<namespace>[^/]+)(?:/|$)", lookups.not_found, SHARED),
    re_path(r"^(?:ns|v1|_mock)(?:/|$)", lookups.not_found, SHARED),
]
