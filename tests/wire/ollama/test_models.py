"""What Ollama is asked to do with its models, through its own client: pushing, creating, copying, deleting."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import ollama
import pytest

from tests.server import LiveServer

SCRIPT = """
version: 1
defaults: {models: [llama3.2]}
rules: []
"""


@pytest.fixture
def client(live: LiveServer) -> Iterator[ollama.Client]:
    with ollama.Client(host=f"{live.url}/ollama") as client:
        yield client


def test_model__is_pushed_and_created_in_steps(client: ollama.Client) -> None:
    pushed = [step.status for step in client.push("llama3.2", stream=True)]
    assert pushed == ["retrieving manifest", "starting upload", "pushing manifest", "success"]
    created = [step.status or "" for step in client.create("mine", from_="llama3.2", system="Be brief.", stream=True)]
    assert (created[0], created[1][:27], created[-1]) == (
        "reading model metadata",
        "using existing layer sha256",
        "success",
    )
    assert client.push("llama3.2").status == client.create("mine", from_="llama3.2").status == "success"


def test_model__is_copied_and_deleted(client: ollama.Client) -> None:
    assert client.copy("llama3.2", "mine").status == "success"
    assert client.delete("llama3.2").status == "success"
    assert [model.model for model in client.list().models] == ["llama3.2:latest"]


async def test_model__is_copied_and_deleted_asynchronously(live: LiveServer) -> None:
    client = ollama.AsyncClient(host=live.url)
    assert (await client.copy("llama3.2", "mine")).status == "success"
    assert (await client.delete("llama3.2")).status == "success"
    await client._client.aclose()


Asked = Callable[[ollama.Client], Any]
REFUSED: list[tuple[Asked, int, str]] = [
    (lambda client: client.copy("none", "mine"), 404, 'model "none" not found'),
    (lambda client: client.copy("", "mine"), 400, 'source "" is invalid'),
    (lambda client: client.copy("llama3.2", ""), 400, 'destination "" is invalid'),
    (lambda client: client.delete("none"), 404, "model 'none' not found"),
    (lambda client: client.push("none"), 404, "model 'none' not found"),
    (lambda client: client.create("mine"), 400, "neither 'from' or 'files' was specified"),
    (lambda client: client.create("mine", from_="none"), 404, "model 'none' not found"),
]


@pytest.mark.parametrize(("ask", "status", "words"), REFUSED)
def test_model__that_there_is_not_is_refused(client: ollama.Client, ask: Asked, status: int, words: str) -> None:
    with pytest.raises(ollama.ResponseError) as caught:
        ask(client)
    assert (caught.value.status_code, caught.value.error) == (status, words)


def test_body__of_a_wrong_type_is_refused_in_go_s_words(live: LiveServer) -> None:
    answer = httpx.post(f"{live.url}/api/copy", json={"source": 1})
    assert answer.status_code == 400
    assert "CopyRequest.source of type string" in answer.json()["error"]
    assert httpx.post(f"{live.url}/api/copy").json() == {"error": "missing request body"}
    assert httpx.request("DELETE", f"{live.url}/api/delete", json={}).json() == {"error": 'name "" is invalid'}
