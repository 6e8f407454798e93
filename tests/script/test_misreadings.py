"""Values of a script that most likely mean something else than they are taken for: each is a warning with its line."""

import time

import pytest

from completions.exceptions import ScriptError
from completions.script.loader import parse
from completions.script.review import doubts
from completions.script.text.reading import read_text
from tests.scripts import rules, script


def doubted(text: str) -> list[str]:
    return [f"{doubt.line} {doubt.message}" for doubt in doubts(script(rules(text)))]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("last_user: /ok/q", "is a text, not a regular expression: q is not one of its flags (i, m, s)."),
        ("last_user: /ok/gi", "g is not one of its flags"),
        ("last_user: {not: /ok/I}", "I is not one of its flags"),
        ("header: {x-a: /ok/u}", "u is not one of its flags"),
        (
            "last_user: .*refund.*",
            "is a text, in which `.*` has no special meaning. Put slashes around",
        ),
        ("last_user: {not: 'order \\d+'}", "in which `\\d+` has no special meaning"),
        ("last_user: \\bpay\\b", "in which `\\bpay\\b` has no special meaning"),
        ("user: ^ann$", "in which `^ann$` has no special meaning"),
        ("model: gpt-*", "in which `*` has no special meaning"),
        ("last_user: “refund”", "begins with “ and ends with ”, which are a part of the text here."),
        ("last_user: „refund“", "begins with „ and ends with “, which are a part of the text here."),
        ("tools: '*'", "`startswith`, `endswith` and `contains` match a part."),
        ("last_user: {contains: /ok/i}", "is a text here; write a regular expression without `contains`, or under"),
        (
            "user: [/ok/i, b]",
            "`rules[0].match.user[0]` is a text here; write a regular expression alone, or in a list un",
        ),
        ("model: [/gpt-4/, claude]", "is a text here; write a regular expression alone, or in a list under `any`."),
        ("last_user: {in: [/refund/]}", "is a text here; write a regular expression alone"),
        ("last_user: {eq: /refund/}", "is a text here; write a regular expression without `eq`, or under `regex`."),
        ("last_user: {contains: /a|b/}", "is a text here; write a regular expression without `contains`"),
        ("last_user: [refund, order]", "is a list of whole texts, one of which has to be equal: write `in` if"),
        ("tool_result: {text: [a]}", "is a list of whole texts"),
        ("last_user: '{{ prompt.model }}'", "is compared unchanged: conditions are not templates."),
        ("user: ['{{ prompt.user }}', b]", "`rules[0].match.user[0]` is compared unchanged"),
        ("last_user: {regex: /ok/}", "has slashes around it, which are a part of the pattern here."),
        ("last_user: {regex: ''}", "is empty, so every text matches; `exists: true` asks whether there is one."),
        ("system: ''", "is empty, so every text matches"),
        ("model: yes", "is compared with the text 'yes'; write `exists: true` to ask whether there is one, or put"),
        ("user: Off", "is compared with the text 'Off'; write `exists: false`"),
        ("tools: true", "is compared with the text 'true'"),
        ("user: ", "has no value, so it matches requests without one; write `null` if that is meant."),
        ("expr: {stream: yes}", "is the text 'yes'; write true, or put the text in quotes."),
        ("expr: {max_tokens: 1_000}", "is the text '1_000'; write the number in digits, or put the text in quotes."),
        ("expr: {seed: {in: [0x1F]}}", "is the text '0x1F'"),
        (
            "expr: 'model == \"gpt-4o\"'",
            "compares with the field gpt-4o of the request; write the value as 'gpt-4o' in s",
        ),
        (
            "expr: a && b == true",
            "compares with the field true of the request; write the value as `true` in backquotes.",
        ),
        ("model: []", "is an empty list, so it never matches; `exists: false` matches requests without a value."),
        ("last_user: {in: []}", "is an empty list, so it never matches"),
        ("header: {}", "has no condition in it, so it always matches."),
        ("expr: {}", "has no condition in it"),
        ("tool_result: {}", "has no condition in it"),
        ("last_user: {}", "has no condition in it"),
        ("not: {}", "has no condition in it, so it always matches, and its opposite never does."),
        ("turn: -1", "is compared with a whole number from 0, so it never matches."),
        ("retry: {in: [1, 2.5]}", "is compared with a whole number from 0"),
        ("expr: {max_tokens: '> 100'}", "is compared with the text '> 100'; write `{gt: 100}`."),
        ("header: {x-age: '<=3.5'}", "is compared with the text '<=3.5'; write `{lte: 3.5}`."),
        ("tool_choice: any", "is taken for a name; `required` works for every API."),
        ("response_format: [text, json]", "is taken for a name; `json_object` works for every API."),
    ],
)
def test_condition__that_is_misread_is_a_warning(condition: str, found: str) -> None:
    (message,) = doubted(f"- match:\n    {condition}\n  reply: a")
    assert message.startswith("4 `rules[0].match.") and found in message


@pytest.mark.parametrize(
    "condition",
    [
        "last_user: /ok/ims",
        "last_user: /v1/chat",
        "last_user: {contains: /ok/q}",
        "last_user: {regex: a/b}",
        "last_user: {contains: '.*', eq: 'gpt-.*'}",
        "last_user: {in: [refund, order]}",
        "last_user: {contains: '{{ x }}'}",
        "last_user: {any: [refund, /order/]}",
        "header: {x-path: [/v1/, /v2/], x-root: {eq: /v1/}}",
        "last_user: {contains: /v1/chat/}",
        "model: [gpt-4o, gpt-4.1]",
        "last_user: 'What is 2*3? **Say** it. It costs 5$.'",
        "last_user: Say “refund”",
        "last_user: '^_^ costs 5$'",
        "last_user: '^ that one, for 5$'",
        "last_user: C:\\web\\data\\src",
        "header: {accept: '*/*'}",
        "model: 'yes'",
        "model: yesterday",
        "user: null",
        "user: 2026-01-31",
        "user: 007",
        "stream: true",
        "turn: {gt: 0.5}",
        "last_user: <3",
        "not: {turn: 0}",
        "response_format: json_object",
        "expr: {stream: true, user: 2026-01-31, seed: 12, name: 'no'}",
    ],
)
def test_condition__that_means_what_it_says_is_none(condition: str) -> None:
    assert doubted(f"- match:\n    {condition}\n  reply: a") == []


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("'Hello {{ unclosed '", "has `{{` without `}}` in the same line, so it is sent unchanged."),
        ("'{% if prompt.model '", "has `{%` without `%}`"),
        ('"{{ prompt.model\\n }}"', "has `{{` without `}}`"),
        ("'{{ prompt.model }'", "has `{{` without `}}`"),
        ("'{{ promt.model }}'", "uses `promt`, which does not exist; a template has prompt and turn. Did you mean"),
        ("""'{% if 1 %}{% include "a.html" %}{% endif %}'""", "has the tag `include`, which fails"),
        ("""'{% extends "a.html" %}'""", "has the tag `extends`, which fails because there are no other templates."),
        ("{json: {ok: yes}}", "is the text 'yes'; write true"),
        ("auto", "is an answer with this text; write `{auto: true}` if that is meant."),
        (
            "'You said {prompt.last_user}.'",
            "has `{prompt.last_user}`, which is sent unchanged; templates are written",
        ),
        ("'You said ${last_user}.'", "has `${last_user}`, which is sent unchanged"),
        ("{json: [.inf]}", "is the text '.inf'; write the number in digits"),
        ("{tool_calls: {name: a, arguments: {on: OFF}}}", "is the text 'OFF'; write false"),
    ],
)
def test_reply__that_is_misread_is_a_warning(reply: str, found: str) -> None:
    (message,) = doubted(f"- reply: {reply}")
    assert message.startswith("3 `rules[0].reply") and found in message


@pytest.mark.parametrize(
    ("error", "place"),
    [
        ("{status: 429, type: '{{ prompt.model }}'}", "type"),
        ("{status: 429, code: '{{ prompt.model }}'}", "code"),
        ("{status: 429, headers: {x-model: '{{ prompt.model }}'}}", "headers.x-model"),
        ("{status: 429, message: '{{ prompt.model }}'}", ""),
    ],
)
def test_error__of_which_only_the_message_is_a_template(error: str, place: str) -> None:
    told = f"3 `rules[0].error.{place}` is sent unchanged: in an error, only the `message` is a template."
    assert doubted(f"- error: {error}") == ([told] if place else [])


@pytest.mark.parametrize(
    "reply",
    [
        "yes",
        "{json: {ok: 'yes', day: 2026-01-31, zip: 02139, at: 12:30, n: 1, t: true}}",
        """'{% for a in prompt.messages %}{{ a.text }}{{ forloop.counter }}{% endfor %}'""",
        """'{% with a=prompt.model %}{{ a }}{% endwith %}{% now "Y" as year %}{{ year }}'""",
        """'{"a": {"b": {}}}'""",
        "'{% templatetag openvariable %} x'",
    ],
)
def test_reply__that_means_what_it_says_is_none(reply: str) -> None:
    assert doubted(f"- reply: {reply}") == []


@pytest.mark.parametrize("sign", ["{{", "{%", "{#", "{{ x"])
def test_signs__left_open_are_found_in_one_pass(sign: str) -> None:
    text = "{{" + sign * 200_000
    begun = time.thread_time()
    with pytest.raises(ScriptError, match="a template with more than 100 unclosed tags"):
        parse(read_text(f"version: 1\nrules: [{{reply: '{text}'}}]", "s.yaml"))
    assert time.thread_time() - begun < 10, "by squares it takes hours"


def test_unknown_keys__are_named_up_to_a_number() -> None:
    with pytest.raises(ScriptError) as caught:
        script(rules(f"- {{{', '.join(f'key{number}: 1' for number in range(250))}}}"))
    problems = [caught.value, *caught.value.others]
    assert len(problems) == 101
    assert any("has 150 more keys that are not known here" in problem.message for problem in problems)


def test_scenario__whose_stages_are_wrong_is_not_called_unknown_too() -> None:
    with pytest.raises(ScriptError, match=r"`scenarios.a\[0\]` lacks `name`") as caught:
        script("version: 1\nrules: []\ndefaults: {scenario: a}\nscenarios: {a: [{seconds: 1}]}")
    assert caught.value.others == ()


def test_hint__is_quick_for_a_line_of_any_length() -> None:
    begun = time.thread_time()
    with pytest.raises(ScriptError, match="mapping values are not allowed here"):
        read_text(" " * 400_000 + "a: b: c", "s.yaml")
    assert time.thread_time() - begun < 10, "by squares it takes hours"


@pytest.mark.parametrize(
    ("defaults", "found"),
    [
        ("{fallback: Auto}", ["`defaults.fallback` is an answer with this text; write `auto` if that is meant."]),
        ("{fallback: ecko}", ["`defaults.fallback` is an answer with this text; write `echo` if that is meant."]),
        (
            "{fallback: none}",
            ["`defaults.fallback` is an answer with this text; for a 404 if no rule matches, write"],
        ),
        ("{fallback: I cannot help.}", []),
        ("{keys: ['', a]}", ["`defaults.keys[0]` is empty, and no request has an empty key."]),
        (
            "{models: [{id: a, like: gpt-4oo}]}",
            ["`defaults.models[0].like` is not a known model, so"],
        ),
        ("{models: [{id: a, like: gpt-4o}]}", []),
        ("{keys: []}", ["`defaults.keys` is an empty list, so the keys in API_KEYS are accepted, or any key."]),
        ("{keys: ['a ', b]}", ["`defaults.keys[0]` begins or ends with a space, and no request has such a key."]),
        ("{limits: []}", ["`defaults.limits` is an empty list, so it limits nothing."]),
        ("{limits: [{model: a, rpm: 1}, {}]}", []),
        ("{models: [{id: a}, {id: a, context: 5}]}", ["`defaults.models[1]` describes a again, and replaces"]),
        (
            "{scenario: [{name: a, seconds: 1, error: 503, pacing: {ttft_ms: 5}}, {name: b}]}",
            ["`defaults.scenario[0].pacing` has no effect with `error`: errors are sent at once;"],
        ),
        ("{models: []}", ["`defaults.models` is an empty list, so it has no effect."]),
    ],
)
def test_defaults__that_are_misread_are_a_warning(defaults: str, found: list[str]) -> None:
    told = doubts(script(f"version: 1\ndefaults: {defaults}\nrules: []"))
    assert [each.message[: len(text)] for each, text in zip(told, found, strict=True)] == found
