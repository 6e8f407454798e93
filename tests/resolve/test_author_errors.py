"""What an author wrote and what fails while it answers: the rule's own error, with its name and its line."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from completions import budget
from completions.exceptions import RuleFailed
from completions.outcome import Outcome
from completions.resolve.engine import resolve
from tests.scripts import World, asked, rules


def doubled(times: int) -> str:
    """Return an expression whose value has twice the size of the one before, so many times over."""
    return " | ".join(["[@, @]"] * times)


def named(rule: str) -> str:
    """Return a script whose second rule has the name `fragile`."""
    return rules(f"- {{match: {{last_user: other}}, reply: x}}\n- {{name: fragile, {rule}}}\n- reply: later\n")


async def outcome_of(tmp_path: Path, script: str, text: str = "Hello", **fields: object) -> Outcome:
    return await resolve(World(tmp_path, script).namespace, asked(text, **fields))


@pytest.mark.parametrize(
    ("rule", "facts"),
    [
        ("reply: {echo: true}", {}),
        ("reply: {echo: true}", {"text": "é" * 400_000}),
        ("reply: {echo: true}, fault: {repeats: {times: 10000}}", {"text": "x" * 100_000}),
        ("reply: Hello there.", {"n": 100_000}),
        ("reply: {tool_calls: {name: a, arguments: '{{ prompt.last_user }}'}}", {"text": "x" * 400_000, "n": 3}),
    ],
)
async def test_answer__that_is_too_long_is_an_error(rule: str, facts: dict[str, Any], tmp_path: Path) -> None:
    world = World(tmp_path, rules(f"- {{{rule}}}"))
    prompt = asked(**{"text": "x" * 1_000_001, **facts})
    assert await world.said(prompt) == "500 answer_too_long"
    assert await world.said("Short.") != "500 answer_too_long"


@pytest.mark.parametrize(
    ("rule", "code", "why"),
    [
        ("""reply: '{% include "nothing.html" %}'""", "template_failed", "raised"),
        ("reply: '{% widthratio prompt.last_user|length 0 1e400 %}'", "template_failed", "raised"),
        ("reply: '{% lorem 1000000 %}'", "template_failed", "more than 500000 characters"),
        ("reply: '{% for c in prompt.last_user %}{{ prompt.last_user }}{% endfor %}'", "template_failed", "more than"),
        ("reply: '{{ prompt.last_user|ljust:99999999999 }}'", "template_failed", "more than"),
        ("reply: '{{ prompt.last_user|make_list|join:prompt.last_user }}'", "template_failed", "more than"),
        ("""reply: '{{ 1|stringformat:"99999999d" }}'""", "template_failed", "stringformat"),
        ("reply: {json: {a: '{{ prompt.last_user|stringformat:\"99999d\" }}'}}", "template_failed", "stringformat"),
        ("error: {status: 400, message: '{% lorem 1000000 %}'}", "template_failed", "more than"),
        ("reply: {auto: true, id: '{% lorem 1000000 %}'}", "template_failed", "more than"),
        ("reply: {python: 'json:loads'}", "python_failed", "json:loads raised TypeError"),
        ("reply: {python: 'sys:exit'}", "python_failed", "sys:exit raised SystemExit"),
        ("match: {last_user: '/^(a|a)*$/'}, reply: x", "expression_failed", "processor time"),
        (f"match: {{expr: '{doubled(40)}'}}, reply: x", "expression_failed", "makes more than"),
        (f"match: {{expr: '[{doubled(40)}] == [{doubled(40)}]'}}, reply: x", "expression_failed", "makes more than"),
        (f"match: {{expr: 'to_string({doubled(30)})'}}, reply: x", "expression_failed", "makes more than"),
        ("match: {expr: '" + "[@,@][] | " * 40 + "@'}, reply: x", "expression_failed", "makes more than"),
    ],
)
async def test_failure__has_the_rules_name_and_line(
    tmp_path: Path,
    rule: str,
    code: str,
    why: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if why != "processor time":  # which a slow machine takes before anything is too large
        monkeypatch.setattr(budget, "THREAD_SECONDS", 60.0)
    caplog.set_level(logging.ERROR, "completions")
    outcome = await outcome_of(tmp_path, named(rule), "a" * 5000 + "b")
    assert isinstance(outcome.error, RuleFailed)
    assert (outcome.rule, outcome.error.status, outcome.error.code) == ("fragile", 500, code)
    assert outcome.error.message.startswith(f"The rule 'fragile' ({tmp_path / 'script.yaml'}:4) failed: ")
    assert why in outcome.error.message
    assert outcome.error.message in caplog.text


async def test_failure__of_the_fallback(tmp_path: Path) -> None:
    script = "version: 1\ndefaults: {fallback: '{% lorem 1000000 %}'}\nrules: [{match: {last_user: no}, reply: x}]\n"
    outcome = await outcome_of(tmp_path, script)
    assert outcome.error is not None
    assert outcome.rule is None
    assert outcome.error.message.startswith(f"The fallback ({tmp_path / 'script.yaml'}) failed: its template makes")


@pytest.mark.parametrize(
    ("expression", "body"),
    [
        ("temperature > '1'", {"temperature": 1.5}),
        ("metadata.level > `1`", {"metadata": {"level": "3"}}),
        ("length(`5`)", {}),
        ("sort(messages)", {"messages": [1, "a"]}),
        ("join(',', messages)", {"messages": [1]}),
    ],
)
async def test_expr__of_the_wrong_type_does_not_match_and_says_so(
    tmp_path: Path, expression: str, body: dict[str, object]
) -> None:
    text = f'version: 1\ndefaults: {{strict: true}}\nrules:\n- match: {{expr: "{expression}"}}\n  reply: x\n'
    outcome = await outcome_of(tmp_path, text, body=body)
    assert outcome.error is not None
    assert outcome.error.code == "no_rule_matched"
    assert "saw it does not apply to this body: " in outcome.error.message or "saw nothing" in outcome.error.message


async def test_patterns__that_need_more_than_the_loop_gives_go_on_in_a_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "LOOP_SECONDS", 0.0)
    outcome = await outcome_of(
        tmp_path, named("match: {last_user: '/wor(ld|k)/'}, reply: '{{ prompt.last_user }}'"), "work"
    )
    assert outcome.reply is not None
    assert outcome.reply.choices[0].text == "work"


@pytest.mark.parametrize("text", [" " * 1_000_000, "a" * 300_000, "漢" * 200_000], ids=["blanks", "letters", "han"])
async def test_long_texts__are_counted_while_the_loop_goes_on(tmp_path: Path, text: str) -> None:
    task = asyncio.create_task(outcome_of(tmp_path, rules("- reply: x"), text))
    turns = 0
    while not task.done():
        await asyncio.sleep(0.001)
        turns += 1
    outcome = await task
    assert outcome.reply is not None
    assert outcome.reply.usage is not None
    assert outcome.reply.usage.prompt_tokens > 1000
    assert turns > 1
