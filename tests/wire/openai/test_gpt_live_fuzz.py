"""Whatever a client sends in a conversation with GPT-Live: it is taken, or refused by an error that names why."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from completions.conversation import Choice, Reply, ToolCall, Usage
from completions.exceptions import RequestError
from completions.wire.openai.gpt_live.format import GPTLive
from completions.wire.openai.gpt_live.session import HANDLERS
from completions.wire.sockets import Session, SocketRequest, Step, encoded
from tests.fuzzing import quiet
from tests.wire.openai.test_realtime_fuzz import ITEM, LOUD, SILENT, messages

BACKEND = {
    "model": "gpt-5.6-luna",
    "tools": [{"type": "function", "name": "look"}, {"type": "web_search"}],
    "tool_choice": "auto",
    "reasoning": {"effort": "low"},
    "text": {"format": {"type": "text"}},
    "max_output_tokens": 100,
}
DELEGATION = {"type": "responses", "responses": BACKEND, "acknowledgement_delay_ms": 0}
STARTS: list[dict[str, Any]] = [
    {"type": "session.start", "session": {"model": "gpt-live-1", "input": [ITEM], "delegation": DELEGATION}},
    {
        "type": "session.start",
        "event_id": "begin",
        "session": {
            "model": "gpt-live-1",
            "instructions": "Be brief.",
            "audio": {"format": {"type": "audio/pcma", "rate": 8000}, "output": {"voice": {"id": "voice_1"}}},
            "delegation": {"type": "client"},
        },
    },
]
FITTING: list[dict[str, Any]] = [
    *STARTS,
    {"type": "session.update", "session": {"delegation": {"type": "responses", "responses": {"tools": []}}}},
    *({"type": "session.input_audio.append", "audio": sound} for sound in (LOUD, SILENT, SILENT)),
    *({"type": f"session.input_audio.{name}"} for name in ("mute", "unmute")),
    {"type": "session.output_audio.fixture.play", "audio": LOUD},
    *(
        {"type": f"session.{name}.append", "content": "It is sunny.", "delegation_id": None}
        for name in ("instructions", "thinking", "commentary")
    ),
    {"type": "response.item.create", "item": ITEM},
    {"type": "response.item.create", "item": {"type": "function_call_output", "call_id": "call_1", "output": "Sunny."}},
    {"type": "response.create"},
    {"type": "session.close", "event_id": "end"},
]
REPLIES = (
    Reply((Choice(text="Hello to you."),), usage=Usage(5, 4), serial="a"),
    Reply((Choice(text="I look.", tool_calls=(ToolCall("look", "{}", "call_1"),)),), serial="b"),
    Reply((Choice(text="No.", finish_reason="content_filter"),), serial="c"),
    Reply((Choice(finish_reason="error"),), serial="d"),
    Reply((), serial="e"),
)


def answer(wire: GPTLive, session: Session, asked: SocketRequest, reply: Reply, events: int) -> list[Step]:
    """Give the answer to what was asked, or no more than so many of its events; return what follows."""
    try:
        prompt = wire.parse(encoded(asked.body).encode(), {}, validate=True)
    except RequestError:
        return [*session.on_end(asked)]
    told = [event.data for event in wire.stream(reply, prompt)]
    for event in told[:events]:
        assert len([*session.on_event(event, asked)]) == 1
    return [*(session.on_end(asked) if events >= len(told) else session.on_stop(asked))]


@quiet
@given(
    st.sampled_from(STARTS),
    st.lists(messages(FITTING), max_size=15),
    st.sampled_from(REPLIES),
    st.integers(0, 60),
)
def test_events__are_taken_or_refused(
    start: dict[str, Any], sent: list[dict[str, Any]], reply: Reply, events: int
) -> None:
    wire = GPTLive()
    session = wire.session({}, {})
    for message in (start, *sent):
        try:
            steps = [*session.on_message(message)]
        except RequestError as exc:
            assert exc.message and exc.status < 500
            continue
        for _ in range(3):  # what follows an answer may be the next request
            for step in steps:
                if isinstance(step, dict):
                    assert encoded(step)
            steps = [
                follows
                for step in steps
                if isinstance(step, SocketRequest)
                for follows in answer(wire, session, step, reply, events)
            ]


def test_events__that_fit_are_of_every_kind() -> None:
    assert {message["type"] for message in FITTING} == set(HANDLERS)
