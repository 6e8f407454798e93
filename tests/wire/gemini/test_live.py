"""Google's Live API: conversations over a live server, whose messages are those of google-genai's types."""

import base64
import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from google import genai
from google.genai import errors, types
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from completions.conversation import Choice, Reply, ToolCall
from completions.wire.gemini.live.format import Live
from completions.wire.openai.conversation_sound import invented_transcript
from completions.wire.sockets import SocketRequest, Stop, encoded
from tests.patience import PATIENCE
from tests.server import QUICK, LiveServer
from tests.tls import CANNOT, NO_OPENSSL, certified
from tests.wire.openai.test_realtime import said_in, silence, tone

SCRIPT = """
version: 1
rules:
  - match: {last_user: long story}
    reply: once upon a time there was a very small dog
    pacing: {itl_ms: 1000}
  - match: {last_user: broken}
    error: 429
  - match: {last_user: refused}
    error: 503
  - match: {last_user: unsafe}
    reply: {text: I, finish_reason: content_filter}
  - match: {last_user: goodbye}
    reply: {events: ['{"goAway": {"timeLeft": "9s"}}', '{"serverContent": {"turnComplete": true}}']}
  - match: {tool_result: sunny}
    reply: It is sunny.
  - match: {last_user: weather}
    reply: {reasoning: Let me see., text: One moment., tool_calls: [{name: get_weather, arguments: {city: Rome}}]}
  - match: {format: live, turn: 2}
    reply: Still here.
  - match: {format: live, turn: 1}
    reply: Once more.
  - match: {format: live}
    reply: Good day to you.
"""
PLACE = "/ws/google.ai.generativelanguage.{}.GenerativeService.BidiGenerateContent"
VERTEX = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent"
MODEL = "models/gemini-3.8-live"
WAITING = "models/gemini-3.1-flash-live-preview"
OLD = "models/gemini-live-2.5-flash-preview"
NATIVE = "models/gemini-2.5-flash-native-audio-latest"
TEXTS = {"responseModalities": ["TEXT"]}
TOOL = {"functionDeclarations": [{"name": "get_weather"}]}
FREE = {"functionDeclarations": [{"name": "get_weather", "behavior": "NON_BLOCKING"}]}
RATE = "audio/pcm;rate=24000"


class Conversation:
    """A client of a conversation, which checks each message that it gets."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def send(self, **message: object) -> None:
        """Send a message."""
        self._connection.send(json.dumps(message))

    def hear(self) -> dict[str, Any]:
        """Return the next message, which is binary; the SDK's type of it knows all of its keys."""
        data = self._connection.recv(timeout=PATIENCE)
        assert isinstance(data, bytes)
        message: dict[str, Any] = json.loads(data)
        types.LiveServerMessage.model_validate(message)
        return message

    def until(self, key: str) -> list[dict[str, Any]]:
        """Return the messages up to one that has a key, or whose content has it."""
        messages = [self.hear()]
        while key not in messages[-1] and key not in messages[-1].get("serverContent", {}):
            messages.append(self.hear())
        return messages

    def say(self, text: str) -> list[dict[str, Any]]:
        """Say something, and return the answer's messages."""
        self.send(clientContent={"turns": [{"role": "user", "parts": [{"text": text}]}], "turnComplete": True})
        return self.until("turnComplete")

    def play(self, *pieces: bytes) -> None:
        """Send sound."""
        for piece in pieces:
            self.send(realtimeInput={"audio": {"mimeType": RATE, "data": base64.b64encode(piece).decode()}})

    def closed(self) -> tuple[int, str]:
        """Return with which code and reason the server ends the connection."""
        with pytest.raises(ConnectionClosed) as ended:
            self.hear()
        assert ended.value.rcvd is not None
        return ended.value.rcvd.code, ended.value.rcvd.reason


@contextmanager
def opened(place: str, path: str = PLACE.format("v1beta"), **headers: str) -> Iterator[Conversation]:
    """Open a connection."""
    sent = {"x-goog-api-key": "k", **headers}
    with connect(place.replace("http", "ws", 1) + path, additional_headers=sent, proxy=None) as connection:
        yield Conversation(connection)


@contextmanager
def conversation(
    place: str, model: str = MODEL, config: Mapping[str, Any] = TEXTS, **setup: Any
) -> Iterator[Conversation]:
    """Begin a conversation."""
    with opened(place) as talk:
        talk.send(setup={"model": model, "generationConfig": config, **setup})
        assert talk.hear() == {"setupComplete": {}}
        yield talk


def text_of(messages: list[dict[str, Any]]) -> str:
    """Return what an answer's messages say."""
    contents = [message.get("serverContent", {}) for message in messages]
    parts = [part for content in contents for part in content.get("modelTurn", {}).get("parts", ())]
    return "".join(part.get("text", "") for part in parts if not part.get("thought"))


def sound_of(messages: list[dict[str, Any]]) -> bytes:
    """Return the samples of what is said aloud."""
    contents = [message.get("serverContent", {}) for message in messages]
    parts = [part for content in contents for part in content.get("modelTurn", {}).get("parts", ())]
    assert all(part["inlineData"]["mimeType"] == "audio/pcm;rate=24000" for part in parts)
    return b"".join(base64.b64decode(part["inlineData"]["data"]) for part in parts)


def heard(messages: list[dict[str, Any]], kind: str) -> str:
    """Return a transcript."""
    contents = [message.get("serverContent", {}) for message in messages]
    return "".join(content[kind]["text"] for content in contents if kind in content)


def test_text__is_told_in_pieces_and_remembered(place: str) -> None:
    with conversation(place) as talk:
        messages = talk.say("Hello")
        assert text_of(messages) == "Good day to you."
        assert len(messages) > 5
        assert messages[-2] == {"serverContent": {"generationComplete": True}}
        usage = messages[-1]["usageMetadata"]
        assert usage["responseTokensDetails"] == [{"modality": "TEXT", "tokenCount": usage["responseTokenCount"]}]
        assert usage["totalTokenCount"] == usage["promptTokenCount"] + usage["responseTokenCount"]
        talk.send(realtimeInput={"text": "And?"})
        assert text_of(talk.until("turnComplete")) == "Once more."
    calls = said_in(place, 2)
    assert [call["endpoint"] for call in calls] == ["live"] * 2
    assert [call["said"]["answer"] for call in calls] == ["Once more.", "Good day to you."]
    assert [message["text"] for message in calls[0]["said"]["messages"]] == ["Hello", "Good day to you.", "And?"]


def test_names__are_taken_in_snake_case_as_the_sdk_sends_them(place: str) -> None:
    with opened(place, PLACE.format("v1alpha")) as talk:
        talk.send(setup={"model": MODEL, "generation_config": {"response_modalities": ["TEXT"]}})
        assert talk.hear() == {"setupComplete": {}}
        talk.send(client_content={"turns": [{"parts": [{"text": "Hello"}], "role": "user"}]})
        talk.send(client_content={"turn_complete": True})
        assert text_of(talk.until("turnComplete")) == "Good day to you."


def test_sound__lasts_as_long_as_the_text_takes_to_say(place: str) -> None:
    with conversation(place, NATIVE, {}) as talk:
        messages = talk.say("Hello")
        sound = sound_of(messages)
        assert len(sound) == pytest.approx(len("Good day to you. ") * 60 * 48, rel=0.02)
        assert heard(messages, "outputTranscription") == ""
        usage = messages[-1]["usageMetadata"]
        assert usage["responseTokensDetails"] == [{"modality": "AUDIO", "tokenCount": round(len(sound) / 48_000 * 25)}]
        assert sound_of(talk.say("And?")), "what was said aloud is remembered"
    assert said_in(place, 2)[0]["said"]["answer"] == "Once more."
    with conversation(place, NATIVE, {}, outputAudioTranscription={}) as talk:
        assert heard(talk.say("Hello"), "outputTranscription") == "Good day to you."


@pytest.mark.parametrize("is_told", [False, True], ids=["detected", "told by the client"])
def test_speech__is_heard_and_answered(place: str, is_told: bool) -> None:
    detection = {"automaticActivityDetection": {"disabled": is_told, "silenceDurationMs": 300}}
    with conversation(place, realtimeInputConfig=detection, inputAudioTranscription={}) as talk:
        if is_told:
            talk.play(tone(900))  # nobody speaks yet
            talk.send(realtimeInput={"activityStart": {}})
        talk.play(silence(100), tone(1600), silence(400))
        if is_told:
            talk.send(realtimeInput={"activityEnd": {}})
        messages = talk.until("turnComplete")
        transcript = heard(messages, "inputTranscription")
        assert transcript.endswith(".") and text_of(messages) == "Good day to you."
        details = {
            each["modality"]: each["tokenCount"] for each in messages[-1]["usageMetadata"]["promptTokensDetails"]
        }
        assert details["AUDIO"] == pytest.approx(2 * 25, abs=5)
        assert sum(details.values()) == messages[-1]["usageMetadata"]["promptTokenCount"]
    assert said_in(place, 1)[0]["said"]["messages"][0]["text"] == transcript


@pytest.mark.parametrize("piece_ms", [7, 330, 2200])
def test_transcript__is_the_same_however_the_sound_is_cut(place: str, piece_ms: int) -> None:
    detection = {"automaticActivityDetection": {"prefixPaddingMs": 100, "silenceDurationMs": 300}}
    sound, size = silence(500) + tone(600) + silence(400) + tone(300) + silence(400), 48 * piece_ms
    with conversation(place, realtimeInputConfig=detection, inputAudioTranscription={}) as talk:
        talk.play(*(sound[start : start + size] for start in range(0, len(sound), size)))
        messages = [talk.until("inputTranscription") for _ in range(2)]
    first, second = silence(100) + tone(600) + silence(300), silence(100) + tone(300) + silence(300)
    expected = [invented_transcript(each, RATE)[0] for each in (first, second)]
    assert [heard(each, "inputTranscription") for each in messages] == expected


def test_text__that_follows_silence_is_all_that_was_said(place: str) -> None:
    with conversation(place) as talk:
        talk.play(silence(700))
        talk.send(realtimeInput={"text": "Hello"})
        assert text_of(talk.until("turnComplete")) == "Good day to you."
    assert [message["text"] for message in said_in(place, 1)[0]["said"]["messages"]] == ["Hello"]


def test_speech__that_goes_on_ends_with_the_stream(place: str) -> None:
    with conversation(place) as talk:
        talk.play(tone(600))
        talk.send(realtimeInput={"audioStreamEnd": True})
        assert text_of(talk.until("turnComplete")) == "Good day to you."


def test_pictures__are_seen_with_what_is_said(place: str) -> None:
    pixel = base64.b64encode(b"\xff\xd8\xff\xe0").decode()
    with conversation(place) as talk:
        for _ in range(2):
            talk.send(realtimeInput={"video": {"mimeType": "image/jpeg", "data": pixel}})
        talk.send(realtimeInput={"text": "What is this?"})
        usage = talk.until("turnComplete")[-1]["usageMetadata"]
    assert {each["modality"] for each in usage["promptTokensDetails"]} == {"TEXT", "IMAGE"}
    (exchange,) = httpx.get(f"{place}/_mock/exchanges").json()["exchanges"]
    body = httpx.get(f"{place}/_mock/exchanges/{exchange['id']}").json()["request"]["body"]
    assert len([part for part in body["contents"][0]["parts"] if "inlineData" in part]) == 2


@pytest.mark.parametrize("by", ["speech", "text", "content"])
def test_answer__is_interrupted(place: str, by: str) -> None:
    with conversation(place) as talk:
        turn = {"role": "user", "parts": [{"text": "Tell a long story"}]}
        talk.send(clientContent={"turns": [turn], "turnComplete": True})
        begun = text_of(talk.until("modelTurn"))
        match by:
            case "speech":
                talk.play(tone(200))
            case "text":
                talk.send(realtimeInput={"text": "Stop"})
            case _:
                talk.send(
                    clientContent={"turns": [{"role": "user", "parts": [{"text": "Stop"}]}], "turnComplete": True}
                )
        messages = talk.until("turnComplete")
        assert {"serverContent": {"interrupted": True}} in messages
        assert not any("generationComplete" in message.get("serverContent", {}) for message in messages)
        if by == "speech":
            talk.play(silence(600))
        assert text_of(talk.until("turnComplete")) == "Once more."
    said = [message["text"] for message in said_in(place, 2)[0]["said"]["messages"]]
    assert said[0] == "Tell a long story" and said[1].startswith(begun)


def test_answer__is_not_interrupted_by_a_blank(place: str) -> None:
    """So pipecat wakes models that it believes do not answer a turn."""
    with conversation(place) as talk:
        talk.send(realtimeInput={"text": "Tell a long story"})
        talk.until("modelTurn")
        talk.send(realtimeInput={"text": " "})
        talk.send(realtimeInput={"text": "Stop"})
        talk.until("turnComplete")
        assert text_of(talk.until("turnComplete")) == "Once more."
    said_in(place, 2)


def test_answer__that_may_not_be_interrupted_is_told_to_its_end(place: str) -> None:
    config = {"activityHandling": "NO_INTERRUPTION"}
    with conversation(place, realtimeInputConfig=config, **{}) as talk:
        talk.send(clientContent={"turns": [{"role": "user", "parts": [{"text": "Hello"}]}], "turnComplete": True})
        talk.send(realtimeInput={"text": "And?"})
        assert text_of(talk.until("turnComplete")) == "Good day to you."
        assert text_of(talk.until("turnComplete")) == "Once more."
    said = [message["text"] for message in said_in(place, 2)[0]["said"]["messages"]]
    assert said == ["Hello", "Good day to you.", "And?"]


def test_function__is_called_and_its_result_answered(place: str) -> None:
    config = {**TEXTS, "thinkingConfig": {"includeThoughts": True}}
    with conversation(place, WAITING, config, tools=[TOOL]) as talk:
        talk.send(realtimeInput={"text": "How is the weather?"})
        messages = talk.until("toolCall")
        assert text_of(messages) == "One moment."
        thoughts = [
            part["text"]
            for each in messages[:-1]
            for part in each["serverContent"]["modelTurn"]["parts"]
            if part.get("thought")
        ]
        assert "".join(thoughts) == "Let me see."
        (call,) = messages[-1]["toolCall"]["functionCalls"]
        assert (call["name"], call["args"]) == ("get_weather", {"city": "Rome"})
        result = {"id": call["id"], "name": "get_weather", "response": {"output": "sunny"}}
        talk.send(toolResponse={"functionResponses": [result]})
        assert text_of(talk.until("turnComplete")) == "It is sunny."


def test_function__that_an_older_model_calls_ends_the_turn(place: str) -> None:
    with conversation(place, OLD, tools=[TOOL]) as talk:
        messages = talk.say("How is the weather?")
        (call,) = next(message["toolCall"] for message in messages if "toolCall" in message)["functionCalls"]
        assert "usageMetadata" in messages[-1]
        talk.send(toolResponse={"functionResponses": [{"id": call["id"], "response": {"output": "sunny"}}]})
        assert text_of(talk.until("turnComplete")) == "It is sunny."


@pytest.mark.parametrize(("model", "tool"), [(WAITING, FREE), (MODEL, TOOL)])
def test_function__that_nobody_waits_for_ends_the_turn(place: str, model: str, tool: dict[str, Any]) -> None:
    with conversation(place, model, tools=[tool]) as talk:
        talk.send(realtimeInput={"text": "How is the weather?"})
        messages = talk.until("turnComplete")
        talk.send(realtimeInput={"text": "Hurry up"})
        talk.until("turnComplete")
        status = "IN_PROGRESS" if model == MODEL else None
        assert messages[-1]["serverContent"].get("interactionStatus") == status
        name = next(message["toolCall"] for message in messages if "toolCall" in message)["functionCalls"][0]["id"]
        result = {"id": name, "name": "get_weather", "response": {"output": "sunny"}}
        talk.send(toolResponse={"functionResponses": [{**result, "willContinue": True, "scheduling": "SILENT"}]})
        talk.send(toolResponse={"functionResponses": [{**result, "scheduling": "INTERRUPT"}]})
        messages = talk.until("turnComplete")
        assert text_of(messages) == "It is sunny."
        assert messages[-1]["serverContent"].get("interactionStatus") == (status and "IDLE")


def test_call__that_is_spoken_into_is_cancelled(place: str) -> None:
    with conversation(place, WAITING, tools=[TOOL]) as talk:
        talk.send(realtimeInput={"text": "How is the weather?"})
        (call,) = talk.until("toolCall")[-1]["toolCall"]["functionCalls"]
        talk.send(realtimeInput={"text": "Never mind"})
        assert talk.hear() == {"toolCallCancellation": {"ids": [call["id"]]}}
        assert text_of(talk.until("turnComplete")) == "Once more."
        talk.send(toolResponse={"functionResponses": [{"id": call["id"], "name": "get_weather", "response": {}}]})
        talk.send(realtimeInput={"text": "And?"})
        assert text_of(talk.until("turnComplete")), "a result that comes too late is ignored"


def test_session__is_taken_up_again(place: str) -> None:
    with conversation(place, sessionResumption={"transparent": True}) as talk:
        talk.say("Hello")
        update = talk.hear()["sessionResumptionUpdate"]
        assert (update["resumable"], update["lastConsumedClientMessageIndex"]) == (True, "1")
    with conversation(place, sessionResumption={"handle": update["newHandle"]}) as talk:
        assert text_of(talk.say("And?")) == "Once more."
        handle = talk.hear()["sessionResumptionUpdate"]["newHandle"]
    with conversation(place, sessionResumption={"handle": handle}) as talk:
        assert text_of(talk.say("Still there?")) == "Still here."
    with conversation(place, sessionResumption={"handle": "none"}) as talk:
        talk.send(realtimeInput={"text": "Hello"})
        assert talk.closed() == (1008, "BidiGenerateContent session not found")


@pytest.mark.parametrize("model", [OLD, WAITING, MODEL])
def test_history__comes_before_the_conversation(place: str, model: str) -> None:
    with conversation(place, model, historyConfig={"initialHistoryInClientContent": True}) as talk:
        turns = [{"role": role, "parts": [{"text": role}]} for role in ("user", "model", "user")]
        talk.send(clientContent={"turns": turns, "turnComplete": True})
        if model != OLD:  # which answers at once
            talk.send(realtimeInput={"text": "And?"})
        assert text_of(talk.until("turnComplete")) == "Once more."
        talk.send(clientContent={"turns": turns[:1]})
        talk.send(clientContent={"turnComplete": True})
        assert text_of(talk.until("turnComplete")) == "Still here."


def test_instructions__of_vertex_may_be_a_turn_of_the_system(place: str) -> None:
    with opened(place, VERTEX, Authorization="Bearer k") as talk:
        talk.send(setup={"model": MODEL, "generationConfig": TEXTS})
        talk.hear()
        turns = [{"role": role, "parts": [{"text": "Be brief."}]} for role in ("system", "user")]
        talk.send(clientContent={"turns": turns, "turnComplete": True})
        talk.hear()
    (call,) = said_in(place, 1)
    assert [message["role"] for message in call["said"]["messages"]] == ["system", "user"]


def test_context__is_changed_on_the_way(place: str) -> None:
    with conversation(place, systemInstruction={"parts": [{"text": "Be kind."}]}) as talk:
        talk.send(contextUpdate={"systemInstruction": {"parts": [{"text": "Be brief."}]}, "tools": {"tools": [TOOL]}})
        talk.send(realtimeInput={"text": "The weather?"})
        assert talk.until("toolCall")
    (call,) = said_in(place, 1)
    assert call["said"]["messages"][0]["text"] == "Be brief."


@pytest.mark.parametrize(
    ("said", "closed"),
    [
        ("broken", (1011, "You exceeded your current quota, please check your plan and billing details.")),
        (
            "refused",
            (
                1011,
                "This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try "
                "again later.",
            ),
        ),
    ],
)
def test_error__closes_the_connection(place: str, said: str, closed: tuple[int, str]) -> None:
    with conversation(place) as talk:
        talk.send(realtimeInput={"text": said})
        code, reason = talk.closed()
        assert (code, reason[: len(closed[1])]) == closed and len(reason.encode()) <= 123


def test_answer__that_is_filtered_says_so_and_scripts_say_what_they_like(place: str) -> None:
    with conversation(place) as talk:
        assert talk.say("unsafe")[-1]["serverContent"]["turnCompleteReason"] == "RESPONSE_REJECTED"
        assert talk.say("goodbye")[0] == {"goAway": {"timeLeft": "9s"}}
    assert said_in(place, 2)[1]["said"]["answer"] == "I"


@pytest.mark.parametrize("call", [None, ToolCall("get_weather", "{}", "a")])
def test_turn__is_over_with_its_last_message(call: ToolCall | None) -> None:
    """A client may go on as soon as it has read that, before the exchange has ended."""
    wire = Live()
    session = wire.session({}, {})
    for _ in session.on_message({"setup": {"model": WAITING, "generationConfig": TEXTS, "tools": [TOOL]}}):
        pass
    (first,) = session.on_message({"realtimeInput": {"text": "Hello"}})
    assert isinstance(first, SocketRequest)
    reply = Reply((Choice(text="Hm.", tool_calls=() if call is None else (call,)),), serial="a")
    for event in wire.stream(reply, wire.parse(encoded(first.body).encode(), {}, validate=True)):
        assert [*session.on_event(event.data, first)] == [event.data]
    result = {"functionResponses": [{"id": "a", "name": "get_weather", "response": {"output": 1}}]}
    (second,) = session.on_message({"realtimeInput": {"text": "And?"}} if call is None else {"toolResponse": result})
    assert isinstance(second, SocketRequest)
    assert [content["role"] for content in second.body["contents"]] == ["user", "model", "user"]
    assert [*session.on_stop(first)] == [*session.on_end(first)] == []
    assert [type(step) for step in session.on_message({"realtimeInput": {"text": "Stop"}})] == [Stop]


UNKNOWN = 'Invalid JSON payload received. Unknown name "{}"{}: Cannot find field.'
FIRST = "setup must be the first message and only the first"
TOLD = "Explicit activity control is not supported when automatic activity detection is enabled."
NO_MODEL = "models/{} is not found for API version v1beta, or is not supported for bidiGenerateContent. Call "
GOOD = {"setup": {"model": MODEL}}


@pytest.mark.parametrize(
    ("messages", "code", "reason"),
    [
        ([{"clientContent": {}}], 1007, FIRST),
        ([GOOD, GOOD], 1007, FIRST),
        ([{"hello": 1}], 1007, UNKNOWN.format("hello", "")),
        ([{"setup": {"model": MODEL, "voice": 1}}], 1007, UNKNOWN.format("voice", " at 'setup'")),
        ([{"setup": {}}], 1007, "Request contains an invalid argument."),
        ([{"setup": {"model": "models/gemini-2.5-flash"}}], 1008, NO_MODEL.format("gemini-2.5-flash")),
        ([{"setup": {"model": NATIVE, "generationConfig": TEXTS}}], 1007, "Cannot extract voices from a non-audio"),
        (
            [{"setup": {"model": MODEL, "generationConfig": {"responseModalities": ["TEXT", "AUDIO"]}}}],
            1007,
            "Request contains an invalid argument.",
        ),
        ([GOOD, {"realtimeInput": {"activityStart": {}}}], 1007, TOLD),
        ([GOOD, {"realtimeInput": {"text": "a"}, "clientContent": {}}], 1007, "Request contains an invalid argument."),
        ([GOOD, {"clientContent": {"turns": [{"parts": [{"text": "a"}]}]}}], 1007, "Request contains an invalid"),
        (
            [GOOD, {"clientContent": {"turns": [{"role": "system", "parts": [{"text": "a"}]}]}}],
            1007,
            "Request contains",
        ),
        (
            [GOOD, {"realtimeInput": {"mediaChunks": [{"mimeType": RATE, "data": ""}]}}],
            1007,
            "realtime_input.media_chunks is deprecated. Use audio, video, or text instead.",
        ),
        ([GOOD, {"toolResponse": {"functionResponses": [{"id": "x", "name": "f"}]}}], 1007, "Request contains"),
        (
            [{"setup": {"model": MODEL, "tools": [{"functionDeclarations": [{"name": "9"}]}]}}],
            1007,
            "* GenerateContentRequest.tools[0].function_declarations[0].name: Invalid function name.",
        ),
    ],
)
def test_mistake__closes_the_connection(place: str, messages: list[Any], code: int, reason: str) -> None:
    with opened(place) as talk:
        for at, message in enumerate(messages):
            if at:
                assert talk.hear() == {"setupComplete": {}}
            talk.send(**message)
        found = talk.closed()
        assert (found[0], found[1][: len(reason)]) == (code, reason)


@pytest.mark.parametrize(
    ("path", "headers", "closed"),
    [
        (PLACE.format("v1beta") + "?key=wrong", {}, (1007, "API key not valid. Please pass a valid API key.")),
        (
            PLACE.format("v1beta"),
            {"x-goog-api-key": "wrong"},
            (1007, "API key not valid. Please pass a valid API key."),
        ),
    ],
)
def test_key__that_is_wrong_closes_the_connection(
    place: str, path: str, headers: dict[str, str], closed: tuple[int, str]
) -> None:
    script = "{version: 1, defaults: {keys: [right]}, rules: [{reply: Hi.}]}"
    httpx.put(f"{place}/_mock/script", content=script).raise_for_status()
    address = place.replace("http", "ws", 1) + path
    with connect(address, additional_headers=headers, proxy=None) as connection:
        talk = Conversation(connection)
        talk.send(**GOOD)
        assert talk.closed() == closed
    with connect(address.partition("?")[0] + "?key=right", proxy=None) as connection:
        talk = Conversation(connection)
        talk.send(**GOOD)
        assert talk.hear() == {"setupComplete": {}}


def made(place: str, **asked: object) -> str:
    """Return a token, which is made with a key."""
    answer = httpx.post(f"{place}/v1alpha/auth_tokens", json=asked, headers={"x-goog-api-key": "right"})
    assert answer.status_code == 200 and list(answer.json()) == ["name"], answer.text
    name: str = answer.json()["name"]
    assert name.startswith("auth_tokens/")
    return name


@contextmanager
def constrained(place: str, token: str, **setup: Any) -> Iterator[Conversation]:
    """Open a connection with a token, and send a setup."""
    address = f"{place.replace('http', 'ws', 1)}{PLACE.format('v1alpha')}Constrained"
    with connect(f"{address}?access_token={token}", proxy=None) as connection:
        talk = Conversation(connection)
        talk.send(setup=setup)
        yield talk


def test_token__opens_one_session_with_its_own_setup(place: str) -> None:
    script = "{version: 1, defaults: {keys: [right]}, rules: [{match: {system: brief}, reply: Hi.}, {reply: Long.}]}"
    httpx.put(f"{place}/_mock/script", content=script).raise_for_status()
    brief = {"systemInstruction": {"parts": [{"text": "Be brief."}]}}
    locked = {"model": MODEL, "generationConfig": TEXTS, **brief, "sessionResumption": {}}
    token = made(place, bidiGenerateContentSetup=locked)
    with constrained(place, token, model="models/other", systemInstruction={"parts": [{"text": "Go on."}]}) as talk:
        assert talk.hear() == {"setupComplete": {}}
        assert text_of(talk.say("Hello")) == "Hi."
        handle = talk.hear()["sessionResumptionUpdate"]["newHandle"]
    with constrained(place, token, model=MODEL) as talk:
        assert talk.closed() == (1011, "Token has been used too many times")
    with constrained(place, token, model=MODEL, sessionResumption={"handle": handle}) as talk:
        assert talk.hear() == {"setupComplete": {}}
        assert text_of(talk.say("And?")) == "Hi."


def test_token__locks_the_fields_of_its_mask(place: str) -> None:
    brief = {"systemInstruction": {"parts": [{"text": "Be brief."}]}}
    setup = {"generationConfig": {"temperature": 0.5}, **brief}
    mask = "generationConfig.temperature,generationConfig.seed,systemInstruction"
    token = made(place, bidiGenerateContentSetup=setup, fieldMask=mask, uses=0)
    for _ in range(2):
        config = {"temperature": 1, "seed": 7, **TEXTS}
        with constrained(place, token, model=MODEL, generationConfig=config) as talk:
            assert talk.hear() == {"setupComplete": {}}
            talk.say("Hello")
    exchange = httpx.get(f"{place}/_mock/exchanges/{said_in(place, 3)[0]['id']}").json()
    assert exchange["request"]["body"]["generationConfig"] == {"temperature": 0.5, **TEXTS}
    assert exchange["request"]["body"]["systemInstruction"] == brief["systemInstruction"]


@pytest.mark.parametrize(
    ("asked", "closed"),
    [
        ({"newSessionExpireTime": "2020-01-01T00:00:00Z"}, (1011, "new_session_expire_time deadline exceeded")),
        ({"expireTime": "2020-01-01T00:00:00Z"}, (1007, "API key not valid. Please pass a valid API key.")),
    ],
)
def test_token__that_is_late_opens_nothing(place: str, asked: dict[str, str], closed: tuple[int, str]) -> None:
    with constrained(place, made(place, **asked), model=MODEL) as talk:
        assert talk.closed() == closed


def test_token__is_a_key_at_its_own_address_alone(place: str) -> None:
    address = f"{place.replace('http', 'ws', 1)}{PLACE.format('v1alpha')}?access_token={made(place)}"
    with connect(address, proxy=None) as connection:
        talk = Conversation(connection)
        talk.send(**GOOD)
        code, reason = talk.closed()
    assert (code, reason.startswith("Method doesn't allow unregistered callers")) == (1008, True)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"liveConnectConstraints": {}}, UNKNOWN.format("liveConnectConstraints", "")),
        ({"uses": "many"}, "Invalid value at 'uses' (TYPE_INT32), \"many\""),
        (
            {"expireTime": "soon"},
            "Invalid value at 'expire_time' (type.googleapis.com/google.protobuf.Timestamp), \"soon\"",
        ),
    ],
)
def test_token__that_is_asked_for_wrongly_is_refused(place: str, asked: dict[str, Any], said: str) -> None:
    answer = httpx.post(f"{place}/v1beta/auth_tokens", json=asked, headers={"x-goog-api-key": "k"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, said)


def test_vertex__names_its_sessions_and_counts_candidates(place: str) -> None:
    model = "projects/p/locations/l/publishers/google/models/gemini-live-2.5-flash"
    with opened(place, VERTEX, Authorization="Bearer k") as talk:
        talk.send(setup={"model": model, "generationConfig": TEXTS})
        assert len(talk.hear()["setupComplete"]["sessionId"]) == 32
        talk.send(clientContent={"turns": [{"parts": [{"text": "Hello"}]}], "turnComplete": True})
        messages: list[dict[str, Any]] = []
        while not messages or "usageMetadata" not in messages[-1]:
            messages.append(json.loads(talk._connection.recv(timeout=PATIENCE)))
    assert text_of(messages) == "Good day to you."
    assert messages[-1]["usageMetadata"]["candidatesTokenCount"] == 5


def test_model__that_converses_is_refused_elsewhere_and_listed(place: str) -> None:
    body = {"contents": [{"parts": [{"text": "Hello"}]}]}
    answer = httpx.post(f"{place}/v1beta/{NATIVE}:generateContent", json=body, headers={"x-goog-api-key": "k"})
    assert answer.status_code == 404
    listed = httpx.get(f"{place}/v1beta/{NATIVE}", headers={"x-goog-api-key": "k"}).json()
    assert "bidiGenerateContent" in listed["supportedGenerationMethods"]


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveServer, ssl.SSLContext]]:
    """A server that speaks TLS, as google-genai does to whatever address it is given; and what trusts it."""
    if CANNOT:
        pytest.skip(NO_OPENSSL)
    serve, context = certified(tmp_path_factory.mktemp("tls"))
    with LiveServer(*serve, script=SCRIPT, **QUICK) as live:
        yield live, context


async def test_google_genai__opens_a_session_with_a_token(secure: tuple[LiveServer, ssl.SSLContext]) -> None:
    server, context = secure
    options: Any = {
        "base_url": server.url.replace("http", "https", 1),
        "api_version": "v1alpha",
        "client_args": {"verify": context},
        "async_client_args": {"ssl": context},
    }
    constraints: Any = {"model": "gemini-3.8-live", "config": {"response_modalities": ["TEXT"], "temperature": 0.5}}
    with pytest.warns(errors.ExperimentalWarning):
        maker = genai.Client(api_key="k", http_options=options)
        token = maker.auth_tokens.create(
            config={"live_connect_constraints": constraints, "lock_additional_fields": ["seed"]}
        )
        client = genai.Client(api_key=token.name, http_options=options)
        async with client.aio.live.connect(model="gemini-3.8-live", config={"seed": 3}) as session:
            await session.send_realtime_input(text="Hello")
            said = [message.text async for message in session.receive()]
    assert "".join(filter(None, said)) == "Good day to you."


async def test_google_genai__talks(secure: tuple[LiveServer, ssl.SSLContext]) -> None:
    server, context = secure
    options: Any = {"base_url": server.url.replace("http", "https", 1), "async_client_args": {"ssl": context}}
    client = genai.Client(api_key="k", http_options=options)
    config: Any = {"output_audio_transcription": {}, "tools": [{"function_declarations": [{"name": "get_weather"}]}]}
    said, sound = "", b""
    async with client.aio.live.connect(model="gemini-3.1-flash-live-preview", config=config) as session:
        await session.send_realtime_input(text="The weather?")
        async for message in session.receive():
            sound += message.data or b""
            if message.server_content is not None and message.server_content.output_transcription is not None:
                said += message.server_content.output_transcription.text or ""
            if message.tool_call is not None:
                (call,) = message.tool_call.function_calls or []
                result = types.FunctionResponse(id=call.id, name=call.name, response={"result": "sunny"})
                await session.send_tool_response(function_responses=result)
        assert (said, bool(sound)) == ("One moment.It is sunny.", True)
        await session.send_realtime_input(text="broken")
        with pytest.raises(errors.APIError) as refused:
            async for _ in session.receive():
                pass
    assert refused.value.code == 1011
