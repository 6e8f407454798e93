"""Whatever a client says in a realtime conversation: it is taken, or refused by an error that names why."""

import base64
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from completions.conversation import Choice, Reply, ToolCall, Usage
from completions.exceptions import RequestError
from completions.wire.openai.realtime.format import Realtime
from completions.wire.openai.realtime.session import HANDLERS
from completions.wire.sockets import Session, SocketRequest, encoded
from tests.fuzzing import quiet

LOUD, SILENT = (base64.b64encode(each * 6000).decode() for each in (b"\x10\x27", b"\0\0"))
ITEM = {"id": "item_1", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
SOUND = {**ITEM, "id": "item_2", "content": [{"type": "input_audio", "audio": LOUD}]}
CALL = {"type": "function_call", "name": "look", "call_id": "call_1", "arguments": "{}"}
AUDIO = {
    "input": {
        "format": {"type": "audio/pcmu"},
        "turn_detection": {"type": "server_vad"},
        "transcription": {"model": "m"},
    },
    "output": {"format": {"type": "audio/pcma"}, "voice": "marin", "speed": 1.2},
}
MORE = {
    "max_output_tokens": 100,
    "reasoning": {"effort": "low"},
    "truncation": {"type": "retention_ratio", "retention_ratio": 0.8},
    "tracing": "auto",
    "include": ["item.input_audio_transcription.logprobs"],
}
FITTING: list[dict[str, Any]] = [
    {"type": "session.update", "session": {"type": "realtime", "output_modalities": ["text"], "audio": AUDIO, **MORE}},
    *({"type": "input_audio_buffer.append", "audio": sound} for sound in (LOUD, SILENT)),
    *({"type": f"input_audio_buffer.{name}"} for name in ("commit", "clear")),
    *({"type": "conversation.item.create", "item": item, "previous_item_id": "root"} for item in (ITEM, SOUND, CALL)),
    *({"type": f"conversation.item.{name}", "item_id": "item_1"} for name in ("retrieve", "delete")),
    {"type": "conversation.item.truncate", "item_id": "item_1", "content_index": 0, "audio_end_ms": 0},
    {"type": "response.create", "response": {"tools": [{"type": "function", "name": "look"}], "audio": {"output": {}}}},
    {
        "type": "response.create",
        "response": {"conversation": "none", "input": [ITEM, {"type": "item_reference", "id": "a"}]},
    },
    {"type": "response.cancel", "response_id": None},
]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**18), 10**18),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from([LOUD, "item_1", "root", "none", "text", "audio", "audio/pcm", "semantic_vad", "inf", "required"]),
    st.sampled_from([[], {}, [None], [{}], ["text"], ITEM, SOUND, CALL, AUDIO, [ITEM], {"type": "server_vad"}]),
)
REPLIES = (
    Reply((Choice(text="Hello to you."),), usage=Usage(5, 4), serial="a"),
    Reply((Choice(text="I look.", tool_calls=(ToolCall("look", "{}"),)),), serial="b"),
    Reply((), serial="c"),
)


@st.composite
def messages(draw: st.DrawFn, fitting: list[dict[str, Any]] = FITTING) -> dict[str, Any]:
    """Return a message that fits, or one with something else at some places."""
    message: dict[str, Any] = deepcopy(draw(st.sampled_from(fitting)))
    for _ in range(draw(st.integers(0, 2))):
        node: Any = message
        for goes_deeper in draw(st.lists(st.booleans(), max_size=5)):
            inner: list[Any] = [each for each in _members(node) if each and isinstance(each, dict | list)]
            if not inner or not goes_deeper:
                break
            node = draw(st.sampled_from(inner))
        at = (
            st.sampled_from([*node, "type", "id", "content"])
            if isinstance(node, dict)
            else st.sampled_from(range(len(node)))
        )
        node[draw(at)] = deepcopy(draw(VALUES))
    return message


def _members(node: dict[str, Any] | list[Any]) -> list[Any]:
    return list(node.values()) if isinstance(node, dict) else node


def answer(wire: Realtime, session: Session, asked: SocketRequest, reply: Reply, events: int) -> None:
    """Give the answer to what was asked, or no more than so many of its events."""
    try:
        prompt = wire.parse(encoded(asked.body).encode(), {}, validate=True)
    except RequestError:
        return
    told = [event.data for event in wire.stream(reply, prompt)]
    for event in told[:events]:
        assert [*session.on_event(event, asked)] == [event]
    if events < len(told):
        for step in session.on_stop(asked):
            assert isinstance(step, dict) and encoded(step)


@quiet
@given(st.lists(messages(), max_size=15), st.sampled_from(REPLIES), st.integers(0, 20))
def test_messages__are_taken_or_refused(said: list[dict[str, Any]], reply: Reply, events: int) -> None:
    wire = Realtime()
    session = wire.session({"model": "gpt-realtime"}, {})
    for message in said:
        try:
            for step in session.on_message(message):
                if isinstance(step, SocketRequest):
                    answer(wire, session, step, reply, events)
                elif isinstance(step, dict):
                    assert encoded(step)
        except RequestError as exc:
            assert exc.message and exc.status < 500


def test_messages__that_fit_are_of_every_kind() -> None:
    assert {message["type"] for message in FITTING} == set(HANDLERS)
