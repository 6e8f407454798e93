"""Loading scripts: what they may hold, and errors that name file and line."""

from pathlib import Path
from typing import Any

import pytest

from completions.conversation import Prompt, ToolCall, Usage
from completions.exceptions import ScriptError
from completions.script.limits import Limits, Quota
from completions.script.loader import builtin_names, load
from completions.script.pace import Pace
from completions.script.text.reading import read_text
from tests.document import MOCK, TEXT
from tests.scripts import rules, script

BODY = """\
version: 1
rules:
  - reply:
      body:
        id: x
        object: chat.completion
        created: 1
        choices: [{index: 0, message: {role: assistant, content: Hi}, finish_reason: stop}]
        usage: {prompt_tokens: 1, completion_tokens: 1, total_tokens: 2}
"""


def test_builtin__mock_is_the_mission_document() -> None:
    reply: Any = load("mock").rules[0].answers[0](Prompt())
    assert reply.body == MOCK
    assert list(reply.body or ()) == list(MOCK), "the keys stand in the mission's order"
    assert [choice.text for choice in reply.choices] == [TEXT]
    assert (load("mock").models, load("mock").validate) == (("mock",), False)


def test_builtin__each_loads() -> None:
    assert builtin_names() == ["mock", "auto", "echo", "relay"]
    assert [load(name).source for name in builtin_names()] == builtin_names()
    assert [load(name).validate for name in builtin_names()] == [False, True, True, True]


def test_load__file(tmp_path: Path) -> None:
    file = tmp_path / "script.yaml"
    file.write_text(BODY)
    loaded = load(str(file))
    assert (loaded.source, loaded.models, loaded.rules[0].name) == (str(file), (), "rule 1")


def test_defaults__are_what_the_brief_says() -> None:
    loaded = script(rules("- reply: Hi"))
    assert (loaded.strict, loaded.validate, loaded.pacing) == (False, True, Pace())


def test_defaults__are_read_and_rules_go_over_them() -> None:
    loaded = script("""\
        version: 1
        defaults: {models: [a, 4, true], strict: true, validate: false, pacing: {ttft_ms: 5, itl_ms: 1.5}}
        rules:
          - {name: quick, times: 2, pacing: {itl_ms: 0}, reply: Hi}
          - {error: 500}
        """)
    assert (loaded.models, loaded.strict, loaded.validate) == (("a", "4", "true"), True, False)
    assert [rule.pacing for rule in loaded.rules] == [Pace(5, 0), Pace(5, 1.5)]
    assert [(rule.name, rule.times, rule.line) for rule in loaded.rules] == [("quick", 2, 4), ("rule 2", None, 5)]


def test_verbatim__is_read_into_choices() -> None:
    loaded = script(
        rules("""\
        - reply:
            body:
              id: x
              object: chat.completion
              created: 1
              model: m
              service_tier: flex
              choices:
                - message:
                    role: assistant
                    content: null
                    refusal: No.
                    reasoning_content: Hm
                    annotations: [{type: url_citation}]
                    tool_calls:
                      - {id: c1, type: function, function: {name: f, arguments: '{}'}}
                      - {id: c2, type: custom, custom: {name: g, input: go}}
                    function_call: {name: h, arguments: '{"a":1}'}
                  finish_reason: tool_calls
              usage:
                prompt_tokens: 1
                completion_tokens: 2
                total_tokens: 3
                prompt_tokens_details: {cached_tokens: 4}
                completion_tokens_details: {reasoning_tokens: 5}
        """)
    )
    reply: Any = loaded.rules[0].answers[0](Prompt())
    (choice,) = reply.choices
    calls = (ToolCall("f", "{}", "c1"), ToolCall("g", "go", "c2", "custom"), ToolCall("h", '{"a":1}'))
    assert choice.tool_calls == calls
    assert (choice.text, choice.refusal, choice.reasoning, choice.finish_reason) == (None, "No.", "Hm", "tool_calls")
    assert choice.annotations == ({"type": "url_citation"},)
    assert reply.usage == Usage(1, 2, 4, 5)
    assert reply.model == "m"


def test_yaml__gives_what_json_has() -> None:
    text = (
        "{a: no, b: 12:30, c: 2026-01-31, d: 007, e: .inf, f: 1e3, g: -5, h: 0.5, i: true, j: ~, k: , 1: .5, on: 5e1}"
    )
    assert read_text(text, "f").value == {
        "a": "no",
        "b": "12:30",
        "c": "2026-01-31",
        "d": "007",
        "e": ".inf",
        "f": 1000.0,
        "g": -5,
        "h": 0.5,
        "i": True,
        "j": None,
        "k": None,
        "1": 0.5,
        "on": 50.0,
    }


def test_yaml__anchors_and_merges() -> None:
    loaded = script("""\
        version: 1
        rules:
          - &first {name: a, reply: Hi, times: 1}
          - &second {<<: *first, name: b}
          - {<<: [{times: 3}, *second], name: c}
          - {<<: [*second, {times: 3}], name: d}
        """)
    assert [(rule.name, rule.times) for rule in loaded.rules] == [("a", 1), ("b", 1), ("c", 3), ("d", 1)]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "{file}: is empty."),
        ("- a", '{file}:1: the script must be a mapping, not ["a"].'),
        ("version: 1\nrules: [", "{file}:2: is not YAML: expected the node content, but found '<stream end>'."),
        ("version: 1", "{file}:1: the script lacks `rules`."),
        (
            "rules:\n- match: {model: a\n  reply: b",
            "or '}', but got ':'. A bracket or a brace that is opened in line 2 is not",
        ),
        ("version: 1\n<<: 3\nrules: []", "{file}:2: is not YAML: `<<` takes a mapping, or a list of mappings."),
        ("version: 2\nrules: []", "{file}:1: `version` must be 1."),
        ("version: true\nrules: []", "{file}:1: `version` must be a whole number, not true."),
        (
            "version: 1\nrule: []",
            "{file}:2: `rule` is not known here; allowed: version, defaults, recorded, rules, scenarios, prompts. "
            "Did you mean `rules`?",
        ),
        ("version: 1\nrules:\n- repyl:\n    Hi", "{file}:3: `rules[0].repyl` is not known here; allowed: name, match,"),
        (
            BODY.replace("created: 1", "created: now"),
            "{file}:7: `rules[0].reply.body.created` must be a whole",
        ),
        (
            BODY.replace("content: Hi", "content: [Hi]"),
            "{file}:8: `rules[0].reply.body.choices[0].message.content`",
        ),
        (BODY.replace("chat.completion", "text"), "{file}:6: `rules[0].reply.body.object` must be chat.completion"),
        (BODY + "defaults: {model: [x]}", "Did you mean `models`?"),
        ("version: 1\nversion: 1", "{file}:2: is not YAML: `version` is there twice in one mapping, first in line 1."),
        ("a: {b: 1,\n c: 2, b: 3}", "{file}:2: is not YAML: `b` is there twice in one mapping, first in line 1."),
        ("? [a]\n: b", "{file}:1: is not YAML: a key must be a string."),
        ('version: 1\na: "\\ud800"', "{file}:2: is not YAML: a text contains half a surrogate pair."),
        ("a: \x07", "{file}: is not YAML: unacceptable character #x0007"),
        ("[" * 5000, "{file}:1: is not YAML: it is nested too deeply: more than 64 levels."),
        ("a: !!python/object:os.system x", "is not YAML: the tag `!!python/object:os.system` is not a type of JSON."),
        (
            "version: 1\nrules:\n- &a\n  reply: {json: [*a]}",
            "{file}:4: is not YAML: `*a` is inside the value that it refers to.",
        ),
    ],
)
def test_load__error_names_file_line_and_what_is_allowed(tmp_path: Path, text: str, error: str) -> None:
    file = tmp_path / "script.yaml"
    file.write_text(text)
    with pytest.raises(ScriptError) as caught:
        load(str(file))
    assert error.replace("{file}", str(file)) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("- name: a", ":3: `rules[0]` has no answer; it must have one of: reply, replies, error."),
        ("- reply: a\n  error: 500", ":4: `rules[0].error` cannot be combined with `reply`; use one of: reply,"),
        (
            "- {name: a, reply: a}\n- {name: a, reply: b}",
            ":4: `rules[1]` has the same name as the rule in line 3, 'a'.",
        ),
        (
            "- {reply: a, name: rule 2}\n- {reply: b}",
            ":4: `rules[1]` has the same name as the rule in line 3, 'rule 2'.",
        ),
        ("- {reply: a, times: 0}", ":3: `rules[0].times` must be a whole number from 1, not 0."),
        ("- {reply: a, times: 1.5}", "`rules[0].times` must be a whole number, not 1.5."),
        ("- {reply: a, pacing: {itl: 1}}", "`rules[0].pacing.itl` is not known here; allowed: ttft_ms, itl_ms, tps, "),
        ("- {reply: a, pacing: {tps: 0}}", "`rules[0].pacing.tps` must be a number from 0.001, not 0."),
        ("- {reply: a, pacing: {tps: 5, itl_ms: 5}}", "`rules[0].pacing.tps` cannot be combined with `itl_ms`"),
        ("- {reply: a, pacing: {itl_ms: 1.0e+999}}", "is not YAML: a number is too large."),
        ("- {reply: a, pacing: {load: {}}}", "limits nothing; it must have one of: tps, max_concurrent."),
        ("- {reply: a, pacing: {load: 5}}", "`rules[0].pacing.load` must be a mapping, or none, not 5."),
        ("- {reply: a, pacing: {load: {tps: 0}}}", "`rules[0].pacing.load.tps` must be a number from 0.001, not 0."),
        (
            "- {reply: a, pacing: {load: {max_concurrent: 0}}}",
            "`rules[0].pacing.load.max_concurrent` must be a whole number from 1, not 0.",
        ),
        (
            "- {reply: a, pacing: {tokens_per_chunk: 0}}",
            "`rules[0].pacing.tokens_per_chunk` must be a whole number from 1, not 0.",
        ),
        ("- {reply: a, pacing: {apply: all}}", "`rules[0].pacing.apply` must be one of stream, both, not 'all'."),
        (
            "- {reply: a, pacing: {jitter: nomal}}",
            "one of none, uniform, normal, lognormal, not 'nomal'. Did",
        ),
        ("- {reply: a, pacing: {jitter: {spread: 1}}}", "`rules[0].pacing.jitter` lacks `kind`."),
        (
            "- {reply: a, pacing: {itl_ms: -1}}",
            "pacing.itl_ms` must be a number from 0 to 86400000, not -1.",
        ),
        ("- {reply: a, pacing: {itl_ms: fast}}", "`rules[0].pacing.itl_ms` must be a number, not 'fast'."),
        ("- replies: []", "`rules[0].replies` must have at least one answer."),
        ("- replies: a", "`rules[0].replies` must be a list, not 'a'."),
        ("- reply: {error: 429}", "usage. It is a key of a rule."),
        ("- {match: {last_user: a, reply: b}, reply: c}", "not. It is a key of a rule."),
        ("- {last_user: a, reply: b}", "chaos. It is a key of `match`."),
        ("- {text: b}", "chaos. It is a key of `reply`."),
        ("- reply: {text: a, delay: 3}", "usage. Did you mean `pacing`? It is a key of a rule."),
        ("- {match: refund, reply: a}", "`rules[0].match` must be a mapping, such as {last_user: …}, not 'refund'."),
        ("- replies:\n  - a\n  - {txet: b}", ":5: `rules[0].replies[1].txet` is not known here; allowed: text, json,"),
        ("- replies: [{error: 429, text: a}]", "`rules[0].replies[0].text` is not known here; allowed: error."),
        ("- reply: [a]", 'a string or a mapping (a list of answers belongs under `replies`), not ["a"].'),
        ("- replies: [429, a]", "a string or a mapping (a status is written as `error: 429`), not 429."),
        ("- {reply: a, fault: 503}", "`rules[0].fault` is a status, not a fault: write `error: 503`."),
        (
            "- {reply: a, chaos: {rate: 1, of: [429]}}",
            "of[0]` is a status, not a fault: write `error: 429`.",
        ),
        ("- reply: 5", "`rules[0].reply` must be a string or a mapping, not 5."),
        ("- reply:", "`rules[0].reply` must be a string or a mapping, not null."),
        ("- replies: [[a]]", '`rules[0].replies[0]` must be a string or a mapping, not ["a"].'),
        ("- reply: {}", "`rules[0].reply` is empty; it must have one of: text, json, echo, blocks, choices, auto,"),
        ("- reply: {finish_reason: stop}", "`rules[0].reply` is empty"),
        ("- reply: {text: a, json: b}", "`rules[0].reply.json` cannot be combined with `text`; use one of: text,"),
        ("- reply: {auto: false}", "`rules[0].reply.auto` must be true, not false."),
        ("- reply: {echo: 1}", "`rules[0].reply.echo` must be true, not 1."),
        (
            "- reply: {auto: true, refusal: a}",
            "refusal` cannot be combined with `auto`; allowed with it: id, created,",
        ),
        (
            "- reply: {body: {}, id: a}",
            "`rules[0].reply.id` cannot be combined with `body`, which has to be the only key.",
        ),
        ("- reply: {body: {}}", "`rules[0].reply.body` lacks `id`."),
        ("- reply: {choices: []}", "`rules[0].reply.choices` must have at least one answer."),
        ("- reply: {choices: [{auto: true}]}", "`rules[0].reply.choices[0].auto` is not known here; allowed: text,"),
        (
            "- reply: {choices: [{}]}",
            "`rules[0].reply.choices[0]` is empty; it must have one of: text, json, echo,",
        ),
        ("- reply: {text: a, finish_reason: end}", "must be one of stop, length, tool_calls, content_filter,"),
        ("- {reply: x, delay: 5}", "Did you mean `pacing`?"),
        ("- {when: {user: a}, reply: x}", "Did you mean `match`?"),
        ("- {match: {user_message: a}, reply: x}", "Did you mean `last_user`?"),
        ("- reply: {content: a}", "Did you mean `text`?"),
        ("- reply: {text: a, thinking: b}", "Did you mean `reasoning`?"),
        ("- reply: {text: a, usage: {output_tokens: 3}}", "Did you mean `completion_tokens`?"),
        ("- reply: {tool_calls: {name: a, input: {}}}", "Did you mean `arguments`?"),
        ("- {reply: a, fault: {stall: {seconds: 3}}}", "Did you mean `ms`?"),
        ("- {reply: a, hold: {name: door}}", "Did you mean `gate`?"),
        ("- error: content_filter", "Did you mean `content_policy_violation`?"),
        ("- error: quota_exceeded", "Did you mean `insufficient_quota`?"),
        ("- error: too_many_requests", "Did you mean `rate_limit_exceeded`?"),
        ("- {reply: a, fault: timeout}", "Did you mean `hang`?"),
        ("- {reply: a, fault: drop}", "Did you mean `disconnect`?"),
        ("- {reply: a, fault: {disconnect: {after: 3}}}", "Did you mean `after_tokens`?"),
        ("- reply: {text: a, finish_reason: stopp}", "not 'stopp'. Did you mean `stop`?"),
        ("- reply: {tool_calls: []}", "`rules[0].reply.tool_calls` must have at least one tool call."),
        ("- reply: {tool_calls: [{arguments: {}}]}", "`rules[0].reply.tool_calls[0]` lacks `name`."),
        ("- reply: {tool_calls: {name: a, arguments: [1]}}", "arguments` must be a mapping, or a text, not [1]."),
        ("- reply: {tool_calls: {name: a, type: tool}}", "must be one of function, custom, not 'tool'."),
        ("- reply: {text: a, annotations: [b]}", "`rules[0].reply.annotations[0]` must be a mapping, not 'b'."),
        ("- reply: {text: a, usage: {prompt_tokens: -1, completion_tokens: 1}}", "must be a whole number from 0"),
        (
            "- reply: {text: a, created: 1700000000000}",
            "`rules[0].reply.created` must be a whole number up to 253402300799",
        ),
        (
            "- reply: {text: a, usage: {prompt_tokens: 10000000000}}",
            "must be a whole number up to 1000000000, not 100",
        ),
        ("- reply: {text: a, created: now}", "`rules[0].reply.created` must be a whole number, not 'now'."),
        ("- reply: {python: f}", "`rules[0].reply.python` must be `module:function`, not 'f'."),
        ("- reply: {python: 'nowhere:f'}", ":3: `rules[0].reply.python` cannot be imported: ModuleNotFoundError: No"),
        ("- reply: {python: 'json:f'}", "cannot be imported: AttributeError: module 'json' has no attribute 'f'."),
        ("- reply: {python: 'json:__doc__'}", "must name a function, and json:__doc__ is not callable."),
        (
            "- reply: '{% if %}'",
            ":3: `rules[0].reply` is not a Django template: Unexpected end of expression in if tag.",
        ),
        ("- reply: '{% load static %}'", "template: 'static' is not a registered tag library."),
        ("- reply: '{{ a|shout }}'", "is not a Django template: Invalid filter: 'shout'"),
        (
            "- reply: |\n    one\n    two\n    {% fi %}",
            ":6: `rules[0].reply` is not a Django template: Invalid block tag",
        ),
        ("- reply:\n    text: >-\n      one\n      {% fi %}", ":5: `rules[0].reply.text` is not a Django template"),
        (
            "- reply: '{{ prompt.lastuser }}'",
            "`prompt.lastuser`, which a prompt does not have. Did you mean `last_user`?",
        ),
        ("- reply:\n    json: {a: [1,\n      '{% x %}']}", ":5: `rules[0].reply.json.a[1]` is not a Django template"),
        ("- reply: {tool_calls: {name: a, arguments: {b: '{% x %}'}}}", "arguments.b` is not a Django template"),
        ("- error: 200", "`rules[0].error` must be an HTTP status from 400 to 599, not 200."),
        ("- error: {status: big}", "`rules[0].error.status` must be an HTTP status from 400 to 599, not 'big'."),
        (
            "- error: {code: a}",
            "`rules[0].error` must have a `status`, or a `code` that is one of: ",
        ),
        ("- error: {code: rate_limited}", "overloaded. Did you mean `rate_limit_exceeded`?"),
        ("- error: {status: 429, retry_afer_ms: 1}", "Did you mean `retry_after_ms`?"),
        ("- {reply: x, hold: {gate: a, after: 3}}", "Did you mean `after_tokens`?"),
        (
            "- error: {status: 429, retry_after: soon}",
            "retry_after` must be seconds, or an HTTP date (`Wed, 21 Oct 2026",
        ),
        (
            "- error: {status: 429, retry_after: -1}",
            "retry_after` must be a number from 0 to 1000000000, not -1.",
        ),
        ("- error: {status: 429, retry_after: [1]}", "`rules[0].error.retry_after` must be a number, not [1]."),
        (
            "- error: {status: 429, retry_after: 1, retry_after_date: 1}",
            "`rules[0].error.retry_after_date` cannot be combined with `retry_after`: both are the same header.",
        ),
        (
            "- error: {status: 429, retry_after_date: 1.0e+11}",
            "retry_after_date` must be a number from 0 to 1000000000",
        ),
        ("- error: {status: 429, should_retry: maybe}", "should_retry` must be true or false, not 'maybe'."),
        ("- error: {status: 429, retry_after_ms: soon}", "retry_after_ms` must be a whole number, not 'soon'."),
        ("- error: {status: 429, headers: {a: [b]}}", '`rules[0].error.headers.a` must be a string, not ["b"].'),
        (
            '- error: {status: 429, headers: {a: "b\\nc"}}',
            "`rules[0].error.headers.a` must be one line, without control ch",
        ),
        ("- error: {status: 429, headers: {a b: c}}", "`rules[0].error.headers.a b` is not a header name: it may have"),
        (
            "- error: {status: 429, headers: {Content-Length: 5}}",
            "`rules[0].error.headers.Content-Length` cannot be se",
        ),
        ("- error: {status: 429, headers: {Date: today}}", "headers.Date` cannot be set: the server sets it."),
        ("- error: {status: 429, headers: {X-Request-Id: a}}", "headers.X-Request-Id` cannot be set: the server"),
        (
            "- error: {status: 429, headers: {transfer-encoding: chunked}}",
            "headers.transfer-encoding` cannot be set",
        ),
        (
            "- error: {status: 429, retry_after: 'Wed, 21 Oct 2026 07:28:00 GMT (€)'}",
            "one line of ASCII characters",
        ),
        (
            "- reply: {response: {path: /v1/messages, headers: {a b: c}}}",
            "reply.response.headers.a b` is not a header name",
        ),
        ("- reply: {response: {path: /v1/messages, status: 204, body: a}}", "is 204, and such an answer has no body."),
        ("- reply: {response: {path: /v1/messages, pieces: [{-1: a}]}}", "from 0 to 86400000, not -1."),
        ("- reply: {response: {path: /v1/messages, pieces: [{nan: a}]}}", "from 0 to 86400000, not nan."),
        (
            "- reply: {response: {path: /v1/messages, format: Anthropic, body: a}}",
            "`rules[0].reply.response.format` must be one of anthropic, ",
        ),
        ("- {reply: a, name: ''}", "`rules[0].name` must be a name: a text in one line"),
        ('- {reply: a, name: "a\\nb"}', "`rules[0].name` must be a name: a text in one line"),
        ("- {reply: a, hold: ''}", "`rules[0].hold` must be a name: a text in one line"),
        ("- reply: {python: ..a:b}", "`rules[0].reply.python` must be `module:function`"),
        ("- reply: {callback: 'http://127.0.0.1:99999/'}", "must be a URL with a port up to 65535"),
        ("- error: {status: 500, message: '{% x %}'}", "`rules[0].error.message` is not a Django template"),
    ],
)
def test_rules__error_names_line_and_what_is_allowed(text: str, error: str) -> None:
    with pytest.raises(ScriptError) as caught:
        script(rules(text))
    assert error in str(caught.value)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{strict: yes}", "`defaults.strict` must be true or false, not 'yes'."),
        ("{validate: 1}", "`defaults.validate` must be true or false, not 1."),
        ("{strict: true, fallback: auto}", "`defaults.fallback` cannot be combined with `strict: true`"),
        ("{fallback: {error: 1}}", "`defaults.fallback.error` must be an HTTP status"),
        ("{fallback: {}}", "`defaults.fallback` is empty"),
        ("{models: gpt-4o}", "`defaults.models` must be a list, not 'gpt-4o'."),
        ("{pacing: 5}", "`defaults.pacing` must be a mapping, not 5."),
        (
            "{stirct: true}",
            "chaos, compression, scenario, seed. Did you mean `strict`?",
        ),
    ],
)
def test_defaults__errors(text: str, error: str) -> None:
    with pytest.raises(ScriptError) as caught:
        script(f"version: 1\ndefaults: {text}\nrules: [{{reply: a}}]")
    assert "script.yaml:2: " in str(caught.value)
    assert error in str(caught.value)


def test_load__unreadable(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"nowhere\.yaml: cannot be read: No such file or directory\."):
        load(str(tmp_path / "nowhere.yaml"))
    with pytest.raises(ScriptError, match=r"cannot be read: Is a directory\."):
        load(str(tmp_path))
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9")
    with pytest.raises(ScriptError, match=r"is not UTF-8 text\."):
        load(str(tmp_path / "latin.yaml"))


def test_limits__are_read_one_or_a_list() -> None:
    loaded = script("""\
        version: 1
        defaults:
          keys: [sk-a, sk-b]
          limits: [{model: gpt-4o, key: [sk-a], rpm: 3}, {tpm: 100, rpd: 5, concurrent: 1}]
          quota: {tokens: 7}
        rules: [{reply: Hi}]
        """)
    assert loaded.keys == ("sk-a", "sk-b")
    assert loaded.limits == (
        Limits(rpm=3, models=("gpt-4o",), keys=("sk-a",)),
        Limits(tpm=100, rpd=5, concurrent=1),
    )
    assert (loaded.quota, loaded.counts_tokens) == (Quota(tokens=7), True)
    one = script("version: 1\ndefaults: {limits: {rpm: 3}}\nrules: [{reply: Hi}]")
    assert (one.limits, one.keys, one.quota, one.counts_tokens) == ((Limits(rpm=3),), (), None, False)


@pytest.mark.parametrize(
    ("defaults", "why"),
    [
        ("limits: {rmp: 3}", ":3: `defaults.limits.rmp` is not known here; allowed: model, key, rpm, tpm, rpd, conc"),
        ("limits: {rmp: 3}", "Did you mean `rpm`?"),
        ("limits: [{rpm: 3},\n    {tpm: 0}]", ":4: `defaults.limits[1].tpm` must be a whole number from 1, not 0."),
        ("limits: 3", ":3: `defaults.limits` must be a mapping, not 3."),
        ("limits: {model: {eq: a}}", "`defaults.limits.model` must be a string"),
        ("quota: {}", "`defaults.quota` limits nothing; it must have one of: requests, tokens."),
        ("quota: {token: 1}", "Did you mean `tokens`?"),
        ("keys: sk-a", "`defaults.keys` must be a list, not 'sk-a'."),
    ],
)
def test_limits__errors_name_the_line_and_what_is_allowed(defaults: str, why: str) -> None:
    with pytest.raises(ScriptError) as caught:
        script(f"version: 1\ndefaults:\n  {defaults}\nrules: [{{reply: Hi}}]")
    assert why in str(caught.value)
