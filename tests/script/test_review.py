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
