"""The API's addresses: a generating format is one line; all of them stand under `/ns/NAME/` too."""

from django.urls import include, path, re_path

from completions import stored, views
from completions.control.routes import urlpatterns as control
from completions.inspector.routes import urlpatterns as inspector
from completions.stored import by_method
from completions.wire.anthropic import AnthropicCount, AnthropicMessages
from completions.wire.chat import ChatCompletions
from completions.wire.embeddings import Embeddings
from completions.wire.legacy import LegacyCompletions
from completions.wire.moderations import Moderations
from completions.wire.responses import InputTokens, Responses

CHAT, CLAUDE = ChatCompletions(), AnthropicMessages()
SHARED = {"wire": CHAT, "others": {b"anthropic-version": CLAUDE}}
"""For the addresses that several APIs have: whose answer it is, and whose it is where that API's header is there."""

api = [
    path("v1/chat/completions", by_method(POST=views.generate, GET=stored.completions), {"wire": CHAT}),
    path(
        "v1/chat/completions/<str:name>",
        by_method(GET=stored.completion, POST=stored.completion_changed, DELETE=stored.completion_gone),
    ),
    path("v1/chat/completions/<str:name>/messages", by_method(GET=stored.completion_messages)),
    path("v1/completions", views.generate, {"wire": LegacyCompletions()}),
    path("v1/embeddings", views.generate, {"wire": Embeddings()}),
    path("v1/moderations", views.generate, {"wire": Moderations()}),
    path("v1/responses", views.generate, {"wire": Responses()}),
    path("v1/responses/input_tokens", views.generate, {"wire": InputTokens()}),
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
    path("v1/messages", views.generate, {"wire": CLAUDE}),
    path("v1/messages/count_tokens", views.generate, {"wire": AnthropicCount()}),
    path("v1/models", views.model_list, SHARED),
    path("v1/models/<path:name>", views.model_detail, SHARED),
    *control,
    *inspector,
]

urlpatterns = [
    *api,
    path("ns/<str:namespace>/", include(api)),
    re_path(r"^(?:ns|v1|_mock)(?:/|$)", views.not_found, SHARED),
]
