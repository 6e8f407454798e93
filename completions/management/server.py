"""Running uvicorn for the project's ASGI application, by the settings; `serve` and `runserver` share this."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn
from django.apps import apps
from django.conf import settings
from django.core.management.base import CommandError

from completions.conf import conf
from completions.inspector.address import address_problem
from completions.management.leftovers import prefix
from completions.script.request.recording import RECORDS
from completions.state.cassettes.folders import unwritable

OPTIONS: Mapping[str, Any] = {
    "lifespan": "on",
    "ws": "none",
    "log_config": None,
    "access_log": False,
    "server_header": False,
}
"""uvicorn's options for our application: the settings configure logging, and WebSockets are loaded on demand
(`receive/protocol.py`)."""

MOCKSITE_APPLICATION = "mocksite.asgi:application"

STATIC_FILES_APPLICATION = "completions.management.development:application"

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""The variable with the folder in which prometheus-client, when it is imported, shares several processes' metrics."""


def application_path() -> str:
    """Return ASGI_APPLICATION in uvicorn's notation: `mocksite.asgi:application`."""
    dotted_path: str | None = getattr(settings, "ASGI_APPLICATION", None)
    if not dotted_path:
        raise CommandError("Set ASGI_APPLICATION to your project's ASGI application: 'mysite.asgi.application'.")
    module, _, name = dotted_path.rpartition(".")
    return f"{module}:{name}"


def development_path() -> str:
    """Return the application of `runserver`: with a project's static files, as with Django's command."""
    has_static_files = settings.DEBUG and apps.is_installed("django.contrib.staticfiles")
    return STATIC_FILES_APPLICATION if has_static_files else application_path()


def uvicorn_options() -> dict[str, Any]:
    """Return uvicorn's options; another project's application keeps uvicorn's defaults and its log."""
    if application_path() == MOCKSITE_APPLICATION:
        return dict(OPTIONS)
    has_logging = "uvicorn" in getattr(settings, "LOGGING", {}).get("loggers", {})
    return {"server_header": False} | ({"log_config": None} if has_logging else {})


def check_port(host: str, port: int) -> None:
    """Raise the error of an address on which the server cannot listen, before anything is started."""
    if (problem := address_problem(host, port)) is not None:
        raise CommandError(problem)


def use_cassettes(folder: str, mode: str) -> None:
    """Play and record answers in a folder, in this process and in its child processes."""
    if not folder:
        raise CommandError("--mode needs a folder: --record DIR, or CASSETTES=DIR.")
    if mode in RECORDS and (problem := unwritable(Path(folder))) is not None:
        raise CommandError(f"--record {folder}: {problem}.")
    values = {"CASSETTES": folder, "CASSETTE_MODE": mode}
    if conf.MOCK_SCRIPT == "mock" and "MOCK_SCRIPT" not in os.environ:
        values["MOCK_SCRIPT"] = "relay"
    for name, value in values.items():
        os.environ[name] = value
        setattr(settings, name, value)


def records_nothing() -> bool:
    """Return whether recording is on, but neither a setting nor a script names a server."""
    return conf.CASSETTE_MODE in RECORDS and conf.MOCK_SCRIPT == "relay" and not conf.MOCK_UPSTREAM


def run(host: str, port: int, *, workers: int = 1, reload: bool = False, is_development: bool = False) -> None:
    """Serve until a signal ends it."""
    check_port(host, port)
    path = development_path() if is_development else application_path()
    with shared_metrics() if workers > 1 else nullcontext():
        uvicorn.run(path, host=host, port=port, workers=workers, reload=reload, **uvicorn_options())


@contextmanager
def shared_metrics() -> Iterator[None]:
    """Let child processes share their metrics, in a folder that is removed at the end.

    An existing folder in PROMETHEUS_MULTIPROC_DIR is used, and kept.
    """
    if VARIABLE in os.environ:
        yield
        return
    with TemporaryDirectory(prefix=prefix("metrics"), ignore_cleanup_errors=True) as folder:
        os.environ[VARIABLE] = folder
        try:
            yield
        finally:
            del os.environ[VARIABLE]
