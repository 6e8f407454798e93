"""Django's settings, and the one place that reads the environment (`.env.example` lists every variable)."""

import os
import secrets
import sys
from pathlib import Path

from mocksite.environment import Environment
from mocksite.logging import logging_config

_env_file_name = os.environ.get("ENV_FILE")
_env_file = Path(_env_file_name or ".env")
_env = Environment(file=_env_file if _env_file_name or _env_file.exists() else None)

# The server
HOST = _env.text("HOST", "127.0.0.1").strip("[]")  # of an IPv6 address in a URL
PORT = _env.integer("PORT", 8000, 0, 65535)
WORKERS = _env.integer("WORKERS", 1, 1, 256)
SHUTDOWN_TIMEOUT = _env.integer("SHUTDOWN_TIMEOUT", 10, 0, 3600)  # seconds
REQUEST_TIMEOUT = _env.integer("REQUEST_TIMEOUT", 60, 1, 86_400)  # seconds

# Django
DEBUG = _env.flag("DEBUG", False)
SECRET_KEY = _env.text("SECRET_KEY", "") or secrets.token_urlsafe(50)
ALLOWED_HOSTS = _env.hosts("ALLOWED_HOSTS", ["localhost", ".localhost", "127.0.0.1", "[::1]"])

# The state of the mock
STATE_URL = _env.state_url("STATE_URL", "memory://")

# The mock
MOCK_UPSTREAM = _env.names("MOCK_UPSTREAM", [])
CASSETTES = _env.text("CASSETTES", "")
CASSETTE_MODE = _env.choice("CASSETTE_MODE", "none", ["none", "once", "new_episodes", "all", "passthrough"])
CASSETTE_RETRIES = _env.flag("CASSETTE_RETRIES", False)
CASSETTE_IGNORE = _env.text("CASSETTE_IGNORE", "")
CASSETTE_ROOT = _env.text("CASSETTE_ROOT", "")
MOCK_SCRIPT = _env.text("MOCK_SCRIPT", "relay" if MOCK_UPSTREAM or CASSETTES else "mock")
MOCK_TTFT_MS = _env.number("MOCK_TTFT_MS", 50.0, 0, 3_600_000)
MOCK_ITL_MS = _env.number("MOCK_ITL_MS", 50.0, 0, 3_600_000)
API_KEYS = _env.names("API_KEYS", [])
ADMIN_TOKEN = _env.text("ADMIN_TOKEN", "")
WEBHOOKS = _env.flag("WEBHOOKS", True)
CORS_ORIGINS = _env.origins("CORS_ORIGINS")
MAX_BODY_BYTES = _env.integer("MAX_BODY_BYTES", 32 * 1024 * 1024, 1, 2**40)

# The journal
JOURNAL = _env.flag("JOURNAL", True)
DATABASES = {"default": _env.database("DATABASE_URL", "sqlite:///.journal.sqlite3")}
JOURNAL_QUEUE = _env.integer("JOURNAL_QUEUE", 10_000, 1, 10_000_000)
JOURNAL_KEEP = _env.integer("JOURNAL_KEEP", 10_000, 1, 100_000_000)
JOURNAL_MAX_BODY = _env.integer("JOURNAL_MAX_BODY", 256 * 1024, 0, 2**30)  # bytes
JOURNAL_FLUSH_MS = _env.integer("JOURNAL_FLUSH_MS", 500, 1, 60_000)
JOURNAL_REDACT = _env.names("JOURNAL_REDACT", [])

# Logging
LOG_LEVEL = _env.choice("LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"])
LOG_FORMAT = _env.choice("LOG_FORMAT", "text", ["text", "json"])
LOG_CHUNKS = _env.flag("LOG_CHUNKS", True)
LOG_COLOR = _env.choice("LOG_COLOR", "auto", ["auto", "always", "never"])
# https://no-color.org: set to anything, it asks every program for none
_is_terminal = sys.stderr is not None and sys.stderr.isatty()  # a program without a terminal may have no stderr
_has_colour = LOG_COLOR == "always" or (LOG_COLOR == "auto" and _is_terminal and not os.environ.get("NO_COLOR"))
LOGGING = logging_config(level=LOG_LEVEL, style="colour" if _has_colour and LOG_FORMAT == "text" else LOG_FORMAT)

ENVIRONMENT_PROBLEMS = tuple(_env.problems)
ENVIRONMENT_DOUBTS = tuple(_env.doubts(["ENV_FILE"]))

ASGI_APPLICATION = "mocksite.asgi.application"
ROOT_URLCONF = "mocksite.urls"
INSTALLED_APPS = ["completions"]
MIDDLEWARE: list[str] = []
DATA_UPLOAD_MAX_MEMORY_SIZE = None  # MAX_BODY_BYTES is the limit, and it answers in the API's own envelope
DATA_UPLOAD_MAX_NUMBER_FILES = 1000  # a skill of OpenAI has up to 500
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
