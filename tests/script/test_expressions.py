"""The sum that `auto` passes on to a calculator, as LangChain's and Flowise's tools take it."""

import json
from typing import Any

import pytest

from completions.conversation import Message, Prompt, Tool
from completions.script.auto.answer import auto
from completions.script.auto.expressions import expression_in

DESCRIPTION = "Gets the result of a math expression. It takes one that a simple calculator can evaluate."


def given(text: str, name: str, tool: str = "calculator", description: str = "", **schema: Any) -> Any:
    """Return what a tool with one argument gets."""
    parameters = {"type": "object", "properties": {name: {"type": "string", **schema}}, "required": [name]}
    prompt = Prompt(
        model="gpt-4o", messages=(Message("user", text),), tools=(Tool(tool, description, parameters=parameters),)
    )
    return json.loads(auto(prompt)[0].tool_calls[0].arguments)[name]


@pytest.mark.parametrize(("tool", "description"), [("calculator", ""), ("solve", DESCRIPTION), ("do_math", "")])
@pytest.mark.parametrize("name", ["input", "expression", "__arg1", "math_expr"])
def test_calculator__gets_the_sum_alone(tool: str, description: str, name: str) -> None:
    assert given("What is 12 times 7, please?", name, tool, description) == "12 * 7"


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("What is 3 plus (4 \u00d7 1,000)?", "3 + (4 * 1000)"),
        ("First 1 + 1, then 2**5", "2 ** 5"),
        ("Divide 10 / 4.5 now", "10 / 4.5"),
        ("1 / 0", None),
        ("How many are left if 3 go?", None),
        ("+" * 20_000 + "(" * 20_000, None),
    ],
)
def test_expression__is_the_last_sum(text: str, expression: str | None) -> None:
    assert expression_in(text) == expression


def test_tools__that_do_not_calculate_or_have_other_arguments_get_no_sum() -> None:
    assert given("What is 12 * 7?", "query", "search") != "12 * 7"
    assert given("What is 12 * 7?", "recipient") != "12 * 7"
    assert given("What is 12 * 7?", "expression", enum=["1 + 1"]) == "1 + 1"
    assert given("What if 3 go?", "expression")
