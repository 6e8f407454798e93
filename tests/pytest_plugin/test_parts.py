"""The plugin's parts: its process, its client, its prompts, and what it costs those who do not use it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from completions.conversation import (
    Block,
    Choice,
    ErrorContent,
    Message,
    Moderation,
    Part,
    Prompt,
    Reply,
    ResponseFormat,
    Tool,
    ToolCall,
    ToolChoice,
    Usage,
)
from completions.event import RawEvent
from completions.exceptions import ControlError
from completions.pytest_plugin import process, prompts
from completions.pytest_plugin.address import Address
from completions.pytest_plugin.control import Control
from completions.pytest_plugin.exchanges import Exchange, described
from completions.pytest_plugin.process import ServerFailed, ServerProcess
from completions.pytest_plugin.session import Session
from completions.pytest_plugin.variables import variables
from completions.script.reply import templates
from completions.script.reply.callback import document
from completions.script.reply.literal import literal
from completions.script.text.as_json import as_json
from completions.script.text.reading import read_text
from tests.patience import PATIENCE
from tests.scripts import rules, script
from tests.server import ROOT


@pytest.fixture
def server() -> Iterator[ServerProcess]:
    address = Address()
    server = ServerProcess(ROOT, address.port)
    server.wait_until_it_listens(PATIENCE)
    yield server
    server.stop()
    address.close()


@pytest.fixture
def address() -> Iterator[Address]:
    address = Address()
    yield address
    address.close()


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that ended and was not yet waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


HOLDER = """
import sys
from pathlib import Path
from completions.pytest_plugin.address import Address
from completions.pytest_plugin.session import Session
session = Session(Path.cwd(), Address())
print(session.process.pid, session.process.port, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc to look into")
def test_process__is_gone_when_the_tests_are_killed(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        pid = int(holder.stdout.readline().split()[0])
        assert is_alive(pid)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        deadline = time.monotonic() + PATIENCE
        while is_alive(pid):
            assert time.monotonic() < deadline, "the server is still there"
            time.sleep(0.01)


def test_process__does_not_see_the_project_s_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: Address
) -> None:
    """Neither its variables, nor its `.env`, nor its modules of the same names as ours."""
    for name, value in {"PORT": "high", "WORKERS": "9", "DATABASE_URL": "nonsense", "SECRET_KEY": "theirs"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "theirs.settings")
    (tmp_path / ".env").write_text("MOCK_SCRIPT=nowhere.yaml\n")
    for name in ("completions", "environ", "mocksite"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('the wrong module')\n")
    session = Session(tmp_path, address)
    try:
        assert session.control.ask("GET", "/_mock/health") == {"status": "ok"}
    finally:
        session.stop()


def test_process__that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch, address: Address) -> None:
    monkeypatch.setattr(process, "command", lambda port: [sys.executable, "-c", "raise SystemExit('no server today')"])
    with pytest.raises(ServerFailed, match=r"ended with exit code 1\. Its log:\nno server today"):
        Session(ROOT, address)


def test_process__that_a_plugin_keeps_from_being_asked(monkeypatch: pytest.MonkeyPatch, address: Address) -> None:
    """As pytest-socket and pytest-recording do; the message spoke of a server that does not answer, and of no way."""

    def blocked(*_: object) -> None:
        raise RuntimeError("A test tried to use socket.getaddrinfo.")

    monkeypatch.setattr(socket, "getaddrinfo", blocked)
    with pytest.raises(ServerFailed, match=r"cannot be reached \(RuntimeError: A test.*`--allow-hosts=127\.0\.0\.1`"):
        Session(ROOT, address)


def test_environment__keeps_how_to_run_python() -> None:
    project = {"PATH": "/bin", "LC_ALL": "C", "PYTHONPATH": "/theirs", "OPENAI_API_KEY": "sk-secret", "PORT": "1"}
    made = process.environment(project, Path("/folder"))
    assert (made["PATH"], made["LC_ALL"]) == ("/bin", "C")
    assert made["PYTHONPATH"] == os.pathsep.join((str(ROOT), "/theirs"))
    assert not made.keys() & {"OPENAI_API_KEY", "PORT"}
    assert made["DATABASE_URL"] == "sqlite:////folder/journal.sqlite3"


def test_control__uses_its_connections_again_and_only_while_they_are_open(server: ServerProcess) -> None:
    control = Control(server.port)
    control.ask("GET", "/_mock/health")
    (kept,) = control._idle
    control.ask("GET", "/_mock/health")
    assert control._idle == [kept]
    kept.close()
    assert kept.sock is None
    control.ask("GET", "/_mock/health")
    assert control._idle != [kept]
    control.close()


def test_control__errors_have_the_server_s_words(server: ServerProcess) -> None:
    control = Control(server.port)
    with pytest.raises(ControlError, match="Invalid URL"):
        control.ask("GET", "/_mock/nothing")
    control.tell("DELETE", "/_mock/namespaces/never-there")
    control.tell("DELETE", "/_mock/namespaces/never-there")
    control.close()
    server.stop()
    with pytest.raises(OSError):
        control.ask("GET", "/_mock/health")


def test_namespaces__are_never_the_same(tmp_path: Path, address: Address) -> None:
    session = Session(tmp_path, address)
    try:
        nodeid = "tests/a b/test_ü.py::TestX::test_y[" + "long-" * 60 + "/?]"
        names = [session.test(nodeid, tmp_path, "mocksite_llm").mock.namespace for _ in range(3)]
        assert len(set(names)) == 3
        for name in names:
            assert session.control.ask("GET", f"/ns/{name}/_mock/gates") == {"gates": {}}
    finally:
        session.stop()


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
CALLS = st.builds(ToolCall, TEXTS, TEXTS, TEXTS, st.sampled_from(["function", "custom"]))
PARTS = st.builds(Part, st.sampled_from(["image", "audio", "file"]), TEXTS)
MESSAGES = st.builds(
    Message, TEXTS, TEXTS, st.none() | TEXTS, st.lists(CALLS).map(tuple), st.none() | TEXTS, st.lists(PARTS).map(tuple)
)
SCHEMAS = st.dictionaries(TEXTS, st.none() | st.integers(-9, 9) | TEXTS, max_size=2)
TOOLS = st.builds(Tool, TEXTS, TEXTS, SCHEMAS, st.sampled_from(["function", "custom"]), st.booleans())
PROMPTS = st.builds(
    Prompt,
    model=st.none() | TEXTS,
    messages=st.lists(MESSAGES, max_size=3).map(tuple),
    tools=st.lists(TOOLS, max_size=2).map(tuple),
    tool_choice=st.builds(ToolChoice, st.sampled_from(["auto", "required", "none"]), st.lists(TEXTS).map(tuple)),
    response_format=st.builds(ResponseFormat, st.just("json_schema"), TEXTS, SCHEMAS, st.booleans()),
    stop=st.lists(TEXTS, max_size=2).map(tuple),
    max_tokens=st.none() | st.integers(0, 9),
    metadata=SCHEMAS,
    body=SCHEMAS,
)


@given(PROMPTS)
def test_prompts__arrive_as_they_were_sent(prompt: Prompt) -> None:
    assert prompts.prompt(orjson.loads(document(prompt))) == prompt


CALL = ToolCall("look", '{"place":"Rome"}', "call_1")


@pytest.mark.parametrize(
    "choice",
    [
        Choice("a", "length"),
        Choice("a", reasoning="Hm.", annotations=({"type": "url_citation"},), logprobs=(-0.5, -1.0)),
        Choice(refusal="No."),
        Choice("a", tool_calls=(CALL, ToolCall("write", "b", "call_2", "custom"))),
        Choice(tool_calls=(replace(CALL, result='{"rain":true}'),)),
        Choice(blocks=(Block("text", "a"), Block("call", call=CALL), Block("text", "b"))),
        Choice(embedding=(0.5, 1.0)),
        Choice(moderation=Moderation({"violence": 0.9}, flagged=False)),
        Choice(scores=(0.25, 1.0)),
        Choice("a", "error", failure=ErrorContent("Gone.", code="server_error")),
    ],
    ids=str,
)
def test_answer__says_all_of_a_choice(choice: Choice) -> None:
    assert read_back(choice) == Reply((choice,))


def test_answer__says_all_of_a_reply() -> None:
    reply = Reply((Choice("a"), Choice("b")), id="id_1", created=5, model="m", counts={"prompt_tokens": 7})
    assert read_back(reply) == reply
    told = prompts.answer(replace(reply, usage=Usage(1, 2)), "f")["usage"]
    assert (told["prompt_tokens"], told["completion_tokens"]) == (7, 2)


def read_back(result: Choice | Reply) -> Reply:
    """Return what a script answers with what a callable returned."""
    answer: Any = script(rules(f"- reply: {json.dumps(prompts.answer(result, 'f'))}")).rules[0].answers[0]
    reply: Reply = answer(Prompt())
    return reply


@pytest.mark.parametrize(
    ("result", "name"),
    [
        (Reply((Choice("a"),), events=(RawEvent("{}"),)), "events` of Reply"),
        (Choice("a", stopped_by="END"), "stopped_by` of Choice"),
        (Choice("a", failure=ErrorContent("Gone.", "server_error")), "type` of ErrorContent"),
    ],
)
def test_answer__refuses_what_no_script_can_say(result: object, name: str) -> None:
    with pytest.raises(TypeError, match=f"`{name} cannot be sent from a test"):
        prompts.answer(result, "f")


@given(st.text("{}%# a\n"))
def test_literal__is_no_template_whatever_braces_are_in_it(text: str) -> None:
    node = read_text(as_json(literal(text)), "test")
    assert templates.write(templates.text(node), templates.context(Prompt())) == text


def test_variables__lead_each_vendor_to_its_address() -> None:
    set_ = dict(variables("URL", {}))
    assert (set_["GROQ_BASE_URL"], set_["GROQ_API_BASE"]) == ("URL/groq", "URL/groq/openai/v1")
    assert (set_["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"], set_["BEDROCK_MANTLE_API_BASE"]) == ("URL", "URL/v1")
    vendors = ("MISTRAL", "COHERE", "DEEPSEEK", "GROQ", "OPENROUTER", "XAI")
    assert [
        vendor for vendor in vendors if set_[f"{vendor}_API_KEY"] == "mock-key" and f"{vendor}_API_BASE" in set_
    ] == [*vendors]


def test_variables__of_azure_and_aws_are_replaced_but_never_added() -> None:
    plain = dict(variables("URL", {}))
    assert not [name for name in plain if name.startswith(("AZURE_OPENAI", "AWS_BEARER"))]
    assert plain["NO_PROXY"] == "127.0.0.1"
    theirs = {"AZURE_OPENAI_ENDPOINT": "https://real", "AZURE_OPENAI_API_KEY": "sk-real", "no_proxy": "example.com"}
    theirs |= {"AWS_BEARER_TOKEN_BEDROCK": "real"}
    replaced = dict(variables("URL", theirs))
    assert [replaced[name] for name in theirs] == ["URL", "mock-key", "example.com,127.0.0.1", "mock-key"]


def test_described__takes_whatever_was_asked() -> None:
    brief = {"id": "r", "method": "POST", "path": "/v1", "status": 400, "error": None, "summary": ""}
    brief |= dict.fromkeys(("model", "rule", "unmatched", "fault", "stage", "retry", "client_left"))
    brief |= dict.fromkeys(("near_misses", "ineffective"))
    full = {**brief, "said": {"prompt": "", "answer": "", "messages": []}}
    assert described(Exchange(brief, lambda id: full)) == ["POST /v1 400"]


def test_import__loads_nothing_that_is_not_used() -> None:
    """pytest loads the plugin in every project that has this package, used or not."""
    code = (
        "import sys, pytest; before = set(sys.modules); import completions.pytest_plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["completions", "completions.pytest_plugin"]
