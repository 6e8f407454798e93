"""One live server for all frameworks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import LiveServer


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    """Return the base URL of a server with the script beside this file."""
    with LiveServer(MOCK_SCRIPT=str(Path(__file__).parent / "script.yaml")) as server:
        yield f"{server.url}/v1"


@pytest.fixture(scope="session")
def auto_url() -> Iterator[str]:
    """Return the base URL of a server that answers anything."""
    with LiveServer(MOCK_SCRIPT="auto") as server:
        yield f"{server.url}/v1"
