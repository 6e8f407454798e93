"""Run uvicorn for the project's ASGI application, by the settings; `serve` and `runserver` share it."""

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
"""How uvicorn runs our application, however it is started: logging is the settings' own, and WebSockets
are loaded when one is asked for (`receive/protocol.py`)."""

OURS = "mocksite.asgi:application"

WITH_STATIC_FILES = "completions.management.development:application"

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""What tells prometheus-client, when it is imported, where several processes keep their numbers."""


def application_path() -> str:
    """Return ASGI_APPLICATION in uvicorn's notation: `mocksite.asgi:application`."""
    dotted: str | None = getattr(settings, "ASGI_APPLICATION", None)
    if not dotted:
        raise CommandError("Set ASGI_APPLICATION to your project's ASGI application: 'mysite.asgi.application'.")
    module, _, name = dotted.rpartition(".")
    return f"{module}:{name}"


def development_path() -> str:
    """Return what `runserver` serves: the application, with a project's static files, as Django's own does."""
    has_static_files = settings.DEBUG and apps.is_installed("django.contrib.staticfiles")
    return WITH_STATIC_FILES if has_static_files else application_path()


def uvicorn_options() -> dict[str, Any]:
    """Return how uvicorn runs: a project's own application its own way, with the lines that uvicorn itself logs."""
    if application_path() == OURS:
        return dict(OPTIONS)
    has_logging = "uvicorn" in getattr(settings, "LOGGING", {}).get("loggers", {})
    return {"server_header": False} | ({"log_config": None} if has_logging else {})


def check_port(host: str, port: int) -> None:
    """Raise the error of an address that cannot be listened on, before anything is started for it."""
    if (problem := address_problem(host, port)) is not None:
        raise CommandError(problem)


def use_cassettes(folder: str, mode: str) -> None:
    """Play and record the answers in a folder, in this process and in those that it starts."""
    if not folder:
        raise CommandError("--mode needs a folder: --record DIR, or CASSETTES=DIR.")
    if mode in RECORDS and (problem := unwritable(Path(folder))) is not None:
        raise CommandError(f"--record {folder}: {problem}.")
    given = {"CASSETTES": folder, "CASSETTE_MODE": mode}
    if conf.MOCK_SCRIPT == "mock" and "MOCK_SCRIPT" not in os.environ:
        given["MOCK_SCRIPT"] = "relay"
    for name, value in given.items():
        os.environ[name] = value
        setattr(settings, name, value)


def records_nothing() -> bool:
    """Tell whether answers are to be recorded, and no server gives any, neither by a setting nor by a script."""
    return conf.CASSETTE_MODE in RECORDS and conf.MOCK_SCRIPT == "relay" and not conf.MOCK_UPSTREAM


def run(host: str, port: int, *, workers: int = 1, reload: bool = False, is_development: bool = False) -> None:
    """Serve until a signal ends it."""
    check_port(host, port)
    path = development_path() if is_development else application_path()
    with shared_metrics() if workers > 1 else nullcontext():
        uvicorn.run(path, host=host, port=port, workers=workers, reload=reload, **uvicorn_options())


@contextmanager
def shared_metrics() -> Iterator[None]:
    """Let the processes that start now add up their metrics, in a folder that is gone at the end.

    A folder that PROMETHEUS_MULTIPROC_DIR names already is used, and left.
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
