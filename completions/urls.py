"""The API's addresses: a generating format is one line; all of them stand under `/ns/NAME/` too."""

from django.urls import URLPattern, include, path, re_path

from completions import views
from completions.wire import ollama_models
from completions.wire.chat import ChatCompletions
from completions.wire.embeddings import Embeddings
from completions.wire.legacy import LegacyCompletions
from completions.wire.moderations import Moderations
from completions.wire.ollama import OllamaChat, OllamaGenerate
from completions.wire.ollama_embed import OllamaEmbed, OllamaEmbeddings

OLLAMA = OllamaChat()

ollama: list[URLPattern] = [
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

api = [
    path("v1/chat/completions", views.generate, {"wire": ChatCompletions()}),
    path("v1/completions", views.generate, {"wire": LegacyCompletions()}),
    path("v1/embeddings", views.generate, {"wire": Embeddings()}),
    path("v1/moderations", views.generate, {"wire": Moderations()}),
    path("v1/models", views.model_list),
    path("v1/models/<path:name>", views.model_detail),
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
