"""What `auto` answers where a prompt asks for a form in its words: the prompts are in the manner of the frameworks."""

import ast
import json
import re
import time
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from completions.conversation import Message, Prompt, ResponseFormat, Tool
from completions.script.auto.answer import auto
from completions.script.protocols.braces import braced
from completions.script.protocols.written_types import schema_of_sketch, schema_of_type
from tests.scripts import said

TRIP = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
WRITTEN = json.dumps(TRIP, indent=2)


@pytest.mark.parametrize(
    "system",
    [
        f"Provide the parsed objects in json that match this json_schema:\n\n{WRITTEN}\n\n"
        "Return an instance, not the schema.",
        f"Your response should be in JSON format.\nDo not include markdown code blocks in your response.\n"
        f"Remove the ```json markdown from the output.\nThe schema your output must adhere to:\n```{WRITTEN}```",
        f"JSON schema:\n{json.dumps(TRIP)}\nYou MUST answer with a JSON object that matches the JSON schema above.",
        f"Always respond with a JSON object that's compatible with this schema:\n\n{json.dumps(TRIP)}\n\nDon't include "
        "any text or Markdown fencing before or after.",
        f"Match this json_schema and return only a valid object.\n<schema>\n{TRIP}\n</schema>",
        'The output should conform to the schema. As an example, for {"properties": {"foo": {"type": "string"}}} the '
        f'object {{"foo": "bar"}} conforms, {{"properties": {{"foo": ["bar"]}}}} does not.\n'
        f"The output schema:\n```\n{WRITTEN}\n```",
        f"Below is a JSON Schema.\n\n{json.dumps(TRIP)}\n\nONLY return a JSON object that conforms to it.\n\nExamples:"
        '\n- `{"type":"object","properties":{"foo":{"type":"string"}}}` => `{\'foo\': \'one\'}`\n- `{"type":"object",'
        '"properties":{"bar":{"type":"array","items":{"type":"string"}}}}` => `{"bar": ["ONE"]}`\n',
        f"Use {{ to begin it. It's a JSON answer, by this schema: {json.dumps({'name': 'trip', 'schema': TRIP})}",
    ],
    ids=["instructor", "spring", "ai-sdk", "pydantic-ai", "python", "langchain", "guardrails", "wrapped"],
)
@pytest.mark.parametrize("role", ["system", "user"])
@pytest.mark.parametrize("kind", ["text", "json_object"])
def test_schema_in_the_prompt__is_answered_by_an_instance(system: str, role: str, kind: Any) -> None:
    messages = (
        [("system", system), ("user", "Five days in Rome")] if role == "system" else [("user", f"Rome.\n{system}")]
    )
    Draft202012Validator(TRIP).validate(json.loads(said(*messages, response_format=ResponseFormat(kind))))


@pytest.mark.parametrize(
    ("asked", "fenced"),
    [
        ("Return the correct JSON response within a ```json codeblock. not the JSON_SCHEMA", True),
        ('Answer with a markdown code snippet, including the leading and trailing "```json" and "```"', True),
        ("Wrap the output in a JSON code block.", True),
        ("Do not wrap the output in a JSON code block.", False),
        ("Respond with JSON, without markdown code blocks.", False),
        ("Respond with JSON alone.", False),
    ],
)
def test_schema_in_the_prompt__goes_into_a_block_where_that_is_asked(asked: str, fenced: bool) -> None:
    text = said(("system", f"The json_schema:\n```json\n{WRITTEN}\n```"), ("user", "Rome"), ("user", asked))
    assert text.startswith("```json\n") == text.endswith("\n```") == fenced
    Draft202012Validator(TRIP).validate(json.loads(text.removeprefix("```json\n").removesuffix("\n```")))


@pytest.mark.parametrize(
    "messages",
    [
        [("user", f"Explain this to me: {WRITTEN}")],
        [("user", f"Answer in JSON by this schema: {WRITTEN}"), ("assistant", "{}"), ("user", "Thank you!")],
        [("system", f"Respond with calls of these tools as JSON: {json.dumps({'name': 'x', 'parameters': TRIP})}")],
        [("user", "Return JSON by this schema: " + json.dumps({**TRIP, "properties": {"a": {"$ref": "#/none"}}}))],
        [("user", "Format the output: f({x}) { return x; }")],
    ],
    ids=["explain", "earlier", "tool", "broken", "code"],
)
def test_schema_in_the_prompt__only_where_the_answer_is_meant(messages: list[tuple[str, str]]) -> None:
    assert not said(*messages).lstrip("`json \n").startswith("{")


def test_schema_in_the_prompt__of_one_of_several() -> None:
    asked = f"Respond with a JSON array of objects that match this schema: {WRITTEN}"
    Draft202012Validator({"type": "array", "items": TRIP, "minItems": 1}).validate(json.loads(said(("user", asked))))
    listed = json.dumps({"type": "array", "items": {"type": "string"}})
    assert isinstance(json.loads(said(("user", f"Respond with a JSON array by this schema: {listed}")))[0], str)


PERSON = """You must answer strictly in the following JSON format: {
"name": (type: string),
"age": (the age in years; type: integer),
"born": (type: date string (2023-12-31)),
"tags": (type: array of string),
"mood": (type: enum, must be one of [GOOD, BAD]),
"address": (type: com.example.Address: {
"street": (type: string),
"number": (type: integer)
})
}"""
RESUME = """Answer in JSON using this schema:
{
  // the full name
  name: string,
  age: int or null,
  skills: string[],
  level: "junior" or "senior",
  jobs: [
    {
      title: string,
      years: float,
    }
  ],
}"""


PROPERTIES = """Provide your output as a JSON containing the following fields:
<json_fields>
["city", "days", "stay", "mood", "notes"]
</json_fields>

Here are the properties for each field:
<json_field_properties>
{
  "city": {"type": "string", "description": "Where it goes."},
  "days": {"type": "integer"},
  "stay": {"$ref": "#/$defs/Stay"},
  "mood": {"enum": ["glad", "sad"], "type": "string"},
  "notes": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null},
  "$defs": {"Stay": {"type": "object", "properties": {"hotel": {"type": "string"}}, "required": ["hotel"]}}
}
</json_field_properties>
Start your response with `{` and end it with `}`."""


@pytest.mark.parametrize(
    ("asked", "kinds"),
    [
        (PERSON, {"name": str, "age": int, "born": str, "tags": list, "mood": str, "address": dict}),
        (RESUME, {"name": str, "age": (int, type(None)), "skills": list, "level": str, "jobs": list}),
        (
            'Answer in this format: ```json\n{\n\t"answer": string  // what it is\n\t"n": number\n}\n```',
            {"answer": str, "n": (int, float)},
        ),
        (
            'Return a JSON object of this form: {"name": "string", "tags": ["string"], "at": {"n": "int"}}',
            {"name": str, "tags": list, "at": dict},
        ),
        (PROPERTIES, {"city": str, "days": int, "stay": dict, "mood": str, "notes": (str, type(None))}),
        (
            'Return this JSON: {"pet": {"type": "string", "age": "int"}, "home": {"type": "string", "n": "int"}}',
            {"pet": dict, "home": dict},
        ),
    ],
    ids=["langchain4j", "baml", "langchain", "json", "agno", "fields called type"],
)
def test_sketch_in_the_prompt__is_answered_by_an_object(asked: str, kinds: dict[str, Any]) -> None:
    text = said(("user", f"Tell me about Ann.\n{asked}"))
    value = json.loads(text.removeprefix("```json\n").removesuffix("\n```"))
    assert list(value) == list(kinds)
    assert all(isinstance(value[name], kind) for name, kind in kinds.items())


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("You must answer strictly with one of these enums:\nSUNNY - no clouds\nRAINY", {"SUNNY", "RAINY"}),
        ("You must answer strictly in the following format: one of [true, false]", {"true", "false"}),
    ],
)
def test_plain_value_in_the_prompt__is_answered_as_it_is(asked: str, expected: set[str]) -> None:
    assert said(("user", f"How is it?\n{asked}")) in expected


MOODS = "Mood\n----\n- GLAD: as at a feast\n- sad\n"


def test_category_in_the_prompt__is_answered_by_its_name() -> None:
    assert said(("user", f"Classify this: Ann wept.\nAnswer with any of the categories:\n{MOODS}")) in ("GLAD", "sad")


@pytest.mark.parametrize(
    ("asked", "schema"),
    [
        ("Answer as an int", {"type": "integer"}),
        ("Answer as a bool", {"type": "boolean"}),
        (
            "Answer with a JSON Array using this schema:\nint[]",
            {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        ),
        (
            "Answer in JSON using this schema:\nmap<string, int>",
            {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1},
        ),
        (
            f"{MOODS}\nAnswer with a JSON Array using this schema:\nMood[]",
            {"type": "array", "items": {"enum": ["GLAD", "sad"]}, "minItems": 1},
        ),
        (
            f"{MOODS}\nAnswer in JSON using this schema:\n{{\n  Mood: Mood,\n  // all\n  moods: Mood[],\n"
            "  last: Mood or null,\n}",
            {
                "properties": {
                    "Mood": {"enum": ["GLAD", "sad"]},
                    "moods": {"items": {"enum": ["GLAD", "sad"]}},
                    "last": {"enum": ["GLAD", "sad", None]},
                },
                "required": ["Mood", "moods", "last"],
            },
        ),
    ],
)
def test_value_in_the_prompt__is_of_the_type_that_stands_there(asked: str, schema: dict[str, Any]) -> None:
    Draft202012Validator(schema).validate(json.loads(said(("user", f"Ann wept: twice. {asked}"))))


def test_category_in_the_prompt__is_no_word_of_the_text_around_it() -> None:
    assert said(("user", f"{MOODS}\nWhich Mood do you like?")) not in ("GLAD", "sad")


def test_plain_number_in_the_prompt__is_answered_as_it_is() -> None:
    int(said(("user", "How many?\nYou must answer strictly in the following format: integer number")))


@pytest.mark.parametrize(
    ("written", "schema"),
    [
        ("int", {"type": "integer"}),
        ("com.example.Person: {name: string}", schema_of_sketch("{name: string}")),
        ("Literal['a', 2, None]", {"enum": ["a", 2, None]}),
        ("Optional[bool]", {"anyOf": [{"type": "boolean"}, {"type": "null"}]}),
        ("dict[str, float]", {"type": "object", "additionalProperties": {"type": "number"}}),
        ("int | str", {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        ("'a' | 'b'", {"enum": ["a", "b"]}),
        ("time string (23:59:59)", {"type": "string", "examples": ["23:59:59"]}),
        ("list[Fact]", None),
        ("Fact", None),
        ("", None),
        ("[" * 5000, None),
        ("list[" * 500 + "int" + "]" * 500, None),
    ],
)
def test_type__has_a_schema(written: str, schema: object) -> None:
    assert schema_of_type(written) == schema


FIELDS = """Your output fields are:
1. `reasoning` (str):
All interactions will be structured in the following way.

[[ ## question ## ]]
{question}

[[ ## mood ## ]]
{mood}        # note: the value you produce must exactly match (no extra characters) one of: glad; sad

[[ ## facts ## ]]
{facts}        # note: the value you produce must adhere to the JSON schema: {"type": "array", "items": {"enum": [1]}}

[[ ## completed ## ]]
"""
RESPOND = """[[ ## question ## ]]
How is tea?

Respond with the corresponding output fields, starting with the field `[[ ## reasoning ## ]]`, \
then `[[ ## mood ## ]]` (must be formatted as a valid Python Literal['glad', 'sad']), \
then `[[ ## facts ## ]]` (must be formatted as a valid Python list[int]), \
then `[[ ## score ## ]]` (must be formatted as a valid Python float), \
then `[[ ## sure ## ]]` (must be formatted as a valid Python bool), \
and then ending with the marker for `[[ ## completed ## ]]`."""


def test_markers__every_field_has_a_value_of_its_type() -> None:
    text = said(("system", FIELDS), ("user", RESPOND))
    pieces = text.split("[[ ## ")[1:]
    fields = {name: value.strip() for name, _, value in (piece.partition(" ## ]]\n") for piece in pieces[:-1])}
    assert list(fields) == ["reasoning", "mood", "facts", "score", "sure"]
    assert pieces[-1] == "completed ## ]]"
    assert "tea" in fields["reasoning"]
    assert fields["mood"] in ("glad", "sad")
    assert all(isinstance(each, int) for each in json.loads(fields["facts"]))
    float(fields["score"])
    assert fields["sure"] in ("true", "false", "True", "False")


AX = """<output_fields>
**Output Fields**: You must generate the following fields:

Mood (wire key: `mood`): (This classification class field must be included)Allowed values: glad, sad
Score (wire key: `score`): How sure. (This number field must be included)
Tags (wire key: `tags`): (This json array of string items field must be included)
Why (wire key: `why`): (This string field must be included)
Note (wire key: `note`): (Only include this string field if its value is available)
</output_fields>

Return one `field name: value` pair per line for the required output fields only."""


def test_wire_keys__have_a_line_each() -> None:
    lines = said(("system", AX), ("user", "Review: I am sad")).splitlines()
    fields = dict(line.split(": ", 1) for line in lines)
    assert list(fields) == ["mood", "score", "tags", "why"] and fields["mood"] == "sad" and fields["why"]
    assert isinstance(json.loads(fields["score"]), float | int)
    assert all(isinstance(each, str) for each in json.loads(fields["tags"]))


TEMPLATE = """You extract keywords.

1. **Output Format**: Your output MUST be a valid JSON object and nothing else. Where nothing is found, it is
   `{"high": [], "low": []}`.

---Template---
{
  "high": ["<keyword>"],
  "rank": 3
}

Query: Who leads Acme?
Output:"""


def test_json_object__is_like_the_last_one_in_the_prompt() -> None:
    value = json.loads(said(("user", TEMPLATE), response_format=ResponseFormat("json_object")))
    assert list(value) == ["high", "rank"]
    assert isinstance(value["high"], list) and isinstance(value["rank"], int)


def test_markers__as_one_object() -> None:
    asked = (
        "[[ ## q ## ]]\nTea?\n\nRespond with a JSON object in the following order of fields: `answer`, then `score` "
        "(must be formatted as a valid Python float)."
    )
    value = json.loads(said(("user", asked), response_format=ResponseFormat("json_object")))
    assert list(value) == ["answer", "score"] and isinstance(value["score"], float | int)


@pytest.mark.parametrize(("trajectory", "tool"), [("", "get_weather"), ("[[ ## observation_0 ## ]]\n21\n", "finish")])
def test_markers__an_agent_acts_once_and_finishes(trajectory: str, tool: str) -> None:
    system = (
        "(1) get_time. It takes arguments {}.\n(2) get_weather, whose description is <desc>Weather</desc>. It takes "
        "arguments {'city': {'type': 'string'}}.\n(3) finish. It takes arguments {}.\n"
    )
    asked = (
        f"[[ ## question ## ]]\nThe weather?\n\n[[ ## trajectory ## ]]\n{trajectory}\n\nRespond with the corresponding "
        "output fields, starting with the field `[[ ## next_tool_name ## ]]` (must be formatted as a valid Python "
        "Literal['get_time', 'get_weather', 'finish']), then `[[ ## next_tool_args ## ]]` (must be formatted as a "
        "valid Python dict[str, Any]), and then ending with the marker for `[[ ## completed ## ]]`."
    )
    name, args = said(("system", system), ("user", asked)).split("\n\n")[:2]
    assert name.endswith(tool)
    assert list(json.loads(args.partition("\n")[2])) == (["city"] if tool == "get_weather" else [])


LANGCHAIN = """Answer as best you can. You have access to the following tools:

get_time() -> str - Tell the time.
get_weather(city: str) -> str - Tell the weather of a city.

Use the following format:

Question: the input question you must answer
Thought: you should always think about what to do
Action: the action to take, should be one of [get_time, get_weather]
Action Input: the input to the action
Observation: the result of the action
... (this can repeat N times)
Thought: I now know the final answer
Final Answer: the final answer to the original input question

Begin!

Question: How is the weather in Paris?
Thought:"""
CREWAI = """You have these tools:

Tool Name: Read the clock
Tool Arguments: {}
Tool Description: Tell the time.

Tool Name: Ask the weather
Tool Arguments: {'city': {'description': None, 'type': 'str'}}
Tool Description: Tell the weather.

```
Thought: you should always think about what to do
Action: the action to take, only one name of [Read the clock, Ask the weather], just the name, exactly as it's written.
Action Input: the input to the action, just a simple JSON object, enclosed in curly braces
Observation: the result of the action
```

```
Thought: I now know the final answer
Final Answer: the final answer to the original input question
```"""
LLAMAINDEX = """## Tools
> Tool Name: get_time
Tool Description: Tell the time
Tool Args: {"properties": {}, "type": "object"}

> Tool Name: get_weather
Tool Description: Tell the weather
Tool Args: {"properties": {"city": {"type": "string"}}, "required": ["city"], "type": "object"}

## Output Format
```
Thought: I need to use a tool to help me answer the question.
Action: tool name (one of get_time, get_weather) if using a tool.
Action Input: the input to the tool, in a JSON format representing the kwargs
```
The tool will respond:
```
Observation: tool response
```
At that point:
```
Thought: I can answer without using any more tools.
Answer: [your answer here]
```"""
STRUCTURED = """You have access to the following tools:

get_time() - Tell the time., args: {}
get_weather(city: str) - Tell the weather., args: {'city': {'title': 'City', 'type': 'string'}}

Valid "action" values: "Final Answer" or get_time, get_weather

```
{
  "action": $TOOL_NAME,
  "action_input": $INPUT
}
```
Question: input question to answer
Thought: consider previous and subsequent steps
Action:
```
$JSON_BLOB
```
Observation: action result
... (repeat Thought/Action/Observation N times)
Action:
```
{
  "action": "Final Answer",
  "action_input": "Final response to human"
}
```"""
ASKS = ("user", "How is the weather in Paris?")


@pytest.mark.parametrize(
    ("messages", "action", "given"),
    [
        ([("user", LANGCHAIN)], "get_weather", None),
        (
            [("system", CREWAI), ("user", "Current Task: How is the weather?\n\nBegin!\n\nThought:")],
            "Ask the weather",
            ["city"],
        ),
        ([("system", LLAMAINDEX), ASKS], "get_weather", ["city"]),
    ],
    ids=["langchain", "crewai", "llamaindex"],
)
def test_react__acts_then_answers(messages: list[tuple[str, str]], action: str, given: list[str] | None) -> None:
    first = said(*messages)
    lines = dict(line.split(": ", 1) for line in first.split("\n"))
    assert list(lines) == ["Thought", "Action", "Action Input"]
    assert lines["Action"] == action
    assert given is None or list(json.loads(lines["Action Input"])) == given
    assert messages[-1] != ASKS or json.loads(lines["Action Input"]) == {"city": "Paris"}
    observed = f"{first}\nObservation: 21 degrees\n"
    for after in (
        [*messages[:-1], (messages[-1][0], f"{messages[-1][1]} {observed}Thought: ")] if given is None else [],
        [*messages, ("assistant", first), ("user", "Observation: 21 degrees")],
        [*messages, ("assistant", observed)],
    ):
        final = said(*after) if after else "Answer: 21 degrees"
        assert "Answer: " in final and "21 degrees" in final and "Action" not in final


def test_react__a_blob_acts_then_answers() -> None:
    messages = [("system", STRUCTURED), ASKS]
    blob = json.loads(said(*messages).split("```")[1])
    assert blob["action"] == "get_weather" and list(blob["action_input"]) == ["city"]
    final = said(*messages, ("assistant", "…"), ("user", "Observation: 21 degrees"))
    blob = json.loads(final.split("```")[1])
    assert blob["action"] == "Final Answer" and "21 degrees" in blob["action_input"]


def test_react__without_tools_it_answers() -> None:
    system = "Use this format:\n\nThought: I now can give a great answer\nFinal Answer: my best complete final answer\n"
    assert "\nFinal Answer: " in said(("system", system), ("user", "What is tea?"))


CODE = '''Code must be opened with '<code>', and closed with '</code>'. At last, call final_answer(…).
Observation: what was printed
<code>
def get_weather(city: string, days: integer) -> string:
    """Tell the weather.

    Args:
        city: The city
    """

def final_answer(answer: any) -> any:
    """Provides a final answer to the given problem.
    """
</code>'''


def test_code__calls_a_tool_then_answers() -> None:
    messages = [("system", CODE), ("user", "The weather in Paris?")]
    first = said(*messages)
    assert first.startswith("Thought: ") and first.endswith("\n</code>")
    (call, _) = ast.parse(first.split("<code>")[1].removesuffix("</code>")).body
    assert isinstance(call, ast.Assign) and isinstance(call.value, ast.Call)
    assert ast.unparse(call.value.func) == "get_weather"
    assert [word.arg for word in call.value.keywords] == ["city", "days"]
    for result in ("Observation:\n21 'degrees'", "Error:\nNo such city: 21 'degrees'"):
        final = said(*messages, ("assistant", first), ("user", result))
        (statement,) = ast.parse(final.split("<code>")[1].removesuffix("</code>")).body
        assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
        assert ast.unparse(statement.value.func) == "final_answer"
        assert "21 'degrees'" in ast.literal_eval(statement.value.args[0])


def test_code__gives_a_tool_and_an_agent_what_was_asked() -> None:
    team = 'def expert(task: str, additional_args: dict[str, Any]) -> str:\n    """Tells what the time is."""\n'
    messages = ("The weather in Paris?", "What time is it?")
    for asked, wanted in zip(messages, ({"city": "Paris"}, {"task": "What time is it?"}), strict=True):
        code = said(("system", f"{CODE}\n{team}"), ("user", asked)).split("<code>")[1].removesuffix("</code>")
        call = next(each for each in ast.walk(ast.parse(code)) if isinstance(each, ast.Call))
        given = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
        assert wanted.items() <= given.items()
        assert isinstance(given.get("additional_args", {}), dict)


def test_code__in_a_schema() -> None:
    schema = {"type": "object", "properties": {"thought": {"type": "string"}, "code": {"type": "string"}}}
    form = ResponseFormat("json_schema", "step", schema)
    value = json.loads(said(("system", CODE), ("user", "The weather?"), response_format=form))
    ast.parse(value["code"])
    assert value["code"].startswith("result = get_weather(")


def test_protocols__tools_of_the_request_come_first() -> None:
    prompt = Prompt(messages=(Message("system", f"Respond in JSON by this schema: {WRITTEN}"), Message("user", "Rome")))
    assert auto(replace(prompt, tools=(Tool("look_up"),)))[0].tool_calls


@pytest.mark.parametrize(
    "text",
    [
        "{" * 200_000,
        '{"' * 100_000,
        "{'a': " * 50_000,
        '{"a":' * 5_000 + "}" * 5_000,
        "[[ ## a ## ]]\n" * 20_000,
        "Thought:\nFinal Answer:\nAction: one of [" + "a, " * 30_000,
        "`a` (must be formatted as a valid Python " * 5_000,
        "Respond with the corresponding output fields" * 5_000,
        "def a(b: c) -> d:\n" * 10_000,
        "Observation:\n" * 20_000,
        "answer strictly with one of these enums:\n" + "A\n" * 50_000,
        "answer in json {a: " + "string | " * 20_000 + "}",
        "{a: (type: " * 9_000 + "string" + ")}" * 9_000,
        'final_answer( Observation: opened with "' * 5_000,
        '"action" : ' * 20_000 + "Final Answer",
        "Action:" * 20_000 + "\nThought:\nAnswer:",
        "a\n----\n- b\n" + "or a //" * 20_000,
        "a\n----\n" * 20_000,
        f"a\n----\n- {'b' * 50_000}\n" + ": a\n" * 20_000,
        "Answer in JSON using this schema:\n" * 5_000 + "a" * 50_000,
    ],
    ids=lambda text: text[:20],
)
def test_protocols__long_texts_cost_little(text: str) -> None:
    began = time.process_time()
    for role in ("system", "user"):
        assert said((role, f"Respond in JSON, by schema. final_answer( {text}"), ("user", text))
    assert time.process_time() - began < 5, "seconds of CPU; some tenths are usual"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a {b {c} d} e {f}", ["{b {c} d}", "{f}"]),
        ("{ {a} {b}", ["{a}", "{b}"]),
        ('{"}": "{"}', ['{"}": "{"}']),
        ("{'}': 1} it's {2}", ["{'}': 1}", "{2}"]),
        ('5" {a} } {', ["{a}"]),
        ("", []),
    ],
)
def test_braced__the_outermost_parts(text: str, parts: list[str]) -> None:
    assert [part.text for part in braced(text)] == parts


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("Reply with exactly: OK", "OK"),
        ("Reply with 'ok'", "ok"),
        ("Reply with the single word OK. Do not use tools.", "OK"),
        ('Say "ready". Nothing else. No explanation, please!', "ready"),
        ("Reply with exactly: PONG\nDon't add anything", "PONG"),
        ("Remember this. Reply exactly: stored", "stored"),
        ('Do not call it yet. Reply only with "loaded".', "loaded"),
        ("Now say exactly 'it works'!", "it works"),
        ("Respond with just the word: pong", "pong"),
        ("Reply with the single word: PONG.", "PONG"),
        ("Respond with OK", "OK"),
        ("Say this is a test", "This is a test"),
        ("This is a test of the connection. Say Hello World", "Hello World"),
        ("Say hello", None),
        ("Say something nice", None),
        ("Say hello to them in French", None),
        ("When you are done, respond with STOPPED", None),
        ("Answer with the word that fits best", None),
        ("Count from 1 to 3", "1, 2, 3"),
        ("Please count slowly from ten down to eight, one number per line.", "10\n9\n8"),
        ("count to five", "1, 2, 3, 4, 5"),
        ("Count the words from here to there.", None),
        ("What is 2+2? Reply with just the number.", "4"),
        ("Reply with exactly the page title.", None),
        ("Answer only with: yes or no", "yes"),
        ("Reply with exactly: OK\nThen tell me about Rome.", None),
    ],
)
def test_words_to_say__are_said(asked: str, words: str | None) -> None:
    found = said(("user", asked))
    assert found == words if words is not None else len(found) > 40


DIFF = "diff --git a/src/app.py b/src/app.py\n--- a/src/app.py\n+++ b/src/app.py\n@@ -1 +1 @@\n-a\n+b"


@pytest.mark.parametrize(
    ("system", "message"),
    [
        (
            "Generate a concise git commit message title. Choose a type:\n{'feat': 'new', 'fix': 'a bug'}",
            "feat: update app.py",
        ),
        ("You write a commit message. I'll send you a diff. Use the keywords fix, feat, docs.", "feat: update app.py"),
        ("Write a commit message for the diff.", "Update app.py"),
    ],
)
def test_commit_message__names_the_file_of_the_diff(system: str, message: str) -> None:
    assert said(("system", system), ("user", DIFF)) == said(("user", f"{system}\n\n{DIFF}")) == message
    assert said(("system", system), ("user", "What is a commit message?")) != message


def test_shell_command__runs() -> None:
    asked = "Provide only bash commands for Debian without any description.\nDo not provide markdown formatting."
    assert said(("system", asked), ("user", "list files")) == 'echo "Hello"'


@pytest.mark.parametrize(("kind", "value"), [("number", 2), ("string", "text"), ("dataframe", "table")])
def test_code__declares_the_result_that_is_wanted(kind: str, value: object) -> None:
    asked = (
        '<table dialect="duckdb" table_name="table_1" columns="[]">\na\n1\n2\n</table>\n'
        "def execute_sql_query(sql_query: str) -> pd.DataFrame\nHow many?\n"
        f'At the end, declare "result" variable as a dictionary: type (must be "{kind}")\n'
        "Generate python code and return full updated code:"
    )
    code = said(("user", asked)).removeprefix("```python\n").removesuffix("\n```")
    queries: list[str] = []

    class Table(list[int]):
        def to_string(self) -> str:
            return "text"

    def execute(query: str) -> Table:
        queries.append(query)
        return Table([1, 2])

    names: dict[str, Any] = {"execute_sql_query": execute}
    exec(code, names)
    assert "table_1" in queries[0] and names["result"]["type"] == kind
    assert names["result"]["value"] == (Table([1, 2]) if value == "table" else value)


def test_question__is_no_words_to_say() -> None:
    assert said(("user", "Return only the number: how many legs does a spider have?")).isdigit()


SPRING_MAP = """Count.
Your response should be in JSON format.
The data structure for the JSON should match this Java class: java.util.HashMap
Do not include any explanations, only provide a RFC8259 compliant JSON response following this format without deviation.
"""


@pytest.mark.parametrize(
    ("asked", "kinds"),
    [
        (SPRING_MAP, {"answer": str}),
        ("How is tea? Respond with JSON only.", {"answer": str}),
        ('Return only a JSON object with the keys "city" and "days".', {"city": str, "days": int}),
        ("Format it into a JSON object containing two keys: `why` and `it`. The `it` is one.", {"why": str, "it": str}),
        ('Return JSON with these keys: "city". Not "days".', {"city": str}),
        ("Please answer in JSON with keys name, age and mood.", {"name": str, "age": int, "mood": str}),
        ('Respond in JSON, such as {"city": "Rome", "days": 5}', {"city": str, "days": int}),
        ('Input: Hi.\nOutput: {"facts" : ["a"]}\n\nReturn the facts in a json format as shown above.', {"facts": list}),
        ('Return a JSON object: {"facts": ["a", "b"], "by": "x"}', {"facts": list, "by": str}),
        ('### Output:\nJSON format: { "tags": ["a", "b"] }\n### Chat:\nUSER: hi', {"tags": list}),
        ('The output must be a single, raw JSON object like {"title": "yours"}.', {"title": str}),
        ('Extract the people. Output format:\n{"people": [{"name": "Ada"}]}\n\nText: Bob met Eve.', {"people": list}),
        ("Make sure to only return in JSON format, with the 'verdicts' key as a list.", {"verdicts": list}),
        ("Provide the score as a JSON with a single key 'score' and no preamble.", {"score": str}),
        ("Return your response as a JSON blob with 'tool' and 'input' keys.", {"tool": str, "input": str}),
        (
            "Return JSON with two keys, score is 'yes' or 'no'. And a key, why, that has the reason.",
            {"score": str, "why": str},
        ),
        (
            'Reply in this JSON format:\n```json\n{"score": 0.5, "tags": ["a"], "by": {"sure": true}}\n```',
            {"score": float, "tags": list, "by": dict},
        ),
        (
            "You must return a valid JSON object.\n\nExample valid response:\n"
            '{"tasks": [{"id": "a", "after": []}]}\n\nThe task: tea.',
            {"tasks": list},
        ),
        (
            'Return ONLY the JSON object.\n\nExample 1:\n```json\n{\n"content": "Done...",\n  "failed": false\n}\n```\n'
            "\nDo not add to it.",
            {"content": str, "failed": bool},
        ),
        ('The data: {"a": 1}. Return valid JSON.', {"answer": str}),
    ],
)
def test_json_without_a_schema__is_answered_with_what_the_prompt_names(asked: str, kinds: dict[str, type]) -> None:
    value = json.loads(said(("user", asked)))
    assert {name: type(each) for name, each in value.items()} == kinds


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("Give a binary score 'yes' or 'no'. Provide the score as a JSON with a single key 'score'.", {"score": "yes"}),
        (
            "Answer in JSON with a key `label`, for the category.\nList of categories: ['good', 'bad']",
            {"label": "good"},
        ),
        ("Return JSON with single key, source, that is 'web' or 'docs' depending on the question.", {"source": "web"}),
        ('Output ONLY a JSON object with "intent" field.\n\nINTENTS:\n- BUY: to buy\n- ASK: to ask', {"intent": "BUY"}),
        ('Respond in JSON: {"mood": "good|bad"}\nIt is good.', {"mood": ("good", "bad")}),
        (
            "Return only JSON. The 'verdict' key is either 'no', 'yes', or 'idk'.\nExample:\n"
            '{"verdicts": [{"verdict": "idk"}, {"reason": "It is wrong.", "verdict": "no"}]}',
            {"verdicts": [{"verdict": "yes"}]},
        ),
        ('The output should be ONLY JSON. Here is an example:\n[\n{choice: 1, why: "a"},\n...\n]', [{"choice": 1}]),
        ("Give me a JSON array of 4 strings. Only output the JSON array.", 4),
        ("Answer in JSON by this type: interface A { mood: 'good'; by: 'me' }", {"mood": "good", "by": "me"}),
    ],
)
def test_json_without_a_schema__has_values_that_the_prompt_tells(asked: str, expected: Any) -> None:
    value = json.loads(said(("user", asked)))
    if isinstance(expected, int):
        assert len(value) == expected
        return
    if isinstance(expected, dict) and isinstance(listed := expected.get("verdicts", 0), list):
        value, expected = value["verdicts"], listed
    if isinstance(expected, list):
        value, expected = value[0], expected[0]
    for name, told in expected.items():
        assert value[name] in told if isinstance(told, tuple) else value[name] == told


def test_json_without_a_schema__is_what_another_message_tells() -> None:
    system = 'Return only valid JSON, in this format: {"memory": [{"text": "tea"}]}'
    value = json.loads(said(("system", system), ("user", "I like tea.\nPlease respond with valid JSON only.")))
    assert value["memory"] and all(entry.keys() == {"text"} for entry in value["memory"])


def test_json_without_a_schema__may_be_a_list() -> None:
    for asked, kind in (("strings", str), ("integers", int)):
        values = json.loads(said(("user", f"Return ONLY a JSON array of {asked}.")))
        assert values and all(isinstance(each, kind) for each in values)
    objects = json.loads(said(("user", 'Return a JSON list of objects with the fields "a" and "b".')))
    assert all(each.keys() == {"a", "b"} for each in objects)


@pytest.mark.parametrize(
    "asked",
    [
        "How do I return JSON from a view?",
        "Write a function. It returns JSON.",
        "Respond in prose, do not use JSON.",
        "Never answer in JSON.",
        "What is JSON?",
    ],
)
def test_json_without_a_schema__only_where_it_is_demanded(asked: str) -> None:
    assert not said(("user", asked)).startswith("{")


def test_markers__in_tags() -> None:
    system = (
        "Your input fields are:\n1. `question` (str):\nYour output fields are:\n1. `answer` (str):\n2. `sure` (bool):\n"
        "3. `facts` (list[int]): Some.\nAll interactions will be structured in the following way, with the appropriate "
        "values filled in.\n\n<question>\n{question}\n</question>\n\n<answer>\n{answer}\n</answer>\n"
    )
    asked = (
        "<question>\nHow is tea?\n</question>\n\nRespond with the corresponding output fields wrapped in XML tags "
        "`<answer>`, then `<sure>`, then `<facts>`."
    )
    found = re.findall(r"<(\w+)>\n(.*?)\n</\1>", said(("system", system), ("user", asked)), re.DOTALL)
    assert [name for name, _ in found] == ["answer", "sure", "facts"]
    fields = dict(found)
    assert "tea" in fields["answer"] and fields["sure"] in ("true", "false")
    assert all(isinstance(each, int) for each in json.loads(fields["facts"]))


def test_tools__that_are_named_are_called_once_each_before_the_final_one() -> None:
    names = ("get_weather", "get_country", "get_product_name", "get_product_name_link", "get_image", "final_result")
    tools = tuple(Tool(name) for name in names)
    asked = Message("user", "Tell me: the capital of the country; the weather there; the product name")
    called = auto(Prompt(model="gpt-4o", messages=(asked,), tools=tools))[0].tool_calls
    assert [call.name for call in called] == ["get_weather", "get_country", "get_product_name"]
    history = (asked, Message("assistant", tool_calls=called[1:2]), Message("tool", "Mexico", tool_call_id="x"))
    left = auto(Prompt(model="gpt-4o", messages=history, tools=tools))[0].tool_calls
    assert [call.name for call in left] == ["get_weather", "get_product_name"]
    more = (*history, Message("assistant", tool_calls=left), Message("tool", "Sunny", tool_call_id="y"))
    last = auto(Prompt(model="gpt-4o", messages=more, tools=tools))[0].tool_calls
    assert [call.name for call in last] == ["final_result"]


def test_words_to_say__not_where_json_is_asked_for() -> None:
    assert json.loads(said(("user", "Reply with exactly: OK"), response_format=ResponseFormat("json_object")))
