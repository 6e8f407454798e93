"""Sessions: what is kept of them, and what they answer; the script is asked as by requests for messages."""

import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx
import pytest

from tests.views.managed_agents.conftest import WEATHER, Desk, said

BETA = {"anthropic-beta": "managed-agents-2026-04-01"}
VERSION = {"anthropic-version": "2023-06-01"}
TURN = [
    "user.message",
    "session.status_running",
    "span.model_request_start",
    "agent.message",
    "span.model_request_end",
    "session.status_idle",
]


def until_idle(stream: Any) -> Iterator[Any]:
    for event in stream:
        yield event
        if event.type in ("session.status_idle", "session.status_terminated"):
            return


def test_session__is_kept_with_all_of_its_fields(desk: Desk) -> None:
    session = desk.session
    assert re.fullmatch("sesn_01[1-9A-HJ-NP-Za-km-z]{22}", session.id)
    shown = session.to_dict()
    assert shown["agent"] == {
        key: value
        for key, value in desk.agent.to_dict().items()
        if key not in ("metadata", "created_at", "updated_at", "archived_at")
    }
    assert shown | dict.fromkeys(("id", "agent", "created_at", "updated_at", "stats"), "") == {
        "id": "",
        "type": "session",
        "status": "idle",
        "title": None,
        "agent": "",
        "environment_id": desk.environment.id,
        "deployment_id": None,
        "resources": [],
        "vault_ids": [],
        "budget": None,
        "metadata": {},
        "outcome_evaluations": [],
        "stats": "",
        "usage": {
            "input_tokens": 0,
            "output_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "active_seconds": 0,
        },
        "created_at": "",
        "updated_at": "",
        "archived_at": None,
    }


def test_message__is_answered_in_a_stream(desk: Desk) -> None:
    with desk.stream() as stream:
        sent = desk.say("Hello")
        events = list(until_idle(stream))
    assert [event.type for event in events] == TURN
    assert sent.data[0].to_dict() == events[0].to_dict() | {"processed_at": None}
    message, ended = events[3], events[4]
    assert message.content[0].text == "Hello"
    assert events[-1].stop_reason.type == "end_turn" and events[-1].stop_details is None
    assert ended.model_request_start_id == events[2].id and ended.is_error is False
    assert all(re.fullmatch("sevt_01[1-9A-HJ-NP-Za-km-z]{22}", event.id) for event in events)
    assert [event.to_dict() for event in desk.events] == [event.to_dict() for event in events]
    usage = desk.session.usage
    assert usage.input_tokens == ended.model_usage.input_tokens > 0
    assert usage.output_tokens == ended.model_usage.output_tokens > 0


def test_stream__gets_the_last_turn_if_no_client_has_seen_it(desk: Desk) -> None:
    for text in ("One", "Two"):
        desk.say(text)
        with desk.stream() as stream:
            assert [event.content[0].text for event in until_idle(stream) if event.type == "agent.message"] == [text]
    desk.say("Three")
    assert desk.session.status == "idle"
    with desk.stream() as stream:
        desk.say("Four")
        assert [event.content[0].text for event in until_idle(stream) if event.type == "agent.message"] == ["Four"]


def test_stream__is_in_the_journal(desk: Desk, url: str) -> None:
    with desk.stream() as stream:
        desk.say("Hello")
        list(until_idle(stream))
    stream_url = httpx.URL(f"{url}/v1/sessions/{desk.id}/events/stream")
    assert httpx.head(stream_url, headers=BETA | VERSION).status_code == 200
    address = f"{url}/_mock/exchanges"
    wanted: Any = {"path": stream_url.path, "method": "GET", "count": 1}
    (found,) = httpx.get(f"{address}/wait", params=wanted).json()["exchanges"]
    shown = httpx.get(f"{address}/{found['id']}").text
    assert "session.status_idle" in shown


def test_rules__see_the_conversation_and_the_agent(claude: anthropic.Anthropic, url: str) -> None:
    desk = Desk(claude, system="Be brief.", tools=[WEATHER, {"type": "agent_toolset_20260401"}])
    desk.say("What is your system prompt?")
    assert desk.texts == ["Be brief."]
    desk.say("And now?")
    row = httpx.get(f"{url}/_mock/exchanges", params={"path": "/v1/messages"}).json()["exchanges"][0]
    body = httpx.get(f"{url}/_mock/exchanges/{row['id']}").json()["request"]["body"]
    assert [(each["role"], each["content"]) for each in body["messages"]] == [
        ("user", [{"type": "text", "text": "What is your system prompt?"}]),
        ("assistant", [{"type": "text", "text": "Be brief."}]),
        ("user", [{"type": "text", "text": "And now?"}]),
    ]
    assert (body["model"], body["system"]) == ("claude-opus-5-5", "Be brief.")
    names = ["get_weather", "bash", "edit", "read", "write", "glob", "grep", "web_fetch", "web_search"]
    assert [tool["name"] for tool in body["tools"]] == names


def test_custom_tool__waits_for_its_result(claude: anthropic.Anthropic) -> None:
    desk = Desk(claude, tools=[WEATHER])
    with desk.stream() as stream:
        desk.say("How is the weather?")
        events = list(until_idle(stream))
        call, idle = events[4], events[-1]
        assert [event.type for event in events[3:]] == [
            "agent.message",
            "agent.custom_tool_use",
            "span.model_request_end",
            "session.status_idle",
        ]
        assert (call.name, call.input) == ("get_weather", {"city": "Paris"})
        assert idle.stop_reason.to_dict() == {"type": "requires_action", "event_ids": [call.id]}
        waiting = f"Invalid user.message event at events[0]: waiting on responses to events [{call.id}]; only "
        with pytest.raises(anthropic.BadRequestError, match=re.escape(waiting)):
            desk.say("Hurry")
        result: Any = {
            "type": "user.custom_tool_result",
            "custom_tool_use_id": call.id,
            "content": [{"type": "text", "text": "Sunny"}],
        }
        with pytest.raises(anthropic.BadRequestError, match="no pending tool use with id sevt_x"):
            desk.send(result | {"custom_tool_use_id": "sevt_x"})
        desk.send(result)
        kinds = [event.type for event in until_idle(stream)]
    assert kinds == ["user.custom_tool_result", *TURN[1:]]
    assert desk.texts == ["I look.", "Result: Sunny"]
    with pytest.raises(anthropic.BadRequestError, match="no pending tool use"):
        desk.send(result)


def test_custom_tools__wait_for_all_results(claude: anthropic.Anthropic) -> None:
    desk = Desk(claude, tools=[WEATHER])
    desk.say("Two cities")
    first, second = desk.last("session.status_idle").stop_reason.event_ids

    def result(call: str, **more: Any) -> Any:
        text = {"type": "text", "text": f"of {call}"}
        return {"type": "user.custom_tool_result", "custom_tool_use_id": call, "content": [text], **more}

    desk.send(result(second))
    assert desk.last("session.status_idle").stop_reason.event_ids == [first]
    assert desk.session.status == "idle" and desk.texts == []
    desk.send(result(first, is_error=True))
    assert len(desk.texts) == 1 and desk.texts[0].startswith("Result: of sevt_")


def test_agent_toolset__answers_as_the_script_says(claude: anthropic.Anthropic) -> None:
    desk = Desk(claude, tools=[{"type": "agent_toolset_20260401"}])
    desk.say("List the files")
    assert desk.kinds == [
        *TURN[:3],
        "agent.tool_use",
        "span.model_request_end",
        "agent.tool_result",
        *TURN[2:],
    ]
    call, result = desk.last("agent.tool_use"), desk.last("agent.tool_result")
    assert (call.name, call.input, call.evaluated_permission) == ("bash", {"command": "ls"}, "allow")
    assert call.evaluation.to_dict() == {"type": "always_allow"}
    assert result.tool_use_id == call.id and result.is_error is False
    assert result.content[0].text == "a.txt b.txt"
    assert desk.texts == ["Result: a.txt b.txt"]
    desk.say("Write a file")
    assert desk.last("agent.tool_result").to_dict()["is_error"] is True
    assert desk.texts[-1] == "Result: Full"


@pytest.mark.parametrize(
    ("confirmation", "text", "is_error"),
    [
        ({"result": "allow"}, "a.txt b.txt", False),
        ({"result": "deny", "deny_message": "Not here"}, "Not here", True),
        ({"result": "deny"}, "The user has denied this call.", True),
    ],
)
def test_agent_toolset__asks(claude: anthropic.Anthropic, confirmation: Any, text: str, is_error: bool) -> None:
    policy = {"permission_policy": {"type": "always_ask"}}
    desk = Desk(claude, tools=[{"type": "agent_toolset_20260401", "default_config": policy}])
    desk.say("List the files")
    call = desk.last("agent.tool_use")
    assert call.evaluated_permission == "ask"
    assert desk.last("session.status_idle").stop_reason.event_ids == [call.id]
    desk.send({"type": "user.tool_confirmation", "tool_use_id": call.id, **confirmation})
    result = desk.last("agent.tool_result")
    assert (result.content[0].text, result.is_error) == (text, is_error)
    assert desk.texts == [f"Result: {text}"]


def test_mcp_tool__asks_by_default(claude: anthropic.Anthropic) -> None:
    server: Any = {"type": "url", "name": "github", "url": "https://mcp.example/github"}
    desk = Desk(claude, tools=[{"type": "mcp_toolset", "mcp_server_name": "github"}], mcp_servers=[server])
    desk.say("Create an issue")
    call = desk.last("agent.mcp_tool_use")
    assert (call.mcp_server_name, call.name, call.evaluated_permission) == ("github", "create_issue", "ask")
    desk.send({"type": "user.tool_confirmation", "tool_use_id": call.id, "result": "allow"})
    result = desk.last("agent.mcp_tool_result")
    assert (result.mcp_tool_use_id, result.content[0].text) == (call.id, "Issue 7")
    assert desk.texts == ["Result: Issue 7"]


def test_self_hosted__runs_the_tools_itself(claude: anthropic.Anthropic) -> None:
    desk = Desk(claude, {"type": "self_hosted"}, tools=[{"type": "agent_toolset_20260401"}])
    desk.say("List the files")
    call = desk.last("agent.tool_use")
    assert desk.last("session.status_idle").stop_reason.event_ids == [call.id]
    text = {"type": "text", "text": "mine.txt"}
    desk.send({"type": "user.tool_result", "tool_use_id": call.id, "content": [text]})
    assert desk.texts == ["Result: mine.txt"]


def test_errors__are_tried_again(desk: Desk) -> None:
    desk.say("Recover")
    failed = ["span.model_request_start", "span.model_request_end", "session.error", "session.status_rescheduled"]
    assert desk.kinds == [*TURN[:2], *failed, TURN[1], *failed, *TURN[1:]]
    errors = [event.error for event in desk.events if event.type == "session.error"]
    assert [(error.type, error.message, error.retry_status.type) for error in errors] == [
        ("model_overloaded_error", "Overloaded", "retrying"),
        ("model_rate_limited_error", errors[1].message, "retrying"),
    ]
    assert desk.texts == ["Recovered."]


@pytest.mark.parametrize(
    ("text", "kind", "count"),
    [
        ("overloaded", "model_overloaded_error", 3),
        ("credit", "billing_error", 1),
        ("broken", "model_request_failed_error", 3),
    ],
)
def test_errors__end_the_turn(desk: Desk, text: str, kind: str, count: int) -> None:
    desk.say(text)
    errors = [event.error for event in desk.events if event.type == "session.error"]
    assert [error.type for error in errors] == [kind] * count
    assert [error.retry_status.type for error in errors] == ["retrying"] * (count - 1) + ["exhausted"]
    assert desk.last("session.status_idle").stop_reason.type == "retries_exhausted"
    desk.say("Hello")
    assert desk.texts == ["Hello"]


def test_refused_request__ends_the_session(desk: Desk) -> None:
    with desk.stream() as stream:
        desk.say("This is too big")
        events = list(stream)
    assert [event.type for event in events[-2:]] == ["session.error", "session.status_terminated"]
    assert events[-2].error.to_dict() == {
        "type": "model_request_failed_error",
        "message": "Too big.",
        "retry_status": {"type": "terminal"},
    }
    assert desk.session.status == "terminated"
    with pytest.raises(anthropic.BadRequestError, match=f"Cannot send events to archived session: {desk.id}"):
        desk.say("Hello")


def test_refusal__is_the_reason_of_the_end(desk: Desk) -> None:
    desk.say("Something forbidden")
    idle = desk.last("session.status_idle")
    assert idle.stop_reason.type == "refusal"
    assert idle.stop_details.explanation == "I cannot help with that."


def test_rounds__are_limited(claude: anthropic.Anthropic) -> None:
    desk = Desk(claude, tools=[{"type": "agent_toolset_20260401"}])
    desk.say("An endless loop")
    assert desk.kinds.count("agent.tool_use") == 50
    assert desk.last("session.error").error.type == "tool_use_limit_reached_error"


def test_thinking__is_an_event(desk: Desk) -> None:
    with desk.stream(event_deltas=["agent.thinking", "agent.message"]) as stream:
        desk.say("Think")
        events = list(until_idle(stream))
    assert [event.type for event in events if event.type.startswith(("agent.", "event_"))] == [
        "event_start",
        "agent.thinking",
        "event_start",
        "event_delta",
        "agent.message",
    ]


def test_stream__has_deltas_on_time(desk: Desk) -> None:
    with desk.stream(event_deltas=["agent.message"]) as stream:
        desk.say("Say it slowly")
        assert desk.session.status == "running" and desk.texts == []
        began = time.monotonic()
        events = list(until_idle(stream))
        took = time.monotonic() - began
    start = next(event for event in events if event.type == "event_start")
    deltas = [event for event in events if event.type == "event_delta"]
    message = next(event for event in events if event.type == "agent.message")
    assert start.event.to_dict() == {"type": "agent.message", "id": message.id}
    assert {delta.event_id for delta in deltas} == {message.id}
    assert "".join(delta.delta.content.text for delta in deltas) == message.content[0].text == "One two three four."
    assert len(deltas) > 3 and took > 0.3
    assert desk.session.usage.active_seconds >= 0.4


def test_interrupt__ends_the_turn(desk: Desk) -> None:
    with desk.stream() as stream:
        desk.say("Say it slowly")
        desk.send({"type": "user.interrupt"}, said("Hello"))
        events = list(until_idle(stream))
        assert [event.type for event in events[-2:]] == ["user.interrupt", "session.status_idle"]
        assert events[-1].stop_reason.type == "end_turn"
        assert [event.type for event in until_idle(stream)] == TURN
    assert desk.texts == ["Hello"]


def test_interrupt__drops_what_a_session_waits_for(claude: anthropic.Anthropic) -> None:
    desk = Desk(claude, tools=[WEATHER])
    desk.say("How is the weather?")
    call = desk.last("agent.custom_tool_use")
    desk.send({"type": "user.interrupt"})
    assert desk.last("session.status_idle").stop_reason.type == "end_turn"
    with pytest.raises(anthropic.BadRequestError, match="no pending tool use"):
        desk.send({"type": "user.custom_tool_result", "custom_tool_use_id": call.id})
    desk.say("Never mind")
    assert desk.texts[-1] == "Result: The call was interrupted."


def test_gate__holds_a_turn_back(desk: Desk, url: str) -> None:
    desk.say("Through the gate")
    assert desk.session.status == "running"
    desk.say("And a second one")
    waiting = desk.events[-1]
    assert (waiting.type, waiting.processed_at) == ("user.message", None)
    with pytest.raises(anthropic.BadRequestError, match=f"session {desk.id} is running and cannot be archived"):
        desk.client.beta.sessions.archive(desk.id)
    with desk.stream() as stream:
        threading.Timer(0.1, httpx.post, [f"{url}/_mock/gates/door/release"]).start()
        assert [event.type for event in until_idle(stream)] == TURN
        assert [event.type for event in until_idle(stream)] == TURN
    assert desk.texts == ["Through.", "And a second one"]


def test_interrupt__ends_a_turn_at_a_gate(desk: Desk) -> None:
    desk.say("Through the gate")
    desk.send({"type": "user.interrupt"})
    assert desk.session.status == "idle"
    desk.say("Hello")
    assert desk.texts == ["Hello"]


def test_system_message__is_part_of_the_conversation(desk: Desk) -> None:
    desk.send(said("Hello"), {"type": "system.message", "content": [{"type": "text", "text": "Be kind."}]})
    assert desk.kinds == ["user.message", "system.message", *TURN[1:]]


def test_outcome__is_evaluated(desk: Desk) -> None:
    rubric = {"type": "text", "content": "It is short."}
    sent = desk.send({"type": "user.define_outcome", "description": "A poem", "rubric": rubric})
    outcome = sent.data[0].outcome_id
    assert desk.kinds[-3:] == ["span.outcome_evaluation_start", "span.outcome_evaluation_end", "session.status_idle"]
    (evaluation,) = desk.session.outcome_evaluations
    assert (evaluation.outcome_id, evaluation.result, evaluation.description) == (outcome, "satisfied", "A poem")
    assert desk.last("span.outcome_evaluation_end").outcome_id == outcome
    desk.say("Hello")
    assert len(desk.session.outcome_evaluations) == 1


def test_initial_events__begin_the_first_turn(desk: Desk) -> None:
    made = desk.client.beta.sessions.create(
        agent={"type": "agent_with_overrides", "id": desk.agent.id, "system": "Be loud."},
        environment_id=desk.environment.id,
        title="First",
        initial_events=[said("system?")],
    )
    assert (made.title, made.agent.system, made.usage.output_tokens) == ("First", "Be loud.", 3)
    with desk.client.beta.sessions.events.stream(made.id) as stream:
        assert [event.type for event in until_idle(stream)] == TURN


def test_session__is_changed(claude: anthropic.Anthropic) -> None:
    desk = Desk(claude)
    with desk.stream() as stream:
        changed = claude.beta.sessions.update(
            desk.id, title="Second", metadata={"a": "1"}, agent={"tools": [WEATHER], "mcp_servers": []}
        )
        event = next(iter(stream))
    assert (event.type, event.title, event.metadata) == ("session.updated", "Second", {"a": "1"})
    assert changed.agent.tools[0].to_dict() == WEATHER == event.agent.tools[0].to_dict()
    assert claude.beta.sessions.update(desk.id, title="Second").updated_at == changed.updated_at
    for wrong, why in (
        ({"vault_ids": ["vlt_x"]}, "Changing the vaults of a session is not supported"),
        (
            {"budget": {"type": "limit", "max_list_cost": {"amount": "100", "currency": "USD"}}},
            "A budget cannot be added",
        ),
    ):
        with pytest.raises(anthropic.BadRequestError, match=why):
            claude.beta.sessions.update(desk.id, **wrong)


def test_sessions__are_listed_archived_and_deleted(claude: anthropic.Anthropic) -> None:
    desk = Desk(claude)
    other = claude.beta.sessions.create(agent=desk.agent.id, environment_id=desk.environment.id)
    assert [each.id for each in claude.beta.sessions.list(limit=1)] == [other.id, desk.id]
    assert [each.id for each in claude.beta.sessions.list(order="asc")] == [desk.id, other.id]
    assert [each.id for each in claude.beta.sessions.list(agent_id=desk.agent.id, agent_version=2)] == []
    assert [each.id for each in claude.beta.sessions.list(statuses=["running", "terminated"])] == []
    assert len(list(claude.beta.sessions.list(statuses=["idle"], agent_id=desk.agent.id))) == 2
    assert claude.beta.sessions.archive(desk.id).archived_at is not None
    assert [each.id for each in claude.beta.sessions.list()] == [other.id]
    with pytest.raises(anthropic.BadRequestError, match="Cannot send events to archived session"):
        desk.say("Hello")
    with pytest.raises(anthropic.ConflictError, match=r"Environment has 1 active sessions\. Use force=true"):
        claude.beta.environments.delete(desk.environment.id)
    with claude.beta.sessions.events.stream(other.id) as stream:
        assert claude.beta.sessions.delete(other.id).to_dict() == {"id": other.id, "type": "session_deleted"}
        assert [event.type for event in stream] == ["session.deleted"]
    with pytest.raises(anthropic.NotFoundError, match=f"Session not found: {other.id}"):
        claude.beta.sessions.retrieve(other.id)
    claude.beta.environments.delete(desk.environment.id)


def test_events__are_listed_by_type_and_time(desk: Desk) -> None:
    desk.say("Hello")
    events = desk.events
    listed = desk.client.beta.sessions.events.list
    assert [event.type for event in listed(desk.id, types=["user.message", "agent.message"])] == [TURN[0], TURN[3]]
    assert [event.id for event in listed(desk.id, order="desc", limit=4)] == [event.id for event in reversed(events)]
    assert list(listed(desk.id, created_at_gt=events[-1].processed_at)) == []
    assert [event.id for event in listed(desk.id, created_at_lt=events[0].processed_at)] == []


def test_thread__is_the_primary_one(desk: Desk) -> None:
    (thread,) = desk.client.beta.sessions.threads.list(desk.id)
    assert (thread.session_id, thread.status, thread.usage, thread.stats) == (desk.id, "idle", None, None)
    desk.say("Hello")
    thread = desk.client.beta.sessions.threads.retrieve(thread.id, session_id=desk.id)
    assert thread.usage is not None and thread.parent_thread_id is None
    events = desk.client.beta.sessions.threads.events.list(thread.id, session_id=desk.id)
    assert [event.type for event in events] == TURN
    with pytest.raises(anthropic.NotFoundError, match="thread sthr_x not found"):
        desk.client.beta.sessions.threads.retrieve("sthr_x", session_id=desk.id)
    with pytest.raises(anthropic.NotFoundError, match="Thread not found: sthr_x"):
        desk.send({"type": "user.interrupt", "session_thread_id": "sthr_x"})


def test_resources__are_kept(claude: anthropic.Anthropic) -> None:
    desk = Desk(claude)
    file = claude.beta.files.upload(file=("a.txt", b"a"))
    repository: Any = {
        "type": "github_repository",
        "url": "https://github.com/example/project",
        "authorization_token": "secret",
        "checkout": {"type": "branch", "name": "main"},
    }
    session = claude.beta.sessions.create(
        agent=desk.agent.id, environment_id=desk.environment.id, resources=[repository]
    )
    resources = claude.beta.sessions.resources
    added = resources.add(session.id, type="file", file_id=file.id)
    assert added.mount_path == f"/mnt/session/uploads/{file.id}"
    first, second = list(resources.list(session.id))
    assert first.type == "github_repository" and second.to_dict() == added.to_dict()
    assert first.mount_path == "/workspace/project" and "secret" not in first.to_json()
    assert resources.retrieve(first.id, session_id=session.id).to_dict() == first.to_dict()
    assert resources.update(first.id, session_id=session.id, authorization_token="other").type == "github_repository"
    with pytest.raises(anthropic.BadRequestError, match="Only `github_repository` resources"):
        resources.update(added.id, session_id=session.id, authorization_token="other")
    assert resources.delete(added.id, session_id=session.id).type == "session_resource_deleted"
    with pytest.raises(anthropic.NotFoundError, match=f"resource {added.id} not found"):
        resources.retrieve(added.id, session_id=session.id)
    with pytest.raises(anthropic.NotFoundError, match="File not found: file_x"):
        resources.add(session.id, type="file", file_id="file_x")
    assert [each.to_dict() for each in claude.beta.sessions.retrieve(session.id).resources] == [
        resources.retrieve(first.id, session_id=session.id).to_dict()
    ]


TOO_LATE = "system.message must be the final event in the request."


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "events must be an array"),
        ({"events": []}, "events: must contain at least 1 item"),
        ({"events": [], "a": 1}, 'Failed to parse request body: unknown field "a"'),
        ({"events": [7]}, "events[0]: event must be a JSON object"),
        ({"events": [{}]}, "events[0]: type is required"),
        ({"events": [{"type": "user.bogus"}]}, 'events[0].type: "user.bogus" is not a valid value'),
        ({"events": [{"type": "user.message"}]}, "events[0].content: value is required"),
        ({"events": [{"type": "user.message", "content": "Hi"}]}, "events[0].content: Input should be a valid array"),
        ({"events": [said("a") | {"id": "b"}]}, 'Failed to parse request body: unknown field "id"'),
        ({"events": [{"type": "user.message", "content": [{"type": "sound"}]}]}, "events[0].content.0: Input tag"),
        (
            {"events": [{"type": "user.tool_confirmation", "tool_use_id": "a", "result": "perhaps"}]},
            "events[0].result: Input should be 'allow' or 'deny'",
        ),
        (
            {"events": [{"type": "system.message", "content": [{"type": "text", "text": "a"}]}, said("b")]},
            TOO_LATE,
        ),
        (
            {"events": [{"type": "system.message", "content": [{"type": "text", "text": "a"}]}]},
            "system.message must immediately follow a user.message",
        ),
    ],
)
def test_events__that_are_wrong_are_refused(desk: Desk, body: Any, why: str) -> None:
    with pytest.raises(anthropic.BadRequestError, match=re.escape(why)):
        desk.client.post(f"/v1/sessions/{desk.id}/events", body=body, cast_to=object, options={"headers": BETA})
    assert desk.events == []


@pytest.mark.parametrize(
    ("changes", "status", "why"),
    [
        ({"environment_id": None}, 400, "environment_id is required"),
        ({"agent": None}, 400, "agent: value is required"),
        ({"z": 1}, 400, 'Failed to parse request body: unknown field "z"'),
        ({"environment_id": "env_x"}, 404, "Environment env_x not found."),
        ({"agent": "agent_x"}, 404, "agent agent_x not found"),
        ({"agent": {"type": "other"}}, 400, "agent: Input tag 'other' found"),
        ({"resources": [{"type": "volume"}]}, 400, 'resource type "volume" is not supported'),
        ({"resources": [{"type": "github_repository", "url": "https://a.b"}]}, 400, "invalid github_repository url"),
        ({"initial_events": [{"type": "user.interrupt"}]}, 400, '"user.interrupt" is not a valid value'),
    ],
)
def test_session__that_is_wrong_is_refused(desk: Desk, changes: Any, status: int, why: str) -> None:
    body = {"agent": desk.agent.id, "environment_id": desk.environment.id} | changes
    with pytest.raises(anthropic.APIStatusError, match=re.escape(why)) as caught:
        desk.client.post("/v1/sessions", body=body, cast_to=object, options={"headers": BETA})
    assert caught.value.status_code == status


def test_session__of_what_is_archived_is_refused(desk: Desk) -> None:
    desk.client.beta.agents.archive(desk.agent.id)
    with pytest.raises(anthropic.BadRequestError, match="is archived and cannot be used to create a session"):
        desk.client.beta.sessions.create(agent=desk.agent.id, environment_id=desk.environment.id)
    desk.client.beta.environments.archive(desk.environment.id)
    with pytest.raises(anthropic.BadRequestError, match=f"environment {desk.environment.id} is archived"):
        desk.client.beta.sessions.create(agent=desk.agent.id, environment_id=desk.environment.id)


async def test_async_client__streams_a_turn(desk: Desk, url: str) -> None:
    async with anthropic.AsyncAnthropic(base_url=url, api_key="any", max_retries=0) as client:
        events = client.beta.sessions.events
        async with await events.stream(desk.id) as stream:
            await events.send(desk.id, events=[said("Hello")])
            kinds = []
            async for event in stream:
                kinds.append(event.type)
                if event.type == "session.status_idle":
                    break
        assert kinds == TURN
        assert [event.type async for event in events.list(desk.id)] == TURN
