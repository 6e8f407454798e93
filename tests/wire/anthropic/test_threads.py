"""Anthropic's message threads: the SDK's own tool runner and thread helper, and what the API refuses of threads."""

import threading
import time
from dataclasses import replace
from typing import Any

import anthropic
import httpx
import orjson
import pytest
from anthropic.types import ThreadContinueInFlightError, ThreadFingerprintMismatchError, ThreadNotFoundError
from anthropic.types.beta import BetaMessage, BetaMessageParam

from completions.conversation import Choice, Reply
from completions.wire.anthropic.messages import AnthropicMessages
from tests.leaky import LEAKY
from tests.server import LiveServer

pytestmark = LEAKY

BETA = "message-threads-2026-08-12"
HEADERS = {
    "anthropic-version": "2023-06-01",
    "x-api-key": "k",
    "anthropic-beta": f"{BETA}, context-management-2025-06-27",
}
MODEL = "claude-opus-5-5"
SCRIPT = """
version: 1
rules:
- {match: {last_user: later}, reply: "Slowly.", hold: {gate: later}}
- {match: {last_user: refused}, error: {status: 404, code: thread_not_found}}
- {match: {last_user: busy}, replies: [{error: 529}, "Now."]}
- {match: {tool_result: {contains: sunny}, system: brief}, reply: "It is sunny."}
- {match: {last_user: weather}, reply: {tool_calls: [{name: get_weather, arguments: {city: Paris}}]}}
- {match: {any_message: aubergine, turn: {gt: 0}}, reply: "You said aubergine."}
- {reply: "Hm."}
"""


def client(server: LiveServer) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=server.url, api_key="k", max_retries=0, _strict_response_validation=True)


@anthropic.beta_tool
def get_weather(city: str) -> str:
    """Say the weather.

    Args:
        city: A city.
    """
    return f"sunny in {city}"


def ask(server: LiveServer, content: Any, thread: dict[str, Any] | None, **more: Any) -> httpx.Response:
    body = {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": content}], **more}
    if thread is not None:
        body["thread"] = thread
    return httpx.post(f"{server.url}/v1/messages", json=body, headers=HEADERS, timeout=60)


def begun(server: LiveServer, content: str = "aubergine", **more: Any) -> str:
    return str(ask(server, content, {"type": "create"}, **more).json()["id"])


def after(name: str) -> dict[str, str]:
    return {"type": "continue", "previous_message_id": name}


def code(response: httpx.Response) -> tuple[int, str | None]:
    details = response.json().get("error", {}).get("details", {})
    return response.status_code, details.get("error_code")


@pytest.mark.parametrize("stream", [False, True])
def test_tool_runner__sends_only_what_is_new_and_is_answered_with_its_history(live: LiveServer, stream: bool) -> None:
    runner = client(live).beta.messages.tool_runner(
        model=MODEL,
        max_tokens=500,
        system="Be brief.",
        tools=[get_weather],
        messages=[{"role": "user", "content": "The weather?"}],
        stream=stream,
    )
    last: BetaMessage | None = None
    for turn in runner:
        last = turn if isinstance(turn, BetaMessage) else turn.get_final_message()
    assert last is not None and last.content[-1].type == "text" and last.content[-1].text == "It is sunny."
    newest = httpx.get(f"{live.url}/_mock/exchanges", params={"limit": 1}).json()["exchanges"][0]["id"]
    sent = httpx.get(f"{live.url}/_mock/exchanges/{newest}").json()["request"]["body"]
    assert sent["thread"]["type"] == "continue"
    assert [message["content"][0]["type"] for message in sent["messages"]] == ["tool_result"]
    assert "system" not in sent and "tools" not in sent


def test_thread_helper__goes_on_and_begins_anew_where_the_thread_is_lost(live: LiveServer) -> None:
    thread = client(live).beta.messages.thread(model=MODEL, max_tokens=100, system="Be brief.")
    user: BetaMessageParam = {"role": "user", "content": "aubergine"}
    thread.send(user)
    first = thread.previous_message_id
    assert thread.send({"role": "user", "content": "And?"}).content[0].to_dict()["text"] == "You said aubergine."
    httpx.post(f"{live.url}/_mock/reset")
    assert thread.send({"role": "user", "content": "And?"}).content[0].to_dict()["text"] == "You said aubergine."
    assert thread.previous_message_id not in (None, first)


def test_thread__refuses_an_id_that_never_was(live: LiveServer) -> None:
    with pytest.raises(ThreadNotFoundError) as raised:
        client(live).beta.messages.create(
            model=MODEL,
            max_tokens=10,
            messages=[{"role": "user", "content": "And?"}],
            thread={"type": "continue", "previous_message_id": "msg_never"},
            betas=[BETA],
        )
    assert raised.value.type == "not_found_error"
    assert "No thread state was found for the requested `previous_message_id`." in str(raised.value)


def test_thread__goes_on_once_from_each_message(live: LiveServer) -> None:
    first = begun(live)
    second = ask(live, "And?", after(first))
    assert second.json()["content"][0]["text"] == "You said aubergine."
    assert code(ask(live, "And?", after(first))) == (400, "thread_already_continued")
    assert code(ask(live, "And?", after(second.json()["id"]))) == (200, None)


def test_thread__may_be_gone_on_from_after_an_error(live: LiveServer) -> None:
    first = begun(live)
    assert ask(live, "busy", after(first)).status_code == 529
    assert code(ask(live, "busy", after(first))) == (200, None)


def waiting_at_gate(server: LiveServer) -> int:
    return int(httpx.get(f"{server.url}/_mock/gates").json()["gates"].get("later", 0))


def test_thread__is_taken_while_it_is_answered_and_free_when_the_client_left(live: LiveServer) -> None:
    first = begun(live)
    with pytest.raises(httpx.ReadTimeout):
        body = {"model": MODEL, "max_tokens": 9, "messages": [{"role": "user", "content": "later"}]}
        httpx.post(f"{live.url}/v1/messages", json={**body, "thread": after(first)}, headers=HEADERS, timeout=1)
    while waiting_at_gate(live):
        time.sleep(0.05)  # it takes a moment to find out that a client has left, and not only closed its own side
    answers: list[httpx.Response] = []
    waiting = threading.Thread(target=lambda: answers.append(ask(live, "later", after(first))))
    waiting.start()
    while not waiting_at_gate(live):
        time.sleep(0.05)
    with pytest.raises(ThreadContinueInFlightError):
        client(live).beta.messages.create(
            model=MODEL,
            max_tokens=10,
            messages=[{"role": "user", "content": "And?"}],
            thread={"type": "continue", "previous_message_id": first},
            betas=[BETA],
        )
    httpx.post(f"{live.url}/_mock/gates/later/release")
    waiting.join()
    assert code(answers[0]) == (200, None)


TOOLS = [{"name": "get_weather", "input_schema": {"type": "object"}}]


@pytest.mark.parametrize(
    ("fields", "different"),
    [
        ({}, None),
        ({"system": "Be brief.", "tools": TOOLS}, None),
        ({"tools": [{**TOOLS[0], "cache_control": {"type": "ephemeral"}}]}, None),
        ({"system": [{"type": "text", "text": "x-anthropic-billing-header: cch=1"}]}, None),
        ({"system": "Be long."}, "system"),
        ({"tools": []}, None),
        ({"tools": [{**TOOLS[0], "name": "other"}], "system": "No."}, "system, tools"),
        ({"output_config": {"effort": "low"}}, "output_config"),
    ],
)
def test_thread__keeps_what_must_stay_the_same(live: LiveServer, fields: dict[str, Any], different: str | None) -> None:
    first = begun(live, system="Be brief.", tools=TOOLS)
    answer = ask(live, "And?", after(first), **fields)
    assert code(answer) == ((200, None) if different is None else (400, "thread_fingerprint_mismatch"))
    assert different is None or f"differing field(s): {different}." in answer.json()["error"]["message"]


def test_thread__names_what_differs_in_a_typed_error(live: LiveServer) -> None:
    first = begun(live, system="Be brief.")
    with pytest.raises(ThreadFingerprintMismatchError, match=r"differing field\(s\): system"):
        client(live).beta.messages.create(
            model=MODEL,
            max_tokens=10,
            system="Be long.",
            messages=[{"role": "user", "content": "And?"}],
            thread={"type": "continue", "previous_message_id": first},
            betas=[BETA],
        )


POINT = {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}


@pytest.mark.parametrize(
    ("fields", "unsupported"),
    [
        ({"messages": [{"role": "user", "content": [POINT] * 4}]}, None),
        ({"messages": [{"role": "user", "content": [POINT] * 5}]}, ["cache_control"]),
        (
            {"messages": [{"role": "user", "content": [POINT] * 4}], "cache_control": POINT["cache_control"]},
            ["cache_control"],
        ),
        (
            {
                "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
                "thinking": {"type": "adaptive"},
            },
            None,
        ),
        ({"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}, ["context_management"]),
    ],
)
def test_thread__refuses_what_does_not_go_with_it(
    live: LiveServer, fields: dict[str, Any], unsupported: list[str] | None
) -> None:
    answer = ask(live, "Hi", {"type": "create"}, **fields)
    assert code(answer) == ((200, None) if unsupported is None else (400, "thread_unsupported_request"))
    assert unsupported is None or answer.json()["error"]["details"]["unsupported"] == unsupported


@pytest.mark.parametrize(
    ("thread", "status", "words"),
    [
        (None, 200, None),
        ({"type": "create"}, 200, None),
        ({"type": "continue"}, 400, "thread.continue.previous_message_id: Field required"),
        ({"type": "go_on"}, 400, "thread: Input tag 'go_on' found using 'type'"),
        ("create", 400, "thread: Input should be an object"),
    ],
)
def test_thread__has_its_shape(live: LiveServer, thread: Any, status: int, words: str | None) -> None:
    body = {"model": MODEL, "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}], "thread": thread}
    answer = httpx.post(f"{live.url}/v1/messages", json=body, headers=HEADERS)
    assert answer.status_code == status, answer.text
    assert words is None or words in answer.json()["error"]["message"]


def test_thread__needs_its_beta(live: LiveServer) -> None:
    body = {
        "model": MODEL,
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "Hi"}],
        "thread": {"type": "create"},
    }
    answer = httpx.post(
        f"{live.url}/v1/messages", json=body, headers={**HEADERS, "anthropic-beta": "files-api-2025-04-14"}
    )
    assert answer.json()["error"]["message"] == "thread: Extra inputs are not permitted"


def test_script__answers_with_a_typed_error_of_threads(live: LiveServer) -> None:
    answer = ask(live, "refused", None)
    assert code(answer) == (404, "thread_not_found")
    assert answer.json()["error"]["type"] == "not_found_error"


def test_thread__that_goes_on_matches_calls_and_results_over_all_of_it(live: LiveServer) -> None:
    first = begun(live, "The weather?", system="Be brief.", tools=TOOLS)
    assert code(ask(live, "And?", after(first))) == (400, None)
    answer = ask(live, [{"type": "tool_result", "tool_use_id": "toolu_other", "content": "sunny"}], after(first))
    assert "unexpected `tool_use_id` found in `tool_result` blocks: toolu_other" in answer.json()["error"]["message"]


def test_thread__is_held_whatever_is_asked_where_nothing_is_checked() -> None:
    wire, reply = AnthropicMessages(), Reply((Choice("Hi"),), serial="s")
    first = wire.parse(b'{"thread": {"type": "create"}, "messages": 7}', {}, validate=False)
    (held,) = wire.to_store(reply, first, lambda: (0.0, 1.0))
    body = {"thread": after(held.name), "system": "Be brief."}
    then = wire.parse(orjson.dumps(body), {}, validate=False)
    assert wire.recall(then, {}, validate=False) is then
    again = wire.recall(then, {(held.kind, held.name): held.document}, validate=False)
    assert [message.role for message in again.messages] == ["assistant"]
    assert [kept.name for kept in wire.to_store(replace(reply, serial="t"), again, lambda: (0.0, 1.0))][1:] == [
        held.name
    ]
