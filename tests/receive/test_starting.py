"""How many processes serve, as each of them is told."""

from types import SimpleNamespace
from typing import Any

import pytest
from uvicorn import Config, Server

from completions.receive.starting import workers_of, workers_of_gunicorn


class GunicornsWorker:
    """What uvicorn's worker for gunicorn hands to the server that it runs: a method, whose object knows the settings.

    https://github.com/Kludex/uvicorn-worker/blob/main/uvicorn_worker/_workers.py
    """

    def __init__(self, workers: int) -> None:
        self.cfg = SimpleNamespace(workers=workers)

    async def callback_notify(self) -> None: ...


async def application(scope: Any, receive: Any, send: Any) -> None: ...


@pytest.mark.parametrize("workers", [1, 3])
def test_workers__of_uvicorn(workers: int) -> None:
    made = Server(Config(application, workers=workers))
    assert (workers_of(made), workers_of_gunicorn(made)) == (workers, 1)


def test_workers__of_gunicorn() -> None:
    made = Server(Config(application, callback_notify=GunicornsWorker(4).callback_notify))
    assert (workers_of(made), workers_of_gunicorn(made)) == (1, 4)
