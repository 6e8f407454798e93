"""Gemini's webhooks: google-genai makes them at a live server, and the openai SDK checks the signatures."""

import base64
import io
import json
from typing import Any

import httpx
import jwt
import openai
import pytest
from google import genai
from google.genai._interactions import APIStatusError
from google.genai.errors import ClientError

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


def event_of(received: Received, secret: str) -> Any:
    """Return the event, whose signature is checked as Standard Webhooks says."""
    with openai.OpenAI(api_key="k") as checking:
        checking.webhooks.verify_signature(received.body, received.headers, secret=secret)
    event = json.loads(received.body)
    assert list(event) == ["type", "version", "timestamp", "data"]
    return event


def interact(gemini: genai.Client, said: str, **more: Any) -> Any:
    return gemini.interactions.create(model=MODEL, input=said, background=True, **more)


def test_interaction__in_the_background_is_announced(gemini: genai.Client) -> None:
    with receiver() as there:
        secret = gemini.webhooks.create(name="mine", uri=there.url, subscribed_events=EVENTS).new_signing_secret
        assert secret
        gemini.interactions.create(model=MODEL, input="in the foreground")
        done = interact(gemini, "Hi")
        event = event_of(there.next(), secret)
        assert (event["type"], event["data"]) == ("interaction.completed", {"id": done.id})
        acting = interact(gemini, "call it", tools=[WEATHER])
        event = event_of(there.next(), secret)
        assert (event["type"], event["data"]) == ("interaction.requires_action", {"id": acting.id})
        slow = interact(gemini, "slow")
        gemini.interactions.cancel(slow.id)
        event = event_of(there.next(), secret)
        assert (event["type"], event["data"]) == ("interaction.cancelled", {"id": slow.id})


@pytest.mark.parametrize(
    ("said", "name", "ended"),
    [("Hi", "quick", "batch.succeeded"), ("fail", "quick", "batch.failed"), ("Hi", "slow", "batch.cancelled")],
)
def test_batch__is_announced(gemini: genai.Client, said: str, name: str, ended: str) -> None:
    with receiver() as there:
        secret = gemini.webhooks.create(uri=there.url, subscribed_events=EVENTS).new_signing_secret
        assert secret
        requests: Any = [{"contents": [{"role": "user", "parts": [{"text": said}]}]}]
        batch = gemini.batches.create(model=MODEL, src=requests, config={"display_name": name})
        assert batch.name
        if name == "slow":
            gemini.batches.cancel(name=batch.name)
        event = event_of(there.next(), secret)
        assert (event["type"], f"batches/{event['data']['id']}") == (ended, batch.name)


def test_batch__of_a_file_names_its_results(gemini: genai.Client) -> None:
    line = {"key": "1", "request": {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}}
    with receiver() as there:
        secret = gemini.webhooks.create(uri=there.url, subscribed_events=EVENTS).new_signing_secret
        assert secret
        file = gemini.files.upload(
            file=io.BytesIO(json.dumps(line).encode()), config={"mime_type": "application/jsonl"}
        )
        assert file.name
        gemini.batches.create(model=MODEL, src=file.name)
        results = event_of(there.next(), secret)["data"]["output_file_uri"]
        assert b"Hi." in gemini.files.download(file=results)


def test_webhook__that_is_turned_off_gets_nothing(gemini: genai.Client) -> None:
    with receiver() as there, receiver() as other:
        off = gemini.webhooks.create(uri=other.url, subscribed_events=EVENTS)
        assert off.id
        assert gemini.webhooks.update(id=off.id, state="disabled").state == "disabled"
        gemini.webhooks.create(uri=there.url, subscribed_events=EVENTS)
        interact(gemini, "Hi")
        there.next()
        assert other.received.empty()


def test_secret__that_is_replaced_is_used_for_a_day_or_not_at_all(gemini: genai.Client) -> None:
    with receiver() as there:
        made = gemini.webhooks.create(uri=there.url, subscribed_events=EVENTS)
        assert made.id
        assert made.new_signing_secret
        second = gemini.webhooks.rotate_signing_secret(id=made.id).secret
        assert second
        gemini.webhooks.ping(id=made.id)
        both = there.next()
        for secret in (made.new_signing_secret, second):
            event_of(both, secret)
        shown = gemini.webhooks.get(id=made.id).signing_secrets
        assert shown is not None
        assert [each.expire_time is None for each in shown] == [True, False]
        third = gemini.webhooks.rotate_signing_secret(
            id=made.id, revocation_behavior="revoke_previous_secrets_immediately"
        ).secret
        assert third
        gemini.webhooks.ping(id=made.id)
        only = there.next()
        event_of(only, third)
        with pytest.raises(openai.InvalidWebhookSignatureError):
            event_of(only, second)


def test_webhook__is_kept_and_changed(gemini: genai.Client) -> None:
    made = gemini.webhooks.create(name="chosen", uri="https://a.example", subscribed_events=["batch.failed"])
    assert (made.id, made.state) == ("hook_chosen", "enabled")
    other = gemini.webhooks.create(uri="https://b.example", subscribed_events=["batch.failed"])
    found = gemini.webhooks.list().webhooks
    assert found is not None
    assert [each.id for each in found] == [other.id, "hook_chosen"]
    changed = gemini.webhooks.update(id="hook_chosen", uri="https://c.example", subscribed_events=["batch.succeeded"])
    assert (changed.uri, changed.name, changed.subscribed_events) == (
        "https://c.example",
        "chosen",
        ["batch.succeeded"],
    )
    masked = gemini.webhooks.update(id="hook_chosen", uri="https://d.example", name="x", update_mask="name")
    assert (masked.uri, masked.name) == ("https://c.example", "x")
    assert gemini.webhooks.get(id="hook_chosen").new_signing_secret is None
    gemini.webhooks.delete(id="hook_chosen")
    with pytest.raises(APIStatusError, match="not found"):
        gemini.webhooks.get(id="hook_chosen")


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
def test_webhook__with_a_wrong_field_is_refused(place: str, change: Any, why: str) -> None:
    body = {"uri": "https://a.example", "subscribed_events": ["batch.failed"]} | change
    answer = httpx.post(f"{place}/v1beta/webhooks", json=body, headers={"x-goog-api-key": "good"})
    assert answer.status_code == 400
    assert why in json.dumps(answer.json(), ensure_ascii=False)


def test_ping__that_reaches_nobody_says_so(gemini: genai.Client) -> None:
    with receiver(503) as there:
        made = gemini.webhooks.create(uri=there.url, subscribed_events=EVENTS)
        assert made.id
        with pytest.raises(APIStatusError, match="status 503"):
            gemini.webhooks.ping(id=made.id)
    with pytest.raises(APIStatusError, match="ConnectError"):
        gemini.webhooks.ping(id=made.id)


def dynamic_event(received: Received, place: str, audience: str) -> Any:
    """Return the event of a token, which is checked as Google's page has it: by a key of the published set."""
    token = received.headers["webhook-signature"]
    key = jwt.PyJWKClient(f"{place}/.well-known/jwks.json").get_signing_key_from_jwt(token)
    event = jwt.decode(token, key, algorithms=["RS256"], audience=audience)
    body = json.loads(received.body)
    assert {name: event[name] for name in body} == body
    assert received.headers["webhook-id"]
    assert abs(int(received.headers["webhook-timestamp"]) - event["iat"]) < 5
    return body


def test_interaction__with_webhooks_of_its_own_is_announced_to_them_alone(gemini: genai.Client, place: str) -> None:
    with receiver() as other, receiver(503) as there:
        gemini.webhooks.create(uri=other.url, subscribed_events=EVENTS)
        config: Any = {"uris": [there.url], "user_metadata": {"job_group": "nightly-eval"}}
        done = interact(gemini, "Hi", webhook_config=config)
        first, second = there.next(), there.next()
        for received in (first, second):
            event = dynamic_event(received, place, there.url)
            assert (event["type"], event["data"]) == ("interaction.completed", {"id": done.id})
            assert event["user_metadata"] == {"job_group": "nightly-eval"}
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        slow = interact(gemini, "slow", webhook_config={"uris": [there.url]})
        gemini.interactions.cancel(slow.id)
        event = dynamic_event(there.next(), place, there.url)
        assert (event["type"], event["data"]) == ("interaction.cancelled", {"id": slow.id})
        assert "user_metadata" not in event
        assert other.received.empty()


def test_token__of_another_audience_or_of_a_changed_event_is_not_valid(gemini: genai.Client, place: str) -> None:
    with receiver() as there:
        interact(gemini, "Hi", webhook_config={"uris": [there.url]})
        received = there.next()
        with pytest.raises(jwt.InvalidAudienceError):
            dynamic_event(received, place, "https://other.example")
        head, claims, signature = received.headers["webhook-signature"].split(".")
        forged = base64.urlsafe_b64encode(base64.urlsafe_b64decode(f"{claims}==").replace(b"completed", b"cancelled"))
        changed = received.headers | {"webhook-signature": f"{head}.{forged.decode().rstrip('=')}.{signature}"}
        with pytest.raises(jwt.InvalidSignatureError):
            dynamic_event(Received(received.body, changed), place, there.url)


def test_batch__with_webhooks_of_its_own_is_announced_to_each(gemini: genai.Client, place: str) -> None:
    requests: Any = [{"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}]
    with receiver() as one, receiver() as two:
        config: Any = {"webhook_config": {"uris": [one.url, two.url], "user_metadata": {"priority": "high"}}}
        batch = gemini.batches.create(model=MODEL, src=requests, config=config)
        for there in (one, two):
            event = dynamic_event(there.next(), place, there.url)
            assert (event["type"], f"batches/{event['data']['id']}") == ("batch.succeeded", batch.name)
            assert event["user_metadata"] == {"priority": "high"}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"webhook_config": {"uris": ["ftp://a.example"]}}, "Invalid input at 'webhook_config.uris': ftp://a.example"),
        ({"webhook_config": {"uris": "https://a.example"}}, "Invalid input at 'webhook_config.uris'."),
        ({"webhook_config": {"urls": []}}, "Unknown parameter 'webhook_config.urls'. Did you mean 'uris'?"),
        ({"webhook_config": {"uris": ["https://a.example"]}, "background": False}, "'background' must be true"),
    ],
)
def test_webhook_config__that_is_wrong_is_refused(place: str, more: Any, why: str) -> None:
    body = {"model": MODEL, "input": "Hi", "background": True} | more
    answer = httpx.post(f"{place}/v1beta/interactions", json=body, headers={"x-goog-api-key": "good"})
    assert answer.status_code == 400
    assert why in answer.json()["error"]["message"]


def test_webhook_config__where_no_webhooks_are_sent() -> None:
    with receiver() as there, LiveServer(WEBHOOKS="false", **QUICK) as live:
        options: Any = {"uris": [there.url]}
        gemini = genai.Client(api_key="any", http_options={"base_url": live.url})
        with pytest.raises(ClientError, match="WEBHOOKS=false"):
            gemini.batches.create(model=MODEL, src="files/a", config={"webhook_config": options})
        done = interact(gemini, "Hi", webhook_config=options)
        live.wait_for(f"Webhook interaction.completed of {done.id} not sent: they are turned off with WEBHOOKS=false")
        assert there.received.empty()
