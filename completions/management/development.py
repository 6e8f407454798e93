"""What `runserver` serves in a project that has static files: its ASGI application and these, as Django's own does."""

from django.conf import settings
from django.utils.module_loading import import_string

project = import_string(settings.ASGI_APPLICATION)  # first, for it sets Django up

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler  # noqa: E402  # needs the apps

application = ASGIStaticFilesHandler(project)
