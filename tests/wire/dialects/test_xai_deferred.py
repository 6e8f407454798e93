"""xAI's deferred chat completions: an id at once, the answer later, and once only."""

import time

import httpx
import pytest

from completions.wire.dialects import xai_deferred

SCRIPT = """
version: 1
rules:
  - match: {last_user: slow}
    reply: Later.
    pacing: {ttft_ms: 1500}
  - match: {last_user: fail}
    error: 503
  - reply: Now.
"""
CHAT = "xai/v1/chat/completions"


def asked(place: str, said: str, **more: object) -> httpx.Response:
    body = {"model": "grok-4.5", "messages": [{"role": "user", "content": said}], "deferred": True, **more}
    return httpx.post(f"{place}/{CHAT}", json=body, headers={"authorization": "Bearer k"}, timeout=60)


def fetched(place: str, name: str) -> httpx.Response:
    return httpx.get(
        f"{place}/xai/v1/chat/deferred-completion/{name}", headers={"authorization": "Bearer k"}, timeout=60
    )


def test_answer__is_fetched_once(place: str) -> None:
    deferred = asked(place, "hello").json()
    assert [*deferred] == ["request_id"]
    first = fetched(place, deferred["request_id"])
    assert (first.status_code, first.json()["object"]) == (200, "chat.completion")
    assert first.json()["choices"][0]["message"]["content"] == "Now."
    second = fetched(place, deferred["request_id"])
    assert second.status_code == 404
    assert second.json()["code"] == "not-found"


def test_answer__is_an_empty_202_until_it_is_complete(place: str) -> None:
    name = asked(place, "slow").json()["request_id"]
    waiting = fetched(place, name)
    assert (waiting.status_code, waiting.content) == (202, b"")
    deadline = time.monotonic() + 60
    while (answer := fetched(place, name)).status_code == 202 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert answer.json()["choices"][0]["message"]["content"] == "Later."


def test_error__comes_at_once(place: str) -> None:
    assert asked(place, "fail").status_code == 503


@pytest.mark.parametrize("more", [{"stream": True}, {"deferred": False}])
def test_answer__of_other_requests_comes_at_once(place: str, more: dict[str, object]) -> None:
    assert "Now" in asked(place, "hello", **more).text


def test_record__lives_for_a_day() -> None:
    record = xai_deferred.deferred_completion({"id": "a"}, None, lambda: (1.0, 2.0)).document  # type: ignore[arg-type]
    assert record["expires"] - record["ends"] == 24 * 3600
