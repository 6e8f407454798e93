"""GPT-Live: spoken conversations over a live server with OpenAI's SDK, whose types know each event."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import openai
import pytest
from openai.resources.live.live import AsyncLiveConnection
from openai.types.live import ServerEvent
from pydantic import TypeAdapter

from completions.wire.openai.conversation_sound import A_LAW, MU_LAW, bytes_per_ms
from tests.patience import PATIENCE
from tests.wire.openai.test_realtime import said_in, silence, tone, types

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
KINDS = ["audio/pcm;rate=24000", "audio/pcm;rate=16000", MU_LAW, A_LAW]
SAID, HEARD = "session.output_transcript.delta", "session.input_transcript.delta"
SOUND, USAGE = "session.output_audio.delta", "session.usage.updated"
Events = list[dict[str, Any]]


class Talk:
    """A client of a conversation, which checks each event that it gets."""

    def __init__(self, connection: AsyncLiveConnection, kind: str = KINDS[0]) -> None:
        self.connection, self._kind = connection, kind
        self.session, self.response = connection.session, connection.response

    async def hear(self) -> dict[str, Any]:
        """Return the next event; the SDK's type of it knows all of its keys and lacks none."""
        async with asyncio.timeout(PATIENCE):
            event: dict[str, Any] = json.loads(await self.connection.recv_bytes())
        typed = EVENTS.validate_python(event, strict=True)
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
        await self.response.create()
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
        assert types(events) == ["response.event", *[SAID, SOUND] * 5, USAGE]
        assert said(events) == "Good day to you."
        backend = nested(events)
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
