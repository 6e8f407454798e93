"""Context editing: results of tools that are cleared before the model reads a long conversation."""

from typing import Any

import anthropic
import pytest

from tests.leaky import LEAKY

pytestmark = LEAKY

SCRIPT = "{version: 1, rules: [{match: {any_message: cleared to save}, reply: Less.}, {reply: All.}]}"
MODEL, BETAS = "claude-opus-4-8", ["context-management-2025-06-27"]
TOOLS: Any = [{"name": name, "input_schema": {"type": "object", "properties": {}}} for name in ("look", "note")]
AT_ONCE = {"trigger": {"type": "tool_uses", "value": 2}}


def uses(count: int, said: str = "The sea is blue. " * 20) -> Any:
    """Return a conversation in which tools were used so often: the first, and each third after it, is `note`."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Hello"}]
    for at in range(count):
        call = {"type": "tool_use", "id": f"toolu_{at}", "name": "look" if at % 3 else "note", "input": {"path": said}}
        messages.append({"role": "assistant", "content": [call]})
        messages.append(
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": f"toolu_{at}", "content": said}]}
        )
    return messages


def asked(edit: dict[str, Any], count: int = 6, **more: Any) -> Any:
    given = {"model": MODEL, "tools": TOOLS, "messages": uses(count), "betas": BETAS, **more}
    return {**given, "context_management": {"edits": [{"type": "clear_tool_uses_20250919", **edit}]}}


def cleared(claude: anthropic.Anthropic, edit: dict[str, Any], count: int = 6, **more: Any) -> tuple[int, int]:
    """Return how many uses and tokens were cleared, as the answer tells, which has to be of the shorter prompt."""
    message = claude.beta.messages.create(**asked(edit, count, **more), max_tokens=50)
    assert message.context_management is not None
    found = message.context_management.applied_edits
    assert message.content[0].type == "text" and message.content[0].text == ("Less." if found else "All.")
    if not found:
        return 0, 0
    assert found[0].type == "clear_tool_uses_20250919"
    return found[0].cleared_tool_uses, found[0].cleared_input_tokens


@pytest.mark.parametrize(
    ("edit", "count", "number"),
    [
        (AT_ONCE, 6, 3),  # three are kept
        (AT_ONCE, 2, 0),
        ({**AT_ONCE, "keep": {"type": "tool_uses", "value": 1}}, 6, 5),
        ({**AT_ONCE, "keep": {"type": "tool_uses", "value": 0}}, 6, 6),
        ({**AT_ONCE, "keep": {"type": "tool_uses", "value": 9}}, 6, 0),
        ({**AT_ONCE, "exclude_tools": ["note"]}, 6, 2),
        ({**AT_ONCE, "exclude_tools": ["note", "look"]}, 6, 0),
        ({**AT_ONCE, "clear_at_least": {"type": "input_tokens", "value": 100}}, 6, 3),
        ({**AT_ONCE, "clear_at_least": {"type": "input_tokens", "value": 10_000}}, 6, 0),
        ({"trigger": {"type": "input_tokens", "value": 400}}, 6, 3),
        ({"trigger": {"type": "input_tokens", "value": 4000}}, 6, 0),
        ({}, 6, 0),  # from 100,000 tokens on
    ],
)
def test_results__are_cleared_as_asked(
    claude: anthropic.Anthropic, edit: dict[str, Any], count: int, number: int
) -> None:
    found, tokens = cleared(claude, edit, count)
    assert found == number and (tokens > 30 * number) is (number > 0)


def test_results__are_cleared_by_themselves_in_a_very_long_conversation(claude: anthropic.Anthropic) -> None:
    long = uses(6, "The sea is blue, and so is the sky. " * 3000)
    assert cleared(claude, {}, messages=long)[0] == 3


def test_inputs__are_cleared_too_where_that_is_asked(claude: anthropic.Anthropic) -> None:
    results, some, all_ = (cleared(claude, {**AT_ONCE, "clear_tool_inputs": of})[1] for of in (False, ["note"], True))
    assert results < some < all_


def test_count__tells_what_there_was_before(claude: anthropic.Anthropic) -> None:
    counted = claude.beta.messages.count_tokens(**asked(AT_ONCE))
    message = claude.beta.messages.create(**asked(AT_ONCE), max_tokens=50)
    assert counted.input_tokens == message.usage.input_tokens
    assert counted.context_management is not None
    before = counted.context_management.original_input_tokens
    assert before - counted.input_tokens == cleared(claude, AT_ONCE)[1]
    unedited = claude.beta.messages.count_tokens(model=MODEL, tools=TOOLS, messages=uses(6), betas=BETAS)
    assert (unedited.input_tokens, unedited.context_management) == (before, None)


def test_stream__tells_it_at_its_end(claude: anthropic.Anthropic) -> None:
    with claude.beta.messages.stream(**asked(AT_ONCE), max_tokens=50) as stream:
        final = stream.get_final_message()
    assert final.context_management is not None
    assert [edit.type for edit in final.context_management.applied_edits] == ["clear_tool_uses_20250919"]
