"""What other vendors' SDKs and frameworks make of each fault, each asking in its own API."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.clients.asking import see
from tests.clients.other_sightings import FRAMEWORKS, NAMES, SDKS, STREAMED, WHOLE, expected, lines
from tests.clients.sightings import STREAMED as FAULTS_OF_STREAMS
from tests.clients.sightings import WHOLE as FAULTS_OF_ANSWERS
from tests.docs.pages import page
from tests.server import ROOT, LiveServer

INSTALL = "pip install -r tests/requirements.txt -r tests/frameworks/requirements.txt"
SDK_WAYS = ("whole", "streamed", "helper")

PACKAGES = {
    "anthropic-python": "anthropic",
    "google-genai": "google.genai",
    "ollama-python": "ollama",
    "LangChain": "langchain_openai",
    "Pydantic AI": "pydantic_ai",
}
"""What the program of each client in Python imports."""

MODULES = {"anthropic-node": "@anthropic-ai/sdk", "AI SDK": "@ai-sdk/openai-compatible"}
"""The same of those in node."""


def is_installed(name: str) -> bool:
    """Tell whether a package can be imported."""
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # the one above it is not there
        return False


def command(client: str) -> list[str]:
    """Return how to run a client's program, or skip the test where the client is not installed."""
    if client in PACKAGES:
        if not is_installed(PACKAGES[client]):
            pytest.skip(f"{client} is not installed: {INSTALL}")
        return [sys.executable, "-m", "tests.clients.other_python", client]
    program = shutil.which("node") or pytest.skip("there is no node in the path")
    folder = Path(os.environ.get("OPENAI_NODE", ROOT))
    if not (folder / "node_modules" / MODULES[client]).is_dir():
        pytest.skip(f"neither OPENAI_NODE nor this folder has node_modules/{MODULES[client]}")
    return [program, "tests/clients/other_node.mjs", client, str(folder)]


@pytest.mark.parametrize("client", NAMES)
def test_client__sees(scripted: LiveServer, client: str) -> None:
    ways = SDK_WAYS if client.startswith("anthropic") else SDK_WAYS[:2]
    sights = {(fault, way): sight for way in ways for fault, sight in expected(client, way).items()}
    assert see(scripted, command(client), sights) == sights


def test_tables__have_every_fault() -> None:
    assert WHOLE.keys() == FAULTS_OF_ANSWERS.keys()
    assert STREAMED.keys() == FAULTS_OF_STREAMS.keys()


@pytest.mark.parametrize("table", [SDKS, FRAMEWORKS])
def test_manual__has_the_tables(table: tuple[int, int]) -> None:
    assert "\n".join(lines(*table)) in page("gateways").text
