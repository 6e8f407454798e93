"""The index of a script's rules: it leaves out only rules that do not match, and most of those."""

import json
from contextlib import nullcontext
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from completions.conversation import Message, Prompt
from completions.exceptions import RuleFailed
from completions.script.match.index import BLOCK
from completions.script.match.matchers import Condition
from completions.script.rules import Rule, Script
from tests.scripts import asked, rules, script

TEXTS = ["", "a", "A", "ab", "b", "straße", "STRASSE", "a:latest", "A:latest"]
WORDS = st.sampled_from(TEXTS)
LOOKUPS = ["eq", "iexact", "contains", "icontains", "startswith", "endswith", "regex"]
LOOKUP = st.one_of(
    WORDS,
    st.lists(WORDS, min_size=1, max_size=3),
    st.dictionaries(st.sampled_from(LOOKUPS), WORDS, min_size=1, max_size=2),
    st.builds(lambda word: {"not": word}, WORDS),
    st.builds(lambda words: {"any": words}, st.lists(WORDS, min_size=1, max_size=3)),
    st.booleans().map(lambda there: {"exists": there}),
)
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "model": LOOKUP,
        "last_user": LOOKUP,
        "any_message": LOOKUP,
        "user": LOOKUP,
        "header": st.dictionaries(st.sampled_from(["x-one", "x-two"]), LOOKUP, min_size=1),
        "metadata": st.dictionaries(st.sampled_from(["one", "two"]), LOOKUP, min_size=1),
        "turn": st.integers(0, 1),
        "stream": st.booleans(),
    },
)
PROMPTS = st.builds(
    lambda text, model, user, one, meta, stream: Prompt(
        messages=(Message("user", text),),
        model=model,
        user=user,
        headers={} if one is None else {"x-one": one},
        metadata=meta,
        stream=stream,
    ),
    WORDS,
    st.none() | WORDS,
    st.none() | WORDS,
    st.none() | WORDS,
    st.dictionaries(st.sampled_from(["one", "two"]), st.one_of(WORDS, st.integers(0, 2), st.just(["a"]), st.none())),
    st.booleans(),
)


HUGE = "[@,@][] | " * 40 + "@"
"""An expression that makes too much."""


def one_by_one(script: Script, prompt: Prompt) -> list[str]:
    """Return the names of the rules that match, found without the index."""
    return [rule.name for rule in script.rules if script.fits(rule, prompt)]


def with_rules(conditions: list[dict[str, object]]) -> Script:
    """Return a script with a rule for each condition; all of them retire, so that none hides those behind it."""
    written = [
        {"name": f"rule {at}", "times": 9, "reply": "x", **({"match": match} if match else {})}
        for at, match in enumerate(conditions)
    ]
    return script(json.dumps({"version": 1, "rules": written}))


@given(st.lists(CONDITIONS, min_size=1, max_size=8), PROMPTS)
def test_index__finds_the_rules_that_match_and_in_their_order(
    conditions: list[dict[str, object]], prompt: Prompt
) -> None:
    found = with_rules(conditions)
    assert [rule.name for rule in found.candidates(prompt)] == one_by_one(found, prompt)


def test_index__finds_a_rule_once_that_names_a_text_twice() -> None:
    found = with_rules([{"last_user": ["a", "a"]}])
    assert [rule.name for rule in found.candidates(asked("a"))] == ["rule 0"]


@pytest.mark.parametrize("text", TEXTS)
def test_index__finds_rules_by_each_lookup(text: str) -> None:
    found = with_rules([{"last_user": {lookup: word}} for lookup in LOOKUPS for word in TEXTS])
    assert [rule.name for rule in found.candidates(asked(text))] == one_by_one(found, asked(text))


@pytest.mark.parametrize("at", [0, 1, BLOCK - 1, BLOCK, 3 * BLOCK + 7])
def test_index__finds_a_rule_wherever_it_stands(at: int) -> None:
    found = with_rules([{"last_user": f"word {number}."} for number in range(4 * BLOCK)])
    assert [rule.name for rule in found.candidates(asked(f"This is word {at}."))] == [f"rule {at}"]


def test_index__compares_few_of_many_rules_in_full() -> None:
    many = with_rules(
        [{"model": "gpt-4o", "last_user": f"word {number}.", "header": {"x-team": "red"}} for number in range(1000)]
    )
    compared: list[Condition] = []
    matches = Condition.matches

    def counted(self: Condition, prompt: Prompt) -> bool:
        compared.append(self)
        return matches(self, prompt)

    with patch.object(Condition, "matches", counted):
        assert many.candidates(asked("word 999.", headers={"x-team": "red"}))
    assert len(compared) <= 10


FAILING = f"expr: '{HUGE}'"


@pytest.mark.parametrize(("match", "fails"), [(f"{FAILING}, user: eve", True), (f"user: eve, {FAILING}", False)])
def test_index__lets_a_condition_fail_before_those_behind_it_are_looked_at(match: str, fails: bool) -> None:
    found = script(rules(f"- {{name: a, match: {{{match}}}, reply: a}}\n- {{name: b, reply: b}}"))
    with pytest.raises(RuleFailed) if fails else nullcontext():
        assert [rule.name for rule in found.candidates(asked("Hello"))] == ["b"]


def test_index__has_for_what_is_not_generated_only_rules_that_name_a_format() -> None:
    text = rules("- {name: all, reply: a}\n- {name: vectors, match: {format: embeddings}, reply: {embedding: [1.0]}}")
    found = script(text)
    prompt = asked(task="embed", format="embeddings")
    assert [rule.name for rule in found.candidates(prompt)] == ["vectors"]
    assert all(isinstance(rule, Rule) for rule in found.rules_for(prompt))
