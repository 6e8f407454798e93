"""The app's settings, read from Django's at the time of use, with defaults for projects that set none."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from django.conf import settings

T = TypeVar("T")


class Setting(Generic[T]):
    """A Django setting of the attribute's name, or its default."""

    def __init__(self, default: T) -> None:
        self.default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> T:
        value: T = getattr(settings, self.name, self.default)  # checked where the settings are read
        return value


class Conf:
    """The settings by name; `.env.example` says what each means."""

    HOST = Setting("127.0.0.1")
    PORT = Setting(8000)
    WORKERS = Setting(1)
    SHUTDOWN_TIMEOUT = Setting(10)
    REQUEST_TIMEOUT = Setting(60)
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
    MAX_BODY_BYTES = Setting(32 * 1024 * 1024)
    API_KEYS: Setting[Sequence[str]] = Setting(())
    ADMIN_TOKEN = Setting("")
    CORS_ORIGINS: Setting[Sequence[str]] = Setting(())
    JOURNAL = Setting(False)
    JOURNAL_QUEUE = Setting(10_000)
    JOURNAL_KEEP = Setting(10_000)
    JOURNAL_MAX_BODY = Setting(256 * 1024)
    JOURNAL_FLUSH_MS = Setting(500)
    JOURNAL_REDACT: Setting[Sequence[str]] = Setting(())
    LOG_LEVEL = Setting("INFO")
    LOG_CHUNKS = Setting(True)
    ENVIRONMENT_DOUBTS: Setting[tuple[str, ...]] = Setting(())
    ENVIRONMENT_PROBLEMS: Setting[tuple[str, ...]] = Setting(())


class DjangoConf:
    """Those of Django's own that every request reads."""

    ALLOWED_HOSTS: Setting[Sequence[str]] = Setting(())
    DATA_UPLOAD_MAX_NUMBER_FIELDS: Setting[int | None] = Setting(1000)
    FORCE_SCRIPT_NAME: Setting[str | None] = Setting(None)
    MIDDLEWARE: Setting[Sequence[str]] = Setting(())
    ROOT_URLCONF: Setting[str | None] = Setting(None)


conf, django_conf = Conf(), DjangoConf()
conf.__dict__ = django_conf.__dict__ = object.__getattribute__(settings, "__dict__")
"""Django keeps here what it has read of its settings, and forgets it when one changes. Python looks here first, so a
setting costs no call but the first time."""
