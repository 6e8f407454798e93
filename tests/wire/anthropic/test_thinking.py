"""Anthropic's thinking when it comes back: its signature, its text, and its place before the calls."""

import base64
from typing import Any

import orjson
import pytest

from completions.conversation import Choice, Prompt, Reply, ToolCall
from completions.exceptions import RequestError
from completions.wire.anthropic.messages import AnthropicMessages
from completions.wire.anthropic.prompt import read_prompt
from completions.wire.anthropic.search_seals import encrypted_content
from completions.wire.anthropic.thinking import REDACTION_TRIGGER

WIRE = AnthropicMessages()
HEADERS = {"anthropic-version": "2023-06-01"}
USER = {"role": "user", "content": "Add."}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "2"}]}
TOOLS = [{"name": "add", "input_schema": {"type": "object"}}]
BUDGET, ADAPTIVE = {"type": "enabled", "budget_tokens": 1024}, {"type": "adaptive"}
CALL = {"type": "tool_use", "id": "t1", "name": "add", "input": {}}
TEXT = {"type": "text", "text": "So."}


def answered(thought: str | None, thinking: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    choice = Choice(None, "tool_calls", tool_calls=(ToolCall("add", "{}", "t1"),), reasoning=thought)
    body = {"model": "claude-sonnet-4-5", "max_tokens": 5000, "messages": [USER], "thinking": thinking or BUDGET}
    content: list[dict[str, Any]] = WIRE.document(Reply((choice,), serial="s"), Prompt(body=body))["content"]
    return content


def test_thinking__is_redacted_for_the_guide_s_string_and_taken_back() -> None:
    choice = Choice("So.", "stop", reasoning="Hm.")
    asked = {"role": "user", "content": REDACTION_TRIGGER}
    body = {"model": "claude-sonnet-4-5", "max_tokens": 5000, "messages": [asked], "thinking": BUDGET}
    prompt = WIRE.parse(orjson.dumps(body), HEADERS, validate=True)
    content = WIRE.document(Reply((choice,), serial="s"), prompt)["content"]
    assert [block["type"] for block in content] == ["redacted_thinking", "text"]
    assert refused(asked, said(*content), USER) is None
    opened = [orjson.loads(event.data) for event in WIRE.events(Reply((choice,), serial="s"), prompt)]
    assert content[0] in [event.get("content_block") for event in opened]


def refused(*messages: dict[str, Any], thinking: dict[str, Any] | None = BUDGET) -> str | None:
    """Return the message that a conversation is refused with."""
    body = {"model": "claude-sonnet-4-5", "max_tokens": 5000, "messages": list(messages), "tools": TOOLS}
    try:
        WIRE.parse(orjson.dumps(body | ({"thinking": thinking} if thinking else {})), HEADERS, validate=True)
    except RequestError as exc:
        assert exc.status == 400
        return exc.message
    return None


def said(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


THOUGHT, OTHER = answered("Let me see.")[0], answered("Something else.")[0]
REAL = {"type": "thinking", "thinking": "Hm.", "signature": base64.b64encode(b"\x12" + bytes(250)).decode()}
REDACTED = {"type": "redacted_thinking", "data": REAL["signature"]}
SIGNATURE = "messages.1.content.0: Invalid `signature` in `thinking` block"
CHANGED = "messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot"


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (THOUGHT, None),
        (REAL, None),
        ({**REAL, "signature": base64.b64encode(b"\x08\x02\x12" + bytes(250)).decode()}, None),
        (REDACTED, None),
        ({**THOUGHT, "thinking": ""}, None),
        ({**THOUGHT, "thinking": "I never thought so."}, CHANGED),
        ({**THOUGHT, "signature": OTHER["signature"]}, CHANGED),
        ({**THOUGHT, "signature": "bogus"}, SIGNATURE),
        ({**THOUGHT, "signature": ""}, SIGNATURE),
        ({**THOUGHT, "signature": "not base64 at all!"}, SIGNATURE),
        ({**THOUGHT, "signature": base64.b64encode(b"\x12short").decode()}, SIGNATURE),
        ({**THOUGHT, "signature": base64.b64encode(bytes(300)).decode()}, SIGNATURE),
        ({**THOUGHT, "signature": THOUGHT["signature"][:-8] + "AAAAAAA="}, SIGNATURE),
        ({**REDACTED, "data": "bogus"}, "messages.1.content.0: Invalid `data` in `redacted_thinking` block"),
    ],
)
def test_thinking__comes_back_as_it_was_signed(block: dict[str, Any], words: str | None) -> None:
    found = refused(USER, said(block, CALL), RESULT)
    assert found is None if words is None else found is not None and found.startswith(words)


def test_thinking__is_signed_in_older_turns_too() -> None:
    older = (USER, said({**THOUGHT, "signature": "bogus"}, TEXT), USER, said(TEXT), USER)
    assert refused(*older) == SIGNATURE
    assert refused(*older, thinking=None) == SIGNATURE


def not_first(at: int, found: str) -> str:
    return f"messages.{at}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{found}`. When"


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ((USER, said(CALL), RESULT), not_first(1, "tool_use")),
        ((USER, said(TEXT, CALL), RESULT), not_first(1, "text")),
        ((USER, said(TEXT), USER, said(CALL), RESULT), not_first(3, "tool_use")),
        ((USER, said(TEXT)), not_first(1, "text")),
        ((USER, {"role": "assistant", "content": "So"}), not_first(1, "text")),
        ((USER, said(THOUGHT, CALL), RESULT), None),
        ((USER, said(THOUGHT, CALL), RESULT, said(CALL), RESULT), None),
        ((USER, said(TEXT), USER), None),
        ((USER, said(CALL), RESULT, said(TEXT), USER), None),
    ],
)
def test_turn__begins_with_thinking_while_its_tools_are_called(
    messages: tuple[dict[str, Any], ...], words: str | None
) -> None:
    found = refused(*messages)
    assert found is None if words is None else found is not None and found.startswith(words)
    assert refused(*messages, thinking=None) is None
    assert refused(*messages, thinking=ADAPTIVE) is None


@pytest.mark.parametrize("thinking", [BUDGET, ADAPTIVE, {**BUDGET, "display": "omitted"}])
@pytest.mark.parametrize("thought", ["Let me see.", None])
def test_answer__is_taken_when_it_comes_back(thought: str | None, thinking: dict[str, Any]) -> None:
    content = answered(thought, thinking)
    assert refused(USER, said(*content), RESULT, thinking=thinking) is None
    assert refused(USER, said(*content), RESULT, said(TEXT), USER, thinking=thinking) is None


def bound(wish: str, system: str, *messages: dict[str, Any], model: str = "claude-fable-5-1") -> dict[str, Any]:
    """Return the answer to a conversation with thinking that is bound to it, or raise."""
    thinking = {"thinking": {"block_binding": {"prefix_mismatch_behavior": wish}}} if wish else {}
    body = {"model": model, "max_tokens": 99, "system": system, "messages": list(messages), **thinking}
    asked = WIRE.parse(
        orjson.dumps(body), HEADERS | {"anthropic-beta": "thinking-binding-controls-2026-08-01"}, validate=True
    )
    assert asked.reasoning_effort == ("high" if wish else None)
    reply = Reply((Choice("So.", "stop", reasoning="Hm."),), serial="s")
    document = WIRE.document(reply, asked)
    start = orjson.loads(WIRE.events(reply, asked)[0].data)["message"]
    assert start["input_transformations"] == document["input_transformations"]
    assert [*start][-1] == [*document][-1] == "input_transformations", "as recorded in September 2026"
    return document


def test_binding__drops_or_refuses_what_was_thought_elsewhere() -> None:
    cached = {"role": "user", "content": [{"type": "text", "text": "Add.", "cache_control": {"type": "ephemeral"}}]}
    first = bound("drop_block", "Be brief.", USER)
    turn = {"role": "assistant", "content": first["content"]}
    second = bound("error", "Be brief.", cached, turn, USER)
    later = [cached, turn, USER, {"role": "assistant", "content": second["content"]}, USER]
    assert first["input_transformations"] == second["input_transformations"] == []
    assert bound("drop_block", "Be brief.", *later)["input_transformations"] == []
    assert bound("drop_block", "Be kind.", *later)["input_transformations"] == [
        {"type": "thinking_dropped", "path": f"messages.{at}.content.0", "reason": "prefix_binding_mismatch"}
        for at in (1, 3)
    ]
    assert [each["type"] for each in bound("", "Be kind.", *later)["input_transformations"]] == [
        "thinking_mismatch_allowed"
    ] * 2, "as written down of Claude Opus 5.5 in September 2026"
    with pytest.raises(RequestError, match=r"messages\.1\.content\.0: .* bound to a different conversation"):
        bound("error", "Be kind.", *later)


def test_binding__is_of_later_models_alone() -> None:
    turn = {"role": "assistant", "content": bound("", "Be brief.", USER, model="claude-opus-5")["content"]}
    assert bound("drop_block", "Be kind.", USER, turn, USER)["input_transformations"] == []


@pytest.mark.parametrize(
    ("said", "effort"),
    [
        ([], "high"),
        ([{"role": "system", "content": [], "output_config": {"effort": "low"}}], "low"),
        ([{"role": "system", "content": "Be quick.", "output_config": {"effort": None}}], "high"),
        (
            [
                {"role": "system", "content": [], "output_config": {"effort": "low"}},
                {"role": "assistant", "content": "So."},
                {"role": "system", "content": [], "output_config": {"effort": "max"}},
            ],
            "max",
        ),
    ],
)
def test_effort__is_what_the_last_message_of_the_system_sets(said: list[Any], effort: str) -> None:
    messages = [{"role": "user", "content": "Why?"}, *said]
    body = {"model": "claude-opus-5-5", "messages": messages, "output_config": {"effort": "high"}}
    assert read_prompt({**body, "thinking": {"type": "adaptive"}}, {}).reasoning_effort == effort
    assert read_prompt(body, {}).reasoning_effort is None


SEARCHED = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}
PAGE = {"type": "web_search_result", "title": "T", "url": "https://example.com/"}
FAILED = {"type": "web_search_tool_result_error", "error_code": "unavailable"}
FORGED = "messages.1.content.1: Invalid `encrypted_content` in `search_result` block"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([{**PAGE, "encrypted_content": encrypted_content("https://example.com/")}], None),
        ([{**PAGE, "encrypted_content": encrypted_content("https://example.org/")}], None),
        ([{**PAGE, "encrypted_content": REAL["signature"]}], None),
        ([], None),
        (FAILED, None),
        ([{**PAGE, "encrypted_content": ""}], FORGED),
        ([{**PAGE, "encrypted_content": "placeholder"}], FORGED),
        ([{**PAGE, "encrypted_content": encrypted_content("https://example.com/")[:-8] + "AAAAAAA="}], FORGED),
    ],
)
def test_search__comes_back_as_it_was_encrypted(found: Any, words: str | None) -> None:
    result = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": found}
    assert refused(USER, said(SEARCHED, result, TEXT), USER, thinking=None) == words
