"""What Cohere reads and does not bill: the requests are like recorded ones, whose figures are the API's."""

import json
from typing import Any

import pytest

from completions.conversation import Choice, Reply, Usage
from completions.tokens.prompt import count
from completions.wire.cohere.chat import CohereChat

COMMAND, SMALL, PLUS, REASONING = (
    "command-a-03-2025",
    "command-r7b-12-2024",
    "command-a-plus-05-2026",
    "command-a-reasoning",
)
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tell the weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
ASKED = {"role": "user", "content": "What's the weather in Paris?"}
CALLED = {
    "role": "assistant",
    "tool_calls": [
        {"id": "a", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}
    ],
}
RESULT = {"role": "tool", "tool_call_id": "a", "content": "Sunny, 22 degrees"}
INSTRUCTED = {"role": "system", "content": "You are a helpful assistant."}


def told(model: str, *messages: dict[str, Any], said: int = 10, usage: Usage | None = None, **fields: Any) -> Any:
    """Return what an answer of so many tokens tells of the tokens."""
    wire = CohereChat()
    body = {"model": model, "messages": messages, **fields}
    prompt = wire.parse(json.dumps(body).encode(), {}, validate=False)
    counted = usage or Usage(count(prompt).total, said)
    return wire.document(Reply((Choice("Hi"),), usage=counted, serial="s"), prompt)["usage"]


@pytest.mark.parametrize(
    ("model", "messages", "fields", "unbilled"),
    [
        (COMMAND, [ASKED], {}, 495),
        ("cohere/" + COMMAND, [ASKED], {}, 495),
        (SMALL, [INSTRUCTED, ASKED], {}, 529),
        ("command-r-plus", [ASKED], {}, 66),
        (REASONING, [ASKED], {}, 1386),
        (COMMAND, [ASKED, {"role": "assistant", "content": "It is sunny."}, ASKED], {}, 503),
        (COMMAND, [ASKED], {"response_format": {"type": "json_object"}}, 602),
        (SMALL, [ASKED], {"tools": [WEATHER]}, 1400),
        (SMALL, [ASKED], {"tools": [WEATHER], "tool_choice": "REQUIRED"}, 1420),
        (SMALL, [ASKED, CALLED, RESULT], {"tools": [WEATHER]}, 1482),
        (PLUS, [ASKED], {"documents": ["It rains in Paris."]}, 443),
        (COMMAND, [ASKED], {"documents": ["It rains in Paris."]}, 1651),
        (PLUS, [ASKED], {"tools": [WEATHER]}, 211),
    ],
)
def test_tokens__are_more_than_what_is_billed(
    model: str, messages: list[dict[str, Any]], fields: dict[str, Any], unbilled: int
) -> None:
    usage = told(model, *messages, **fields)
    read, billed = usage["tokens"]["input_tokens"], usage["billed_units"]["input_tokens"]
    assert read - billed == pytest.approx(unbilled, rel=0.01)
    assert usage["tokens"]["output_tokens"] == 13 and usage["billed_units"]["output_tokens"] == 10


def test_billed__are_the_texts_and_the_tools_alone() -> None:
    plain, tools = told(SMALL, ASKED), told(SMALL, ASKED, tools=[WEATHER])
    assert plain["billed_units"]["input_tokens"] == 6
    assert 30 < tools["billed_units"]["input_tokens"] < 45
    called, planned = (told(SMALL, ASKED, CALLED | plan, RESULT) for plan in ({}, {"tool_plan": "I will look."}))
    assert planned["billed_units"]["input_tokens"] == called["billed_units"]["input_tokens"] + 4
    given = [{"id": "1", "data": {"text": "It rains in Paris.", "year": "2026"}}]
    documents, plus = (told(model, ASKED, documents=given) for model in (SMALL, PLUS))
    assert documents["billed_units"]["input_tokens"] == 6 + 5 + 4 + 2 * 2
    assert plus["billed_units"]["input_tokens"] == 6 + 5 + 4


def test_usage__of_a_script_is_told_as_it_is() -> None:
    usage = told(COMMAND, ASKED, usage=Usage(100, 7))
    assert usage["tokens"] == usage["billed_units"] == {"input_tokens": 100, "output_tokens": 7}
