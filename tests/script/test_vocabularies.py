"""What tools get of the times, currencies, countries and the like that a question names."""

import json
import time
from typing import Any

import pytest

from completions.conversation import Message, Prompt, Tool
from completions.script.auto.answer import auto

TEXT, NUMBER, WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}


def called(asked: str, **properties: Any) -> Any:
    """Return the arguments with which a tool of these properties is called."""
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    tool = Tool("use_it", parameters=parameters)
    call = auto(Prompt(messages=(Message("user", asked),), model="gpt-4o", tools=(tool,)))[0].tool_calls[0]
    return json.loads(call.arguments)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("Convert 100 USD to EUR", {"amount": 100, "from_currency": "USD", "to_currency": "EUR"}),
        ("Set the thermostat in the living room to 21 degrees", {"room": "living room", "temperature": 21}),
        ("What's the stock price of AAPL?", {"symbol": "AAPL"}),
        ("What does BRK.B cost? Answer in JSON.", {"ticker": "BRK.B"}),
        ("Remind me to buy milk at 6pm", {"text": "buy milk", "time": "6pm"}),
        ("Remind us about the big tax return tomorrow.", {"title": "the big tax return"}),
        ("What is the capital of New Zealand?", {"country": "New Zealand"}),
        ("Translate this from German into French: Hallo", {"target_language": "French"}),
        ("Make the lamp in the kitchen warm white", {"room": "kitchen", "color": "warm white"}),
        ("Book a table at 19:30 for 4 people", {"partySize": 4, "time": "19:30"}),
        (
            "Send an email to bob@example.com saying the meeting is at 5pm",
            {"to": "bob@example.com", "body": "the meeting is at 5pm"},
        ),
        ("Schedule a meeting with Bob and Carol at noon", {"attendees": ["Bob", "Carol"], "start_time": "noon"}),
        (
            "Alice ordered 3 pizzas for $12.50 each to 5 Main Street, Springfield.",
            {"quantity": 3, "unit_price": 12.5, "delivery_address": "5 Main Street, Springfield"},
        ),
        ("We are 2 adults, with a budget of 1,500 euros.", {"travelers": 2, "budget": 1500}),
    ],
)
def test_arguments__are_what_the_question_names(asked: str, expected: dict[str, Any]) -> None:
    kinds = {str: TEXT, int: WHOLE, float: NUMBER, list: {"type": "array", "items": TEXT}}
    assert called(asked, **{name: kinds[type(value)] for name, value in expected.items()}) == expected


@pytest.mark.parametrize(
    ("asked", "name", "unlike"),
    [
        ("What is the capital of France?", "country_code", "France"),
        ("Write it in French.", "language_code", "French"),
        ("Write to ada@example.com, 5 Main Street", "email_address", "5 Main Street"),
        ("It was on 2026-12-01 at 3pm", "date_time", "3pm"),
        ("Remind me to buy milk", "message_id", "buy milk"),
        ("The API is OK, and the CEO is in the USA.", "symbol", "API"),
    ],
)
def test_other_names__do_not_take_them(asked: str, name: str, unlike: str) -> None:
    assert called(asked, **{name: TEXT})[name] != unlike


def test_one_number__is_no_limit() -> None:
    assert called("The papers of 2023", limit=WHOLE)["limit"] != 2023


@pytest.mark.parametrize(
    "text", ["5 Main " * 20_000, "remind me to a " * 9_000, "saying " * 20_000, "1:2" * 30_000, "AB." * 30_000]
)
def test_long_texts__cost_little(text: str) -> None:
    begun = time.process_time()
    called(text, address=TEXT, message=TEXT, time=TEXT, symbol=TEXT)
    assert time.process_time() - begun < 2
