"""The inspector's addresses, which stand under `/ns/NAME/` too."""

from django.urls import path

from completions.inspector import pages, sign_in
from completions.inspector.assets import asset

urlpatterns = [
    path("_mock", pages.moved),
    path("_mock/", pages.live),
    path("_mock/docs", pages.moved),
    path("_mock/docs/", pages.docs),
    path("_mock/docs/pages.json", pages.docs_texts),
    path("_mock/docs/images/<str:name>", pages.docs_image),
    path("_mock/docs/<str:name>", pages.docs),
    path("_mock/inspector/exchanges/<str:id>", pages.exchange),
    path("_mock/inspector/runs", pages.runs),
    path("_mock/inspector/playground", pages.playground),
    path("_mock/inspector/script", pages.script),
    path("_mock/inspector/figures", pages.figures),
    path("_mock/inspector/sign-in", sign_in.sign_in),
    path("_mock/inspector/sign-out", sign_in.sign_out),
    path("_mock/inspector/static/<str:version>/<str:name>", asset),
]
