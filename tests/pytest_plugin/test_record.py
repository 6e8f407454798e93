"""`mock_llm.record`: what another server answers is recorded beside a test, and played in the next run."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from completions.exceptions import ControlError
from completions.pytest_plugin.caller import MockLLMWarning
from completions.pytest_plugin.mock import MockLLM
from tests.server import QUICK, ROOT, LiveServer, serving

FOLDER = Path(__file__).parent / "cassettes"
BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Ticket ticket-1, please."}]}


upstream = serving(MOCK_SCRIPT="auto", **QUICK, API_KEYS="real-key-12345")


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder beside the test, which is gone afterwards."""
    yield (found := FOLDER / request.node.name)
    shutil.rmtree(found, ignore_errors=True)
    if FOLDER.is_dir() and not any(FOLDER.iterdir()):
        FOLDER.rmdir()


def ask(mock: MockLLM, text: str = "Ticket ticket-1, please.") -> str:
    body = {**BODY, "messages": [{"role": "user", "content": text}]}
    answer = httpx.post(f"{mock.base_url}/chat/completions", json=body).json()
    return str(answer["error"]["code"] if "error" in answer else answer["choices"][0]["message"]["content"])


def test_record__asks_once_and_plays_from_then_on(mock_llm: MockLLM, upstream: LiveServer, folder: Path) -> None:
    target = {"url": upstream.url, "headers": {"Authorization": "Bearer real-key-12345"}}
    said = []
    for run, requests in enumerate((0, 1)):
        found = mock_llm.record(folder, upstream=target, ignore=["ids", "/ticket-[0-9]+/"])
        assert (found["records"], found["requests"]) == (not requests, requests)
        said.append([ask(mock_llm, f"Ticket ticket-{number}, please.") for number in (run, run + 7)])
        stopped = mock_llm.stop_recording()
        assert stopped is not None and (stopped["folder"], stopped["requests"]) == (found["folder"], 1)
    assert mock_llm.stop_recording() is None
    assert said[0] == said[1]
    (file,) = folder.glob("*.yaml")
    assert "real-key-12345" not in file.read_text()
    assert [exchange.raw["cassette"] for exchange in mock_llm.exchanges][2:] == [str(file.relative_to(ROOT))] * 2
    mock_llm.record(folder, mode="none", ignore=["ids"])
    assert ask(mock_llm, "Ticket ticket-3, please.") == said[0][0], "what the file itself ignores is ignored"
    assert ask(mock_llm, "Another question") == "no_cassette"
    assert "by mock_llm.record or PUT" in str(mock_llm.last.raw["error"]), "no command would record into this test"


def test_record__beside_the_test_and_nowhere_else(
    mock_llm: MockLLM, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with pytest.warns(MockLLMWarning, match="nowhere_else has no recorded answer that can be used"):
        found = mock_llm.record(mode="none")
    assert (
        found["folder"] == "tests/pytest_plugin/cassettes/test_record.py-test_record__beside_the_test_and_nowhere_else"
    )
    with pytest.raises(ValueError, match="must be below"):
        mock_llm.record(tmp_path, mode="none")
    with pytest.raises(ControlError, match="there is no other server"):
        mock_llm.record()
