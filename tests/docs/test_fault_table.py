"""The manual's tables of faults: all faults and parameters are there, and how each client really ends."""

import re

import pytest

from completions.faults import AFTER, COMBINABLE, FAULTS, Effect, Stage
from completions.faults import fault as made
from tests.clients.sightings import STREAMED, WHOLE
from tests.docs.pages import page

LIST, _, CLIENTS = page("faults").prose.partition("## What clients make of them")
ROW = r"^\| `([a-z0-9_]+(?:; \w+=\d+)?)` \| (.*) \| (.*) \| (.*) \|$"
ROWS = {name: cells for name, *cells in re.findall(ROW, CLIENTS, re.MULTILINE)}
COLUMNS = ({"python_2", "python_3"}, {"litellm", "litellm_2"}, {"node"})
"""The clients of each column."""


def row(fault: str) -> str:
    """Return the row that a fault stands in: its own, or without its parameters."""
    return fault if fault in ROWS else fault.partition(";")[0]


def endings(name: str, clients: set[str]) -> set[str]:
    """Return how the faults of a row end for these clients, but for a finish reason."""
    seen = [sight for table in (WHOLE, STREAMED) for fault, sight in table.items() if row(fault) == name]
    return {sight.of(client)[0] for sight in seen for client in clients} - {"stop", "tool_calls"}


def default(fault: str, parameter: str) -> str:
    """Return the value of a parameter that is left out, as the page writes it; empty where there is none."""
    value = FAULTS[fault].parameters[parameter].default
    if value is None:
        value = made(fault, {}).parameters.get(parameter)
    return "" if value is None else f"{value:g}"


def test_list__has_every_fault_with_its_parameters_in_order() -> None:
    rows = re.findall(r"^\| `(\w+)` \|(.*?)\|", LIST.partition("## List of faults")[2], re.MULTILINE)
    assert {name: re.findall(r"`(\w+)`(?: \((\d+)\))?", cell) for name, cell in rows} == {
        name: sorted(((key, default(name, key)) for key in fault.parameters), key=lambda pair: pair[0] in AFTER)
        for name, fault in FAULTS.items()
    }


def test_clients__has_every_fault_and_no_other() -> None:
    assert {name.partition(";")[0] for name in ROWS} == {
        name for name, spec in FAULTS.items() if spec.stage is not Stage.CONTENT
    }


@pytest.mark.parametrize("name", ROWS)
def test_row__ends_as_the_clients_saw(name: str) -> None:
    for cell, clients in zip(ROWS[name], COLUMNS, strict=True):
        said = re.findall(r"`(?:httpx\.)?(\w*(?:Error|Timeout))`|\b(silent|waits)\b", cell)
        assert {error or word for error, word in said} == endings(name, clients), cell


WORDS = {
    "words": Effect.CONTENT,
    "late": Effect.DELAY,
    "body": Effect.BODY,
    "type": Effect.TYPE,
    "empty": Effect.EMPTY,
    "events": Effect.EVENTS,
    "pause": Effect.PAUSE,
    "end": Effect.END,
    "frames": Effect.FRAMES,
    "line": Effect.LINE,
}
"""The effects, as the table of combinations calls them."""


def test_combinations__are_those_that_are_taken() -> None:
    head, *lines = re.findall(r"^\| (?!---)(.*) \|$", LIST.partition("These can be combined:")[2], re.MULTILINE)[
        : len(WORDS) + 1
    ]
    columns = [WORDS[name.strip()] for name in head.split("|")[1:]]
    told: dict[Effect, set[Effect]] = {}
    names: dict[str, Effect] = {}
    for line in lines:
        first, *cells = line.split("|")
        effect = WORDS[first.split("**")[1]]
        told[effect] = {column for column, cell in zip(columns, cells, strict=True) if cell.strip()}
        names |= dict.fromkeys(re.findall(r"`(\w+_?\w+)`(?! with)", first), effect)
    assert told == {effect: set(others) for effect, others in COMBINABLE.items() if others}
    alone = {"hang", "close", "reset", "stall", "ms"}
    assert {name: FAULTS[name].effect for name in FAULTS.keys() - alone} == {
        name: effect for name, effect in names.items() if name not in alone
    }
