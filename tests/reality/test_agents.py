"""Coding agents against a script: each says one word, and goes once around its tool loop."""

import json
import urllib.request
from pathlib import Path

import pytest

from tests.reality.agents import AGENTS, Agent
from tests.server import LiveServer, serving

SCRIPT = Path(__file__).with_name("agents.yaml")


mock = serving(MOCK_SCRIPT=str(SCRIPT), LOG_CHUNKS="false")
"""A server with the agents' script."""


@pytest.fixture(params=AGENTS)
def agent(request: pytest.FixtureRequest) -> Agent:
    agent = AGENTS[request.param]
    if agent.path is None:
        pytest.skip(f"there is no {agent.program} in the folders of AGENTS: docs/contributing.md")
    return agent


@pytest.fixture
def url(mock: LiveServer, agent: Agent, tmp_path: Path) -> str:
    """The address of a namespace for one test; the folder has a file to read."""
    (tmp_path / "notes.txt").write_text("mango-42\n")
    return f"{mock.url}/ns/{tmp_path.name.strip('_').lower()}"


def refused(url: str) -> list[str]:
    """Return what of an agent's requests was refused, or matched no rule for its errors."""
    with urllib.request.urlopen(f"{url}/_mock/exchanges?limit=1000") as answer:
        exchanges = json.load(answer)["exchanges"]
    assert exchanges, "the agent has asked the mock"
    return [
        f"{each['method']} {each['path']} {each['status']} {each['error']}"
        for each in exchanges
        if each["status"] >= 400
    ]


def test_agent__says_one_word(agent: Agent, url: str, tmp_path: Path) -> None:
    said = agent.ask(url, "Say one word.", tmp_path)
    assert refused(url) == [], said
    assert "pineapple" in said


def test_agent__goes_around_its_tool_loop(agent: Agent, url: str, tmp_path: Path) -> None:
    if agent.program == "aider":  # its tools are blocks in the text
        said = agent.ask(url, "Double notes.txt", tmp_path)
        assert (tmp_path / "notes.txt").read_text() == "mango-84\n", said
    else:
        said = agent.ask(url, "Read notes.txt", tmp_path)
        assert "mango-42" in said and "that is all." in said, said
    assert refused(url) == [], said
