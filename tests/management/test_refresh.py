"""`manage.py checkcassettes --refresh`: what was recorded is asked again, and another shape is told."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from completions.outcome import Recorded
from completions.script.asked.document import document
from completions.script.asked.request import NotAskable, body_of
from completions.script.asked.same import digest
from completions.state.cassettes.shape import differences, shape_of
from completions.wire.registry import format_at
from tests.delivery.relay.test_live import CLIENT, HEADERS, request
from tests.server import SERVE, LiveServer

SURFACES = ("chat", "responses", "anthropic", "gemini", "ollama")


@pytest.fixture(scope="module")
def upstream() -> Iterator[LiveServer]:
    with LiveServer(MOCK_SCRIPT="auto", MOCK_TTFT_MS="0", MOCK_ITL_MS="0") as live:
        yield live


@pytest.fixture(scope="module")
def recorded(upstream: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an answer of each API, whole and streamed, of an embedding and of a list."""
    folder = tmp_path_factory.mktemp("recorded")
    with LiveServer(*SERVE, "--record", str(folder), MOCK_UPSTREAM=upstream.url) as recorder:
        for surface in SURFACES:
            for stream in (False, True):
                path, body = request(surface, "Hello", stream)
                assert CLIENT.post(recorder.url + path, json=body, headers=HEADERS).status_code == 200
        embedded = {"model": "text-embedding-3-small", "input": "Hello"}
        assert CLIENT.post(f"{recorder.url}/v1/embeddings", json=embedded).status_code == 200
        assert CLIENT.get(f"{recorder.url}/v1/models").status_code == 200
        assert recorder.stop() == 0  # what was answered is written by then
    assert len(list(folder.glob("*.yaml"))) == 12
    return folder


def test_refresh__of_what_is_the_same(recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    call_command("checkcassettes", str(recorded), refresh=True, report=str(report), header=["x-extra: k"])
    found = json.loads(report.read_text())
    counts = {name: found[name] for name in ("requests", "same", "changed", "not_asked")}
    assert counts == {"requests": 12, "same": 12, "changed": 0, "not_asked": 0}
    assert "12 requests, 0 errors, 0 warnings" in capsys.readouterr().out


def test_refresh__of_what_has_changed(
    recorded: Path, upstream: LiveServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = next(file for file in recorded.glob("*.yaml") if "path: /v1/chat/completions" in file.read_text())
    document = yaml.safe_load(file.read_text())
    response = document["rules"][0]["reply"]["response"]
    body = "".join(str(next(iter(piece.values()))) for piece in response.pop("pieces", ())) or response["body"]
    response |= {"status": 201, "body": body.replace('"created":', '"made":').replace('"model":"gpt-4o"', '"model":7')}
    (tmp_path / "changed.yaml").write_text(yaml.safe_dump(document))
    document["recorded"]["upstream"] = "http://127.0.0.1:9"
    (tmp_path / "away.yaml").write_text(yaml.safe_dump(document))
    report = tmp_path / "report.md"
    with pytest.raises(CommandError):
        call_command("checkcassettes", str(tmp_path), refresh=True, report=str(report))
    shown = capsys.readouterr().out
    for told in (
        "changed.yaml: error: status: 201 is now 200",
        "field gone: ",
        "made",
        "field new: ",
        "number is now text",
        "away.yaml: error: could not be asked again: ConnectError",
    ):
        assert told in shown
    assert "2 requests, 0 same, 1 changed, 1 not asked." in report.read_text()
    assert f"## `{tmp_path}/away.yaml`" in report.read_text()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"report": "a"}, "are for --refresh"),
        ({"refresh": True, "report": "nowhere/a.md"}, "The report nowhere/a.md cannot be written: No such file"),
        ({"older_than": -1}, "--older-than takes a number of days from 0"),
        ({"refresh": True, "upstream": "a"}, "--upstream must be a URL"),
        ({"refresh": True, "header": ["a"]}, "--header takes NAME:VALUE"),
    ],
)
def test_options__that_are_wrong(tmp_path: Path, options: dict[str, Any], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        call_command("checkcassettes", str(tmp_path), **options)


CALL = {"id": "call_1", "name": "look", "arguments": '{"place": "Rome"}'}
PLACE = {"type": "object", "properties": {"place": {"type": "string"}}}
ASKED = {
    "model": "gpt-4o",
    "messages": [
        {"role": "system", "text": "Be kind."},
        {"role": "user", "text": "Weather?"},
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "text": "Rain", "tool_call_id": "call_1"},
    ],
    "tools": [{"name": "look", "description": "Look.", "parameters": PLACE}],
    "sampling": {"temperature": 0.5, "max_tokens": 50},
}


@pytest.mark.parametrize("surface", SURFACES)
def test_request__asks_what_was_asked(surface: str) -> None:
    """What is written is read as the same question."""
    wire, route = format_at(request(surface, "", stream=False)[0]) or pytest.fail()
    body = json.dumps(body_of({**ASKED, "format": surface}, stream=False)).encode()
    again = document(wire.parse(body, {"content-type": "application/json"}, validate=False, route=route))
    for message in again["messages"]:
        message.pop("name", None)  # of the tool, which only some APIs tell
    assert digest(again) == digest({**ASKED, "model": again["model"]}), again


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"tools": [{"type": "web_search"}]}, "runs itself"),
        ({"messages": [{"role": "user", "text": "I am [redacted]"}]}, "a secret was taken out"),
        ({"messages": [{"role": "user", "parts": [{"kind": "image", "source": "https://a"}]}]}, "has a picture"),
        ({"messages": [{"role": "user", "parts": [{"kind": "image", "source": "sha256:1"}]}]}, "a hash stands for"),
        ({"format": "cohere"}, "cannot be written"),
    ],
)
def test_request__that_is_not_all_there(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(NotAskable, match=why):
        body_of({**ASKED, "format": "chat", **changed}, stream=False)


def test_shape__of_a_stream_has_its_events() -> None:
    def stream(*events: str) -> Recorded:
        body = "".join(f"event: {event.partition(' ')[0]}\ndata: {event.partition(' ')[2]}\n\n" for event in events)
        return Recorded("/v1/messages", pieces=(body.encode(),), times=(0.0,), stream=True)

    before = shape_of(stream('start {"a": 1}', 'delta {"text": "One"}', 'delta {"text": "two"}', 'ping {"b": 1}'))
    same = shape_of(stream('start {"a": 2}', 'delta {"text": "Another"}', 'ping {"b": 0.5}'))
    other = shape_of(stream('start {"a": "2"}', 'delta {"text": "One", "more": [1]}', 'stop {"c": 1}'))
    assert list(differences(before, same)) == []
    assert list(differences(before, other)) == [
        "event gone: ping",
        "event new: stop",
        "field new: delta.more",
        "field new: delta.more[]",
        "field start.a: number is now text",
    ]
