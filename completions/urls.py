"""The API's addresses: a generating format is one line; all of them stand under `/ns/NAME/` too."""

from django.urls import include, path, re_path

from completions import views
from completions.control.routes import urlpatterns as control
from completions.wire.anthropic import AnthropicCount, AnthropicMessages
from completions.wire.chat import ChatCompletions
from completions.wire.legacy import LegacyCompletions

CHAT, CLAUDE = ChatCompletions(), AnthropicMessages()
SHARED = {"wire": CHAT, "others": {b"anthropic-version": CLAUDE}}
"""For the addresses that several APIs have: whose answer it is, and whose it is where that API's header is there."""

api = [
    path("v1/chat/completions", views.generate, {"wire": CHAT}),
    path("v1/completions", views.generate, {"wire": LegacyCompletions()}),
    path("v1/messages", views.generate, {"wire": CLAUDE}),
    path("v1/messages/count_tokens", views.generate, {"wire": AnthropicCount()}),
    path("v1/models", views.model_list, SHARED),
    path("v1/models/<path:name>", views.model_detail, SHARED),
    *control,
]

urlpatterns = [
    *api,
    path("ns/<str:namespace>/", include(api)),
    re_path(r"^(?:ns|v1|_mock)(?:/|$)", views.not_found, SHARED),
]
