"""A log that is written to a pipe: nobody waits for who should read it."""

import fcntl
import io
import json
import logging
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from mocksite import pipe
from mocksite.logging import GatheringHandler
from mocksite.pipe import Pipe, pipe_of
from tests.patience import PATIENCE
from tests.server import ROOT

LINE = b"x" * 99 + b"\n"


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    """The two ends of a pipe: who reads, who writes."""
    reading, writing = os.pipe()
    yield reading, writing
    for end in (reading, writing):
        os.close(end)


def read(end: int, size: int) -> bytes:
    found = b""
    while len(found) < size:
        found += os.read(end, size - len(found))
    return found


def room(end: int) -> int:
    """Make a pipe small, where that can be done, and return how many bytes are more than it takes."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        return 2 * fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, 4096)
    return 256 * 1024


def test_pipe__keeps_what_there_is_no_room_for_until_it_is_read(ends: tuple[int, int]) -> None:
    reading, writing = ends
    log, lines = Pipe(writing), b"".join(b"%099d\n" % number for number in range(room(writing) // 100))
    log.write(lines[:1000])
    log.write(lines[1000:])
    assert 0 < len(log.held) < len(lines)
    found = read(reading, len(lines) - len(log.held))
    while log.held:
        before = len(log.held)
        log.write(b"")
        found += read(reading, before - len(log.held))
    assert (found, log.lost) == (lines, 0)


def test_pipe__loses_what_is_too_much(ends: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipe, "MAX_HELD", 1000)
    log, size = Pipe(ends[1]), room(ends[1])
    log.write(LINE * (size // 100 + 20))
    held = log.held
    log.write(LINE * 3)
    assert (log.held, log.lost) == (held, 3)


def test_pipe__without_a_reader_is_an_error_once(ends: tuple[int, int]) -> None:
    other = os.dup(ends[1])
    log = Pipe(other)
    unread, gone = os.pipe()
    os.dup2(gone, other)
    for end in (unread, gone):
        os.close(end)
    with pytest.raises(BrokenPipeError):
        log.write(LINE)
    assert log.held == b""
    os.close(other)


def test_pipe__is_only_what_is_one() -> None:
    assert pipe_of(io.StringIO()) is None
    with open(__file__) as file:
        assert pipe_of(file) is None


def test_handler__tells_of_lines_that_were_lost(ends: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = ends
    monkeypatch.setattr(pipe, "MAX_HELD", 1000)
    size = room(writing)
    with os.fdopen(os.dup(writing), "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        handler = GatheringHandler()
        for number in range(size // 50):
            handler.handle(logging.LogRecord("a", logging.INFO, "", 0, f"{number:099d}", None, None))
        found = b""
        while b"lost" not in found:
            found += os.read(reading, 1 << 20)
            handler.flush()
        lines = found.decode().splitlines()
        assert lines[:-1] == [f"{number:099d}" for number in range(len(lines) - 1)]
        assert lines[-1] == f"{size // 50 - len(lines) + 1} lines of the log were lost: nobody read standard error."
        handler.close()


def test_server__whose_log_nobody_reads_answers_and_ends(ends: tuple[int, int], tmp_path: Path) -> None:
    requests = room(ends[1]) // 50
    environment = {"MOCK_SCRIPT": "mock", "DATABASE_URL": f"sqlite:///{tmp_path}/journal.sqlite3", "LOG_FORMAT": "text"}
    server = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", "0", "--report"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "mocksite.settings", **environment},
        stdout=subprocess.PIPE,
        stderr=ends[1],
    )
    try:
        assert server.stdout is not None
        port = json.loads(server.stdout.readline())["port"]
        for _ in range(requests):
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port}/v1/chat/completions", b'{"model": "gpt-4o"}', timeout=PATIENCE
            ) as response:
                assert response.status == 200
        server.terminate()
        assert server.wait(PATIENCE) == 0
    finally:
        server.kill()
        server.wait()
        if server.stdout is not None:
            server.stdout.close()
