"""Sessions: their turns, streams and items, through the openai SDK."""

import threading
import time
from typing import Any

import httpx
import openai
import pytest

from tests.views.hosted_agents.conftest import NONE, WEATHER, Desk, said

BETA = {"OpenAI-Beta": "agents=v1"}
BEGINNING = [
    "turn.created",
    "turn.item.added",
    "in_progress",
    "turn.in_progress",
]
MESSAGE = [
    "turn.item.added",
    "turn.content_part.added",
    "turn.output_text.delta",
    "turn.output_text.done",
    "turn.content_part.done",
    "turn.item.done",
]


def kinds(events: Any) -> list[str]:
    """Return the types of events without what all have, and of deltas in a row the first one."""
    found: list[str] = []
    for event in events:
        kind = event.type.removeprefix("agent.session.")
        if found[-1:] != [kind] or not kind.endswith("delta"):
            found.append(kind)
    return found


def until(stream: Any, *ends: str) -> list[Any]:
    """Return the events of a stream up to one of these types."""
    events = []
    for event in stream:
        events.append(event)
        if event.type.removeprefix("agent.session.") in ends:
            break
    return events


def test_session__streams_its_first_turn_as_recorded(client: Any) -> None:
    with client.beta.agents.sessions.create(
        agent={"model": "gpt-6-luna"}, environment=NONE, input="Say hi in two words.", stream=True
    ) as stream:
        assert stream.response.status_code == 201
        events = list(stream)
    assert kinds(events) == ["created", *BEGINNING, *MESSAGE, "turn.completed", "idle"]
    assert len({event.event_id for event in events}) == len(events)
    created, turn, user = events[:3]
    assert (created.session.status, turn.turn.status, turn.turn.started_at) == ("in_progress", "queued", None)
    assert (user.output_index, user.item.content[0].text, user.item.phase) == (None, "Say hi in two words.", None)
    added, done = events[5], events[-3]
    assert (added.output_index, added.item.content, added.item.status) == (0, [], "in_progress")
    assert (done.item.id, done.item.content[0].text, done.item.phase) == (
        added.item.id,
        "Say hi in two words.",
        "final_answer",
    )
    assert "".join(event.delta for event in events if event.type.endswith("delta")) == "Say hi in two words."
    assert events[-2].turn.usage == events[-2].usage == events[-1].session.usage
    assert events[-1].session.status == "idle"


async def test_session__streams_with_an_async_client(url: str) -> None:
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="any") as client:
        sessions = client.beta.agents.sessions
        made = await sessions.create(agent={"model": "gpt-6-luna"}, environment=NONE, input="Hello")

        async def weather(arguments: dict[str, Any]) -> str:
            return f"Sunny in {arguments['city']}"

        agent: Any = {"tools": [WEATHER]}
        await sessions.update(made.id, agent=agent)
        async with sessions.stream(made.id, input="The weather?", tool_handlers={"get_weather": weather}) as stream:
            result = await stream.get_final_result()
        assert result.output_text == "Result: Sunny in Paris"


def test_function__waits_for_its_result_as_recorded(client: Any) -> None:
    desk = Desk(client, tools=[WEATHER])
    assert desk.session.status == "idle"
    with desk.stream() as stream:
        desk.say("How is the weather?")
        events = until(stream, "requires_action")
        assert kinds(events) == [*BEGINNING, *MESSAGE, "turn.item.added", "requires_action"]
        assert events[-3].item.phase == "commentary"
        (action,) = events[-1].session.required_actions
        assert (action.type, action.name, action.arguments) == ("function_call", "get_weather", {"city": "Paris"})
        assert (desk.session.status, desk.turns[-1].status) == ("requires_action", "waiting")
        result: Any = {"type": "agent.session.input.tool_result", "success": True, "output": "Sunny"}
        desk.send({**result, "call_id": action.call_id, "turn_id": action.turn_id})
        events = until(stream, "idle")
    assert kinds(events) == ["turn.item.added", "turn.item.done", *MESSAGE, "turn.completed", "idle"]
    assert (events[0].output_index, events[0].item.output[0].text) == (None, "Sunny")
    assert (events[1].output_index, events[1].item.status, events[2].output_index) == (1, "completed", 2)
    assert desk.texts[-1] == "Result: Sunny"


def test_functions__are_each_waited_for(client: Any) -> None:
    desk = Desk(client, first="Two cities", tools=[WEATHER])
    first, second = desk.session.required_actions
    result: Any = {"type": "agent.session.input.tool_result", "turn_id": first.turn_id}
    desk.send({**result, "call_id": first.call_id, "success": False, "error": "No rain gauge"})
    assert [action.call_id for action in desk.session.required_actions] == [second.call_id]
    desk.send({**result, "call_id": second.call_id, "success": True, "output": "Dry"})
    assert desk.session.status == "idle"
    calls = [item.status for item in desk.items if item.type == "function_call"]
    assert calls == ["failed", "completed"]
    with pytest.raises(openai.BadRequestError, match=f"Unknown pending tool call: {second.call_id}"):
        desk.send({**result, "call_id": second.call_id, "success": True})


def test_conversation__goes_on(desk: Desk) -> None:
    desk.say("And more")
    desk.say("Hello again")
    assert desk.texts == ["Hello", "And more", "Hello again"]
    assert [turn.status for turn in desk.turns] == ["completed"] * 3
    turn = desk.turns[-1]
    found = desk.client.beta.agents.sessions.turns.items.list(turn.id, session_id=desk.id, order="asc")
    assert [item.role for item in found] == ["user", "assistant"]
    assert desk.client.beta.agents.sessions.turns.retrieve(turn.id, session_id=desk.id) == turn


@pytest.mark.parametrize(
    ("text", "status", "exit_code", "output", "said_then"),
    [
        ("Please list", "completed", 0, "a.txt b.txt", "Result: a.txt b.txt"),
        ("Please write", "failed", 1, "Full", "Result: Full"),
    ],
)
def test_command__is_answered_by_the_script(  # the columns of the table
    client: Any, text: str, status: str, exit_code: int, output: str, said_then: str
) -> None:
    desk = Desk(client, {"type": "openai_hosted"}, text)
    call = next(item for item in desk.items if item.type == "command_execution")
    assert (call.status, call.exit_code, call.output, call.cwd) == (status, exit_code, output, "/workspace")
    assert call.command in ("/bin/bash -lc 'ls -l'", "/bin/bash -lc 'rm '\"'\"'a b'\"'\"''")
    assert desk.texts == [said_then]


def test_mcp_call__is_answered_by_the_script(client: Any) -> None:
    server: Any = {
        "type": "mcp",
        "server_label": "tracker",
        "transport": {"type": "http", "server_url": "https://x.io"},
    }
    desk = Desk(client, first="Make an issue", tools=[server])
    call = next(item for item in desk.items if item.type == "mcp_call")
    assert (call.server_label, call.name, call.arguments) == ("tracker", "create_issue", {"title": "Bug"})
    assert (call.status, call.output, call.error) == ("completed", "Issue 7", None)
    assert desk.texts == ["Result: Issue 7"]


def test_search_and_reasoning__are_items(client: Any) -> None:
    search: Any = {"type": "web_search"}
    desk = Desk(client, first="Please search", tools=[search])
    call = next(item for item in desk.items if item.type == "web_search_call")
    assert (call.action.type, call.action.query, call.status) == ("search", "cats", "completed")
    desk = Desk(client, first="Please think", reasoning={"summary": "auto"})
    assert [item.type for item in desk.items] == ["message", "reasoning", "message"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("overloaded", "server_overloaded"),
        ("too long", "context_length_exceeded"),
        ("broken", "connection_failed"),
        ("cut", "max_output_tokens"),
    ],
)
def test_failure__fails_the_turn_and_not_the_session(desk: Desk, text: str, code: str) -> None:
    with desk.stream() as stream:
        desk.say(text)
        events = until(stream, "idle")
    assert kinds(events)[4:] == ["error", "turn.failed", "idle"]
    assert (events[4].error.code, events[5].turn.error.code, events[5].turn.status) == (code, code, "failed")
    desk.say("Once more")
    assert desk.texts[-1] == "Once more"


def test_endless_turn__fails(client: Any) -> None:
    desk = Desk(client, {"type": "openai_hosted"}, "endless")
    assert (desk.turns[-1].status, desk.turns[-1].error.code) == ("failed", "server_error")


def test_refusal__is_said(client: Any) -> None:
    assert Desk(client, first="forbidden").texts == ["I cannot help with that."]


def test_pacing__is_that_of_the_rule(desk: Desk) -> None:
    with desk.stream() as stream:
        desk.say("slowly")
        assert (desk.session.status, desk.turns[-1].status) == ("in_progress", "in_progress")
        with pytest.raises(openai.ConflictError) as caught:
            desk.client.beta.agents.sessions.delete(desk.id)
        assert caught.value.code == "conflict_error"
        began = time.monotonic()
        events = until(stream, "idle")
    assert time.monotonic() - began > 0.25
    assert [event.delta for event in events if event.type.endswith("delta")] == ["One", " two", " three", " four", "."]
    assert desk.session.status == "idle"


def test_message__steers_an_active_turn(desk: Desk) -> None:
    desk.say("slowly")
    desk.say("And then")
    with desk.stream() as stream:
        events = until(stream, "idle")
    assert [event.type for event in events].count("agent.session.turn.completed") == 1
    assert [turn.status for turn in desk.turns] == ["completed", "completed"]
    assert desk.texts[1:] == ["One two three four.", "And then"]


def test_message__joins_a_turn_that_waits(client: Any) -> None:
    desk = Desk(client, first="Weather?", tools=[WEATHER])
    (action,) = desk.session.required_actions
    desk.say("Be quick")
    assert desk.session.status == "requires_action"
    result: Any = {"type": "agent.session.input.tool_result", "success": True, "output": "Sunny"}
    desk.send({**result, "call_id": action.call_id, "turn_id": action.turn_id})
    assert (desk.texts[-1], len(desk.turns)) == ("Result: Sunny", 1)


def test_cancel__ends_a_turn(client: Any) -> None:
    desk = Desk(client, first="Weather?", tools=[WEATHER])
    with desk.stream() as stream:
        desk.send({"type": "agent.session.input.cancel"})
        events = until(stream, "idle")
    assert kinds(events)[-3:] == ["turn.item.done", "turn.cancelled", "idle"]
    assert events[-3].item.status == "incomplete"
    assert (desk.session.required_actions, desk.turns[-1].status) == ([], "cancelled")
    desk.send({"type": "agent.session.input.cancel"})
    desk.say("Go on")
    assert desk.texts[-1] == "Result: The call was cancelled."


def test_cancel__frees_a_turn_at_a_gate(desk: Desk) -> None:
    desk.say("gate")
    assert desk.session.status == "in_progress"
    desk.send({"type": "agent.session.input.cancel"})
    assert (desk.session.status, desk.turns[-1].status) == ("idle", "cancelled")


def test_gate__holds_a_turn_back(desk: Desk, url: str) -> None:
    desk.say("gate")
    assert desk.session.status == "in_progress"
    threading.Timer(0.1, httpx.post, [f"{url}/_mock/gates/door/release"]).start()
    with desk.stream() as stream:
        until(stream, "idle")
    assert desk.texts[-1] == "Through."


def test_idempotency_key__has_events_taken_once(desk: Desk) -> None:
    for _ in range(2):
        desk.send(said("Once"), idempotency_key="key")
    assert desk.texts == ["Hello", "Once"]


def test_stream__is_padded_if_asked(desk: Desk) -> None:
    with desk.stream(include_obfuscation=True) as stream:
        desk.say("Hi")
        assert all(event.obfuscation for event in until(stream, "idle"))


def test_session__is_changed_and_removed(desk: Desk) -> None:
    sessions = desk.client.beta.agents.sessions
    changed = sessions.update(
        desk.id,
        agent={"model": "gpt-5.4", "reasoning": {"effort": "low"}},
        metadata={"team": "a"},
        review="auto_review",
    )
    assert (changed.agent.model, changed.agent.reasoning.effort, changed.review) == ("gpt-5.4", "low", "auto_review")
    assert [each.id for each in sessions.list(metadata={"team": "a"})] == [desk.id]
    assert [each.id for each in sessions.list(agent_id=changed.agent.id)] == [desk.id]
    assert list(sessions.list(metadata={"team": "b"})) == list(sessions.list(agent_id="agent_x")) == []
    assert sessions.delete(desk.id).object == "agent.session.deleted"
    with pytest.raises(openai.NotFoundError):
        sessions.retrieve(desk.id)


def test_session__overrides_a_saved_agent(client: Any) -> None:
    agent = client.beta.agents.create(model="gpt-6-luna", name="Saved", instructions="Be kind.")
    made = client.beta.agents.sessions.create(
        agent_id=agent.id, agent={"model": "gpt-6-sol"}, environment=NONE, input="system"
    )
    assert (made.agent.id, made.agent.name, made.agent.model) == (agent.id, "Saved", "gpt-6-sol")
    (answer,) = [item for item in client.beta.agents.sessions.items.list(made.id) if item.role == "assistant"]
    assert answer.output_text == "Be kind."


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"agent": {"model": "m"}, "input": "Hi"}, "environment"),
        ({"agent": {"model": "m"}, "environment": NONE}, "input"),
        ({"agent": {"model": "m"}, "environment": {"type": "openai_hosted"}, "stream": True}, "input"),
        ({"environment": NONE, "input": "Hi"}, "agent.model"),
        ({"agent": {}, "environment": NONE, "input": "Hi"}, "agent.model"),
        ({"agent": {"model": "m"}, "environment": NONE, "input": "Hi", "stream_options": {}}, "stream_options"),
        ({"agent": {"model": "m"}, "environment": {"type": "moon"}, "input": "Hi"}, "environment.type"),
        ({"agent": {"model": "m"}, "environment": NONE, "input": [{"role": "user"}]}, "input[0].content"),
    ],
)
def test_session__refuses_what_is_wrong(url: str, body: dict[str, Any], param: str) -> None:
    answer = httpx.post(f"{url}/v1/agents/sessions", json=body, headers=BETA)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, "invalid_request_error")


@pytest.mark.parametrize(
    ("event", "param"),
    [
        ({}, "events[0].type"),
        ({"type": "agent.session.input.dance"}, "events[0].type"),
        ({"type": "agent.session.input.message", "input": []}, "events[0].input"),
        ({"type": "agent.session.input.tool_result", "call_id": "c", "turn_id": "t"}, "events[0].success"),
        (
            {
                "type": "agent.session.input.mcp_approval_request_result",
                "request_id": "r",
                "response": {"type": "mcp_tool_call", "decision": "approve"},
            },
            "events[0].request_id",
        ),
    ],
)
def test_events__refuse_what_is_wrong(desk: Desk, url: str, event: dict[str, Any], param: str) -> None:
    answer = httpx.post(f"{url}/v1/agents/sessions/{desk.id}/events", json={"events": [event]}, headers=BETA)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_nothing__is_listed_of_what_nothing_makes(desk: Desk) -> None:
    sessions = desk.client.beta.agents.sessions
    assert list(sessions.subagents.list(desk.id)) == list(sessions.traces.list(desk.id)) == []
    assert list(sessions.artifacts.list(desk.id)) == []
    calls: tuple[Any, ...] = (
        lambda: sessions.subagents.retrieve("sub", session_id=desk.id),
        lambda: sessions.subagents.turns.retrieve("turn", session_id=desk.id, subagent_id="sub"),
        lambda: sessions.artifacts.retrieve("file", session_id=desk.id),
        lambda: sessions.turns.retrieve("turn", session_id=desk.id),
    )
    for missing in calls:
        with pytest.raises(openai.NotFoundError):
            missing()


def test_environment_events__come_before_the_first_turn(client: Any) -> None:
    with client.beta.agents.sessions.create(
        agent={"model": "gpt-6-luna"}, environment={"type": "openai_hosted"}, input="Hello", stream=True
    ) as stream:
        events = list(stream)
    assert kinds(events)[:4] == ["created", "environment.ready", "environment.connected", "turn.created"]
    assert events[0].session.status == "idle"
    own: Any = {"type": "self_hosted", "workspace_directory": "/srv"}
    with client.beta.agents.sessions.create(agent={"model": "m"}, environment=own, stream=True) as stream:
        assert kinds(stream) == ["created", "environment.connected"]
