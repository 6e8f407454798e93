"""The API's addresses: a generating format is one line; all of them stand under `/ns/NAME/` too."""

from django.urls import include, path, re_path

from completions import views
from completions.wire.chat import ChatCompletions
from completions.wire.embeddings import Embeddings
from completions.wire.legacy import LegacyCompletions
from completions.wire.moderations import Moderations

api = [
    path("v1/chat/completions", views.generate, {"wire": ChatCompletions()}),
    path("v1/completions", views.generate, {"wire": LegacyCompletions()}),
    path("v1/embeddings", views.generate, {"wire": Embeddings()}),
    path("v1/moderations", views.generate, {"wire": Moderations()}),
    path("v1/models", views.model_list),
    path("v1/models/<path:name>", views.model_detail),
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
