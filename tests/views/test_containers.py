"""OpenAI's containers, in which the API runs code, through its SDK and LiteLLM against a live server."""

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import httpx
import litellm
import openai
import pytest

from completions.exceptions import RequestError
from completions.wire.openai import containers
from tests.server import QUICK, LiveServer

CSV = b"city,population\nParis,2100000\n"
CODE = "code_interpreter"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with LiveServer(MOCK_SCRIPT="auto", **QUICK) as live:
        yield live.url


@pytest.fixture
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/ns/{uuid.uuid4()}/v1", api_key="mock", max_retries=0) as made:
        yield made


def paths(client: openai.OpenAI, container: str) -> list[str]:
    return [file.path for file in client.containers.files.list(container)]


def ran_in(response: Any) -> list[str]:
    return [item.container_id for item in response.output if item.type == f"{CODE}_call"]


def test_container__is_made_listed_and_removed(client: openai.OpenAI) -> None:
    policy: Any = {
        "type": "allowlist",
        "allowed_domains": ["a.example"],
        "domain_secrets": [{"domain": "a.example", "name": "KEY", "value": "sk-secret"}],
    }
    made = client.containers.create(name="first", memory_limit="4g", network_policy=policy)
    client.containers.create(name="second", expires_after={"anchor": "last_active_at", "minutes": 5})
    assert re.fullmatch(r"cntr_[0-9a-f]{48}", made.id)
    assert made.network_policy and made.network_policy.allowed_domains == ["a.example"]
    assert "sk-secret" not in made.to_json()
    assert made.to_dict()["expires_after"] == {"anchor": "last_active_at", "minutes": 20}
    assert (made.object, made.status, made.memory_limit) == ("container", "running", "4g")
    assert client.containers.list(order="asc").data[0].to_dict() == client.containers.retrieve(made.id).to_dict()
    assert [each.name for each in client.containers.list()] == ["second", "first"]
    assert [each.name for each in client.containers.list(name="second")] == ["second"]
    client.containers.delete(made.id)
    with pytest.raises(openai.NotFoundError, match=f"Container with id '{made.id}' not found."):
        client.containers.retrieve(made.id)


def test_files__are_uploaded_copied_read_and_removed(client: openai.OpenAI) -> None:
    file = client.files.create(file=("cities.csv", CSV), purpose="user_data")
    container = client.containers.create(name="files", file_ids=[file.id]).id
    assert paths(client, container) == [f"/mnt/data/{file.id}-cities.csv"]
    sent = client.containers.files.create(container, file=("notes.txt", b"Hello"))
    assert re.fullmatch(r"/mnt/data/[0-9a-f]{32}-notes\.txt", sent.path)
    assert (sent.bytes, sent.source, sent.object, sent.container_id) == (5, "user", "container.file", container)
    assert client.containers.files.retrieve(sent.id, container_id=container).to_dict() == sent.to_dict()
    read = client.containers.files.content.retrieve(sent.id, container_id=container)
    assert (read.read(), read.response.headers["content-type"]) == (b"Hello", "application/octet-stream")
    other = client.containers.create(name="other").id
    copy = client.containers.files.create(other, file_id=file.id)
    assert client.containers.files.content.retrieve(copy.id, container_id=other).read() == CSV
    client.containers.files.delete(sent.id, container_id=container)
    with pytest.raises(openai.NotFoundError, match=f"File {sent.id} not found on container {container}."):
        client.containers.files.retrieve(sent.id, container_id=container)
    client.containers.delete(container)
    with pytest.raises(openai.NotFoundError, match="Container with id"):
        client.containers.files.list(container)
    assert client.containers.files.content.retrieve(copy.id, container_id=other).read() == CSV


REFUSED: dict[str, tuple[Callable[[openai.OpenAI], object], str]] = {
    "no name": (lambda made: made.post("/containers", body={}, cast_to=object), "Missing required parameter: 'name'"),
    "memory": (lambda made: made.containers.create(name="a", memory_limit="2g"), "'1g', '4g', '16g', and '64g'"),  # type: ignore[arg-type]
    "policy": (lambda made: made.containers.create(name="a", network_policy={"type": "all"}), "Invalid value: 'all'"),  # type: ignore[arg-type]
    "file": (lambda made: made.containers.create(name="a", file_ids=["file-1"]), "No such File object: file-1"),
    "unknown": (lambda made: made.containers.create(name="a", extra_body={"image": "x"}), "Unknown parameter: 'image'"),
    "nothing": (lambda made: made.containers.files.create(made.containers.create(name="a").id), "'file_id'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_container__what_does_not_fit(client: openai.OpenAI, name: str) -> None:
    call, why = REFUSED[name]
    with pytest.raises(openai.APIStatusError, match=why):
        call(client)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("store", [False, True])
def test_response__runs_code_in_a_container_that_is_there(client: openai.OpenAI, stream: bool, store: bool) -> None:
    file = client.files.create(file=("cities.csv", CSV), purpose="user_data")

    def asked(container: Any, **more: Any) -> Any:
        tools: Any = [{"type": CODE, "container": container}]
        found: Any = client.responses.create(
            model="gpt-5", input="What is 6 * 7?", tools=tools, stream=stream, store=store, **more
        )
        return list(found)[-1].response if stream else found

    first = asked({"type": "auto", "file_ids": [file.id], "memory_limit": "16g"})
    (container,) = ran_in(first)
    assert client.containers.retrieve(container).memory_limit == "16g"
    assert paths(client, container) == [f"/mnt/data/{file.id}-cities.csv"]
    if store:
        assert ran_in(asked({"type": "auto"}, previous_response_id=first.id)) == [container]
    assert ran_in(asked(container)) == [container]
    assert ran_in(asked({"type": "auto"})) != [container]
    client.containers.delete(container)
    with pytest.raises(openai.NotFoundError, match=f"Container with id '{container}' not found."):
        asked(container)


def test_container__expires_when_nobody_uses_it() -> None:
    made = containers.new_container({"name": "a", "expires_after": {"minutes": 2}}, now=1000)
    later = containers.touched(made, 1100)
    assert (containers.shown(made, 1119)["status"], containers.shown(made, 1120)["status"]) == ("running", "expired")
    assert containers.shown(later, 1219)["last_active_at"] == 1100
    assert containers.shown(later, 1219)["status"] == "running"
    with pytest.raises(RequestError, match="Container is expired"):
        containers.touched(made, 1120)


def test_litellm__makes_containers_and_puts_files_into_them(url: str) -> None:
    there: dict[str, Any] = {"custom_llm_provider": "openai", "api_base": f"{url}/ns/litellm/v1", "api_key": "mock"}
    made: Any = litellm.create_container(name="from LiteLLM", **there)
    assert (made.object, made.status, made.name) == ("container", "running", "from LiteLLM")
    found: Any = litellm.list_containers(**there)
    assert [each.name for each in found.data] == ["from LiteLLM"]
    sent: Any = litellm.upload_container_file(made.id, file=("a.txt", b"Hello", "text/plain"), **there)
    files: Any = litellm.list_container_files(made.id, **there)
    assert [file.path for file in files.data] == [sent.path]
    gone: Any = litellm.delete_container(made.id, **there)
    assert (gone.object, gone.deleted) == ("container.deleted", True)


def test_azure__has_containers_too(url: str) -> None:
    place = f"{url}/ns/azure/openai/v1/containers"
    made = httpx.post(place, json={"name": "a"}, headers={"api-key": "mock"}).json()
    assert httpx.get(f"{place}/{made['id']}", headers={"api-key": "mock"}).json() == made
    refused = httpx.get(f"{place}/cntr_x", headers={"api-key": "mock"})
    assert (refused.status_code, "cntr_x" in refused.json()["error"]["message"]) == (404, True)


PNG = b"\x89PNG\r\n\x1a\n"
SCRIPT = """
version: 1
rules:
- match: {last_user: [chart, both]}
  reply:
    text: "😀 Here it is: [chart.png](sandbox:/mnt/data/chart.png)"
    tool_calls:
    - name: NAME
      arguments: {code: plot()}
      result: drawn
      files: {chart.png: {base64: iVBORw0KGgo=}, "notes.txt": "You asked for a {{ prompt.last_user }}."}
- {match: {last_user: nothing}, reply: {tool_calls: {name: NAME, files: {a.csv: "1,2"}}}}
"""


@pytest.fixture(scope="module")
def making() -> Iterator[str]:
    with LiveServer(MOCK_SCRIPT="auto", **QUICK) as live:
        for name in (CODE, "bash_code_execution", "code_execution"):
            pushed = httpx.put(f"{live.url}/ns/{name}/_mock/script", content=SCRIPT.replace("NAME", name))
            assert pushed.status_code == 200, pushed.text
        yield live.url


@pytest.mark.parametrize("stream", [False, True])
def test_openai__cites_the_files_that_code_makes(making: str, stream: bool) -> None:
    client = openai.OpenAI(base_url=f"{making}/ns/{CODE}/v1", api_key="mock", max_retries=0)

    def asked(question: str, **more: Any) -> Any:
        tools: Any = [{"type": CODE, "container": {"type": "auto"}}]
        found: Any = client.responses.create(model="gpt-5", input=question, tools=tools, stream=stream, **more)
        return list(found) if stream else [found]

    told = asked("chart", include=["code_interpreter_call.outputs"])
    answer = told[-1].response if stream else told[0]
    ran, message = answer.output
    assert [output.to_dict() for output in ran.outputs] == [
        {"type": "logs", "logs": "drawn"},
        {"type": "image", "url": "data:image/png;base64,iVBORw0KGgo="},
    ]
    part = message.content[0]
    chart, notes = part.annotations
    if stream:
        added = [event.annotation for event in told if event.type == "response.output_text.annotation.added"]
        assert [each.to_dict() for each in added] == [chart.to_dict(), notes.to_dict()]
    assert part.text[chart.start_index : chart.end_index] == "sandbox:/mnt/data/chart.png"
    assert (notes.start_index, notes.end_index, notes.filename) == (0, 0, "notes.txt")
    assert {chart.container_id, notes.container_id} == {ran.container_id}
    for cited, data in ((chart, PNG), (notes, b"You asked for a chart.")):
        where = {"file_id": cited.file_id, "container_id": cited.container_id}
        assert client.containers.files.content.retrieve(**where).read() == data
        file = client.containers.files.retrieve(**where)
        assert (file.path, file.bytes, file.source) == (f"/mnt/data/{cited.filename}", len(data), "assistant")
    quiet = asked("nothing")
    silent = quiet[-1].response if stream else quiet[0]
    assert [item.type for item in silent.output] == [f"{CODE}_call"] and silent.output[0].outputs is None
    assert paths(client, silent.output[0].container_id) == ["/mnt/data/a.csv"]
    plain: Any = client.responses.create(model="gpt-5", input="both")
    assert plain.output[0].content[0].annotations == []


@pytest.mark.parametrize("stream", [False, True])
def test_anthropic__names_the_files_that_code_makes(making: str, stream: bool) -> None:
    client = anthropic.Anthropic(base_url=f"{making}/ns/bash_code_execution", api_key="mock", max_retries=0)
    asked: Any = {
        "model": "claude-sonnet-5",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "chart"}],
        "tools": [{"type": "code_execution_20250825", "name": "code_execution"}],
    }
    if stream:
        with client.messages.stream(**asked) as events:
            message: Any = events.get_final_message()
    else:
        message = client.messages.create(**asked)
    (result,) = (block.content for block in message.content if block.type == "bash_code_execution_tool_result")
    assert {made.type for made in result.content} == {"bash_code_execution_output"}
    for made, data, kind in zip(
        result.content, (PNG, b"You asked for a chart."), ("image/png", "text/plain"), strict=True
    ):
        file = client.files.retrieve_metadata(made.file_id)
        assert (file.downloadable, file.size_bytes, file.mime_type) == (True, len(data), kind)
        assert client.files.download(made.file_id).read() == data
    sent = client.files.upload(file=("a.txt", b"Hello", "text/plain"))
    with pytest.raises(anthropic.BadRequestError, match="is not downloadable"):
        client.files.download(sent.id)


def test_gemini__has_the_pictures_that_code_makes(making: str) -> None:
    answer = httpx.post(
        f"{making}/ns/code_execution/v1beta/models/gemini-3-flash-preview:generateContent",
        json={"contents": [{"role": "user", "parts": [{"text": "chart"}]}], "tools": [{"codeExecution": {}}]},
        headers={"x-goog-api-key": "mock"},
    ).json()
    parts = answer["candidates"][0]["content"]["parts"]
    assert [next(iter(part)) for part in parts] == ["text", "executableCode", "codeExecutionResult", "inlineData"]
    assert parts[-1]["inlineData"] == {"mimeType": "image/png", "data": "iVBORw0KGgo="}


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ("a.txt", "must be a mapping"),
        ("{a.txt: {base64: '%'}}", "is not base64"),
        ("{a.txt: {text: b}}", "is not known here; allowed: base64"),
        ("{a.txt: 5}", "must be a string"),
        ("{a/b.txt: c}", "has a name that no file in a container's folder has"),
        ("{'': c}", "has a name that no file in a container's folder has"),
    ],
)
def test_script__which_files_cannot_be_made(making: str, files: str, why: str) -> None:
    script = f"version: 1\nrules:\n- reply: {{tool_calls: {{name: {CODE}, files: {files}}}}}\n"
    refused = httpx.put(f"{making}/ns/wrong/_mock/script", content=script)
    assert (refused.status_code, why in refused.text) == (400, True), refused.text


SHELL = """
version: 1
rules:
- match: {last_user: list}
  reply:
    text: "There is one: sandbox:/mnt/data/a.csv"
    tool_calls:
      name: shell
      arguments: {commands: [ls, pwd]}
      result: {stdout: "a.csv\\n", stderr: "slow\\n"}
      files: {a.csv: "1"}
- match: {last_user: fails}
  reply: {text: Sorry, tool_calls: {name: shell, result: {outcome: {type: exit, exit_code: 2}}}}
- {reply: {auto: true}}
"""


@pytest.mark.parametrize("stream", [False, True])
def test_shell__of_the_api_runs_and_is_sent_back(making: str, stream: bool) -> None:
    assert httpx.put(f"{making}/ns/shell/_mock/script", content=SHELL).status_code == 200
    client = openai.OpenAI(base_url=f"{making}/ns/shell/v1", api_key="mock", max_retries=0)

    def asked(question: Any, environment: Any, **more: Any) -> Any:
        tools: Any = [{"type": "shell", "environment": environment}]
        found: Any = client.responses.create(model="gpt-5.2", input=question, tools=tools, stream=stream, **more)
        events[:] = list(found) if stream else []
        return events[-1].response if stream else found

    events: list[Any] = []
    first = asked("list", {"type": "container_auto"})
    put_out = [event for event in events if event.type.startswith("response.shell_call_output_content")]
    assert [(event.type[35:], event.command_index) for event in put_out] == stream * [
        ("delta", 0),
        ("delta", 0),
        ("done", 0),
        ("done", 1),
    ]
    call, output, message = first.output
    container = call.environment.container_id
    assert (call.type, call.action.commands, output.type) == ("shell_call", ["ls", "pwd"], "shell_call_output")
    assert call.call_id == output.call_id and call.environment.type == "container_reference"
    assert [(each.stdout, each.stderr, each.outcome.exit_code) for each in output.output] == [
        ("a.csv\n", "slow\n", 0),
        ("", "", 0),
    ]
    (cited,) = message.content[0].annotations
    assert client.containers.files.content.retrieve(cited.file_id, container_id=container).read() == b"1"
    history = [{"role": "user", "content": "list"}, *(item.to_dict() for item in first.output)]
    second = asked([*history, {"role": "user", "content": "fails"}], {"type": "container_auto"})
    failed = second.output[1].output[0]
    assert second.output[0].environment.container_id == container
    assert (failed.stdout, failed.outcome.exit_code) == ("", 2)
    unasked = asked("Hello", {"type": "container_reference", "container_id": container}, tool_choice={"type": "shell"})
    assert [item.type for item in unasked.output] == ["shell_call", "shell_call_output", "message"]
    with pytest.raises(openai.NotFoundError, match=r"Container with id 'cntr_x' not found\."):
        asked("Hello", {"type": "container_reference", "container_id": "cntr_x"})
    local = asked("list", {"type": "local"})
    assert [item.type for item in local.output] == ["message", "shell_call"] and local.output[1].environment is None


@pytest.mark.parametrize(
    ("tool", "why"),
    [
        ({"type": "shell", "environment": {"type": "cloud"}}, "'container_auto', 'local', and 'container_reference'"),
        ({"type": "shell", "environment": {"type": "container_reference"}}, "'tools[0].environment.container_id'"),
        ({"type": "shell", "environment": {"type": "local", "memory_limit": "1g"}}, "memory_limit"),
        ({"type": CODE, "container": {"type": "auto", "memory_limit": "2g"}}, "'1g', '4g', '16g', and '64g'"),
        ({"type": CODE, "container": {"type": "auto", "network_policy": {"type": "all"}}}, "Invalid value: 'all'"),
    ],
)
def test_tool__whose_container_is_none(client: openai.OpenAI, tool: Any, why: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(model="gpt-5.2", input="Hello", tools=[tool])
    assert why in refused.value.message
