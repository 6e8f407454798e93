"""Wrong arguments of what tests call: each is told at the call, with its name and what it takes."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from completions import Choice, Reply
from completions.pytest_plugin.in_process import InProcess
from completions.pytest_plugin.mock import MockLLM
from completions.pytest_plugin.testing import mocked_llm, with_mock_llm

Act = Callable[[MockLLM], object]


def wrong(value: object) -> Any:
    """Return a value as one that no type checker refuses."""
    return value


class Invoice(BaseModel):
    """What an application may want to get."""

    number: int


REPLIES = "a text, a dict, a Reply, a Choice, a callable or a list of these"
CALLS = "`expected` takes a list (each item a text or a pair of a text and a dict), not "
REFUSED: list[tuple[Act, str]] = [
    (lambda mock: mock.reply(wrong(b"x")), f"reply(): `reply` takes {REPLIES}, not b'x'."),
    (lambda mock: mock.reply(wrong(None)), f"`reply` takes {REPLIES}, not None"),
    (lambda mock: mock.reply([wrong(b"x")]), f"`reply` takes {REPLIES}, not [b'x']"),
    (
        lambda mock: mock.reply(Reply(wrong("Hi"))),
        "`reply` is a Reply that cannot be an answer: `choices` must be a tuple",
    ),
    (lambda mock: mock.reply(Choice(wrong(5))), "`reply` is a Choice that cannot be an answer: `text` must be a text"),
    (lambda mock: mock.reply(wrong(Invoice(number=7))), "not Invoice(number=7). For a Pydantic model, write `{"),
    (lambda mock: mock.reply({"text": b"x"}), "JSON cannot represent b'x', of the type bytes."),
    (lambda mock: mock.reply("Hi", when=wrong(5)), "`when` takes a text, a dict or None, not 5"),
    (lambda mock: mock.reply("Hi", times=wrong("2")), "`times` takes a whole number or None, not '2'"),
    (lambda mock: mock.reply("Hi", times=wrong(True)), "`times` takes a whole number or None, not True"),
    (lambda mock: mock.reply("Hi", hold=wrong(3)), "`hold` takes a text, a dict or None, not 3"),
    (lambda mock: mock.reply("Hi", pacing=wrong("fast")), "`pacing` takes a dict or None, not 'fast'"),
    (lambda mock: mock.reply("Hi", name=wrong(3)), "`name` takes a text or None, not 3"),
    (lambda mock: mock.error(wrong(b"x")), "`status` takes a whole number, a text or None, not b'x'"),
    (lambda mock: mock.fault(wrong(5)), "`fault` takes a text, a dict or a list of these, not 5"),
    (lambda mock: mock.fault("stall", ms=wrong("x")), "`ms` takes a number, not 'x'"),
    (lambda mock: mock.script(wrong(5)), "`script` takes a text, a Path or a dict, not 5"),
    (lambda mock: mock.gate(wrong(5)), "gate(): `name` takes a name (a text that is not empty), not 5"),
    (lambda mock: mock.gate(""), "gate(): `name` takes a name (a text that is not empty), not ''"),
    (lambda mock: mock.gate("a").wait(wrong("1")), "wait(): `count` takes a whole number (from 0), not '1'"),
    (lambda mock: mock.gate("a").wait(1, wrong("x")), "`timeout` takes seconds (a number from 0 to 86400), not 'x'"),
    (lambda mock: mock.gate("a").await_for(1, -1), "`timeout` takes seconds (a number from 0 to 86400), not -1"),
    (lambda mock: mock.wait_for(wrong("1")), "`count` takes a whole number, not '1'"),
    (
        lambda mock: mock.wait_for(1, timeout=float("nan")),
        "`timeout` takes seconds (a number from 0 to 86400), not nan",
    ),
    (
        lambda mock: mock.await_for(1, timeout=float("inf")),
        "`timeout` takes seconds (a number from 0 to 86400), not inf",
    ),
    (lambda mock: mock.assert_called(wrong("1")), "`times` takes a whole number (from 0) or None, not '1'"),
    (lambda mock: mock.assert_called(when=wrong(5)), "`when` takes a text, a dict, None or a callable, not 5"),
    (lambda mock: mock.assert_tools_called(wrong("a")), CALLS),
    (lambda mock: mock.assert_tools_called([wrong(5)]), CALLS),
    (lambda mock: mock.assert_called(-1), "assert_called(): `times` takes a whole number (from 0) or None, not -1"),
    (
        lambda mock: mock.wait_for(1, timeout=1e10),
        "`timeout` takes seconds (a number from 0 to 86400), not 10000000000.0",
    ),
    (lambda mock: mock.gate("a").wait(-1), "wait(): `count` takes a whole number (from 0), not -1"),
    (lambda mock: mock.assert_cost_below(wrong("1")), "`dollars` takes dollars (a number from 0), not '1'"),
    (lambda mock: mock.assert_cost_below(float("nan")), "`dollars` takes dollars (a number from 0), not nan"),
    (lambda mock: mock.assert_prompts(wrong(5)), "`name` takes a text, not 5"),
    (lambda mock: mock.assert_prompts(normalise=wrong("x")), "`normalise` takes a callable or None, not 'x'"),
    (
        lambda mock: mock.verdict(timeout=wrong("x")),
        "`timeout` takes seconds (a number from 0 to 86400) or None, not 'x'",
    ),
    (lambda mock: mock.scenario(wrong(5)), "`name` takes a text or None, not 5"),
    (lambda mock: mock.scenario(stages=wrong("x")), "`stages` takes a list (each item a dict) or None, not 'x'"),
    (lambda mock: mock.scenario("a", speed=wrong("x")), "`speed` takes a number, not 'x'"),
    (lambda mock: mock.scenario("a", stages=[{"name": "b"}]), "scenario() takes `name` or `stages`, not both."),
    (lambda mock: mock.scenario("brown_out", repeat=True), "scenario(): `repeat` is for `stages`"),
    (lambda mock: mock.scenario(speed=2), "scenario(): `speed` needs a scenario"),
    (lambda mock: mock.record(wrong(5)), "`folder` takes a text, a Path or None, not 5"),
    (lambda mock: mock.record(ignore=wrong("date")), "`ignore` takes a list (each item a text) or None, not 'date'"),
    (lambda mock: mock.run.export(wrong(5)), "`file` takes a text, a Path or None, not 5"),
    (lambda mock: InProcess(wrong("app")), "`application` takes a callable, not 'app'"),
    (lambda mock: mocked_llm(wrong(5)), "`name` takes a text, not 5"),
    (lambda mock: mocked_llm("a", wrong("folder")), "`folder` takes a Path or None, not 'folder'"),
    (lambda mock: with_mock_llm(wrong("x")), "`function` takes a callable, not 'x'"),
    (
        lambda mock: mock.verdict().assert_nothing_found(but=wrong("slow")),
        "`but` takes a list (each item a text)",
    ),
]


@pytest.mark.parametrize(("act", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_argument__that_is_wrong_is_told_at_the_call(module_mock_llm: MockLLM, act: Act, words: str) -> None:
    with pytest.raises(TypeError, match=re.escape(words)):
        act(module_mock_llm)


def test_arguments__that_are_right_are_taken(mock_llm: MockLLM) -> None:
    mock_llm.reply(["One.", {"text": "Two."}, Choice("Three."), lambda prompt: Reply((Choice("Four."),))], times=9)
    mock_llm.fault([{"stall": {"ms": 50}}, "crlf"], when={"turn": 3})
    mock_llm.fault("stall", ms=50.5, when="stall")
    mock_llm.scenario(stages=[{"name": "a"}], speed=2)
    mock_llm.assert_tools_called([], strict=False)
    mock_llm.assert_cost_below(1)
    assert mock_llm.verdict(timeout=5).score is None
    mock_llm.verdict().assert_nothing_found(but=("retry",))


@pytest.mark.parametrize(
    ("more", "words"),
    [({}, "missing 1 required positional argument: 'reply'"), ({"wen": "Hi"}, "unexpected keyword argument 'wen'")],
)
def test_arguments__that_do_not_fit_are_python_s_own_error_alone(
    mock_llm: MockLLM, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(TypeError, match=rf"reply\(\) (got an )?{words}") as caught:
        mock_llm.reply(**more)
    assert caught.value.__context__ is None, "and no other error before it, whose frames pytest would show"
