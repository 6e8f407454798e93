"""Mistral's agents and conversations, through its own SDK: whole, streamed and asynchronous."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest
from mistralai.client import Mistral
from mistralai.client.errors import HTTPValidationError, SDKError
from mistralai.extra.run.result import reconstitue_entries

from tests.server import LiveServer

pytestmark = pytest.mark.filterwarnings("ignore:.*agent sharing:DeprecationWarning")  # of a list that has no pages

MODEL = "mistral-medium-latest"
SCRIPT = """
version: 1
rules:
  - match: {format: mistral_agent, metadata: {name: named}}
    reply: {id: ag_mine, text: made}
  - match: {last_user: weather, tool_result: rain}
    reply: It rains.
  - match: {last_user: weather}
    reply: {tool_calls: [{name: look, arguments: {city: Cologne}}]}
  - match: {last_user: think}
    reply: {reasoning: Two and two., text: Four.}
  - match: {last_user: search}
    reply:
      blocks:
        - tool_call: {name: web_search, arguments: {query: news}, result: "1 page"}
        - Found it.
  - match: {last_user: cite}
    reply:
      text: Cologne is old.
      annotations:
        - {type: url_citation, url_citation: {url: "https://a.example/", title: Cologne, start_index: 0, end_index: 7}}
  - match: {last_user: round}
    reply: {tool_calls: [{name: transfer_to_round}]}
  - match: {last_user: hand, system: first}
    reply: {text: One moment., tool_calls: [{name: transfer_to_second_agent}]}
  - match: {last_user: hand over and fail, system: second}
    error: 503
  - match: {last_user: hand, system: second}
    reply: I am the second.
  - match: {last_user: break}
    reply: one two three four
    error: {status: 529, message: overloaded}
    fault: {error_event: {after_tokens: 2}}
  - match: {any_message: remember}
    reply: "{{ prompt.messages|length }} messages"
  - reply: Hello!
"""
LOOK: Any = {
    "type": "function",
    "function": {"name": "look", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


@pytest.fixture
def client(place: str) -> Iterator[Mistral]:
    with Mistral(api_key="mock", server_url=f"{place}/mistral") as client:
        yield client


def said(outputs: Sequence[Any]) -> list[tuple[str, Any]]:
    """Return the types and the contents of entries."""
    keys = {"message.output": "content", "function.call": "arguments", "agent.handoff": "next_agent_name"}
    return [(entry.type, getattr(entry, keys.get(entry.type, "name"))) for entry in outputs]


def test_conversation__is_started_and_goes_on(client: Mistral) -> None:
    conversations = client.beta.conversations
    first = conversations.start(model=MODEL, inputs="remember", instructions="Be brief.", metadata={"a": "b"})
    assert said(first.outputs) == [("message.output", "2 messages")]
    assert first.usage.prompt_tokens and first.usage.completion_tokens
    more: Any = {"role": "user", "content": "more"}
    second = conversations.append(conversation_id=first.conversation_id, inputs=[more])
    assert second.conversation_id == first.conversation_id
    assert said(second.outputs) == [("message.output", "4 messages")]
    history = conversations.get_history(conversation_id=first.conversation_id)
    assert [entry.type for entry in history.entries] == ["message.input", "message.output"] * 2
    assert len({entry.id for entry in history.entries}) == 4
    restarted = conversations.restart(
        conversation_id=first.conversation_id, from_entry_id=history.entries[1].id or "", inputs="again"
    )
    assert restarted.conversation_id != first.conversation_id
    assert said(restarted.outputs) == [("message.output", "4 messages")]
    messages = conversations.get_messages(conversation_id=restarted.conversation_id).messages
    assert [entry.content for entry in messages] == ["remember", "2 messages", "again", "4 messages"]
    shown: Any = conversations.get(conversation_id=first.conversation_id)
    assert (shown.model, shown.instructions, shown.metadata) == (MODEL, "Be brief.", {"a": "b"})
    assert [each.id for each in conversations.list()] == [restarted.conversation_id, first.conversation_id]
    assert [each.id for each in conversations.list(page=1, page_size=1)] == [first.conversation_id]
    assert conversations.list(metadata={"a": "c"}) == []
    conversations.delete(conversation_id=first.conversation_id)
    with pytest.raises(SDKError, match=r"Conversation .* not found") as caught:
        conversations.append(conversation_id=first.conversation_id, inputs="more")
    assert caught.value.status_code == 404


def test_conversation__is_not_stored_on_request(client: Mistral) -> None:
    conversations = client.beta.conversations
    first = conversations.start(model=MODEL, inputs="remember", store=False)
    with pytest.raises(SDKError, match="not found"):
        conversations.get(conversation_id=first.conversation_id)
    kept = conversations.start(model=MODEL, inputs="remember").conversation_id
    conversations.append(conversation_id=kept, inputs="more", store=False)
    assert len(conversations.get_history(conversation_id=kept).entries) == 2


def test_function__is_called_and_its_result_is_answered(client: Mistral) -> None:
    conversations = client.beta.conversations
    first = conversations.start(model=MODEL, inputs="weather", tools=[LOOK])
    call: Any = first.outputs[0]
    assert (call.type, call.name, call.arguments) == ("function.call", "look", '{"city":"Cologne"}')
    assert len(call.tool_call_id) == 9
    with pytest.raises(SDKError, match="Not the same number of function calls and responses"):
        conversations.append(conversation_id=first.conversation_id, inputs="and now?")
    result: Any = {"type": "function.result", "tool_call_id": call.tool_call_id, "result": "rain"}
    second = conversations.append(conversation_id=first.conversation_id, inputs=[result])
    assert said(second.outputs) == [("message.output", "It rains.")]


@pytest.mark.parametrize(
    ("inputs", "tools"),
    [("hello", []), ("weather", [LOOK]), ("think", []), ("search", [{"type": "web_search"}]), ("cite", [])],
)
def test_stream__adds_up_to_the_answer(client: Mistral, inputs: str, tools: list[Any]) -> None:
    conversations = client.beta.conversations
    whole = conversations.start(model=MODEL, inputs=inputs, tools=tools)
    with conversations.start_stream(model=MODEL, inputs=inputs, tools=tools) as stream:
        events = [event.data for event in stream]
    assert events[0].type == "conversation.response.started"
    ended: Any = events[-1]
    assert (ended.type, ended.usage) == ("conversation.response.done", whole.usage)
    by_place: dict[int, list[Any]] = {}
    for event in events[1:-1]:
        by_place.setdefault(event.output_index, []).append(event)
    streamed = reconstitue_entries(by_place)
    entries = [entry for entry in whole.outputs if entry.type != "tool.execution"]
    if inputs != "think":  # whose thoughts are chunks that the SDK does not join
        assert said(streamed) == said(entries)
    else:
        content: Any = streamed[0].content  # type: ignore[union-attr]
        thoughts = [chunk.thinking[0].text for chunk in content if chunk.type == "thinking"]
        assert ("".join(thoughts), content[-1].text) == ("Two and two.", "Four.")
    assert [event.type for event in events if event.type.startswith("tool")] == (
        ["tool.execution.started", "tool.execution.done"] if inputs == "search" else []
    )


def test_tool_of_the_api__is_only_told(client: Mistral) -> None:
    search: Any = {"type": "web_search"}
    answer = client.beta.conversations.start(model=MODEL, inputs="search", tools=[search])
    execution: Any = answer.outputs[0]
    assert (execution.type, execution.name, execution.info) == ("tool.execution", "web_search", {"result": "1 page"})
    assert answer.usage.connectors == {"web_search": 1}


def test_citation__is_a_reference_after_its_text(client: Mistral) -> None:
    answer: Any = client.beta.conversations.start(model=MODEL, inputs="cite")
    [first, reference, last] = answer.outputs[0].content
    assert (first.text, last.text) == ("Cologne", " is old.")
    assert (reference.type, reference.title, reference.url) == ("tool_reference", "Cologne", "https://a.example/")


def test_agent__has_versions_and_aliases(client: Mistral) -> None:
    agents = client.beta.agents
    agent = agents.create(model=MODEL, name="one", instructions="first", metadata={"team": "a"})
    assert (agent.version, agent.versions, agent.handoffs, agent.source) == (0, [0], None, "api")
    changed = agents.update(agent_id=agent.id, instructions="changed", completion_args={"temperature": 0.1})
    assert (changed.version, changed.name, changed.instructions) == (1, "one", "changed")
    assert agents.get(agent_id=agent.id, agent_version=0).instructions == "first"
    assert agents.get_version(agent_id=agent.id, version="0").version == 0
    assert [each.version for each in agents.list_versions(agent_id=agent.id)] == [1, 0]
    alias = agents.create_version_alias(agent_id=agent.id, alias="production", version=0)
    assert (alias.alias, alias.version) == ("production", 0)
    assert agents.get(agent_id=agent.id, agent_version="production").instructions == "first"
    assert [each.alias for each in agents.list_version_aliases(agent_id=agent.id)] == ["production"]
    agents.delete_version_alias(agent_id=agent.id, alias="production")
    assert agents.list_version_aliases(agent_id=agent.id) == []
    assert agents.update_version(agent_id=agent.id, version=0).instructions == "first"
    other = agents.create(model=MODEL, name="two")
    assert [each.id for each in agents.list()] == [other.id, agent.id]
    assert [each.id for each in agents.list(name="one", metadata={"team": "a"})] == [agent.id]
    assert agents.list(search="three") == agents.list(sources=["playground"]) == agents.list(page=2) == []
    page: Any = agents.list_pages(page_size=1)
    assert [each.id for each in page.result.data] == [other.id]
    rest = page.next()
    assert ([each.id for each in rest.result.data], rest.result.next_page_token) == ([agent.id], None)
    agents.delete(agent_id=agent.id)
    for version in (None, 7, "none"):
        with pytest.raises(SDKError, match="not found"):
            agents.get(agent_id=other.id if version else agent.id, agent_version=version)
    assert agents.create(model=MODEL, name="named").id == "ag_mine"


def test_agent__answers_in_a_conversation_as_it_is_set_up(client: Mistral) -> None:
    agent = client.beta.agents.create(model=MODEL, name="w", tools=[LOOK], instructions="Look.")
    answer = client.beta.conversations.start(agent_id=agent.id, inputs="weather")
    call: Any = answer.outputs[0]
    assert (call.type, call.model) == ("function.call", MODEL)
    result: Any = {"tool_call_id": call.tool_call_id, "result": "rain"}
    second: Any = client.beta.conversations.append(conversation_id=answer.conversation_id, inputs=[result])
    assert (second.outputs[0].content, second.outputs[0].agent_id) == ("It rains.", agent.id)
    shown: Any = client.beta.conversations.get(conversation_id=answer.conversation_id)
    assert shown.agent_id == agent.id
    client.beta.agents.update(agent_id=agent.id, tools=[])
    again = client.beta.conversations.start(agent_id=agent.id, agent_version=0, inputs="weather")
    assert again.outputs[0].type == "function.call"
    with pytest.raises(SDKError, match=r"Version 9 of agent .* not found"):
        client.beta.conversations.start(agent_id=agent.id, agent_version=9, inputs="weather")
    with pytest.raises(SDKError, match="Agent ag_none not found"):
        client.beta.conversations.start(agent_id="ag_none", inputs="weather")


@pytest.mark.parametrize("path", ["conversations", "agents", "agents/pages", "files", "batch/jobs"])
@pytest.mark.parametrize(
    ("page_size", "found"),
    [
        ("x", {"type": "int_parsing", "msg": "Input should be a valid integer, unable to parse string as an integer"}),
        ("0", {"type": "greater_than_equal", "msg": "Input should be greater than or equal to 1", "ctx": {"ge": 1}}),
    ],
)
def test_list__refuses_a_size_that_is_none_as_fastapi_does(
    place: str, path: str, page_size: str, found: dict[str, Any]
) -> None:
    answer = httpx.get(f"{place}/mistral/v1/{path}", params={"page_size": page_size}, timeout=600)
    assert answer.status_code == 422
    assert answer.json() == {"detail": [{**found, "loc": ["query", "page_size"], "input": page_size}]}


@pytest.fixture
def pair(client: Mistral) -> tuple[str, str]:
    """The ids of two agents, of which the first one hands over to the second one."""
    second = client.beta.agents.create(model=MODEL, name="second agent", instructions="second")
    first = client.beta.agents.create(model=MODEL, name="first", instructions="first", handoffs=[second.id])
    return first.id, second.id


def test_handoff__is_followed_by_the_answer_of_the_next_agent(client: Mistral, pair: tuple[str, str]) -> None:
    conversations = client.beta.conversations
    answer = conversations.start(agent_id=pair[0], inputs="hand over")
    expected = [("message.output", "One moment."), ("agent.handoff", "second agent")]
    assert said(answer.outputs) == [*expected, ("message.output", "I am the second.")]
    last: Any = answer.outputs[-1]
    assert last.agent_id == pair[1]
    assert answer.usage.completion_tokens and answer.usage.completion_tokens > 6
    with conversations.start_stream(agent_id=pair[0], inputs="hand over") as stream:
        kinds = list(dict.fromkeys(event.data.type for event in stream))
    assert kinds[1:4] == ["message.output.delta", "agent.handoff.started", "agent.handoff.done"]
    again: Any = conversations.append(conversation_id=answer.conversation_id, inputs="hand over again")
    assert (again.outputs[0].content, again.outputs[0].agent_id) == ("I am the second.", pair[1])


def test_handoff__is_left_to_the_client_on_request(client: Mistral, pair: tuple[str, str]) -> None:
    answer = client.beta.conversations.start(agent_id=pair[0], inputs="hand over", handoff_execution="client")
    assert said(answer.outputs) == [("message.output", "One moment."), ("agent.handoff", "second agent")]


def test_handoff__fails_with_the_next_agent(client: Mistral, pair: tuple[str, str]) -> None:
    with pytest.raises(SDKError) as caught:
        client.beta.conversations.start(agent_id=pair[0], inputs="hand over and fail")
    assert caught.value.status_code == 503


def test_handoff__in_a_circle_ends(client: Mistral) -> None:
    agent = client.beta.agents.create(model=MODEL, name="round")
    client.beta.agents.update(agent_id=agent.id, handoffs=[agent.id])
    answer = client.beta.conversations.start(agent_id=agent.id, inputs="round")
    assert said(answer.outputs) == [("agent.handoff", "round")] * 11


async def test_run__calls_functions_until_there_is_an_answer(place: str) -> None:
    def look(city: str) -> str:
        """Look out of the window."""
        return f"rain in {city}"

    pytest.importorskip("griffe", reason="the SDK's extra `agents` is not installed")
    from mistralai.extra.run.context import RunContext

    async with Mistral(api_key="mock", server_url=f"{place}/mistral") as client, RunContext(model=MODEL) as context:
        context.register_func(look)
        result = await client.beta.conversations.run_async(run_ctx=context, inputs="weather")
    assert result.output_as_text == "It rains."
    assert [entry.type for entry in result.output_entries] == ["function.call", "function.result", "message.output"]


async def test_async__streams_what_follows(place: str) -> None:
    async with Mistral(api_key="mock", server_url=f"{place}/mistral") as client:
        conversations = client.beta.conversations
        first = await conversations.start_async(model=MODEL, inputs="remember")
        stream = await conversations.append_stream_async(conversation_id=first.conversation_id, inputs="more")
        texts = [event.data.content async for event in stream if event.data.type == "message.output.delta"]
        assert "".join(map(str, texts)) == "3 messages"
        history = await conversations.get_history_async(conversation_id=first.conversation_id)
        stream = await conversations.restart_stream_async(
            conversation_id=first.conversation_id, from_entry_id=history.entries[0].id or ""
        )
        texts = [event.data.content async for event in stream if event.data.type == "message.output.delta"]
        assert "".join(map(str, texts)) == "1 messages"
        agents = await asyncio.gather(*(client.beta.agents.create_async(model=MODEL, name=name) for name in "ab"))
        assert {agent.id for agent in await client.beta.agents.list_async()} == {agent.id for agent in agents}


def test_stream__breaks_off_with_an_error_event(client: Mistral) -> None:
    with client.beta.conversations.start_stream(model=MODEL, inputs="break") as stream:
        last: Any = [event.data for event in stream][-1]
    assert (last.type, last.message, last.code) == ("conversation.response.error", "overloaded", 529)


def test_completion__of_an_agent(client: Mistral) -> None:
    agent = client.beta.agents.create(model=MODEL, name="w", tools=[LOOK], instructions="Look.")
    messages: list[Any] = [{"role": "user", "content": "weather"}]
    answer = client.agents.complete(agent_id=agent.id, messages=messages)
    message = answer.choices[0].message
    assert message and message.tool_calls and message.tool_calls[0].function.name == "look"
    assert answer.model == MODEL
    messages = [*messages, message, {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "rain"}]
    with client.agents.stream(agent_id=agent.id, messages=messages) as stream:
        texts = [event.data.choices[0].delta.content or "" for event in stream]
    assert "".join(map(str, texts)) == "It rains."
    with pytest.raises(SDKError, match="Agent ag_none not found"):
        client.agents.complete(agent_id="ag_none", messages=messages[:1])


REFUSED: list[tuple[str, dict[str, Any], list[str | int], str]] = [
    ("conversations", {"inputs": "a"}, ["body"], "exactly one of 'model' and 'agent_id'"),
    ("conversations", {"model": MODEL}, ["body", "inputs"], "Field required"),
    ("conversations", {"model": MODEL, "inputs": "a", "n": 2}, ["body", "n"], "Extra inputs are not permitted"),
    (
        "conversations",
        {"model": MODEL, "inputs": [{"type": "message.output", "content": "a", "prefix": False}]},
        ["body", "inputs", 0, "prefix"],
        "Extra inputs are not permitted",
    ),
    ("conversations", {"model": MODEL, "inputs": [{"type": "x"}]}, ["body", "inputs", 0, "type"], "Input should be"),
    ("conversations", {"model": MODEL, "inputs": "a", "tools": [{"type": "x"}]}, ["body", "tools", 0, "type"], "Input"),
    ("conversations/conv_1/restart", {}, ["body", "from_entry_id"], "Field required"),
    ("agents", {"model": MODEL}, ["body", "name"], "Field required"),
    ("agents/completions", {"agent_id": "a", "messages": [], "model": "m"}, ["body", "messages"], "empty array"),
]


@pytest.mark.parametrize(("path", "body", "place_in_body", "why"), REFUSED)
def test_request__that_does_not_fit_is_refused(
    live: LiveServer, path: str, body: dict[str, Any], place_in_body: list[str | int], why: str
) -> None:
    answer = httpx.post(f"{live.url}/mistral/v1/{path}", json=body, headers={"authorization": "Bearer k"})
    [detail] = answer.json()["detail"]
    assert answer.status_code == 422
    assert detail["loc"] == place_in_body
    assert why in detail["msg"]


def test_sdk__reads_the_refusal(client: Mistral) -> None:
    with pytest.raises(HTTPValidationError) as caught:
        client.beta.conversations.start(inputs="a")
    assert json.loads(caught.value.body)["detail"][0]["type"] == "value_error"
