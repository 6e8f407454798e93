"""Exchanges as threads: which of them belong together, whatever API they were asked through."""

import json
from typing import Any

import httpx
import pytest

from completions.control.threads import Turn, threads_of
from completions.conversation import Choice, Message, ParsedExchange, Prompt, Reply, ToolCall
from tests.patience import PATIENCE
from tests.server import LiveServer

Body = dict[str, Any]

SCRIPT = """\
version: 1
rules:
- match: {last_user: weather}
  replies:
  - {tool_calls: [{name: weather, arguments: {city: Paris}}, {name: weather, arguments: {city: Rome}}]}
  - Take an umbrella.
- {match: {last_user: hello}, reply: Hi.}
"""


def turn(*texts: str, second: float, called: str = "", sent: str = "", status: int = 200, format: str = "chat") -> Turn:
    """Return an exchange: what was said so far by turns, a call that it asks for, a result that it sends."""
    roles = ("user", "assistant")
    messages = [Message(roles[at % 2], text) for at, text in enumerate(texts)]
    messages += [Message("tool", "done", tool_call_id=sent)] if sent else []
    calls = (ToolCall("tool", "{}", called),) if called else ()
    reply = Reply((Choice("answer", tool_calls=calls),))
    shown = {
        "id": "|".join(texts),
        "time": f"2026-01-01T00:00:{second:06.3f}Z",
        "duration_ms": 100,
        "status": status,
        "fault": None,
        "client_left": False,
    }
    prompt = Prompt(format=format, model="m", messages=tuple(messages), body={})
    return Turn(shown, prompt, ParsedExchange(prompt, reply))


@pytest.mark.parametrize(
    ("turns", "lengths"),
    [
        ([turn("a", second=0), turn("a", "b", "c", second=1)], [2]),
        ([turn("a", second=0), turn("a", second=1)], [1, 1]),
        ([turn("a", second=0, status=503), turn("a", second=1)], [2]),
        (
            [turn("a", second=0), turn("x", second=1), turn("a", "b", "c", second=2), turn("x", "y", "z", second=3)],
            [2, 2],
        ),
        ([turn("a", second=0), turn("b", "b", "c", second=1)], [1, 1]),
        ([turn("a", second=0), turn("a", "b", "c", second=1, format="gemini")], [1, 1]),
        ([turn("a", second=0, called="1"), turn(second=1, sent="1")], [2]),
        ([turn("a", second=0, called="1"), turn(second=1, sent="2")], [1, 1]),
    ],
)
def test_threads__are_told_apart(turns: list[Turn], lengths: list[int]) -> None:
    assert sorted(len(thread) for thread in threads_of(turns)) == lengths


def chat(client: httpx.Client) -> None:
    messages: list[Body] = [{"role": "system", "content": "1"}, {"role": "user", "content": "weather"}]
    for step in ("2", "3"):
        answer = client.post("v1/chat/completions", json={"model": "gpt-4o", "messages": messages}).json()
        messages[0] = {"role": "system", "content": step}
        messages.append(answer["choices"][0]["message"])
        for call in messages[-1].get("tool_calls") or []:
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": "rain"})


def anthropic(client: httpx.Client) -> None:
    messages: list[Body] = [{"role": "user", "content": "weather"}]
    body = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": messages}
    for _ in range(2):
        answer = client.post("v1/messages", json=body, headers={"anthropic-version": "2023-06-01"}).json()
        used = [block["id"] for block in answer["content"] if block["type"] == "tool_use"]
        results = [{"type": "tool_result", "tool_use_id": id, "content": "rain"} for id in used]
        messages += [{"role": "assistant", "content": answer["content"]}, {"role": "user", "content": results}]


def responses(client: httpx.Client) -> None:
    body: Body = {"model": "gpt-4o", "input": "weather"}
    for _ in range(2):
        answer = client.post("v1/responses", json=body).json()
        called = [item["call_id"] for item in answer["output"] if item["type"] == "function_call"]
        results = [{"type": "function_call_output", "call_id": id, "output": "rain"} for id in called]
        body = {"model": "gpt-4o", "previous_response_id": answer["id"], "input": results}


def interactions(client: httpx.Client) -> None:
    body: Body = {"model": "gemini-3.8-flash", "input": "weather"}
    for _ in range(2):
        answer = client.post("v1beta/interactions", json=body, headers={"x-goog-api-key": "any"}).json()
        called = [step["id"] for step in answer["steps"] if step["type"] == "function_call"]
        results = [{"type": "function_result", "call_id": id, "result": "rain"} for id in called]
        body = {"model": "gemini-3.8-flash", "previous_interaction_id": answer["id"], "input": results}


@pytest.mark.parametrize("agent", [chat, anthropic, responses, interactions])
def test_agent__is_one_thread(live: LiveServer, agent: Any) -> None:
    base = f"{live.url}/ns/{agent.__name__}"
    with httpx.Client(base_url=base, timeout=PATIENCE) as client:
        client.post("v1/chat/completions", json={"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]})
        agent(client)
        found = client.get("_mock/threads").json()
        assert found["more"] is False
        thread, hello = found["threads"]
        assert [each["asked"] for each in (thread, hello)] == ["weather", "hello"]
        first, last = thread["turns"]
        assert [(call["name"], json.loads(call["arguments"])["city"]) for call in first["tool_calls"]] == [
            ("weather", "Paris"),
            ("weather", "Rome"),
        ]
        assert (last["answer"], last["tool_calls"]) == ("Take an umbrella.", [])
        assert first["at_ms"] == 0 <= last["at_ms"] <= thread["duration_ms"]
        assert thread["tokens"]["total"] == first["tokens"]["total"] + last["tokens"]["total"]
        runs = {each["namespace"]: each for each in client.get("_mock/runs").json()["runs"]}
        assert runs[agent.__name__]["requests"] == 3
