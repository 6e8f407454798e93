"""The API's addresses: a generating format is one line; all of them stand under `/ns/NAME/` too."""

import functools

from django.urls import include, path, re_path

from completions import views
from completions.wire import gemini_models
from completions.wire.chat import ChatCompletions
from completions.wire.gemini import Gemini
from completions.wire.legacy import LegacyCompletions

gemini = Gemini()
google_models = functools.partial(views.model_list, catalogue=gemini_models, wire=gemini)
google_model = functools.partial(views.model_detail, catalogue=gemini_models, wire=gemini)

GOOGLE_VERSION = "v1(?:beta1?)?"
GOOGLE_PLACE = "(?:projects/[^/]+/locations/[^/]+/)?(?:publishers/google/)?"
GOOGLE_MODEL = "(?:models|tunedModels|endpoints)/(?P<model>.+)"
GOOGLE_METHOD = "generateContent|streamGenerateContent|countTokens|embedContent|batchEmbedContents|predict"
"""A method is told apart from a model's name, for those of OpenAI's fine-tuned models have colons too."""

api = [
    path("v1/chat/completions", views.generate, {"wire": ChatCompletions()}),
    path("v1/completions", views.generate, {"wire": LegacyCompletions()}),
    re_path(
        f"^{GOOGLE_VERSION}/{GOOGLE_PLACE}{GOOGLE_MODEL}:(?P<method>{GOOGLE_METHOD})$", views.generate, {"wire": gemini}
    ),
    path("v1/models", views.by_client({"x-goog-api-key": google_models, "key": google_models}, views.model_list)),
    path(
        "v1/models/<path:name>",
        views.by_client({"x-goog-api-key": google_model, "key": google_model}, views.model_detail),
    ),
    re_path("^v1beta1?/(?:publishers/google/)?models$", google_models),
    re_path("^v1beta1?/(?:publishers/google/)?models/(?P<name>.+)$", google_model),
    path("_mock/health", views.health),
    path("_mock/ready", views.ready),
    path("_mock/gates", views.gates),
    path("_mock/gates/<str:name>/release", views.release_gate),
]

urlpatterns = [
    *api,
    path("ns/<str:namespace>/", include(api)),
    re_path(r"^(?:ns/[^/]+/)?v1beta1?(?:/|$)", views.not_found, {"wire": gemini}),
    re_path(r"^(?:ns|v1|_mock)(?:/|$)", views.not_found),
]
