"""OpenAI's ChatKit, checks of provenance, and safety's alerts and cases, through the openai SDK."""

import base64
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from tests.server import QUICK, LiveServer

SCRIPT = """version: 1
rules:
- match: {format: chatkit_session, metadata: {user: chosen}}
  reply: {auto: true, id: chosen_id}
- match: {format: content_provenance_check, metadata: {file: blocked.png}}
  error: {status: 400, message: Blocked.}
- reply: {auto: true}
"""
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
WAVE = b"RIFF\x24\0\0\0WAVEfmt "
BETA = {"OpenAI-Beta": "chatkit_beta=v1"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with LiveServer(script=SCRIPT, **QUICK) as live:
        yield live.url


@pytest.fixture
def url(server: str) -> str:
    return f"{server}/ns/{uuid.uuid4()}"


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0) as made:
        yield made


def test_session__is_made_and_cancelled(client: Any) -> None:
    made = client.beta.chatkit.sessions.create(user="me", workflow={"id": "wf_1", "state_variables": {"a": 1}})
    assert (made.status, made.workflow.tracing.enabled, made.max_requests_per_1_minute) == ("active", True, 10)
    assert made.client_secret.startswith("ek_")
    assert made.chatkit_configuration.to_dict() == {
        "automatic_thread_titling": {"enabled": True},
        "file_upload": {"enabled": False, "max_file_size": 512, "max_files": 10},
        "history": {"enabled": True, "recent_threads": None},
    }
    cancelled = client.beta.chatkit.sessions.cancel(made.id)
    assert (cancelled.status, cancelled.client_secret) == ("cancelled", "")
    with pytest.raises(openai.NotFoundError):
        client.beta.chatkit.sessions.cancel("cksess_x")
    assert client.beta.chatkit.sessions.create(user="chosen", workflow={"id": "wf"}).id == "chosen_id"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"workflow": {"id": "wf"}}, "user"),
        ({"user": "me"}, "workflow"),
        ({"user": "me", "workflow": "wf"}, "workflow"),
        ({"user": "me", "workflow": {"id": "wf", "state_variables": {"a": []}}}, "workflow.state_variables.a"),
        ({"user": "me", "workflow": {"id": "wf"}, "expires_after": {"anchor": "created_at"}}, "expires_after.seconds"),
    ],
)
def test_session__refuses_what_is_wrong(url: str, body: dict[str, Any], param: str) -> None:
    answer = httpx.post(f"{url}/v1/chatkit/sessions", json=body, headers=BETA)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_beta__is_asked_for(url: str) -> None:
    answer = httpx.get(f"{url}/v1/chatkit/threads")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_beta")


def test_threads__are_none(client: Any) -> None:
    threads = client.beta.chatkit.threads
    assert list(threads.list(user="me")) == []
    calls: tuple[Any, ...] = (
        lambda: threads.retrieve("cthr_x"),
        lambda: threads.delete("cthr_x"),
        lambda: threads.list_items("cthr_x"),
        lambda: client.safety.alerts.retrieve("alert"),
        lambda: client.safety.cases.retrieve("case"),
    )
    for missing in calls:
        with pytest.raises(openai.NotFoundError):
            missing()


async def test_provenance__is_not_detected(url: str) -> None:
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0) as client:
        checks = client.content_provenance_checks
        picture = await checks.create(file=("a.png", PNG))
        assert [(each.type, each.outcome) for each in picture.results] == [
            ("c2pa", "not_detected"),
            ("synthid", "not_detected"),
        ]
        assert [each.type for each in (await checks.create(file=("a.wav", WAVE))).results] == ["synthid"]
        with pytest.raises(openai.BadRequestError) as caught:
            await checks.create(file=b"Example data")
        assert caught.value.param == "file"
        with pytest.raises(openai.BadRequestError, match="Blocked"):
            await checks.create(file=("blocked.png", PNG))


def test_provenance__needs_a_file(url: str) -> None:
    answer = httpx.post(f"{url}/v1/content_provenance_checks", json={})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "file")
