"""What replies and errors say: texts, templates, tool calls, JSON, Python functions."""

import asyncio
import json
import math
import re
import time
from email.utils import parsedate_to_datetime
from typing import Any, cast

import pytest

from completions import budget
from completions.conversation import Choice, Message, Moderation, Prompt, Reply, ToolCall, Usage
from completions.exceptions import AuthorError, RequestError, ScriptError
from completions.script.reply.replies import Fixed
from tests.scripts import asked, rules, script

NASTY = 'a "quote", a \\ and a \n newline, {{ braces }}, {% tags %}, <b> & 🎉 é'


def answer(text: str, prompt: Prompt | None = None) -> Any:
    return script(rules(f"- reply: {text}")).rules[0].answers[0](prompt or asked())


def choice(text: str, prompt: Prompt | None = None) -> Choice:
    (only,) = answer(text, prompt).choices
    assert isinstance(only, Choice)
    return only


def after_tool(said: str) -> Prompt:
    call = Message("assistant", tool_calls=(ToolCall("get_weather", "{}", "c1"),))
    return asked(messages=(Message("user", "Weather?"), call, Message("tool", said, tool_call_id="c1")))


@pytest.mark.parametrize("text", ["Hi", "'{ one brace } %}'", "{text: Hi}", "{text: ''}"])
def test_text__without_a_template_is_made_once(text: str) -> None:
    made = script(rules(f"- reply: {text}")).rules[0].answers[0]
    assert isinstance(made, Fixed)
    assert made(asked("a")) is made(asked("b"))


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("You said {{ prompt.last_user }}", "You said Hello"),
        ("{{ prompt.last_user|upper }} on turn {{ turn }}, {{ prompt.turn }}", "HELLO on turn 0, 0"),
        ("{{ prompt.model }} {{ prompt.system }}{{ prompt.messages.0.role }}", "gpt-4o user"),
        ("{{ prompt.body.messages.0.content }}", "Hello"),
        ("{% if turn %}again{% else %}first{% endif %}", "first"),
        ("{% for message in prompt.messages %}{{ message.text }}{% endfor %}", "Hello"),
        ("{{ prompt.tool_result.temp }}{{ prompt.tool_result.text }}{{ prompt.metadata.none }}", ""),
        ("{{ prompt.last_user|length }} {{ 1234567 }} {{ 1.5 }}", "5 1234567 1.5"),
    ],
)
def test_template__over_the_prompt(template: str, text: str) -> None:
    assert choice(json.dumps(template)).text == text


@pytest.mark.parametrize(
    ("said", "template", "text"),
    [
        (
            '{"temp": 21.5, "sky": ["blue"]}',
            "{{ prompt.tool_result.temp }} {{ prompt.tool_result.sky.0 }}",
            "21.5 blue",
        ),
        ('{"name": "Bob"}', "{{ prompt.tool_result.name }} {{ prompt.tool_result.json.name }}", "get_weather Bob"),
        ("[1, 2]", "{{ prompt.tool_result.json.1 }}{{ prompt.tool_result.temp }}", "2"),
        (
            "not JSON",
            "{{ prompt.tool_result }}, {{ prompt.tool_result.text }}{{ prompt.tool_result.json.a }}",
            "not JSON, not JSON",
        ),
        ('{"items": 3}', "{{ prompt.tool_result.items }}", "3"),
    ],
)
def test_template__reaches_into_a_tool_result(said: str, template: str, text: str) -> None:
    assert choice(json.dumps(template), after_tool(said)).text == text


@pytest.mark.parametrize("field", ["text", "refusal", "reasoning"])
def test_template__values_land_in_fields(field: str) -> None:
    made = choice(f"{{{field}: '{{{{ prompt.last_user }}}}'}}", asked(NASTY))
    assert getattr(made, field) == NASTY


def test_template__values_land_in_json_and_arguments() -> None:
    made = choice("{json: {a: ['{{ prompt.last_user }}', 1, null, true]}}", asked(NASTY))
    assert json.loads(made.text or "") == {"a": [NASTY, 1, None, True]}
    made = choice("{tool_calls: {name: f, arguments: {a: {b: '{{ prompt.last_user }}'}}}}", asked(NASTY))
    assert json.loads(made.tool_calls[0].arguments) == {"a": {"b": NASTY}}


def test_json__is_compact_and_keeps_order_and_letters() -> None:
    assert choice("{json: {b: é, a: [1, 2.5]}}").text == '{"b":"é","a":[1,2.5]}'
    assert choice("{json: [ ]}").text == "[]"
    assert choice("{json: null}").text == "null"


def test_echo__is_the_last_user_message() -> None:
    assert choice("{echo: true, reasoning: Hm}", asked(NASTY)) == Choice(text=NASTY, reasoning="Hm")
    assert choice("{choices: [{echo: true}]}", asked(NASTY)).text == NASTY


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("{name: f}", [ToolCall("f", "{}")]),
        ("{name: f, arguments: {a: 1, b: [x]}}", [ToolCall("f", '{"a":1,"b":["x"]}')]),
        ("[{name: f, id: c1}, {name: g, id: 'c{{ turn }}'}]", [ToolCall("f", "{}", "c1"), ToolCall("g", "{}", "c0")]),
        ("{name: sql, arguments: 'SELECT {{ turn }}'}", [ToolCall("sql", "SELECT 0", kind="custom")]),
        ("{name: f, type: function, arguments: '{broken'}", [ToolCall("f", "{broken")]),
        ("{name: '{{ prompt.last_user }}'}", [ToolCall("Hello", "{}")]),
    ],
)
def test_tool_calls__one_or_several(text: str, calls: list[ToolCall]) -> None:
    assert list(choice(f"{{tool_calls: {text}}}").tool_calls) == calls


def test_reply__every_field() -> None:
    made = answer(
        """
        text: Hi
        reasoning: Hm
        annotations: [{type: url_citation, url_citation: {url: 'https://a.b/{{ turn }}', start_index: 0}}]
        finish_reason: length
        id: chatcmpl-{{ turn }}
        created: 5
        model: gpt-{{ turn }}
        usage: {prompt_tokens: 1, completion_tokens: 2, cached_tokens: 1, reasoning_tokens: 2}
    """.replace("\n", "\n    ")
    )
    citation = {"type": "url_citation", "url_citation": {"url": "https://a.b/0", "start_index": 0}}
    counts = {"prompt_tokens": 1, "completion_tokens": 2, "cached_tokens": 1, "reasoning_tokens": 2}
    assert made == Reply(
        (Choice("Hi", "length", (), None, "Hm", (citation,)),), "chatcmpl-0", 5, "gpt-0", counts=counts
    )


def test_choices__several_texts() -> None:
    made = answer("{choices: [a, {text: b, finish_reason: length}, {json: {c: 1}}, {refusal: d}], id: x}")
    assert [choice.text for choice in made.choices] == ["a", "b", '{"c":1}', None]
    assert (made.choices[1].finish_reason, made.choices[3].refusal, made.id) == ("length", "d", "x")


def text_of(prompt: Prompt) -> str:
    return f"{prompt.last_user}!"


async def later(prompt: Prompt) -> Reply:
    return Reply((Choice(text="later"),), id="own")


def choice_of(prompt: Prompt) -> Choice:
    return Choice(text="one")


def choices_of(prompt: Prompt) -> list[Choice]:
    return [Choice(text="one"), Choice(text="two")]


def refuses(prompt: Prompt) -> str:
    raise RequestError("No.", status=418)


async def refuses_later(prompt: Prompt) -> str:
    raise RequestError("No.", status=418)


def breaks(prompt: Prompt) -> str:
    raise KeyError("a bug")


def nothing(prompt: Prompt) -> None:
    return None


async def called(function: str, more: str = "") -> Any:
    made = answer(f"{{python: '{__name__}:{function}'{more}}}")
    return made if isinstance(made, (Reply, RequestError)) else await made


@pytest.mark.parametrize(
    ("function", "texts"),
    [("text_of", ["Hello!"]), ("later", ["later"]), ("choice_of", ["one"]), ("choices_of", ["one", "two"])],
)
async def test_python__returns_what_it_likes(function: str, texts: list[str]) -> None:
    assert [choice.text for choice in (await called(function)).choices] == texts


async def test_python__facts_go_over_its_reply() -> None:
    assert (await called("later")).id == "own"
    assert (await called("later", ", id: script, model: m")).id == "script"


@pytest.mark.parametrize("function", ["refuses", "refuses_later"])
async def test_python__a_request_error_is_its_answer(function: str) -> None:
    refused = await called(function)
    assert (refused.status, refused.message) == (418, "No.")


def leaves(prompt: Prompt) -> str:
    raise SystemExit(3)


async def leaves_later(prompt: Prompt) -> str:
    raise KeyboardInterrupt


def has_an_end(prompt: Prompt) -> str:
    raise StopIteration


def times_out(prompt: Prompt) -> str:
    raise TimeoutError("mine")


class Mute(Exception):
    def __str__(self) -> str:
        raise ValueError


def is_mute(prompt: Prompt) -> str:
    raise Mute


async def cancels_itself(prompt: Prompt) -> str:
    cast("asyncio.Task[object]", asyncio.current_task()).cancel()
    await asyncio.sleep(1)
    return "late"


@pytest.mark.parametrize(
    ("function", "why"),
    [
        ("is_mute", "raised Mute"),
        ("cancels_itself", "cancelled itself"),
        ("breaks", "raised KeyError: 'a bug'"),
        ("nothing", "must return a Reply, Choices or a string, not None"),
        ("leaves", "raised SystemExit: 3"),
        ("leaves_later", "raised KeyboardInterrupt"),
        ("has_an_end", "raised StopIteration"),
        ("times_out", "raised TimeoutError: mine"),
    ],
)
async def test_python__whatever_it_raises_is_an_error_of_the_author(function: str, why: str) -> None:
    with pytest.raises(AuthorError) as raised:
        await called(function)
    assert (raised.value.code, str(raised.value)) == ("python_failed", f"{__name__}:{function} {why}")


async def stops_the_loop(prompt: Prompt) -> str:
    asyncio.get_running_loop().stop()
    await asyncio.sleep(0)
    return "on"


async def test_python__a_function_that_stops_its_loop_stops_no_other() -> None:
    assert [choice.text for choice in (await called("stops_the_loop")).choices] == ["on"]
    assert [choice.text for choice in (await called("later")).choices] == ["later"]


WRONG: dict[str, Any] = {
    "choices": Reply(()),
    "choices[0].text": Choice(text=cast(str, 5)),
    "choices[1].finish_reason": [Choice(text="a"), Choice(finish_reason=cast(str, ["stop"]))],
    "choices[0].tool_calls": Choice(tool_calls=cast(tuple[ToolCall], ToolCall("a", "{}"))),
    "choices[0].tool_calls[0]": Choice(tool_calls=(cast(ToolCall, {"name": "a"}),)),
    "choices[0].tool_calls[0].kind": Choice(tool_calls=(ToolCall("a", "{}", kind=cast(Any, "tool")),)),
    "choices[0].embedding[0]": Choice(embedding=(float("nan"),)),
    "choices[0].moderation.flagged": Choice(moderation=Moderation({}, cast(bool, 1))),
    "choices[0].annotations[0]": Choice(annotations=({"a": object()},)),
    "choices[0].refusal": Choice(refusal="\ud800"),
    "id": Reply((Choice(text="a"),), id=cast(str, 5)),
    "created": Reply((Choice(text="a"),), created=-1),
    "usage.prompt_tokens": Reply((Choice(text="a"),), usage=Usage(-1, 1)),
    "status": RequestError("a", status=200),
    "message": RequestError(cast(str, 5)),
    "headers": RequestError("a", headers={"a b": "c"}),
    "headers['a']": RequestError("a", headers={"a": "b\r\nc"}),
}
"""Where something is wrong in what a function answers."""


def wrong(prompt: Prompt) -> Any:
    answer = WRONG[prompt.last_user]
    if isinstance(answer, RequestError):
        raise answer
    return answer


@pytest.mark.parametrize("place", sorted(WRONG))
async def test_python__an_answer_that_no_api_could_send_is_an_error_of_the_author(place: str) -> None:
    with pytest.raises(AuthorError, match=f"^what {__name__}:wrong answers cannot be sent: `{re.escape(place)}`"):
        await answer(f"{{python: '{__name__}:wrong'}}", asked(place))


def sleeps(prompt: Prompt) -> str:
    time.sleep(5)
    return "late"


async def sleeps_later(prompt: Prompt) -> str:
    time.sleep(1)  # noqa: ASYNC251  # as an author might
    await asyncio.sleep(5)
    return "late"


@pytest.mark.parametrize("function", ["sleeps", "sleeps_later"])
async def test_python__what_takes_too_long_is_an_error_and_blocks_nothing(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "PYTHON_SECONDS", 0.2)
    task = asyncio.create_task(called(function))
    turns = 0
    while not task.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 1
    with pytest.raises(AuthorError, match=r"has not answered within 0\.2 s"):
        await task


def error(text: str, prompt: Prompt | None = None) -> RequestError:
    made = script(rules(f"- error: {text}")).rules[0].answers[0](prompt or asked())
    assert isinstance(made, RequestError)
    return made


@pytest.mark.parametrize(
    ("text", "status", "kind", "code"),
    [
        ("400", 400, "invalid_request_error", None),
        ("{status: 400, code: context_length_exceeded}", 400, "invalid_request_error", "context_length_exceeded"),
        ("401", 401, "invalid_request_error", "invalid_api_key"),
        ("403", 403, "invalid_request_error", "unsupported_country_region_territory"),
        ("404", 404, "invalid_request_error", "model_not_found"),
        ("409", 409, "invalid_request_error", "conflict"),
        ("413", 413, "invalid_request_error", "request_too_large"),
        ("418", 418, "invalid_request_error", None),
        ("422", 422, "invalid_request_error", "unprocessable_entity"),
        ("429", 429, "requests", "rate_limit_exceeded"),
        ("{status: 429, type: tokens}", 429, "tokens", "rate_limit_exceeded"),
        ("{status: 429, code: insufficient_quota}", 429, "insufficient_quota", "insufficient_quota"),
        ("{status: 429, code: own}", 429, "requests", "own"),
        ("{status: 401, code: null}", 401, "invalid_request_error", None),
        ("500", 500, "server_error", None),
        ("502", 502, "server_error", "bad_gateway"),
        ("503", 503, "server_error", "service_unavailable"),
        ("529", 529, "overloaded_error", "overloaded"),
        ("599", 599, "server_error", None),
    ],
)
def test_error__has_what_usually_comes_with_its_status(text: str, status: int, kind: str, code: str | None) -> None:
    made = error(text)
    assert (made.status, made.type, made.code, made.param, made.headers) == (status, kind, code, None, {})
    assert made.message
    assert "{{" not in made.message


def test_error__says_what_the_script_says() -> None:
    made = error("{status: 400, param: n, message: 'No {{ prompt.last_user }}', headers: {x-a: 1, x-b: yes}}")
    assert (made.message, made.param, made.headers) == ("No Hello", "n", {"x-a": "1", "x-b": "yes"})
    assert "`gpt-4o`" in error("404").message


@pytest.mark.parametrize(("wait", "seconds"), [(0, "0"), (1, "1"), (1000, "1"), (1500, "2")])
def test_error__retry_after_in_both_headers(wait: int, seconds: str) -> None:
    headers = error(f"{{status: 429, retry_after_ms: {wait}}}").headers
    assert headers == {"retry-after-ms": str(wait), "retry-after": seconds}


@pytest.mark.parametrize(
    ("written", "headers"),
    [
        ("retry_after: 2", {"retry-after": "2"}),
        ("retry_after: 0.5", {"retry-after": "0.5"}),
        ("retry_after: 'Wed, 21 Oct 2026 07:28:00 GMT'", {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}),
        ("retry_after_ms: 10, retry_after: 130", {"retry-after-ms": "10", "retry-after": "130"}),
        ("should_retry: true", {"x-should-retry": "true"}),
        ("should_retry: false", {"x-should-retry": "false"}),
    ],
)
def test_error__tells_clients_whether_and_when_to_try_again(written: str, headers: dict[str, str]) -> None:
    assert error(f"{{status: 500, {written}}}").headers == headers


@pytest.mark.parametrize("seconds", [0, 0.5, 30])
def test_error__retry_after_as_a_date_is_counted_from_each_answer(seconds: float) -> None:
    before = time.time()
    header = error(f"{{status: 429, retry_after_date: {seconds}}}").headers["retry-after"]
    assert header.endswith(" GMT")
    assert before + seconds <= parsedate_to_datetime(header).timestamp() <= math.ceil(time.time() + seconds)


def test_error__is_a_new_one_each_time() -> None:
    made = script(rules("- error: 500")).rules[0].answers[0]
    assert made(asked()) is not made(asked())


@pytest.mark.parametrize(("written", "read"), [("-0.5", (-0.5,)), ("[0, -1.5]", (0.0, -1.5))])
def test_logprobs__one_for_all_or_a_list(written: str, read: tuple[float, ...]) -> None:
    (answer,) = script(rules(f"- reply: {{text: Hi, logprobs: {written}}}")).rules[0].answers
    assert isinstance(answer, Fixed)
    assert answer.reply.choices[0].logprobs == read


@pytest.mark.parametrize("written", ["0.5", "[]", "high", "[-1, 1]"])
def test_logprobs__must_be_possible(written: str) -> None:
    with pytest.raises(ScriptError, match=r"script\.yaml:3: `rules\[0\]\.reply\.logprobs"):
        script(rules(f"- reply: {{text: Hi, logprobs: {written}}}"))
