"""The ASGI application: `uvicorn mocksite.asgi:application`."""

import gc
import os
import sys

from mocksite.__main__ import RARE_THRESHOLD

thresholds = gc.get_threshold()
gc.set_threshold(RARE_THRESHOLD)

import django  # noqa: E402  # with fewer collections
from django.core.checks import run_checks  # noqa: E402  # with fewer collections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mocksite.settings")
django.setup(set_prefix=False)

from completions.management.checks import TAG  # noqa: E402  # needs the apps
from completions.receive.handler import Handler  # noqa: E402  # needs the apps

if problems := [message for message in run_checks(tags=[TAG]) if message.is_serious()]:
    sys.exit("\n".join(map(str, problems)))

application = Handler()
gc.freeze()  # these objects stay for the life of the process
gc.set_threshold(*thresholds)
