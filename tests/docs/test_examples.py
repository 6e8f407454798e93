"""The code blocks of the manual run, and show what really comes out."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from _pytest.mark import ParameterSet
from django.core.management import get_commands
from django.test import AsyncClient
from pytest_django import Settings

from completions.script.loader import load
from tests import forked
from tests.docs.pages import BY_NAME, PAGES, Page
from tests.patience import PATIENCE
from tests.server import ROOT, LiveServer

LANGUAGES = {"console", "python", "yaml", "sh", "json", "text", "js", "go", "java"}
"""What a block can be in; `text` is for output that no test can bring about again."""

FILE = re.compile(r"# (\w+\.(?:py|yaml|ini))\n")
"""The first line of a block that is a file of a project."""

DATA = re.compile(r"# (\w+\.jsonl)\n")
"""The first line of a block that is a data file of a script; what follows it is the file."""


def examples(language: str) -> list[ParameterSet]:
    """Return the blocks in a language as parameters of a test, named by their pages."""
    return [
        pytest.param(page, text, id=f"{page.name}-{number}")
        for page in PAGES
        for number, text in enumerate(page.blocks_of(language), 1)
    ]


def files_of(page: Page) -> dict[str, str]:
    """Return the files of the project that a page shows."""
    return {match[1]: text for _, text in page.blocks if (match := FILE.match(text))}


def number_of_tests(page: Page) -> int:
    """Return how many tests these files have; one that is parametrised counts once."""
    return sum(len(re.findall(r"^(?:async )?def test_", text, re.MULTILINE)) for text in files_of(page).values())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_blocks__are_in_languages_that_are_tested(page: Page) -> None:
    assert {kind for kind, _ in page.blocks} <= LANGUAGES
    assert len(page.blocks) * 2 == len(re.findall(r"^ *```", page.text, re.MULTILINE))


def session(text: str) -> list[tuple[str, str]]:
    """Return a console block's commands, each with the output that is shown below it."""
    parts = [part.partition("\n") for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]]
    return [(command, output) for command, _, output in parts]


def run(command: str, server: LiveServer) -> str:
    """Run a line of a console against the live server instead of port 8000; return all that is written."""
    environment, shown = environment_for(server), address_of(server, command)
    if shown.startswith("python -m llmclient "):
        return forked.python(shlex.split(shown)[1:], ROOT, environment)
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return str(subprocess.run(shown, shell=True, cwd=ROOT, env=environment, timeout=PATIENCE, **streams).stdout)


def address_of(server: LiveServer, text: str) -> str:
    """Put the live server's address into a text, for the one that the manual uses."""
    return text.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")


def environment_for(server: LiveServer) -> dict[str, str]:
    """Return the environment of a program, with this Python first in the path."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DJANGO_SETTINGS_MODULE": "mocksite.settings",
        "LLM_BASE_URL": f"{server.url}/v1",
    }


def pattern(output: str) -> str:
    """Turn shown output into a pattern: `...` stands for lines left out, and measured times may differ."""
    escaped = re.escape(output.strip()).replace(re.escape("...\n"), "(?:.*\n)+?")
    return re.sub(r"\d+(?:\\\.\d+)?(?=(?:\\ )?(?:ms|s)\b)", r"[\\d.]+", escaped)


@pytest.mark.parametrize(("page", "text"), examples("console"))
def test_console__shows_what_comes_out(server: LiveServer, page: Page, text: str) -> None:
    for command, output in session(text):
        if command.startswith("curl") and shutil.which("curl") is None:
            pytest.skip("there is no curl on this machine")
        said = run(command, server).strip()
        assert re.fullmatch(pattern(output), said), said


CASSETTE = next(text for text in BY_NAME["docs/cassettes.md"].blocks_of("yaml") if "recorded:" in text)
"""The recorded answer of the manual."""


@pytest.mark.parametrize("page", [page for page in PAGES if number_of_tests(page)], ids=lambda page: page.name)
def test_files__are_a_project_whose_tests_pass(page: Page, tmp_path: Path) -> None:
    """As by the command `pytest`, for which the project's folder is not where Python looks for modules.

    Projects where the package is installed have the plugin without `-p`: `tests/pytest_plugin/test_projects.py`.
    """
    for name, text in files_of(page).items():
        (tmp_path / name).write_text(text)
    (tmp_path / "capitals").mkdir()
    (tmp_path / "capitals/capital.yaml").write_text(CASSETTE)
    arguments = ["-q", "-p", "completions.pytest_plugin", "-p", "no:cacheprovider"]
    command = f"import pytest, sys; sys.path.remove({str(tmp_path)!r}); sys.exit(pytest.main({arguments}))"
    theirs = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "PYTEST", "COV"))}
    said = forked.python(["-c", command], tmp_path, {**theirs, "PYTHONPATH": str(ROOT)})
    passed = re.search(r"^(\d+) passed(?:, \d+ warnings?)? in ", said, re.MULTILINE)  # none skipped, none failed
    assert passed is not None and int(passed[1]) >= number_of_tests(page), said


@pytest.mark.parametrize(("page", "code"), [each for each in examples("python") if not FILE.match(str(each.values[1]))])
def test_python__prints_what_its_comments_say(server: LiveServer, page: Page, code: str) -> None:
    shown = "\n".join(re.findall(r"^# (.*)$", code, re.MULTILINE))
    said = forked.python(["-c", address_of(server, code)], ROOT, environment_for(server))
    assert re.fullmatch(pattern(shown), said.strip()), said


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_json__is_json(page: Page) -> None:
    for text in page.blocks_of("json"):
        json.loads(text)


@pytest.mark.parametrize(("page", "text"), examples("sh"))
def test_sh__names_commands_and_files_that_exist(page: Page, text: str) -> None:
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)
    assert {*re.findall(r"(?:manage\.py|mocksite) ([a-z]+)", text)} <= get_commands().keys()
    named = re.findall(r"(?:-r|pytest) (?!-)(\S+)|python (\w+\.py)|-m (tests[.\w]+)", text)
    for file in (name.replace(".", "/") if module else name for *names, module in named for name in (*names, module)):
        assert not file or (ROOT / file).exists() or (ROOT / f"{file}.py").exists(), file


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


@pytest.mark.parametrize(("page", "text"), examples("yaml"))
async def test_script__answers_what_the_page_says(
    page: Page,
    text: str,
    tmp_path: Path,
    settings: Settings,
    async_client: AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = {match[1]: block[match.end() :] for block in page.blocks_of("text") if (match := DATA.match(block))}
    for name, code in (files_of(page) | data).items():
        (tmp_path / name).write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "script.yaml"
    file.write_text(text if re.match(r"(?:#.*\n)*version", text) else f"version: 1\nrules:\n{text}")
    load(str(file))
    settings.MOCK_SCRIPT = str(file)
    for turn in dialogue(text):
        if "answers" not in turn:
            continue  # the block only has to be a script
        headers = {"Authorization": f"Bearer {turn['key']}"} if "key" in turn else {}
        response = await async_client.post(
            "/v1/chat/completions", request(turn), content_type="application/json", headers=headers
        )
        assert heard({"status": response.status_code, **response.json()}) == turn["answers"]
