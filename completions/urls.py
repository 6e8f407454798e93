"""The API's addresses: a generating format is one line; all of them stand under `/ns/NAME/` too."""

from django.urls import include, path, re_path

from completions import views
from completions.control.routes import urlpatterns as control
from completions.wire.chat import ChatCompletions
from completions.wire.legacy import LegacyCompletions

api = [
    path("v1/chat/completions", views.generate, {"wire": ChatCompletions()}),
    path("v1/completions", views.generate, {"wire": LegacyCompletions()}),
    path("v1/models", views.model_list),
    path("v1/models/<path:name>", views.model_detail),
    *control,
]

urlpatterns = [
    *api,
    path("ns/<str:namespace>/", include(api)),
    re_path(r"^(?:ns|v1|_mock)(?:/|$)", views.not_found),
]
