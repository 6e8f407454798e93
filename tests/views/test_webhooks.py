"""OpenAI's webhooks: the openai SDK makes endpoints at a live server, and reads what a live server of a test gets."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.server import QUICK, LiveServer
from tests.views.webhook_receiver import Received, receiver

SCRIPT = """version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}}
rules:
- {match: {last_user: {contains: slow}}, pacing: {ttft_ms: 600000}, reply: Late.}
- {match: {last_user: {contains: soon}}, pacing: {ttft_ms: 200}, reply: Soon.}
- {match: {format: batch, metadata: {pace: slow}}, pacing: {ttft_ms: 600000}, reply: {auto: true}}
- {match: {format: webhook_endpoint, metadata: {name: chosen}}, reply: {auto: true, id: whe_chosen}}
- {match: {last_user: {contains: count}}, reply: "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25"}
- {reply: Hi.}
"""


@pytest.fixture
def client(place: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{place}/v1", api_key="k", max_retries=0, _strict_response_validation=True) as made:
        yield made


ENDED: Any = ["response.completed", "response.cancelled", "response.incomplete"]


def event_of(client: openai.OpenAI, received: Received, secret: str) -> Any:
    """Return the event, read as the SDK reads it once it has checked the signature."""
    return client.webhooks.unwrap(received.body, received.headers, secret=secret)


def test_response__in_the_background_is_announced(client: openai.OpenAI) -> None:
    with receiver() as there:
        endpoint = client.webhooks.create(name="mine", url=there.url, event_types=ENDED)
        assert endpoint.signing_secret.startswith("whsec_")
        response = client.responses.create(model="gpt-5", input="Soon, please: soon", background=True)
        received = there.next()
        event = event_of(client, received, endpoint.signing_secret)
        assert (event.type, event.data.id, event.object) == ("response.completed", response.id, "event")
        assert client.responses.retrieve(response.id).status == "completed", "it is announced once it has ended"
        assert received.headers["user-agent"].startswith("OpenAI/1.0")
        with pytest.raises(openai.InvalidWebhookSignatureError):
            event_of(client, received, "whsec_bm90IHRoaXMgb25l")
        client.responses.create(model="gpt-5", input="Hi")  # in the foreground
        other = client.responses.create(model="gpt-5", input="Hi", background=True)
        assert event_of(client, there.next(), endpoint.signing_secret).data.id == other.id


def test_response__that_is_cut_off_or_cancelled_is_announced_as_that(client: openai.OpenAI) -> None:
    with receiver() as there:
        secret = client.webhooks.create(name="mine", url=there.url, event_types=ENDED).signing_secret
        cut = client.responses.create(model="gpt-4o", input="count", background=True, max_output_tokens=16)
        event = event_of(client, there.next(), secret)
        assert (event.type, event.data.id) == ("response.incomplete", cut.id)
        slow = client.responses.create(model="gpt-5", input="slow", background=True)
        for _ in range(2):
            assert client.responses.cancel(slow.id).status == "cancelled"
        event = event_of(client, there.next(), secret)
        assert (event.type, event.data.id) == ("response.cancelled", slow.id)
        assert there.received.empty()


@pytest.mark.parametrize(
    ("url", "metadata", "cancel", "ended"),
    [
        ("/v1/chat/completions", {}, False, "batch.completed"),
        ("/v1/embeddings", {}, False, "batch.failed"),
        ("/v1/chat/completions", {"pace": "slow"}, True, "batch.cancelled"),
    ],
)
def test_batch__is_announced(client: openai.OpenAI, url: str, metadata: Any, cancel: bool, ended: str) -> None:
    types: Any = [f"batch.{state}" for state in ("completed", "failed", "cancelled", "expired")]
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
    line = {"custom_id": "1", "method": "POST", "url": url, "body": body}
    file = client.files.create(file=("lines.jsonl", json.dumps(line).encode()), purpose="batch")
    with receiver() as there:
        secret = client.webhooks.create(name="mine", url=there.url, event_types=types).signing_secret
        batch = client.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata=metadata
        )
        if cancel:
            client.batches.cancel(batch.id)
        event = event_of(client, there.next(), secret)
        assert (event.type, event.data.id) == (ended, batch.id)
        assert client.batches.retrieve(batch.id).status == ended.removeprefix("batch.")


def test_delivery__is_tried_again_with_the_same_id(client: openai.OpenAI) -> None:
    with receiver(503, 302) as there:
        secret = client.webhooks.create(name="mine", url=there.url, event_types=ENDED).signing_secret
        client.responses.create(model="gpt-5", input="Hi", background=True)
        attempts = [there.next() for _ in range(3)]
        assert len({each.headers["webhook-id"] for each in attempts}) == 1
        assert len({event_of(client, each, secret).id for each in attempts}) == 1
        times = [int(each.headers["webhook-timestamp"]) for each in attempts]
        assert times[0] < times[2], "each attempt is signed with its own time"


def test_endpoint__gets_only_what_it_wants(client: openai.OpenAI) -> None:
    with receiver() as there, receiver() as other:
        client.webhooks.create(name="other", url=other.url, event_types=["response.failed", "batch.completed"])
        gone = client.webhooks.create(name="gone", url=other.url, event_types=ENDED)
        client.webhooks.delete(gone.id)
        client.webhooks.create(name="mine", url=there.url, event_types=ENDED)
        client.responses.create(model="gpt-5", input="Hi", background=True)
        there.next()
        assert other.received.empty()


def test_secret__that_is_replaced_can_stay_valid_for_a_day(client: openai.OpenAI) -> None:
    with receiver() as there:
        first = client.webhooks.create(name="mine", url=there.url, event_types=ENDED)
        second = client.webhooks.rotate_secret(first.id, keep_old_secret_active_for_24_hours=True)
        assert second.signing_secret != first.signing_secret
        client.webhooks.test(first.id, event_type="response.completed")
        both = there.next()
        for secret in (first.signing_secret, second.signing_secret):
            assert event_of(client, both, secret).type == "response.completed"
        third = client.webhooks.rotate_secret(first.id)
        client.webhooks.test(first.id, event_type="response.completed")
        only = there.next()
        assert event_of(client, only, third.signing_secret).type == "response.completed"
        with pytest.raises(openai.InvalidWebhookSignatureError):
            event_of(client, only, second.signing_secret)


def test_sample__of_every_type_is_an_event(client: openai.OpenAI) -> None:
    types: Any = client.webhooks.event_types.list().data
    with receiver(*([204] * len(types))) as there:
        endpoint = client.webhooks.create(name="mine", url=there.url, event_types=types)
        assert endpoint.event_types == types
        for each in types:
            result = client.webhooks.test(endpoint.id, event_type=each)
            assert (result.event_type, result.status_code, result.success) == (each, 204, True)
            if not each.startswith(("eval.", "video.")):  # the SDK has no more types of these
                assert event_of(client, there.next(), endpoint.signing_secret).type == each
            else:
                assert json.loads(there.next().body)["type"] == each


def test_endpoint__is_kept_and_changed(client: openai.OpenAI) -> None:
    url = "https://app.example/hook"
    made = client.webhooks.create(name="chosen", url=url, event_types=["batch.completed", "batch.completed"])
    assert (made.id, made.event_types) == ("whe_chosen", ["batch.completed"])
    other = client.webhooks.create(name="b", url=url, event_types=["batch.failed"])
    shown = client.webhooks.retrieve(made.id)
    assert not hasattr(shown, "signing_secret")
    assert shown.signing_secret_hint == f"whsec_...{made.signing_secret[-4:]}"
    assert [each.id for each in client.webhooks.list(limit=1)] == [other.id, made.id]
    changed = client.webhooks.update(made.id, name="c", event_types=["response.failed"])
    assert (changed.name, changed.url, changed.event_types) == ("c", url, ["response.failed"])
    assert client.webhooks.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError, match="Webhook endpoint with id 'whe_chosen' not found"):
        client.webhooks.retrieve(made.id)


GOOD: Any = {"name": "a", "url": "https://a.example", "event_types": ["batch.completed"]}


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"url": "ftp://a.example"}, "url"),
        ({"url": "http://"}, "url"),
        ({"url": "http://a.example:99999"}, "url"),
        ({"url": ""}, "url"),
        ({"url": 5}, "url"),
        ({"event_types": []}, "event_types"),
        ({"event_types": ["batch.begun"]}, "event_types[0]"),
        ({"name": None}, "name"),
        ({"secret": "mine"}, "secret"),
    ],
)
def test_endpoint__with_a_wrong_field_is_refused(client: openai.OpenAI, change: Any, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/webhook_endpoints", body=GOOD | change, cast_to=object)
    assert caught.value.param == param
    endpoint = client.webhooks.create(**GOOD)
    with pytest.raises(openai.BadRequestError):
        client.post(f"/webhook_endpoints/{endpoint.id}", body=change, cast_to=object)
    assert client.webhooks.retrieve(endpoint.id).updated_at == endpoint.updated_at


def test_sample__that_reaches_nobody_says_so(client: openai.OpenAI) -> None:
    with receiver() as there:
        pass
    endpoint = client.webhooks.create(name="mine", url=there.url, event_types=ENDED)
    with pytest.raises(openai.BadRequestError, match="could not be reached: ConnectError"):
        client.webhooks.test(endpoint.id, event_type="response.completed")
    with pytest.raises(openai.BadRequestError):
        client.post(f"/webhook_endpoints/{endpoint.id}/test", body={}, cast_to=object)


def test_webhooks__can_be_turned_off() -> None:
    with (
        LiveServer(WEBHOOKS="false", **QUICK) as live,
        openai.OpenAI(base_url=f"{live.url}/v1", api_key="k", max_retries=0) as client,
        pytest.raises(openai.PermissionDeniedError, match="WEBHOOKS=false"),
    ):
        client.webhooks.create(**GOOD)


def test_endpoint__that_could_get_nothing_is_refused_whatever_the_script() -> None:
    with (
        LiveServer(**QUICK) as live,
        openai.OpenAI(base_url=f"{live.url}/v1", api_key="k", max_retries=0) as client,
    ):
        changes: list[Any] = [{"url": "localhost:9000"}, {"event_types": [{}]}, {"name": 5}]
        for change in changes:
            with pytest.raises(openai.BadRequestError):
                client.post("/webhook_endpoints", body=GOOD | change, cast_to=object)
        assert not client.webhooks.list().data
