"""Items of a response's input that set how the next answers are made, or have the conversation compacted."""

from typing import Any

import openai
import pytest

from completions.wire.openai.responses.configuration_items import configured
from completions.wire.openai.responses.prompt import own_items, read_prompt
from completions.wire.openai.responses.reasoning_order import encrypted
from tests.leaky import LEAKY

pytestmark = LEAKY

SCRIPT = "{version: 1, rules: [{reply: {auto: true}}]}"
MODEL = "gpt-5.6-luna"
HELLO: Any = {"role": "user", "content": "Hello"}
TRIGGER: Any = {"type": "compaction_trigger"}
COMPACTED: Any = {"type": "compaction", "encrypted_content": encrypted("So far.", "s")}
NUMBER = {
    "type": "json_schema",
    "name": "number",
    "strict": True,
    "schema": {
        "type": "object",
        "properties": {"number": {"type": "integer"}},
        "required": ["number"],
        "additionalProperties": False,
    },
}


def effort(level: object) -> Any:
    return {"type": "configuration_update", "reasoning": {"effort": level}}


def form(value: object) -> Any:
    return {"type": "configuration_update", "text": {"format": value}}


def respond(gpt: openai.OpenAI, items: list[Any], **more: Any) -> Any:
    return gpt.responses.create(**{"model": MODEL, "input": items, **more})


def thinks(response: Any) -> bool:
    return bool(response.output[0].type == "reasoning")


@pytest.mark.parametrize(
    ("items", "is_thinking"),
    [
        ([HELLO], True),
        ([effort("none"), HELLO], False),
        ([effort("none"), HELLO, effort("high")], True),
        ([effort("none"), HELLO, form({"type": "text"})], False),
    ],
)
def test_update__sets_the_effort_and_not_what_is_told_of_the_request(
    gpt: openai.OpenAI, items: list[Any], is_thinking: bool
) -> None:
    made = respond(gpt, items, reasoning={"effort": "low"})
    assert (thinks(made), made.reasoning.effort) == (is_thinking, "low")


def test_update__holds_for_the_responses_after_it(gpt: openai.OpenAI) -> None:
    first = respond(gpt, [effort("none"), HELLO], reasoning={"effort": "low"})
    second = respond(gpt, [HELLO], previous_response_id=first.id, reasoning={"effort": "low"})
    third = respond(gpt, [effort("high"), HELLO], previous_response_id=second.id, reasoning={"effort": "low"})
    assert [thinks(each) for each in (first, second, third)] == [False, False, True]
    given = [item for item in gpt.responses.input_items.list(third.id) if item.type == "configuration_update"]
    assert given and all(str(item.id).startswith("cnfu_") for item in given)


def test_update__sets_the_form(gpt: openai.OpenAI) -> None:
    asked = {"role": "user", "content": "A number, please."}
    assert respond(gpt, [form(NUMBER), asked]).output_text.startswith('{"number":')
    assert not respond(gpt, [form(NUMBER), asked, form({"type": "text"})]).output_text.startswith("{")


def test_update__leaves_what_it_does_not_say() -> None:
    body = {"model": MODEL, "input": [effort("low"), HELLO, form(NUMBER)], "reasoning": {"effort": "high"}}
    prompt = configured(read_prompt(body, {}), own_items(body))
    assert (prompt.reasoning_effort, prompt.response_format.kind) == ("low", "json_schema")


@pytest.mark.parametrize(
    ("items", "more", "told", "param"),
    [
        ([effort("low"), HELLO], {"model": "gpt-5.5"}, "not supported with this model.", "input[0].type"),
        ([HELLO, effort("low")], {"model": "gpt-6-sol-pro"}, "with pro or tournament models.", "input[1].type"),
        ([effort("low"), HELLO], {"reasoning": {"mode": "pro"}}, "with pro or tournament models.", "input[0].type"),
        (
            [HELLO, effort("low"), effort("low")],
            {},
            "Consecutive 'configuration_update' items are not",
            "input[2].type",
        ),
        ([effort("low"), COMPACTED, HELLO], {}, "without a subsequent configuration update.", "input[0].type"),
        ([TRIGGER, HELLO], {}, "The 'compaction_trigger' item must be the final input item.", "input[0].type"),
        (
            [{"type": "configuration_update"}],
            {},
            "Missing required parameter: 'input[0].reasoning'.",
            "input[0].reasoning",
        ),
        ([HELLO, effort("none")], {"model": "gpt-6-astra"}, "'low', 'medium', 'high'", "input[1].reasoning.effort"),
        ([effort("much")], {}, "Invalid value: 'much'.", "input[0].reasoning.effort"),
        ([effort(None)], {}, "Invalid type for 'input[0].reasoning.effort'", "input[0].reasoning.effort"),
        ([form({"type": "json_object"})], {}, "Invalid value: 'json_object'.", "input[0].text.format.type"),
    ],
)
def test_item__that_has_no_place_is_refused(
    gpt: openai.OpenAI, items: list[Any], more: dict[str, Any], told: str, param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        respond(gpt, items, **more)
    assert told in caught.value.message and caught.value.param == param


def test_update__after_what_is_continued_is_no_neighbour(gpt: openai.OpenAI) -> None:
    first = respond(gpt, [HELLO, effort("none")])
    assert thinks(respond(gpt, [effort("high"), HELLO], previous_response_id=first.id))


def test_update__comes_after_what_was_compacted(gpt: openai.OpenAI) -> None:
    compacted = respond(gpt, [effort("high"), HELLO, TRIGGER]).output[0].model_dump(exclude_none=True)
    assert not thinks(respond(gpt, [compacted, HELLO], reasoning={"effort": "none"}))
    assert thinks(respond(gpt, [effort("none"), compacted, effort("high"), HELLO]))


def test_trigger__is_answered_by_what_stands_for_the_conversation(gpt: openai.OpenAI) -> None:
    made = respond(gpt, [HELLO, TRIGGER])
    assert [item.type for item in made.output] == ["compaction"] and made.status == "completed"
    assert made.usage.output_tokens > 10 and made.usage.output_tokens_details.reasoning_tokens == 0
    assert made.usage.total_tokens == made.usage.input_tokens + made.usage.output_tokens
    events = gpt.responses.create(model=MODEL, input=[HELLO, TRIGGER], stream=True)
    items = [event.item.type for event in events if event.type == "response.output_item.done"]
    assert items == ["compaction"]
