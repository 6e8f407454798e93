"""What an agent sends again is not measured again."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from completions.conversation import Message, Prompt, Tool, ToolCall
from completions.tokens import memory, text
from completions.tokens import prompt as counting
from completions.wire.gemini import schema_rules

LINE = "Which planet of the solar system has the most moons, and how many are known? "
SCHEMA = {"type": "object", "properties": {f"p{at}": {"type": "string", "description": LINE} for at in range(5)}}
TOOLS = tuple(Tool(f"tool_{at}", f"{at}. {LINE * 4}", SCHEMA) for at in range(5))


def agent(model: str, form: str, turns: int) -> Prompt:
    """Return an agent's request after some turns."""
    said = [Message("system", LINE * 500), Message("user", LINE)]
    for at in range(turns):
        call = ToolCall(f"call_{at}", "tool_1", '{"p0": "a"}')
        said.append(Message("assistant", f"{at}: {LINE * 5}", tool_calls=(call,)))
        said.append(Message("tool", f"{at}: {LINE * 9}", tool_call_id=call.id))
    return Prompt(form, model=model, messages=tuple(said), tools=TOOLS)


@pytest.mark.parametrize(
    ("model", "form"),
    [
        ("gpt-4o", "chat"),
        ("gpt-5", "responses"),
        ("claude-sonnet-4-5", "anthropic"),
        ("gemini-2.5-flash", "gemini"),
        ("mistral-large-latest", "chat"),
        ("deepseek-chat", "chat"),
        ("command-a-03-2025", "cohere"),
    ],
)
def test_tokens__of_what_came_before_are_not_counted_again(
    model: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = counting.count(agent(model, form, 4))
    monkeypatch.setattr(text, "_encoding", None)
    assert counting.count(agent(model, form, 4)) == first
    with pytest.raises(TypeError):
        counting.count(agent(model, form, 5))


@pytest.mark.parametrize(
    "length", [10, memory.MAX_SHORT_TEXT, memory.MAX_SHORT_TEXT + 1, memory.MAX_LONG_TEXT, memory.MAX_LONG_TEXT + 1]
)
def test_text__is_measured_once_if_it_is_not_very_long(length: int) -> None:
    seen = []

    def measure(text: str) -> int:
        seen.append(text)
        return len(text)

    measured = memory.remember_by_text(measure)
    assert [measured("x" * length) for _ in range(3)] == [length] * 3
    assert len(seen) == (3 if length > memory.MAX_LONG_TEXT else 1)
    assert measured("y" * length) == length
    assert measured("\ud800" * length) == length


@pytest.mark.parametrize("value", [5, 2**70, "\ud800", {1: 2}], ids=repr)
def test_tools__are_told_apart_by_what_they_are(value: Any) -> None:
    keys = [memory.key_of([Tool("f", parameters={"const": each})]) for each in (value, value, [value])]
    assert (keys[0] == keys[1], keys[0] == keys[2]) == (True, False)


def test_memory__forgets_what_is_too_much_and_what_failed() -> None:
    values = memory.Memory[int](2)
    with pytest.raises(ZeroDivisionError):
        values.of("a", lambda: 1 // 0)
    assert [values.of(key, partial(ord, key)) for key in "abab"] == [97, 98, 97, 98]
    assert values.of("a", lambda: 0) == 97
    assert values.of("c", lambda: 3) == 3
    assert values.of("a", lambda: 0) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"description": ""},
        {"kind": "custom"},
        {"strict": True},
        {"parameters": {"type": "object"}},
        {"parameters": {**SCHEMA, "required": []}},
    ],
)
def test_tools__that_differ_in_anything_are_told_apart(change: dict[str, Any]) -> None:
    assert memory.key_of(TOOLS) == memory.key_of(list(TOOLS))
    assert memory.key_of(TOOLS) != memory.key_of((*TOOLS[:-1], replace(TOOLS[-1], **change)))


def test_schema__is_gone_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has no items has none within them either, and so on to the deepest level that is looked at."""
    looked, within = [], schema_rules._subschemas

    def look(schema: Mapping[str, Any], key: str) -> Iterator[tuple[str, dict[str, Any]]]:
        looked.append(schema)
        return within(schema, key)

    monkeypatch.setattr(schema_rules, "_subschemas", look)
    array = {"type": "ARRAY", "items": {"type": "STRING", "enum": ["a", ""]}}
    schema = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}, "b": array}}
    (said,) = schema_rules.problems([("tools[0].function_declarations[0]", {"parameters": schema})], {})
    assert said.endswith(".parameters.properties[b].items.enum[1]: cannot be empty\n")
    assert len(looked) == 4 + 1, "the schema, three within it, and the answer's, of which there is none"
