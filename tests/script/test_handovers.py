"""What `auto` does where agents hand a conversation over to each other by tools: `transfer_to_refunds`."""

import pytest

from completions.conversation import Choice, Message, Prompt, Tool, ToolCall, ToolChoice
from completions.script.auto.answer import auto

ASKED = Message("user", "I want a refund for my order in Rome")
HANDED = ToolCall("transfer_to_refunds", "{}", id="c1")
HISTORY = (ASKED, Message("assistant", tool_calls=(HANDED,)), Message("tool", "Transferred.", tool_call_id="c1"))
BACK = (
    *HISTORY,
    Message("assistant", "The refund is on its way."),
    Message("assistant", tool_calls=(ToolCall("transfer_back_to_supervisor", "{}", id="c2"),)),
    Message("tool", "Transferred back.", tool_call_id="c2"),
)
AGENTS = (Tool("transfer_to_refunds"), Tool("transfer_to_orders"))


def answer(messages: tuple[Message, ...], tools: tuple[Tool, ...], choice: ToolChoice | None = None) -> Choice:
    return auto(Prompt(model="gpt-4o", messages=messages, tools=tools, tool_choice=choice or ToolChoice("auto")))[0]


@pytest.mark.parametrize(
    ("messages", "tools", "called"),
    [
        ((ASKED,), AGENTS, ["transfer_to_refunds"]),
        (HISTORY, (Tool("look_up"), Tool("transfer_to_orders")), ["look_up"]),
        (HISTORY, AGENTS, []),
        (BACK, AGENTS, []),
        (
            (*HISTORY, Message("assistant", "Done.")),
            (Tool("look_up"), Tool("transfer_to_orders")),
            ["transfer_to_orders"],
        ),
        ((Message("user", "My orders and refunds, please"),), AGENTS, ["transfer_to_refunds"]),
    ],
    ids=[
        "to the one that fits",
        "whose own tools come next",
        "and no further",
        "nor back again",
        "but after its own answer",
        "one alone",
    ],
)
def test_handover__goes_once_to_one_agent(
    messages: tuple[Message, ...], tools: tuple[Tool, ...], called: list[str]
) -> None:
    found = [call.name for call in answer(messages, tools).tool_calls]
    assert found == called or (len(messages) == 1 and len(found) == 1 and found[0] in ("transfer_to_orders", *called))


def test_handover__is_nothing_that_was_found_out() -> None:
    text = answer(HISTORY, ()).text or ""
    assert "Transferred" not in text and "refund" in text


def test_handover__goes_on_where_a_call_is_required() -> None:
    assert answer(HISTORY, AGENTS, ToolChoice("required")).tool_calls
