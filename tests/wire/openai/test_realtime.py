"""Realtime: conversations in texts and in sound over a live server, whose messages are those of OpenAI's SDK."""

import asyncio
import base64
import json
import math
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import openai
import pytest
from django.test import RequestFactory
from openai.types.realtime import RealtimeServerEvent, RealtimeSessionCreateResponse
from pydantic import TypeAdapter
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from completions.exceptions import KeyRefused
from completions.state import namespaces
from completions.views.sockets import open_session
from completions.wire.openai.conversation_sound import (
    A_LAW,
    BYTES_PER_MS,
    MU_LAW,
    PCM,
    Listener,
    Speech,
    converted,
    invented_transcript,
)
from completions.wire.openai.realtime.secrets import SECRET
from tests.patience import PATIENCE

SCRIPT = """
version: 1
rules:
  - match: {last_user: long story}
    reply: once upon a time there was a very small dog
    pacing: {itl_ms: 1000}
  - match: {last_user: Wait for it}
    reply: It has come.
    pacing: {ttft_ms: 600000}
  - match: {last_user: broken}
    error: 429
  - match: {last_user: fails}
    reply: {text: I, finish_reason: error}
  - match: {last_user: elsewhere}
    reply: {upstream: "http://127.0.0.1:1"}
  - match: {tool_result: sunny}
    reply: It is sunny.
  - match: {last_user: weather}
    reply: {tool_calls: [{name: get_weather, arguments: {city: Rome}}]}
  - match: {format: realtime, turn: 1}
    reply: Once more.
  - match: {format: realtime}
    reply: Good day to you.
"""
ANSWERS = "session.output_modalities"
TEXT = {"type": "realtime", "output_modalities": ["text"], "audio": {"input": {"turn_detection": None}}}
EVENTS: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
TOOL = {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {}}}
IN_CHAT = {"type": "function", "function": {"name": "get_weather"}}
UNKNOWN, MISSING = ("unknown_parameter",), ("missing_required_parameter",)
HEARD = {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Hello"}]}
WRONG, TOO_FEW = ("invalid_value",), ("integer_below_min_value",)


def voiced(voice: object) -> dict[str, Any]:
    """Return the settings of sound that say a voice."""
    return {"audio": {"output": {"voice": voice}}}


class Conversation:
    """A client of a conversation, which checks each message that it gets."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def send(self, kind: str, **fields: object) -> None:
        """Send a message."""
        self._connection.send(json.dumps({"type": kind, **fields}))

    def send_all(self, *kinds: str, is_together: bool) -> None:
        """Send messages without anything else, one by one or in one packet."""
        if not is_together:
            for kind in kinds:
                self.send(kind)
            return
        with self._connection.send_context():
            for kind in kinds:
                self._connection.protocol.send_text(json.dumps({"type": kind}).encode())

    def hear(self) -> dict[str, Any]:
        """Return the next message; the SDK's type of it knows all of its keys and lacks none."""
        message: dict[str, Any] = json.loads(self._connection.recv(timeout=PATIENCE))
        typed = EVENTS.validate_python(message, strict=True)
        assert typed.type == message["type"]
        assert not typed.model_extra, typed.model_extra
        return message

    def until(self, kind: str) -> list[dict[str, Any]]:
        """Return the messages up to one of a kind."""
        messages = [self.hear()]
        while messages[-1]["type"] != kind:
            assert messages[-1]["type"] != "error", messages[-1]
            messages.append(self.hear())
        return messages

    def set(self, **settings: object) -> dict[str, Any]:
        """Change the settings, and return all of them."""
        self.send("session.update", session=settings)
        found: dict[str, Any] = self.until("session.updated")[-1]["session"]
        return found

    def say(self, text: str, **response: object) -> list[dict[str, Any]]:
        """Say something, and return the answer's messages."""
        content = [{"type": "input_text", "text": text}]
        self.send("conversation.item.create", item={"type": "message", "role": "user", "content": content})
        assert types(self.until("conversation.item.done")) == ["conversation.item.added", "conversation.item.done"]
        self.send("response.create", response=response)
        return self.until("response.done")

    def error(self, kind: str, **fields: object) -> dict[str, Any]:
        """Send a message that is refused, and return the error."""
        self.send(kind, **fields)
        message = self.hear()
        assert message["type"] == "error", message
        found: dict[str, Any] = message["error"]
        return found

    def play(self, *pieces: bytes) -> None:
        """Send sound."""
        for piece in pieces:
            self.send("input_audio_buffer.append", audio=base64.b64encode(piece).decode())


@contextmanager
def conversation(place: str, query: str = "model=gpt-realtime", **headers: str) -> Iterator[Conversation]:
    """Begin a conversation."""
    address = f"{place.replace('http', 'ws', 1)}/v1/realtime?{query}"
    sent = {"Authorization": "Bearer k", **headers}
    with connect(address, additional_headers=sent, proxy=None) as connection:
        yield Conversation(connection)


@pytest.fixture
def talk(place: str) -> Iterator[Conversation]:
    """A conversation in texts."""
    with conversation(place) as begun:
        begun.until("session.created")
        begun.set(**TEXT)
        yield begun


def types(messages: list[dict[str, Any]]) -> list[str]:
    """Return the types of messages, each once where it comes several times in a row."""
    names = [message["type"] for message in messages]
    return [name for name, before in zip(names, ["", *names], strict=False) if name != before]


def tone(ms: int, kind: str = PCM) -> bytes:
    """Return a tone of so many milliseconds."""
    pcm = array("h", [int(8000 * math.sin(at / 8)) for at in range(24 * ms)]).tobytes()
    return converted(pcm, kind)


def silence(ms: int, kind: str = PCM) -> bytes:
    """Return silence of so many milliseconds."""
    return converted(bytes(48 * ms), kind)


def test_session__begins_with_its_settings(place: str) -> None:
    with conversation(place) as talk:
        (created,) = talk.until("session.created")
        assert created["session"]["model"] == "gpt-realtime"
        assert created["session"]["output_modalities"] == ["audio"]
        assert created["session"]["audio"]["input"]["turn_detection"]["type"] == "server_vad"
        audio = {"input": {"turn_detection": {"type": "semantic_vad"}}, "output": {"voice": "cedar"}}
        settings = talk.set(type="realtime", model="gpt-realtime-2", instructions="Be brief.", audio=audio)
    assert (settings["instructions"], settings["model"]) == ("Be brief.", "gpt-realtime")
    assert settings["audio"]["output"] == {**created["session"]["audio"]["output"], "voice": "cedar"}
    assert settings["audio"]["input"]["format"] == {"type": "audio/pcm", "rate": 24000}
    assert settings["audio"]["input"]["turn_detection"]["eagerness"] == "auto"


def test_text__is_told_in_deltas_and_remembered(talk: Conversation, place: str) -> None:
    messages = talk.say("Hello")
    assert types(messages) == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    response = messages[-1]["response"]
    assert (response["status"], response["status_details"]) == ("completed", None)
    assert response["output"][0]["content"] == [{"type": "output_text", "text": "Good day to you."}]
    deltas = [message["delta"] for message in messages if message["type"] == "response.output_text.delta"]
    assert "".join(deltas) == "Good day to you." and len(deltas) > 3
    assert response["usage"]["output_tokens"] == len(deltas)
    assert talk.say("And?")[-1]["response"]["output"][0]["content"][0]["text"] == "Once more."
    calls = said_in(place, 2)
    assert [call["endpoint"] for call in calls] == ["realtime"] * 2
    asked = {"match": "{format: realtime, last_user: And}"}
    assert httpx.get(f"{place}/_mock/exchanges/count", params=asked).json()["count"] == 1
    assert [call["said"]["answer"] for call in calls] == ["Once more.", "Good day to you."]
    assert [message["text"] for message in calls[0]["said"]["messages"]] == ["Hello", "Good day to you.", "And?"]


def said_in(place: str, count: int) -> list[dict[str, Any]]:
    """Return the exchanges of a place once there are so many."""
    httpx.get(f"{place}/_mock/exchanges/wait", params={"count": str(count)}, timeout=PATIENCE)
    found = httpx.get(f"{place}/_mock/exchanges", params={"said": "true"}).json()["exchanges"]
    assert len(found) == count
    return list(found)


@pytest.mark.parametrize("kind", [PCM, MU_LAW, A_LAW])
def test_sound__lasts_as_long_as_the_text_takes_to_say(talk: Conversation, kind: str) -> None:
    output = {"format": {"type": kind} | ({"rate": 24000} if kind == PCM else {})}
    messages = talk.say("Hello", output_modalities=["audio"], audio={"output": output})
    sound = b"".join(
        base64.b64decode(message["delta"]) for message in messages if message["type"] == "response.output_audio.delta"
    )
    assert len(sound) == pytest.approx(len("Good day to you. ") * 60 * BYTES_PER_MS[kind], rel=0.02)
    assert [found.begins for found in Listener().hear(sound + silence(500, kind), kind, 400)] == [True, False]
    said = [each["delta"] for each in messages if each["type"] == "response.output_audio_transcript.delta"]
    assert "".join(said) == "Good day to you."
    response = messages[-1]["response"]
    assert response["output"][0]["content"] == [{"type": "output_audio", "transcript": "Good day to you."}]
    assert response["usage"]["output_token_details"]["audio_tokens"] == len(sound) // BYTES_PER_MS[kind] // 50


def test_tool__is_called_and_its_result_answered(talk: Conversation) -> None:
    talk.set(type="realtime", tools=[TOOL])
    messages = talk.say("What is the weather?")
    assert types(messages)[3:5] == ["response.function_call_arguments.delta", "response.function_call_arguments.done"]
    (call,) = messages[-1]["response"]["output"]
    assert (call["type"], call["name"], json.loads(call["arguments"])) == (
        "function_call",
        "get_weather",
        {"city": "Rome"},
    )
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}
    talk.send("conversation.item.create", item=result)
    assert talk.until("conversation.item.done")[0]["previous_item_id"] == call["id"]
    talk.send("response.create")
    assert talk.until("response.done")[-1]["response"]["output"][0]["content"][0]["text"] == "It is sunny."


def test_speech__is_heard_and_answered_by_itself(talk: Conversation) -> None:
    heard = {"turn_detection": {"type": "server_vad"}, "transcription": {"model": "gpt-4o-transcribe"}}
    talk.set(type="realtime", audio={"input": heard})
    talk.play(silence(500), tone(600), silence(400))
    messages = talk.until("response.done")
    assert types(messages)[:7] == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
    ]
    started, stopped = messages[0], messages[1]
    assert (started["audio_start_ms"], stopped["audio_end_ms"]) == (200, 1300)
    names = {message["item_id"] for message in messages if "input_audio" in message["type"]}
    assert names == {messages[3]["item"]["id"]}
    assert messages[-1]["response"]["output"][0]["content"][0]["text"] == "Good day to you."
    assert messages[-1]["response"]["usage"]["input_token_details"]["audio_tokens"] >= 8


def test_sound__that_is_committed_is_heard(talk: Conversation, place: str) -> None:
    talk.play(tone(300))
    talk.send("input_audio_buffer.clear")
    assert talk.hear()["type"] == "input_audio_buffer.cleared"
    talk.play(tone(1500))
    talk.send("input_audio_buffer.commit")
    talk.until("conversation.item.done")
    talk.send("response.create")
    usage = talk.until("response.done")[-1]["response"]["usage"]
    assert usage["input_token_details"]["audio_tokens"] == 15
    (call,) = said_in(place, 1)
    assert call["said"]["messages"][0]["text"].endswith(".")


def test_speech__interrupts_an_answer(talk: Conversation) -> None:
    talk.set(type="realtime", audio={"input": {"turn_detection": {"type": "server_vad"}}})
    talk.send(
        "conversation.item.create",
        item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Tell a long story"}]},
    )
    talk.send("response.create")
    talk.until("response.output_text.delta")
    talk.play(tone(200))
    messages = talk.until("response.done")
    response = messages[-1]["response"]
    assert (response["status"], response["status_details"]["reason"]) == ("cancelled", "turn_detected")
    assert response["output"][0]["status"] == "incomplete"
    assert "once upon a time there was".startswith(response["output"][0]["content"][0]["text"].strip())
    talk.play(silence(600))
    assert talk.until("response.done")[-1]["response"]["status"] == "completed"


def test_answer__can_be_cancelled(talk: Conversation, place: str) -> None:
    assert talk.error("response.cancel")["code"] == "response_cancel_not_active"
    content = [{"type": "input_text", "text": "Tell a long story"}]
    talk.send("conversation.item.create", item={"type": "message", "role": "user", "content": content})
    talk.send("response.create")
    name = talk.until("response.output_text.delta")[2]["response"]["id"]
    talk.send("response.create")
    while (message := talk.hear())["type"] != "error":
        pass
    assert message["error"]["code"] == "conversation_already_has_active_response"
    assert name in message["error"]["message"]
    talk.send("response.cancel")
    response = talk.until("response.done")[-1]["response"]
    assert (response["id"], response["status"]) == (name, "cancelled")
    assert response["status_details"]["reason"] == "client_cancelled"
    assert said_in(place, 1)[0]["client_left"] is True
    assert talk.say("Hello")[-1]["response"]["status"] == "completed"


@pytest.mark.parametrize("is_together", [True, False])
def test_answer__of_which_nothing_was_told_can_be_cancelled(talk: Conversation, is_together: bool) -> None:
    content = [{"type": "input_text", "text": "Wait for it"}]
    talk.send("conversation.item.create", item={"type": "message", "role": "user", "content": content})
    talk.until("conversation.item.done")
    talk.send_all("response.create", "response.cancel", is_together=is_together)
    created, done = talk.until("response.done")
    assert (created["type"], created["response"]["id"]) == ("response.created", done["response"]["id"])
    assert done["response"]["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert done["response"]["output"] == []
    assert talk.say("Hello")[-1]["response"]["status"] == "completed"


@pytest.mark.parametrize(("fault", "last"), [("no_finish", "response.output_item.done"), ("error_event", "error")])
def test_answer__without_its_last_event_is_over(place: str, fault: str, last: str) -> None:
    with conversation(place, **{"X-Mock-Fault": fault}) as talk:
        talk.until("session.created")
        talk.set(**TEXT)
        for _ in range(2):
            talk.send("response.create")
            talk.until(last)


def test_response__beside_the_conversation_leaves_it_alone(talk: Conversation) -> None:
    talk.say("Hello")
    content = [{"type": "input_text", "text": "Apart"}]
    asked = {"conversation": "none", "input": [{"type": "message", "role": "user", "content": content}]}
    talk.send("response.create", response={**asked, "metadata": {"for": "titles"}})
    messages = talk.until("response.done")
    assert not any(message["type"].startswith("conversation.") for message in messages)
    response = messages[-1]["response"]
    assert (response["conversation_id"], response["metadata"]) == (None, {"for": "titles"})
    assert response["output"][0]["content"][0]["text"] == "Good day to you."
    assert talk.say("And?")[-1]["response"]["output"][0]["content"][0]["text"] == "Once more."


def test_response__beside_the_conversation_can_be_cancelled(talk: Conversation) -> None:
    content = [{"type": "input_text", "text": "Tell a long story"}]
    asked = {"conversation": "none", "input": [{"type": "message", "role": "user", "content": content}]}
    talk.send("response.create", response=asked)
    name = talk.until("response.output_text.delta")[0]["response"]["id"]
    talk.send("response.cancel")
    while (message := talk.hear())["type"] != "error":
        pass
    assert message["error"]["code"] == "response_cancel_not_active"
    talk.send("response.cancel", response_id=name)
    response = talk.until("response.done")[-1]["response"]
    assert (response["id"], response["status"]) == (name, "cancelled")


def test_items__are_placed_shown_and_removed(talk: Conversation) -> None:
    def item(name: str) -> dict[str, object]:
        return {"id": name, "type": "message", "role": "user", "content": [{"type": "input_text", "text": name}]}

    for name, after, told in (("b", None, None), ("a", "root", None), ("c", None, "b")):
        talk.send("conversation.item.create", item=item(name), previous_item_id=after)
        assert talk.until("conversation.item.done")[0]["previous_item_id"] == told
    talk.send("conversation.item.retrieve", item_id="a")
    assert talk.hear()["item"]["content"] == [{"type": "input_text", "text": "a"}]
    talk.send("conversation.item.delete", item_id="a")
    assert talk.hear()["item_id"] == "a"
    assert talk.error("conversation.item.retrieve", item_id="a")["code"] == "item_retrieve_invalid_item_id"
    assert talk.error("conversation.item.delete", item_id="a")["code"] == "item_delete_invalid_item_id"
    assert talk.error("conversation.item.create", item=item("b"))["param"] == "item.id"
    wrong = talk.error("conversation.item.create", item=item("d"), previous_item_id="a")
    assert wrong["param"] == "previous_item_id"


def test_answer__that_was_heard_in_part_is_truncated(talk: Conversation, place: str) -> None:
    (said,) = talk.say("Hello", output_modalities=["audio"])[-1]["response"]["output"]
    told = {"item_id": said["id"], "content_index": 0, "audio_end_ms": 300}
    talk.send("conversation.item.truncate", **told)
    message = talk.hear()
    assert message == {"type": "conversation.item.truncated", "event_id": message["event_id"], **told}
    talk.send("conversation.item.retrieve", item_id=said["id"])
    assert talk.hear()["item"]["content"] == [{"type": "output_audio"}]


@pytest.mark.parametrize(
    ("kind", "fields", "code", "param"),
    [
        ("session.stop", {}, "invalid_value", "type"),
        ("session.update", {}, "missing_required_parameter", "session"),
        ("session.update", {"session": {}}, "missing_required_parameter", "session.type"),
        ("session.update", {"session": {**TEXT, "modalities": []}}, "unknown_parameter", "session.modalities"),
        ("session.update", {"session": {"type": "transcription"}}, "invalid_parameter", ""),
        ("session.update", {"session": {**TEXT, "output_modalities": ["text", "audio"]}}, *WRONG, ANSWERS),
        ("response.create", {"response": {"output_modalities": []}}, "empty_array", "response.output_modalities"),
        ("input_audio_buffer.append", {"audio": "no base64!"}, "invalid_value", "audio"),
        ("input_audio_buffer.commit", {}, "input_audio_buffer_commit_empty", None),
        ("session.update", {"session": {**TEXT, "tools": [{**TOOL, "meta": 1}]}}, *UNKNOWN, "session.tools[0].meta"),
        ("session.update", {"session": {**TEXT, "tools": [IN_CHAT]}}, *MISSING, "session.tools[0].name"),
        ("response.create", {"response": {"tool_choice": IN_CHAT}}, *MISSING, "response.tool_choice.name"),
        ("response.create", {"response": {"voice": "alloy"}}, "unknown_parameter", "response.voice"),
        ("conversation.item.create", {"item": {"type": "thought"}}, "invalid_value", "item.type"),
        ("conversation.item.create", {"item": HEARD}, *MISSING, "item.content[0].text"),
        ("conversation.item.create", {"item": {"type": "item_reference", "id": ["x"]}}, "invalid_type", "item.id"),
        (
            "session.update",
            {"session": {**TEXT, "max_output_tokens": "all"}},
            "invalid_type",
            "session.max_output_tokens",
        ),
        ("session.update", {"session": {**TEXT, "max_output_tokens": 0}}, *TOO_FEW, "session.max_output_tokens"),
        ("session.update", {"session": {**TEXT, "reasoning": {"effort": "no"}}}, *WRONG, "session.reasoning.effort"),
        ("session.update", {"session": {**TEXT, "truncation": "never"}}, *WRONG, "session.truncation"),
        ("session.update", {"session": {**TEXT, "tracing": {"name": "a"}}}, *UNKNOWN, "session.tracing.name"),
        ("session.update", {"session": {**TEXT, "include": ["usage"]}}, *WRONG, "session.include[0]"),
        ("response.create", {"response": voiced({})}, *MISSING, "response.audio.output.voice.id"),
    ],
)
def test_mistake__is_told(talk: Conversation, kind: str, fields: dict[str, Any], code: str, param: str | None) -> None:
    error = talk.error(kind, event_id="mine", **fields)
    assert (error["code"], error["param"], error["event_id"]) == (code, param, "mine")
    assert talk.say("Hello")[-1]["response"]["status"] == "completed"


def test_voice__is_one_of_the_api_s_and_stays_once_it_has_spoken(talk: Conversation) -> None:
    error = talk.error("session.update", session={**TEXT, **voiced("nova")})
    names = "'alloy', 'ash', 'ballad', 'coral', 'echo', 'sage', 'shimmer', 'verse', 'marin', and 'cedar'"
    assert error["message"] == f"Invalid value: 'nova'. Supported values are: {names}."
    assert error["param"] == "session.audio.output.voice"
    assert talk.set(**{**TEXT, **voiced({"id": "voice_1"})})["audio"]["output"]["voice"] == {"id": "voice_1"}
    talk.say("Hello")
    talk.set(type="realtime", output_modalities=["audio"], **voiced("cedar"))
    talk.say("Hello")
    error = talk.error("session.update", session={**TEXT, "instructions": "Be brief.", **voiced("verse")})
    assert (error["code"], error["param"]) == ("cannot_update_voice", None)
    assert error["message"] == "Cannot update a conversation's voice if assistant audio is present."
    settings = talk.set(type="realtime", **voiced("cedar"))
    assert (settings["instructions"], settings["output_modalities"]) == ("", ["audio"])


@pytest.mark.parametrize(
    ("said", "code"), [("broken", "rate_limit_exceeded"), ("elsewhere", "not_passed_on"), ("fails", None)]
)
def test_error__is_a_response_that_failed(talk: Conversation, said: str, code: str) -> None:
    messages = talk.say(said)
    assert [messages[0]["type"], messages[-1]["type"]] == ["response.created", "response.done"]
    details = messages[-1]["response"]["status_details"]
    assert (messages[-1]["response"]["status"], details["error"]["code"]) == ("failed", code)
    assert talk.say("Hello")[-1]["response"]["status"] == "completed"


@pytest.mark.parametrize(
    ("query", "headers", "code"),
    [
        ("model=gpt-4o", {}, "invalid_model"),
        ("", {}, "missing_model"),
        ("model=gpt-realtime&intent=music", {}, "invalid_intent"),
        ("model=gpt-realtime&intent=transcription", {}, "invalid_model"),
        ("model=gpt-4o-transcribe&intent=transcription", {}, "invalid_model"),
        ("model=gpt-realtime", {"OpenAI-Beta": "realtime=v1"}, "beta_api_shape_disabled"),
    ],
)
def test_client__that_cannot_be_served_is_told_why(place: str, query: str, headers: dict[str, str], code: str) -> None:
    with conversation(place, query, **headers) as talk:
        assert talk.hear()["error"]["code"] == code
        with pytest.raises(ConnectionClosed) as ended:
            talk.hear()
    assert ended.value.rcvd is not None
    assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (4000, f"invalid_request_error.{code}")


def test_transcription__hears_and_says_nothing(place: str) -> None:
    with conversation(place, "intent=transcription") as talk:
        created = talk.hear()
        assert created["session"]["type"] == "transcription"
        heard = {"transcription": {"model": "whisper-1"}, "turn_detection": {"type": "server_vad"}}
        talk.set(type="transcription", audio={"input": heard})
        talk.play(tone(900), silence(400))
        told = talk.until("conversation.item.input_audio_transcription.completed")[-1]
        assert told["usage"] == {"type": "duration", "seconds": 2}
        assert talk.error("response.create")["message"] == "A transcription session has no responses."


def test_transcription__with_a_model_that_writes_at_once_takes_no_turns(place: str) -> None:
    with conversation(place, "intent=transcription") as talk:
        talk.hear()
        heard: dict[str, Any] = {"transcription": {"model": "gpt-live-transcribe"}}
        assert talk.set(type="transcription", audio={"input": heard})["audio"]["input"]["turn_detection"] is None
        asked = {"type": "transcription", "audio": {"input": heard | {"turn_detection": {"type": "server_vad"}}}}
        error = talk.error("session.update", session=asked)
        assert error["message"] == "Turn detection is not supported for this transcription model."
        assert (error["code"], error["param"]) == ("invalid_value", "session.audio.input.turn_detection")
        talk.play(tone(300))
        talk.send("input_audio_buffer.commit")
        assert talk.until("conversation.item.input_audio_transcription.completed")[-1]["transcript"]
        error = talk.error("session.update", session={"type": "realtime"})
        assert error["message"] == "Passing a realtime session update to a transcription session is not allowed."


async def test_openai_sdk__talks(place: str) -> None:
    client = openai.AsyncOpenAI(base_url=f"{place}/v1", api_key="k")
    async with client, client.realtime.connect(model="gpt-realtime") as connection:
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        content: Any = [{"type": "input_text", "text": "Hello"}]
        await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
        await connection.response.create()
        said = ""
        async for event in connection:
            if event.type == "response.output_text.delta":
                said += event.delta
            elif event.type == "response.done":
                break
    assert said == "Good day to you."


@pytest.mark.parametrize("base", ["/v1", "/openai/v1"])
def test_client_secret__opens_a_session_with_its_settings(place: str, base: str) -> None:
    script = "{version: 1, defaults: {keys: [sk-right]}, rules: [{reply: Good day to you.}]}"
    httpx.put(f"{place}/_mock/script", content=script).raise_for_status()
    audio: Any = {"output": {"voice": "cedar"}}
    asked: Any = {"type": "realtime", "model": "gpt-realtime-mini", "instructions": "Be brief.", "audio": audio}
    until: Any = {"anchor": "created_at", "seconds": 60}
    with openai.OpenAI(base_url=f"{place}{base}", api_key="sk-right") as client:
        secret = client.realtime.client_secrets.create(session=asked, expires_after=until)
    settings = secret.session
    assert (secret.value[:3], secret.expires_at - int(time.time()) in range(50, 61)) == ("ek_", True)
    assert isinstance(settings, RealtimeSessionCreateResponse)
    assert (settings.model, settings.instructions) == ("gpt-realtime-mini", "Be brief.")
    with openai.OpenAI(base_url=f"{place}{base}", api_key=secret.value) as client:
        with client.realtime.connect(model="gpt-realtime-mini") as connection:
            created: Any = connection.recv()
            told = created.session
            assert (told.instructions, told.audio.output.voice, told.id == settings.id) == ("Be brief.", "cedar", False)
            assert told.expires_at > time.time()
            connection.response.create()
            done: Any = next(event for event in connection if event.type in ("response.done", "error"))
        assert done.response.output[0].content[0].transcript == "Good day to you."
        with pytest.raises(openai.AuthenticationError):
            client.chat.completions.create(model="gpt-4o", messages=[])
    for key, status in (("ek_other", 401), ("sk-right", 101)):
        head = {"Authorization": f"Bearer {key}"}
        assert _handshake(f"{place}{base}/realtime?model=gpt-realtime", head) == status


def _handshake(url: str, headers: dict[str, str]) -> int:
    """Return the status of an answer to a handshake."""
    try:
        with connect(url.replace("http", "ws", 1), additional_headers=headers, proxy=None):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def test_client_secret__that_is_over_opens_nothing() -> None:
    space = namespaces.namespace("expired-secrets")
    secret = {"value": "ek_1", "expires_at": int(time.time()) - 1, "session": {}, "key": ""}
    await space.records.put(SECRET, "ek_1", secret)
    request = RequestFactory().get("/ns/expired-secrets/v1/realtime?model=gpt-realtime")
    with pytest.raises(KeyRefused, match="Incorrect API key provided"):
        await open_session(request, {b"authorization": b"Bearer ek_1"})


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"expires_after": {"anchor": "created_at", "seconds": 7201}}, "expires_after.seconds"),
        ({"expires_after": {"anchor": "now"}}, "expires_after.anchor"),
        ({"session": {"model": "gpt-realtime"}}, "session.type"),
        ({"session": {"type": "realtime", "output_modalities": ["smell"]}}, "session.output_modalities[0]"),
        ({"model": "gpt-realtime"}, "model"),
    ],
)
def test_client_secret__is_refused_for_settings_that_are_none(place: str, body: dict[str, Any], param: str) -> None:
    refused = httpx.post(f"{place}/v1/realtime/client_secrets", json=body, headers={"Authorization": "Bearer k"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)


class ProxysClient:
    """What LiteLLM's proxy has of the client on its other side, whose messages it passes on."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.scope: dict[str, Any] = {"headers": []}
        self.headers: dict[str, str] = {}
        self.query_params: dict[str, str] = {}
        self.told: list[dict[str, Any]] = []
        self._messages: asyncio.Queue[str] = asyncio.Queue()
        for message in messages:
            self._messages.put_nowait(json.dumps(message))
        self.has_ended = asyncio.Event()

    async def receive_text(self) -> str:
        """Return the client's next message."""
        return await self._messages.get()

    async def send_text(self, text: str) -> None:
        """Take a message for the client."""
        self.told.append(json.loads(text))
        if self.told[-1]["type"] in ("response.done", "error"):
            self.has_ended.set()

    async def close(self, *args: Any, **kwargs: Any) -> None:
        """Take the end."""
        self.has_ended.set()


async def test_litellm__passes_a_conversation_on(place: str) -> None:
    from litellm.realtime_api.main import _arealtime

    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
    client = ProxysClient(
        {"type": "session.update", "session": TEXT},
        {"type": "conversation.item.create", "item": item},
        {"type": "response.create"},
    )
    asked: Any = {"model": "gpt-realtime"}
    work = _arealtime(
        model="openai/gpt-realtime",
        websocket=client,
        api_base=f"{place}/v1",
        api_key="k",
        query_params=asked,
    )
    task = asyncio.create_task(work)
    async with asyncio.timeout(PATIENCE):
        await client.has_ended.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert types(client.told)[:2] == ["session.created", "session.updated"]
    assert client.told[-1]["response"]["output"][0]["content"][0]["text"] == "Good day to you."


@pytest.mark.parametrize("piece_ms", [7, 50, 330, 2200])
def test_transcript__is_the_same_however_the_sound_is_cut(place: str, piece_ms: int) -> None:
    detection = {"type": "server_vad", "prefix_padding_ms": 300, "silence_duration_ms": 200}
    sound, size = silence(500) + tone(600) + silence(400) + tone(300) + silence(400), 48 * piece_ms
    with conversation(place, "intent=transcription") as talk:
        talk.until("session.created")
        heard = {"transcription": {"model": "gpt-4o-transcribe"}, "turn_detection": detection}
        talk.set(type="transcription", audio={"input": heard})
        talk.play(*(sound[start : start + size] for start in range(0, len(sound), size)))
        completed = "conversation.item.input_audio_transcription.completed"
        transcripts = [talk.until(completed)[-1]["transcript"] for _ in range(2)]
    first, second = silence(300) + tone(600) + silence(200), silence(200) + tone(300) + silence(200)
    assert transcripts == [invented_transcript(each, PCM)[0] for each in (first, second)]


def test_speech__is_cut_where_it_is_detected_from_later_on(place: str) -> None:
    with conversation(place, "intent=transcription") as talk:
        talk.until("session.created")
        heard = {"transcription": {"model": "gpt-4o-transcribe"}, "turn_detection": None}
        talk.set(type="transcription", audio={"input": heard})
        talk.play(silence(1010), tone(505), silence(300))
        detection = {"type": "server_vad", "prefix_padding_ms": 100, "silence_duration_ms": 200}
        talk.set(type="transcription", audio={"input": heard | {"turn_detection": detection}})
        talk.play(silence(300) + tone(600), silence(400))
        started = talk.until("input_audio_buffer.speech_started")[-1]
        told = talk.until("conversation.item.input_audio_transcription.completed")[-1]
    assert started["audio_start_ms"] == 1815 + 300 - 100
    assert told["transcript"] == invented_transcript(silence(100) + tone(600) + silence(200), PCM)[0]


@pytest.mark.parametrize("kind", [PCM, MU_LAW, A_LAW])
def test_listener__finds_speech_however_it_is_cut(kind: str) -> None:
    sound = silence(200, kind) + tone(400, kind) + silence(300, kind) + tone(100, kind) + silence(100, kind)
    for size in (1, 7, 160, 4800, len(sound)):
        listener = Listener()
        found = [
            each
            for start in range(0, len(sound), size)
            for each in listener.hear(sound[start : start + size], kind, 200)
        ]
        assert found == [Speech(True, 200), Speech(False, 800), Speech(True, 900)]


@pytest.mark.parametrize("kind", [MU_LAW, A_LAW])
def test_g711__is_near_the_sound(kind: str) -> None:
    quiet, loud = converted(bytes(48), kind), tone(100, kind)
    assert len(set(quiet)) == 1
    assert len(loud) == 800
    assert len(set(loud)) > 30


def test_webrtc__is_refused_and_the_websocket_named(place: str) -> None:
    with openai.OpenAI(base_url=f"{place}/v1", api_key="k", max_retries=0) as client:
        with pytest.raises(openai.NotFoundError, match="connect to /v1/realtime over a WebSocket"):
            client.realtime.calls.create(sdp="v=0", session={"type": "realtime", "model": "gpt-realtime"})
        with pytest.raises(openai.NotFoundError, match="does not support WebRTC"):
            client.realtime.calls.create(sdp="v=0")
