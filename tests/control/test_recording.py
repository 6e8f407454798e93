"""What a namespace records and plays, as it is started and stopped at run time."""

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from tests.control.client import ask, control, said, told

pytestmark = pytest.mark.usefixtures("world")

AWAY = "http://127.0.0.1:9"

PLAYED = """
version: 1
rules:
- name: hi
  match: {request: {model: gpt-4o, messages: [{role: user, content: hi}]}}
  reply: {response: {path: /v1/chat/completions, format: chat, status: 200, body: "{}"}}
"""


@pytest.fixture
def root(tmp_path: Path, settings: Settings) -> Path:
    """The folder that the server was started with."""
    settings.CASSETTE_ROOT = str(tmp_path / "root")
    return tmp_path / "root"


async def put(**document: Any) -> tuple[int, str]:
    """Start, and return the status and the error's code."""
    answer = await control("PUT", "recording", json.dumps(document))
    error = json.loads(answer.body).get("error") or {"code": "", "message": ""}
    return answer.status, error["code"] or error["message"]


async def test_recording__is_shown_and_stopped(root: Path) -> None:
    nothing = {"recording": None, "root": str(root), "pushed": False}
    assert await told("GET", "recording") == nothing
    ignore = ["ids", "/ticket-[0-9]+/"]
    started = await told("PUT", "recording", json.dumps({"folder": "a/b", "upstream": AWAY, "ignore": ignore}))
    recording = {"folder": f"{root}/a/b", "mode": "new_episodes", "records": True, "upstream": AWAY, "requests": 0}
    assert started == {"recording": {**recording, "ignore": ignore}, "root": str(root), "pushed": True}
    assert await told("GET", "recording", space="other") == nothing
    assert await told("PUT", "recording", "null") == {**nothing, "pushed": True}
    assert await told("DELETE", "recording") == nothing


async def test_recording__rules_answer_first_and_all_else_is_asked_elsewhere(root: Path) -> None:
    await told("PUT", "recording", json.dumps({"upstream": AWAY}))
    assert await said("refund") == "Refunds take five days."
    assert await said("Hello") == "upstream_failed"
    await told("PUT", "recording", json.dumps({"mode": "none"}))
    assert await said("Hello") == "no_cassette"
    await told("DELETE", "recording")
    assert await said("Hello") == "no_rule_matched"


async def test_recording__that_is_spoiled_is_named_and_not_made_anew(root: Path) -> None:
    (root / "a").mkdir(parents=True)
    (root / "a" / "x.yaml").write_text("rules: [")
    shown = await told("PUT", "recording", json.dumps({"folder": "a", "upstream": AWAY, "mode": "once"}))
    assert shown["recording"]["records"] is False
    message = json.loads((await ask("Hello")).body)["error"]["message"]
    assert f"the mode is once. These files cannot be used: {root}/a/x.yaml:1: is not YAML: " in message


async def test_recording__takes_the_place_of_the_document_that_answers_all(root: Path, settings: Settings) -> None:
    settings.MOCK_SCRIPT = "mock"
    await told("PUT", "recording", json.dumps({"upstream": AWAY}))
    assert await said("Hello") == "upstream_failed"
    await told("DELETE", "recording")
    assert await said("Hello") == "This is a mock response."


async def test_recording__that_is_never_played_is_a_warning(root: Path) -> None:
    (warning,) = (await told("PUT", "recording", json.dumps({"folder": "a", "mode": "none"})))["warnings"]
    assert warning == f"pushed:1: `recording` plays nothing: {root}/a has no recorded answer that can be used."
    (root / "a").mkdir(parents=True)
    (root / "a" / "x.yaml").write_text(PLAYED)
    assert "warnings" not in await told("PUT", "recording", json.dumps({"folder": "a", "mode": "none"}))
    await told("PUT", "script", "{version: 1, rules: [{name: all, reply: Hi}]}")
    (warning,) = (await told("PUT", "recording", json.dumps({"folder": "a", "mode": "none"})))["warnings"]
    assert warning == "pushed:1: `recording` plays nothing: the rule 'all' of pushed answers every request."


async def test_recording__of_what_a_rule_answers_anyway_is_refused(root: Path) -> None:
    await told("PUT", "script", "{version: 1, rules: [{name: all, reply: Hi}]}")
    assert await put(upstream=AWAY) == (400, "nothing_to_record")
    assert await put(mode="none") == (200, "")


@pytest.mark.parametrize(
    ("document", "status", "told"),
    [
        ({"folder": "../a", "mode": "none"}, 400, "must be a folder below"),
        ({"folder": "a/../../b", "mode": "none"}, 400, "must be a folder below"),
        ({"folder": "/etc", "mode": "none"}, 400, "must be a folder below"),
        ({"folder": "~", "mode": "none"}, 400, "must be a folder below"),
        ({"folder": "a\\..\\b", "mode": "none"}, 400, "must be a folder below"),
        ({"folder": "C:x", "mode": "none"}, 400, "must be a folder below"),
        ({"folder": "a\0b", "mode": "none"}, 400, "must be a folder below"),
        ({"folder": "a" * 2000, "mode": "none"}, 400, "has more than 1000 characters"),
        ({"folder": "out", "mode": "none"}, 400, "leads out of"),
        ({"folder": "file", "mode": "none"}, 400, "is a file"),
        ({"folder": "closed/a", "upstream": AWAY}, 400, "cannot be written to"),
        ({"folder": 5}, 400, "must be a string"),
        ({"mode": "twice"}, 400, "must be one of none, once"),
        ({"mood": "once"}, 400, "Did you mean `mode`?"),
        ({"mode": "all"}, 400, "there is no other server"),
        ({"upstream": "example.com"}, 400, "must be a URL of http or https"),
        ({"upstream": {"url": AWAY, "headers": {"Host": "a"}}}, 400, "cannot be set"),
        ({"upstream": {"url": AWAY, "headers": {"a": "b\nc"}}}, 400, "must be one line"),
        ({"upstream": {"url": AWAY, "headers": {"a": "é"}}}, 400, "printable ASCII"),
        ({"mode": "none", "ignore": ["id"]}, 400, "must be one of ids, dates, whitespace"),
        ({"mode": "none", "ignore": ["/(/"]}, 400, "is not a pattern"),
    ],
)
async def test_recording__that_is_wrong_says_so_and_changes_nothing(
    root: Path, document: dict[str, Any], status: int, told: str
) -> None:
    (root / "closed").mkdir(parents=True)
    (root / "closed").chmod(0o500)
    (root / "file").write_text("")
    (root / "out").symlink_to(root.parent)
    answer = await control("PUT", "recording", json.dumps(document))
    if "closed" in str(document.get("folder")) and answer.status == 200:
        pytest.skip("this user may write anywhere")
    assert (answer.status, told in answer.body.decode()) == (status, True), answer.body
    assert json.loads((await control("GET", "recording")).body)["pushed"] is False


async def test_recording__needs_a_folder_that_the_server_was_started_with() -> None:
    assert await put(upstream=AWAY) == (409, "recording_unavailable")


async def test_recording__keeps_the_headers_of_the_upstream_to_itself(root: Path) -> None:
    upstream = {"url": AWAY, "headers": {"Authorization": "Bearer s3cret-s3cret"}}
    for _ in range(2):
        assert "s3cret" not in json.dumps(await told("PUT", "recording", json.dumps({"upstream": upstream})))


async def test_recording__goes_with_a_reset(root: Path) -> None:
    await told("PUT", "recording", json.dumps({"mode": "none"}))
    await told("POST", "reset")
    assert (await told("GET", "recording"))["recording"] is None
