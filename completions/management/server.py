"""Run uvicorn for the project's ASGI application, by the settings; `serve` and `runserver` share it."""

import uvicorn
from django.conf import settings
from django.core.management.base import CommandError


def application_path() -> str:
    """Return ASGI_APPLICATION in uvicorn's notation: `mocksite.asgi:application`."""
    dotted: str | None = getattr(settings, "ASGI_APPLICATION", None)
    if not dotted:
        raise CommandError("Set ASGI_APPLICATION to your project's ASGI application: 'mysite.asgi.application'.")
    module, _, name = dotted.rpartition(".")
    return f"{module}:{name}"


def run(host: str, port: int, *, workers: int = 1, reload: bool = False) -> None:
    """Serve until a signal ends it. Logging is the settings' own, and websockets are not loaded."""
    uvicorn.run(
        application_path(),
        host=host,
        port=port,
        workers=workers,
        reload=reload,
        lifespan="on",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
    )
