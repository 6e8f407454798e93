"""The README's code blocks run, and show what really comes out."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import AsyncClient
from pytest_django import Settings

from completions.control.table import OPERATIONS
from completions.conversation import Prompt
from tests.server import ROOT, LiveServer

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def sessions() -> list[list[tuple[str, str]]]:
    """Return each console block's commands with the output that is shown below them."""
    found = []
    for kind, text in BLOCKS:
        if kind == "console":
            parts = [part.partition("\n") for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]]
            found.append([(command, output) for command, _, output in parts])
    return found


def run(command: str | list[str], server: LiveServer) -> str:
    """Run with this Python first in the path, against the live server instead of port 8000."""
    at = f"127.0.0.1:{server.port}"
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DJANGO_SETTINGS_MODULE": "mocksite.settings",
        "LLM_BASE_URL": f"http://{at}/v1",
    }
    replaced = [part.replace("127.0.0.1:8000", at) for part in ([command] if isinstance(command, str) else command)]
    result = subprocess.run(
        replaced[0] if isinstance(command, str) else replaced,
        shell=isinstance(command, str),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    return result.stdout


def pattern(output: str) -> str:
    """Turn shown output into a pattern: `...` stands for lines left out, and measured times may differ."""
    escaped = re.escape(output.strip()).replace(re.escape("...\n"), "(?:.*\n)+?")
    return re.sub(r"\d+(?:\\\.\d+)?(?=(?:\\ )?(?:ms|s)\b)", r"[\\d.]+", escaped)


@pytest.mark.parametrize("session", sessions(), ids=[session[0][0][:60] for session in sessions()])
def test_console__shows_what_comes_out(server: LiveServer, session: list[tuple[str, str]]) -> None:
    for command, output in session:
        if command.startswith("curl") and shutil.which("curl") is None:
            pytest.skip("there is no curl on this machine")
        said = run(command, server).strip()
        assert re.fullmatch(pattern(output), said), said


FILE = re.compile(r"# (\w+\.py)\n")
"""The first line of a block that is a file of a project."""


def test_files__are_a_project_whose_tests_pass(tmp_path: Path) -> None:
    """Projects where the package is installed have the plugin without `-p`: `tests/pytest_plugin/test_projects.py`."""
    files = {match[1]: text for kind, text in BLOCKS if kind == "python" and (match := FILE.match(text))}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "support.yaml").write_text("version: 1\nrules:\n- {match: {last_user: refund}, reply: No refunds.}\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\nDJANGO_SETTINGS_MODULE = settings\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "completions.pytest_plugin", "-p", "no:cacheprovider"]
    theirs = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "PYTEST", "COV"))}
    env = {**theirs, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300)
    tests = sum(text.count("def test_") for text in files.values())
    assert f"{tests} passed" in done.stdout, done.stdout


@pytest.mark.parametrize("code", [text for kind, text in BLOCKS if kind == "python" and not FILE.match(text)])
def test_python__prints_what_its_comments_say(server: LiveServer, code: str) -> None:
    shown = "\n".join(re.findall(r"^# (.*)$", code, re.MULTILINE))
    assert re.fullmatch(pattern(shown), run([sys.executable, "-c", code], server).strip())


def shout(prompt: Prompt) -> str:
    """The Python function that the page's example calls."""
    return prompt.last_user.upper()


def dialogue(text: str) -> list[dict[str, Any]]:
    """Read a block's `# asked:` lines, each with its `# with:`, `# key:` and `# result:`, up to its `# answers:`."""
    found: list[dict[str, Any]] = []
    for key, value in re.findall(r"^# (asked|with|key|result|answers): (.*)$", text, re.MULTILINE):
        if key == "asked":
            found.append({"asked": value})
        else:
            found[-1][key] = (
                value if key in ("result", "key") else yaml.safe_load(value) if key == "with" else unquoted(value)
            )
    return found


def unquoted(text: str) -> str:
    """Return a text that may stand in YAML's single quotes."""
    return str(yaml.safe_load(text)) if text.startswith("'") else text


def request(turn: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a chat completion for one turn of a dialogue."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": turn["asked"]}]
    if "result" in turn:
        call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
        messages.append({"role": "assistant", "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": "call_1", "content": turn["result"]})
    return {"model": "gpt-4o", "messages": messages, **turn.get("with", {})}


def heard(answer: dict[str, Any]) -> str:
    """Return what an answer says, as the page writes it."""
    if "error" in answer:
        return f"{answer['status']} {answer['error']['code']}"
    said = []
    for message in (choice["message"] for choice in answer["choices"]):
        said += [text for text in (message["content"], message["refusal"]) if text]
        calls = [call["function"] for call in message.get("tool_calls", ())]
        said += [f"{call['name']}({call['arguments']})" for call in calls]
    return " ".join(said)


SCRIPTS = [text for kind, text in BLOCKS if kind == "yaml"]


@pytest.mark.parametrize("text", SCRIPTS, ids=[dialogue(text)[0]["asked"] for text in SCRIPTS])
async def test_script__answers_what_the_page_says(
    text: str, tmp_path: Path, settings: Settings, async_client: AsyncClient
) -> None:
    file = tmp_path / "script.yaml"
    file.write_text(text if text.startswith("version") else f"version: 1\nrules:\n{text}")
    settings.MOCK_SCRIPT = str(file)
    for turn in dialogue(text):
        if "answers" not in turn:
            continue  # the block only has to be a script
        headers = {"Authorization": f"Bearer {turn['key']}"} if "key" in turn else {}
        response = await async_client.post(
            "/v1/chat/completions", request(turn), content_type="application/json", headers=headers
        )
        assert heard({"status": response.status_code, **response.json()}) == turn["answers"]


def test_commands__are_the_ones_that_ci_runs() -> None:
    ci = (ROOT / ".ci" / "run").read_text()
    first, second = (text.strip() for kind, text in BLOCKS[:2] if kind == "sh")
    for step in (*first.split(" && "), *second.split(" && ")):
        assert step.replace("pip install", "pip install -q") in ci or step in ci


def test_control_api__has_every_operation_in_its_table() -> None:
    table = re.findall(r"^\| `([A-Z]+) /_mock/(\S+)` \|", README.partition("## Control API")[2], re.MULTILINE)
    assert table == [(operation.method, operation.path) for operation in OPERATIONS]


def test_configuration__is_env_example() -> None:
    example = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    table = dict(re.findall(r"^\| `([A-Z_]+)` \| (?:`(.*?)`|made at each start|none) \|", README, re.MULTILINE))
    assert table == example


def test_links__lead_somewhere() -> None:
    titles = re.findall(r"^#+ (.*)$", README, re.MULTILINE)
    headings = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
    for target in re.findall(r"\]\((?!https:)([^)]+)\)", README):
        assert target[1:] in headings if target.startswith("#") else (ROOT / target).exists(), target
