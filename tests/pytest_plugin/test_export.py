"""A run exported as a pytest file, which is held by running it."""

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import pytest
from django.core.management import CommandError, call_command
from openai import OpenAI

from completions.pytest_plugin.mock import MockLLM
from tests.patience import PATIENCE
from tests.server import ROOT

TOOLS: Any = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}]
HARD = 'A "quote", \'another\', """three""", a \\ back\\slash, {{ no template }}, {% nor this %}\nand a line 🎁\u2028.'


def chat(text: str, **more: Any) -> Any:
    """Ask with the SDK."""
    with OpenAI() as client, contextlib.suppress(openai.APIError, httpx.TransportError):
        messages = [{"role": "user", "content": text}]
        answer = client.chat.completions.create(**{"model": "gpt-4o", "messages": messages, **more})
        return list(answer) if more.get("stream") else answer


def texts(mock_llm: MockLLM) -> None:
    """Hard texts, both ways."""
    mock_llm.reply(HARD, when="quote")
    chat(HARD)
    chat("Nobody has a rule for it.", stream=True)
    chat("x" * 1000)


def retries(mock_llm: MockLLM) -> None:
    """Errors before an answer, and the same again later."""
    for _ in range(2):
        mock_llm.error(429, times=2, retry_after_ms=10)
        mock_llm.reply("At last.", times=1)
        chat("Hello")
    chat("Refused by the API", temperature=9)


def agent(mock_llm: MockLLM) -> None:
    """An agent that calls a tool, twice the same run, so that one question has two answers."""
    call = {"tool_calls": {"name": "weather", "arguments": {"city": "Paris", "days": [1, 2]}}}
    for _ in range(2):
        mock_llm.reply([call, "Take an umbrella."], times=2)
        asked: list[Any] = [{"role": "user", "content": "What do I need?"}]
        said = chat("", messages=asked, tools=TOOLS).choices[0].message
        asked += [said.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": said.tool_calls[0].id}]
        chat("", messages=[*asked[:2], {**asked[2], "content": "It rains."}], tools=TOOLS)


def faults(mock_llm: MockLLM) -> None:
    """What breaks on the way."""
    mock_llm.fault("disconnect", after_tokens=2, reply="one two three", when="stream")
    mock_llm.fault("close", when="close", times=1)
    mock_llm.fault("malformed_json", when="malformed")
    with OpenAI(max_retries=0) as client:
        for text in ("stream", "close", "malformed"):
            with contextlib.suppress(openai.APIError, httpx.TransportError, ValueError):
                messages: Any = [{"role": "user", "content": text}]
                list(client.chat.completions.create(model="gpt-4o", messages=messages, stream=text == "stream"))


def responses(mock_llm: MockLLM) -> None:
    """A conversation that names the answer before."""
    mock_llm.reply(["First.", "Second."], times=2)
    with OpenAI() as client:
        first = client.responses.create(model="gpt-4o", input="Hello")
        client.responses.create(model="gpt-4o", input="And then?", previous_response_id=first.id)
    mock_llm.reply(["Third.", "Fourth."])
    url, body = f"{mock_llm.url}/v1beta/interactions?key=any", {"model": "gemini-3.8-flash", "input": "Hi there"}
    named = httpx.post(url, json=body, trust_env=False).json()["id"]
    httpx.post(url, json={**body, "previous_interaction_id": named}, trust_env=False)


def others(mock_llm: MockLLM) -> None:
    """Other APIs, and other tasks."""
    mock_llm.reply("Bonjour.", when="Hello")
    with anthropic.Anthropic() as client:
        asked: Any = {"messages": [{"role": "user", "content": "Hello"}]}
        client.messages.create(model="claude-sonnet-5", max_tokens=20, **asked)
        with client.messages.stream(model="claude-sonnet-5", max_tokens=20, **asked) as stream:
            stream.until_done()
    with OpenAI() as client:
        client.embeddings.create(model="text-embedding-3-small", input="Hello")
        client.moderations.create(model="omni-moderation-latest", input="Hello")
        client.audio.transcriptions.create(model="whisper-1", file=("a.wav", wave()))
    body = {"contents": [{"parts": [{"text": "Hello"}]}]}
    for how in ("generateContent?key=secret", "streamGenerateContent?alt=sse&key=secret"):
        httpx.post(f"{mock_llm.url}/v1beta/models/gemini-2.5-flash:{how}", json=body, trust_env=False)


def wave() -> bytes:
    """Return a moment of silence."""
    data = bytes(160)
    sizes = [(36 + len(data), 4), (16, 4), (1, 2), (1, 2), (80, 4), (160, 4), (2, 2), (16, 2), (len(data), 4)]
    riff, *fmt, size = (number.to_bytes(width, "little") for number, width in sizes)
    return b"RIFF" + riff + b"WAVEfmt " + b"".join(fmt) + b"data" + size + data


def run_exported(folder: Path) -> str:
    """Run what was exported into a folder, as its owner does."""
    theirs = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "PYTEST", "COV"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "completions.pytest_plugin", "-p", "no:cacheprovider"]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**theirs, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
    )
    return done.stdout


RUNS: list[Callable[[MockLLM], None]] = [texts, retries, agent, faults, responses, others]


def test_export__runs_and_asserts_what_was_asked(mock_llm: MockLLM, tmp_path: Path) -> None:
    for run in RUNS:
        mock_llm.reset()
        run(mock_llm)
        mock_llm.run.export(tmp_path / f"test_{run.__name__}.py")
    written = {file.stem: file.read_text() for file in tmp_path.glob("*.py")}
    assert "secret" not in written["test_others"]
    assert written["test_agent"].count("'weather', {'city': 'Paris', 'days': [1, 2]}") == 2
    assert "Left out" not in "".join(written.values())
    out = run_exported(tmp_path)
    assert re.search(rf"^{len(RUNS)} passed", out, re.MULTILINE), out


BROKEN = (
    ("In Rome?", "In Oslo?", "mock_llm should have been asked"),
    ("'gpt-4o'", "'gpt-4o', 'temperature': 9", r"assert \[400\] == \[200\]"),
    ("client.post", "client.put", r"assert \[405\] == \[200\]"),
    ("city: Rome", "city: Paris", "These tools should have been called"),
)
"""What is changed in an exported file, into what, and what the test then says."""


def test_export__fails_where_something_else_is_asked_or_answered(mock_llm: MockLLM, tmp_path: Path) -> None:
    mock_llm.reply({"tool_calls": {"name": "weather", "arguments": {"city": "Rome"}}})
    chat("In Rome?", tools=TOOLS)
    text = mock_llm.run.export()
    for number, (then, now, _) in enumerate(BROKEN):
        place = text.index(then, 0 if then.startswith("city") else text.index("REQUESTS"))
        (tmp_path / f"test_{number}.py").write_text(text[:place] + now + text[place + len(then) :])
    out = run_exported(tmp_path)
    assert [why for _, _, why in BROKEN if not re.search(why, out)] == [], out
    assert re.search(rf"^{len(BROKEN)} failed", out, re.MULTILINE), out


def test_export__says_what_it_leaves_out(mock_llm: MockLLM) -> None:
    with pytest.raises(Exception, match="There is no run to export"):
        mock_llm.run.export()
    httpx.post(f"{mock_llm.url}/v1/nothing", json={}, trust_env=False)
    (left_out,) = re.findall(r"^# Left out: (.*)$", mock_llm.run.export(), re.MULTILINE)
    assert left_out == f"{mock_llm.last.id}: POST {mock_llm.last.path} is not a request that scripts answer"


def test_command__writes_the_file(mock_llm: MockLLM, tmp_path: Path) -> None:
    chat("Hello")
    command = [sys.executable, "-m", "mocksite", "exportrun", "--url", mock_llm.url.partition("/ns/")[0]]
    command += ["--namespace", mock_llm.namespace]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == mock_llm.run.export()
    file = tmp_path / "test_it.py"
    subprocess.run([*command, "--out", str(file)], cwd=ROOT, check=True)
    assert file.read_text() == done.stdout
    assert json.dumps("Hello")[1:-1] in done.stdout


def test_command__says_why_it_writes_nothing(mock_llm: MockLLM, tmp_path: Path) -> None:
    chat("Hello")
    asked = {"url": mock_llm.url.partition("/ns/")[0], "namespace": mock_llm.namespace}
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"out": tmp_path}, f"--out {tmp_path} cannot be written: Is a directory."),
        ({"url": "data:,x"}, "--url takes an address such as http://127.0.0.1:8000, not 'data:,x'."),
        ({"url": "http://a b/"}, "No answer from http://a b/ns/"),
        ({"url": f"{asked['url']}/v1/"}, "--url takes the mock's own address, without /v1."),
        ({"url": f"{asked['url']}/_mock/inspector"}, "own address, without /_mock/inspector."),
        ({"url": mock_llm.base_url}, f"without /ns/{mock_llm.namespace}/v1; set the namespace with --namespace."),
        ({"namespace": ""}, "--namespace takes the name of a namespace, but is empty."),
        (
            {"url": f"{asked['url']}/v1/models?"},
            "answered application/json instead of text/x-python, so it is not the mock.",
        ),
        ({"namespace": "\udcff"}, "/ns/%FF/_mock/exchanges/pytest answered 4"),
    )
    for changed, told in wrong:
        with pytest.raises(CommandError) as caught:
            call_command("exportrun", **{**asked, **changed})
        assert told in str(caught.value)
