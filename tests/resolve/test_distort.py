"""Faults of what an answer says: each changes it as a model does, in every format, whole and streamed alike."""

import json
from dataclasses import replace
from typing import Any

import pytest

from completions.conversation import Choice, Prompt, Reply, ResponseFormat, Tool, ToolCall
from completions.faults import FAULTS, Stage, fault
from completions.resolve.distort import CHANGES, INJECTED, OTHER_LANGUAGES, distort
from completions.resolve.finish import finish
from completions.script.schemas.document import Document, Work
from completions.script.schemas.validity import Checker
from tests.scripts import World, rules

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "string"}},
    "required": ["a", "b"],
    "additionalProperties": False,
}
ADD = Tool("add", parameters=SCHEMA)
SAID = Choice(text="Rome is old. It has seven hills.")
CUT = Choice(text="Rome is", finish_reason="length")
CALLS = Choice(text="So:", tool_calls=(ToolCall("add", '{"a":1,"b":"x"}', "call_1"),))


NOTHING: dict[str, float] = {}


def said(name: str, choice: Choice, prompt: Prompt | None = None, parameters: dict[str, float] = NOTHING) -> Choice:
    prompt = prompt or Prompt()
    return finish(distort(Reply((choice,)), prompt, [fault(name, parameters)]), prompt).choices[0]


def valid(schema: dict[str, Any], text: str) -> bool:
    return Checker(Document(schema), Work()).valid(schema, json.loads(text))


@pytest.mark.parametrize(
    ("name", "parameters", "text", "reason"),
    [
        ("cut_word", {}, "Rome is old. It has seven hi", "stop"),
        ("repeats", {"times": 2}, "Rome is old. It has seven hills. It has seven hills. It has seven hills.", "stop"),
        ("empty_text", {}, "", "stop"),
        ("wrong_language", {}, "我用另一种语言回答这个问题。", "stop"),
        ("content_filter", {"after_tokens": 3}, "Rome is old", "content_filter"),
        ("breaks_schema", {}, '["Rome is old. It has seven hills."]', "stop"),
    ],
)
def test_text__is_what_a_model_says_wrongly(name: str, parameters: dict[str, float], text: str, reason: str) -> None:
    choice = said(name, SAID, parameters=parameters)
    assert (choice.text, choice.finish_reason) == (text, reason)


@pytest.mark.parametrize(
    ("name", "said_before", "text"),
    [
        ("cut_word", None, "Cert"),
        ("cut_word", "A 1!", "A 1"),
        ("repeats", None, "I see. I see. I see."),
        ("repeats", " \n", "I see. I see. I see."),
        ("repeats", "One. Two\n", "One. Two Two Two"),
        ("injection", None, INJECTED),
        ("content_filter", None, ""),
    ],
)
def test_text__of_few_words_or_none_is_said_wrongly_too(name: str, said_before: str | None, text: str) -> None:
    assert said(name, Choice(text=said_before), parameters={"times": 2, "after_tokens": 3}).text == text


def test_wrong_language__is_another_one_than_that_of_the_answer() -> None:
    assert said("wrong_language", Choice(text="罗马很古老。")).text == OTHER_LANGUAGES[1]


@pytest.mark.parametrize("name", ["unknown_tool", "bad_arguments"])
def test_call__that_is_made_in_place_of_a_text_is_why_the_answer_ends(name: str) -> None:
    assert said(name, replace(SAID, finish_reason="stop")).finish_reason == "tool_calls"


def test_events__that_are_told_as_they_were_written_stay() -> None:
    reply = Reply((SAID,), events=())
    assert distort(reply, Prompt(), [fault("empty_text", {})]) is reply


@pytest.mark.parametrize(
    ("choice", "reason"), [(CALLS, "stop"), (replace(CALLS, finish_reason="tool_calls"), "stop"), (CUT, "length")]
)
def test_empty_text__ends_as_what_it_replaces_but_for_calls(choice: Choice, reason: str) -> None:
    found = said("empty_text", choice)
    assert (found.text, found.tool_calls, found.finish_reason) == ("", (), reason)


def test_injection__stands_behind_the_text() -> None:
    assert (said("injection", SAID).text or "").startswith(f"{SAID.text}\n\nIgnore all previous instructions")


@pytest.mark.parametrize("choice", [SAID, CALLS], ids=["a text", "a call"])
def test_unknown_tool__is_called(choice: Choice) -> None:
    found = said("unknown_tool", choice, Prompt(tools=(ADD, Tool("add_v2"))))
    assert [call.name for call in found.tool_calls] == ["add_v2_v2"]
    assert (found.finish_reason, found.text) == ("tool_calls", choice.text if choice is CALLS else None)


@pytest.mark.parametrize("choice", [SAID, CALLS], ids=["a text", "a call"])
def test_bad_arguments__are_no_json(choice: Choice) -> None:
    (call,) = said("bad_arguments", choice, Prompt(tools=(ADD,))).tool_calls
    assert call.name == "add"
    with pytest.raises(json.JSONDecodeError):
        json.loads(call.arguments)


OPTIONAL = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": ["string", "null"]}}}
OBJECTS: dict[str, dict[str, Any]] = {
    "keys that are required": SCHEMA,
    "keys that are required, by other names": {**OPTIONAL, "required": ["b"]},
    "optional keys": OPTIONAL,
    "one key of any type, and one that is absent": {"properties": {"a": {}, "c": {"type": "boolean"}}},
    "no other keys": {"properties": {"a": {}, "b": {}}, "additionalProperties": False},
    "a number of keys": {"maxProperties": 2},
}


@pytest.mark.parametrize("schema", OBJECTS.values(), ids=[*OBJECTS])
def test_breaks_schema__is_an_object_where_an_object_can_break_it(schema: dict[str, Any]) -> None:
    """The arguments of a call can be nothing else in the APIs of Anthropic, Bedrock, Gemini and Ollama."""
    calls = Choice(tool_calls=(ToolCall("add", '{"a":1,"b":"x"}'),))
    assert valid(schema, calls.tool_calls[0].arguments)
    (call,) = said("breaks_schema", calls, Prompt(tools=(Tool("add", parameters=schema),))).tool_calls
    assert isinstance(json.loads(call.arguments), dict) and not valid(schema, call.arguments)


@pytest.mark.parametrize("schema", [SCHEMA, {"type": "object"}], ids=["keys that are required", "any object"])
def test_breaks_schema__is_json_that_the_schema_does_not_allow(schema: dict[str, Any]) -> None:
    good = '{"a":1,"b":"x"}'
    assert valid(schema, good)
    form = ResponseFormat("json_schema", schema=schema)
    text = said("breaks_schema", Choice(text=good), Prompt(response_format=form)).text
    assert not valid(schema, text or "")
    (call,) = said("breaks_schema", CALLS, Prompt(tools=(Tool("add", parameters=schema),))).tool_calls
    assert not valid(schema, call.arguments)


def test_faults__of_words_are_all_there_and_strike_one_after_the_other() -> None:
    assert CHANGES.keys() == {name for name, spec in FAULTS.items() if spec.stage is Stage.CONTENT}
    both = distort(Reply((SAID,)), Prompt(), [fault("cut_word", {}), fault("injection", {})])
    assert (both.choices[0].text or "").startswith("Rome is old. It has seven hi\n\nIgnore")


async def test_usage__counts_what_is_said(tmp_path: Any) -> None:
    world = World(tmp_path, rules("- {reply: One two three., fault: empty_text}"))
    reply = (await world.outcome()).reply
    assert reply is not None and reply.usage is not None
    assert reply.usage.completion_tokens == 0
