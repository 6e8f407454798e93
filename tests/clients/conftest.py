"""One server for the clients that are to meet every fault."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import LiveServer

SCRIPT = """\
version: 1
defaults: {validate: false, pacing: {ttft_ms: 20, itl_ms: 20}}
rules:
  - match: {model: tools}
    reply: {tool_calls: {name: add, arguments: {first: 1234, second: 5678}}}
  - reply: This is a mock response.
"""


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A live server that answers with a text, and the model `tools` with a call."""
    file: Path = tmp_path_factory.mktemp("script") / "script.yaml"
    file.write_text(SCRIPT)
    with LiveServer(MOCK_SCRIPT=str(file)) as live:
        yield live
