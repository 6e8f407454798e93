"""Doubts about scripts: rules that can never answer."""

import pytest

from completions.script.review import doubts
from tests.scripts import rules, script


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("- reply: a\n- reply: b", [(4, "the rule 'rule 2' never answers: 'rule 1' in line 3 takes every request.")]),
        ("- {match: {}, reply: a}\n- reply: b", [(4, "'rule 1' in line 3 takes every request.")]),
        ("- {reply: a, times: 1}\n- reply: b", []),
        ("- reply: a\n- {match: {format: embeddings}, reply: {embedding: [1]}}", []),
        ("- {match: {turn: 1}, reply: {embedding: [1]}}", [(3, "names `format` is asked for an embedding.")]),
        ("- {match: {turn: 1}, reply: {moderation: {}}}", [(3, "names `format` is asked for a moderation.")]),
        ("- {match: {turn: 1}, reply: a}\n- {match: {turn: 1}, reply: b}", [(4, "has the same condition.")]),
        ("- {match: {turn: 1}, reply: a}\n- {match: {turn: 2}, reply: b}\n- reply: c", []),
        ("- reply: a\n- reply: b\n- {match: {turn: 1}, reply: c}", [(4, "'rule 2'"), (5, "'rule 1' in line 3 takes")]),
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
    assert not found or ("never answers: model " in told[0] and "and `models` lists none such." in told[0])


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
    ("rule", "found"),
    [
        ("error: 503, fault: [disconnect, split_bytes]", "only answers with errors, on which this has no effect: disc"),
        ("error: 503, fault: cut_word", "only answers with errors, on which this has no effect: cut_word."),
        ("error: 503, fault: [no_done, error_event]", ""),
        ("error: 503, fault: split_bytes", ""),
        ("replies: [{error: 503}, Fine.], fault: disconnect", ""),
        ("reply: {events: [a]}, fault: [no_done, cut_word]", "word by word, on which this has no effect: cut_word."),
        ("reply: {events: [a]}, fault: no_done", ""),
        ("replies: [a, b, c], times: 2", "'rule 1' answers 2 times, and so gives only as many of its 3 answers."),
        ("replies: [a, b], times: 2", ""),
        ("reply: a, pacing: {speed: 2}", "gives no recorded answer, so that the `speed` of its pacing has no effect."),
        ("reply: a, pacing: recorded", "gives no recorded answer, so that the `speed`"),
        ("reply: {upstream: 'http://localhost'}, pacing: {speed: 2}", ""),
    ],
)
def test_doubts__name_what_has_no_effect(rule: str, found: str) -> None:
    messages = [doubt.message for doubt in doubts(script(rules(f"- {{{rule}}}")))]
    assert len(messages) == bool(found)
    assert not found or found in messages[0]
