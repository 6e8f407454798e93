"""The project's addresses: the app's, and an envelope for all others."""

from django.urls import include, path, re_path

from completions.views.lookups import not_found

urlpatterns = [path("", include("completions.urls")), re_path(r"", not_found)]
