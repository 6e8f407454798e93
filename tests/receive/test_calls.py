"""What a request costs, in calls of functions: unlike its time, that does not depend on the machine."""

import json
import subprocess
import sys

import pytest

from tests.benchmark.calls import AGENT
from tests.benchmark.ratios import HUNDRED, MOCK, TEN
from tests.server import ROOT

CEILINGS = {MOCK: 249, TEN: 447, HUNDRED: 688, AGENT: 12_800}
"""By case, how many calls one request may make with the journal and the log on, with its part of the log's.

A run of events is kept as one, which takes some more calls than a list of them, and less time.
"""


@pytest.fixture(scope="module")
def calls() -> dict[str, int]:
    """Count them in a process of its own, where nothing of pytest's is called besides."""
    command = [sys.executable, "-m", "tests.benchmark.calls"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, int] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("case", CEILINGS)
def test_request__makes_no_more_calls_than_this(case: str, calls: dict[str, int]) -> None:
    assert calls[case] <= CEILINGS[case]
