"""Matchers: each field with each lookup, how they combine, and how they explain themselves."""

import ast
import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from completions import views
from completions.conversation import Message, Prompt, ResponseFormat, Tool, ToolCall, ToolChoice
from completions.exceptions import ScriptError
from completions.script.grammar import schema
from completions.script.match.conditions import match
from completions.script.match.contradictions import contradiction
from completions.script.match.fields import FIELDS, STRUCTURED_FIELDS
from completions.script.match.lookups import LOOKUPS
from completions.script.match.matchers import Words
from completions.script.text.reading import read_text
from completions.wire.registry import WORK_FORMATS

CALLED = (
    Message("developer", "Be brief."),
    Message("user", "Weather in Köln?\nPlease"),
    Message("assistant", tool_calls=(ToolCall("get_weather", "{}", "call_1"),)),
    Message("tool", '{"rain": true}', tool_call_id="call_1"),
)

PROMPT = Prompt(
    format="chat",
    model="gpt-4o-mini",
    messages=CALLED,
    tools=(Tool("get_weather"), Tool("get_time")),
    tool_choice=ToolChoice("required", ("get_weather",)),
    response_format=ResponseFormat("json_schema", "answer"),
    stream=True,
    user="ann",
    metadata={"team": "red"},
    headers={"x-count": "7", "x-test": "Abc", "x-stainless-retry-count": "1", "idempotency-key": "stainless-1"},
    address={"dialect": "groq"},
    body={"temperature": 0.5, "seed": 2**53 + 1, "n": 0, "stop": [], "messages": [{"content": "hi"}], "user": "ann"},
)


@pytest.mark.parametrize("asked", ["llama3.2", "llama3.2:latest"])
@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("model: llama3.2", True),
        ("model: llama3.2:latest", True),
        ("model: [qwen3, llama3.2:latest]", True),
        ("model: {iexact: Llama3.2}", True),
        ("model: llama3.2:1b", False),
        ("model: {not: llama3.2:latest}", False),
        ("all: [{model: llama3.2}, {model: llama3.2:latest}]", True),
    ],
)
def test_match__takes_a_model_s_default_tag_for_none(condition: str, holds: bool, asked: str) -> None:
    prompt = replace(PROMPT, model=asked, user="a:latest")
    assert matcher(condition).matches(prompt) is holds
    assert not matcher("user: a").matches(prompt)
    assert contradiction(matcher(condition)) is None


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("model: gpt-4o-mini", "model: gpt-4o"),
        ("model: [gpt-4o, gpt-4o-mini]", "model: [gpt-4o]"),
        ("model: {startswith: gpt-}", "model: {startswith: o}"),
        ("model: {endswith: -mini}", "model: {endswith: -max}"),
        ("model: {iexact: GPT-4O-MINI}", "model: {iexact: GPT-4O}"),
        ("model: {exists: true}", "model: {exists: false}"),
        ("model: /^gpt-4/", "model: /^4/"),
        ("last_user: Weather", "last_user: weather"),
        ('last_user: {eq: "Weather in Köln?\\nPlease"}', "last_user: {eq: Weather}"),
        ("last_user: {icontains: KÖLN}", "last_user: {icontains: Bonn}"),
        ("last_user: /k.ln/i", "last_user: /k.ln/"),
        ("last_user: /^please$/im", "last_user: /^please$/i"),
        ("last_user: /Weather.*Please/s", "last_user: /Weather.*Please/"),
        ('last_user: {regex: "K.ln"}', 'last_user: {regex: "k.ln"}'),
        ("last_user: {contains: in, startswith: We}", "last_user: {contains: in, startswith: in}"),
        ("last_user: {any: [sun, Weather]}", "last_user: {any: [sun, snow]}"),
        ("last_user: {all: [in, Weather]}", "last_user: {all: [in, sun]}"),
        ("last_user: {not: sun}", "last_user: {not: Weather}"),
        ("system: brief", "system: long"),
        ("any_message: brief", "any_message: long"),
        ("any_message: rain", "any_message: [rain]"),
        ("any_message: {not: snow}", "any_message: {not: rain}"),
        ("turn: 1", "turn: 0"),
        ("turn: {gt: 0, lt: 2}", "turn: {gt: 1}"),
        ("turn: {gte: 1, lte: 1}", "turn: {lt: 1}"),
        ("turn: [0, 1]", "turn: {in: [0, 2]}"),
        ("tools: get_time", "tools: get_day"),
        ("tools: {exists: true}", "tools: {exists: false}"),
        ("tools: {startswith: get_}", "tools: {startswith: set_}"),
        ("tools: [get_day, get_time]", "tools: [get_day]"),
        ("tool_choice: required", "tool_choice: auto"),
        ("tool_choice: get_weather", "tool_choice: get_time"),
        ("tool_result: rain", "tool_result: snow"),
        ("tool_result: {name: get_weather}", "tool_result: {name: get_time}"),
        ("tool_result: {name: get_weather, text: {contains: rain}}", "tool_result: {name: get_weather, text: snow}"),
        ("tool_result: {name: get_weather, contains: rain}", "tool_result: {name: get_weather, contains: snow}"),
        ("tool_result: {exists: true}", "tool_result: {exists: false}"),
        ("tool_result: {not: snow}", "tool_result:"),
        ("response_format: json_schema", "response_format: text"),
        ("response_format: answer", "response_format: question"),
        ("format: chat", "format: legacy"),
        ("stream: true", "stream: false"),
        ("header: {X-Test: Abc}", "header: {X-Test: abc}"),
        ("header: {x-count: 7}", "header: {x-count: 8}"),
        ("header: {x-count: {gt: 6}}", "header: {x-count: {gt: 7}}"),
        ("header: {x-test: {gt: 6}, x-count: 7}", None),
        ("header: {x-none: }", "header: {x-test: }"),
        ("user: ann", "user: an"),
        ("metadata: {team: red}", "metadata: {team: blue}"),
        ("metadata: {team: {in: [red, blue]}}", "metadata: {crew: red}"),
        ("expr: messages[0].content == 'hi'", "expr: messages[1]"),
        ("expr: n", "expr: stop"),
        ('expr: "length(messages) == `1`"', "expr: length(temperature)"),
        ("expr: {temperature: {lt: 1}}", "expr: {temperature: {gt: 1}}"),
        ("expr: {seed: {gt: 9007199254740992}}", "expr: {seed: {gt: 9007199254740993}}"),
        ("expr: {temperature: 0.5, user: ann}", "expr: {temperature: 0.5, user: bob}"),
        ("expr: {n: 0}", "expr: {n: false}"),
        ('expr: {"messages[].content": {contains: hi}}', 'expr: {"messages[].content": {contains: h}}'),
        ('expr: {"[n, `5`]": {contains: 5}}', 'expr: {"[n, `5`]": {contains: "5"}}'),
        ("dialect: groq", "dialect: [azure, vllm]"),
        ("retry: 1", "retry: 0"),
        ("retry: {gt: 0}", "retry: {gt: 1}"),
        ("idempotency_key: {startswith: stainless-}", "idempotency_key: x"),
        ("{model: gpt-4o-mini, turn: 1}", "{model: gpt-4o-mini, turn: 2}"),
        ("any: [{turn: 0}, {model: gpt-4o-mini}]", "any: [{turn: 0}, {model: x}]"),
        ("all: [{turn: 1}, {user: ann}]", "all: [{turn: 1}, {user: bob}]"),
        ("not: {model: x}", "not: {model: gpt-4o-mini}"),
        ("{}", "not: {}"),
    ],
)
def test_match__holds_or_not(yes: str, no: str | None) -> None:
    if no is None:
        no, yes = yes, "{}"
    assert matcher(yes).matches(PROMPT)
    assert matcher(yes).why_not(PROMPT) is None
    assert matcher(yes).distance(PROMPT, Words()) == 0
    assert not matcher(no).matches(PROMPT)
    assert matcher(no).why_not(PROMPT)
    assert matcher(no).distance(PROMPT, Words()) > 0


def matcher(text: str) -> Any:
    return match(read_text(text, "m.yaml"))


@pytest.mark.parametrize("field", [*FIELDS, "tool_result", "expr"])
def test_fields__are_all_tried_above(field: str) -> None:
    table = vars(test_match__holds_or_not)["pytestmark"][0].args[1]
    assert any(row[0].startswith((f"{field}:", f"{{{field}:")) for row in table)


@pytest.mark.parametrize("lookup", LOOKUPS)
@pytest.mark.parametrize("field", ["last_user", "model"])
def test_lookups__each_on_nothing_fits_only_exists_false(field: str, lookup: str) -> None:
    operand = {"in": "[a]", "exists": "true", "gt": 1, "gte": 1, "lt": 1, "lte": 1}.get(lookup, "a")
    assert not matcher(f"{field}: {{{lookup}: {operand}}}").matches(Prompt())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("model: gpt-4o", "model is 'gpt-4o' (saw 'gpt-4o-mini')"),
        ("model: {iexact: x}", "model is, ignoring case, 'x' (saw 'gpt-4o-mini')"),
        ("last_user: sun", "last_user contains 'sun' (saw 'Weather in Köln?\\nPlease')"),
        ("last_user: {icontains: sun}", "last_user contains, ignoring case, 'sun' (saw 'Weather in Köln?\\nPlease')"),
        ("system: {startswith: x}", "system starts with 'x' (saw 'Be brief.')"),
        ("system: {endswith: x}", "system ends with 'x' (saw 'Be brief.')"),
        ("system: /x+/i", "system matches /x+/i (saw 'Be brief.')"),
        ("user: [bob, eve]", "user is one of ['bob', 'eve'] (saw 'ann')"),
        ("turn: {gt: 1}", "turn is over 1 (saw 1)"),
        ("turn: {gte: 2}", "turn is at least 2 (saw 1)"),
        ("turn: {lt: 1}", "turn is under 1 (saw 1)"),
        ("turn: {lte: 0}", "turn is at most 0 (saw 1)"),
        ("tools: {exists: false}", "tools exists: false (saw ['get_weather', 'get_time'])"),
        ("stream: false", "stream is false (saw true)"),
        ("tool_choice: {exists: false}", "tool_choice exists: false (saw ['required', 'get_weather'])"),
        ("header: {x-none: a}", "header `x-none` is 'a' (saw nothing)"),
        ("expr: stop", "expr `stop` is true (saw [])"),
        ("expr: {temperature: 1}", "expr `temperature` is 1 (saw 0.5)"),
        ("tool_result: {name: x}", "tool_result.name is 'x' (saw 'get_weather')"),
        ("not: {turn: 1}", "not (turn is 1) (saw 1)"),
        ("any: [{turn: 0}, {user: bob}]", "turn is 0 or user is 'bob' (saw 1, 'ann')"),
        ("any: [{turn: 0, user: a}, {turn: 3}]", "(turn is 0 and user is 'a') or turn is 3 (saw 1, 'ann', 1)"),
        ("{turn: 1, user: bob, model: x}", "user is 'bob' (saw 'ann')"),
    ],
)
def test_why_not__names_the_condition_and_what_it_saw(text: str, why: str) -> None:
    assert matcher(text).why_not(PROMPT) == why


def test_why_not__is_cut_short() -> None:
    why = matcher("last_user: sun").why_not(Prompt(messages=(Message("user", "x" * 1_000_000),)))
    assert why == f"last_user contains 'sun' (saw '{'x' * 59}…')"


@pytest.mark.parametrize(
    ("nearer", "farther"),
    [
        ("{turn: 1, user: bob}", "{turn: 0, user: bob}"),
        ("last_user: {eq: Weather in Bonn}", "last_user: {eq: Sun on sea}"),
        ("any: [{turn: 0}, {last_user: weather in Bonn}]", "turn: 0"),
        ("tools: {eq: get_weather now}", "tools: set now"),
    ],
)
def test_distance__is_less_for_what_is_nearer(nearer: str, farther: str) -> None:
    prompt = Prompt(messages=CALLED, tools=(Tool("get_weather"),))
    assert 0 < matcher(nearer).distance(prompt, Words()) < matcher(farther).distance(prompt, Words())


def test_match__is_equal_to_the_same_condition() -> None:
    text = "{last_user: /a/i, header: {X-A: b}, expr: n, any: [{turn: 1}]}"
    assert matcher(text) == matcher(text) != matcher(text.replace("/a/i", "/a/"))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("las_user: a", "m.yaml:1: `las_user` is not known here; allowed: model, last_user, "),
        ("las_user: a", "Did you mean `last_user`?"),
        (
            "turn: 1\nlast_user:\n  contians: a",
            "m.yaml:3: `last_user.contians` is not known here; allowed: eq, iexact,",
        ),
        ("last_user: {contians: a}", "Did you mean `contains`?"),
        ("last_user: {equals: a}", "Did you mean `eq`?"),
        ("last_user: {matches: a}", "Did you mean `regex`?"),
        ("last_user: {ne: a}", "Did you mean `not`?"),
        ("turn: {'>': 1}", "Did you mean `gt`?"),
        ("or: [{user: a}]", "Did you mean `any`?"),
        ("temperature: 1", "Did you mean `expr`?"),
        ("turn: {contains: 1}", "`turn.contains` is not known here; allowed: eq, in, gt, gte, lt, lte, all, any, not."),
        ("turn: one", "m.yaml:1: `turn` must be a number, not 'one'."),
        ("turn: true", "`turn` must be a number, not true."),
        ("turn: ", "`turn` must be a number, not null."),
        ("stream: ", "`stream` must be true or false, not null."),
        ("turn: {in: 1}", "`turn.in` must be a list, not 1."),
        ("model: {exists: maybe}", "`model.exists` must be true or false, not 'maybe'."),
        ("model: {eq: [a]}", '`model.eq` must be a string, not ["a"].'),
        ("model: {eq: }", "`model.eq` must be a string, not null."),
        ("stream: sometimes", "`stream` must be true or false, not 'sometimes'."),
        ("last_user: /[/", "`last_user` is not a regular expression: unterminated character set at position 0."),
        ("last_user: {regex: (}", "`last_user.regex` is not a regular expression: missing ), unterminated subpattern"),
        ("expr: '[['", "m.yaml:1: `expr` is not JMESPath: "),
        ("expr: '!a[?lower(b)]'", "`expr` is not JMESPath: there is no function lower(); there is abs, avg, "),
        ("expr: temperature > 1", 'token "1" (NUMBER). Write numbers in backquotes: `1`.'),
        ("expr: a ||", "is not JMESPath: Incomplete expression."),
        ("last_user__icontains: a", " Write `last_user: {icontains: …}`."),
        ("expr: {'a..b': 1}", "m.yaml:1: `expr.a..b` is not JMESPath: "),
        ("header: a", "`header` must be a mapping, not 'a'."),
        ("tool_result: {nam: a}", "Did you mean `name`?"),
        ("any: []", "`any` must have at least one condition."),
        ("all: {turn: 1}", '`all` must be a list, not {"turn": 1}.'),
        ("not: [turn]", '`not` must be a mapping, not ["turn"].'),
        ("any:\n- turn: 1\n- trun: 2", "m.yaml:3: `any[1].trun` is not known here"),
        ("- turn", 'the script must be a mapping, not ["turn"].'),
    ],
)
def test_match__errors(text: str, error: str) -> None:
    with pytest.raises(ScriptError) as caught:
        matcher(text)
    assert error in str(caught.value)


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("format: Chat", "must be one of anthropic, anthropic_file, anthropic_skill, "),
        ("format: Chat", "xai_batch, not 'Chat'. Did you mean `chat`?"),
        ("format: [chat, Responses]", "`format[1]` must be one of anthropic, "),
        ("format: {eq: openai}", "`format.eq` must be one of anthropic, "),
        ("format: {in: [chat, openai]}", "`format.in[1]` must be one of anthropic, "),
        ("format: {icontains: openai}", "`format.icontains` matches none of anthropic, "),
        ("format: {endswith: Chat}", "`format.endswith` matches none of anthropic, "),
        ("format: /^Chat/", "`format` matches none of anthropic, "),
        ("format: {regex: ^x$}", "`format.regex` matches none of anthropic, "),
        ("format: {not: Chat}", "`format.not` must be one of anthropic, "),
        ("format: {any: [chat, {iexact: openai}]}", "`format.any[1].iexact` matches none of anthropic, "),
        ("format: {gt: 1}", "`format.gt` matches none of anthropic, "),
        ("not: {any: [{dialect: openai}]}", "`not.any[0].dialect` must be one of azure, cerebras, cohere, "),
        ("request: {format: Chat, model: m}", "`request.format` must be one of anthropic, "),
    ],
)
def test_match__of_a_closed_list_refuses_what_is_not_in_it(condition: str, why: str) -> None:
    """A name that no request has would match nothing, in silence."""
    with pytest.raises(ScriptError, match=r"^m\.yaml:1: ") as caught:
        matcher(condition)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    "condition",
    ["/^CHAT$/i", "{startswith: cohere}", "{iexact: CHAT}", "null", "{in: [batch, chat]}"],
)
def test_match__of_a_closed_list_takes_what_fits_one_of_it(condition: str) -> None:
    matcher(f"format: {condition}")


def test_format__has_each_name_by_which_rules_pace_work() -> None:
    """The views pass the format of their work to these functions, as the second or third argument."""
    named, root = {"scripted_outcome": 1, "scripted_id": 2, "keep_version": 1, "keep_new": 1}, Path(views.__path__[0])
    found = {
        getattr(importlib.import_module(".".join(["completions.views", *file.relative_to(root).parts])), argument.id)
        for file in (each.with_suffix("") for each in root.rglob("*.py"))
        for call in ast.walk(ast.parse(file.with_suffix(".py").read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in named
        if isinstance(argument := call.args[named[call.func.id]], ast.Name) and argument.id.isupper()
    }
    assert found == set(WORK_FORMATS)


def test_grammar__has_each_field_and_lookup() -> None:
    definitions: Any = schema()["$defs"]
    assert definitions["match"]["properties"].keys() == {*FIELDS, *STRUCTURED_FIELDS, "all", "any", "not"}
    assert definitions["name_condition"]["anyOf"][0]["properties"].keys() == {*LOOKUPS, "all", "any", "not"}


@pytest.mark.parametrize("lookup", [name for name in LOOKUPS if name not in ("exists", "gt", "gte", "lt", "lte")])
@pytest.mark.parametrize("field", ["model", "user", "header: {x-none", "metadata: {none", "tool_result"])
def test_missing_field__is_not_the_text_none(field: str, lookup: str) -> None:
    """What is missing is Python's None, whose text must not be compared."""
    operand = "[None]" if lookup == "in" else "None"
    close = "}" if "{" in field else ""
    assert not matcher(f"{field}: {{{lookup}: {operand}}}{close}").matches(Prompt())


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("any: [{all: [{turn: 0}]}, {user: bob}]", "turn is 0 or user is 'bob'"),
        ("any: [{turn: 0, user: bob}, {model: x}]", "(turn is 0 and user is 'bob') or model is 'x'"),
        ("all: [{any: [{turn: 0}, {turn: 2}]}, {user: bob}]", "(turn is 0 or turn is 2) and user is 'bob'"),
        ("not: {any: [{turn: 0}, {user: bob}], model: x}", "not ((turn is 0 or user is 'bob') and model is 'x')"),
    ],
)
def test_claim__has_brackets_around_what_belongs_together(text: str, claim: str) -> None:
    assert matcher(text).claim() == claim


@pytest.mark.parametrize(
    ("header", "value", "seen"),
    [
        ("authorization", "Bearer sk-proj-0123456789abcdef0123456789abcdef", "'Bearer sk-p…cdef'"),
        ("x-api-key", "sk-ant-api03-0123456789abcdef0123456789abcdef", "'sk-ant-api0…cdef'"),
        ("authorization", "Bearer test", "'Bearer test'"),
        ("x-team", "the team that asks for all of this", "'the team that asks for all of this'"),
    ],
)
def test_why_not__shows_of_a_key_only_its_ends(header: str, value: str, seen: str) -> None:
    asked = replace(PROMPT, headers={header: value})
    assert matcher(f"header: {{{header}: other}}").why_not(asked) == f"header `{header}` is 'other' (saw {seen})"
