"""`auto`: what it answers to which prompt, always the same, and valid."""

import json
import re
from dataclasses import replace
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from completions.conversation import Choice, Message, Part, Prompt, ResponseFormat, Tool, ToolCall, ToolChoice
from completions.script.auto.answer import auto, reasons
from completions.script.auto.instances import Unsatisfiable
from completions.script.auto.sentences import keywords
from completions.script.protocols.observation import observation, question

WEATHER = Tool(
    "get_weather",
    "Get the current weather of a city",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
        "required": ["city", "unit"],
        "additionalProperties": False,
    },
    strict=True,
)
FLIGHTS = Tool(
    "searchFlights",
    "Look for flights on a date",
    {"type": "object", "properties": {"day": {"type": "string", "format": "date"}}, "required": ["day"]},
)
TIME = Tool("current_time")
CODE = Tool("run_code", "Run Python", kind="custom")
TOOLS = (TIME, FLIGHTS, WEATHER, CODE)
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}, "steps": {"type": "array", "items": {"type": "integer"}}},
    "required": ["answer", "steps"],
    "additionalProperties": False,
}
STRUCTURED = ResponseFormat("json_schema", "answer", SCHEMA, strict=True)


def asked(text: str, **fields: Any) -> Prompt:
    return Prompt(model="gpt-4o", messages=(Message("user", text),), **fields)


def answered(prompt: Prompt, choice: Choice, result: str = '{"temp": 21, "sky": "clear"}') -> Prompt:
    """Continue a conversation with an answer's calls and their results."""
    calls = tuple(replace(call, id=f"call_{index}") for index, call in enumerate(choice.tool_calls))
    results = tuple(Message("tool", result, tool_call_id=call.id) for call in calls)
    return replace(prompt, messages=(*prompt.messages, Message("assistant", tool_calls=calls), *results))


def test_result__beside_which_the_user_says_something_is_answered_with_a_text() -> None:
    """So Anthropic's results come with a text in one message, and frameworks send pictures after those of chat."""
    prompt = asked("What is the weather in Paris?", tools=(WEATHER,))
    told = answered(prompt, auto(prompt)[0])
    choice = auto(replace(told, messages=(*told.messages, Message("user", "Keep it short."))))[0]
    assert not choice.tool_calls and "21" in (choice.text or "")
    spoken = (*told.messages, Message("assistant", "It is mild."), Message("user", "What is the weather in Rome?"))
    assert auto(replace(told, messages=spoken))[0].tool_calls


def called(prompt: Prompt) -> list[str]:
    return [call.name for call in auto(prompt)[0].tool_calls]


@pytest.mark.parametrize(
    ("text", "fields", "names"),
    [
        ("What is the weather in Paris?", {}, ["get_weather"]),
        ("any flights?", {}, ["searchFlights"]),
        ("Flights and weather, please", {}, ["searchFlights", "get_weather"]),
        ("Flights and weather, please", {"parallel_tool_calls": False}, ["searchFlights"]),
        ("run this: 1 + 1", {}, ["run_code"]),
        ("Hello", {}, ["current_time"]),
        ("", {}, ["current_time"]),
        ("Hello", {"tool_choice": ToolChoice("required")}, ["current_time"]),
        ("Hello", {"tool_choice": ToolChoice("required", ("get_weather",))}, ["get_weather"]),
        ("flights", {"tool_choice": ToolChoice("auto", ("get_weather", "run_code"))}, ["get_weather"]),
        ("weather", {"tool_choice": ToolChoice("none")}, []),
        ("weather", {"response_format": STRUCTURED}, ["get_weather"]),
    ],
)
def test_auto__calls_the_tools_that_fit(text: str, fields: dict[str, Any], names: list[str]) -> None:
    prompt = asked(text, tools=TOOLS, **fields)
    choice = auto(prompt)[0]
    assert [call.name for call in choice.tool_calls] == names
    assert (choice.text is None) == bool(names)
    assert (choice.finish_reason, choice.refusal) == (None, None)


@pytest.mark.parametrize("parallel", [True, False])
def test_auto__calls_the_tool_whose_whole_name_is_said(parallel: bool) -> None:
    """Kilo Code offers both, and the board first."""
    tools = (Tool("board_read", "Read the messages of the board."), Tool("read", "Read something."))
    assert called(asked("Read a.txt, not messages", tools=tools, parallel_tool_calls=parallel)) == ["read"]


@pytest.mark.parametrize("seed", range(5))
def test_auto__arguments_are_valid(seed: int) -> None:
    prompt = asked("weather, flights, time", tools=(WEATHER, FLIGHTS, TIME), body={"seed": seed})
    calls = auto(prompt)[0].tool_calls
    assert [call.name for call in calls] == ["get_weather", "searchFlights", "current_time"]
    for call, tool in zip(calls, prompt.tools, strict=True):
        arguments = json.loads(call.arguments)
        assert isinstance(arguments, dict)
        Draft202012Validator(tool.parameters).validate(arguments)
        assert (call.id, call.kind) == ("", "function")


@pytest.mark.parametrize(
    ("text", "city", "location"),
    [
        ("What is the weather like in Boston, MA?", "Boston", "Boston, MA"),
        ("Weather for Rio de Janeiro in March", "Rio de Janeiro", "Rio de Janeiro"),
        ("In May, will it rain in St. Louis?", "St. Louis", "St. Louis"),
        ("A letter from Ada: is it warm in Zürich", "Zürich", "Zürich"),
    ],
)
def test_auto__passes_on_the_place_that_is_asked_about(text: str, city: str, location: str) -> None:
    """It was made up, so that one asked for Boston and got the weather of Tokyo; no recording has such a call."""
    given = {name: {"type": "string"} for name in ("city", "userLocation", "query", "unit")}
    tool = Tool("weather", "", {"type": "object", "properties": given, "required": list(given)})
    arguments = json.loads(auto(asked(text, tools=(tool,)))[0].tool_calls[0].arguments)
    assert (arguments["city"], arguments["userLocation"]) == (city, location)
    assert arguments["query"] == " ".join(keywords(text, 8))
    assert city not in arguments["unit"]


def test_auto__passes_on_no_part_of_a_word() -> None:
    """The end of a long question alone is read."""
    tool = Tool("find", "", {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]})
    for filler in ("jailbroken " * 500, "wa ter " * 900):
        query = json.loads(auto(asked(f"{filler}tea", tools=(tool,)))[0].tool_calls[0].arguments)["query"]
        assert set(query.split()) <= {"jailbroken", "wa", "ter", "tea"}


@pytest.mark.parametrize("schema", [{"enum": ["Rome", "Oslo"]}, {"pattern": "^[a-z]{3}$"}, {"maxLength": 3}])
def test_auto__passes_on_no_place_that_is_not_valid(schema: dict[str, Any]) -> None:
    tool = Tool("weather", "", {"properties": {"city": {"type": "string", **schema}}, "required": ["city"]})
    arguments = json.loads(auto(asked("The weather in Boston?", tools=(tool,)))[0].tool_calls[0].arguments)
    assert Draft202012Validator(tool.parameters).is_valid(arguments)


@pytest.mark.parametrize(
    ("text", "fields", "told"),
    [
        ("What's the weather in Paris and London?", {}, ["Paris", "London"]),
        ("What's the weather in Paris and London?", {"parallel_tool_calls": False}, ["Paris"]),
        ("What's the weather in Paris and London?", {"tool_choice": ToolChoice("required")}, ["Paris"]),
        ("The weather in Boston, MA and Austin, TX", {}, ["Boston, MA", "Austin, TX"]),
        ("The weather in Rome, Oslo, and Bern", {}, ["Rome", "Oslo", "Bern"]),
        ("The weather in Rome and Rome", {}, ["Rome"]),
    ],
)
def test_auto__calls_a_tool_for_each_place(text: str, fields: dict[str, Any], told: list[str]) -> None:
    """Models call it twice in one answer, as recorded of Gemini and Nova; it was called once."""
    tool = Tool("weather", "", {"properties": {"location": {"type": "string"}}, "required": ["location"]})
    called = auto(asked(text, tools=(tool,), **fields))[0].tool_calls
    assert [json.loads(call.arguments)["location"] for call in called] == told


def test_auto__passes_on_a_place_once() -> None:
    cities = {"type": "array", "items": {"type": "string"}, "minItems": 3, "maxItems": 3}
    tool = Tool("weather", "", {"properties": {"cities": cities}, "required": ["cities"]})
    told = json.loads(auto(asked("The weather in Boston?", tools=(tool,)))[0].tool_calls[0].arguments)["cities"]
    assert told[0] == "Boston" and "Boston" not in told[1:]


def test_auto__a_custom_tool_takes_free_text() -> None:
    (call,) = auto(asked("Run code that sorts a list", tools=(CODE,)))[0].tool_calls
    assert (call.kind, call.arguments) == ("custom", "Run code sorts list")


def test_auto__agent_loop_ends_with_what_the_tool_said() -> None:
    prompt = asked("What is the weather in Paris?", tools=TOOLS)
    choice = auto(prompt)[0]
    assert choice.tool_calls
    choice = auto(answered(prompt, choice))[0]
    assert choice.tool_calls == ()
    assert "get_weather" in (choice.text or "")
    assert "temp is 21; sky is clear" in (choice.text or "")
    again = replace(
        prompt, messages=(*prompt.messages, Message("assistant", choice.text or ""), Message("user", "flights?"))
    )
    assert called(again) == ["searchFlights"], "a new question may call again"


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ("It is raining.\nTake a coat.", "It is raining. Take a coat."),
        ('"sunny"', "sunny"),
        ('[{"name": "A \\"b\\"", "n": null}, {"open_now": true}]', 'name is A "b"; open now is true'),
        ("21", "21"),
        ("{broken", "{broken"),
        ("", "nothing to say"),
        ("[" * 5000, "[[["),
        ("x" * 5000, "x" * 300),
    ],
)
def test_auto__retells_any_result(result: str, said: str) -> None:
    prompt = asked("weather", tools=TOOLS)
    text = auto(answered(prompt, auto(prompt)[0], result))[0].text or ""
    assert said in text
    assert len(text) < 500


@pytest.mark.parametrize(("kind", "said"), [("image", "an image"), ("audio", "a recording"), ("file", "a file")])
def test_auto__names_what_a_tool_answers_besides_text(kind: Literal["image", "audio", "file"], said: str) -> None:
    prompt = asked("weather", tools=TOOLS)
    prompt = answered(prompt, auto(prompt)[0], "")
    shown = replace(prompt.messages[-1], parts=(Part(kind, "data:,"),))
    assert f"answered with {said}." in (auto(replace(prompt, messages=(*prompt.messages[:-1], shown)))[0].text or "")


def test_auto__required_calls_each_tool_before_one_again() -> None:
    prompt = asked("weather", tools=TOOLS, tool_choice=ToolChoice("required"))
    names = []
    for _ in TOOLS:
        choice = auto(prompt)[0]
        names += [call.name for call in choice.tool_calls]
        prompt = answered(prompt, choice)
    assert sorted(names) == sorted(tool.name for tool in TOOLS)
    assert names[0] == "get_weather"
    assert called(prompt) == ["get_weather"], "the one that fits, when all were called"


@pytest.mark.parametrize("mode", ["auto", "required"])
@pytest.mark.parametrize(
    "final",
    [
        Tool("final_answer", "Provides a final answer to the given problem."),
        Tool("final_result", "The final response which ends this conversation"),
        Tool("final_result_Trip"),
        Tool("attempt_completion", "Present the result"),
        Tool("Trip", "A trip. The final response which ends this conversation"),
        Tool("submit_answer"),
        Tool("submit", "Submit an answer for evaluation."),
        Tool("report", "Submit your answer."),
        Tool("MarkTaskSuccessful_3ca7cac5", "Ends the current turn.. Mark a task successful and provide a result."),
    ],
    ids=lambda tool: tool.name,
)
def test_auto__a_tool_that_ends_is_called_last_and_once(final: Tool, mode: Literal["auto", "required"]) -> None:
    prompt = asked("weather of Paris, and the final answer", tools=(final, WEATHER), tool_choice=ToolChoice(mode))
    choice = auto(prompt)[0]
    assert [call.name for call in choice.tool_calls] == ["get_weather"], "first the tools that find something out"
    prompt = answered(prompt, choice)
    choice = auto(prompt)[0]
    assert [call.name for call in choice.tool_calls] == [final.name]
    assert called(answered(prompt, choice)) == ([final.name] if mode == "required" else [])
    assert called(replace(prompt, tool_choice=ToolChoice("none"))) == []
    assert called(asked("x", tools=(final,), tool_choice=ToolChoice(mode))) == [final.name], "where there is no other"


@pytest.mark.parametrize(
    ("name", "schema", "pattern"),
    [
        ("result", {"type": "string"}, r".* haiku .*bikes\."),
        ("answer", {"enum": ["yes", "no"]}, "yes|no"),
        ("result", {"type": "integer"}, "[0-9]+"),
        ("city", {"type": "string"}, r"\w+"),
    ],
)
def test_auto__the_only_tool_answers_the_question_where_it_takes_a_text(name: str, schema: Any, pattern: str) -> None:
    final = Tool("final_answer", "", {"type": "object", "properties": {name: schema}, "required": [name]})
    (call,) = auto(asked("Write a haiku about bikes", tools=(final,)))[0].tool_calls
    assert re.fullmatch(pattern, str(json.loads(call.arguments)[name]))


def test_auto__a_tool_that_tells_of_some_other_final_result_does_not_end_the_work() -> None:
    memory = Tool("memory", "Save facts.\n\nThe limit is checked only on the FINAL result, so one call may free room.")
    prompt = asked("weather of Paris", tools=(memory, WEATHER))
    choice = auto(prompt)[0]
    assert called(answered(prompt, choice)) == []


def test_auto__thinks_by_a_tool_only_where_no_other_is_offered_or_the_user_says_so() -> None:
    think, add = Tool("think", "Use the tool to think about something."), Tool("add", "Add two numbers.")
    assert called(asked("What is 5 + 7?", tools=(think, add))) == ["add"]
    assert called(asked("What is 5 + 7?", tools=(think,))) == ["think"]
    assert called(asked("Think, what is it?", tools=(think, add))) == ["think"]


def test_auto__a_shell_is_given_a_command_that_it_knows() -> None:
    shell = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
    (call,) = auto(asked("List the files", tools=(Tool("terminal", "", shell),)))[0].tool_calls
    assert json.loads(call.arguments)["command"].split()[0] in ("echo", "ls", "date")


def test_auto__an_observation_in_words_is_a_result() -> None:
    answer = Tool("final_answer", "", {"type": "object", "properties": {"answer": {}}, "required": ["answer"]})
    messages = (
        Message("user", "weather"),
        Message("assistant", "Calling"),
        Message("user", "Observation:\n21 degrees"),
    )
    prompt = asked("", tools=(WEATHER, answer), tool_choice=ToolChoice("required"))
    (call,) = auto(replace(prompt, messages=messages))[0].tool_calls
    assert call.name == "final_answer"
    assert "21 degrees" in json.loads(call.arguments)["answer"]


def test_auto__leaves_out_what_a_program_has_added_to_the_users_words() -> None:
    added = "<system-reminder>\nFollow the rules for git commits.\n</system-reminder>\n"
    plain, more = (asked(text, tools=(WEATHER,)) for text in ("weather of Rome", f"{added}weather of Rome{added}"))
    (call,) = auto(more)[0].tool_calls
    assert call.name == WEATHER.name
    assert "Rome" in (auto(answered(more, auto(more)[0]))[0].text or "")
    assert question(more) == question(plain) == "weather of Rome"
    dated = "<current_datetime>2026-11-29T11:17:26+00:00</current_datetime>\n\nweather of Rome"
    assert question(asked(dated)) == "weather of Rome"
    context = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nActive sessions: none\n<<<END_OPENCLAW_INTERNAL_CONTEXT>>>"
    for extra in (added, context):
        later = replace(plain, messages=(*plain.messages, Message("user", extra)))
        assert question(later) == "weather of Rome", "where there is nothing else in the last message"
    for text in ("a <system-reminder> b", "</system-reminder> a <system-reminder>", ""):
        assert question(asked(text)) == text


@pytest.mark.parametrize("text", ["Solve 8x = 2", "", "🦜"])
def test_auto__json_object_and_schema(text: str) -> None:
    plain = json.loads(auto(asked(text, response_format=ResponseFormat("json_object")))[0].text or "")
    assert isinstance(plain, dict) and plain["answer"]
    compact = auto(asked(text, response_format=STRUCTURED))[0].text or ""
    Draft202012Validator(SCHEMA).validate(json.loads(compact))
    assert json.dumps(json.loads(compact), separators=(",", ":"), ensure_ascii=False) == compact


NUMBER: dict[str, Any] = {"type": "number"}


@pytest.mark.parametrize(
    ("name", "schema", "text", "low", "high"),
    [
        ("score", NUMBER, "Assign a hallucination score between 0 and 1, where:\n- 0.0: it is faithful", 0, 1),
        ("answer_relevance_score", NUMBER, "GIVE A RELEVANCE SCORE BETWEEN 0.0 (IRRELEVANT) AND 1.0 (RELEVANT).", 0, 1),
        ("overallRating", {"type": "integer"}, "In 2 steps.\nThe overall rating is on a scale of 4-5.", 4, 5),
        ("score", NUMBER, '{"score": <a number from 0.5 to 1.5>}', 0.5, 1.5),
        ("year", {"type": "integer", "minimum": 2000, "maximum": 2001}, "The year is from 1 to 5.", 2000, 2001),
        ("rank", {"type": "integer", "description": "From 7 to 8"}, "The rank is from 1 to 5.", 7, 8),
        ("score", {"type": "integer"}, "Give a score between 0.2 and 0.8.", 0, 100),
    ],
)
def test_auto__keeps_to_the_range_that_the_prompt_tells(
    name: str, schema: dict[str, Any], text: str, low: float, high: float
) -> None:
    whole = {"type": "object", "properties": {name: schema, "why": {"type": "string"}}, "required": [name, "why"]}
    for seed in range(8):
        prompt = asked(f"{text}\n\nCase {seed}")
        structured = replace(prompt, response_format=ResponseFormat("json_schema", "r", whole))
        called = replace(prompt, tools=(Tool("judge", "Judges.", whole),), tool_choice=ToolChoice("required"))
        answers = (auto(structured)[0].text, auto(called)[0].tool_calls[0].arguments)
        assert all(low <= json.loads(each or "")[name] <= high for each in answers), answers


def test_auto__json_comes_after_the_tools() -> None:
    prompt = asked("weather", tools=TOOLS, response_format=STRUCTURED)
    choice = auto(prompt)[0]
    assert choice.tool_calls
    Draft202012Validator(SCHEMA).validate(json.loads(auto(answered(prompt, choice))[0].text or ""))


@pytest.mark.parametrize("prompt", [asked("x", response_format=ResponseFormat("json_schema", "x", {"enum": []}))])
def test_auto__unsatisfiable_schema(prompt: Prompt) -> None:
    with pytest.raises(Unsatisfiable):
        auto(prompt)
    with pytest.raises(Unsatisfiable):
        auto(
            asked(
                "x", tools=(Tool("t", parameters={"type": "object", "required": ["a"], "additionalProperties": False}),)
            )
        )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Tell me about database indexes in PostgreSQL", ["database", "indexes", "PostgreSQL"]),
        ('He said: "it\\\'s {done}"', ["said", "done"]),
        ("如何创建索引、谢谢", ["如何创建索引", "谢谢"]),
        ("हिन्दी में बताओ", ["हिन्दी", "में", "बताओ"]),
        ("Why, why, WHY tea? Tea.", ["tea"]),
        ("x" * 100, ["x" * 24]),
        (r'[{"text": "\n\nOBJECTIVE: tea\n  rice", "path": "C:\new"}]', ["text", "OBJECTIVE", "tea", "rice"]),
        ("🦜 \ud800 ...", []),
    ],
)
def test_auto__speaks_to_the_words(text: str, words: list[str]) -> None:
    assert keywords(text) == words
    answer = auto(asked(text))[0].text or ""
    assert all(word in answer for word in (words[0], words[-1])) if words else "this" in answer
    assert not set('"{}\\') & set(answer)
    assert 3 <= answer.count(". ") + 1 <= 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello", "Hello. "),
        ("Hi there!", "Hello. "),
        ("Say hey", "Hello. "),
        ("Hello, how are you?", "Hello. "),
        ("Why?", "There is"),
    ],
)
def test_auto__answers_a_greeting_with_one(text: str, said: str) -> None:
    assert (auto(asked(text))[0].text or "").startswith(said)


def test_auto__empty_prompt() -> None:
    (choice,) = auto(Prompt())
    assert choice.text and not choice.tool_calls


def test_auto__n_answers() -> None:
    choices = auto(asked("Tell me about tea", n=5))
    assert len(choices) == 5
    assert len({choice.text for choice in choices}) > 1
    assert choices[0] == auto(asked("Tell me about tea"))[0]


def test_auto__same_question_same_answer() -> None:
    prompt = asked("weather and flights", tools=TOOLS, response_format=STRUCTURED)
    parameters = dict(reversed(list(WEATHER.parameters.items())))
    assert auto(prompt) == auto(
        replace(prompt, stream=True, headers={"x": "y"}, format="responses", user="u", include_usage=True)
    )
    assert auto(prompt) == auto(replace(prompt, tools=(TIME, FLIGHTS, replace(WEATHER, parameters=parameters), CODE)))
    first = answered(prompt, auto(prompt)[0])
    other_ids = tuple(
        replace(m, tool_calls=tuple(replace(c, id=c.id + "x") for c in m.tool_calls)) for m in first.messages
    )
    other_ids = tuple(replace(m, tool_call_id=m.tool_call_id and m.tool_call_id + "x") for m in other_ids)
    assert auto(first) == auto(replace(first, messages=other_ids))


@pytest.mark.parametrize(
    "other",
    [
        asked("Tell me about tea", body={"seed": 7}),
        Prompt(model="gpt-4", messages=(Message("user", "Tell me about tea"),)),
        Prompt(model="gpt-4o", messages=(Message("system", "Be brief"), Message("user", "Tell me about tea"))),
        Prompt(model="gpt-4o", messages=(Message("user", "Tell me about tea", parts=(Part("image", "data:"),)),)),
    ],
)
def test_auto__another_question_another_seed(other: Prompt) -> None:
    several = replace(other, n=8)
    assert [choice.text for choice in auto(several)] != [
        choice.text for choice in auto(asked("Tell me about tea", n=8))
    ]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        *(
            (name, True)
            for name in ("o1", "o1-mini", "o3-mini-2025-01-31", "o4-mini", "openai/o3", "gpt-5", "gpt-5.1-codex")
        ),
        *((name, True) for name in ("gpt-5-mini", "deepseek/DeepSeek-R1", "kimi-k2-thinking", "grok-4-fast-reasoning")),
        *((name, True) for name in ("gpt-5.2-pro", "grok-4.3", "openai/gpt-oss-120b", "deepseek-v4-flash")),
        ("deepseek-flash", True),
        *(
            (name, True)
            for name in ("qwen/qwen3-32b", "Qwen/Qwen3.5-9B", "qwen3:0.6b", "qwen-3-235b-a22b-thinking-2507")
        ),
        *((name, False) for name in ("qwen/qwen3-30b-a3b-instruct-2507", "qwen3-coder-30b-a3b", "qwen3-embedding-8b")),
        *(("gemini-3.5-flash", True), ("gemini-3.5-flash-lite", False), ("google/gemini-3.1-flash-lite", False)),
        *((name, False) for name in ("gpt-5.1", "gpt-5.4-mini", "gpt-5.6-sol", "grok-4.3-non-reasoning")),
        *(
            (name, False)
            for name in ("gpt-4o", "gpt-5-chat-latest", "o2", "o365", "foo-o1", "grok-4-fast-non-reasoning", "", None)
        ),
    ],
)
def test_reasons__by_the_name(model: str | None, expected: bool) -> None:
    assert reasons(model) == expected


@pytest.mark.parametrize(
    ("model", "mode", "says"),
    [
        ("claude-sonnet-4-5", "auto", True),
        ("anthropic/claude-3-5-haiku", "auto", True),
        ("command-a-03-2025", "auto", True),
        ("claude-sonnet-4-5", "required", False),
        ("claude-haiku-4-5", "auto", False),
        ("gpt-4o", "auto", False),
    ],
)
def test_auto__some_models_say_what_they_call(model: str, mode: Literal["auto", "required"], says: bool) -> None:
    free = asked("What is the weather in Paris?", tools=TOOLS)
    prompt = replace(free, model=model, tool_choice=ToolChoice(mode))
    choice = auto(prompt)[0]
    assert [call.name for call in choice.tool_calls] == ["get_weather"]
    assert bool(choice.text) is says
    assert not says or "get_weather" in (choice.text or "")


@pytest.mark.parametrize(
    ("form", "system"),
    [
        (ResponseFormat("json_schema", "trip", WEATHER.parameters), ""),
        (ResponseFormat("json_object"), ""),
        (ResponseFormat(), f"Respond with a JSON object that fits this schema: {json.dumps(WEATHER.parameters)}"),
    ],
    ids=["schema", "object", "words"],
)
def test_auto__says_nothing_before_a_call_where_texts_have_a_form(form: ResponseFormat, system: str) -> None:
    said = (Message("system", system), Message("user", "What is the weather in Paris?"))
    prompt = Prompt(model="claude-sonnet-4-5", messages=said, tools=TOOLS, response_format=form)
    assert [(choice.text, len(choice.tool_calls)) for choice in auto(prompt)] == [(None, 1)]


def test_auto__reasoning_follows_the_effort() -> None:
    prompt = replace(asked("Why is the sky blue?"), model="o3")
    thought = {
        effort: auto(replace(prompt, reasoning_effort=effort))[0].reasoning for effort in (None, "high", "low", "none")
    }
    assert "sky" in (thought[None] or "")
    assert thought["high"] == thought[None]
    assert 0 < len(thought["low"] or "") < len(thought["high"] or "")
    assert thought["none"] is None
    assert auto(replace(prompt, tools=TOOLS))[0].reasoning, "before a call too"
    assert auto(asked("Why is the sky blue?"))[0].reasoning is None


@pytest.mark.parametrize(
    ("model", "effort", "thinks"),
    [
        ("gemini-3-flash-preview", "minimal", False),
        ("gemini-3.5-flash-lite", "high", True),
        ("gpt-5-mini", "minimal", True),
    ],
)
def test_auto__gemini_thinks_nothing_at_the_least_level(model: str, effort: str, thinks: bool) -> None:
    prompt = replace(asked("Why is the sky blue?"), model=model, reasoning_effort=effort)
    assert (auto(prompt)[0].reasoning is not None) is thinks


LIST_ASKED = 'Return a JSON array of 3 objects with the keys "id" and "name".'


@pytest.mark.parametrize(
    ("text", "expected"),
    [(LIST_ASKED, "items"), ("Answer as an int", "answer"), ("Answer as a bool", "answer"), ('[{"id": 1}]', "items")],
)
def test_auto__answers_with_an_object_where_only_one_is_allowed(text: str, expected: str) -> None:
    json_mode = asked(text, response_format=ResponseFormat("json_object"))
    assert [*json.loads(auto(json_mode)[0].text or "")] == [expected]


def test_auto__answers_gemini_with_any_json() -> None:
    json_mode = asked(LIST_ASKED, response_format=ResponseFormat("json_object"))
    assert len(json.loads(auto(replace(json_mode, format="gemini"))[0].text or "")) == 3


@given(
    st.text(max_size=60).filter(lambda text: observation(asked(text)) is None and "Observation:" not in text),
    st.text(max_size=60),
)
@settings(max_examples=150, deadline=None, derandomize=True, database=None)
def test_auto__takes_any_text(text: str, result: str) -> None:
    prompt = asked(text, tools=(CODE, WEATHER))
    choice = auto(prompt)[0]
    assert len(choice.tool_calls) >= 1
    assert auto(answered(prompt, choice, result))[0].text
    assert isinstance(json.loads(auto(asked(text, response_format=ResponseFormat("json_object")))[0].text or ""), dict)


def test_auto__megabytes_are_quick() -> None:
    assert auto(asked("tea " * 500_000))[0].text
    assert auto(answered(asked("x", tools=TOOLS), Choice(tool_calls=(ToolCall("run_code", "x"),)), "y" * 2_000_000))[
        0
    ].text


def test_completion__of_several_prompts_answers_each() -> None:
    nouns = ("house", "tree", "sea")
    messages = tuple(Message("user", f"What is the colour of the {noun}?") for noun in nouns)
    choices = auto(Prompt(format="legacy", messages=messages, n=6))
    for noun, choice in zip((noun for noun in nouns for _ in range(2)), choices, strict=True):
        assert [each in (choice.text or "") for each in nouns] == [each == noun for each in nouns]
