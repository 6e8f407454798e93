"""What it costs that workers share their state: the same server with its memory and with Redis, in one run."""

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from tests.benchmark.load import Sample, drive
from tests.benchmark.report import table
from tests.benchmark.servers import Server, mock
from tests.benchmark.wire import request
from tests.redis_server import RedisServer

COUNTED = """\
version: 1
defaults: {validate: false, limits: {rpm: 1000000000, tpm: 1000000000}}
rules:
- {name: counted, replies: [one, two]}
"""
"""A script of which each request has to count: a rule's turn, and two limits."""


def is_possible() -> bool:
    """Whether there is a Redis to start."""
    return shutil.which("redis-server") is not None


def start(directory: Path, stack: ExitStack) -> list[Server]:
    """Start Redis and the servers: the fixed document and the counting script, each in memory and in Redis."""
    url = stack.enter_context(RedisServer()).url
    script = directory / "counted.yaml"
    script.write_text(COUNTED)
    cases = [
        ("nothing to count, memory", {}),
        ("nothing to count, Redis", {"STATE_URL": url}),
        ("nothing to count, Redis, two workers", {"STATE_URL": url, "WORKERS": "2"}),
        ("a rule and two limits, memory", {"MOCK_SCRIPT": str(script)}),
        ("a rule and two limits, Redis", {"MOCK_SCRIPT": str(script), "STATE_URL": url}),
        ("a rule and two limits, Redis, two workers", {"MOCK_SCRIPT": str(script), "STATE_URL": url, "WORKERS": "2"}),
    ]
    servers = [stack.enter_context(mock(name, directory, **environment)) for name, environment in cases]
    for server in servers:
        stack.callback(server.terminate)
        server.await_start()
    return servers


async def measure(servers: Sequence[Server], rounds: int, seconds: float) -> None:
    """Drive the servers in turn, and print what each answer costs the worker, or both."""
    samples: dict[str, list[Sample]] = {server.name: [] for server in servers}
    for turn in range(rounds + 1):
        for server in servers:
            sample = await drive(server, request(server.port, stream=False), seconds)
            samples[server.name] += [sample] if turn else []
    rows = [(name, (median(s.rate for s in taken), median(s.cost for s in taken))) for name, taken in samples.items()]
    print(table("whole answers, the state in", ("requests/s", "CPU µs/request"), rows), flush=True)
