"""The table of faults in the manual has them all, and says of each client how it really ends."""

import re

import pytest

from completions.faults import FAULTS
from tests.clients.sightings import STREAMED, WHOLE
from tests.docs.pages import page

ROW = r"^\| `([a-z0-9_]+(?:; \w+=\d+)?)` \| .* \| (.*) \| (.*) \| (.*) \|$"
ROWS = {name: cells for name, *cells in re.findall(ROW, page("faults").text, re.MULTILINE)}
COLUMNS = ({"python_2", "python_3"}, {"litellm"}, {"node"})
"""The clients of each column."""


def row(fault: str) -> str:
    """Return the row that a fault stands in: its own, or without its parameters."""
    return fault if fault in ROWS else fault.partition(";")[0]


def endings(name: str, clients: set[str]) -> set[str]:
    """Return how the faults of a row end for these clients, but for a finish reason."""
    seen = [sight for table in (WHOLE, STREAMED) for fault, sight in table.items() if row(fault) == name]
    return {sight.of(client)[0] for sight in seen for client in clients} - {"stop", "tool_calls"}


def test_table__has_every_fault_and_no_other() -> None:
    assert {name.partition(";")[0] for name in ROWS} == FAULTS.keys()


@pytest.mark.parametrize("name", ROWS)
def test_row__ends_as_the_clients_saw(name: str) -> None:
    for cell, clients in zip(ROWS[name], COLUMNS, strict=True):
        said = re.findall(r"`(?:httpx\.)?(\w*(?:Error|Timeout))`|\b(silent|waits)\b", cell)
        assert {error or word for error, word in said} == endings(name, clients), cell
