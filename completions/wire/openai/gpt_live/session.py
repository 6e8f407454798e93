"""A conversation of GPT-Live: its settings, its timeline, what was said, and the work that was delegated.

It turns the client's messages into the server's, and each turn of the model into a request. The model answers when the
user has spoken, when it gets commentary, and when the client requests a response of the backend. The timeline advances
with the sound: a text that is appended waits for the next sound, as at the API (Travizm/dsh-openai-live, 2026-10-09).
"""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from completions.exceptions import RequestError
from completions.ids import fresh
from completions.tokens import text as tokens
from completions.wire.fields import mapping, object_of, text
from completions.wire.openai.conversation_sound import PCM, as_pcm, bytes_per_ms, converted, decoded_piece, milliseconds
from completions.wire.openai.gpt_live.active_answer import ActiveAnswer, message
from completions.wire.openai.gpt_live.events import RESPONSE, START, usage_seconds
from completions.wire.openai.gpt_live.input_audio import InputAudio, Speech
from completions.wire.openai.gpt_live.rules import MAX_APPENDED, check, check_attached, check_length, check_lengths
from completions.wire.openai.gpt_live.settings import RESPONSES, sound_type, started, updated
from completions.wire.openai.responses.rules import matched
from completions.wire.seals import decoded
from completions.wire.sockets import Close, Message, Reflected, Session, SocketRequest, Step, Stop

WINDOW_MS = 200
"""The parts of the timeline at which appended texts are placed (Travizm/dsh-openai-live, 2026-10-07)."""

USAGE_MS = 15_000
"""The time between two reports of the usage (measured by several projects in October 2026)."""

FIXTURE, MAX_FIXTURE_MS = "audio/pcm;rate=24000", 30_000
"""The type of a sound of the client's that is played, and its longest duration (`OutputAudioFixturePlayEvent`)."""

PIECE_MS = 100
"""The duration of a piece of sound (Travizm/dsh-openai-live, 2026-10-07)."""

CLOSE_CONNECTION = Close(1000, "")
"""The end of the connection after the conversation (recorded: a close frame without a code, which ASGI cannot send)."""


class _Appended(NamedTuple):
    """A text that waits for its place on the timeline: its kind, the text, its delegation, and its message's id."""

    kind: str
    content: str
    delegation: str | None
    event_id: str | None


class GPTLiveSession(Session):
    """One conversation; `supports` tells by a model's name whether it has such conversations, if that is known."""

    def __init__(self, supports: Callable[[str], bool]) -> None:
        self._supports = supports
        self._settings: dict[str, Any] = {}
        self._items: list[dict[str, Any]] = []
        self._position_ms, self._reported_ms = 0.0, 0.0
        """The end of the timeline so far, and its end at the last report of the usage."""
        self._input = InputAudio("")
        self._output_range_ms = (0, 0)
        """The start and the end of the sound that is sent next, on the timeline."""
        self._appended: list[_Appended] = []
        self._delegations: set[str] = set()
        self._continued: str | None = None
        """The backend's last delegation, which the next response continues if it has the results of its calls."""
        self._current: SocketRequest | None = None
        self._answer = ActiveAnswer()
        self._place = 0
        """The place of the current answer among the items."""
        self._due_requests: list[Message] = []
        """The fields of the requests that follow the current one, in their order."""
        self._closing: dict[str, Any] | None = None
        self._event_id: str | None = None

    def on_message(self, message: Message) -> Iterator[Step]:
        """Handle a client's message."""
        yield from self._handle(message, is_attached=False)

    def on_attached_message(self, message: Message) -> Iterator[Step]:
        """Handle a message of an attached connection, which neither starts the conversation nor sends sound."""
        yield from self._handle(message, is_attached=True)

    def _handle(self, message: Message, *, is_attached: bool) -> Iterator[Step]:
        event_id = message.get("event_id")
        self._event_id = event_id if isinstance(event_id, str) else None
        if self._closing is not None:
            if message.get("type") != "session.input_audio.append":  # which has no answer anyway
                raise RequestError("The session is closing.", code="session_closing")
            return
        if is_attached:
            check_attached(message)
        check(dict(message), has_started=bool(self._settings))
        yield from HANDLERS[message["type"]](self, message)
        self._event_id = None

    def on_error(self, error: Message, status: int, request: SocketRequest | None) -> Iterable[Step]:
        """Report the error of a client's message, or of a request."""
        event_id, self._event_id = self._event_id, None
        return ({**error_event(error, event_id if request is None else None), "event_id": fresh("event_")},)

    def on_event(self, event: bytes, request: SocketRequest) -> Iterable[bytes]:
        """Note an event of an answer; complete the usage and the end of the conversation with what was heard since."""
        document = object_of(event)
        if document is None or request is not self._current:  # a fault or a script can send something else
            return (event,)
        self._answer.add(document)
        self._output_range_ms = (self._answer.start_ms, self._answer.end_ms)
        self._position_ms = max(self._position_ms, self._answer.end_ms)
        kind = document.get("type")
        if kind not in ("session.usage.updated", "session.closed"):
            return (event,)
        self._end_answer()
        if kind == "session.closed":
            self._closing = {"reason": document.get("reason"), "has_closed": True}
            document["session"] = self._settings
        document.setdefault("event_id", fresh("event_"))  # which a script's event may lack
        return (orjson.dumps(self._with_usage(document)),)

    def on_end(self, request: SocketRequest) -> Iterable[Step]:
        """End the answer, also if a fault has left out its last event; then close, or request the next answer."""
        if request is self._current:
            self._end_answer()
        if self._closing is None or self._current is not None:
            return self._next_request()
        return (CLOSE_CONNECTION,) if self._closing.get("has_closed") else self._closed()

    def on_stop(self, request: SocketRequest) -> Iterable[Step]:
        """Keep what was said of an answer that the user interrupts; the API sends no event for that."""
        if request is self._current:
            self._end_answer()
        return ()

    @property
    def name(self) -> str:
        """The id of the conversation, once it has started."""
        return text(self._settings.get("id"))

    def on_attach(self) -> Iterable[Message]:
        """Show the settings to a connection that attaches (measured by a project, 2026-09-23)."""
        return ({"type": "session.started", "session": self._settings, "event_id": fresh("event_")},)

    def reflected(self, message: Message) -> Message:
        """Return an event for attached connections: sound in 24 kHz, with its time (`OutputAudioDeltaEvent`)."""
        sound = decoded(text(message.get("delta"))) if message.get("type") == "session.output_audio.delta" else None
        if sound is None:  # a fault or a script can send something else
            return message
        pcm = base64.b64encode(as_pcm(sound, self._sound_type)).decode()
        return {**message, "delta": pcm, "start_ms": self._output_range_ms[0], "end_ms": self._output_range_ms[1]}

    def _end_answer(self) -> None:
        """Add the answer to the conversation, at its place."""
        answer, self._answer, self._current = self._answer, ActiveAnswer(), None
        self._delegations |= answer.delegations
        self._continued = answer.backend_delegation or self._continued
        self._items[self._place : self._place] = answer.items()

    def _start(self, message: Message) -> Iterator[Step]:
        session = message["session"]
        if not self._supports(session["model"]):
            why = f"Model '{session['model']}' is not supported in live sessions."  # the API's wording is not known
            raise RequestError(why, code="invalid_model", param="session.model")
        items = [{"type": "message", **item} for item in session.get("input") or ()]
        check_lengths(session, "\n".join(text(part["text"]) for item in items for part in item["content"]))
        self._settings, self._items = started(session), items
        self._input = InputAudio(self._sound_type)
        yield self._event("session.started", session=self._settings)

    def _update(self, message: Message) -> Iterator[Step]:
        self._settings = updated(self._settings, message["session"])
        yield self._event("session.updated", session=self._settings)

    def _hear(self, message: Message) -> Iterator[Step]:
        """Take sound: the timeline advances by its duration."""
        sound = decoded_piece(message["audio"])
        _check_samples(sound, self._sound_type)
        if self.is_observed:
            audio = base64.b64encode(as_pcm(sound, self._sound_type)).decode()
            yield Reflected({"type": "session.input_audio.append", "audio": audio})
        self._event_id, offset = None, self._position_ms - self._input.duration_ms
        self._position_ms += milliseconds(len(sound), self._sound_type)
        for speech in self._input.add(sound):
            yield from self._end_speech(speech, offset) if speech.transcript else self._interrupt()
        yield from self._place_appended()
        if self._position_ms - self._reported_ms >= USAGE_MS:
            yield self._with_usage({"type": "session.usage.updated", "event_id": fresh("event_")})

    def _end_speech(self, speech: Speech, offset_ms: float) -> Iterator[Step]:
        """Send the transcript of what the user has said, and have the model answer it."""
        pieces = tokens.split(speech.transcript, self._settings["model"])
        each_ms = (speech.end_ms - speech.start_ms) / len(pieces)
        for index, piece in enumerate(pieces):
            start = max(offset_ms + speech.start_ms, 0) + index * each_ms
            fields = {"start_ms": int(start), "end_ms": int(start + each_ms), "delta": piece}
            yield self._event("session.input_transcript.delta", **fields)
        self._items.append(message("user", "input_text", speech.transcript))
        yield from self._respond({})

    def _interrupt(self) -> Iterator[Step]:
        """Stop what the model says; the work of the backend goes on (OpenAI's guide to delegation)."""
        if self._current is not None and not self._answer.is_delegating:
            yield Stop()

    def _mute(self, message: Message) -> Iterator[Step]:
        self._input.is_muted = message["type"] == "session.input_audio.mute"
        yield self._event(f"{message['type']}d")

    def _append(self, message: Message) -> Iterator[Step]:
        """Take a text, which gets its place on the timeline with the next sound."""
        delegation = message["delegation_id"]
        check_length(message["content"], MAX_APPENDED, self._settings["model"], "content")
        if delegation is not None and self._delegates_to_backend:
            why = "delegation_id must be null with Responses delegation."
            raise RequestError(why, code="invalid_value", param="delegation_id")
        if delegation is not None and delegation not in self._delegations:
            why = f"Delegation with id '{delegation}' not found."
            raise RequestError(why, code="invalid_value", param="delegation_id")
        kind = message["type"].removesuffix(".append")
        self._appended.append(_Appended(kind, message["content"], delegation, self._event_id))
        yield from ()

    def _place_appended(self) -> Iterator[Step]:
        """Acknowledge the texts that waited, and add them; commentary makes the model speak."""
        start = int(self._position_ms // WINDOW_MS * WINDOW_MS)
        waiting, self._appended = self._appended, []
        for each in waiting:
            self._event_id = each.event_id
            yield self._event(f"{each.kind}.appended", start_ms=start, end_ms=start + WINDOW_MS)
            if each.kind == "session.commentary" and each.delegation is not None:
                output = {"type": "function_call_output", "call_id": each.delegation, "output": each.content}
                self._items.append(output)
            else:
                self._items.append(message("developer", "input_text", each.content))
        self._event_id = None
        if any(each.kind == "session.commentary" for each in waiting):
            yield from self._respond({})

    def _create_item(self, message: Message) -> Iterator[Step]:
        self._require_backend(message)
        self._items.append({**message["item"], "type": message["item"].get("type") or "message"})
        yield from ()

    def _create_response(self, message: Message) -> Iterator[Step]:
        self._require_backend(message)
        matched(self._items)
        delegation, self._continued = self._continued, None
        yield from self._respond({RESPONSE: {"delegation_id": delegation, "client_event_id": self._event_id}})

    def _require_backend(self, message: Message) -> None:
        if not self._delegates_to_backend:  # the message is recorded (Travizm/dsh-openai-live, 2026-10-07)
            why = f"{message['type']} requires Responses delegation."
            raise RequestError(why, code="invalid_event", param="type")

    def _play(self, message: Message) -> Iterator[Step]:
        """Play a sound of the client's in place of the model's speech, in pieces as long as the recorded ones."""
        sound = decoded_piece(message["audio"])
        _check_samples(sound, FIXTURE)
        if len(sound) > MAX_FIXTURE_MS * bytes_per_ms(FIXTURE):
            why = f"An audio fixture can last {MAX_FIXTURE_MS // 1000} seconds at most."
            raise RequestError(why, code="invalid_audio", param="audio")
        yield from self._interrupt()
        yield self._event("session.output_audio.fixture.playing")
        size = int(PIECE_MS * bytes_per_ms(FIXTURE))
        for start in range(0, len(sound), size):
            piece = sound[start : start + size]
            begin, self._position_ms = self._position_ms, self._position_ms + milliseconds(len(piece), FIXTURE)
            self._output_range_ms = (int(begin), int(self._position_ms))
            delta = base64.b64encode(converted(piece, self._sound_type)).decode()
            yield {"type": "session.output_audio.delta", "delta": delta}
        yield self._event("session.output_audio.fixture.played")

    def _close(self, message: Message) -> Iterator[Step]:
        """Give up the texts that wait, and end the conversation after the current answer (Microsoft's guide)."""
        self._closing = {"reason": "close_requested", "client_event_id": self._event_id}
        for each in self._appended:
            why = "The session closed before the context was added to the conversation."  # the code is recorded
            error = {"type": "invalid_request_error", "code": "context_injection_incomplete", "message": why}
            yield {**error_event(error, each.event_id), "event_id": fresh("event_")}
        if self._current is None:
            yield from self._closed()

    def _closed(self) -> Iterator[Step]:
        closing = mapping(self._closing)
        self._closing, self._event_id = {**closing, "has_closed": True}, closing.get("client_event_id")
        closed = self._event("session.closed", reason=closing.get("reason"), session=self._settings)
        yield self._with_usage(closed)
        yield CLOSE_CONNECTION

    def _respond(self, fields: Message) -> Iterator[Step]:
        """Have the model answer, after its current answer if there is one."""
        if fields not in self._due_requests:
            self._due_requests.append(fields)
        yield from self._next_request()

    def _next_request(self) -> Iterator[Step]:
        """Request the answer that is due, unless another one is in progress."""
        if self._current is not None or not self._due_requests:
            return
        fields, *self._due_requests = self._due_requests
        copied = ("model", "instructions", "audio", "delegation", "safety_identifier")
        body = {name: self._settings[name] for name in copied if name in self._settings}
        body |= {START: int(self._position_ms), **fields, "input": [*self._items]}
        self._answer, self._place = ActiveAnswer(is_delegating=RESPONSE in fields), len(self._items)
        self._current = SocketRequest(body)
        yield self._current

    def _event(self, kind: str, **fields: object) -> dict[str, Any]:
        """Return an event of the server, with the id of the client's message that it answers."""
        origin = {} if self._event_id is None else {"client_event_id": self._event_id}
        return {"type": kind, **fields, "event_id": fresh("event_"), **origin}

    def _with_usage(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return an event with the usage so far."""
        self._reported_ms = self._position_ms
        return {**document, "usage": {"seconds": usage_seconds(self._position_ms)}}

    @property
    def _delegates_to_backend(self) -> bool:
        return mapping(self._settings.get("delegation")).get("type") == RESPONSES

    @property
    def _sound_type(self) -> str:
        return sound_type(self._settings)


HANDLERS: Mapping[str, Callable[[GPTLiveSession, Message], Iterator[Step]]] = {
    "session.start": GPTLiveSession._start,
    "session.update": GPTLiveSession._update,
    "session.input_audio.append": GPTLiveSession._hear,
    "session.input_audio.mute": GPTLiveSession._mute,
    "session.input_audio.unmute": GPTLiveSession._mute,
    "session.output_audio.fixture.play": GPTLiveSession._play,
    "session.instructions.append": GPTLiveSession._append,
    "session.thinking.append": GPTLiveSession._append,
    "session.commentary.append": GPTLiveSession._append,
    "response.item.create": GPTLiveSession._create_item,
    "response.create": GPTLiveSession._create_response,
    "session.close": GPTLiveSession._close,
}


def error_event(error: Message, client_event_id: str | None) -> dict[str, Any]:
    """Return an error as the API sends it, without an id; it leaves out what does not apply (`LiveErrorEvent`)."""
    kind = text(error.get("type")) or "server_error"
    shown: dict[str, Any] = {"type": kind, "code": error.get("code") or kind, "message": text(error.get("message"))}
    optional = {"param": error.get("param"), "client_event_id": client_event_id}
    return {"type": "error", "error": shown | {key: value for key, value in optional.items() if value is not None}}


def _check_samples(sound: bytes, kind: str) -> None:
    """Raise the error of PCM with half a sample (Microsoft's reference of GPT-Live, 2026-09-04)."""
    if len(sound) % 2 and kind.startswith(f"{PCM};"):
        why = "PCM16 audio must contain an even number of bytes"
        raise RequestError(why, code="invalid_audio", param="audio")
