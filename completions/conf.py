"""The app's settings, read from Django's at the time of use, with defaults for projects that set none."""

import math
import os
from collections.abc import Sequence
from typing import Generic, TypeVar

from django.conf import settings

T = TypeVar("T")


class Setting(Generic[T]):
    """A Django setting of the attribute's name, or its default."""

    def __init__(self, default: T, minimum: int = 0) -> None:
        self.default, self.minimum = default, minimum

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> T:
        value: T = getattr(settings, self.name, self.default)  # `problem` tells whether it is valid
        return value

    def problem(self) -> str | None:
        """Return what is wrong with the setting's value; None if it is valid."""
        value: object = getattr(settings, self.name, self.default)
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and self.minimum <= value < math.inf
        match self.default:
            case bool():
                fits, allowed = isinstance(value, bool), "True or False"
            case int():
                fits, allowed = is_number and isinstance(value, int), f"a whole number from {self.minimum}"
            case float():
                fits, allowed = is_number, f"a number from {self.minimum}"
            case str():
                fits, allowed = isinstance(value, str | os.PathLike), "a text"
            case _:
                texts = value if isinstance(value, list | tuple | set | frozenset) else [None]
                fits, allowed = all(isinstance(each, str) for each in texts), "a list of strings"
        return None if fits else f"{self.name}={value!r} is not allowed: it takes {allowed}."


class Conf:
    """The settings by name; `.env.example` says what each means."""

    HOST = Setting("127.0.0.1")
    PORT = Setting(8000)
    WORKERS = Setting(1, minimum=1)
    SHUTDOWN_TIMEOUT = Setting(10)
    REQUEST_TIMEOUT = Setting(60, minimum=1)
    STATE_URL = Setting("memory://")
    MOCK_SCRIPT = Setting("mock")
    MOCK_UPSTREAM: Setting[Sequence[str]] = Setting(())
    CASSETTES = Setting("")
    CASSETTE_MODE = Setting("none")
    CASSETTE_RETRIES = Setting(False)
    CASSETTE_IGNORE = Setting("")
    CASSETTE_ROOT = Setting("")
    MOCK_TTFT_MS = Setting(50.0)
    MOCK_ITL_MS = Setting(50.0)
    MAX_BODY_BYTES = Setting(32 * 1024 * 1024, minimum=1)
    API_KEYS: Setting[Sequence[str]] = Setting(())
    ADMIN_TOKEN = Setting("")
    WEBHOOKS = Setting(True)
    CORS_ORIGINS: Setting[Sequence[str]] = Setting(())
    JOURNAL = Setting(False)
    JOURNAL_QUEUE = Setting(10_000, minimum=1)
    JOURNAL_KEEP = Setting(10_000, minimum=1)
    JOURNAL_MAX_BODY = Setting(256 * 1024)
    JOURNAL_FLUSH_MS = Setting(500, minimum=1)
    JOURNAL_REDACT: Setting[Sequence[str]] = Setting(())
    LOG_LEVEL = Setting("INFO")
    LOG_CHUNKS = Setting(True)
    ENVIRONMENT_DOUBTS: Setting[tuple[str, ...]] = Setting(())
    ENVIRONMENT_PROBLEMS: Setting[tuple[str, ...]] = Setting(())


def wrong_values() -> list[str]:
    """Return a sentence for each of our settings whose value is not valid."""
    ours = [each for each in vars(Conf).values() if isinstance(each, Setting)]
    return [problem for each in ours if (problem := each.problem()) is not None]


class DjangoConf:
    """Django's own settings that every request reads."""

    ALLOWED_HOSTS: Setting[Sequence[str]] = Setting(())
    DATA_UPLOAD_MAX_NUMBER_FIELDS: Setting[int | None] = Setting(1000)
    FORCE_SCRIPT_NAME: Setting[str | None] = Setting(None)
    MIDDLEWARE: Setting[Sequence[str]] = Setting(())
    ROOT_URLCONF: Setting[str | None] = Setting(None)


conf, django_conf = Conf(), DjangoConf()
conf.__dict__ = django_conf.__dict__ = object.__getattribute__(settings, "__dict__")
"""Django caches the settings that it has read here, and clears them when one changes. Python looks here first, so only
the first access to a setting is a call."""
