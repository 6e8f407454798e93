"""Write the answers as they are now."""

import asyncio
import os

import django

os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_LEVEL": "ERROR"}
django.setup()

from tests.same_bytes.answers import FILE, answers, write  # noqa: E402  # Django must be set up first

write(asyncio.run(answers()))
print(f"{FILE.name}: {len(FILE.read_text(encoding='utf-8').splitlines())} answers")
