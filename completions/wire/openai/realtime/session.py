"""A realtime session: its settings, its conversation and the sound that comes in; OpenAI's guide to realtime says how.

The session turns the client's messages into the server's, and each turn of the model into a request. What is heard in
sound is made up, and follows from its bytes.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.tokens import text as tokens
from completions.wire.fields import dicts, mapping, object_of, text, without_fields, without_nulls
from completions.wire.openai.audio import SPOKEN_PER_CHARACTER
from completions.wire.openai.realtime.events import DURATION, INPUT_MS, fresh, response_object
from completions.wire.openai.realtime.rules import check
from completions.wire.openai.realtime.settings import changed, check_detection, check_type
from completions.wire.openai.realtime.sound import BYTES_PER_MS, FRAME_MS, PCM, Listener, milliseconds
from completions.wire.openai.realtime.under_way import UnderWay
from completions.wire.openai.transcripts import sentences
from completions.wire.sockets import Ask, Close, Message, Session, Step, Stop

MAX_PIECE, MAX_SOUND = 15 * 1024 * 1024, 64 * 1024 * 1024
"""Bytes that a piece of sound may have, as the API has it; and what is not committed yet, which is some 20 minutes."""

SILENCE_MS = 500
"""How long it is silent after what somebody says, where the settings do not tell."""

MIN_SOUND_MS = 100
"""Milliseconds of sound that can be committed, at least."""

MAIN = ""
"""The lane of the session's own conversation."""

APART = "none"
"""The conversation of a response that is beside the session's."""


class RealtimeSession(Session):
    """One conversation, with its settings; a `refusal` tells why its client is not served."""

    def __init__(self, settings: dict[str, Any], refusal: RequestError | None = None) -> None:
        self._settings = settings
        self._conversation = fresh("conv_")
        self._items: list[dict[str, Any]] = []
        self._heard: dict[str, tuple[str, int]] = {}
        self._sound = bytearray()
        self._listener, self._next_item = Listener(), fresh("item_")
        self._answers: dict[str, UnderWay] = {}
        """What is under way in each lane; the conversation's own has no name."""
        self._has_spoken = False
        self._refusal = refusal
        self._event_id: str | None = None

    def opened(self) -> Iterable[Step]:
        """Tell the settings; a client that cannot be served is told why, and the connection ends."""
        if self._refusal is not None:
            return (_error_event(self._refusal), Close(4000, f"{self._refusal.type}.{self._refusal.code}"))
        return (_event("session.created", session=self._settings),)

    def take(self, message: Message) -> Iterator[Step]:
        """Take a client's message."""
        given = message.get("event_id")
        self._event_id = given if isinstance(given, str) else None
        check(dict(message))
        yield from HANDLERS[message["type"]](self, message)
        self._event_id = None

    def failed(self, error: Message, status: int, asked: Ask | None) -> Iterable[Step]:
        """Tell an error: of a request as a response that failed, and of other messages as an event."""
        told = {key: error.get(key) for key in ("type", "code", "message", "param")}
        if asked is None:
            given, self._event_id = self._event_id, None
            return (_event("error", error=told | {"event_id": given}),)
        why = {"type": "failed", "error": {key: told[key] for key in ("type", "code", "message")}}
        return _ends(self._taken(asked), asked, why, [])

    def said(self, event: bytes, asked: Ask) -> Iterable[bytes]:
        """Take an event of an answer into the conversation, and return it as it is."""
        answer = self._answers.get(asked.lane) or UnderWay()
        if (document := object_of(event)) is not None:  # it is none of a fault, or of a script
            answer.take(document)
            self._has_spoken |= document.get("type") == "response.output_audio.delta"
            if document.get("type") == "response.output_item.done" and not _is_apart(asked):
                self._items.append(mapping(document.get("item")))
            elif document.get("type") == "response.done":
                self._taken(asked)
        return (event,)

    def ended(self, asked: Ask) -> Iterable[Step]:
        """Let the next answer begin, also after one that a fault has left without its last event."""
        self._taken(asked)
        return ()

    def stopped(self, asked: Ask) -> Iterable[Step]:
        """Tell how far an answer came that was cancelled, or interrupted by speech."""
        answer = self._taken(asked)
        why = "turn_detected" if self._listener.speaks else "client_cancelled"
        items = answer.unfinished()
        for index, item in enumerate(items):
            if item["status"] == "incomplete":
                if not _is_apart(asked):
                    self._items.append(item)
                yield _event("response.output_item.done", response_id=answer.id, output_index=index, item=item)
        yield from _ends(answer, asked, {"type": "cancelled", "reason": why}, items)

    def _taken(self, asked: Ask) -> UnderWay:
        """Return the answer to what was asked, which is no longer under way."""
        return self._answers.pop(asked.lane, None) or UnderWay()

    def _change(self, message: Message) -> Iterator[Step]:
        given = message["session"]
        check_type(self._settings, given)
        settings = changed(self._settings, given)
        check_detection(settings, given)
        if self._has_spoken and settings["audio"]["output"]["voice"] != self._settings["audio"]["output"]["voice"]:
            told = "Cannot update a conversation's voice if assistant audio is present."
            raise RequestError(told, code="cannot_update_voice")  # openai/openai-agents-python 1661
        self._settings = settings
        yield _event("session.updated", session=self._settings)

    def _hear(self, message: Message) -> Iterator[Step]:
        sound = _decoded(message["audio"])
        if len(self._sound) + len(sound) > MAX_SOUND:
            told = f"The input audio buffer cannot have more than {MAX_SOUND} bytes: commit it, or clear it."
            raise RequestError(told, code="input_audio_buffer_full", param="audio")
        self._sound += sound
        if (detection := self._detection) is None:
            return
        padding = int(detection.get("prefix_padding_ms") or 0)
        for found in self._listener.hear(sound, self._kind, int(detection.get("silence_duration_ms") or SILENCE_MS)):
            if found.begins:
                start = max(found.at_ms - padding, 0)
                yield _event("input_audio_buffer.speech_started", audio_start_ms=start, item_id=self._next_item)
                if MAIN in self._answers and detection.get("interrupt_response") is not False:
                    yield Stop()
            else:
                name = self._next_item
                yield _event("input_audio_buffer.speech_stopped", audio_end_ms=found.at_ms, item_id=name)
                yield from self._commit_sound()
                answers = detection.get("create_response") is not False and self._settings["type"] == "realtime"
                if answers and MAIN not in self._answers:
                    yield from self._respond({})
        if not self._listener.speaks:
            del self._sound[: -BYTES_PER_MS[self._kind] * max(padding, FRAME_MS)]

    def _commit(self, message: Message) -> Iterator[Step]:
        ms = milliseconds(len(self._sound), self._kind)
        if ms < MIN_SOUND_MS:
            told = (
                f"Error committing input audio buffer: buffer too small. Expected at least {MIN_SOUND_MS}ms of audio, "
                f"but buffer only has {ms:.2f}ms of audio."
            )
            raise RequestError(told, code="input_audio_buffer_commit_empty")
        yield from self._commit_sound()

    def _commit_sound(self) -> Iterator[Step]:
        """Make an item of the sound so far, and say what was heard in it where that is asked for."""
        sound, name = bytes(self._sound), self._next_item
        self._sound, self._next_item = bytearray(), fresh("item_")
        transcript, ms = self._heard[name] = _heard_in(sound, self._kind)
        yield _event("input_audio_buffer.committed", previous_item_id=self._last_item, item_id=name)
        content = [{"type": "input_audio", "transcript": None}]
        item = {"id": name, "object": "realtime.item", "type": "message", "status": "completed", "role": "user"}
        yield from self._add({**item, "content": content}, self._last_item)
        asked = mapping(mapping(self._settings["audio"]["input"]).get("transcription"))
        if asked:
            yield from _transcribed(name, transcript, ms, text(asked.get("model")))

    def _clear(self, message: Message) -> Iterator[Step]:
        self._sound = bytearray()
        yield _event("input_audio_buffer.cleared")

    def _create_item(self, message: Message) -> Iterator[Step]:
        given = message["item"]
        item = {"id": given.get("id") or fresh("item_"), "object": "realtime.item", "type": given["type"]}
        if self._find(item["id"]) is not None:
            told = f"Error adding item: an item with id '{item['id']}' already exists."
            raise RequestError(told, code="item_create_duplicate_item_id", param="item.id")
        item |= {"status": "completed", **without_fields(given, *item)}
        for part in dicts(item.get("content")):
            if part.get("type") == "input_audio" and isinstance(sound := part.pop("audio", None), str):
                self._heard[item["id"]] = _heard_in(_decoded(sound), self._kind)
        after = message.get("previous_item_id")
        if after not in (None, "root") and self._find(after) is None:
            told = f"Error adding item: the previous item with id '{after}' does not exist."
            raise RequestError(told, code="invalid_previous_item_id", param="previous_item_id")
        yield from self._add(item, self._last_item if after is None else after)

    def _add(self, item: dict[str, Any], after: str | None) -> Iterator[Step]:
        """Put an item behind another, or before all of them, and tell so."""
        ids = [each["id"] for each in self._items]
        self._items.insert(ids.index(after) + 1 if after in ids else 0, item)
        previous = None if after == "root" else after
        yield _event("conversation.item.added", previous_item_id=previous, item=item)
        yield _event("conversation.item.done", previous_item_id=previous, item=item)

    def _retrieve(self, message: Message) -> Iterator[Step]:
        yield _event("conversation.item.retrieved", item=self._known(message["item_id"], "retriev"))

    def _delete(self, message: Message) -> Iterator[Step]:
        self._items.remove(self._known(message["item_id"], "delet"))
        yield _event("conversation.item.deleted", item_id=message["item_id"])

    def _truncate(self, message: Message) -> Iterator[Step]:
        item = self._known(message["item_id"], "truncat")
        if item.get("role") != "assistant":
            raise RequestError("Only model output audio messages can be truncated.", code="invalid_value")
        for part in dicts(item.get("content")):  # whoever heard half of it has read half of it
            part.pop("transcript", None)
        told = {key: message[key] for key in ("item_id", "content_index", "audio_end_ms")}
        yield _event("conversation.item.truncated", **told)

    def _create_response(self, message: Message) -> Iterator[Step]:
        if self._settings["type"] != "realtime":
            raise RequestError("A transcription session has no responses.", code="invalid_request_error")
        yield from self._respond(mapping(message.get("response")))

    def _respond(self, given: Mapping[str, Any]) -> Iterator[Step]:
        apart = given.get("conversation") == APART
        lane = fresh("apart_") if apart else MAIN
        if (active := self._answers.get(lane)) is not None:
            told = (
                f"Conversation already has an active response in progress: {active.id}. Wait until the response is "
                "finished before creating a new one."
            )
            raise RequestError(told, code="conversation_already_has_active_response")
        self._answers[lane] = UnderWay()
        yield Ask(self._body(given, apart=apart), lane)

    def _body(self, given: Mapping[str, Any], *, apart: bool) -> dict[str, Any]:
        """Return the request of a turn: the settings, with what the response has in their place, and what was said."""
        settings = {**self._settings, **without_nulls(given)}
        output = {**self._settings["audio"]["output"], **mapping(mapping(given.get("audio")).get("output"))}
        items = self._items if given.get("input") is None else [self._referred(item) for item in given["input"]]
        kept = ("instructions", "tools", "tool_choice", "parallel_tool_calls", "max_output_tokens", "prompt")
        return {
            "model": self._settings["model"],
            "conversation_id": None if apart else self._conversation,
            "previous_item_id": None if apart else self._last_item,
            "output_modalities": settings["output_modalities"],
            "audio": {"output": output},
            **{key: settings[key] for key in kept if settings.get(key) is not None},
            "metadata": settings.get("metadata"),
            "input": [self._with_sound(item) for item in items],
        }

    def _referred(self, item: dict[str, Any]) -> dict[str, Any]:
        found = self._find(item.get("id")) if item.get("type") == "item_reference" else None
        return item if found is None else found

    def _with_sound(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return an item with what was heard in its sound, and for how long it lasts."""
        content = []
        for part in dicts(item.get("content")):
            if part.get("type") == "input_audio":
                transcript, ms = self._heard.get(text(item.get("id")), ("", 0))
                part = {**part, "transcript": transcript, DURATION: ms}
            elif part.get("type") == "output_audio":
                part = {**part, DURATION: int(len(text(part.get("transcript"))) * SPOKEN_PER_CHARACTER * 1000)}
            content.append(without_fields(part, "audio"))
        return {**item, "content": content} if "content" in item else dict(item)

    def _cancel(self, message: Message) -> Iterator[Step]:
        name = message.get("response_id")
        lanes = [
            lane for lane, answer in self._answers.items() if (lane == MAIN if name is None else answer.id == name)
        ]
        if not lanes:
            raise RequestError("Cancellation failed: no active response found", code="response_cancel_not_active")
        yield Stop(lanes[0])

    def _find(self, name: object) -> dict[str, Any] | None:
        return next((item for item in self._items if item.get("id") == name), None)

    def _known(self, name: str, doing: str) -> dict[str, Any]:
        if (item := self._find(name)) is None:
            code = f"item_{doing}e_invalid_item_id"
            told = f"Error {doing}ing item: the item with id '{name}' does not exist."
            raise RequestError(told, code=code, param="item_id")
        return item

    @property
    def _last_item(self) -> str | None:
        return self._items[-1]["id"] if self._items else None

    @property
    def _kind(self) -> str:
        return text(mapping(mapping(self._settings["audio"]["input"]).get("format")).get("type")) or PCM

    @property
    def _detection(self) -> dict[str, Any] | None:
        found = mapping(self._settings["audio"]["input"]).get("turn_detection")
        return found if isinstance(found, dict) else None


HANDLERS: Mapping[str, Callable[[RealtimeSession, Message], Iterator[Step]]] = {
    "session.update": RealtimeSession._change,
    "input_audio_buffer.append": RealtimeSession._hear,
    "input_audio_buffer.commit": RealtimeSession._commit,
    "input_audio_buffer.clear": RealtimeSession._clear,
    "conversation.item.create": RealtimeSession._create_item,
    "conversation.item.retrieve": RealtimeSession._retrieve,
    "conversation.item.truncate": RealtimeSession._truncate,
    "conversation.item.delete": RealtimeSession._delete,
    "response.create": RealtimeSession._create_response,
    "response.cancel": RealtimeSession._cancel,
}


def _event(kind: str, **fields: object) -> Message:
    return {"type": kind, "event_id": fresh("event_"), **fields}


def _ends(
    answer: UnderWay, asked: Ask, details: Mapping[str, Any], items: Sequence[Mapping[str, Any]]
) -> Iterator[Step]:
    """Tell that an answer ends early, and before that its beginning, if nothing of it was told yet."""
    name = answer.id or fresh("resp_")
    if not answer.id:
        yield _event("response.created", response=response_object(name, asked.body, "in_progress"))
    told = response_object(name, asked.body, details["type"], details)
    yield _event("response.done", response=told | {"output": items})


def _error_event(exc: RequestError) -> Message:
    told = {"type": exc.type, "code": exc.code, "message": exc.message, "param": exc.param, "event_id": None}
    return _event("error", error=told)


def _is_apart(asked: Ask) -> bool:
    return asked.body.get("conversation_id") is None


def _decoded(sound: str) -> bytes:
    """Return the bytes of sound in base64."""
    try:
        found = base64.b64decode(sound, validate=True)
    except (binascii.Error, ValueError) as exc:
        told = "Invalid 'audio'. Expected base64-encoded audio bytes."
        raise RequestError(told, code="invalid_value", param="audio") from exc
    if len(found) > MAX_PIECE:
        raise RequestError(f"A piece of audio has more than {MAX_PIECE} bytes.", code="invalid_value", param="audio")
    return found


def _heard_in(sound: bytes, kind: str) -> tuple[str, int]:
    ms = milliseconds(len(sound), kind)
    return sentences(hashlib.sha256(sound).hexdigest(), ms / 1000), int(ms)


def _transcribed(item_id: str, transcript: str, ms: int, model: str) -> Iterator[Step]:
    """Tell what was heard, in pieces and whole."""
    at = {"item_id": item_id, "content_index": 0}
    kind = "conversation.item.input_audio_transcription"
    for piece in tokens.split(transcript, model):
        yield _event(f"{kind}.delta", **at, delta=piece)
    if model.startswith("whisper"):
        usage: dict[str, Any] = {"type": "duration", "seconds": -(-ms // 1000)}
    else:
        heard, said = ms // INPUT_MS, tokens.count(transcript, model)
        details = {"text_tokens": 0, "audio_tokens": heard}
        usage = {"type": "tokens", "total_tokens": heard + said, "input_tokens": heard}
        usage |= {"input_token_details": details, "output_tokens": said}
    yield _event(f"{kind}.completed", **at, transcript=transcript, usage=usage)
