"""Other models that answer where one declines, within one request: as Anthropic's SDK asks for them."""

from typing import Any

import anthropic
import pytest
from anthropic.types.beta import BetaMessage

from tests.leaky import LEAKY

pytestmark = LEAKY

SCRIPT = """
version: 1
rules:
- {match: {model: claude-fable-5, last_user: halfway}, reply: {text: "First,", refusal: "No further."}}
- {match: {model: claude-fable-5}, reply: {refusal: "No."}}
- {match: {model: claude-opus-5}, reply: {refusal: "Neither do I."}}
- {match: {model: claude-haiku-4-5}, error: 529}
- {match: {model: claude-opus-4-8, last_user: think}, reply: {reasoning: "Hm.", text: "Here you are."}}
- {match: {model: claude-opus-4-8}, reply: "Here you are."}
"""
BETA = "server-side-fallback-2026-07-01"
FABLE, OPUS, LAST = "claude-fable-5", "claude-opus-5", "claude-opus-4-8"


def ask(
    claude: anthropic.Anthropic, fallbacks: Any, model: str = FABLE, said: str = "Hello", **more: Any
) -> BetaMessage:
    asked: dict[str, Any] = {"model": model, "max_tokens": 100, "messages": [{"role": "user", "content": said}]}
    made: BetaMessage = claude.beta.messages.create(**{**asked, "betas": [BETA], "fallbacks": fallbacks, **more})
    return made


def hops(message: BetaMessage) -> list[tuple[str, str]]:
    """Return who declined in favour of whom."""
    return [(block.from_.model, block.to.model) for block in message.content if block.type == "fallback"]


def steps(message: BetaMessage) -> list[tuple[str, str | None]]:
    """Return which models were asked, and whether each served."""
    return [(step.type, getattr(step, "model", None)) for step in message.usage.iterations or ()]


@pytest.mark.parametrize(
    ("fallbacks", "declined"),
    [([{"model": LAST}], [FABLE]), ([{"model": OPUS}, {"model": LAST}], [FABLE, OPUS]), ("default", [FABLE])],
)
def test_next_model__answers_where_one_declines(
    claude: anthropic.Anthropic, fallbacks: Any, declined: list[str]
) -> None:
    message = ask(claude, fallbacks)
    assert (message.model, message.stop_reason, message.stop_details) == (LAST, "end_turn", None)
    assert hops(message) == list(zip(declined, [*declined[1:], LAST], strict=True))
    assert steps(message) == [*(("message", model) for model in declined), ("fallback_message", LAST)]
    assert message.content[-1].type == "text" and message.content[-1].text == "Here you are."
    served = (message.usage.iterations or [])[-1]
    assert (served.input_tokens, served.output_tokens) == (message.usage.input_tokens, message.usage.output_tokens)


def test_last_model__may_decline_too(claude: anthropic.Anthropic) -> None:
    message = ask(claude, [{"model": OPUS}])
    assert (message.model, message.stop_reason) == (OPUS, "refusal")
    assert message.stop_details is not None and message.stop_details.explanation == "Neither do I."
    assert steps(message) == [("message", FABLE), ("message", OPUS)]


def test_model_that_cannot_be_asked__is_recommended(claude: anthropic.Anthropic) -> None:
    message = ask(claude, [{"model": "claude-haiku-4-5"}])
    assert (message.model, message.stop_reason, hops(message)) == (FABLE, "refusal", [])
    assert message.stop_details is not None and message.stop_details.recommended_model == "claude-haiku-4-5"


@pytest.mark.parametrize("fallbacks", [[{"model": LAST}], "default"])
def test_model__that_answers_is_not_followed(claude: anthropic.Anthropic, fallbacks: Any) -> None:
    message = ask(claude, fallbacks, model=LAST)
    assert (message.model, hops(message), message.usage.iterations) == (LAST, [], None)


def test_what_was_said_before__stands_before_the_boundary(claude: anthropic.Anthropic) -> None:
    message = ask(claude, [{"model": LAST}], said="Only halfway")
    assert [block.type for block in message.content] == ["text", "fallback", "text"]
    assert ask(claude, None, said="Only halfway").stop_reason == "refusal"


def test_entry__sets_what_holds_for_its_model(claude: anthropic.Anthropic) -> None:
    short = ask(claude, [{"model": LAST, "max_tokens": 2}])
    assert (short.stop_reason, short.usage.output_tokens) == ("max_tokens", 2)
    thinking = {"type": "adaptive", "display": "summarized"}
    thought = ask(claude, [{"model": LAST, "thinking": thinking}], said="think")
    assert [block.type for block in thought.content] == ["fallback", "thinking", "text"]


def test_stream__has_the_boundary_as_a_block_without_deltas(claude: anthropic.Anthropic) -> None:
    asked: Any = {"model": FABLE, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}
    with claude.beta.messages.stream(**asked, betas=[BETA], fallbacks=[{"model": LAST}]) as stream:
        events = [event.type for event in stream if event.type.startswith(("message", "content_block_s"))]
        message = stream.get_final_message()
    block = ["content_block_start", "content_block_stop"]
    assert events == ["message_start", *block, *block, "message_delta", "message_stop"]
    assert (hops(message), steps(message)[-1]) == ([(FABLE, LAST)], ("fallback_message", LAST))


def test_answer__is_taken_back(claude: anthropic.Anthropic) -> None:
    said = [block.model_dump(by_alias=True) for block in ask(claude, [{"model": LAST}]).content]
    more = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": said},
        {"role": "user", "content": "?"},
    ]
    assert ask(claude, [{"model": LAST}], messages=more).model == LAST


@pytest.mark.parametrize(
    ("fallbacks", "model", "betas", "told"),
    [
        ([{"model": LAST}], "claude-sonnet-5", [BETA], "'claude-sonnet-5' does not support the `fallbacks` parameter"),
        ([{"model": LAST, "top_k": 1}], FABLE, [BETA], "fallbacks.0.top_k: Extra inputs are not permitted"),
        ([{"model": LAST}], FABLE, [], "fallbacks: Extra inputs are not permitted"),
    ],
)
def test_fallbacks__that_cannot_be_are_refused(
    claude: anthropic.Anthropic, fallbacks: Any, model: str, betas: list[str], told: str
) -> None:
    with pytest.raises(anthropic.BadRequestError, match=told):
        ask(claude, fallbacks, model=model, betas=betas)
