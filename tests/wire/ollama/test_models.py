"""What Ollama is asked to do with its models, through its own client: pushing, creating, copying, deleting."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import ollama
import openai
import orjson
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
    first, pushed, *rest = client.push("llama3.2", stream=True)
    assert [step.status for step in (first, *rest)] == ["retrieving manifest", "pushing manifest", "success"]
    assert pushed.status == f"pushing {(pushed.digest or '')[7:19]}"
    assert pushed.completed == pushed.total
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
    (lambda client: client.copy("a b", "mine"), 400, 'source "a b" is invalid'),
    (lambda client: client.delete("a/b/c/d"), 400, 'name "a/b/c/d" is invalid'),
    (lambda client: client.pull("none"), 500, "pull model manifest: file does not exist"),
    (lambda client: client.pull("http://none"), 400, "invalid model name"),
    (
        lambda client: client.push("me/none:1b"),
        500,
        "open /root/.ollama/models/manifests/registry.ollama.ai/me/none/1b: no such file or directory",
    ),
    (lambda client: client.create("mine"), 400, "neither 'from' or 'files' was specified"),
    (lambda client: client.create("mine", from_="none"), 500, "pull model manifest: file does not exist"),
    (lambda client: client.create("mine", from_="a b"), 400, "invalid model name"),
    (lambda client: client.create("a b", from_="llama3.2"), 400, "invalid model name"),
    (lambda client: client.show("none"), 404, "model 'none' not found"),
]


@pytest.mark.parametrize(("ask", "status", "words"), REFUSED)
def test_model__that_there_is_not_is_refused(client: ollama.Client, ask: Asked, status: int, words: str) -> None:
    with pytest.raises(ollama.ResponseError) as caught:
        ask(client)
    assert (caught.value.status_code, caught.value.error) == (status, words)


def test_address__that_there_is_not_is_refused_in_a_text(live: LiveServer) -> None:
    with ollama.Client(host=f"{live.url}/ollama/api") as client, pytest.raises(ollama.ResponseError) as caught:
        client.chat(model="llama3.2", messages=[{"role": "user", "content": "Hi"}])
    assert (caught.value.status_code, caught.value.error) == (404, "404 page not found")
    with (
        openai.OpenAI(base_url=f"{live.url}/ollama/v1", api_key="k") as gpt,
        pytest.raises(openai.NotFoundError) as refused,
    ):
        gpt.files.list()
    assert refused.value.response.text == "404 page not found"
    shown = httpx.get(f"{live.url}/_mock/exchanges?limit=1").json()["exchanges"][0]
    assert (shown["status"], shown["error"]["message"]) == (404, "Invalid URL (GET /ollama/v1/files)")


def test_body__of_a_wrong_type_is_refused_in_go_s_words(live: LiveServer) -> None:
    answer = httpx.post(f"{live.url}/api/copy", json={"source": 1})
    assert answer.status_code == 400
    assert "CopyRequest.source of type string" in answer.json()["error"]
    assert httpx.post(f"{live.url}/api/copy").json() == {"error": "missing request body"}
    assert httpx.request("DELETE", f"{live.url}/api/delete", json={}).json() == {"error": 'name "" is invalid'}


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in answer.iter_lines()]


def test_stream__of_a_model_that_there_is_not_ends_with_the_error(live: LiveServer) -> None:
    """Shown by `ollama pull none` and `ollama run none`, which said that the model was not found, with a status."""
    missing = {"error": "pull model manifest: file does not exist"}
    for path, body in (("pull", {"model": "none"}), ("create", {"model": "mine", "from": "none"})):
        answer = httpx.post(f"{live.url}/api/{path}", json=body)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
        assert lines(answer) == [{"status": "pulling manifest"}, missing]
    *steps, last = lines(httpx.post(f"{live.url}/api/push", json={"model": "none"}))
    assert steps == [{"status": "retrieving manifest"}, {"status": "couldn't retrieve manifest"}]
    assert last["error"].endswith("/registry.ollama.ai/library/none/latest: no such file or directory")


def test_show__has_a_modelfile_from_which_the_model_can_be_made(client: ollama.Client) -> None:
    """Shown by `ollama show llama3.2 --modelfile`, which had neither the hint nor the template."""
    shown = client.show("llama3.2")
    assert (shown.modelfile or "").splitlines()[:5] == [
        '# Modelfile generated by "ollama show"',
        "# To build a new Modelfile based on this, replace FROM with:",
        "# FROM llama3.2:latest",
        "",
        "FROM llama3.2",
    ]
    assert f'TEMPLATE "{shown.template}"\n' in (shown.modelfile or "")


def test_show__puts_what_has_lines_into_quotes(live: LiveServer) -> None:
    def modelfile(system: str) -> str:
        answer = httpx.post(f"{live.url}/api/show", json={"model": "llama3.2", "system": system})
        return str(answer.json()["modelfile"])

    assert "\nSYSTEM Be brief.\nPARAMETER " in modelfile("Be brief.")
    assert '\nSYSTEM " Be brief.\nBe kind."\n' in modelfile(" Be brief.\nBe kind.")
    assert '\nSYSTEM """Say "yes"\nor no"""\n' in modelfile('Say "yes"\nor no')


def test_show__has_parameters_and_a_license(client: ollama.Client) -> None:
    """Shown by the tests of Ollama itself, whose `TestAPIShowModel` expects both of llama3.2."""
    shown = client.show("llama3.2")
    assert (shown.parameters or "").splitlines()[-1] == f'stop{" " * 27}"<|eot_id|>"'
    assert shown.license
    assert (shown.modelfile or "").endswith(f"\nPARAMETER stop <|eot_id|>\nLICENSE {shown.license}\n")


def test_model__is_made_from_files_that_were_uploaded(client: ollama.Client, live: LiveServer, tmp_path: Path) -> None:
    """Shown by `ollama create` with a file after FROM, and by `create_blob` of the Python client: both got a 404."""
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF")
    address = f"{live.url}/api/blobs/sha256:{hashlib.sha256(b'GGUF').hexdigest()}"
    missing = httpx.get(address)
    assert (missing.status_code, missing.json()["error"]) == (404, f'blob "{address.rpartition("/")[2]}" not found')
    digest = client.create_blob(path)
    assert address.endswith(f"/{digest}")
    assert [httpx.head(address).status_code, httpx.post(address, content=b"GGUF").status_code] == [200, 200]
    created = [step.status for step in client.create("mine", files={"tiny.gguf": digest}, stream=True)]
    assert (created[0], created[-1]) == ("parsing GGUF", "success")


def test_blob__that_is_another_or_has_no_digest_is_refused(live: LiveServer) -> None:
    digest, found = (f"sha256:{hashlib.sha256(data).hexdigest()}" for data in (b"one", b"two"))
    answer = httpx.post(f"{live.url}/api/blobs/{digest}", content=b"two")
    assert (answer.status_code, answer.json()["error"]) == (400, f'digest mismatch, expected "{digest}", got "{found}"')
    assert httpx.post(f"{live.url}/api/blobs/abc", content=b"two").json() == {"error": "invalid digest format"}


def test_user__is_signed_in(live: LiveServer) -> None:
    """Shown by `ollama push me/model`, `ollama signin` and `ollama signout`, which got a 404."""
    assert httpx.post(f"{live.url}/ollama/api/me").json()["name"] == "mock"
    assert httpx.post(f"{live.url}/api/signout").json() is None
    assert httpx.get(f"{live.url}/api/status").json() == {"cloud": {"disabled": False, "source": "none"}}


@pytest.mark.parametrize("path", ["/api/embed", "/api/embeddings", "/ollama/v1/embeddings"])
def test_embedding__of_a_model_that_there_is_not_advises_to_pull_it(live: LiveServer, path: str) -> None:
    """Shown by chromem-go; the words are those of `handleScheduleError` in Ollama's `server/routes.go`."""
    answer = httpx.post(f"{live.url}{path}", json={"model": "none", "input": "a", "prompt": "a"})
    error, words = answer.json()["error"], 'model "none" not found, try pulling it first'
    assert (answer.status_code, error if isinstance(error, str) else error["message"]) == (404, words)


def test_name__that_is_missing_or_cannot_be_is_refused_as_by_the_server(live: LiveServer) -> None:
    """Sources: `routes_generate_test.go` of Ollama, and its `ChatHandler`."""
    for path in ("/api/generate", "/ollama/v1/completions"):
        answer = httpx.post(f"{live.url}{path}", json={"prompt": "Hi"})
        assert (answer.status_code, "model '' not found" in answer.text) == (404, True)
    for name in ("", "a b", "a/b/c/d", ":1b"):
        answer = httpx.post(f"{live.url}/api/chat", json={"model": name, "messages": []})
        assert (answer.status_code, answer.json()) == (400, {"error": "model is required"})
