"""The client against the live mock: the one pairing every reader of the README tries first."""

import json
from typing import Any

import pytest

from llmclient import LLMClient, Usage
from llmclient.__main__ import main
from tests.llmclient.conftest import Ask

TEXT = "This is a mock response."


def test_complete__the_mocks_document(server: Any, ask: Ask) -> None:
    completion = ask.complete(server.url, "Hello")
    assert (completion.text, completion.finish_reason) == (TEXT, "stop")
    assert (completion.id, completion.usage, completion.model) == ("chatcmpl-mock", Usage(5, 7, 12), "mock")


def test_stream__the_same_in_pieces(server: Any, ask: Ask) -> None:
    pieces, completion = ask.stream(server.url, "Hello")
    assert [piece.text for piece in pieces] == ["This", " is", " a", " mock", " response", ".", ""]
    assert (completion.text, completion.finish_reason) == (TEXT, "stop")
    assert (completion.id, completion.usage, completion.model) == ("chatcmpl-mock", Usage(5, 7, 12), "mock")
    assert completion.timings.ttft_ms is not None
    assert len(completion.timings.gaps_ms) == 5


def test_stream__may_be_left_early(server: Any) -> None:
    with LLMClient(base_url=f"{server.url}/v1") as client:
        with client.stream("Hello") as stream:
            assert str(next(stream)) == "This"
        assert client.complete("Hello").text == TEXT


@pytest.mark.parametrize("options", [[], ["--stream"]])
def test_cli__answers(server: Any, capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    argv = ["Hello", "--base-url", f"{server.url}/v1", *options]
    assert main(argv) == 0
    assert capsys.readouterr().out == TEXT + "\n"
    assert main([*argv, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["usage"]["total_tokens"] == 12
