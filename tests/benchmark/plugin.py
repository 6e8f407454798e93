"""What `mock_llm` costs a test run: the server's start, once, and a namespace for every test."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from tests.benchmark.report import Target, table
from tests.benchmark.servers import ROOT, TIMEOUT, BenchmarkError

TESTS = """
import http.client, json, pytest

QUESTION = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]})

@pytest.mark.parametrize("number", range(200))
def test_with(mock_llm, number):
    mock_llm.reply("Hi.")
    address = mock_llm.base_url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(address[0])
    connection.request("POST", f"/{address[2]}/chat/completions", QUESTION)
    assert b"Hi." in connection.getresponse().read()
    connection.close()

@pytest.mark.parametrize("number", range(200))
def test_without(number):
    pass
"""
"""Tests that ask one question each, and tests that use nothing."""

COLLECT = """
import json

taken = {}

def pytest_runtest_logreport(report):
    if report.when != "call":
        taken[report.nodeid] = taken.get(report.nodeid, 0) + report.duration

def pytest_unconfigure(config):
    print(json.dumps(taken))
"""
"""A conftest that prints the seconds that each test's setup and teardown took."""


def plugin(directory: Path) -> list[Target]:
    """Run tests with and without the fixture."""
    taken = _taken(directory)
    first, *with_mock = [seconds for name, seconds in taken.items() if "test_with[" in name]
    without = [seconds for name, seconds in taken.items() if "test_without[" in name]
    each = (median(with_mock) - median(without)) * 1000
    rows: Sequence[tuple[str, Sequence[float]]] = [
        ("with mock_llm", (median(with_mock) * 1000, max(with_mock) * 1000, first * 1000)),
        ("without", (median(without) * 1000, max(without) * 1000)),
    ]
    print(table("setup and teardown of a test", ("median ms", "worst ms", "first ms"), rows), flush=True)
    return [
        Target("pytest plugin: the server's start, once", first, 1.5, " s"),
        Target("pytest plugin: a namespace for a test, median", each, 3, " ms"),
    ]


def _taken(directory: Path) -> Mapping[str, float]:
    folder = directory / "plugin"
    folder.mkdir()
    for name, text in {"test_it.py": TESTS, "conftest.py": COLLECT, "pytest.ini": "[pytest]\n"}.items():
        (folder / name).write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "completions.pytest_plugin", "-p", "no:cacheprovider"]
    theirs = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "PYTEST"))}
    environment = {**theirs, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT * 10)
    if done.returncode:
        raise BenchmarkError(f"The tests with mock_llm did not pass:\n{done.stdout}")
    return {str(name): float(seconds) for name, seconds in json.loads(done.stdout.splitlines()[-1]).items()}
