"""Objects that a prompt describes: keys in lines, forms with some values, examples; judges of Azure's and Parlant."""

import json
from typing import Any

import pytest

from completions.conversation import ResponseFormat
from tests.scripts import said

COHERENCE = """# Tasks
## Please provide your assessment of the RESPONSE.
Your output must be a valid JSON object with exactly these keys:
  - reason: a string explaining your assessment. When status is "skipped", explain why it was skipped.
  - score: an integer value between 1 and 5 based on the levels. Set to null when status is "skipped".
  - status: a string indicating the status. Must be one of:
      - "completed": evaluation was performed normally.
      - "skipped": evaluation was not performed because the RESPONSE is empty.

# Output"""

TOOLS = """Your output should consist only of a JSON object that has the following keys:
  - result: 'pass' or 'fail' based on the calls
  - properties: a dictionary that contains the following keys:
        - calls_made: total number of calls
        - details: a list of dictionaries, each containing:
          - tool_name: name of the tool
          - share: percentage of correct calls. It is a value between 0.0 and 1.0
        - missing: a list of strings
  - is_final: whether it is the last"""

NUMBERED = """Produce exactly one JSON object (and nothing else) with these keys in **this exact order**:

1. `faults`: object with these keys:
   - `details`: array of strings
     Each entry can follow one of these formats:
     - "claim -> MISMATCH"
2. `score`: integer `1` for pass or `0` for fail.
3. `status`: `"completed"` if it was judged, or `"skipped"` if it could not be judged."""

TYPED = """Extract the order. Return a JSON object with the following fields:

* **name** (string): the customer
* **amount** (number) - the total
* **paid** (boolean): whether it was paid"""


def made(text: str, kind: Any = "json_object") -> Any:
    """Return the object that answers a text."""
    return json.loads(said(("user", text), response_format=ResponseFormat(kind)))


@pytest.mark.parametrize("kind", ["text", "json_object"])
def test_keys__are_those_that_lines_describe(kind: Any) -> None:
    judged = made(COHERENCE, kind)
    assert list(judged) == ["reason", "score", "status"]
    assert judged["score"] in (3, 4, 5) and judged["status"] == "completed"


def test_keys__may_have_keys_below_them() -> None:
    judged = made(TOOLS)
    assert judged["result"] == "pass" and isinstance(judged["is_final"], bool)
    assert isinstance(judged["properties"]["calls_made"], int)
    assert all(isinstance(each, str) for each in judged["properties"]["missing"])
    for each in judged["properties"]["details"]:
        assert isinstance(each["tool_name"], str) and 0 <= each["share"] <= 1


def test_keys__may_be_numbered() -> None:
    judged = made(NUMBERED)
    assert list(judged) == ["faults", "score", "status"] and isinstance(judged["faults"]["details"], list)
    assert (judged["score"], judged["status"]) == (1, "completed")


def test_keys__have_types_in_brackets() -> None:
    assert [type(each) for each in made(TYPED).values()] in ([str, float, bool], [str, int, bool])


def test_keys__are_not_the_steps_of_a_task() -> None:
    text = 'Write a JSON object with:\n1. a short name\n2. score: high\n\nFormat as follows:\n{"name": "a", "n": 7}'
    assert made(text).keys() == {"name", "n"}


def test_example__with_the_same_keys_is_preferred() -> None:
    text = 'Output a JSON object with:\n 1) props: an object with a "thought"\n 2) score: your score\n\n{}'
    form = 'Response format exactly as follows:\n{"props": {"thought": "<why>"}, "score": <1-5>}'
    assert isinstance(made(text.format(form))["props"]["thought"], str)


def test_example__has_the_value_that_recurs() -> None:
    example = 'EXPECTED JSON:\n{"why": "a", "score": 0, "status": "completed"}\n'
    text = f'Answer in JSON.\n{example * 5}If it is empty: {{"score": null, "status": "skipped"}}\n{example}'
    assert made(text)["status"] == "completed"
    assert made("Answer in JSON. The score is <1 if all is well, 0 if not>.\n" + example)["score"] == 1


def test_example__may_be_data_that_is_not_the_answer() -> None:
    text = """Return your **output** in the following format:
{"why": "<15-60 words>.", "score": <1 if all calls succeeded, 0 if any failed>}

[TOOL_RESULT] {temp: "23 C"}
EXPECTED OUTPUT
{"why": "It succeeded", "score": 1,}"""
    assert made(text).keys() == {"why", "score"}


def test_form__keeps_its_ids_and_what_the_prompt_says_elsewhere() -> None:
    check = {"guideline_id": "{}", "condition": "it rains", "rationale": "<why>", "applies": "<BOOL>"}
    checks = ",".join(json.dumps(check).replace("{}", str(number)) for number in (4, 7))
    text = f'1) Condition: it rains.\nOUTPUT FORMAT\n---\n- Fill in the list:\n```json\n{{"checks": [{checks}]}}\n```'
    judged = made(text)["checks"]
    assert [(each["guideline_id"], each["condition"]) for each in judged] == [("4", "it rains"), ("7", "it rains")]
    assert all("<" not in each["rationale"] and isinstance(each["applies"], bool) for each in judged)


PARLANT_TOOL = """Name: get_weather
Parameters: {
  "city": {"type": "string"}
}
Events: ['{"source": "user", "data": {"message": "What is the weather in Paris?"}}']

OUTPUT FORMAT:
```json
{
    "reasoning": "<BRIEFLY EXPLAIN>",
    "should_run": <true if tool should be called (at least one call), false otherwise>,
    "calls": [
        {
            "args":
            {
                "city": "<Extract the value. If it can not be inferred set it to "<<__missing__>>">"
            }
        },
        ...
    ]
}
```"""


def test_form__may_have_quotes_in_its_placeholders() -> None:
    called = made(PARLANT_TOOL)
    assert called.keys() == {"reasoning", "should_run", "calls"} and called["should_run"] is True
    assert [[*call["args"]] for call in called["calls"]] == [["city"]] and "<" not in str(called)


def test_key__is_named_in_a_sentence_before_data() -> None:
    text = 'You must produce a JSON object with a single key, "preamble", for the text.\nEvents: {"kind": "message"}'
    assert made(text).keys() == {"preamble"}


@pytest.mark.parametrize(
    "text",
    [
        "Return a JSON object with these keys:\n" * 3_000,
        "Return a JSON object with these keys:\n" + "- a: object\n" * 9_000,
        "Return a JSON object with these keys:\n" + "".join(f"{' ' * depth}- a: object\n" for depth in range(300)),
        "JSON object " * 9_000,
        '{"a": "<b>", ' * 9_000,
        '{"a": "<b' * 9_000 + "}",
    ],
)
def test_keys__are_read_in_bounded_time(text: str) -> None:
    assert isinstance(made(text), dict)
