"""The numbers of a question as the arguments of a tool, in `auto`."""

import json
from typing import Any

import pytest

from completions.conversation import Message, Prompt, Tool
from completions.script.auto.answer import auto

NUMBER, WHOLE = {"type": "number"}, {"type": "integer"}


@pytest.mark.parametrize(
    ("asked", "properties", "expected"),
    [
        ("What is 5 + 7?", {"a": NUMBER, "b": NUMBER}, {"a": 5, "b": 7}),
        ("Multiply 2.5 by -3", {"x": NUMBER, "y": WHOLE}, {"x": 2.5, "y": -3}),
        ("Plan 5 days in Rome", {"city": {"type": "string"}, "days": WHOLE}, {"city": "Rome", "days": 5}),
        ("A table for 4 people, at 19:30", {"people": WHOLE}, {"people": 4}),
        ("A plan of 40 days", {"days": WHOLE | {"maximum": 7}}, None),
        ("The headcount in 2024", {"limit": WHOLE}, None),
        ("Is it 50% or 3.4.5?", {"a": NUMBER, "b": NUMBER}, None),
    ],
)
def test_numbers__that_were_said_are_arguments(asked: str, properties: dict[str, Any], expected: Any) -> None:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    prompt = Prompt(model="gpt-4o", messages=(Message("user", asked),), tools=(Tool("run", "", schema),))
    made = json.loads(str(auto(prompt)[0].tool_calls[0].arguments))
    if expected is not None:
        assert made == expected
    else:
        assert made.keys() == properties.keys() and not {2024, 40, 50} & set(made.values())
