"""GPT-Live: spoken conversations over a live server with OpenAI's SDK, whose types know each event."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import openai
import pytest
from openai.lib.live import TranscriptGrouper
from openai.resources.live.live import AsyncLiveConnection
from openai.types.live import ConnectServerEvent, ServerEvent
from pydantic import TypeAdapter
from websockets.exceptions import ConnectionClosedOK, InvalidStatus

from completions.wire.openai.conversation_sound import A_LAW, MU_LAW, bytes_per_ms
from completions.wire.openai.gpt_live.format import GPTLive
from completions.wire.openai.gpt_live.input_audio import InputAudio, Speech
from completions.wire.openai.gpt_live.rules import MESSAGES
from completions.wire.openai.realtime.format import Realtime
from tests.patience import PATIENCE
from tests.wire.openai.test_realtime import ProxysClient, said_in, silence, tone, types

SCRIPT = """
version: 1
rules:
  - match: {last_user: long story}
    reply: once upon a time there was a very small dog
    pacing: {itl_ms: 1000}
  - match: {last_user: broken}
    error: 429
  - match: {last_user: fails}
    reply: {text: I, finish_reason: error}
  - match: {last_user: forbidden}
    reply: {text: I, finish_reason: content_filter}
  - match: {last_user: too long}
    reply: {events: ['{"type": "session.closed", "reason": "expired"}']}
  - match: {last_user: elsewhere}
    reply: {upstream: "http://127.0.0.1:1"}
  - match: {tool_result: slow}
    reply: It is slow.
    pacing: {itl_ms: 200}
  - match: {tool_result: sunny}
    reply: It is sunny.
  - match: {format: gpt_live, any_message: It rains}
    reply: Take an umbrella.
  - match: {format: gpt_live, system: Delegate the work}
    reply: {text: I look., tool_calls: [{name: get_weather, arguments: {city: Rome}}]}
  - match: {format: gpt_live, turn: 1}
    reply: Once more.
  - match: {format: gpt_live}
    reply: Good day to you.
"""
MODEL, BACKEND = "gpt-live-1", "gpt-5.6-luna"
TOOL: Any = {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {}}}
RESPONSES: Any = {"type": "responses", "responses": {"model": BACKEND, "tools": [TOOL]}}
EVENTS: TypeAdapter[Any] = TypeAdapter(ServerEvent)
ATTACHED: TypeAdapter[Any] = TypeAdapter(ConnectServerEvent)
KINDS = ["audio/pcm;rate=24000", "audio/pcm;rate=16000", MU_LAW, A_LAW]
SAID, HEARD = "session.output_transcript.delta", "session.input_transcript.delta"
SOUND, USAGE = "session.output_audio.delta", "session.usage.updated"
TOOL_CALL = ("function_call", "get_weather", {"city": "Rome"})
LACKS, TOO_LONG = ("missing_required_parameter",), ("string_above_max_length",)
LONG = {"role": "user", "content": [{"type": "input_text", "text": "word " * 2000}]}
Events = list[dict[str, Any]]


class Talk:
    """A client of a conversation, which checks each event that it gets."""

    def __init__(self, connection: Any, kind: str = KINDS[0], events: TypeAdapter[Any] = EVENTS) -> None:
        self.connection: AsyncLiveConnection = connection
        self.session, self.response = self.connection.session, self.connection.response
        self._kind, self._events = kind, events

    async def hear(self) -> dict[str, Any]:
        """Return the next event; the SDK's type of it knows all of its keys and lacks none."""
        async with asyncio.timeout(PATIENCE):
            event: dict[str, Any] = json.loads(await self.connection.recv_bytes())
        typed = self._events.validate_python(event, strict=True)
        assert typed.type == event["type"]
        assert not typed.model_extra, typed.model_extra
        return event

    async def until(self, kind: str) -> Events:
        """Return the events up to one of a kind."""
        events = [await self.hear()]
        while events[-1]["type"] != kind:
            assert events[-1]["type"] != "error", events[-1]
            events.append(await self.hear())
        return events

    async def send(self, kind: str, **fields: object) -> None:
        """Send an event that the SDK has no method for."""
        await self.connection.send_raw(json.dumps({"type": kind, **fields}))

    async def play(self, *pieces: bytes) -> None:
        """Send sound."""
        for piece in pieces:
            await self.session.input_audio.append(audio=base64.b64encode(piece).decode())

    async def say(self, ms: int = 800) -> Events:
        """Say something, and return the events up to the end of the answer."""
        await self.play(tone(ms, self._kind), silence(600, self._kind))
        return await self.until(USAGE)

    async def ask(self, text: str) -> Events:
        """Ask the backend something, and return the events up to the end of the answer."""
        content: Any = [{"type": "input_text", "text": text}]
        await self.response.item.create(item={"type": "message", "role": "user", "content": content})
        await self.response.create(event_id="asked")
        return await self.until(USAGE)

    async def error(self, kind: str, **fields: object) -> dict[str, Any]:
        """Send an event that is refused, and return the error."""
        await self.send(kind, event_id="mine", **fields)
        event = await self.hear()
        assert (event["type"], event["error"].pop("client_event_id")) == ("error", "mine")
        found: dict[str, Any] = event["error"]
        return found


@asynccontextmanager
async def connected(place: str, **headers: str) -> AsyncIterator[Talk]:
    """Connect, but start nothing."""
    client = openai.AsyncOpenAI(base_url=f"{place}/v1", api_key="k")
    async with client, client.live.connect(extra_headers=headers) as connection:
        yield Talk(connection)


@asynccontextmanager
async def talking(place: str, headers: dict[str, str] | None = None, **session: Any) -> AsyncIterator[Talk]:
    """Start a conversation."""
    async with connected(place, **headers or {}) as talk:
        settings: Any = {"model": MODEL, **session}
        await talk.session.start(session=settings)
        assert types([await talk.hear()]) == ["session.started"]
        yield talk


def said(events: Events, kind: str = SAID) -> str:
    """Return the transcript in events."""
    return "".join(event["delta"] for event in events if event["type"] == kind)


def nested(events: Events) -> Events:
    """Return the events of the backend."""
    return [event["event"] for event in events if event["type"] == "response.event"]


async def test_start__shows_the_settings_with_their_defaults(place: str) -> None:
    async with connected(place) as talk:
        await talk.session.start(session={"model": MODEL, "instructions": "Be brief."}, event_id="begin")
        started = await talk.hear()
    session = started["session"]
    assert (started["client_event_id"], session.pop("id")[:8]) == ("begin", "live_u0_")
    assert session.pop("expires_at") > 0
    assert [*session] == ["model", "instructions", "audio", "delegation", "status", "input"]
    assert session == {
        "model": MODEL,
        "instructions": "Be brief.",
        "audio": {"output": {"voice": "marin"}, "format": {"type": "audio/pcm", "rate": 24000}},
        "delegation": {"type": "client"},
        "status": "active",
        "input": [],
    }


async def test_text__is_answered_by_the_backend_and_said_aloud(place: str) -> None:
    async with talking(place, delegation=RESPONSES) as talk:
        events = await talk.ask("Hello")
        assert types(events) == ["session.delegation.created", "response.event", *[SAID, SOUND] * 5, USAGE]
        assert said(events) == "Good day to you."
        backend = nested(events)
        delegation = events[0]["delegation"]
        assert (events[0]["client_event_id"], events[1]["delegation_id"]) == ("asked", delegation["id"])
        assert (delegation["target"], delegation["response_id"]) == ("responses", backend[0]["response"]["id"])
        assert [backend[0]["type"], backend[-1]["type"]] == ["response.created", "response.completed"]
        assert said(backend, "response.output_text.delta") == "Good day to you."
        response = backend[-1]["response"]
        assert (response["model"], response["output"], response["tools"]) == (BACKEND, [], [])
        assert response["usage"]["output_tokens"] == 5
        assert said(await talk.ask("And?")) == "Once more."
    second, first = await asyncio.to_thread(said_in, place, 2)
    assert (first["endpoint"], second["said"]["answer"]) == ("gpt_live", "Once more.")
    assert [message["text"] for message in second["said"]["messages"]] == ["Hello", "Good day to you.", "And?"]
    asked = {"match": "{format: gpt_live, last_user: And}"}
    counted = await asyncio.to_thread(httpx.get, f"{place}/_mock/exchanges/count", params=asked)
    assert counted.json()["count"] == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_speech__is_heard_and_answered_by_itself(place: str, kind: str) -> None:
    name, _, rate = kind.partition(";rate=")
    form: Any = {"type": name, "rate": int(rate or 8000)}
    async with talking(place, audio={"format": form, "output": {"voice": "cedar"}}) as talk:
        talk = Talk(talk.connection, kind)
        await talk.play(silence(400, kind))
        events = await talk.say()
    assert types(events)[:1] == [HEARD] and said(events, HEARD).endswith(".")
    heard = [event for event in events if event["type"] == HEARD]
    assert (heard[0]["start_ms"], heard[-1]["end_ms"]) == (400, 1200)
    assert said(events) == "Good day to you."
    spoken = [event for event in events if event["type"] == SAID]
    assert [event["start_ms"] for event in spoken[1:]] == [event["end_ms"] for event in spoken[:-1]]
    size = sum(len(base64.b64decode(event["delta"])) for event in events if event["type"] == SOUND)
    lasts = spoken[-1]["end_ms"] - spoken[0]["start_ms"]
    assert abs(size / bytes_per_ms(kind) - lasts) < 2 and 900 < lasts < 1100
    assert events[-1]["usage"] == {"seconds": 3} and 0 < events[-1]["context_window"]["usage_ratio"] < 0.01


@pytest.mark.parametrize("size", [500, 4800, 100_000])
async def test_speech__has_the_same_transcript_however_it_is_cut(place: str, size: int) -> None:
    sound = silence(330) + tone(700) + silence(700)
    async with talking(place) as talk:
        await talk.play(*(sound[at : at + size] for at in range(0, len(sound), size)))
        assert said(await talk.until(USAGE), HEARD) == "The garden starts again without delay."


async def test_speech__interrupts_what_the_model_says(place: str) -> None:
    history = [{"role": "user", "content": [{"type": "input_text", "text": "Tell a long story"}]}]
    async with talking(place, input=history) as talk:
        await talk.session.commentary.append(content="Begin now.", delegation_id=None)
        await talk.play(silence(200))
        begun = await talk.until(SAID)
        assert types(begun) == ["session.commentary.appended", SAID]
        events = await talk.say()
        assert HEARD in types(events) and "error" not in types(events)
        assert said(events).endswith("Once more.")
    second, first = await asyncio.to_thread(said_in, place, 2)
    assert first["client_left"] is True
    texts = [message["text"] for message in second["said"]["messages"]]
    assert texts[:2] == ["Tell a long story", "Begin now."] and "once upon a time".startswith(texts[2].strip())


async def test_delegation__to_the_client_ends_with_its_commentary(place: str) -> None:
    async with talking(place, instructions="Delegate the work.") as talk:
        events = await talk.say()
        assert types(events) == [HEARD, SAID, SOUND, SAID, SOUND, SAID, SOUND, "session.delegation.created", USAGE]
        assert said(events) == "I look."
        created = events[-2]
        delegation = created["delegation"]
        name = delegation["id"]
        assert delegation == {"id": name, "type": "delegation", "target": "client"}
        assert created["offset_ms"] == events[-4]["end_ms"]
        await talk.session.thinking.append(content="Looking.", delegation_id=name, event_id="think")
        await talk.session.commentary.append(content="It is sunny.", delegation_id=name, event_id="result")
        await talk.play(silence(200))
        events = await talk.until(USAGE)
        assert types(events)[:3] == ["session.thinking.appended", "session.commentary.appended", SAID]
        assert [event["client_event_id"] for event in events[:2]] == ["think", "result"]
        assert events[0]["end_ms"] - events[0]["start_ms"] == 200
        assert said(events) == "It is sunny."
    second, first = await asyncio.to_thread(said_in, place, 2)
    assert [call["name"] for call in first["said"]["choices"][0]["tool_calls"]] == ["delegate"]
    assert first["said"]["warnings"] == []
    assert second["said"]["messages"][-1]["text"] == "It is sunny."


async def test_delegation__to_a_model_calls_the_client_s_functions(place: str) -> None:
    async with talking(place, instructions="Delegate the work.", delegation=RESPONSES) as talk:
        events = await talk.say()
        assert types(events)[-3:] == ["session.delegation.created", "response.event", USAGE]
        delegation = next(event["delegation"] for event in events if event["type"] == "session.delegation.created")
        backend = nested(events)
        assert (delegation["target"], delegation["response_id"]) == ("responses", backend[0]["response"]["id"])
        call = next(event["item"] for event in backend if event["type"] == "response.output_item.done")
        assert (call["type"], call["name"], json.loads(call["arguments"])) == TOOL_CALL
        await talk.response.create(event_id="early")
        error = (await talk.hear())["error"]
        assert (error["message"], error["client_event_id"]) == (
            f"No tool output found for function call {call['call_id']}.",
            "early",
        )
        await talk.response.item.create(
            item={"type": "function_call_output", "call_id": call["call_id"], "output": "It is sunny."}
        )
        await talk.response.create()
        events = await talk.until(USAGE)
        envelopes = [event for event in events if event["type"] == "response.event"]
        assert {event["delegation_id"] for event in envelopes} == {delegation["id"]}
        assert nested(events)[0]["response"]["id"] != delegation["response_id"]
        assert said(events) == said(nested(events), "response.output_text.delta") == "It is sunny."
    (first,) = (await asyncio.to_thread(said_in, place, 2))[1:]
    assert [call["name"] for call in first["said"]["choices"][0]["tool_calls"]] == ["get_weather"]


async def test_speech__leaves_the_work_of_the_backend_alone(place: str) -> None:
    async with talking(place, delegation=RESPONSES) as talk:
        call: Any = {"type": "function_call", "call_id": "c", "name": "get_weather", "arguments": "{}"}
        await talk.response.item.create(item=call)
        await talk.response.item.create(item={"type": "function_call_output", "call_id": "c", "output": "slow"})
        await talk.response.create()
        await talk.until("response.event")
        events = await talk.say()
        assert nested(events)[-1]["type"] == "response.completed"
        assert said(events) == "It is slow."
        assert said(await talk.until(USAGE)) == "Good day to you."


async def test_context__waits_for_sound_and_is_given_up_at_the_end(place: str) -> None:
    async with talking(place) as talk:
        await talk.session.instructions.append(content="It rains.", delegation_id=None, event_id="first")
        await talk.session.input_audio.mute(event_id="quiet")
        assert (await talk.hear())["client_event_id"] == "quiet"
        await talk.play(silence(300))
        appended = await talk.hear()
        assert (appended["type"], appended["client_event_id"]) == ("session.instructions.appended", "first")
        assert (appended["start_ms"], appended["end_ms"]) == (200, 400)
        await talk.session.thinking.append(content="It pours.", delegation_id=None, event_id="late")
        await talk.session.close(event_id="bye")
        error, closed = await talk.hear(), await talk.hear()
        assert (error["error"]["code"], error["error"]["client_event_id"]) == ("context_injection_incomplete", "late")
        assert (closed["reason"], closed["client_event_id"], closed["usage"]) == (
            "close_requested",
            "bye",
            {"seconds": 1},
        )
        assert closed["session"]["status"] == "active"
        with pytest.raises(ConnectionClosedOK):
            await talk.hear()


async def test_context__is_part_of_the_conversation(place: str) -> None:
    async with talking(place) as talk:
        await talk.session.instructions.append(content="It rains.", delegation_id=None)
        assert said(await talk.say()) == "Take an umbrella."


async def test_sound__that_is_muted_is_not_heard(place: str) -> None:
    async with talking(place, audio={"format": {"type": "audio/pcmu", "rate": 8000}}) as talk:
        talk = Talk(talk.connection, MU_LAW)
        await talk.session.input_audio.mute()
        await talk.until("session.input_audio.muted")
        await talk.play(tone(800, MU_LAW), silence(600, MU_LAW))
        await talk.session.input_audio.unmute()
        assert types([await talk.hear()]) == ["session.input_audio.unmuted"]
        assert types(await talk.say())[0] == HEARD


async def test_usage__is_sent_every_15_seconds_and_at_the_end(place: str) -> None:
    async with talking(place) as talk:
        await talk.play(*[silence(1000)] * 31)
        usages = [await talk.hear() for _ in range(2)]
        assert types(usages) == [USAGE] and [event["usage"]["seconds"] for event in usages] == [15, 30]
        await talk.session.close()
        assert (await talk.hear())["usage"] == {"seconds": 31}


async def test_close__waits_for_what_the_model_says(place: str) -> None:
    async with talking(place, delegation=RESPONSES) as talk:
        call: Any = {"type": "function_call", "call_id": "c", "name": "get_weather", "arguments": "{}"}
        await talk.response.item.create(item=call)
        await talk.response.item.create(item={"type": "function_call_output", "call_id": "c", "output": "slow"})
        await talk.response.create()
        await talk.until("response.event")
        await talk.session.close()
        await talk.play(silence(100))
        events = await talk.until(USAGE)
        assert said(events) == "It is slow."
        closed = await talk.hear()
        assert (closed["type"], closed["reason"]) == ("session.closed", "close_requested")


async def test_fixture__is_played(place: str) -> None:
    async with talking(place, audio={"format": {"type": "audio/pcm", "rate": 16000}}) as talk:
        await talk.session.output_audio.fixture.play(audio=base64.b64encode(tone(250)).decode(), event_id="jingle")
        events = await talk.until("session.output_audio.fixture.played")
        assert types(events) == ["session.output_audio.fixture.playing", SOUND, "session.output_audio.fixture.played"]
        assert [event["client_event_id"] for event in (events[0], events[-1])] == ["jingle"] * 2
        size = sum(len(base64.b64decode(event["delta"])) for event in events if event["type"] == SOUND)
        assert size == 250 * 32
        long = base64.b64encode(bytes(48 * 30_001)).decode()
        assert (await talk.error("session.output_audio.fixture.play", audio=long))["code"] == "invalid_audio"


async def test_update__changes_the_backend_only(place: str) -> None:
    async with talking(place, delegation=RESPONSES) as talk:
        change: Any = {"type": "responses", "responses": {"tool_choice": "required"}, "acknowledgement_delay_ms": 100}
        await talk.session.update(session={"delegation": change}, event_id="change")
        updated = await talk.hear()
        assert (updated["type"], updated["client_event_id"]) == ("session.updated", "change")
        delegation = updated["session"]["delegation"]
        assert delegation["responses"] == {**RESPONSES["responses"], "tool_choice": "required"}
        assert delegation["acknowledgement_delay_ms"] == 100
        error = await talk.error("session.update", session={"delegation": None})
        assert (error["code"], error["param"]) == ("immutable_field_update", "session.delegation.type")
        await talk.session.update(session={})
        assert (await talk.hear())["session"] == updated["session"]


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({}, "missing_required_parameter", "session.model"),
        ({"model": "gpt-4o"}, "invalid_model", "session.model"),
        ({"model": MODEL, "voice": "marin"}, "unknown_parameter", "session.voice"),
        ({"model": MODEL, "audio": {"output": {"voice": "nova"}}}, "invalid_value", "session.audio.output.voice"),
        (
            {"model": MODEL, "audio": {"format": {"type": "audio/pcm", "rate": 8000}}},
            "invalid_value",
            "session.audio.format.rate",
        ),
        ({"model": MODEL, "delegation": {"type": "responses"}}, *LACKS, "session.delegation.responses"),
        (
            {"model": MODEL, "delegation": {"type": "responses", "responses": {}}},
            *LACKS,
            "session.delegation.responses.model",
        ),
        ({"model": MODEL, "delegation": {"type": "decisions"}}, "unsupported_value", "session.delegation.type"),
        ({"model": MODEL, "triggers": [{}]}, "unsupported_value", "session.triggers"),
        ({"model": MODEL, "input": [{"role": "system", "content": []}]}, "invalid_value", "session.input[0].role"),
        ({"model": MODEL, "input": [{"role": "user", "content": []}]}, "empty_array", "session.input[0].content"),
        ({"model": MODEL, "instructions": "word " * 20_000}, *TOO_LONG, "session.instructions"),
        ({"model": MODEL, "input": [LONG] * 5}, *TOO_LONG, "session.input"),
    ],
)
async def test_settings__that_are_wrong_start_nothing(
    place: str, session: dict[str, Any], code: str, param: str
) -> None:
    async with connected(place) as talk:
        error = await talk.error("session.start", session=session)
        assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", code, param)
        await talk.session.start(session={"model": MODEL})
        assert types([await talk.hear()]) == ["session.started"]


@pytest.mark.parametrize(
    ("kind", "fields", "code", "param"),
    [
        ("session.start", {"session": {"model": MODEL}}, "invalid_event", "type"),
        ("session.input_audio.append", {"audio": "no base64!"}, "invalid_value", "audio"),
        ("session.input_audio.append", {"audio": "AAAA"}, "invalid_audio", "audio"),
        ("session.input_audio.append", {"audio": ""}, "empty_string", "audio"),
        ("session.input_audio.append", {}, "missing_required_parameter", "audio"),
        ("session.commentary.append", {"content": "a"}, "missing_required_parameter", "delegation_id"),
        ("session.commentary.append", {"content": "a", "delegation_id": "item_1"}, "invalid_value", "delegation_id"),
        ("session.thinking.append", {"content": "a b " * 300, "delegation_id": None}, *TOO_LONG, "content"),
        ("response.create", {}, "invalid_event", "type"),
        ("response.item.create", {"item": {"type": "thought"}}, "invalid_value", "item"),
        ("session.close", {"why": "done"}, "unknown_parameter", "why"),
    ],
)
async def test_mistake__is_told(place: str, kind: str, fields: dict[str, Any], code: str, param: str) -> None:
    async with talking(place) as talk:
        error = await talk.error(kind, **fields)
        assert (error["code"], error["param"]) == (code, param)
        assert said(await talk.say()) == "Good day to you."


async def test_event__that_there_is_not_is_refused_with_the_list_of_all(place: str) -> None:
    async with talking(place) as talk:
        error = await talk.error("session.input_audio.commit")
        assert set(re.findall(r"'([^']+)'", error["message"])) == {"session.input_audio.commit", *MESSAGES}
        item = {"role": "user", "content": "Hello"}
        error = await talk.error("response.item.create", item=item)
        assert error["message"] == "response.item.create requires Responses delegation."
    async with connected(place) as talk:
        error = await talk.error("session.input_audio.append", audio="AAAA")
        assert error["message"] == "The first event must be 'session.start'."


@pytest.mark.parametrize(("asked", "code"), [("broken", "rate_limit_exceeded"), ("elsewhere", "not_passed_on")])
async def test_error__of_a_rule_is_an_event(place: str, asked: str, code: str) -> None:
    async with talking(place, delegation=RESPONSES) as talk:
        content: Any = [{"type": "input_text", "text": asked}]
        await talk.response.item.create(item={"type": "message", "role": "user", "content": content})
        await talk.response.create()
        event = await talk.hear()
        assert (event["type"], event["error"]["code"]) == ("error", code)
        assert said(await talk.ask("Hello")) == "Good day to you."


async def test_failure__of_the_backend_is_a_response_that_failed(place: str) -> None:
    async with talking(place, delegation=RESPONSES) as talk:
        assert nested(await talk.ask("It fails"))[-1]["type"] == "response.failed"
    history = [{"role": "user", "content": [{"type": "input_text", "text": "It fails"}]}]
    async with talking(place, input=history) as talk:
        await talk.session.commentary.append(content="Go on.", delegation_id=None)
        await talk.play(silence(200))
        await talk.until(SOUND)
        error = await talk.hear()
        assert (error["type"], error["error"]["type"]) == ("error", "server_error")
        await talk.until(USAGE)


@pytest.mark.parametrize(("asked", "reason"), [("It is forbidden", "content"), ("It took too long", "expired")])
async def test_script__can_close_the_conversation(place: str, asked: str, reason: str) -> None:
    async with talking(place, delegation=RESPONSES) as talk:
        content: Any = [{"type": "input_text", "text": asked}]
        await talk.response.item.create(item={"type": "message", "role": "user", "content": content})
        await talk.response.create()
        closed = (await talk.until("session.closed"))[-1]
        assert (closed["reason"], closed["session"]["model"]) == (reason, MODEL)
        with pytest.raises(ConnectionClosedOK):
            await talk.hear()


@pytest.mark.parametrize(("fault", "last"), [("no_finish", SOUND), ("error_event", "error")])
async def test_answer__without_its_last_event_is_over(place: str, fault: str, last: str) -> None:
    async with talking(place, {"X-Mock-Fault": fault}, delegation=RESPONSES) as talk:
        for _ in range(2):
            await talk.response.create()
            while (event := await talk.hear())["type"] != last:
                pass
        if last == "error":
            assert event["error"]["message"]
        await talk.session.close()
        await talk.until("session.closed")


def test_openai_sdk__talks_without_a_loop(place: str) -> None:
    with openai.OpenAI(base_url=f"{place}/v1", api_key="k") as client, client.live.connect() as connection:
        connection.session.start(session={"model": MODEL})
        connection.session.commentary.append(content="Greet the user.", delegation_id=None)
        connection.session.input_audio.append(audio=base64.b64encode(silence(200)).decode())
        text = ""
        for event in connection:
            if event.type == "session.output_transcript.delta":
                text += event.delta
            elif event.type == "session.usage.updated":
                connection.session.close()
            elif event.type == "session.closed":
                assert event.usage.seconds == 2
    assert text == "Good day to you."


@pytest.mark.parametrize("key", ["wrong", "right"])
async def test_key__is_checked(place: str, key: str) -> None:
    script = "{version: 1, defaults: {keys: [right]}, rules: [{reply: Hello.}]}"
    await asyncio.to_thread(httpx.put, f"{place}/_mock/script", content=script)
    client = openai.AsyncOpenAI(base_url=f"{place}/v1", api_key=key)
    async with client:
        if key == "wrong":
            with pytest.raises(InvalidStatus, match="401"):
                await client.live.connect().enter()
            return
        async with client.live.connect() as connection:
            await connection.session.start(session={"model": MODEL})
            assert (await connection.recv()).type == "session.started"


def test_model__of_live_conversations_is_not_one_of_realtime() -> None:
    assert not Realtime().supports("gpt-live-1.1") and not GPTLive().supports("gpt-realtime")
    assert GPTLive().supports("gpt-live-1") and GPTLive().supports("my-model")


async def test_litellm__passes_a_conversation_on(place: str) -> None:
    from litellm.realtime_api.main import _arealtime

    sound = base64.b64encode(silence(200)).decode()
    client = ProxysClient(
        {"type": "session.commentary.append", "content": "Greet the user.", "delegation_id": None},
        {"type": "session.input_audio.append", "audio": sound},
        {"type": "session.close"},
    )
    work = _arealtime(
        model=f"openai/{MODEL}",
        websocket=client,
        api_base=f"{place}/v1",
        api_key="k",
        live_session_start={"type": "session.start", "session": {"model": MODEL}},
    )
    async with asyncio.timeout(PATIENCE):
        await work
    assert types(client.told)[:2] == ["session.started", "session.commentary.appended"]
    assert said(client.told) == "Good day to you."
    assert client.told[-1]["type"] == "session.closed"


async def test_auto__delegates_and_answers_with_the_result(place: str) -> None:
    await asyncio.to_thread(httpx.put, f"{place}/_mock/script", content="{version: 1, rules: [{reply: {auto: true}}]}")
    async with talking(place) as talk:
        created = (await talk.say())[-2]
        assert created["type"] == "session.delegation.created"
        name = created["delegation"]["id"]
        await talk.session.commentary.append(content="It is sunny.", delegation_id=name)
        await talk.play(silence(200))
        assert "It is sunny." in said(await talk.until(USAGE))


@pytest.mark.parametrize("base", ["/v1", "/openai/v1"])
async def test_webrtc__is_refused_and_the_websocket_named(place: str, base: str) -> None:
    async with openai.AsyncOpenAI(base_url=f"{place}{base}", api_key="k") as client:
        with pytest.raises(openai.BadRequestError, match="connect to /v1/live/sessions over a WebSocket"):
            await client.live.create(session={"model": MODEL}, transport={"type": "webrtc", "sdp": "v=0"})
        async with client.live.connect() as connection:
            await connection.session.start(session={"model": MODEL})
            assert (await connection.recv()).type == "session.started"


@pytest.mark.parametrize("kind", [KINDS[1], A_LAW])
async def test_sideband__observes_and_controls_a_conversation(place: str, kind: str) -> None:
    name, _, rate = kind.partition(";rate=")
    settings: Any = {"model": MODEL, "audio": {"format": {"type": name, "rate": int(rate or 8000)}}}
    client = openai.AsyncOpenAI(base_url=f"{place}/v1", api_key="k")
    async with client, client.live.connect() as primary:
        talk = Talk(primary, kind)
        await talk.session.start(session=settings)
        started = (await talk.hear())["session"]
        async with client.live.sideband.connect(session_id=started["id"]) as attached:
            side = Talk(attached, events=ATTACHED)
            assert (await side.hear())["session"] == started
            told = await talk.say()
            seen = await side.until(USAGE)
            assert types(seen)[:2] == ["session.input_audio.append", HEARD]
            assert [each for each in seen if each["type"] in (HEARD, SAID, USAGE)] == [
                each for each in told if each["type"] in (HEARD, SAID, USAGE)
            ]
            heard = b"".join(base64.b64decode(each["audio"]) for each in seen if "audio" in each)
            assert len(heard) == 1400 * 48
            for each in seen:
                if each["type"] == SOUND:
                    ms = each["end_ms"] - each["start_ms"]
                    assert abs(len(base64.b64decode(each["delta"])) / 48 - ms) < 2
            await attached.session.commentary.append(content="Go on.", delegation_id=None, event_id="side")
            assert (await side.error("session.start", session=settings))["code"] == "invalid_event"
            await talk.play(silence(200, kind))
            for peer in (talk, side):
                events = [event for event in await peer.until(USAGE) if "audio" not in event]
                assert (types(events)[0], events[0]["client_event_id"]) == ("session.commentary.appended", "side")
            await attached.session.close()
            for peer in (talk, side):
                assert (await peer.until("session.closed"))[-1]["reason"] == "close_requested"
                with pytest.raises(ConnectionClosedOK):
                    await peer.hear()
        with pytest.raises(InvalidStatus, match="404"):
            await client.live.sideband.connect(session_id=started["id"]).enter()


async def test_sideband__that_leaves_does_not_end_the_conversation(place: str) -> None:
    client = openai.AsyncOpenAI(base_url=f"{place}/v1", api_key="k")
    async with client, client.live.connect() as primary:
        talk = Talk(primary)
        await talk.session.start(session={"model": MODEL})
        name = (await talk.hear())["session"]["id"]
        for _ in range(2):
            async with client.live.sideband.connect(session_id=name) as attached:
                assert (await attached.recv()).type == "session.started"
            assert said(await talk.say())
        other = openai.AsyncOpenAI(base_url=f"{place}x/v1", api_key="k")
        async with other:
            with pytest.raises(InvalidStatus, match="404"):
                await other.live.sideband.connect(session_id=name).enter()


async def test_transcripts__are_grouped_by_the_sdk_into_who_said_what(place: str) -> None:
    segments: list[tuple[str, str]] = []
    async with talking(place) as talk:
        events = [*await talk.say(), *await talk.say()]
    with TranscriptGrouper() as grouper:
        grouper.on("segment.closed", lambda closed: segments.append((closed.segment.speaker, closed.segment.text)))
        for event in events:
            grouper.push(EVENTS.validate_python(event))
    assert [speaker for speaker, _ in segments] == ["user", "assistant"] * 2
    assert "".join(text for speaker, text in segments if speaker == "user") == said(events, HEARD)
    assert [text for speaker, text in segments if speaker == "assistant"] == ["Good day to you.", "Once more."]


@pytest.mark.parametrize("kind", KINDS)
def test_speech__that_does_not_end_is_cut(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("completions.wire.openai.gpt_live.input_audio.MAX_SOUND", int(1000 * bytes_per_ms(kind)))
    audio, size = InputAudio(kind), int(100 * bytes_per_ms(kind))
    sound = silence(200, kind) + tone(2500, kind) + silence(600, kind)
    found = [each for at in range(0, len(sound), size) for each in audio.add(sound[at : at + size])]
    assert (found[0], audio.duration_ms) == (Speech(200), 3300)
    assert [each.start_ms for each in found[1:]] == [200, *(each.end_ms for each in found[1:-1])]
    assert found[-1].end_ms == 2700 and len(found) == 4 and all(each.transcript for each in found[1:])
