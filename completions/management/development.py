"""What `runserver` serves in a project that has static files: its ASGI application and these, as Django's own does."""

from django.conf import settings
from django.utils.module_loading import import_string

HANDLER = "django.contrib.staticfiles.handlers.ASGIStaticFilesHandler"
"""Django's, which can be imported once a project has set Django up."""

project = import_string(settings.ASGI_APPLICATION)
application = import_string(HANDLER)(project)
