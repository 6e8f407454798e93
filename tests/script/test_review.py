"""Doubts about scripts: rules that can never answer."""

import pytest

from completions.script.review import doubts
from tests.scripts import rules, script


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("- reply: a\n- reply: b", [(4, "the rule 'rule 2' never answers: 'rule 1' in line 3 matches every request.")]),
        ("- {match: {}, reply: a}\n- reply: b", [(4, "'rule 1' in line 3 matches every request.")]),
        ("- {reply: a, times: 1}\n- reply: b", []),
        ("- reply: a\n- {match: {format: embeddings}, reply: {embedding: [1]}}", []),
        (
            "- {match: {turn: 1}, reply: {embedding: [1]}}",
            [(3, "with a `format` in their match answer requests for an embedding.")],
        ),
        (
            "- {match: {format: embeddings}, reply: hi}",
            [(3, "where only a reply with `embedding` has an effect.")],
        ),
        (
            "- {match: {format: [embeddings, ollama_embed], turn: 0}, reply: hi}",
            [(3, "is for embeddings, ollama_embed")],
        ),
        ("- {match: {format: moderations}, reply: {json: {}}}", [(3, "only a reply with `moderation` has an effect.")]),
        ("- {match: {format: [embeddings, chat]}, reply: hi}", []),
        ("- {match: {format: embeddings}, reply: {auto: true}}", []),
        ("- {match: {format: embeddings}, error: 500}", []),
        ("- {match: {format: embeddings}, replies: [{embedding: [1]}, {embedding: [2]}]}", []),
        (
            "- {error: 500, pacing: {ttft_ms: 5}}",
            [(3, "which are sent at once, without its pacing;")],
        ),
        ("- {error: 500, hold: {gate: a, after_tokens: 1}}", [(3, "so they do not wait at its gate")]),
        ("- {error: 500, hold: a, fault: slow_headers}", []),
        ("- {replies: [a, {error: 500}], pacing: {ttft_ms: 5}, hold: {gate: a, after_tokens: 1}}", []),
        ("- {reply: a, error: 500, fault: error_event, pacing: {ttft_ms: 5}}", []),
        ("- {match: {format: batch}, error: 500, pacing: {ttft_ms: 5}}", []),
        (
            "- {match: {turn: 1}, reply: {moderation: {}}}",
            [(3, "with a `format` in their match answer requests for a moderation.")],
        ),
        (
            "- {match: {turn: 1}, reply: {scores: [1]}}",
            [(3, "with a `format` in their match answer requests for scores.")],
        ),
        ("- {match: {format: rerank}, reply: hi}", [(3, "only a reply with `scores` has an effect")]),
        ("- {match: {turn: 1}, reply: a}\n- {match: {turn: 1}, reply: b}", [(4, "has the same condition.")]),
        ("- {match: {turn: 1}, reply: a}\n- {match: {turn: 2}, reply: b}\n- reply: c", []),
        (
            "- {match: {last_user: order}, reply: a}\n- {match: {last_user: my order}, reply: b}",
            [(4, "'rule 1' in line 3 matches every request whose last_user contains 'order'.")],
        ),
        (
            "- {match: {header: {a: {contains: b}}}, reply: a}\n- {match: {header: {a: abc}, turn: 1}, reply: b}",
            [(4, "")],
        ),
        ("- {match: {last_user: {icontains: A}}, reply: a}\n- {match: {last_user: {iexact: ba}}, reply: b}", [(4, "")]),
        ("- {match: {last_user: order, turn: 1}, reply: a}\n- {match: {last_user: my order}, reply: b}", []),
        ("- {match: {last_user: order}, reply: a, times: 1}\n- {match: {last_user: my order}, reply: b}", []),
        ("- {match: {last_user: my order}, reply: a}\n- {match: {last_user: order}, reply: b}", []),
        ("- {match: {last_user: a}, reply: a}\n- {match: {last_user: {icontains: ab}}, reply: b}", []),
        ("- {match: {last_user: a}, reply: a}\n- {match: {system: ab}, reply: b}", []),
        ("- {match: {header: {a: {contains: b}}}, reply: a}\n- {match: {header: {c: abc}}, reply: b}", []),
        ("- {match: {last_user: a}, reply: a}\n- {match: {last_user: ab, format: chat}, reply: b}", []),
        (
            "- reply: a\n- reply: b\n- {match: {turn: 1}, reply: c}",
            [(4, "'rule 2'"), (5, "'rule 1' in line 3 matches")],
        ),
    ],
)
def test_doubts__name_the_rules_that_never_answer(text: str, found: list[tuple[int, str]]) -> None:
    doubted = doubts(script(rules(text)))
    assert [doubt.line for doubt in doubted] == [line for line, _ in found]
    assert all(part in doubt.message for doubt, (_, part) in zip(doubted, found, strict=True))


@pytest.mark.parametrize(
    ("defaults", "condition", "found"),
    [
        ("models: [a, b]", "model: c", True),
        ("models: [a, b]", "model: [c, d]", True),
        ("models: [a, {id: b}]", "turn: 1, model: {startswith: c}", True),
        ("models: [a, b]", "model: [b, c]", False),
        ("models: [a, b]", "model: /B/i", False),
        ("models: [a, b]", "model: b:latest", False),
        ("models: [a, b:latest]", "model: b", False),
        ("models: [a, b]", "model: b:1b", True),
        ("models: [a, b]", "model: null", False),
        ("models: [a, b]", "not: {model: c}", False),
        ("models: [a, known]", "model: c", False),
        ("models: [a, any]", "model: c", False),
        ("models: any", "model: c", False),
        ("models: [a], validate: false", "model: c", False),
        ("seed: 1", "model: c", False),
    ],
)
def test_doubts__name_the_rules_for_models_that_are_not_listed(defaults: str, condition: str, found: bool) -> None:
    text = f"{{version: 1, defaults: {{{defaults}}}, rules: [{{match: {{{condition}}}, reply: a}}]}}"
    told = [doubt.message for doubt in doubts(script(text))]
    assert len(told) == found
    assert not found or ("never answers: model " in told[0] and "and `models` lists no such model." in told[0])


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("last_user: {contains: a, not: {contains: a}}", "last_user contains 'a' and not (last_user contains 'a')"),
        ("last_user: {contains: abc, not: {icontains: B}}", "not (last_user contains, ignoring case, 'B')"),
        ("last_user: {startswith: abc, not: ab}", "last_user starts with 'abc' and not (last_user contains 'ab')"),
        ("last_user: {eq: refund, contains: weather}", "last_user is 'refund' and last_user contains 'weather'"),
        ("last_user: {regex: a, not: /a/}", "last_user matches /a/ and not (last_user matches /a/)"),
        ("all: [{model: a}, {model: b}]", "model is 'a' and model is 'b'"),
        ("model: {in: [a, b], startswith: c}", "model is one of ['a', 'b'] and model starts with 'c'"),
        ("turn: {gt: 5, lt: 3}", "turn is over 5 and turn is under 3"),
        ("turn: {gt: 1, lt: 2}", "turn is over 1 and turn is under 2"),
        ("turn: {gte: 1, lte: 2, not: {in: [1, 2]}}", "turn is at least 1 and turn is at most 2"),
        ("header: {x-n: {gt: 5, lt: 3}}", "header `x-n` is over 5 and header `x-n` is under 3"),
        ("header: {x-n: {exists: false, startswith: a}}", "header `x-n` exists: false"),
        ("stream: {eq: true, not: true}", "stream is true and not (stream is true)"),
        ("tools: f, not: {tools: f}", "tools is 'f' and not (tools is 'f')"),
        ("format: {contains: chat, startswith: x}", "format contains 'chat' and format starts with 'x'"),
        ("any: [{turn: {gt: 5, lt: 3}}, {model: {eq: a, not: a}}]", "turn is over 5 and turn is under 3"),
        ("turn: 1, any: [{turn: {gt: 5, lt: 3}}]", "turn is over 5 and turn is under 3"),
        ("last_user: {contains: a, not: {contains: abc}}", ""),
        ("last_user: {icontains: abc, not: {contains: b}}", ""),
        ("last_user: {regex: 'ab?c', not: {contains: ab}}", ""),
        ("last_user: {contains: ab, not: {regex: '^ab'}}", ""),
        ("last_user: {startswith: a, endswith: b, contains: c}", ""),
        ("any_message: {eq: a, contains: b}", ""),
        ("tools: f, not: {tools: g}", ""),
        ("tools: {contains: search}, not: {any_message: {contains: search}}", ""),
        ("turn: {gt: 1.0e308, lt: 1.7e308}", ""),
        ("turn: {gt: 9007199254740992, lt: 9007199254740994}", ""),
        ("expr: {seed: {gt: 1.0e+17, lt: 1.0000000000000002e+17}}", ""),
        ("turn: {gt: 9007199254740992, lt: 9007199254740993}", "turn is over 9007199254740992 and turn is under"),
        ("all: [{tools: f}, {tools: g}]", ""),
        ("turn: {gte: 1, lt: 3, not: 1}", ""),
        ("turn: {gt: 1.5, lt: 2.5}", ""),
        ("header: {x-n: {gt: 1, lt: 2}}", ""),
        ("header: {x-n: {exists: false, not: a}}", ""),
        ("model: {in: [a, b], startswith: b}", ""),
        ("any: [{turn: {gt: 5, lt: 3}}, {model: a}]", ""),
        ("expr: {temperature: {eq: 1, gte: 0.5}, top_p: {gt: 0, lt: 1}}", ""),
        ("model: a, not: {any: [{model: b}, {request: {format: chat, model: c, messages: []}}]}", ""),
        ("dialect: {not: azure}, not: {dialect: groq}", ""),
    ],
)
def test_doubts__name_conditions_that_contradict_each_other(condition: str, found: str) -> None:
    messages = [doubt.message for doubt in doubts(script(rules(f"- {{match: {{{condition}}}, reply: a}}")))]
    assert len(messages) == bool(found)
    assert not found or ("never answers: no request matches " in messages[0] and found in messages[0])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[{rpm: 1}, {model: gpt-4o, rpm: 5}]", True),
        ("[{model: [a, b], rpm: 1}, {model: b, key: k, tpm: 5}]", True),
        ("[{model: a, key: k, rpm: 1}, {model: a, rpm: 5}]", False),
        ("[{model: a, rpm: 1}, {model: [a, b], rpm: 5}, {rpm: 9}]", False),
    ],
)
def test_doubts__name_the_limits_that_never_apply(text: str, found: bool) -> None:
    messages = [doubt.message for doubt in doubts(script(f"version: 1\ndefaults: {{limits: {text}}}\nrules: []\n"))]
    assert len(messages) == found
    assert not found or messages[0].startswith("`defaults.limits[1]` never applies: ")


@pytest.mark.parametrize(
    ("defaults", "found"),
    [
        ("models: [a, b], limits: {model: c, rpm: 1}", "`model` is c, and `models` lists none of them."),
        ("limits: [{model: [c, d], rpm: 1}], models: [{id: a}]", "`model` is c or d, and"),
        ("limits: {model: c}", "limits nothing; it has none of rpm, tpm, rpd, concurrent."),
        ("limits: [{rpm: 1, key: a}, {key: b}]", "limits nothing; it has none of"),
        ("limits: [{model: c}, {rpm: 1}]", ""),
        ("limits: {}", ""),
        ("keys: [a], limits: {key: b, rpm: 1}", "`key` is b, and `keys` lists none of them."),
        ("models: [a, b], limits: {model: [b, c], rpm: 1}", ""),
        ("models: [a, known], limits: {model: c, rpm: 1}", ""),
        ("models: [a], validate: false, limits: {model: c, rpm: 1}", ""),
        ("keys: [a], limits: {model: c, rpm: 1}", ""),
    ],
)
def test_doubts__name_the_limits_that_limit_nothing(defaults: str, found: str) -> None:
    messages = [doubt.message for doubt in doubts(script(f"version: 1\ndefaults: {{{defaults}}}\nrules: []\n"))]
    assert len(messages) == bool(found)
    assert not found or found in messages[0]


CALL_C, CALL_D = "{name: a, id: c}", "{name: a, id: d}"


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("error: 503, fault: [disconnect, split_bytes]", "only answers with errors, on which this has no effect: disc"),
        ("error: 503, fault: cut_word", "only answers with errors, on which this has no effect: cut_word."),
        ("error: 503, fault: [no_done, error_event]", ""),
        ("error: 503, fault: split_bytes", ""),
        ("replies: [{error: 503}, Fine.], fault: disconnect", ""),
        (
            "reply: {events: [a]}, fault: [no_done, cut_word]",
            "gives exact events, on which this has no effect: cut_word.",
        ),
        ("reply: {events: [a]}, fault: no_done", ""),
        ("replies: [a, b, c], times: 2", "'rule 1' answers 2 times, so it never gives the rest of its 3 answers."),
        ("replies: [a, b], times: 2", ""),
        ("reply: a, pacing: {speed: 2}", "gives no recorded answer, so the `speed` of its pacing has no effect."),
        ("reply: a, pacing: recorded", "gives no recorded answer, so the `speed`"),
        ("reply: {upstream: 'http://localhost'}, pacing: {speed: 2}", ""),
        (f"reply: {{tool_calls: [{CALL_C}, {CALL_C}]}}", "gives two calls the id 'c', but clients refer to a call by"),
        (f"replies: [a, {{choices: [b, {{tool_calls: [{CALL_C}, {CALL_D}, {CALL_C}]}}]}}]", "two calls the id 'c'"),
        (f"reply: {{blocks: [{{tool_call: {CALL_C}}}, {{text: a}}, {{tool_call: {CALL_C}}}]}}", "two calls the id 'c'"),
        (f"reply: {{tool_calls: [{CALL_C}, {CALL_D}, {{name: a}}, {{name: a}}]}}", ""),
        (f"reply: {{choices: [{{tool_calls: [{CALL_C}]}}, {{tool_calls: [{CALL_C}]}}]}}", ""),
        ("reply: {tool_calls: [{name: a, id: '{{ turn }}'}, {name: a, id: '{{ turn }}'}]}", ""),
    ],
)
def test_doubts__name_what_has_no_effect(rule: str, found: str) -> None:
    messages = [doubt.message for doubt in doubts(script(rules(f"- {{{rule}}}")))]
    assert len(messages) == bool(found)
    assert not found or found in messages[0]
