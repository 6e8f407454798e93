"""A session of the Live API: its setup, the conversation so far, and the incoming sound.

The session turns the client's messages into the server's, and each turn of the model into a request with the whole
conversation. The transcript of sound is made up from its bytes. Sources: Google's guide and reference of the Live API,
the docstrings of google-genai's types; how connections are closed is as users quote it until September 2026.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import orjson

from completions.exceptions import RequestError
from completions.wire.fields import dicts, mapping, text, texts
from completions.wire.gemini import media
from completions.wire.gemini.errors import not_found
from completions.wire.gemini.fields import inner, integer, many, pick
from completions.wire.gemini.live import messages
from completions.wire.gemini.live.events import DURATION, ENDS_WITH_CALLS, content_so_far, turn_end, unblocked_functions
from completions.wire.gemini.live.tokens import token_setup
from completions.wire.gemini.rules import ROLES, config_problems, function_problems
from completions.wire.openai.conversation_sound import FRAME_MS, Listener, SoundBuffer, invented_transcript
from completions.wire.seals import decoded
from completions.wire.sockets import Close, Message, Session, SocketRequest, Step, Stop

CHUNKS_DEPRECATED = "realtime_input.media_chunks is deprecated. Use audio, video, or text instead."
"""The error of Gemini 3 and later for `mediaChunks` (google/adk-python 5075)."""

MAX_HELD = 64 * 1024 * 1024
"""The largest size in bytes of the sound, or of the pictures, of a turn."""

SILENCE_MS = 500
"""The silence that ends a turn, unless the setup has another value."""

NO_CONTROL = "Explicit activity control is not supported when automatic activity detection is enabled."
AUDIO_ONLY = "Cannot extract voices from a non-audio request."
"""The error of a native audio model for a request for text."""

MAX_REASON = 123
"""The largest size in bytes of the reason in a close frame (RFC 6455, section 5.5)."""

CLOSE_CODES = {400: 1007, 401: 1008, 403: 1008, 404: 1008}
"""The close codes by the HTTP status that an error would have; that of all others is 1011."""


def close_for(status: int, message: str) -> Close:
    """Return the close of a connection after an error, for which the API sends no message."""
    reason = message.strip().encode()[:MAX_REASON].decode(errors="ignore")
    return Close(CLOSE_CODES.get(status, 1011), reason)


class LiveSession(Session):
    """One conversation; `fits` tells by a model's name whether it supports conversations, as far as that is known.

    A `token` that opens it restricts its setup.
    """

    def __init__(self, fits: Callable[[str], bool], token: Message | None, *, vertex: bool) -> None:
        self._fits, self._token, self._vertex = fits, token, vertex
        self._setup: dict[str, Any] | None = None
        self._contents: list[dict[str, Any]] = []
        self._parts: list[dict[str, Any]] = []
        """The parts of the user's turn so far."""
        self._sound, self._sound_type, self._speech_start_ms = SoundBuffer(), "", 0.0
        self._listener, self._is_speaking = Listener(), False
        self._current: SocketRequest | None = None
        """The request that the model is answering; None once its turn is over, though its exchange may still go on."""
        self._answer_messages: list[Any] = []
        """The messages of the current answer so far; then its place in the conversation, and whether another is due."""
        self._place, self._is_due = 0, False
        self._open_calls: dict[str, str] = {}
        """The names of the functions whose results are awaited, by the ids of their calls."""
        self._results: list[dict[str, Any]] = []
        self._cancelled: set[str] = set()
        self._is_seeding = self._is_old = False
        self._message_count = 0

    def on_message(self, message: Message) -> Iterator[Step]:
        """Take a client's message."""
        document = dict(message)
        kind = messages.kind_of(document, is_first=self._setup is None)
        self._message_count += kind != messages.SETUP
        yield from HANDLERS[kind](self, inner(document, kind))

    def on_error(self, error: Message, status: int, request: SocketRequest | None) -> Iterable[Step]:
        """Close the connection."""
        return (close_for(status, text(error.get("message"))),)

    def on_event(self, event: bytes, request: SocketRequest) -> Iterable[bytes]:
        """Add a message of an answer to the conversation; the transcript of its sound is sent only if requested."""
        try:
            document = mapping(orjson.loads(event))
        except orjson.JSONDecodeError:  # of a fault, or of a script
            return (event,)
        content = mapping(document.get("serverContent"))
        if request is self._current:
            self._answer_messages.append(document)
            if content.get("turnComplete") or ("toolCall" in document and self._awaits_results(document)):
                self._note_answer()
        return () if "outputTranscription" in content and not self._is_set("outputAudioTranscription") else (event,)

    def _awaits_results(self, document: Message) -> bool:
        """Tell whether the turn ends with calls, whose results the client may send before the exchange has ended."""
        free = unblocked_functions(self._setup or {})
        calls = dicts(mapping(document.get("toolCall")).get("functionCalls"))
        return not self._is_old and any(call.get("name") not in free for call in calls)

    def on_end(self, request: SocketRequest) -> Iterable[Step]:
        """Request the next answer, if the user has spoken meanwhile without interrupting this one."""
        if request is self._current:
            self._note_answer()
        return (self._turn_request(),) if self._is_due and self._current is None else ()

    def _note_answer(self) -> None:
        """Add the model's answer to the conversation, and note the calls whose results it waits for."""
        content = content_so_far(self._answer_messages)
        self._current = None
        if content["parts"]:
            self._contents.insert(self._place, content)
        for call in (inner(part, "functionCall") for part in content["parts"]):
            if call:
                self._open_calls[text(call.get("id"))] = text(call.get("name"))

    def on_stop(self, request: SocketRequest) -> Iterable[Step]:
        """Report that an answer was interrupted; the part that was sent stays in the conversation."""
        if request is not self._current:
            return
        self._note_answer()
        yield {"serverContent": {"interrupted": True}}
        yield {"serverContent": turn_end(self._model, idle=True)}
        yield from self._cancel()

    def _cancel(self) -> Iterator[Step]:
        """Report the calls that the model no longer waits for; those that it never waited for stay open."""
        free = unblocked_functions(self._setup or {})
        ids = [name for name, function in self._open_calls.items() if function not in free]
        if not ids:
            return
        self._cancelled |= {*ids}
        self._open_calls, self._results = (
            {name: self._open_calls[name] for name in self._open_calls if name not in ids},
            [],
        )
        for content in self._contents[-1:]:
            parts = [part for part in content["parts"] if inner(part, "functionCall").get("id") not in ids]
            content["parts"] = parts or [{"text": ""}]
        yield {"toolCallCancellation": {"ids": ids}}

    def _begin(self, setup: dict[str, Any]) -> Iterator[Step]:
        if self._token is not None:
            setup = token_setup(setup, self._token)
        config = inner(setup, "generationConfig")
        model = text(setup.get("model")).rpartition("/")[2]
        if not model:
            raise RequestError(messages.INVALID)
        if not self._fits(model):
            raise RequestError(not_found({"model": model, "address": {"method": "bidiGenerateContent"}}), status=404)
        problems = [
            *config_problems(config),
            *function_problems(setup),
            *media.voice_problems(inner(config, "speechConfig")),
        ]
        if problems:
            raise RequestError(problems[0])
        modalities = [kind.upper() for kind in texts(pick(config, "responseModalities"))] or ["AUDIO"]
        if len(modalities) > 1 or modalities[0] not in ("AUDIO", "TEXT"):
            raise RequestError(messages.INVALID)
        if modalities == ["TEXT"] and "native-audio" in model:
            raise RequestError(AUDIO_ONLY)
        config = {**config, "responseModalities": modalities}
        self._setup = {**setup, "model": model, "generationConfig": config}
        seeds = pick(inner(setup, "historyConfig"), "initialHistoryInClientContent") is True
        self._is_old = bool(ENDS_WITH_CALLS.match(model))
        self._is_seeding = seeds and not self._is_old  # google-adk 2.13 and pipecat 1.14 tell the models apart
        session = {"sessionId": hashlib.sha256(orjson.dumps(setup)).hexdigest()[:32]} if self._vertex else {}
        yield {"setupComplete": session}

    def _take_turns(self, content: dict[str, Any]) -> Iterator[Step]:
        """Add turns to the conversation, which interrupt the model; initial history does not."""
        turns, is_complete = [*self._turns(content)], pick(content, "turnComplete") is True
        if self._is_seeding:
            self._contents += turns
            self._is_seeding = not is_complete
            return
        if turns or self._current is None:
            yield from self._interrupt()
            self._contents += turns
            if is_complete:
                yield from self._respond()

    def _turns(self, content: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the turns of a message; at Vertex AI a turn of the system replaces the instructions."""
        for turn in many(content.get("turns") or []):
            role = turn.get("role") or ("user" if self._is_old else "")
            if role == "system" and self._vertex:
                self._instruct(turn)
            elif role not in ROLES:
                raise RequestError(messages.INVALID)
            else:
                yield {**turn, "role": role}

    def _take_input(self, content: dict[str, Any]) -> Iterator[Step]:
        """Take realtime input: sound, pictures, text, or signals of speech activity."""
        begins, ends = pick(content, "activityStart") is not None, pick(content, "activityEnd") is not None
        if (begins or ends) and not self._client_marks_speech:
            raise RequestError(NO_CONTROL)
        if begins:
            self._is_speaking = True
            yield from self._speech_begins()
        if pick(content, "mediaChunks") is not None and not self._is_old:
            raise RequestError(CHUNKS_DEPRECATED)
        for blob in [*many(pick(content, "mediaChunks") or []), inner(content, "audio"), inner(content, "video")]:
            if text(pick(blob, "mimeType")).startswith("audio/"):
                yield from self._take_sound(blob)
            elif blob:
                self._take_picture(blob)
        typed = content.get("text")
        if typed is not None and (typed.strip() or self._current is None):  # pipecat wakes a model with a blank
            self._parts.append({"text": typed})
            if not self._is_speaking:
                yield from self._speech_begins()
                yield from self._commit(self._speech_so_far())
        if ends or (pick(content, "audioStreamEnd") is True and self._listener.speaks):
            speech = self._speech_so_far()
            self._listener.speaks = self._is_speaking = False
            yield from self._commit(speech)

    def _take_picture(self, blob: dict[str, Any]) -> None:
        """Add a picture to the turn; if the turn gets too large, the oldest pictures are dropped."""
        self._parts.append({"inlineData": {"mimeType": pick(blob, "mimeType"), "data": blob.get("data")}})
        size = sum(len(text(mapping(part.get("inlineData")).get("data"))) for part in self._parts)
        while size > MAX_HELD:
            size -= len(text(mapping(self._parts.pop(0).get("inlineData")).get("data")))

    def _take_sound(self, blob: dict[str, Any]) -> Iterator[Step]:
        sound = decoded(text(blob.get("data"))) or b""
        self._sound_type = text(pick(blob, "mimeType"))
        if len(self._sound) + len(sound) > MAX_HELD:
            raise RequestError(messages.INVALID)
        if self._client_marks_speech:
            self._sound.add(sound if self._is_speaking else b"", self._sound_type)
            return
        self._sound.add(sound, self._sound_type)
        detection = self._detection
        silence = integer(pick(detection, "silenceDurationMs"), 0) or SILENCE_MS
        padding = integer(pick(detection, "prefixPaddingMs"), 0) or 0
        for change in self._listener.hear(sound, self._sound_type, silence):
            if change.begins:
                self._speech_start_ms = change.at_ms - padding
                yield from self._speech_begins()
            else:
                yield from self._commit(self._sound.cut(self._speech_start_ms, change.at_ms, self._sound_type))
        if not self._listener.speaks:
            self._sound.keep(padding + FRAME_MS, self._sound_type)  # speech may begin in a frame that is not complete

    def _speech_so_far(self) -> bytes:
        """Return the sound of speech that has not ended, and forget it."""
        if self._is_speaking:
            return self._sound.take()
        if not self._listener.speaks:
            return b""
        return self._sound.cut(self._speech_start_ms, self._sound.end_ms, self._sound_type)

    def _speech_begins(self) -> Iterator[Step]:
        if pick(inner(self._setup or {}, "realtimeInputConfig"), "activityHandling") != "NO_INTERRUPTION":
            yield from self._interrupt()

    def _commit(self, sound: bytes) -> Iterator[Step]:
        """End the user's turn: send its transcript if that is requested, and have the model answer."""
        if sound:
            transcript, ms = invented_transcript(sound, self._sound_type)
            self._parts.append({"text": transcript, DURATION: ms})
            if self._is_set("inputAudioTranscription"):
                yield {"serverContent": {"inputTranscription": {"text": transcript}}}
        if self._parts:
            self._contents.append({"role": "user", "parts": self._parts})
            self._parts = []
            yield from self._respond()

    def _take_results(self, content: dict[str, Any]) -> Iterator[Step]:
        """Take results of calls; the model continues once it has all results that it waits for."""
        wakes = False
        for result in many(pick(content, "functionResponses") or []):
            name = text(result.get("id"))
            if name in self._cancelled:
                continue
            if name not in self._open_calls:
                raise RequestError(messages.INVALID)
            self._results.append({"functionResponse": {"name": self._open_calls[name], **result}})
            wakes |= text(result.get("scheduling")).upper() != "SILENT"
            if pick(result, "willContinue") is not True:
                del self._open_calls[name]
        free = unblocked_functions(self._setup or {})
        if not self._results or any(name not in free for name in self._open_calls.values()):
            return
        self._contents.append({"role": "user", "parts": self._results})
        self._results = []
        if wakes:
            yield from self._respond()

    def _update(self, content: dict[str, Any]) -> Iterator[Step]:
        """Change the instructions or the tools."""
        if (instruction := pick(content, "systemInstruction")) is not None:
            self._instruct(instruction)
        if self._setup is not None and content.get("tools") is not None:
            self._setup["tools"] = inner(content, "tools").get("tools") or []
        yield from ()

    def _instruct(self, instruction: object) -> None:
        if self._setup is not None:
            self._setup["systemInstruction"] = instruction

    def _interrupt(self) -> Iterator[Step]:
        """Stop the current answer, or else cancel the open calls."""
        if self._current is not None:
            yield Stop()
        else:
            yield from self._cancel()

    def _respond(self) -> Iterator[Step]:
        """Have the model answer, after its current answer if there is one."""
        if self._current is None:
            yield self._turn_request()
        else:
            self._is_due = True

    def _turn_request(self) -> SocketRequest:
        """Return the request of a turn."""
        self._answer_messages, self._place, self._is_due = [], len(self._contents), False
        self._current = SocketRequest(
            {**(self._setup or {}), "contents": [*self._contents], "messageIndex": str(self._message_count)}
        )
        return self._current

    def _is_set(self, name: str) -> bool:
        return pick(self._setup or {}, name) is not None

    @property
    def _model(self) -> str:
        return text((self._setup or {}).get("model"))

    @property
    def _detection(self) -> dict[str, Any]:
        return inner(self._setup or {}, "realtimeInputConfig", "automaticActivityDetection")

    @property
    def _client_marks_speech(self) -> bool:
        """Whether the client signals the start and end of speech itself."""
        return self._detection.get("disabled") is True


HANDLERS: Mapping[str, Callable[[LiveSession, dict[str, Any]], Iterator[Step]]] = {
    messages.SETUP: LiveSession._begin,
    messages.CONTENTS: LiveSession._take_turns,
    messages.INPUT: LiveSession._take_input,
    messages.RESULTS: LiveSession._take_results,
    messages.UPDATE: LiveSession._update,
}
