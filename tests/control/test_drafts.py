"""The control API on what might be: lint, a request that is only tried, and the rule that an exchange makes."""

import json
from typing import Any

import pytest
import yaml
from pytest_django import Settings

from completions.receive.handler import Handler
from completions.script.reply.literal import literal
from tests.asgi import call
from tests.control.client import ask, control, said, told
from tests.scripts import rules

pytestmark = pytest.mark.usefixtures("world")

HELLO = {"role": "user", "content": "Hello"}


async def tried(request: object, **more: object) -> Any:
    return await told("POST", "script/try", json.dumps({"request": request, **more}))


def chat(text: str, **more: object) -> dict[str, object]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **more}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rules("- {name: a, match: {last_user: a}, reply: A}"), []),
        ("version: 1\nrules:\n  - {rply: a}", [("error", 3, "rules[0].rply", "is not known here")]),
        ("version: 1\nrules: [", [("error", 2, None, "is not YAML")]),
        ("", [("error", None, None, "is empty")]),
        (
            "version: 1\nrules:\n  - reply: All.\n  - {name: late, reply: Never.}",
            [("warning", 4, None, "'late' never answers")],
        ),
    ],
)
async def test_lint__names_the_line(text: str, expected: list[tuple[str, int | None, str | None, str]]) -> None:
    found = await told("POST", "script/lint", json.dumps({"text": text}))
    assert len(found["problems"]) == len(expected)
    for problem, (kind, line, field, message) in zip(found["problems"], expected, strict=True):
        assert (problem["kind"], problem["line"], problem["field"]) == (kind, line, field)
        assert message in problem["message"]
    assert (found["rules"] is None) is any(kind == "error" for kind, *_ in expected)


async def test_lint__changes_nothing() -> None:
    before = await told("GET", "script")
    await told("POST", "script/lint", json.dumps({"text": rules("- reply: Other.")}))
    assert await told("GET", "script") == before


async def test_lint__sees_the_rules_that_were_pushed() -> None:
    await told("POST", "rules", "{name: twice, reply: a}")
    found = await told("POST", "script/lint", json.dumps({"text": rules("- {name: twice, reply: b}")}))
    assert "two rules have the name 'twice'" in found["problems"][0]["message"]


async def test_try__says_which_rule_answers_and_why_the_others_do_not() -> None:
    found = await tried(chat("a refund, please"))
    assert (found["rule"], found["reply"]["choices"][0]["text"]) == ("refund", "Refunds take five days.")
    steps = {each["name"]: (each["fits"], each["why"]) for each in found["rules"]}
    assert steps["refund"] == (True, None)
    assert steps["counted"] == (False, "last_user contains 'count' (saw 'a refund, please')")
    found = await tried(chat("count the refund"))
    assert found["rule"] == "counted"
    assert {each["name"]: each["why"] for each in found["rules"]}["refund"] == "an earlier rule answers"


async def test_try__counts_nothing_and_is_not_recorded() -> None:
    for _ in range(2):
        assert (await tried(chat("count")))["reply"]["choices"][0]["text"] == "first"
    assert await said("count") == "first"
    assert (await tried(chat("count")))["reply"]["choices"][0]["text"] == "second"
    assert (await told("GET", "exchanges/count"))["count"] == 1


async def test_try__a_rule_that_has_retired() -> None:
    await told("POST", "rules", "{name: once, match: {last_user: refund}, reply: Once., times: 1}")
    assert (await tried(chat("refund")))["rule"] == "once"
    await said("refund")
    found = await tried(chat("refund"))
    assert (found["rule"], found["rules"][0]["why"]) == ("refund", "it has answered its 1 time")


async def test_try__what_no_rule_matches() -> None:
    found = await tried(chat("nothing"))
    assert (found["rule"], found["refused"], found["error"]["code"]) == (None, False, "no_rule_matched")


async def test_try__what_the_api_refuses() -> None:
    found = await tried({"model": "gpt-4o", "messages": [{"role": "robot", "content": "a"}]})
    assert (found["refused"], found["error"]["code"], found["rules"]) == (True, "invalid_value", [])
    assert (await tried({}, path="/v1/nowhere"))["error"]["message"] == "Invalid URL (POST /v1/nowhere)"


async def test_try__a_script_that_is_being_written_in_another_format() -> None:
    text = rules("""
        - {match: {format: anthropic, header: {x-plan: paid}}, reply: To Claude.}
        - {reply: To others.}
    """)
    message = {"model": "claude-sonnet-4-5", "max_tokens": 10, "messages": [{"role": "user", "content": "a"}]}
    headers = {"X-Plan": "paid", "Anthropic-Version": "2023-06-01"}
    found = await tried(message, path="/v1/messages", headers=headers, text=text)
    assert found["reply"]["choices"][0]["text"] == "To Claude."
    assert (await tried(chat("a"), text=text))["reply"]["choices"][0]["text"] == "To others."


async def test_try__in_a_script_that_cannot_be_used() -> None:
    answer = await control("POST", "script/try", json.dumps({"request": {}, "text": "version: 9"}))
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (400, "invalid_script")


SCRIPTED = r"""
- match: {last_user: call}
  reply: {tool_calls: [{name: f, arguments: {a: "{% templatetag openvariable %}"}}, {name: g}]}
- {match: {last_user: no}, reply: {refusal: "I won't."}}
- {match: {last_user: two}, reply: {choices: [One., "Two.\nLines."]}}
- {match: {last_user: late}, error: {status: 503, message: Later.}}
- {match: {last_user: cut}, reply: {text: So far, finish_reason: length}}
- {reply: "Plain {% templatetag openvariable %} text"}
"""


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "call it",
            {
                "reply": {
                    "tool_calls": [
                        {"name": "f", "arguments": {"a": "{% templatetag openvariable %}"}},
                        {"name": "g", "arguments": {}},
                    ],
                }
            },
        ),
        ("no", {"reply": {"refusal": "I won't."}}),
        ("two", {"reply": {"choices": [{"text": "One."}, {"text": "Two.\nLines."}]}}),
        ("late", {"error": {"status": 503, "message": "Later."}}),
        ("cut", {"reply": {"text": "So far", "finish_reason": "length"}}),
        ("hello", {"reply": "Plain {% templatetag openvariable %} text"}),
    ],
)
async def test_rule_of__an_exchange_answers_the_same(text: str, expected: dict[str, Any], stream: bool) -> None:
    await told("PUT", "script", rules(SCRIPTED))
    more: dict[str, Any] = {"stream": stream, "model": "o3", "n": 2 if text == "two" else 1}
    id = (await ask(text, "default", **more)).headers["x-request-id"]
    made = await told("GET", f"exchanges/{id}/rule")
    rule = made["rule"]
    assert {key: rule[key] for key in rule if key not in ("name", "match")} == expected
    assert rule["match"] == {"last_user": {"eq": text}}
    assert yaml.safe_load(made["text"]) == [rule]
    await told("PUT", "script", f"version: 1\nrules:\n{made['text']}")
    again = (await ask(text, "default", **more)).headers["x-request-id"]
    assert (await told("GET", f"exchanges/{again}/rule"))["rule"] == rule


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("v1/messages", {"max_tokens": 99, "messages": [{"role": "user", "content": "call"}]}),
        ("v1/responses", {"input": "call"}),
    ],
)
async def test_rule_of__other_formats(path: str, body: dict[str, Any], stream: bool) -> None:
    await told("PUT", "script", rules("- reply: {text: Well., tool_calls: [{name: f, arguments: {a: 1}}]}"))
    request = json.dumps({"model": "claude-sonnet-4-5", "stream": stream, **body}).encode()
    answer = await call(Handler(), "POST", f"/{path}", request, headers={"anthropic-version": "2023-06-01"})
    made = await told("GET", f"exchanges/{answer.headers['x-request-id']}/rule")
    assert made["rule"]["reply"] == {"text": "Well.", "tool_calls": [{"name": "f", "arguments": {"a": 1}}]}


async def test_rule_of__a_conversation_with_a_tools_result() -> None:
    await told("PUT", "script", rules("- reply: It rains."))
    call_of = {"id": "c", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "x" * 600},
        {"role": "assistant", "content": None, "tool_calls": [call_of]},
        {"role": "tool", "tool_call_id": "c", "content": "rain"},
    ]
    id = (await ask("", messages=messages)).headers["x-request-id"]
    made = await told("GET", f"exchanges/{id}/rule")
    assert made["rule"]["match"] == {
        "last_user": {"startswith": "x" * 500},
        "tool_result": {"name": "weather", "eq": "rain"},
        "turn": 1,
    }
    found = await tried({"model": "gpt-4o", "messages": messages}, text=f"version: 1\nrules:\n{made['text']}")
    assert found["rules"][0]["why"] is None


async def test_said__names_the_tool_whose_result_a_message_is() -> None:
    calls = [{"id": id, "type": "function", "function": {"name": f"f_{id}", "arguments": "{}"}} for id in ("a", "b")]
    results = [{"role": "tool", "tool_call_id": id, "content": "rain"} for id in ("b", "a", "c")]
    answer = await ask("", messages=[HELLO, {"role": "assistant", "content": None, "tool_calls": calls}, *results])
    shown = await told("GET", f"exchanges/{answer.headers['x-request-id']}")
    named = [(each["tool_call_id"], each["name"]) for each in shown["said"]["messages"]]
    assert named == [(None, None), (None, None), ("b", "f_b"), ("a", "f_a"), ("c", None)]


@pytest.mark.parametrize(("keys", "of_setting"), [("[sk-a]", ()), ("[]", ("sk-b",)), ("[sk-a]", ("sk-b",))])
async def test_try__has_a_key_where_one_is_needed(keys: str, of_setting: tuple[str, ...], settings: Settings) -> None:
    settings.API_KEYS = of_setting
    text = f"version: 1\ndefaults: {{keys: {keys}}}\nrules: [{{reply: Yes.}}]"
    found = await tried({"model": "gpt-4o", "messages": [HELLO]}, text=text)
    assert (found["refused"], found["rule"]) == (False, "rule 1"), found


async def test_rule_of__an_exchange_that_is_not_there() -> None:
    answer = await control("GET", "exchanges/req_none/rule")
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (404, "exchange_not_found")


@pytest.mark.parametrize("text", ["{{ a }}", "{% if %}", "{{{% x %}}}", "{# c #} {{", "plain {", "{{{{"])
async def test_literal__is_said_as_it_stands(text: str) -> None:
    script = json.dumps({"version": 1, "rules": [{"reply": literal(text)}]})
    assert (await tried(chat("a"), text=script))["reply"]["choices"][0]["text"] == text
