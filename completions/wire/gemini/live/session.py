"""A session of the Live API: its setup, what was said so far, and the sound that comes in.

The session turns the client's messages into the server's, and each turn of the model into a request with all that was
said. What is heard in sound is made up, and follows from its bytes. Sources: Google's guide and reference of the Live
API, the docstrings of google-genai's types; how connections are closed is as users quote it until September 2026.
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
from completions.wire.gemini.live.events import DURATION, ENDS_WITH_CALLS, spoken_so_far, turn_end, unblocked
from completions.wire.gemini.live.tokens import settled
from completions.wire.gemini.rules import ROLES, config_problems, function_problems
from completions.wire.openai.realtime.sound import FRAME_MS, Listener, bytes_per_ms, milliseconds
from completions.wire.openai.transcripts import sentences
from completions.wire.seals import decoded
from completions.wire.sockets import Ask, Close, Message, Session, Step, Stop

CHUNKS = "realtime_input.media_chunks is deprecated. Use audio, video, or text instead."
"""What models from 3 on say of `mediaChunks` (google/adk-python 5075)."""

MAX_HELD = 64 * 1024 * 1024
"""Bytes of sound, or of pictures, that a turn may have before it is answered."""

SILENCE_MS = 500
"""How long it is silent after what somebody says, where the setup does not tell."""

NO_CONTROL = "Explicit activity control is not supported when automatic activity detection is enabled."
NO_TEXTS = "Cannot extract voices from a non-audio request."
"""What a model of native audio says that is asked for texts."""

MAX_REASON = 123
"""Bytes of the reason with which a connection is closed (RFC 6455, section 5.5)."""

CLOSES = {400: 1007, 401: 1008, 403: 1008, 404: 1008}
"""The codes with which connections are closed, by what the status would be over HTTP; others are 1011."""


def closing(status: int, message: str) -> Close:
    """Return how a connection ends because of an error: the API sends no message of it."""
    reason = message.strip().encode()[:MAX_REASON].decode(errors="ignore")
    return Close(CLOSES.get(status, 1011), reason)


class LiveSession(Session):
    """One conversation; `fits` tells of a model's name whether it is for conversations, as far as that is known.

    A `token` that opens it says what its setup may be.
    """

    def __init__(self, fits: Callable[[str], bool], token: Message | None, *, vertex: bool) -> None:
        self._fits, self._token, self._vertex = fits, token, vertex
        self._setup: dict[str, Any] | None = None
        self._contents: list[dict[str, Any]] = []
        self._parts: list[dict[str, Any]] = []
        """What the user's turn has so far."""
        self._sound, self._kind = bytearray(), ""
        self._listener, self._is_speaking = Listener(), False
        self._current: Ask | None = None
        """What the model is answering; nothing once its turn is over, though its exchange may still end."""
        self._said: list[Any] = []
        """What an answer under way has told; where in the conversation it stands, and whether one more is due."""
        self._place, self._is_due = 0, False
        self._open: dict[str, str] = {}
        """The names of the functions whose results are awaited, by the ids of their calls."""
        self._results: list[dict[str, Any]] = []
        self._cancelled: set[str] = set()
        self._is_seeding = self._is_old = False
        self._seen = 0

    def take(self, message: Message) -> Iterator[Step]:
        """Take a client's message."""
        given = dict(message)
        kind = messages.kind_of(given, is_first=self._setup is None)
        self._seen += kind != messages.SETUP
        yield from HANDLERS[kind](self, inner(given, kind))

    def failed(self, error: Message, status: int, asked: Ask | None) -> Iterable[Step]:
        """Close the connection."""
        return (closing(status, text(error.get("message"))),)

    def said(self, event: bytes, asked: Ask) -> Iterable[bytes]:
        """Take a message of an answer into the conversation; its text is not sent beside its sound unless asked for."""
        try:
            document = mapping(orjson.loads(event))
        except orjson.JSONDecodeError:  # of a fault, or of a script
            return (event,)
        content = mapping(document.get("serverContent"))
        if asked is self._current:
            self._said.append(document)
            if content.get("turnComplete") or ("toolCall" in document and self._awaited(document)):
                self._note_said()
        return () if "outputTranscription" in content and not self._has("outputAudioTranscription") else (event,)

    def _awaited(self, document: Message) -> bool:
        """Tell whether the turn is over with calls, whose results the client may give before the exchange has ended."""
        free = unblocked(self._setup or {})
        calls = dicts(mapping(document.get("toolCall")).get("functionCalls"))
        return not self._is_old and any(call.get("name") not in free for call in calls)

    def ended(self, asked: Ask) -> Iterable[Step]:
        """Ask for the next answer, if somebody has spoken meanwhile who could not interrupt."""
        if asked is self._current:
            self._note_said()
        return (self._asked(),) if self._is_due and self._current is None else ()

    def _note_said(self) -> None:
        """Note what the model has said, and the calls whose results it waits for."""
        content = spoken_so_far(self._said)
        self._current = None
        if content["parts"]:
            self._contents.insert(self._place, content)
        for call in (inner(part, "functionCall") for part in content["parts"]):
            if call:
                self._open[text(call.get("id"))] = text(call.get("name"))

    def stopped(self, asked: Ask) -> Iterable[Step]:
        """Tell that an answer was interrupted; what was said of it has been said."""
        if asked is not self._current:
            return
        self._note_said()
        yield {"serverContent": {"interrupted": True}}
        yield {"serverContent": turn_end(self._model, idle=True)}
        yield from self._cancel()

    def _cancel(self) -> Iterator[Step]:
        """Tell which calls the model waits for no more; those that it never waited for go on."""
        free = unblocked(self._setup or {})
        ids = [name for name, function in self._open.items() if function not in free]
        if not ids:
            return
        self._cancelled |= {*ids}
        self._open, self._results = {name: self._open[name] for name in self._open if name not in ids}, []
        for content in self._contents[-1:]:
            kept = [part for part in content["parts"] if inner(part, "functionCall").get("id") not in ids]
            content["parts"] = kept or [{"text": ""}]
        yield {"toolCallCancellation": {"ids": ids}}

    def _begin(self, setup: dict[str, Any]) -> Iterator[Step]:
        if self._token is not None:
            setup = settled(setup, self._token)
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
        asked = [kind.upper() for kind in texts(pick(config, "responseModalities"))] or ["AUDIO"]
        if len(asked) > 1 or asked[0] not in ("AUDIO", "TEXT"):
            raise RequestError(messages.INVALID)
        if asked == ["TEXT"] and "native-audio" in model:
            raise RequestError(NO_TEXTS)
        config = {**config, "responseModalities": asked}
        self._setup = {**setup, "model": model, "generationConfig": config}
        seeds = pick(inner(setup, "historyConfig"), "initialHistoryInClientContent") is True
        self._is_old = bool(ENDS_WITH_CALLS.match(model))
        self._is_seeding = seeds and not self._is_old  # google-adk 2.13 and pipecat 1.14 tell the models apart
        session = {"sessionId": hashlib.sha256(orjson.dumps(setup)).hexdigest()[:32]} if self._vertex else {}
        yield {"setupComplete": session}

    def _add(self, given: dict[str, Any]) -> Iterator[Step]:
        """Take turns of the conversation, which interrupt what the model says; the history before it does not."""
        turns, is_complete = [*self._turns(given)], pick(given, "turnComplete") is True
        if self._is_seeding:
            self._contents += turns
            self._is_seeding = not is_complete
            return
        if turns or self._current is None:
            yield from self._interrupt()
            self._contents += turns
            if is_complete:
                yield from self._respond()

    def _turns(self, given: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Go through the turns of a message; Vertex AI takes one of the system as new instructions."""
        for turn in many(given.get("turns") or []):
            role = turn.get("role") or ("user" if self._is_old else "")
            if role == "system" and self._vertex:
                self._instruct(turn)
            elif role not in ROLES:
                raise RequestError(messages.INVALID)
            else:
                yield {**turn, "role": role}

    def _hear(self, given: dict[str, Any]) -> Iterator[Step]:
        """Take what comes in as it happens: sound, pictures, a text, or signs that somebody speaks."""
        begins, ends = pick(given, "activityStart") is not None, pick(given, "activityEnd") is not None
        if (begins or ends) and not self._is_told:
            raise RequestError(NO_CONTROL)
        if begins:
            self._is_speaking = True
            yield from self._speech_begins()
        if pick(given, "mediaChunks") is not None and not self._is_old:
            raise RequestError(CHUNKS)
        for blob in [*many(pick(given, "mediaChunks") or []), inner(given, "audio"), inner(given, "video")]:
            if text(pick(blob, "mimeType")).startswith("audio/"):
                yield from self._listen(blob)
            elif blob:
                self._see(blob)
        said = given.get("text")
        if said is not None and (said.strip() or self._current is None):  # pipecat wakes a model with a blank
            self._parts.append({"text": said})
            if not self._is_speaking:
                yield from self._speech_begins()
                yield from self._commit()
        if ends or (pick(given, "audioStreamEnd") is True and self._listener.speaks):
            self._listener.speaks = self._is_speaking = False
            yield from self._commit()

    def _see(self, blob: dict[str, Any]) -> None:
        """Take a picture into the turn; of more than a turn may have, the oldest are forgotten."""
        self._parts.append({"inlineData": {"mimeType": pick(blob, "mimeType"), "data": blob.get("data")}})
        held = sum(len(text(mapping(part.get("inlineData")).get("data"))) for part in self._parts)
        while held > MAX_HELD:
            held -= len(text(mapping(self._parts.pop(0).get("inlineData")).get("data")))

    def _listen(self, blob: dict[str, Any]) -> Iterator[Step]:
        sound = decoded(text(blob.get("data"))) or b""
        self._kind = text(pick(blob, "mimeType"))
        if len(self._sound) + len(sound) > MAX_HELD:
            raise RequestError(messages.INVALID)
        if self._is_told:
            self._sound += sound if self._is_speaking else b""
            return
        self._sound += sound
        detection = self._detection
        silence = integer(pick(detection, "silenceDurationMs"), 0) or SILENCE_MS
        for found in self._listener.hear(sound, self._kind, silence):
            yield from self._speech_begins() if found.begins else self._commit()
        if not self._listener.speaks:
            padding = integer(pick(detection, "prefixPaddingMs"), 0) or 0
            del self._sound[: -int(bytes_per_ms(self._kind) * max(padding, FRAME_MS))]

    def _speech_begins(self) -> Iterator[Step]:
        if pick(inner(self._setup or {}, "realtimeInputConfig"), "activityHandling") != "NO_INTERRUPTION":
            yield from self._interrupt()

    def _commit(self) -> Iterator[Step]:
        """End the user's turn: say what was heard in it where that is asked for, and have it answered."""
        sound, self._sound = bytes(self._sound), bytearray()
        if sound:
            ms = milliseconds(len(sound), self._kind)
            transcript = sentences(hashlib.sha256(sound).hexdigest(), ms / 1000)
            self._parts.append({"text": transcript, DURATION: int(ms)})
            if self._has("inputAudioTranscription"):
                yield {"serverContent": {"inputTranscription": {"text": transcript}}}
        if self._parts:
            self._contents.append({"role": "user", "parts": self._parts})
            self._parts = []
            yield from self._respond()

    def _give(self, given: dict[str, Any]) -> Iterator[Step]:
        """Take results of calls; the model goes on once it has all that it waits for."""
        wakes = False
        for result in many(pick(given, "functionResponses") or []):
            name = text(result.get("id"))
            if name in self._cancelled:
                continue
            if name not in self._open:
                raise RequestError(messages.INVALID)
            self._results.append({"functionResponse": {"name": self._open[name], **result}})
            wakes |= text(result.get("scheduling")).upper() != "SILENT"
            if pick(result, "willContinue") is not True:
                del self._open[name]
        free = unblocked(self._setup or {})
        if not self._results or any(name not in free for name in self._open.values()):
            return
        self._contents.append({"role": "user", "parts": self._results})
        self._results = []
        if wakes:
            yield from self._respond()

    def _update(self, given: dict[str, Any]) -> Iterator[Step]:
        """Change the instructions or the tools."""
        if (instruction := pick(given, "systemInstruction")) is not None:
            self._instruct(instruction)
        if self._setup is not None and given.get("tools") is not None:
            self._setup["tools"] = inner(given, "tools").get("tools") or []
        yield from ()

    def _instruct(self, instruction: object) -> None:
        if self._setup is not None:
            self._setup["systemInstruction"] = instruction

    def _interrupt(self) -> Iterator[Step]:
        """Stop an answer that is under way, and wait for no results."""
        if self._current is not None:
            yield Stop()
        else:
            yield from self._cancel()

    def _respond(self) -> Iterator[Step]:
        """Have the model answer, once it has said what it is saying."""
        if self._current is None:
            yield self._asked()
        else:
            self._is_due = True

    def _asked(self) -> Ask:
        """Return the request of a turn."""
        self._said, self._place, self._is_due = [], len(self._contents), False
        self._current = Ask({**(self._setup or {}), "contents": [*self._contents], "messageIndex": str(self._seen)})
        return self._current

    def _has(self, name: str) -> bool:
        return pick(self._setup or {}, name) is not None

    @property
    def _model(self) -> str:
        return text((self._setup or {}).get("model"))

    @property
    def _detection(self) -> dict[str, Any]:
        return inner(self._setup or {}, "realtimeInputConfig", "automaticActivityDetection")

    @property
    def _is_told(self) -> bool:
        """Whether the client tells when somebody speaks."""
        return self._detection.get("disabled") is True


HANDLERS: Mapping[str, Callable[[LiveSession, dict[str, Any]], Iterator[Step]]] = {
    messages.SETUP: LiveSession._begin,
    messages.CONTENTS: LiveSession._add,
    messages.INPUT: LiveSession._hear,
    messages.RESULTS: LiveSession._give,
    messages.UPDATE: LiveSession._update,
}
