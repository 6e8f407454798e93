"""What `auto` answers those that lead a team of agents: Agent Framework's group chat, and Magentic-One."""

import json
from typing import Any

import pytest

from completions.conversation import Message, Prompt, ResponseFormat
from completions.script.auto.answer import auto

ASKED = "What is the weather in Paris?"
DECIDE = (
    'Decide what to do next. Respond with a JSON object of the following format:\n{\n  "terminate": <true|false>,\n  '
    '"reason": "<why>",\n  "next_speaker": "<name of the next participant to speak (if not terminating)>"\n}\n'
    "If not terminating, here are the valid participant names (case-sensitive) and their descriptions:\n"
    "poet: Writes poems\nsky: Tells the weather"
)
DECISION = {
    "type": "object",
    "properties": {
        "terminate": {"type": "boolean"},
        "reason": {"type": "string"},
        "next_speaker": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["terminate", "reason", "next_speaker"],
}
SKETCH = """
    {
        "is_request_satisfied": {"reason": string, "answer": boolean},
        "is_in_loop": {"reason": string, "answer": boolean},
        "is_progress_being_made": {"reason": string, "answer": boolean},
        "next_speaker": {"reason": string, "answer": string (select from: poet, sky)},
        "instruction_or_question": {"reason": string, "answer": string}
    }
"""
LEDGER = (
    f"Recall we are working on the following request:\n\n{ASKED}\n\nAnd we have assembled the following team:\n\n"
    "poet: Writes poems\nsky: Tells the weather\n\nWho should speak next? (select from: poet, sky)\n\n"
    f"Please output an answer in pure JSON format according to the following schema:\n{SKETCH}"
)
FIELDS = ("is_request_satisfied", "is_in_loop", "is_progress_being_made", "next_speaker", "instruction_or_question")
LEDGERS = {
    "type": "object",
    "$defs": {
        kind: {"type": "object", "properties": {"reason": {"type": "string"}, "answer": {"type": kind}}}
        for kind in ("boolean", "string")
    },
    "properties": {name: {"$ref": f"#/$defs/{'boolean' if name.startswith('is_') else 'string'}"} for name in FIELDS},
    "required": list(FIELDS),
}


def said(*messages: Message, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    form = ResponseFormat("json_schema", schema=schema) if schema else ResponseFormat("text")
    answer: dict[str, Any] = json.loads(
        auto(Prompt(model="gpt-4o", messages=messages, response_format=form))[0].text or ""
    )
    return answer


def test_group_chat__ends_once_the_one_that_fits_has_spoken() -> None:
    first = (Message("user", ASKED), Message("user", DECIDE))
    decided = said(*first, schema=DECISION)
    assert (decided["terminate"], decided["next_speaker"]) == (False, "sky")
    spoken = (*first, Message("assistant", json.dumps(decided)), Message("user", "It rains."), Message("user", DECIDE))
    assert said(*spoken, schema=DECISION)["terminate"] is True


@pytest.mark.parametrize("schema", [None, LEDGERS], ids=["sketch", "schema"])
@pytest.mark.parametrize("role", ["user", "assistant"])
def test_magentic__asks_the_one_that_fits_and_is_satisfied(schema: dict[str, Any] | None, role: Any) -> None:
    plan, ask = Message("assistant", "We are working."), Message("user", LEDGER, name="MagenticOneOrchestrator")
    ledger = said(plan, ask, schema=schema)
    assert [ledger[name]["answer"] for name in FIELDS] == [False, False, True, "sky", ASKED]
    spoken = Message(role, "It rains.", name="sky")
    assert said(plan, spoken, ask, schema=schema)["is_request_satisfied"]["answer"] is True


def test_schema_without_a_speaker__is_left_alone() -> None:
    schema = {"type": "object", "properties": {"terminate": {"const": "no"}}, "required": ["terminate"]}
    assert said(Message("user", DECIDE), schema=schema) == {"terminate": "no"}
