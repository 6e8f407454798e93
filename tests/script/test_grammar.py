"""The JSON Schema for editors: it takes what the loader takes, and refuses what a schema can refuse."""

import json
from pathlib import Path

import jsonschema
import pytest

from completions.exceptions import ScriptError
from completions.script.grammar import schema
from completions.script.loader import BUILTIN, parse
from completions.script.text.reading import read, read_text
from tests.script.test_examples import EXAMPLES
from tests.scripts import rules, script

VALIDATOR = jsonschema.Draft202012Validator(schema())


def test_grammar__is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    json.dumps(schema())


@pytest.mark.parametrize("name", EXAMPLES)
def test_grammar__takes_each_example(name: str) -> None:
    VALIDATOR.validate(read_text(EXAMPLES[name], name).value)


@pytest.mark.parametrize("file", sorted(BUILTIN.glob("*.yaml")), ids=lambda file: file.name)
def test_grammar__takes_the_builtin_scripts(file: Path) -> None:
    VALIDATOR.validate(read(file, file.name).value)


@pytest.mark.parametrize("text", ["{strict: true}", "{fallback: echo}"])
def test_script__needs_no_rules_where_its_defaults_answer(text: str) -> None:
    written = f"{{version: 1, defaults: {text}, rules: []}}"
    assert script(written).rules == ()
    VALIDATOR.validate(read_text(written, "script").value)


@pytest.mark.parametrize(
    "text",
    [
        "- a",
        "rules: [{reply: a}]",
        "{version: 2, rules: [{reply: a}]}",
        "{version: 1, rules: [{reply: a}], defaults: {strict: 1}}",
        "{version: 1, rules: [{reply: a}], defaults: {strict: true, fallback: auto}}",
        "{version: 1, rules: [{reply: a}], defaults: {models: a}}",
        "{version: 1, rules: [{reply: a}], defaults: {keys: a}}",
        "{version: 1, rules: [{reply: a}], defaults: {limits: {rpm: 0}}}",
        "{version: 1, rules: [{reply: a}], defaults: {limits: {rps: 1}}}",
        "{version: 1, rules: [{reply: a}], defaults: {limits: [{model: {}, rpm: 1}]}}",
        "{version: 1, rules: [{reply: a}], defaults: {quota: {}}}",
        "{version: 1, rules: [{reply: a}], defaults: {quota: {requests: -1}}}",
        *map(
            rules,
            [
                "- name: a",
                "- {reply: a, error: 500}",
                "- {reply: {dataset: {by: hash}}}",
                "- {reply: {dataset: {file: a, by: chance}}}",
                "- {reply: {dataset: a, python: 'os:getcwd'}}",
                "- {reply: {dataset: a, events: [a]}}",
                "- {reply: a, times: 0}",
                "- {reply: a, pacing: {itl: 1}}",
                "- {reply: a, pacing: {itl_ms: -1}}",
                "- {reply: a, pacing: {load: {}}}",
                "- error: {status: 429, retry_after: 1, retry_after_date: 1}",
                "- error: {status: 429, retry_after_date: soon}",
                "- {reply: a, pacing: {load: 5}}",
                "- {reply: a, pacing: {load: {tps: 0}}}",
                "- {reply: a, pacing: {load: {max_concurrent: 0}}}",
                "- {reply: a, pacing: {load: {concurrent: 5}}}",
                "- {reply: a, fault: disconect}",
                "- {reply: a, fault: {disconnect: {after: 3}}}",
                "- {reply: a, fault: {disconnect: {after_tokens: -1}}}",
                "- {reply: a, fault: {disconnect: {after_tokens: 1, after_events: 1}}}",
                "- {reply: a, fault: {disconnect: {}, stall: {}}}",
                "- {reply: a, fault: {}}",
                "- {reply: a, fault: {error_event: {flat: 2}}}",
                "- {reply: a, chaos: {rate: 0.5}}",
                "- {reply: a, chaos: {rate: 2, of: [disconnect]}}",
                "- {reply: a, chaos: {rate: 1, of: []}}",
                "- {reply: a, chaos: {rate: 1, of: [{error: 200}]}}",
                "- {reply: a, chaos: {rate: 1, seed: x, of: [close]}}",
                "- replies: []",
                "- replies: [{error: 429, text: a}]",
                "- reply: 5",
                "- reply: {}",
                "- reply: {finish_reason: stop}",
                "- reply: {text: a, finish_reason: end}",
                "- reply: {text: a, json: b}",
                "- reply: {auto: false}",
                "- reply: {auto: true, refusal: a}",
                "- reply: {body: {}, id: a}",
                "- reply: {body: {}}",
                "- reply: {choices: []}",
                "- reply: {choices: [{auto: true}]}",
                "- reply: {choices: [{}]}",
                "- reply: {tool_calls: []}",
                "- reply: {tool_calls: {arguments: {}}}",
                "- reply: {tool_calls: {name: a, arguments: [1]}}",
                "- reply: {tool_calls: {name: a, type: tool}}",
                "- reply: {text: a, annotations: [b]}",
                "- reply: {text: a, usage: {prompt_tokens: a}}",
                "- reply: {python: f}",
                "- error: 200",
                "- error: {code: a}",
                "- error: {status: 429, retry_after: -1}",
                "- error: {status: 429, should_retry: 1}",
                "- error: {status: 429, retry_after_ms: soon}",
                "- {match: {las_user: a}, reply: b}",
                "- {match: {last_user: {contians: a}}, reply: b}",
                "- {match: {turn: {contains: 1}}, reply: b}",
                "- {match: {turn: one}, reply: b}",
                "- {match: {stream: sometimes}, reply: b}",
                "- {match: {stream: }, reply: b}",
                "- {match: {turn: }, reply: b}",
                "- {match: {model: {in: a}}, reply: b}",
                "- {match: {model: {exists: maybe}}, reply: b}",
                "- {match: {header: a}, reply: b}",
                "- {match: {tool_result: {nam: a}}, reply: b}",
                "- {match: {any: []}, reply: b}",
                "- {match: {not: [a]}, reply: b}",
                "- {match: {format: Chat}, reply: b}",
                "- {match: {format: {in: [chat, Chat]}}, reply: b}",
                "- {match: {dialect: [azure, bedrock]}, reply: b}",
                "- {match: {not: {dialect: openai}}, reply: b}",
                "- {match: {last_user: {any: [{contians: a}]}}, reply: b}",
            ],
        ),
    ],
)
def test_grammar__refuses_what_the_loader_refuses(text: str) -> None:
    assert not VALIDATOR.is_valid(read_text(text, "f").value)
    with pytest.raises(ScriptError):
        parse(read_text(text, "f"))


@pytest.mark.parametrize(
    "text",
    [
        "- {match: {model: 5, user: true, header: {a: 1.5}}, reply: a}",
        "- {match: {last_user: {not: {any: [a, /b/, {eq: c}]}}}, reply: a}",
        "- {match: {tool_result: {name: [a, b], text: {not: c}, startswith: d}}, reply: a}",
        "- {match: {tool_result: , stream: true, turn: [1, 2]}, reply: a}",
        "- {match: {expr: {a: {eq: [1]}, b: , c: 1}}, reply: a}",
        "- {reply: {json: null}}",
        "- {reply: {text: a, tool_calls: {name: b}, refusal: c, usage: {prompt_tokens: 0, completion_tokens: 0}}}",
        "- {reply: {auto: true, id: a, model: b}}",
        "- {reply: {python: 'json:dumps', created: 1}}",
        "- {replies: [a, {error: 500}, {text: b}, {auto: true}]}",
        "- {error: {status: 429, retry_after: 1.5, should_retry: false}}",
        "- {error: {status: 429, retry_after: 'Wed, 21 Oct 2026 07:28:00 GMT'}}",
        "- {match: {retry: {gt: 0}, idempotency_key: {exists: true}}, reply: a}",
        "- {reply: a, fault: disconnect}",
        "- {name: 404, reply: {text: a, failure: {code: 5}}, hold: 1, pacing: {jitter: {kind: normal, seed: true}}}",
        "- {name: true, reply: a, hold: {gate: 1}}",
        "- {error: {status: 429, code: 5, param: null}}",
        "- {error: {status: 429, code: null}}",
        "- {error: 500, fault: {stall: {ms: 1.5, after_events: 2}}}",
        "- {reply: a, chaos: {rate: 0.3, seed: 1, of: [disconnect, {error: 429}, {drip: {bytes_per_second: 10}}]}}",
    ],
)
def test_grammar__takes_what_the_loader_takes(text: str) -> None:
    assert script(rules(text)).rules
    VALIDATOR.validate(read_text(rules(text), "f").value)


@pytest.mark.parametrize(
    "defaults",
    [
        "{keys: [sk-a, 5]}",
        "{limits: {rpm: 3, tpm: 1000, rpd: 10, concurrent: 2}}",
        "{limits: [{model: gpt-4o, rpm: 3}, {model: [a, b], key: sk-a, tpm: 5}, {}]}",
        "{quota: {requests: 0, tokens: 5}}",
        "{models: [{id: 4}], seed: true, scenario: [{name: 1, seconds: 1}, {name: 2}]}",
    ],
)
def test_grammar__takes_the_defaults_that_the_loader_takes(defaults: str) -> None:
    text = f"{{version: 1, rules: [{{reply: a}}], defaults: {defaults}}}"
    assert parse(read_text(text, "f")).rules
    VALIDATOR.validate(read_text(text, "f").value)
