"""How many processes serve, as each of them is told."""

import asyncio
import logging
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from uvicorn import Config, Server

from completions.receive import lifespan
from completions.receive.startup import announce, gunicorn_worker_count, worker_count


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
    assert (worker_count(made), gunicorn_worker_count(made)) == (workers, 1)


def test_workers__of_gunicorn() -> None:
    made = Server(Config(application, callback_notify=GunicornsWorker(4).callback_notify))
    assert (worker_count(made), gunicorn_worker_count(made)) == (1, 4)


async def test_start__at_a_socket_of_unix_says_what_answers(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = Server(Config(application))
    with socket.socket(socket.AF_UNIX) as listens, caplog.at_level(logging.INFO, "completions"):
        listens.bind(str(tmp_path / "socket"))
        made.started, made.servers = True, [SimpleNamespace(sockets=[listens])]  # type: ignore[list-item]  # all it asks
        announce(made)
        await asyncio.sleep(0.01)
    assert [text[:14] for text in caplog.messages if text.startswith("The ")] == ["The script is ", "The journal is"]


@pytest.mark.parametrize("raised", [OSError, TypeError, AttributeError])
def test_start__goes_on_where_a_system_takes_no_memory_back(
    raised: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As ctypes tells it on systems other than Linux: on Windows no library has the name None."""

    def library(name: None) -> None:
        raise raised(name)

    monkeypatch.setattr("completions.receive.lifespan.ctypes.CDLL", library)
    lifespan._trim_memory()
