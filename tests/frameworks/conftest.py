"""One live server for all frameworks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import LiveServer


@pytest.fixture(scope="session", autouse=True)
def litellm_offline() -> Iterator[None]:
    """Have LiteLLM, which some frameworks import, read prices from its package: the network may be slow, or none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        yield


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
