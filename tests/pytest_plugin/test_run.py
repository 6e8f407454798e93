"""A run of an agent as a whole: what `mock_llm` says and asserts of its turns, tools, cost, prompts and doubts."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from openai import OpenAI

from completions.pytest_plugin import calls
from completions.pytest_plugin.calls import Call
from completions.pytest_plugin.exchanges import Exchange
from completions.pytest_plugin.mock import MockLLM
from completions.pytest_plugin.snapshots import Snapshots, text_of

TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": name,
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
    for name in ("weather", "book")
]


def work(question: str, **more: Any) -> str:
    """Be an agent: call tools until the model answers."""
    messages: list[Any] = [{"role": "user", "content": question}]
    with OpenAI(max_retries=1) as client:
        while True:
            answer = client.chat.completions.create(model="gpt-4o", messages=messages, tools=TOOLS, **more)
            message = answer.choices[0].message
            if not message.tool_calls:
                return str(message.content)
            messages.append(message.model_dump(exclude_none=True))
            messages += [
                {"role": "tool", "tool_call_id": call.id, "content": f"{call.id} done"} for call in message.tool_calls
            ]


def plan(mock_llm: MockLLM) -> None:
    """Let the model ask for the weather in two cities, then book, then answer."""
    cities = [{"name": "weather", "arguments": {"city": city}} for city in ("Paris", "Rome")]
    book = [{"name": "book", "arguments": {"city": "Rome", "nights": 2}}]
    mock_llm.reply([{"tool_calls": cities}, {"tool_calls": book}, "Booked."])


def test_run__has_turns_tools_tokens_cost_and_time(mock_llm: MockLLM) -> None:
    assert (mock_llm.run.turns, mock_llm.run.tool_calls, mock_llm.run.seconds) == ([], [], 0.0)
    mock_llm.error(503, times=1, retry_after_ms=1)
    plan(mock_llm)
    assert work("A trip") == "Booked."
    run = mock_llm.run
    assert [turn.answer for turn in run.turns][-1] == "Booked."
    assert (len(run.turns), len(run.exchanges), run.retries) == (3, 4, 1)
    assert [(call.name, call.arguments, call.turn) for call in run.tool_calls] == [
        ("weather", {"city": "Paris"}, 1),
        ("weather", {"city": "Rome"}, 1),
        ("book", {"city": "Rome", "nights": 2}, 2),
    ]
    assert all(call.result == f"{call.id} done" for call in run.tool_calls)
    counted = [turn.said["usage"] for turn in run.turns]
    assert run.tokens.total == sum(usage["prompt_tokens"] + usage["completion_tokens"] for usage in counted)
    assert run.cost == pytest.approx(run.tokens.prompt * 2.5e-6 + run.tokens.completion * 1e-5)  # gpt-4o's prices
    assert run.seconds > 0
    assert "3 turns; tools: weather, weather, book" in repr(run)


def test_run__has_results_where_calls_have_no_ids(mock_llm: MockLLM) -> None:
    """As with Gemini: a result answers the first open call of its name."""
    cities = ("Paris", "Rome")
    calls = [{"name": "weather", "arguments": {"city": city}} for city in cities]
    mock_llm.reply([{"tool_calls": calls}, {"tool_calls": [{"name": "weather", "arguments": {"city": "Oslo"}}]}, "Go!"])
    contents: list[Any] = [{"role": "user", "parts": [{"text": "A trip"}]}]
    tools = [{"functionDeclarations": [{"name": "weather", "parameters": TOOLS[0]["function"]["parameters"]}]}]
    for _ in range(3):
        url = f"{mock_llm.url}/v1beta/models/gemini-2.5-flash:generateContent"
        answer = httpx.post(url, json={"contents": contents, "tools": tools}, trust_env=False).raise_for_status()
        said = answer.json()["candidates"][0]["content"]
        asked = [part["functionCall"] for part in said["parts"] if "functionCall" in part]
        results = [{"name": each["name"], "response": {"result": f"rain in {each['args']['city']}"}} for each in asked]
        contents += [said, {"role": "user", "parts": [{"functionResponse": each} for each in results]}]
    found = [(call.arguments["city"], call.result, call.turn) for call in mock_llm.run.tool_calls]
    assert found == [("Paris", "rain in Paris", 1), ("Rome", "rain in Rome", 1), ("Oslo", "rain in Oslo", 2)]


def test_run__has_no_calls_that_the_api_runs_itself(mock_llm: MockLLM) -> None:
    mock_llm.reply("It rains.")
    responses = {"model": "gpt-5", "input": "Rain?", "tools": [{"type": "web_search"}]}
    claude = {"model": "claude-sonnet-5", "max_tokens": 99, "messages": [{"role": "user", "content": "Rain?"}]}
    tools = [{"type": "web_search_20250305", "name": "web_search"}]
    httpx.post(f"{mock_llm.base_url}/responses", json=responses).raise_for_status()
    headers = {"anthropic-version": "2023-06-01"}
    answer = httpx.post(f"{mock_llm.base_url}/messages", json=claude | {"tools": tools}, headers=headers)
    assert answer.json()["content"][0]["type"] == "server_tool_use"
    assert [each.said["choices"][0]["tool_calls"][0]["kind"] for each in mock_llm.exchanges] == ["hosted", "hosted"]
    assert mock_llm.run.tool_calls == []
    mock_llm.assert_tools_called([])
    mock_llm.assert_no_warnings()
    assert "assert_tools_called" not in mock_llm.run.export()


def test_assert_tools_called__in_order_or_among_others(mock_llm: MockLLM) -> None:
    plan(mock_llm)
    work("A trip")
    mock_llm.assert_tools_called(["weather", ("weather", {"city": "Rome"}), ("book", {"nights": 2})])
    mock_llm.assert_tools_called([("book", {"city": {"icontains": "rom"}}), "weather"], strict=False)
    for wrong, strict in ((["weather", "book"], True), (["book", "weather", "weather"], True), (["fly"], False)):
        with pytest.raises(AssertionError) as caught:
            mock_llm.assert_tools_called(wrong, strict=strict)
        assert '3. book({"city": "Rome", "nights": 2})' in str(caught.value)
    with pytest.raises(AssertionError, match=re.escape('1. fly\n  2. book({"city": "Oslo", "nights": /2/})\n')):
        mock_llm.assert_tools_called(["fly", ("book", {"city": "Oslo", "nights": re.compile("2")})])
    with pytest.raises(AssertionError):
        mock_llm.assert_tools_called(["book", "book"], strict=False)


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        ("Rome", True),
        ("rome", False),
        (re.compile("^R"), True),
        (re.compile("^o"), False),
        (str.istitle, True),
        ({"startswith": "Ro", "endswith": "me"}, True),
        ({"startswith": "Ro", "endswith": "x"}, False),
        ({"regex": "R.me"}, True),
        ({"in": ["Rome", "Paris"]}, True),
        ({"name": "Rome"}, False),
    ],
)
def test_fits__an_argument_by_value_pattern_function_or_lookup(wanted: Any, fits: bool) -> None:
    assert calls.fits(Call("book", {"city": "Rome", "nights": 2}, "call_1", 1), ("book", {"city": wanted})) is fits


def test_are_among__finds_the_one_way_to_tell_calls_apart() -> None:
    made = [Call("f", {"a": 1, "b": 2}, "1", 1), Call("f", {"a": 1}, "2", 1)]
    assert calls.are_among([("f", {"a": 1}), ("f", {"b": 2})], made)
    assert not calls.are_among([("f", {"b": 2}), ("f", {"b": 2})], made)


@pytest.mark.parametrize(
    ("expected", "error"),
    [
        ("weather", "`expected` takes a list .*, not 'weather'"),
        ([3], "`expected` takes a list .*, not"),
        ([("f", {"a": {"icontains": "x", "icontain": "y"}})], "`icontain` is not a lookup"),
    ],
)
def test_assert_tools_called__refuses_what_says_nothing(mock_llm: MockLLM, expected: Any, error: str) -> None:
    with pytest.raises((TypeError, ValueError), match=error):
        mock_llm.assert_tools_called(expected)


def test_assert_cost_below__needs_known_prices(mock_llm: MockLLM) -> None:
    mock_llm.reply({"text": "x", "usage": {"prompt_tokens": 1000, "completion_tokens": 0}})
    work("Hello")
    mock_llm.assert_cost_below(0.003)
    with pytest.raises(AssertionError, match=r"cost \$0\.002500, which is not below \$0\.0025"):
        mock_llm.assert_cost_below(0.0025)
    with OpenAI() as client:
        client.chat.completions.create(model="house-model", messages=[{"role": "user", "content": "x"}])
    with pytest.raises(AssertionError, match="price of house-model is not known"):
        mock_llm.assert_cost_below(1)


def test_assert_all_rules_used__names_those_that_were_not(mock_llm: MockLLM) -> None:
    mock_llm.script("version: 1\nrules: [{name: spare, match: {last_user: never}, reply: x}]")
    mock_llm.reply("one", name="first")
    work("Hello")
    with pytest.raises(AssertionError, match=r"answered no request:\n  1\. spare\n"):
        mock_llm.assert_all_rules_used()
    work("never")
    mock_llm.reset()
    mock_llm.reply("one", name="first")
    work("Hello")
    mock_llm.assert_all_rules_used()


FORM: Any = {
    "type": "json_schema",
    "json_schema": {
        "name": "trip",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


@pytest.mark.parametrize(
    ("reply", "more", "warning"),
    [
        ('{"town": "Rome"}', {"response_format": FORM}, "does not fit the request's schema `trip`"),
        ("Rome", {"response_format": FORM}, "asks for JSON, but the answer is not JSON"),
        ('{"city": "Rome"}', {"response_format": FORM}, None),
        ({"text": "one two", "finish_reason": "length"}, {}, "was cut off at the token limit"),
        ("one two", {}, None),
    ],
)
def test_warnings__of_texts(mock_llm: MockLLM, reply: Any, more: Any, warning: str | None) -> None:
    mock_llm.reply(reply)
    work("Hello", **more)
    if warning is None:
        assert mock_llm.run.warnings == []
        mock_llm.assert_no_warnings()
    else:
        (told,) = mock_llm.run.warnings
        assert warning in told
        with pytest.raises(AssertionError, match="has warnings about its answers"):
            mock_llm.assert_no_warnings()


def test_warnings__of_calls(mock_llm: MockLLM) -> None:
    mock_llm.reply([{"tool_calls": [{"name": "book", "arguments": {"town": "Rome"}}]}, "Done."])
    work("Hello")
    assert mock_llm.run.warnings == ['1. The arguments of `book` do not fit its parameters: {"town":"Rome"}']


def test_prompts__are_held_against_a_file(mock_llm: MockLLM, tmp_path: Path) -> None:
    asked = {"text": "at 2026-01-02T03:04:05Z, by 123e4567-e89b-12d3-a456-426614174000\nfor Ann"}
    plan(mock_llm)
    work(json.dumps(asked) + "\nA trip")
    exchanges = mock_llm.run.exchanges
    writing, reading = (
        Snapshots(tmp_path, "test_a.py::test_b[c/d]", True),
        Snapshots(tmp_path, "test_a.py::test_b[c/d]"),
    )
    with pytest.raises(AssertionError, match=r"no snapshot .*yet; `pytest --mock-llm-update` creates it"):
        reading.check(exchanges, "", None)
    writing.check(exchanges, "", None)
    (file,) = (tmp_path / "prompts").iterdir()
    assert file.name == "test_a.py-test_b-c-d.yaml"
    assert "at <time>, by <uuid>" in file.read_text()
    assert exchanges[1].body["messages"][2]["tool_call_id"] not in file.read_text()
    mock_llm.reset()
    plan(mock_llm)
    work(json.dumps(asked).replace("2026", "2027") + "\nA trip")  # other ids, another time
    reading.check(mock_llm.run.exchanges, "", None)
    mock_llm.reset()
    plan(mock_llm)
    work(json.dumps(asked) + "\nA voyage")
    with pytest.raises(AssertionError) as caught:
        reading.check(mock_llm.run.exchanges, "", None)
    lines = [line.replace(" ", "") for line in str(caught.value).splitlines()]
    assert {"-Atrip", "+Avoyage"} <= set(lines)
    reading.check(mock_llm.run.exchanges, "", lambda text: text.replace("voyage", "trip"))


def asking(body: Any) -> Exchange:
    """Return an exchange of which only the request matters."""
    brief = {"path": "/ns/a/v1/responses", "retry": 0, "id": "r"}
    return Exchange(brief, lambda id: {"request": {"body": body}})


@pytest.mark.parametrize(
    "text", ["kind. \nbrief", "\tone\n\n  two\t\n", " \n \n\n three", "\n", "😀 \n\n", "a:\n- b \n# c\n---\n", "x\n  "]
)
def test_prompts__of_several_lines_are_lines_whatever_spaces_are_in_them(text: str) -> None:
    written = text_of([asking({"input": text})])
    assert yaml.safe_load(written) == [{"path": "/v1/responses", "body": {"input": text}}]
    assert written.count("\n") == text_of([asking({"input": "one"})]).count("\n") + len(text.splitlines())


def test_prompts__keep_the_ids_that_a_model_or_an_application_said() -> None:
    call = {"type": "tool_use", "id": "toolu_0123456789", "input": {"id": "A17", "order": [{"id": "B22"}]}}
    result = {"functionResponse": {"id": "fc-123456789", "response": {"id": "C33"}}}
    body = {"input": [{"id": "msg_0123456789", "content": [call, result]}], "metadata": {"id": "D44"}}
    written = text_of([asking(body)])
    assert all(id in written for id in ("A17", "B22", "C33", "D44"))
    assert not any(id in written for id in ("toolu_", "fc-", "msg_"))
