"""Run the clients' programs: each asks a server for each fault, and tells how that ended."""

import json
import subprocess
from collections.abc import Iterable

from tests.patience import PATIENCE
from tests.server import ROOT, LiveServer

SLOWLY = "ttft_ms=20; itl_ms=200"
"""So that a client has read what came before a connection ends: some drop what they have not."""

SILENCES = (1.5, 5.0, 15.0, 150.0)
"""Seconds that a client waits for a byte of a fault that sends none; the next, where the machine was slow before."""

SILENT = frozenset({"stall", "hang"})

Sights = dict[tuple[str, str], tuple[str, str]]
"""The ending and the text for each fault and way."""


def model(fault: str) -> str:
    """Return the model that answers with what the fault strikes."""
    return "tools" if fault == "cut_tool_arguments" else "mock"


def patience(fault: str, silence: float) -> float:
    """Return how many seconds a client waits for a byte."""
    return silence if fault in SILENT else PATIENCE


def see(server: LiveServer, command: list[str], expected: Sights) -> Sights:
    """Return what a client's program sees of each fault in each way of asking for which something is expected.

    What of a fault that sends nothing is not as expected, is looked at again, for longer.
    """
    seen: Sights = {}
    asked = list(expected)
    for silence in SILENCES:
        seen |= _ask(server, command, asked, silence)
        asked = [each for each in expected if each[0] in SILENT and seen.get(each) != expected[each]]
        if not asked:
            break
    return seen


def _ask(server: LiveServer, command: list[str], asked: Iterable[tuple[str, str]], silence: float) -> Sights:
    """Run a client's program; return the ending and the text for each fault and way."""
    questions = [
        {
            "fault": fault,
            "way": way,
            "model": model(fault),
            "headers": {"X-Mock-Fault": fault} | ({} if way == "whole" else {"X-Mock-Pacing": SLOWLY}),
            "patience": patience(fault, silence),
        }
        for fault, way in asked
    ]
    result = subprocess.run(
        [*command, f"{server.url}/v1"],
        input="\n".join(map(json.dumps, questions)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert result.returncode == 0, result.stderr
    found = map(json.loads, result.stdout.splitlines())
    return {(each["fault"], each["way"]): (each["ending"], each["text"]) for each in found}
