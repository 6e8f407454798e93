"""The ASGI application: `uvicorn mocksite.asgi:application`."""

import os
import sys

import django
from django.core.checks import run_checks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mocksite.settings")
django.setup(set_prefix=False)

from completions.management.checks import TAG  # noqa: E402  # needs the apps
from completions.receive.handler import Handler  # noqa: E402  # needs the apps

if problems := [message for message in run_checks(tags=[TAG]) if message.is_serious()]:
    sys.exit("\n".join(map(str, problems)))

application = Handler()
