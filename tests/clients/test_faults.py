"""What the clients make of each fault: the SDKs and LiteLLM as they are, and ours, which tells what LiteLLM hides."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from completions.faults import FAULTS, Stage
from llmclient import IncompleteStreamError, InvalidAnswerError, LLMClient, Reason
from tests.clients.asking import SILENCES, SILENT, model, patience, see
from tests.clients.sightings import BEFORE, FINE, STREAMED, WHOLE, expected
from tests.patience import PATIENCE
from tests.server import ROOT, LiveServer


def python(major: int) -> str:
    """Return an interpreter that has this major version of openai: this one, or the one that the environment names."""
    if openai.__version__.startswith(f"{major}."):
        return sys.executable
    name = f"OPENAI{major}_PYTHON"
    return os.environ.get(name) or pytest.skip(f"{name} names no Python that has openai {major}")


def node() -> list[str]:
    """Return how to run the program for openai-node."""
    program = shutil.which("node") or pytest.skip("there is no node in the path")
    folder = Path(os.environ.get("OPENAI_NODE", ROOT))
    if not (folder / "node_modules" / "openai").is_dir():
        pytest.skip("neither OPENAI_NODE nor this folder has node_modules/openai")
    return [program, "tests/clients/openai_node.mjs", str(folder)]


PYTHON = ("-m", "tests.clients.openai_python")
LITELLM = ("-m", "tests.clients.through_litellm")
SDK_WAYS = ("whole", "streamed", "helper")
CLIENTS: dict[str, tuple[str, Callable[[], list[str]], tuple[str, ...]]] = {
    "openai-python 2": ("python_2", lambda: [python(2), *PYTHON, "sync"], SDK_WAYS),
    "openai-python 2, async": ("python_2", lambda: [python(2), *PYTHON, "async"], SDK_WAYS),
    "openai-python 3": ("python_3", lambda: [python(3), *PYTHON, "sync"], SDK_WAYS),
    "openai-python 3, async": ("python_3", lambda: [python(3), *PYTHON, "async"], SDK_WAYS),
    "LiteLLM with openai 2": ("litellm_2", lambda: [python(2), *LITELLM], SDK_WAYS[:2]),
    "LiteLLM with openai 3": ("litellm", lambda: [python(3), *LITELLM], SDK_WAYS[:2]),
    "openai-node": ("node", node, SDK_WAYS),
}
"""Each client's column in the table, how to run its program, and the ways it has of asking."""


@pytest.mark.parametrize("name", CLIENTS)
def test_client__sees(scripted: LiveServer, name: str) -> None:
    column, command, ways = CLIENTS[name]
    sights = {(fault, way): sight for way in ways for fault, sight in expected(column, way).items()}
    assert see(scripted, command(), sights) == sights


def test_table__has_every_fault() -> None:
    assert {name.partition(";")[0] for name in (*WHOLE, *STREAMED)} == {
        name for name, spec in FAULTS.items() if spec.stage is not Stage.CONTENT
    }


REASONS: dict[str, Reason] = {
    "disconnect": Reason.CONNECTION_LOST,
    "reset; after_tokens=1": Reason.CONNECTION_LOST,
    "stall": Reason.TIMED_OUT,
    "error_object": Reason.ERROR_EVENT,
    "error_event": Reason.ERROR_EVENT,
    "error_event; flat=1": Reason.ERROR_EVENT,
    "no_finish": Reason.NO_FINISH_REASON,
    "malformed_chunk": Reason.BAD_JSON,
    "bad_utf8": Reason.BAD_UTF8,
    "empty_stream": Reason.EMPTY,
    "empty_body": Reason.EMPTY,
    "malformed_json": Reason.NOT_A_STREAM,
    "truncated_json": Reason.NOT_A_STREAM,
    "json_error_200": Reason.ERROR_BODY,
    "wrong_content_type": Reason.NOT_A_STREAM,
}
"""Our client's reason where a stream is broken; with none, the answer is whole, or the error comes before it."""

WHOLE_REASONS: dict[str, Reason] = {
    "empty_body": Reason.EMPTY,
    "malformed_json": Reason.BAD_JSON,
    "truncated_json": Reason.BAD_JSON,
    "json_error_200": Reason.ERROR_BODY,
}


@pytest.fixture(scope="module")
def client(scripted: LiveServer) -> Iterator[LLMClient]:
    with LLMClient(base_url=f"{scripted.url}/v1", model="mock", max_retries=0) as made:
        yield made


def options(fault: str, silence: float = SILENCES[0]) -> dict[str, Any]:
    timeout = httpx.Timeout(PATIENCE, read=patience(fault, silence))
    return {"model": model(fault), "extra_headers": {"X-Mock-Fault": fault}, "timeout": timeout}


@pytest.mark.parametrize("fault", STREAMED)
def test_llmclient__says_which(client: LLMClient, fault: str) -> None:
    stream, text = client.stream("Hi", **options(fault)), STREAMED[fault].text
    if fault in REASONS:
        with pytest.raises(IncompleteStreamError) as caught:
            stream.read()
        for silence in SILENCES[1:] if fault in SILENT and not caught.value.partial.text else ():
            with pytest.raises(IncompleteStreamError) as caught:
                client.stream("Hi", **options(fault, silence)).read()
        assert (caught.value.reason, caught.value.partial.text) == (REASONS[fault], text)
    elif fault in BEFORE and BEFORE[fault] is not FINE:
        with pytest.raises(openai.APIError):
            stream.read()
    else:
        said = stream.read()
        assert said.text + "".join(call.arguments for call in said.tool_calls) == text


@pytest.mark.parametrize("fault", WHOLE)
def test_llmclient__says_which_of_a_whole_answer(client: LLMClient, fault: str) -> None:
    if fault in WHOLE_REASONS:
        with pytest.raises(InvalidAnswerError) as caught:
            client.complete("Hi", **options(fault))
        assert caught.value.reason == WHOLE_REASONS[fault]
    elif fault in BEFORE and BEFORE[fault] is not FINE:
        with pytest.raises(openai.APIError):
            client.complete("Hi", **options(fault))
    else:
        assert client.complete("Hi", **options(fault)).text == WHOLE[fault].text


def test_error_header__is_retried_by_the_sdk(server: LiveServer) -> None:
    attempts: list[int] = []
    hooks = {"response": [lambda response: attempts.append(response.status_code)]}
    asked = {"X-Mock-Error": "429; retry_after_ms=10"}
    http: Any = httpx.Client(event_hooks=hooks)  # which openai 3 takes as well, though its types say httpx2
    with (
        http,
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="mock", max_retries=2, http_client=http) as made,
        pytest.raises(openai.RateLimitError),
    ):
        made.chat.completions.create(model="m", messages=[], extra_headers=asked)
    assert attempts == [429, 429, 429]


AGENT = """\
version: 1
defaults:
  chaos:
    rate: 0.3
    seed: 7
    of: [close, {error: {status: 429, retry_after_ms: 1}}, {error: {status: 503, retry_after_ms: 1}}]
rules:
  - match: {turn: {lt: 6}}
    reply: {tool_calls: {name: count, arguments: {so_far: "{{ turn }}"}}}
  - reply: Counted.
"""


def test_agent__survives_chaos_by_the_sdks_own_retries(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text(AGENT)
    tool: Any = {"type": "function", "function": {"name": "count", "parameters": {"type": "object", "properties": {}}}}
    messages: list[Any] = [{"role": "user", "content": "Count!"}]
    with (
        LiveServer(MOCK_SCRIPT=str(tmp_path / "agent.yaml")) as live,
        openai.OpenAI(base_url=f"{live.url}/v1", api_key="mock", max_retries=8) as made,
    ):
        for turn in range(7):
            said = made.chat.completions.create(model="gpt-4o", messages=messages, tools=[tool]).choices[0].message
            assert len(said.tool_calls or ()) == (turn < 6)
            messages.append(said.model_dump(exclude_none=True))
            messages += [{"role": "tool", "tool_call_id": call.id, "content": "ok"} for call in said.tool_calls or ()]
        assert said.content == "Counted."
        struck = [line for line in live.log if " 200 " not in line and "POST" in line]
        assert len(struck) >= 2, "the dice fell"
