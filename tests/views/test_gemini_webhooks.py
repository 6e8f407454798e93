"""Gemini's webhooks: google-genai makes them at a live server, and the openai SDK checks the signatures."""

import io
import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from google import genai
from google.genai import types
from google.genai._interactions import APIStatusError

from tests.leaky import LITELLM
from tests.server import QUICK, LiveServer
from tests.views.webhook_receiver import Received, receiver

pytestmark = LITELLM

SCRIPT = """version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}}
rules:
- {match: {last_user: {contains: slow}}, pacing: {ttft_ms: 600000}, reply: Late.}
- {match: {last_user: {contains: call}}, reply: {tool_calls: [{name: weather, arguments: {city: Bonn}}]}}
- {match: {last_user: {contains: fail}}, error: {status: 500, message: No.}}
- {match: {format: gemini_batch, metadata: {display_name: slow}}, pacing: {ttft_ms: 600000}, reply: {auto: true}}
- {match: {format: gemini_webhook, metadata: {name: chosen}}, reply: {auto: true, id: hook_chosen}}
- {reply: Hi.}
"""
MODEL = "gemini-3.8-flash"
EVENTS: Any = ["batch.succeeded", "batch.failed", "batch.cancelled", "interaction.completed", "interaction.cancelled"]
EVENTS += ["interaction.requires_action"]
WEATHER: Any = {"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    script = tmp_path_factory.mktemp("webhooks") / "script.yaml"
    script.write_text(SCRIPT)
    with LiveServer(MOCK_SCRIPT=str(script), **QUICK) as live:
        yield live


@pytest.fixture
def client(server: LiveServer) -> Iterator[genai.Client]:
    url = f"{server.url}/ns/{uuid.uuid4().hex}"
    with genai.Client(api_key="good", http_options=types.HttpOptions(base_url=url)) as made:
        yield made


def event_of(received: Received, secret: str) -> Any:
    """Return the event, whose signature is checked as Standard Webhooks says."""
    with openai.OpenAI(api_key="k") as checking:
        checking.webhooks.verify_signature(received.body, received.headers, secret=secret)
    event = json.loads(received.body)
    assert list(event) == ["type", "version", "timestamp", "data"]
    return event


def interact(client: genai.Client, said: str, **more: Any) -> Any:
    return client.interactions.create(model=MODEL, input=said, background=True, **more)


def test_interaction__in_the_background_is_announced(client: genai.Client) -> None:
    with receiver() as there:
        secret = client.webhooks.create(name="mine", uri=there.url, subscribed_events=EVENTS).new_signing_secret
        assert secret
        client.interactions.create(model=MODEL, input="in the foreground")
        done = interact(client, "Hi")
        event = event_of(there.next(), secret)
        assert (event["type"], event["data"]) == ("interaction.completed", {"id": done.id})
        acting = interact(client, "call it", tools=[WEATHER])
        event = event_of(there.next(), secret)
        assert (event["type"], event["data"]) == ("interaction.requires_action", {"id": acting.id})
        slow = interact(client, "slow")
        client.interactions.cancel(slow.id)
        event = event_of(there.next(), secret)
        assert (event["type"], event["data"]) == ("interaction.cancelled", {"id": slow.id})


@pytest.mark.parametrize(
    ("said", "name", "ended"),
    [("Hi", "quick", "batch.succeeded"), ("fail", "quick", "batch.failed"), ("Hi", "slow", "batch.cancelled")],
)
def test_batch__is_announced(client: genai.Client, said: str, name: str, ended: str) -> None:
    with receiver() as there:
        secret = client.webhooks.create(uri=there.url, subscribed_events=EVENTS).new_signing_secret
        assert secret
        requests: Any = [{"contents": [{"role": "user", "parts": [{"text": said}]}]}]
        batch = client.batches.create(model=MODEL, src=requests, config={"display_name": name})
        assert batch.name
        if name == "slow":
            client.batches.cancel(name=batch.name)
        event = event_of(there.next(), secret)
        assert (event["type"], f"batches/{event['data']['id']}") == (ended, batch.name)


def test_batch__of_a_file_names_its_results(client: genai.Client) -> None:
    line = {"key": "1", "request": {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}}
    with receiver() as there:
        secret = client.webhooks.create(uri=there.url, subscribed_events=EVENTS).new_signing_secret
        assert secret
        file = client.files.upload(
            file=io.BytesIO(json.dumps(line).encode()), config={"mime_type": "application/jsonl"}
        )
        assert file.name
        client.batches.create(model=MODEL, src=file.name)
        results = event_of(there.next(), secret)["data"]["output_file_uri"]
        assert b"Hi." in client.files.download(file=results)


def test_webhook__that_is_turned_off_gets_nothing(client: genai.Client) -> None:
    with receiver() as there, receiver() as other:
        off = client.webhooks.create(uri=other.url, subscribed_events=EVENTS)
        assert off.id
        assert client.webhooks.update(id=off.id, state="disabled").state == "disabled"
        client.webhooks.create(uri=there.url, subscribed_events=EVENTS)
        interact(client, "Hi")
        there.next()
        assert other.received.empty()


def test_secret__that_is_replaced_is_used_for_a_day_or_not_at_all(client: genai.Client) -> None:
    with receiver() as there:
        made = client.webhooks.create(uri=there.url, subscribed_events=EVENTS)
        assert made.id
        assert made.new_signing_secret
        second = client.webhooks.rotate_signing_secret(id=made.id).secret
        assert second
        client.webhooks.ping(id=made.id)
        both = there.next()
        for secret in (made.new_signing_secret, second):
            event_of(both, secret)
        shown = client.webhooks.get(id=made.id).signing_secrets
        assert shown is not None
        assert [each.expire_time is None for each in shown] == [True, False]
        third = client.webhooks.rotate_signing_secret(
            id=made.id, revocation_behavior="revoke_previous_secrets_immediately"
        ).secret
        assert third
        client.webhooks.ping(id=made.id)
        only = there.next()
        event_of(only, third)
        with pytest.raises(openai.InvalidWebhookSignatureError):
            event_of(only, second)


def test_webhook__is_kept_and_changed(client: genai.Client) -> None:
    made = client.webhooks.create(name="chosen", uri="https://a.example", subscribed_events=["batch.failed"])
    assert (made.id, made.state) == ("hook_chosen", "enabled")
    other = client.webhooks.create(uri="https://b.example", subscribed_events=["batch.failed"])
    found = client.webhooks.list().webhooks
    assert found is not None
    assert [each.id for each in found] == [other.id, "hook_chosen"]
    changed = client.webhooks.update(id="hook_chosen", uri="https://c.example", subscribed_events=["batch.succeeded"])
    assert (changed.uri, changed.name, changed.subscribed_events) == (
        "https://c.example",
        "chosen",
        ["batch.succeeded"],
    )
    masked = client.webhooks.update(id="hook_chosen", uri="https://d.example", name="x", update_mask="name")
    assert (masked.uri, masked.name) == ("https://c.example", "x")
    assert client.webhooks.get(id="hook_chosen").new_signing_secret is None
    client.webhooks.delete(id="hook_chosen")
    with pytest.raises(APIStatusError, match="not found"):
        client.webhooks.get(id="hook_chosen")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"uri": "ftp://a.example"}, "Invalid input at 'uri'."),
        ({"uri": 5}, "Invalid input at 'uri'."),
        ({"uri": None}, "Missing required parameter 'uri'."),
        ({"subscribed_events": []}, "Missing required parameter 'subscribed_events'."),
        ({"subscribed_events": ["batch.begun"]}, "The value 'batch.begun' is not supported"),
        ({"url": "https://a.example"}, "Unknown parameter 'url'."),
    ],
)
def test_webhook__with_a_wrong_field_is_refused(server: LiveServer, change: Any, why: str) -> None:
    body = {"uri": "https://a.example", "subscribed_events": ["batch.failed"]} | change
    answer = httpx.post(f"{server.url}/v1beta/webhooks", json=body, headers={"x-goog-api-key": "good"})
    assert answer.status_code == 400
    assert why in json.dumps(answer.json(), ensure_ascii=False)


def test_ping__that_reaches_nobody_says_so(client: genai.Client) -> None:
    with receiver(503) as there:
        made = client.webhooks.create(uri=there.url, subscribed_events=EVENTS)
        assert made.id
        with pytest.raises(APIStatusError, match="status 503"):
            client.webhooks.ping(id=made.id)
    with pytest.raises(APIStatusError, match="ConnectError"):
        client.webhooks.ping(id=made.id)
