"""`mock_llm.scenario`: a test puts its answers through stages, and stops them."""

import httpx
import pytest

from completions.exceptions import ControlError
from completions.pytest_plugin.mock import MockLLM


def status(mock: MockLLM) -> int:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
    return httpx.post(f"{mock.base_url}/chat/completions", json=body).status_code


def test_scenario__by_stages_and_by_name(mock_llm: MockLLM) -> None:
    mock_llm.reply("Hello.")
    running = mock_llm.scenario(stages=[{"name": "down", "requests": 1, "error": 503}, {"name": "over"}])
    assert running is not None
    assert (running["stage"], running["stages"]) == ("down", ["down", "over"])
    assert [status(mock_llm), status(mock_llm)] == [503, 200]
    assert [exchange.stage for exchange in mock_llm.exchanges] == ["stages/down", "stages/over"]
    assert "stage stages/over)" in repr(mock_llm.exchanges[1])
    running = mock_llm.scenario("slow_start", speed=0.01)
    assert running is not None
    assert (running["name"], running["stage"]) == ("slow_start", "starting")
    assert status(mock_llm) == 503
    assert mock_llm.scenario(None) is None
    assert status(mock_llm) == 200


def test_scenario__that_there_is_not(mock_llm: MockLLM) -> None:
    with pytest.raises(ControlError, match="provider_outage"):
        mock_llm.scenario("provider_outge")
