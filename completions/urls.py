"""The API's addresses: a generating format is one line."""

from django.urls import path, re_path

from completions import views
from completions.wire.chat import ChatCompletions
from completions.wire.legacy import LegacyCompletions

urlpatterns = [
    path("v1/chat/completions", views.generate, {"wire": ChatCompletions()}),
    path("v1/completions", views.generate, {"wire": LegacyCompletions()}),
    path("v1/models", views.model_list),
    path("v1/models/<path:name>", views.model_detail),
    re_path(r"^v1(?:/|$)", views.not_found),
    path("_mock/health", views.health),
    path("_mock/ready", views.ready),
    path("_mock/gates", views.gates),
    path("_mock/gates/<str:name>/release", views.release_gate),
    re_path(r"^_mock(?:/|$)", views.not_found),
]
