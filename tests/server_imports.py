"""What a server imports and reads no setting for; `tests/forked.py` imports it once for many servers."""

import importlib

from completions.tokens import models, text

for name in (
    "completions.delivery.pump",
    "completions.delivery.relay.answer",
    "completions.inspector.manual",
    "completions.management.checks",
    "completions.resolve.ask",
    "completions.resolve.rehearsal",
    "completions.resolve.upstream",
    "completions.script.auto.answer",
    "completions.script.grammar",
    "completions.script.loader",
    "completions.state.cassettes.folders",
    "completions.wire.registry",
    "django.contrib.staticfiles.handlers",
    "django.core.handlers.asgi",
    "django.core.management",
    "django.db.backends.sqlite3.base",
    "django.db.migrations.recorder",
    "django.db.models.sql.compiler",
    "environ",
    "prometheus_client",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
):
    importlib.import_module(name)
text.load_default_encoding()
models.prices(None)  # which reads the table of models
