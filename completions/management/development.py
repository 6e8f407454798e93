"""The application of `runserver` in a project with static files, which it serves as Django's command does."""

from django.conf import settings
from django.utils.module_loading import import_string

HANDLER = "django.contrib.staticfiles.handlers.ASGIStaticFilesHandler"
"""Django's, which can be imported once a project has set Django up."""

project = import_string(settings.ASGI_APPLICATION)
application = import_string(HANDLER)(project)
