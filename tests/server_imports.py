"""What a server imports and reads no setting for; `tests/forked.py` imports it once for many servers."""

import importlib

from completions.tokens import text

for name in (
    "completions.delivery.relay.answer",
    "completions.journal.costs",
    "completions.resolve.ask",
    "completions.resolve.upstream",
    "completions.script.loader",
    "completions.state.cassettes.place",
    "completions.wire.registry",
    "django.contrib.staticfiles.handlers",
    "django.core.handlers.asgi",
    "django.core.management",
    "django.db.backends.sqlite3.base",
    "django.db.models",
    "environ",
    "prometheus_client",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
):
    importlib.import_module(name)
text.warm()
