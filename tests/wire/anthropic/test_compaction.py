"""Conversations that a summary stands for: made on demand, or by an edit of the context once they are long."""

from typing import Any

import anthropic
import pytest

from tests.leaky import LEAKY

pytestmark = LEAKY

SCRIPT = """
version: 1
rules:
  - {match: {last_user: cut}, reply: {text: So much, finish_reason: length}}
  - {match: {last_user: refuse}, reply: {refusal: No.}}
  - {match: {last_user: silent}, reply: {text: ''}}
  - {match: {last_user: use}, reply: {tool_calls: [{name: look, arguments: {}}]}}
  - {match: {last_user: run}, times: 1, reply: {tool_calls: [{name: look, arguments: {}}]}}
  - {match: {last_user: think}, reply: {text: So., reasoning: Hm.}}
  - {match: {any_message: blue as ever}, reply: It was blue.}
  - {match: {any_message: mock summary}, reply: I go on.}
  - {reply: The sea is blue as ever.}
"""
MODEL, ON_DEMAND, BY_SIZE = "claude-opus-5-5", "compact-2026-09-04", "compact-2026-01-12"
LONG = "The sea is blue, and so is the sky. " * 5_000
"""Of about 60,000 tokens."""

SUMMARIZE: Any = {"type": "summarize"}
TOOLS: Any = [{"name": "look", "input_schema": {"type": "object", "properties": {}}}]
CALL: Any = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
EDIT: dict[str, Any] = {"type": "compact_20260112", "trigger": {"type": "input_tokens", "value": 50_000}}


def says(role: str, *content: Any) -> Any:
    return {"role": role, "content": content[0] if isinstance(content[0], str) else list(content)}


def asked(*messages: Any, beta: str = ON_DEMAND, **more: Any) -> Any:
    return {"model": MODEL, "max_tokens": 500, "messages": list(messages), "betas": [beta], **more}


def by_size(*messages: Any, **more: Any) -> Any:
    edit = {**EDIT, **more}
    return asked(*messages, beta=BY_SIZE, context_management={"edits": [edit]})


def test_summary__is_all_that_is_answered_on_demand_and_stands_for_what_was_said(claude: anthropic.Anthropic) -> None:
    history = [says("user", "Which colour?"), says("assistant", "Blue."), says("user", "Sure?")]
    made = claude.beta.messages.create(**asked(*history, compaction=SUMMARIZE))
    (block,) = made.content
    assert block.type == "compaction" and block.content == "The sea is blue as ever."
    assert (made.stop_reason, made.usage.input_tokens, made.usage.output_tokens) == ("compaction", 0, 0)
    (step,) = made.usage.iterations or [None]
    counted = claude.beta.messages.count_tokens(model=MODEL, messages=history, betas=[ON_DEMAND], compaction=SUMMARIZE)
    assert (
        step is not None
        and (step.type, step.input_tokens) == ("compaction", counted.input_tokens)
        and step.output_tokens > 0
    )
    for role in ("assistant", "user"):
        later = claude.beta.messages.create(**asked(says(role, block.to_dict()), says("user", "And then?")))
        assert later.content[0].type == "text" and later.content[0].text == "It was blue."
        assert later.usage.iterations is None and later.usage.input_tokens > counted.input_tokens


def test_summary__opens_whole_in_a_stream_on_demand(claude: anthropic.Anthropic) -> None:
    with claude.beta.messages.stream(**asked(says("user", "Hi"), compaction=SUMMARIZE)) as stream:
        events = [event for event in stream if event.type.startswith(("content_block", "message_delta"))]
        final = stream.get_final_message()
    assert [event.type for event in events] == ["content_block_start", "content_block_stop", "message_delta"]
    assert final.stop_reason == "compaction" and final.content[0].type == "compaction" and final.content[0].signature
    assert final.usage.iterations is not None and final.usage.iterations[0].type == "compaction"


@pytest.mark.parametrize(
    ("why", "reason"),
    [("cut", "max_tokens"), ("refuse", "refusal"), ("silent", "end_turn"), ("use", "tool_use")],
)
def test_summary__is_missing_where_the_model_does_not_say_one_to_its_end(
    claude: anthropic.Anthropic, why: str, reason: str
) -> None:
    made = claude.beta.messages.create(**asked(says("user", why), compaction=SUMMARIZE, tools=TOOLS))
    assert (made.stop_reason, made.content, made.usage.output_tokens) == (reason, [], 0)
    assert made.usage.iterations is not None and made.usage.iterations[0].type == "compaction"


def test_tool_runner__goes_on_from_a_summary(claude: anthropic.Anthropic) -> None:
    @anthropic.beta_tool
    def look() -> str:
        """Look."""
        return "Nothing."

    runner = claude.beta.messages.tool_runner(**asked(says("user", "run")), tools=[look])
    reasons = []
    for message in runner:
        reasons.append(message.stop_reason)
        if message.stop_reason == "tool_use":
            runner.compact_before_next_turn()
    assert reasons == ["tool_use", "compaction", "end_turn"]


def signed(claude: anthropic.Anthropic) -> Any:
    return claude.beta.messages.create(**asked(says("user", "Hi"), compaction=SUMMARIZE)).content[0].to_dict()


HI = says("user", "Hi")


@pytest.mark.parametrize(
    ("more", "message", "code"),
    [
        ({"betas": [BY_SIZE]}, f"`compaction` requires anthropic-beta: {ON_DEMAND}", None),
        ({"model": "claude-haiku-4-5"}, "'claude-haiku-4-5' does not support the `compaction` parameter.", None),
        ({"stop_sequences": ["."]}, "stop_sequences: cannot be combined with `compaction`", None),
        ({"tools": TOOLS, "tool_choice": {"type": "any"}}, "tool_choice: cannot be combined with `compaction`", None),
        (
            {"output_config": {"task_budget": {"type": "tokens", "total": 20_000, "remaining": 5}}},
            "output_config.task_budget.remaining: cannot be combined with `compaction`",
            None,
        ),
        ({"context_management": {"edits": []}}, "context_management: cannot be combined with `compaction`", None),
        ({"compaction": {"type": "all"}}, "compaction.type: Input should be 'summarize'", None),
        (
            {"compaction": {"type": "summarize", "instructions": "a" * 16_385}},
            "compaction.instructions: String should have at most 16384 characters",
            None,
        ),
        (
            {"messages": [HI, says("assistant", CALL)], "tools": TOOLS},
            "messages: the last `assistant` turn has tool calls without results; send them before it is summarized",
            "compaction_incomplete_turn",
        ),
        ({"messages": []}, "messages: there is nothing to summarize", "compaction_nothing_to_summarize"),
    ],
)
def test_request__for_a_summary_is_refused(
    claude: anthropic.Anthropic, more: Any, message: str, code: str | None
) -> None:
    assert refused(claude, {**asked(HI, compaction=SUMMARIZE), **more}) == (message, code)


def refused(claude: anthropic.Anthropic, request: Any) -> tuple[str, str | None]:
    with pytest.raises(anthropic.BadRequestError) as caught:
        claude.beta.messages.create(**request)
    body: Any = caught.value.body
    return body["error"]["message"], body["error"].get("details", {}).get("error_code")


MISPLACED = "`compaction` block must be sent first, in place of the messages it summarizes; remove those messages"


@pytest.mark.parametrize(
    ("changed", "before", "more", "message", "code"),
    [
        ({}, [HI], {}, f"messages.1.content.0: {MISPLACED}", "compaction_block_misplaced"),
        (
            {"content": "Another."},
            [],
            {},
            "messages.0.content.0: `content` of the `compaction` block is not what was signed",
            "compaction_content_mismatch",
        ),
        (
            {"signature": "EuYBAAAA"},
            [],
            {},
            "messages.0.content.0: Invalid `signature` in `compaction` block",
            "compaction_signature_invalid",
        ),
        (
            {"citations": None},
            [],
            {},
            "messages.0.content.0.compaction.citations: Extra inputs are not permitted",
            None,
        ),
        (
            {},
            [],
            {"betas": [BY_SIZE]},
            f"messages.0.content.0: `signature` requires anthropic-beta: {ON_DEMAND}",
            None,
        ),
        (
            {},
            [],
            {"betas": [ON_DEMAND, BY_SIZE], "context_management": {"edits": [EDIT]}},
            "context_management: `compact_20260112` cannot be combined with a signed `compaction` block",
            None,
        ),
        (
            {"signature": None},
            [],
            {},
            "messages.0.content.0: a `compaction` block with `content` requires its `signature`",
            None,
        ),
        (
            {"signature": None},
            [],
            {"betas": [BY_SIZE]},
            "`compaction` blocks require a `compact_20260112` strategy in `context_management.edits`.",
            None,
        ),
    ],
)
def test_summary__that_comes_back_is_refused(
    claude: anthropic.Anthropic, changed: Any, before: Any, more: Any, message: str, code: str | None
) -> None:
    block = {key: value for key, value in {**signed(claude), **changed}.items() if value is not None or key not in KEPT}
    request = asked(*before, says("assistant", block), HI, **more)
    assert refused(claude, request) == (message, code)


KEPT = ("signature",)


def test_summary__comes_back_once_and_with_its_beta(claude: anthropic.Anthropic) -> None:
    block = signed(claude)
    twice = says("assistant", block, block)
    assert refused(claude, asked(twice, HI)) == (
        "messages: Send only the `compaction` block that the conversation returned last.",
        "compaction_block_ambiguous",
    )
    other, _ = refused(claude, asked(says("assistant", block), HI, beta="files-api-2025-04-14"))
    assert other.startswith("messages.0.content.0: Input tag 'compaction' found using 'type' does not match any")


def test_long_conversation__is_summarized_and_the_answer_goes_on_from_that(claude: anthropic.Anthropic) -> None:
    made = claude.beta.messages.create(**by_size(says("user", LONG)))
    summary, answer = made.content
    assert summary.type == "compaction" and summary.content == "This is a mock summary of the conversation."
    assert summary.signature is None and answer.type == "text" and made.stop_reason == "end_turn"
    first, second = made.usage.iterations or [None, None]
    assert first is not None and second is not None and (first.type, second.type) == ("compaction", "message")
    assert first.input_tokens > 50_000 and second.input_tokens == made.usage.input_tokens < 200
    assert second.output_tokens == made.usage.output_tokens
    assert made.context_management is not None and made.context_management.applied_edits == []
    later = by_size(says("user", LONG), says("assistant", *(block.to_dict() for block in made.content)), HI)
    again = claude.beta.messages.create(**later)
    assert again.content[0].type == "text" and again.content[0].text == "It was blue.", "what the answer said is there"
    assert [step.type for step in again.usage.iterations or ()] == ["message"] and again.usage.input_tokens < 300
    counted = claude.beta.messages.count_tokens(**{key: later[key] for key in later if key != "max_tokens"})
    assert counted.input_tokens == again.usage.input_tokens


def test_short_conversation__is_not_summarized(claude: anthropic.Anthropic) -> None:
    for request in (by_size(HI), by_size(says("user", LONG), trigger=None)):
        assert [block.type for block in claude.beta.messages.create(**request).content] == ["text"]


def test_long_conversation__waits_at_its_summary_where_that_is_asked(claude: anthropic.Anthropic) -> None:
    made = claude.beta.messages.create(**by_size(says("user", LONG), pause_after_compaction=True))
    (block,) = made.content
    assert block.type == "compaction" and block.content == "The sea is blue as ever."
    assert (made.stop_reason, made.usage.input_tokens, made.usage.output_tokens) == ("compaction", 0, 0)
    assert [step.type for step in made.usage.iterations or ()] == ["compaction"]
    later = claude.beta.messages.create(**by_size(says("user", LONG), says("assistant", block.to_dict())))
    assert later.content[0].type == "text" and later.content[0].text == "It was blue."


def test_summary__comes_in_one_delta_in_a_stream(claude: anthropic.Anthropic) -> None:
    with claude.beta.messages.stream(**by_size(says("user", LONG))) as stream:
        events = list(stream)
        final = stream.get_final_message()
    deltas = [event.delta.type for event in events if event.type == "content_block_delta"]
    assert deltas[0] == "compaction_delta" and set(deltas[1:]) == {"text_delta"}
    opening = next(event.content_block for event in events if event.type == "content_block_start")
    assert opening.type == "compaction" and opening.content is None
    began = next(event.message.usage.input_tokens for event in events if event.type == "message_start")
    assert began > 50_000 > final.usage.input_tokens
    assert [block.type for block in final.content] == ["compaction", "text"]


def test_thinking__is_bound_to_the_summary_before_it(claude: anthropic.Anthropic) -> None:
    betas = [BY_SIZE, "thinking-binding-controls-2026-08-01"]
    asks = says("user", LONG + "think")
    made = claude.beta.messages.create(**{**by_size(asks), "betas": betas})
    content: list[Any] = [block.to_dict() for block in made.content]
    assert [block["type"] for block in content] == ["compaction", "thinking", "text"]

    def transformed(*blocks: Any) -> list[tuple[str, str]]:
        request = {**by_size(says("assistant", *blocks), HI), "betas": betas}
        found = claude.beta.messages.create(**request).input_transformations
        return [(each.type, each.path) for each in found or ()]

    assert transformed(*content) == []
    changed = {**content[0], "content": "Another summary."}
    assert transformed(changed, *content[1:]) == [("thinking_mismatch_allowed", "messages.0.content.1")]


@pytest.mark.parametrize(
    ("edits", "beta", "message"),
    [
        (
            [{**EDIT, "trigger": {"type": "input_tokens", "value": 49_999}}],
            BY_SIZE,
            "context_management.edits.0.compact_20260112: trigger.value must be at least 50000",
        ),
        (
            [EDIT],
            "context-management-2025-06-27",
            "context_management.edits.0: Input tag 'compact_20260112' found using 'type' does not match any of the "
            "expected tags: 'clear_thinking_20251015', 'clear_tool_uses_20250919'",
        ),
        (
            [EDIT, {"type": "clear_thinking_20251015"}],
            BY_SIZE,
            "context_management: `clear_thinking_20251015` must be the first strategy in `context_management.edits` "
            "when provided",
        ),
    ],
)
def test_edits__are_refused(claude: anthropic.Anthropic, edits: Any, beta: str, message: str) -> None:
    request = asked(HI, beta=beta, context_management={"edits": edits}, thinking={"type": "adaptive"})
    assert refused(claude, request) == (message, None)
