"""How long the mock takes from its process's start to its first answer, and that it starts without LiteLLM."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmark.servers import ENVIRONMENT, ROOT, TIMEOUT, BenchmarkError, mock

PROOF = """
import asyncio, sys
from mocksite.asgi import application
from tests.benchmark.wire import HEADERS, PATH, body

async def ask(stream):
    received = [{"type": "http.request", "body": body(stream=stream)}]
    sent = []
    headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
    scope = {"type": "http", "method": "POST", "path": PATH, "query_string": b"", "headers": headers}
    async def receive():
        return received.pop() if received else await asyncio.Event().wait()
    async def send(message):
        sent.append(message)
    await application({**scope, "headers": [*headers, (b"host", b"127.0.0.1")]}, receive, send)
    assert sent[0]["status"] == 200, sent

for stream in (False, True):
    asyncio.run(ask(stream))
print(*sorted(name for name in sys.modules if name.partition(".")[0] == "litellm"))
"""
"""Answers a whole and a streamed request in a process of its own, then lists what it has loaded of LiteLLM."""


def first_answer(directory: Path) -> float:
    """Return the seconds from the start of a process to its first whole answer."""
    with mock("starting", directory) as server:
        server.await_start()
        server.answer()
        return time.monotonic() - server.spawned


def litellm_modules() -> list[str]:
    """Name the modules of LiteLLM that the mock has loaded after it started and answered: there must be none."""
    environment = {**os.environ, **ENVIRONMENT}
    done = subprocess.run(
        [sys.executable, "-c", PROOF], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=TIMEOUT
    )
    if done.returncode:
        raise BenchmarkError(f"The application did not answer:\n{done.stderr}")
    return done.stdout.split()
