"""What `auto` does with tools that Claude Code's model loads by `ToolSearch`, and with the agents that it starts."""

import json

import pytest

from completions.conversation import Message, Prompt, Tool, ToolCall
from completions.script.auto.answer import auto

REMINDER = (
    "<system-reminder>\nThe following deferred tools are now available via ToolSearch. Load their schemas first:\n"
    "WebSearch\nmcp__w__weather\n</system-reminder>\n"
)
ASKED = Message("user", REMINDER + "What is the weather in Paris?")
QUERY = {"type": "object", "properties": {"query": {"type": "string"}, "max_results": {"type": "number"}}}
SEARCH = Tool("ToolSearch", "Fetches definitions of deferred tools", {**QUERY, "required": ["query"]})
BASH = Tool("Bash", "Runs a command", {"type": "object", "properties": {"command": {"type": "string"}}})
AGENT = Tool("Agent", "Starts an agent", {"type": "object", "properties": {"prompt": {"type": "string"}}})
PLACE = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = Tool("mcp__w__weather", "Get the weather of a city", PLACE)
TOOLS = (AGENT, BASH, SEARCH)
SELECTED = ("ToolSearch", {"query": "select:mcp__w__weather"})


def called(name: str, result: str, *after: str, **arguments: str) -> tuple[Message, ...]:
    call = ToolCall(name, json.dumps(arguments), id=f"c_{name}")
    said = (Message("user", text) for text in after)
    return Message("assistant", tool_calls=(call,)), Message("tool", result, tool_call_id=call.id), *said


def answer(messages: tuple[Message, ...], tools: tuple[Tool, ...]) -> tuple[list[tuple[str, object]], str]:
    choice = auto(Prompt(model="gpt-4o", messages=messages, tools=tools))[0]
    return [(call.name, json.loads(call.arguments)) for call in choice.tool_calls], choice.text or ""


LOADED = (ASKED, *called("ToolSearch", "", "Tool loaded.\n<system-reminder>9 tokens left</system-reminder>"))
RAIN = "Rain.\n<system-reminder>9 tokens left</system-reminder>"


@pytest.mark.parametrize(
    ("messages", "tools", "wanted"),
    [
        ((ASKED,), TOOLS, [SELECTED]),
        (LOADED, (*TOOLS, WEATHER), [("mcp__w__weather", {"city": "Paris"})]),
        (LOADED[:3], (*TOOLS, WEATHER), [("mcp__w__weather", {"city": "Paris"})]),
        (LOADED, TOOLS, [("Bash", {"command": "COMMAND"})]),
        ((ASKED, *called("ToolSearch", "No matching deferred tools found")), TOOLS, []),
        ((*LOADED, *called("mcp__w__weather", RAIN)), (*TOOLS, WEATHER), []),
        ((*LOADED, *called("mcp__w__weather", RAIN), Message("assistant", "Rain."), ASKED), TOOLS, [SELECTED]),
    ],
    ids=["load", "call", "no text", "not loaded", "not found", "answer", "again"],
)
def test_deferred_tool__is_loaded_and_then_called(
    messages: tuple[Message, ...], tools: tuple[Tool, ...], wanted: list[tuple[str, object]]
) -> None:
    calls, text = answer(messages, tools)
    made_up = [(name, {"command": "COMMAND"} if name == "Bash" else arguments) for name, arguments in calls]
    assert made_up == wanted
    assert "tokens left" not in text


def test_deferred_tool__is_not_loaded_where_an_offered_one_fits() -> None:
    calls, _ = answer((ASKED,), (SEARCH, WEATHER))
    assert calls == [("mcp__w__weather", {"city": "Paris"})]


@pytest.mark.parametrize(("asked", "name"), [("Hello there", "Bash"), ("Ask an agent", "Agent")])
def test_agent__is_started_where_it_is_asked_for(asked: str, name: str) -> None:
    calls, _ = answer((Message("user", asked),), (AGENT, BASH))
    assert [each for each, _ in calls] == [name]


NOTIFICATION = (
    "<system-reminder>\nNot a message of the user.\n<task-notification>\n<status>completed</status>\n"
    "<result>[harness: checked]\n\nIt rains.</result>\n</task-notification>\n</system-reminder>"
)


@pytest.mark.parametrize(
    ("told", "said"),
    [(NOTIFICATION, "It rains"), ("Base directory for this skill: /tmp/x\n\n# Sheets\nMake sheets.", "Sheets")],
    ids=["what an agent came to", "a skill"],
)
def test_report__is_what_a_tool_said(told: str, said: str) -> None:
    start = called("Agent", "Launched.", prompt="Weather?")
    calls, text = answer((ASKED, *start, Message("assistant", "Wait."), Message("user", told)), (AGENT, BASH))
    assert not calls
    assert said in text
