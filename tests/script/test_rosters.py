"""Which of the agents or skills that a prompt lists `auto` calls a tool with, and what it gives them to do."""

import json
import time

import pytest

from completions.conversation import Message, Prompt, ResponseFormat, Tool, ToolCall, ToolChoice
from completions.script.auto.answer import auto
from completions.script.protocols.observation import question

ASKED = "What is the weather in Paris?"
AGENT_TYPES = (
    "Launch a subagent.\n\nAvailable agent types and the tools they have access to:\n"
    "- general-purpose: For complex questions. This agent has all tools.\n"
    "- weather-agent: Tells the weather of a city\n\n"
    "Usage notes:\n- Launch several agents at once.\n"
)
MEMBERS = (
    '<team_members>\n<member id="poet" name="Poet">\n  Role: Writes poems\n</member>\n'
    '<member id="sky-1" name="Sky">\n  Role: Tells the weather\n</member>\n</team_members>'
)
IN_TAGS = (
    "<agents>\n<agent>\n<name>helper</name>\n<description>Writes</description>\n</agent>\n"
    "<agent><name>sky</name><description>Knows the weather</description></agent>\n</agents>"
)
SWARM = (
    "Context:\nUser Request: What is the weather in Paris?\n\nOther agents available for collaboration:\n"
    "Agent name: writer. Agent description: Writes\nAgent name: sky. Agent description: Tells the weather\n\n"
    "You have access to swarm coordination tools if you need help from other agents, and are one of them yourself."
)
ADK = (
    "Agent name: greeter\nAgent description: Greets people\n\n\nAgent name: sky\nAgent description: Tells the weather\n"
)
COWORKERS = "Delegate a specific task to one of the following coworkers: Poet, Weather Researcher\nGive the task."
LITERAL = str({"Poet": "Writes poems", "Sky": "Tells the weather"})
REASON = "any"
SKILLS = (
    "<available_skills>\n<skill>\n<name>pdf</name></skill>\n<skill><name>weather</name></skill>\n</available_skills>"
)


def tool(called: str, about: str = "", /, **properties: str) -> Tool:
    taken = {key: {"type": "string", "description": value} for key, value in properties.items()}
    return Tool(called, about, {"type": "object", "properties": taken, "required": list(properties)})


def called(offered: Tool, system: str = "", asked: str = ASKED) -> dict[str, str]:
    messages = (Message("system", system), Message("user", asked))
    (call,) = auto(Prompt(model="gpt-4o", messages=messages, tools=(offered,)))[0].tool_calls
    arguments: dict[str, str] = json.loads(call.arguments)
    return arguments


@pytest.mark.parametrize(
    ("offered", "system", "asked", "wanted"),
    [
        (
            tool("task", AGENT_TYPES, description="What to do", subagent_type="The type of subagent to use."),
            *("", ASKED, {"description": ASKED, "subagent_type": "weather-agent"}),
        ),
        (
            tool("delegate_task_to_member", "Delegate", member_id="The ID of the member", task="What to do"),
            *(MEMBERS, ASKED, {"member_id": "sky-1", "task": ASKED}),
        ),
        (tool("select_agent", "Select", name="The name of the agent to go on"), IN_TAGS, ASKED, {"name": "sky"}),
        (
            tool("handoff_to_agent", "Hand off", agent_name="Name of the agent", message="What is to be done"),
            *("", SWARM, {"agent_name": "sky", "message": ASKED}),
        ),
        (tool("transfer_to_agent", "Transfer", agent_name="The agent's name."), ADK, ASKED, {"agent_name": "sky"}),
        (
            tool("delegate_work_to_coworker", COWORKERS, task="The task", coworker="The role/name of the coworker"),
            *("", ASKED, {"task": ASKED, "coworker": "Weather Researcher"}),
        ),
        (
            tool("handoff", "Hand off.\n\nCurrently available agents:\n" + LITERAL, to_agent="", reason="Why"),
            *("", ASKED, {"to_agent": "Sky", "reason": REASON}),
        ),
        (tool("Skill", "Execute a skill", skill="The skill's name"), SKILLS, ASKED, {"skill": "weather"}),
        (tool("sky", "Tells the weather", request="What is asked"), "", ASKED, {"request": ASKED}),
    ],
    ids=["lines", "attributes", "tags", "labels", "two lines", "in a row", "literal", "skills", "an agent as a tool"],
)
def test_roster__the_one_that_fits_is_named(offered: Tool, system: str, asked: str, wanted: dict[str, str]) -> None:
    arguments = called(offered, system, asked)
    assert {**arguments, **({"reason": REASON} if "reason" in arguments else {})} == wanted


@pytest.mark.parametrize("name", ["agent_task", "customer_name", "name"])
def test_roster__is_not_what_other_arguments_are_taken_from(name: str) -> None:
    offered = tool("look_up", AGENT_TYPES, **{name: "What is looked up"})
    assert called(offered)[name] not in ("weather-agent", "general-purpose")


def test_roster__a_prompt_without_one_changes_nothing() -> None:
    assert called(tool("call", "Call an agent.", agent_id="The id of the agent"))["agent_id"]


def test_router__is_done_once_an_agent_has_answered() -> None:
    offered = (tool("select_agent", "Select", name="The name of the agent to go on"), tool("done", "Nothing is left"))
    asked = (Message("system", IN_TAGS), Message("user", ASKED))
    answered = (*asked, Message("assistant", "It rains."))
    for messages, wanted in ((asked, "select_agent"), (answered, "done")):
        prompt = Prompt(model="gpt-4o", messages=messages, tools=offered, tool_choice=ToolChoice("required"))
        assert [call.name for call in auto(prompt)[0].tool_calls] == [wanted]


TRANSCRIPT = (
    "For context: below is a transcript of what another agent did.",
    "[root] `transfer_to_agent` tool returned result:\n<<<BEGIN>>>\n{'result': None}\n<<<END>>>",
)
HANDED = (
    Message("user", ASKED),
    Message("user", "For context: below\n[root] called tool `transfer_to_agent`"),
    Message("user", "\n".join(TRANSCRIPT)),
)
SWARMED = (Message("user", SWARM.replace("Context:\n", "Context:\nHandoff Message: Tell the weather.\n\n")),)


@pytest.mark.parametrize(
    ("messages", "tools", "names"),
    [
        (HANDED, ("transfer_to_agent", "weather"), ["weather"]),
        (HANDED, ("transfer_to_agent",), []),
        (SWARMED, ("handoff_to_agent", "weather"), ["weather"]),
        (SWARMED, ("handoff_to_agent",), []),
    ],
    ids=["Google ADK", "Google ADK, no tool of its own", "Strands", "Strands, no tool of its own"],
)
def test_handover__is_known_by_the_words_that_tell_of_it(
    messages: tuple[Message, ...], tools: tuple[str, ...], names: list[str]
) -> None:
    offered = tuple(tool(name, agent_name="The agent") for name in tools)
    choice = auto(Prompt(model="gpt-4o", messages=messages, tools=offered))[0]
    assert [call.name for call in choice.tool_calls] == names


def test_question__is_not_what_another_agent_did() -> None:
    adopted = Message("user", "Transferred to sky, adopting the role of sky immediately.", name="root")
    assert question(Prompt(model="gpt-4o", messages=HANDED)) == ASKED
    assert question(Prompt(model="gpt-4o", messages=(HANDED[0], adopted))) == ASKED


def test_work_is_given_to_one_agent_at_a_time() -> None:
    offered = (
        tool("delegate_work_to_coworker", COWORKERS, task="The task", coworker="The name of the coworker"),
        tool("ask_question_to_coworker", COWORKERS, question="The question", coworker="The name of the coworker"),
    )
    messages = (Message("user", "Ask a coworker a question on the work"),)
    calls: tuple[ToolCall, ...] = auto(Prompt(model="gpt-4o", messages=messages, tools=offered))[0].tool_calls
    assert len(calls) == 1


HOSTILE = (
    "<agent>\n" * 12_000,
    "<agent " + "x" * 90_000,
    "<member>" + "<name>" * 15_000,
    "following agents: " * 5_000,
    "following agents:" + " a" * 45_000,
    "Agent name: " * 8_000,
    "agents:\n- " * 9_000,
    "agents:\n{'" * 9_000,
    "deferred tools " * 6_000,
    "deferred tools:\n" + "a\n" * 45_000,
    "<task-notification>" + "<result>" * 12_000,
    "following request:\n" + " " * 95_000,
    "following request:\n" * 5_000,
    "team:\n" + "- a" * 30_000,
    "team:\n" * 15_000,
    "(select from: " * 7_000,
)


@pytest.mark.parametrize("text", HOSTILE, ids=[repr(text[:20]) for text in HOSTILE])
def test_roster__a_text_that_only_looks_like_one_costs_little(text: str) -> None:
    offered = (tool("Agent", text, subagent_type="", prompt=""), tool("ToolSearch", "", query=""))
    schema = {"type": "object", "properties": {"next_speaker": {"type": "string"}}, "required": ["next_speaker"]}
    messages = (Message("user", text),)
    began = time.process_time()
    auto(Prompt(model="gpt-4o", messages=messages, tools=offered))
    auto(Prompt(model="gpt-4o", messages=messages, response_format=ResponseFormat("json_schema", schema=schema)))
    assert time.process_time() - began < 5
