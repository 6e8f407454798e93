"""Django's settings, and the one place that reads the environment (`.env.example` lists every variable)."""

import os
import secrets
from pathlib import Path

from mocksite.environment import Environment
from mocksite.logging import logging_config

_env = Environment(file=Path(os.environ.get("ENV_FILE") or ".env"))

# The server
HOST = _env.text("HOST", "127.0.0.1")
PORT = _env.integer("PORT", 8000, 0, 65535)
WORKERS = _env.integer("WORKERS", 1, 1, 256)
SHUTDOWN_TIMEOUT = _env.integer("SHUTDOWN_TIMEOUT", 10, 0, 3600)  # seconds

# Django
DEBUG = _env.flag("DEBUG", False)
SECRET_KEY = _env.text("SECRET_KEY", "") or secrets.token_urlsafe(50)
ALLOWED_HOSTS = _env.names("ALLOWED_HOSTS", ["localhost", ".localhost", "127.0.0.1", "[::1]"])

# The state of the mock
STATE_URL = _env.state_url("STATE_URL", "memory://")

# The mock
MOCK_SCRIPT = _env.text("MOCK_SCRIPT", "mock")
MOCK_TTFT_MS = _env.number("MOCK_TTFT_MS", 50.0, 0, 3_600_000)
MOCK_ITL_MS = _env.number("MOCK_ITL_MS", 50.0, 0, 3_600_000)
API_KEYS = _env.names("API_KEYS", [])
MAX_BODY_BYTES = _env.integer("MAX_BODY_BYTES", 32 * 1024 * 1024, 1, 2**40)

# Logging
LOG_LEVEL = _env.choice("LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"])
LOG_FORMAT = _env.choice("LOG_FORMAT", "text", ["text", "json"])
LOG_CHUNKS = _env.flag("LOG_CHUNKS", True)
LOGGING = logging_config(level=LOG_LEVEL, style=LOG_FORMAT)

ENVIRONMENT_PROBLEMS = tuple(_env.problems)

ASGI_APPLICATION = "mocksite.asgi.application"
ROOT_URLCONF = "mocksite.urls"
INSTALLED_APPS = ["completions"]
MIDDLEWARE: list[str] = []
DATABASES: dict[str, dict[str, str]] = {}
DATA_UPLOAD_MAX_MEMORY_SIZE = None  # MAX_BODY_BYTES is the limit, and it answers in the API's own envelope
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
