"""What of a reply is said: n, stop, max_tokens, and what it costs."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from completions.conversation import Block, Choice, Message, Prompt, Reply, ToolCall, Usage
from completions.resolve.finish import finish
from completions.tokens import text as tokens

PROMPT = Prompt(model="gpt-4o", messages=(Message("user", "Hello"),))
CALL = ToolCall("get_weather", '{"city":"Paris","days":3}')


def say(choice: Choice | str, **asked: Any) -> Choice:
    made = Choice(choice) if isinstance(choice, str) else choice
    (said,) = finish(Reply((made,)), replace(PROMPT, **asked)).choices
    return said


def test_n__repeats_and_cycles_the_choices() -> None:
    reply = finish(Reply((Choice("a"), Choice("b"))), replace(PROMPT, n=5))
    assert [choice.text for choice in reply.choices] == ["a", "b", "a", "b", "a"]
    assert len(finish(Reply((Choice("a"), Choice("b"))), PROMPT).choices) == 1


@pytest.mark.parametrize(
    ("text", "stop", "said"),
    [
        ("one two three", (), "one two three"),
        ("one two three", ("two",), "one "),
        ("one two three", ("three", "two"), "one "),
        ("one two three", ("four",), "one two three"),
        ("one two three", ("one",), ""),
        ("a\nb", ("\n",), "a"),
        ("a", ("",), "a"),
    ],
)
def test_stop__cuts_before_the_first_sequence(text: str, stop: tuple[str, ...], said: str) -> None:
    assert (say(text, stop=stop).text, say(text, stop=stop).finish_reason) == (said, "stop")


def test_stop__is_looked_for_in_the_text_alone() -> None:
    said = say(Choice("one two", reasoning="one END two"), stop=("END",))
    assert (said.text, said.reasoning, said.stopped_by) == ("one two", "one END two", None)


@pytest.mark.parametrize(
    ("limit", "said", "reason"), [(1, "one", "length"), (2, "one two", "length"), (3, "one two three", "stop")]
)
def test_max_tokens__cuts_by_true_tokens(limit: int, said: str, reason: str) -> None:
    assert (say("one two three", max_tokens=limit).text, say("one two three", max_tokens=limit).finish_reason) == (
        said,
        reason,
    )


@given(st.text(max_size=60), st.integers(0, 40))
@example("0\x81\U00010000 \x850", 10)  # cut, its last two tokens are others than they were
def test_max_tokens__is_never_exceeded_and_cuts_no_more_than_it_must(text: str, limit: int) -> None:
    said = say(text, max_tokens=limit).text or ""
    pieces = tokens.split(text, "gpt-4o")
    costs = [tokens.count(piece, "gpt-4o") for piece in pieces]
    kept = ["".join(pieces[:end]) for end in range(len(pieces) + 1)].index(said)
    assert said == text or sum(costs[:kept]) <= limit < sum(costs[: kept + 1])
    assert said == text or tokens.count(said, "gpt-4o") <= limit


def test_max_tokens__reasoning_comes_first() -> None:
    choice = Choice("one two three", reasoning="because of this")
    assert say(choice, max_tokens=2) == Choice("", "length", reasoning="because of")
    assert say(choice, max_tokens=4) == Choice("one", "length", reasoning="because of this")


def test_max_tokens__cuts_tool_arguments_inside_their_json() -> None:
    said = say(Choice(None, tool_calls=(CALL, CALL)), max_tokens=6)
    assert said.finish_reason == "length"
    assert len(said.tool_calls) == 1
    assert CALL.arguments.startswith(said.tool_calls[0].arguments)
    assert 0 < len(said.tool_calls[0].arguments) < len(CALL.arguments)


def test_max_tokens__leaves_out_a_call_whose_name_it_would_cut() -> None:
    said = say(Choice("one", tool_calls=(ToolCall("get_the_weather_of_a_city", "{}"),)), max_tokens=2)
    assert (said.text, said.tool_calls, said.finish_reason) == ("one", (), "length")


def test_finish_reason__follows_from_what_is_said_unless_the_script_gives_it() -> None:
    assert say(Choice(None, tool_calls=(CALL,))).finish_reason == "tool_calls"
    assert say(Choice(None, refusal="No.")).finish_reason == "stop"
    assert say(Choice("x", "content_filter")).finish_reason == "content_filter"


def test_usage__counts_all_that_is_said() -> None:
    choice = Choice("one two", reasoning="because", tool_calls=(CALL,))
    usage = finish(Reply((choice,)), replace(PROMPT, n=2)).usage
    each = sum(tokens.count(text, "gpt-4o") for text in ("one two", "because", CALL.name, CALL.arguments))
    assert usage == Usage(usage.prompt_tokens if usage else 0, 2 * each, reasoning_tokens=2)
    given = Usage(1, 2)
    assert finish(Reply((choice,), usage=given), PROMPT).usage is given


def test_usage__counts_each_block_as_it_is_sent() -> None:
    blocks = (Block("text", "to"), Block("call", call=CALL), Block("text", "day"))
    usage = finish(Reply((Choice("today", tool_calls=(CALL,), blocks=blocks),)), PROMPT).usage
    texts = ("to", CALL.name, CALL.arguments, "day")
    assert usage and usage.completion_tokens == sum(tokens.count(text, "gpt-4o") for text in texts)
    assert tokens.count("today", "gpt-4o") == 1, "which would be fewer"


def test_reply__gets_what_the_script_left_open() -> None:
    first, second = (finish(Reply((Choice("a"),)), PROMPT) for _ in range(2))
    assert first.model == "gpt-4o"
    assert first.created and first.created > 1_700_000_000
    assert first.serial != second.serial
    kept = finish(Reply((Choice("a"),), created=5, model="m", serial="s"), PROMPT)
    assert (kept.created, kept.model, kept.serial) == (5, "m", "s")


def test_document__stays_as_it_is() -> None:
    reply = Reply((Choice("one two"),), body={"any": "thing"})
    assert finish(reply, replace(PROMPT, n=3, max_tokens=1, stop=("one",))) is reply


@pytest.mark.parametrize(
    ("limit", "reason", "stopped_by"), [(None, "stop", "STOP"), (50, "stop", "STOP"), (2, "length", None)]
)
def test_stopped_by__is_no_longer_said_where_max_tokens_cuts_before(
    limit: int | None, reason: str, stopped_by: str | None
) -> None:
    said = say("one two three four STOP five", stop=("STOP",), max_tokens=limit)
    assert (said.finish_reason, said.stopped_by) == (reason, stopped_by)
