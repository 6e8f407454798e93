"""What the Gemini API keeps for its agents, and its voices, through google-genai against a live server."""

import base64
import re
import time
from collections.abc import Callable
from typing import Any

import anthropic
import httpx
import pytest
from google import genai
from google.genai._interactions import APIStatusError

from tests.leaky import LITELLM
from tests.patience import PATIENCE

pytestmark = [*LITELLM, pytest.mark.filterwarnings("ignore:.* usage is experimental:UserWarning")]

SCRIPT = """version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}}
rules:
- {match: {format: gemini_agent, metadata: {id: refused}}, error: {status: 429, message: Too many agents.}}
- {match: {format: gemini_environment}, reply: {auto: true, id: env_chosen}}
- {match: {system: {contains: Fail}}, error: {status: 500, message: It failed.}}
- {match: {system: {contains: careful}}, reply: I am careful.}
- {reply: Hi.}
"""
BASE = "antigravity-preview-05-2026"
SOUND: Any = {"data": base64.b64encode(b"RIFF").decode(), "mime_type": "audio/wav"}


def said(interaction: Any) -> str:
    """Return the text of the last step."""
    return str(interaction.steps[-1].content[0].text)


def refused(ask: Callable[[], object]) -> str:
    """Return the status and the message of a refusal."""
    with pytest.raises(APIStatusError) as caught:
        ask()
    body: Any = caught.value.body
    return f"{caught.value.status_code} {body['error']['message']}"


def test_agent__is_kept_and_used(gemini: genai.Client) -> None:
    tools: Any = [{"type": "code_execution"}]
    made = gemini.agents.create(id="reviewer", base_agent=BASE, system_instruction="Be careful.", tools=tools)
    assert (made.id, made.base_agent, made.system_instruction) == ("reviewer", BASE, "Be careful.")
    assert made.tools
    assert made.tools[0].type == "code_execution"
    other = gemini.agents.create(base_agent=BASE, description="Another.")
    assert [each.id for each in gemini.agents.list().agents or ()] == [other.id, "reviewer"]
    assert [each.id for each in gemini.agents.list(page_size=1).agents or ()] == [other.id]
    assert gemini.agents.get(id="reviewer") == made
    answer = gemini.interactions.create(agent="reviewer", input="Hello")
    assert said(answer) == "I am careful."
    plain = gemini.interactions.create(agent=str(other.id), input="Hello")
    assert said(plain) == "Hi."
    assert refused(lambda: gemini.agents.create(id="reviewer")).startswith("409")
    gemini.agents.delete(id="reviewer")
    assert refused(lambda: gemini.agents.get(id="reviewer")) == "404 Requested entity was not found."
    assert refused(lambda: gemini.agents.create(id="refused")) == "429 Too many agents."


def test_v1__has_the_agents_of_both_apis(gemini: genai.Client, place: str) -> None:
    claude = anthropic.Anthropic(base_url=place, api_key="k")
    kept = claude.beta.agents.create(name="Claude's", model="claude-opus-5-5")
    gemini.agents.create(id="gemini")
    assert [each.id for each in claude.beta.agents.list()] == [kept.id]
    assert [each.id for each in gemini.agents.list().agents or ()] == ["gemini"]
    assert claude.beta.environments.create(name="a").id.startswith("env_01")
    assert gemini.environments.create_environment().id == "env_chosen"
    with pytest.raises(anthropic.NotFoundError, match=r"agent gemini not found"):
        claude.beta.agents.retrieve("gemini")


def test_environment__has_the_files_of_its_sources(gemini: genai.Client, place: str) -> None:
    sources: Any = [
        {"type": "inline", "target": "/etc/motd", "content": "hello from genai-rs"},
        {"type": "inline", "target": "src/app/main.py", "content": base64.b64encode(b"print(1)").decode()},
        {"type": "repository", "source": "https://github.com/a/b", "target": "/b"},
    ]
    sources[1]["encoding"] = "base64"
    wrong: Any = {**sources[0], "encoding": "base64", "content": "é"}
    with pytest.raises(APIStatusError, match="'content' must be Base64"):
        gemini.environments.create_environment(sources=[wrong])
    made = gemini.environments.create_environment(sources=sources, network="disabled")
    assert (made.id, made.status, made.network) == ("env_chosen", "active", "disabled")
    assert (made.file_count, made.size_bytes, made.environment_key) == (5, 27, None)
    document = httpx.get(f"{place}/v1beta/environments/{made.id}", headers={"x-goog-api-key": "k"}).json()
    assert (document["file_count"], document["size_bytes"]) == ("5", "27")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00", document["created"])
    files = gemini.environments.files.list(made.id, "src").files
    assert files
    assert [(each.name, each.type) for each in files] == [("app", "directory")]
    files = gemini.environments.files.list(made.id, "src", recursive=True).files
    assert files
    assert [(each.path, each.size_bytes) for each in files] == [("src/app", None), ("src/app/main.py", 8)]
    url = f"{place}/v1beta/environments/{made.id}/files/src/app/main.py?alt=media"
    assert httpx.get(url, headers={"x-goog-api-key": "k"}).content == b"print(1)"
    assert [each.id for each in gemini.environments.list_environments().environments or ()] == ["env_chosen"]
    copied = gemini.environments.create_environment(from_environment="environments/env_chosen")
    assert copied.file_count == 5
    assert refused(lambda: gemini.environments.files.list(made.id, "nowhere")).startswith("404")
    gemini.environments.delete_environment(made.id)
    assert refused(lambda: gemini.environments.get_environment(made.id)) == "404 Requested entity was not found."


def test_environment__of_its_maker_has_a_key(gemini: genai.Client) -> None:
    made = gemini.environments.create_environment(mode="self_hosted", custom_config={"pool": "a"})
    assert made.environment_key
    shown = gemini.environments.get_environment(made.id)
    assert (shown.environment_key, shown.custom_config) == (None, {"pool": "a"})
    assert refused(lambda: gemini.environments.create_environment(custom_config={"pool": "a"})).startswith(
        "400 'custom_config'"
    )
    assert refused(lambda: gemini.environments.create_environment(from_environment="x")).startswith("404")


def test_trigger__is_run_and_paused(gemini: genai.Client) -> None:
    gemini.agents.create(id="reviewer", base_agent=BASE, system_instruction="Be careful.")
    asked: Any = {"agent": "reviewer", "input": "Review."}
    made = gemini.triggers.create(
        schedule="0 9 * * mon-fri", time_zone="America/New_York", interaction=asked, display_name="daily"
    )
    assert (made.status, made.display_name, made.last_run_time) == ("active", "daily", None)
    assert made.next_run_time
    assert (made.next_run_time.minute, made.next_run_time.hour in (13, 14)) == (0, True)
    begun = gemini.triggers.run(trigger_id=made.id)
    assert (begun.status, begun.trigger_id) == ("in_progress", made.id)
    done = ended(gemini, made.id)
    assert (done.id, done.status) == (begun.id, "completed")
    interaction = gemini.interactions.get(str(done.interaction_id))
    assert said(interaction) == "I am careful."
    after = gemini.triggers.get(id=made.id)
    assert (after.previous_interaction_id, after.last_run_time) == (done.interaction_id, done.start_time)
    paused = gemini.triggers.update(id=made.id, status="paused", display_name="later")
    assert (paused.status, paused.display_name, paused.next_run_time) == ("paused", "later", None)
    assert paused.last_pause_time
    assert [each.id for each in gemini.triggers.list().triggers or ()] == [made.id]
    gemini.triggers.delete(id=made.id)
    assert refused(lambda: gemini.triggers.get(id=made.id)) == "404 Requested entity was not found."


def ended(gemini: genai.Client, trigger: str) -> Any:
    """Return the newest execution of a trigger once it has ended."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = gemini.triggers.list_executions(trigger_id=trigger).trigger_executions
        assert found
        if found[0].status != "in_progress":
            return found[0]
        time.sleep(0.05)
    raise AssertionError("it does not end")


def test_trigger__that_fails_too_often_stops(gemini: genai.Client) -> None:
    gemini.agents.create(id="failing", base_agent=BASE, system_instruction="Fail.")
    asked: Any = {"agent": "failing", "input": "Review."}
    made = gemini.triggers.create(schedule="* * * * *", time_zone="UTC", interaction=asked, max_consecutive_failures=2)
    for count in (1, 2):
        gemini.triggers.run(trigger_id=made.id)
        done = ended(gemini, made.id)
        assert (done.status, done.interaction_id, done.error) == ("failed", None, "It failed.")
        after = gemini.triggers.get(id=made.id)
        assert (after.consecutive_failure_count, after.status) == (count, "active" if count < 2 else "error")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"interaction": {"model": "gemini-3.8-flash", "input": "Hi"}}, "Agent '' is invalid or not found"),
        ({"interaction": {"agent": BASE, "input": "Hi", "store": True}}, "Unknown parameter 'interaction.store'."),
        ({"schedule": "every day"}, "Invalid input at 'schedule'."),
        ({"schedule": "0 24 * * *"}, "Invalid input at 'schedule'."),
        ({"time_zone": "Mars/Olympus"}, "Invalid input at 'time_zone'."),
        ({"schedule": None}, "Missing required parameter 'schedule'."),
        ({"timezone": "UTC"}, "Unknown parameter 'timezone'. Did you mean 'time_zone'?"),
    ],
)
def test_trigger__that_is_wrong_is_refused(place: str, change: Any, why: str) -> None:
    body = {"schedule": "0 9 * * *", "time_zone": "UTC", "interaction": {"agent": BASE, "input": "Hi"}} | change
    answer = httpx.post(f"{place}/v1beta/triggers", json=body, headers={"x-goog-api-key": "k"})
    assert (answer.status_code, answer.json()) == (400, {"error": {"message": why, "code": "invalid_request"}})


def test_credential__is_kept_without_its_secret(gemini: genai.Client, place: str) -> None:
    made = gemini.credentials.create(id="github", type="bearer_token", token="ghp_secret")
    assert (made.id, made.type, made.status) == ("github", "bearer_token", "active")
    assert gemini.credentials.update(id="github", type="bearer_token", token="ghp_other").id == "github"
    listed = httpx.get(f"{place}/v1/credentials", headers={"x-goog-api-key": "k"})
    assert [each["id"] for each in listed.json()["credentials"]] == ["github"]
    assert "ghp_" not in listed.text
    gemini.credentials.delete(id="github")
    assert refused(lambda: gemini.credentials.get(id="github")) == "404 Requested entity was not found."


def test_voice__of_a_prompt_is_kept(gemini: genai.Client) -> None:
    voice: Any = {"type": "prompted", "display_name": "Ogre", "pitch": "low", "prompted": {"input": "A booming voice."}}
    made = gemini.voices.create(voice=voice, store=True)
    assert re.fullmatch("voice_[0-9a-f]{12}", str(made.id))
    assert (made.type, made.display_name, made.key) == ("prompted", "Ogre", None)
    assert made.prompted
    assert made.prompted.input == "A booming voice."
    assert gemini.voices.get(id=str(made.id)) == made
    remix: Any = {"type": "prompted", "prompted": {"input": "Higher.", "base_voice": made.id}}
    gemini.voices.create(voice=remix, store=True)
    names = [each.id for each in gemini.voices.list().voices or ()]
    assert (names[1], names[2], len(names)) == (made.id, "Zephyr", 32)
    assert [each.id for each in gemini.voices.list(search="OGRE").voices or ()] == [made.id]
    assert [each.id for each in gemini.voices.list(type_=["prompted"], pitch=["low", "high"]).voices or ()] == [made.id]
    assert gemini.voices.list(page_size=1).next_page_token == "1"
    gemini.voices.delete(id=str(made.id))
    assert refused(lambda: gemini.voices.get(id=str(made.id))) == "404 Requested entity was not found."
    assert refused(lambda: gemini.voices.create(voice=remix, store=True)) == "404 Requested entity was not found."


def test_voice__of_recordings_is_a_key_unless_it_is_stored(gemini: genai.Client) -> None:
    voice: Any = {"type": "replicated", "replicated": {"source_audio": SOUND, "consent_audio": SOUND}}
    made = gemini.voices.create(voice=voice)
    assert (made.id, str(made.key)[:9]) == (None, "voicekey_")
    assert len(gemini.voices.list().voices or ()) == 30
    assert gemini.voices.create(voice=voice, store=True).id


@pytest.mark.parametrize(
    ("voice", "why"),
    [
        (
            {"type": "prompted", "prompted": {"input": "Deep."}},
            "'store' must be true where 'voice.type' is 'prompted'.",
        ),
        ({"type": "replicated"}, "Missing required parameter 'voice.replicated'."),
        ({"type": "prebuilt"}, "The value 'prebuilt' is not supported for 'voice.type'."),
        ({"type": "prompted", "prompted": {}}, "Missing required parameter 'voice.prompted.input'."),
        ({}, "Missing required parameter 'voice.type'."),
    ],
)
def test_voice__that_is_wrong_is_refused(place: str, voice: Any, why: str) -> None:
    answer = httpx.post(f"{place}/v1beta/voices", json={"voice": voice}, headers={"x-goog-api-key": "k"})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(why)
