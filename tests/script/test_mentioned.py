"""What a question says to the letter as the arguments of a tool, in `auto`: numbers, files, addresses, dates, ids."""

import json
from typing import Any

import pytest

from completions.conversation import Message, Prompt, ResponseFormat, Tool
from completions.script.auto.answer import auto
from completions.script.auto.instances import is_instance
from completions.script.schemas.scalars import sense

NUMBER, WHOLE, TEXT = {"type": "number"}, {"type": "integer"}, {"type": "string"}


def _arguments(asked: str, properties: dict[str, Any]) -> Any:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    prompt = Prompt(model="gpt-4o", messages=(Message("user", asked),), tools=(Tool("run", "", schema),))
    return json.loads(str(auto(prompt)[0].tool_calls[0].arguments))


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
    made = _arguments(asked, properties)
    if expected is not None:
        assert made == expected
    else:
        assert made.keys() == properties.keys() and not {2024, 40, 50} & set(made.values())


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("Read the file a.txt and say what is in it.", {"file_path": "a.txt"}),
        ("Please fix `src/app/main.py`, e.g. the loop.", {"path": "src/app/main.py"}),
        ("What is in /etc/hosts?", {"path": "/etc/hosts"}),
        ("List the files in ./docs, please", {"directory": "./docs"}),
        ("Copy a.txt to b.txt", {"sourcePath": "a.txt", "destination_path": "b.txt"}),
        ("Contents of /home/ada/CLAUDE.md:\nBe brief.\n\nNow read b.py\n\nThanks", {"filename": "b.py"}),
        ("See https://example.org/a/b.html?x=1. Then stop", {"url": "https://example.org/a/b.html?x=1"}),
        ("Write to ada@site.org", {"to": "ada@site.org", "user_email": "ada@site.org"}),
        ("From 2026-12-01 to 2026-12-09", {"start_date": "2026-12-01", "end_date": "2026-12-09"}),
        ("Where is order #ORD-1042?", {"order_id": "ORD-1042"}),
        ("Where is order 7?", {"id": "7"}),
        ("Fly from Berlin to New York", {"origin": "Berlin", "destination": "New York"}),
        ("A train to Rome from Bern", {"from_city": "Bern", "toStation": "Rome"}),
        ("Send it to 10115 Berlin, zip code 94107", {"zip_code": "94107"}),
        ("Cancel ticket number T-33 of customer 1204", {"ticket_id": "T-33", "customerId": "1204"}),
    ],
)
def test_texts__that_were_said_to_the_letter_are_arguments(asked: str, expected: dict[str, str]) -> None:
    """They were made up, so that an agent that was asked to read one file read another, which was not there."""
    assert _arguments(asked, dict.fromkeys(expected, TEXT)) == expected


@pytest.mark.parametrize(
    ("asked", "name", "schema", "expected"),
    [
        ("Where is order 7?", "order_id", WHOLE, 7),
        ("The total is 45.50", "total", NUMBER, 45.5),
        ("Ada is 36 years old, in 2 houses", "age", WHOLE, 36),
        ("Look at https://example.org/a, now", "page", TEXT | {"format": "uri"}, "https://example.org/a"),
        ("Until 2026-12-09", "end", TEXT | {"format": "date"}, "2026-12-09"),
        ("Where is order ORD-7?", "order_id", TEXT | {"pattern": r"^ORD-\d$"}, "ORD-7"),
    ],
)
def test_said__is_found_by_the_schema(asked: str, name: str, schema: dict[str, Any], expected: object) -> None:
    assert _arguments(asked, {name: schema}) == {name: expected}
    whole = {"type": "object", "properties": {name: schema}, "required": [name]}
    prompt = Prompt(
        model="m", messages=(Message("user", asked),), response_format=ResponseFormat("json_schema", "x", whole)
    )
    assert json.loads(str(auto(prompt)[0].text)) == {name: expected}


@pytest.mark.parametrize(
    ("asked", "name", "schema"),
    [
        ("Where is order 7?", "order_id", TEXT | {"pattern": "^[a-z]{3}$"}),
        ("Read a.txt", "path", TEXT | {"enum": ["b.txt"]}),
        ("The user has 5 apples", "user_id", TEXT),
        ("Say it in 2 lines, or 3", "id", TEXT),
        ("Such as i.e. or and/or", "path", TEXT),
        ("Give a score 1 where it is bad", "score", WHOLE | {"minimum": 2}),
        ("From Berlin to Rome", "from_email", TEXT),
    ],
)
def test_said__that_does_not_suit_is_left_out(asked: str, name: str, schema: dict[str, Any]) -> None:
    made = _arguments(asked, {name: schema})[name]
    assert str(made) not in asked and is_instance(made, schema)


FORM = json.dumps({"type": "object", "properties": {"city": TEXT, "url": TEXT}, "required": ["city", "url"]})
MATCH = "Output should be in JSON format and conform to this schema:\n"
USER = "Answer the user query.\nRespond with JSON that conforms to this schema, as "


@pytest.mark.parametrize(
    "said",
    [
        ("", f"Is it warm in Oslo? See https://yr.no/x.\n{MATCH}\n```{FORM}```"),
        ("", f"Is it warm in Oslo? See https://yr.no/x.{MATCH}\n```{FORM}```\nReturn only JSON."),
        ("", f'{USER}{{"a": 1}}:\n```\n{FORM}\n```\nIs it warm in Oslo? See https://yr.no/x.\n'),
        (f"{MATCH}{FORM}", "Is it warm in Oslo? See https://yr.no/x."),
    ],
)
def test_said__is_in_an_answer_of_a_form_that_the_prompt_quotes(said: tuple[str, str]) -> None:
    """The request's own schema was answered so; Genkit, Spring AI and LangChain's parsers write it into the prompt."""
    messages = tuple(Message(role, text) for role, text in zip(("system", "user"), said, strict=True) if text)
    answer = str(auto(Prompt(model="gpt-4o", messages=messages))[0].text)
    assert json.loads(answer.strip("`json\n")) == {"city": "Oslo", "url": "https://yr.no/x"}


MAYBE = {"anyOf": [TEXT, {"type": "null"}], "default": None}
UNIT = {"enum": ["celsius", "kelvin"]}


@pytest.mark.parametrize(
    ("asked", "properties", "required", "names"),
    [
        ("Read a.txt", {"file_path": TEXT, "offset": NUMBER, "pages": MAYBE}, ["file_path"], ["file_path"]),
        ("Read 9 lines of a.txt", {"path": TEXT, "lines": WHOLE, "cwd": TEXT}, ["path"], ["path", "lines"]),
        ("Find tea in docs/", {"word": TEXT, "path": MAYBE, "all": {"type": "boolean"}}, ["word"], ["word", "path"]),
        ("The weather in Rome", {"city": TEXT, "unit": UNIT, "days": WHOLE}, ["city"], ["city", "unit"]),
        ("The weather in Rome", {"city": TEXT, "days": WHOLE}, [], ["city", "days"]),
    ],
)
def test_arguments__that_are_not_needed_are_left_out(
    asked: str, properties: dict[str, Any], required: list[str], names: list[str]
) -> None:
    """Agents were sent to a line that no file has, by an `offset` that nobody had asked for."""
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    prompt = Prompt(model="gpt-4o", messages=(Message("user", asked),), tools=(Tool("run", "", schema),))
    assert list(json.loads(str(auto(prompt)[0].tool_calls[0].arguments))) == names


def test_arguments__that_are_not_needed_are_there_where_the_schema_wants_them() -> None:
    schema = {"properties": {"a": WHOLE, "b": WHOLE}, "required": ["a"], "minProperties": 2}
    prompt = Prompt(model="gpt-4o", messages=(Message("user", "Run"),), tools=(Tool("run", "", schema),))
    assert is_instance(json.loads(str(auto(prompt)[0].tool_calls[0].arguments)), schema)


ABSOLUTE = {"description": "The absolute path to the file to read."}


@pytest.mark.parametrize(
    ("told", "asked", "schema", "expected"),
    [
        (
            "Environment:\n - Primary working directory: /home/ada/x\n - Git: yes",
            "Read a.txt",
            ABSOLUTE,
            "/home/ada/x/a.txt",
        ),
        (
            "<environment_context>\n<cwd>/home/ada</cwd>\n</environment_context>",
            "Read ./b/a.py",
            ABSOLUTE,
            "/home/ada/b/a.py",
        ),
        (
            "I'm currently working in the directory: /srv/app-1\nHere it is:",
            "See `a.txt`.",
            ABSOLUTE,
            "/srv/app-1/a.txt",
        ),
        ("Your workspace is at: /srv/app", "Read /etc/hosts", ABSOLUTE, "/etc/hosts"),
        ("The working directory is /srv/app.", "Read a.txt", ABSOLUTE, "/srv/app/a.txt"),
        ("The working directory is /srv/app.", "Read a.txt", {"description": "A path"}, "a.txt"),
        (
            "<b>Skills in workspace/skills, or the cwd.</b>\nWorking Directory: /srv/app",
            "Read a.txt",
            ABSOLUTE,
            "/srv/app/a.txt",
        ),
        ("You work somewhere.", "Read a.txt", ABSOLUTE, "a.txt"),
    ],
)
def test_path__is_from_the_root_where_the_tool_wants_it(told: str, asked: str, schema: Any, expected: str) -> None:
    """Qwen Code and Gemini CLI refuse any other; what an agent says of its folder is in its own words."""
    for role in ("system", "user"):
        messages = (Message(role, told), Message("user", asked))
        tool = Tool(
            "read", "", {"type": "object", "properties": {"file_path": TEXT | schema}, "required": ["file_path"]}
        )
        made = auto(Prompt(model="gpt-4o", messages=messages, tools=(tool,)))[0].tool_calls[0]
        assert json.loads(str(made.arguments)) == {"file_path": expected}


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("postalCode", "postal"),
        ("country_code", "country_code"),
        ("promo_code", "id"),
        ("source_code", "code"),
        ("code", "code"),
    ],
)
def test_code__is_a_program_only_where_nothing_else_is_named(name: str, word: str) -> None:
    assert sense(name) == word
