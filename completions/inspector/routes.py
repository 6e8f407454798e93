"""The inspector's addresses under `/_mock/`."""

from django.urls import path

from completions.inspector import pages, sign_in
from completions.inspector.assets import asset

urlpatterns = [
    path("", pages.live),
    path("docs", pages.moved),
    path("docs/", pages.docs),
    path("docs/pages.json", pages.docs_texts),
    path("docs/images/<str:name>", pages.docs_image),
    path("docs/<str:name>", pages.docs),
    path("inspector/exchanges/<str:id>", pages.exchange),
    path("inspector/runs", pages.runs),
    path("inspector/playground", pages.playground),
    path("inspector/script", pages.script),
    path("inspector/figures", pages.figures),
    path("inspector/sign-in", sign_in.sign_in),
    path("inspector/sign-out", sign_in.sign_out),
    path("inspector/static/<str:version>/<str:name>", asset),
]
