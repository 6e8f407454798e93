"""Anthropic's message batches, through its SDK against a live server."""

import time
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from tests.patience import PATIENCE
from tests.server import LiveServer

SCRIPT = """\
version: 1
defaults: {pacing: {ttft_ms: 0, itl_ms: 0}}
rules:
  - match: {format: message_batch, header: {x-how: slow}}
    pacing: {ttft_ms: 3600000}
    reply: ""
  - match: {last_user: Fail}
    error: 529
  - reply: {echo: true}
"""


@pytest.fixture(scope="module")
def client() -> Iterator[anthropic.Anthropic]:
    with (
        LiveServer(script=SCRIPT) as server,
        anthropic.Anthropic(base_url=server.url, api_key="mock", max_retries=0) as made,
    ):
        yield made


def request(name: str, said: str) -> Any:
    asked = {"model": "claude-sonnet-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": said}]}
    return {"custom_id": name, "params": asked}


def until_ended(client: anthropic.Anthropic, name: str) -> anthropic.types.messages.MessageBatch:
    end = time.monotonic() + PATIENCE
    while (found := client.messages.batches.retrieve(name)).processing_status != "ended":
        assert time.monotonic() < end, found
        time.sleep(0.02)
    return found


def test_batch__answers_each_request(client: anthropic.Anthropic) -> None:
    made = client.messages.batches.create(requests=[request("a", "One"), request("b", "Fail"), request("c", "Three")])
    assert made.type == "message_batch" and made.id.startswith("msgbatch_")
    ended = until_ended(client, made.id)
    counts = ended.request_counts
    assert (counts.succeeded, counts.errored, counts.processing) == (2, 1, 0)
    found: dict[str, Any] = {each.custom_id: each.result for each in client.messages.batches.results(made.id)}
    assert [found[name].message.content[0].text for name in ("a", "c")] == ["One", "Three"]
    assert found["a"].message.usage.service_tier == "batch"
    assert (found["b"].type, found["b"].error.error.type) == ("errored", "overloaded_error")
    assert made.id in [each.id for each in client.messages.batches.list(limit=1)], "the SDK asks for all pages"
    assert client.messages.batches.delete(made.id).type == "message_batch_deleted"
    with pytest.raises(anthropic.NotFoundError):
        client.messages.batches.retrieve(made.id)


def test_batch__that_is_under_way_has_no_results_and_is_cancelled(client: anthropic.Anthropic) -> None:
    slow = {"x-how": "slow"}
    made = client.messages.batches.create(requests=[request("a", "Hi")], extra_headers=slow)
    assert (made.processing_status, made.request_counts.processing, made.results_url) == ("in_progress", 1, None)
    assert client.messages.batches.with_raw_response.retrieve(made.id).headers["retry-after"] == "10"
    with pytest.raises(anthropic.NotFoundError, match=f"Message Batch {made.id} has no available results"):
        client.get(f"/v1/messages/batches/{made.id}/results", cast_to=object)
    with pytest.raises(anthropic.BadRequestError, match="still in progress"):
        client.messages.batches.delete(made.id)
    assert client.messages.batches.cancel(made.id).cancel_initiated_at is not None
    assert until_ended(client, made.id).request_counts.canceled == 1
    assert [each.result.type for each in client.messages.batches.results(made.id)] == ["canceled"]
    assert "retry-after" not in client.messages.batches.with_raw_response.retrieve(made.id).headers


@pytest.mark.parametrize(
    ("requests", "says"),
    [
        ([], "at least 1 item"),
        ([request("", "Hi")], "requests.0.custom_id: String should have at least 1 character"),
        ([request("a" * 65, "Hi")], "requests.0.custom_id: String should have at most 64 characters"),
        ([request("a:b", "Hi")], "requests.0.custom_id: String should match pattern"),
        ([request("a", "Hi"), request("a", "Hi")], "Duplicate"),
        ([{"custom_id": "a"}], "params: Field required"),
    ],
)
def test_batch__that_is_wrong_is_refused(client: anthropic.Anthropic, requests: Any, says: str) -> None:
    with pytest.raises(anthropic.BadRequestError, match=says):
        client.messages.batches.create(requests=requests)
