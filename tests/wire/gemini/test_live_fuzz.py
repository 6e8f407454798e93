"""Whatever a client says in a conversation of the Live API: it is taken, or the connection ends with a reason."""

import base64
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from completions.conversation import Choice, Reply, ToolCall, Usage
from completions.exceptions import RequestError
from completions.wire.gemini.live.format import Live
from completions.wire.gemini.live.messages import FIELDS
from completions.wire.sockets import Session, SocketRequest, Stop, encoded
from tests.fuzzing import quiet
from tests.wire.openai.test_realtime_fuzz import LOUD, SILENT, messages

PIXEL = {"mimeType": "image/jpeg", "data": base64.b64encode(b"\xff\xd8\xff").decode()}
TURN = {"role": "user", "parts": [{"text": "Hello"}, {"inlineData": PIXEL}]}
TOOLS = [{"functionDeclarations": [{"name": "look", "behavior": "NON_BLOCKING"}, {"name": "see"}]}]
SETUP: dict[str, Any] = {
    "model": "models/gemini-3.8-live",
    "generationConfig": {"responseModalities": ["TEXT"], "thinkingConfig": {"includeThoughts": True}},
    "tools": TOOLS,
    "sessionResumption": {"transparent": True},
    "inputAudioTranscription": {},
    "realtimeInputConfig": {
        "automaticActivityDetection": {"silenceDurationMs": 20},
        "activityHandling": "NO_INTERRUPTION",
    },
}
AFTER: list[dict[str, Any]] = [
    {"clientContent": {"turns": [TURN], "turnComplete": True}},
    {"clientContent": {"turnComplete": True}},
    *({"realtimeInput": {"audio": {"mimeType": "audio/pcm;rate=16000", "data": sound}}} for sound in (LOUD, SILENT)),
    {"realtimeInput": {"mediaChunks": [PIXEL, {"mimeType": "audio/pcm", "data": LOUD}]}},
    {"realtimeInput": {"text": "Hello"}},
    {"realtimeInput": {"activityStart": {}}},
    {"realtimeInput": {"activityEnd": {}}},
    {"realtimeInput": {"video": PIXEL}},
    {"realtimeInput": {"audioStreamEnd": True}},
    {
        "toolResponse": {
            "functionResponses": [{"id": "a", "name": "look", "response": {"output": 1}, "scheduling": "SILENT"}]
        }
    },
    {"contextUpdate": {"systemInstruction": {"parts": [{"text": "Be brief."}]}, "tools": {"tools": TOOLS}}},
]
CALLS = (ToolCall("look", "{}", "a"), ToolCall("see", "no JSON", "b"))
REPLIES = (
    Reply((Choice(text="Hello to you.", reasoning="Hm."),), usage=Usage(5, 4), serial="a"),
    Reply((Choice(text="I look.", tool_calls=CALLS),), serial="b"),
    Reply((), serial="c"),
)


def answer(wire: Live, session: Session, asked: SocketRequest, reply: Reply, events: int) -> list[SocketRequest]:
    """Give the answer to what was asked, or no more than so many of its events; return what is asked then."""
    prompt = wire.parse(encoded(asked.body).encode(), {}, validate=True)
    told = [event.data for event in wire.stream(reply, prompt)]
    for event in told[:events]:
        assert [*session.on_event(event, asked)] in ([event], [])
    if events < len(told):
        assert all(encoded(step) for step in session.on_stop(asked) if isinstance(step, dict))
        return []
    return [step for step in session.on_end(asked) if isinstance(step, SocketRequest)]


@quiet
@given(
    messages([{"setup": SETUP}]), st.lists(messages(AFTER), max_size=15), st.sampled_from(REPLIES), st.integers(0, 20)
)
def test_messages__are_taken_or_refused(
    setup: dict[str, Any], said: list[dict[str, Any]], reply: Reply, events: int
) -> None:
    wire = Live()
    session = wire.session({}, {})
    waiting: list[SocketRequest] = []
    for message in (setup, *said):
        try:
            for step in session.on_message(message):
                if isinstance(step, Stop) and waiting:
                    answer(wire, session, waiting.pop(), reply, 1)
                elif isinstance(step, SocketRequest):
                    waiting = [step]
                elif isinstance(step, dict):
                    assert encoded(step)
        except RequestError as exc:
            assert exc.message and exc.status < 500
            (close,) = session.on_error(wire.error(exc)["error"], exc.status, None)
            assert 0 < len(close.reason.encode()) <= 123  # type: ignore[union-attr]  # it is an end, and nothing else
        if waiting and events > 10:
            waiting = answer(wire, session, waiting.pop(), reply, events)


def test_messages__that_fit_are_of_every_kind() -> None:
    assert {kind for message in ({"setup": SETUP}, *AFTER) for kind in message} == set(FIELDS)
