"""A realtime session: its settings, its conversation and its input audio, as in OpenAI's guide to realtime.

The session turns the client's messages into the server's, and each turn of the model into a request. Transcripts of
sound are invented; the same sound always has the same transcript, however a client cuts it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from completions.exceptions import RequestError
from completions.ids import fresh
from completions.tokens import text as tokens
from completions.wire.fields import dicts, mapping, object_of, text, without_fields, without_nulls
from completions.wire.openai.audio import SPOKEN_PER_CHARACTER
from completions.wire.openai.conversation_sound import (
    FRAME_MS,
    MAX_SOUND,
    PCM,
    Listener,
    SoundBuffer,
    decoded_piece,
    invented_transcript,
    milliseconds,
)
from completions.wire.openai.realtime.active_answer import ActiveAnswer
from completions.wire.openai.realtime.events import DURATION, INPUT_MS, response_object
from completions.wire.openai.realtime.rules import check
from completions.wire.openai.realtime.settings import changed, check_detection, check_type
from completions.wire.sockets import Close, Message, Session, SocketRequest, Step, Stop

SILENCE_MS = 500
"""Silence that ends a turn, in milliseconds, if the settings do not say."""

MIN_SOUND_MS = 100
"""The fewest milliseconds of sound that can be committed."""

MAIN = ""
"""The lane of the session's own conversation."""

OUT_OF_BAND = "none"
"""The `conversation` of a response that is not part of the session's conversation."""


class RealtimeSession(Session):
    """One conversation, with its settings; a `refusal` is the error for a client that is not served."""

    def __init__(self, settings: dict[str, Any], refusal: RequestError | None = None) -> None:
        self._settings = settings
        self._conversation = fresh("conv_")
        self._items: list[dict[str, Any]] = []
        self._heard: dict[str, tuple[str, int]] = {}
        self._sound, self._speech_start_ms = SoundBuffer(), 0.0
        self._listener, self._next_item = Listener(), fresh("item_")
        self._answers: dict[str, ActiveAnswer] = {}
        """The answer in progress in each lane."""
        self._has_spoken = False
        self._refusal = refusal
        self._event_id: str | None = None

    def on_open(self) -> Iterable[Step]:
        """Send the settings, or the refusal; then the connection ends."""
        if self._refusal is not None:
            return (_error_event(self._refusal), Close(4000, f"{self._refusal.type}.{self._refusal.code}"))
        return (_event("session.created", session=self._settings),)

    def on_message(self, message: Message) -> Iterator[Step]:
        """Handle a client's message."""
        event_id = message.get("event_id")
        self._event_id = event_id if isinstance(event_id, str) else None
        check(dict(message))
        yield from HANDLERS[message["type"]](self, message)
        self._event_id = None

    def on_error(self, error: Message, status: int, request: SocketRequest | None) -> Iterable[Step]:
        """Report the error of a request as a failed response, and that of another message as an event."""
        fields = {key: error.get(key) for key in ("type", "code", "message", "param")}
        if request is None:
            event_id, self._event_id = self._event_id, None
            return (_event("error", error=fields | {"event_id": event_id}),)
        details = {"type": "failed", "error": {key: fields[key] for key in ("type", "code", "message")}}
        return _end_early(self._end_answer(request), request, details, [])

    def on_event(self, event: bytes, request: SocketRequest) -> Iterable[bytes]:
        """Add an event of an answer to the conversation, and return it unchanged."""
        answer = self._answers.get(request.lane) or ActiveAnswer()
        if (document := object_of(event)) is not None:  # a fault or a script can send something else
            answer.add(document)
            self._has_spoken |= document.get("type") == "response.output_audio.delta"
            if document.get("type") == "response.output_item.done" and not _is_out_of_band(request):
                self._items.append(mapping(document.get("item")))
            elif document.get("type") == "response.done":
                self._end_answer(request)
        return (event,)

    def on_end(self, request: SocketRequest) -> Iterable[Step]:
        """End the answer, also if a fault has left out its last event."""
        self._end_answer(request)
        return ()

    def on_stop(self, request: SocketRequest) -> Iterable[Step]:
        """Report how much of an answer was sent before it was cancelled, or interrupted by speech."""
        answer = self._end_answer(request)
        reason = "turn_detected" if self._listener.speaks else "client_cancelled"
        items = answer.interrupt()
        for index, item in enumerate(items):
            if item["status"] == "incomplete":
                if not _is_out_of_band(request):
                    self._items.append(item)
                yield _event("response.output_item.done", response_id=answer.id, output_index=index, item=item)
        yield from _end_early(answer, request, {"type": "cancelled", "reason": reason}, items)

    def _end_answer(self, request: SocketRequest) -> ActiveAnswer:
        """Remove the answer to a request from those in progress, and return it."""
        return self._answers.pop(request.lane, None) or ActiveAnswer()

    def _change(self, message: Message) -> Iterator[Step]:
        changes = message["session"]
        check_type(self._settings, changes)
        settings = changed(self._settings, changes)
        check_detection(settings, changes)
        if self._has_spoken and settings["audio"]["output"]["voice"] != self._settings["audio"]["output"]["voice"]:
            why = "Cannot update a conversation's voice if assistant audio is present."
            raise RequestError(why, code="cannot_update_voice")  # openai/openai-agents-python 1661
        self._settings = settings
        yield _event("session.updated", session=self._settings)

    def _hear(self, message: Message) -> Iterator[Step]:
        sound = decoded_piece(message["audio"])
        if len(self._sound) + len(sound) > MAX_SOUND:
            why = f"The input audio buffer cannot have more than {MAX_SOUND} bytes: commit it, or clear it."
            raise RequestError(why, code="input_audio_buffer_full", param="audio")
        self._sound.add(sound, self._kind)
        if (detection := self._detection) is None:
            self._listener.pass_over(self._sound.end_ms)
            return
        padding = int(detection.get("prefix_padding_ms") or 0)
        for speech in self._listener.hear(sound, self._kind, int(detection.get("silence_duration_ms") or SILENCE_MS)):
            if speech.begins:
                start = self._speech_start_ms = max(speech.at_ms - padding, 0)
                yield _event("input_audio_buffer.speech_started", audio_start_ms=int(start), item_id=self._next_item)
                if MAIN in self._answers and detection.get("interrupt_response") is not False:
                    yield Stop()
            else:
                name = self._next_item
                yield _event("input_audio_buffer.speech_stopped", audio_end_ms=int(speech.at_ms), item_id=name)
                yield from self._commit_sound(self._sound.cut(self._speech_start_ms, speech.at_ms, self._kind))
                answers = detection.get("create_response") is not False and self._settings["type"] == "realtime"
                if answers and MAIN not in self._answers:
                    yield from self._respond({})
        if not self._listener.speaks:
            self._sound.keep(padding + FRAME_MS, self._kind)  # speech may begin in a frame that is not complete yet

    def _commit(self, message: Message) -> Iterator[Step]:
        ms = milliseconds(len(self._sound), self._kind)
        if ms < MIN_SOUND_MS:
            why = (
                f"Error committing input audio buffer: buffer too small. Expected at least {MIN_SOUND_MS}ms of audio, "
                f"but buffer only has {ms:.2f}ms of audio."
            )
            raise RequestError(why, code="input_audio_buffer_commit_empty")
        yield from self._commit_sound(self._sound.take())

    def _commit_sound(self, sound: bytes) -> Iterator[Step]:
        """Make an item of sound, and send its transcript if the settings request it."""
        name, self._next_item = self._next_item, fresh("item_")
        transcript, ms = self._heard[name] = invented_transcript(sound, self._kind)
        yield _event("input_audio_buffer.committed", previous_item_id=self._last_item, item_id=name)
        content = [{"type": "input_audio", "transcript": None}]
        item = {"id": name, "object": "realtime.item", "type": "message", "status": "completed", "role": "user"}
        yield from self._add({**item, "content": content}, self._last_item)
        transcription = mapping(mapping(self._settings["audio"]["input"]).get("transcription"))
        if transcription:
            yield from _transcribed(name, transcript, ms, text(transcription.get("model")))

    def _clear(self, message: Message) -> Iterator[Step]:
        self._sound.take()
        yield _event("input_audio_buffer.cleared")

    def _create_item(self, message: Message) -> Iterator[Step]:
        source = message["item"]
        item = {"id": source.get("id") or fresh("item_"), "object": "realtime.item", "type": source["type"]}
        if self._find(item["id"]) is not None:
            why = f"Error adding item: an item with id '{item['id']}' already exists."
            raise RequestError(why, code="item_create_duplicate_item_id", param="item.id")
        item |= {"status": "completed", **without_fields(source, *item)}
        for part in dicts(item.get("content")):
            if part.get("type") == "input_audio" and isinstance(sound := part.pop("audio", None), str):
                self._heard[item["id"]] = invented_transcript(decoded_piece(sound), self._kind)
        after = message.get("previous_item_id")
        if after not in (None, "root") and self._find(after) is None:
            why = f"Error adding item: the previous item with id '{after}' does not exist."
            raise RequestError(why, code="invalid_previous_item_id", param="previous_item_id")
        yield from self._add(item, self._last_item if after is None else after)

    def _add(self, item: dict[str, Any], after: str | None) -> Iterator[Step]:
        """Insert an item after another, or before all of them, and report it."""
        ids = [each["id"] for each in self._items]
        self._items.insert(ids.index(after) + 1 if after in ids else 0, item)
        previous = None if after == "root" else after
        yield _event("conversation.item.added", previous_item_id=previous, item=item)
        yield _event("conversation.item.done", previous_item_id=previous, item=item)

    def _retrieve(self, message: Message) -> Iterator[Step]:
        yield _event("conversation.item.retrieved", item=self._existing(message["item_id"], "retriev"))

    def _delete(self, message: Message) -> Iterator[Step]:
        self._items.remove(self._existing(message["item_id"], "delet"))
        yield _event("conversation.item.deleted", item_id=message["item_id"])

    def _truncate(self, message: Message) -> Iterator[Step]:
        item = self._existing(message["item_id"], "truncat")
        if item.get("role") != "assistant":
            raise RequestError("Only model output audio messages can be truncated.", code="invalid_value")
        for part in dicts(item.get("content")):  # the user has heard only a part of it
            part.pop("transcript", None)
        fields = {key: message[key] for key in ("item_id", "content_index", "audio_end_ms")}
        yield _event("conversation.item.truncated", **fields)

    def _create_response(self, message: Message) -> Iterator[Step]:
        if self._settings["type"] != "realtime":
            raise RequestError("A transcription session has no responses.", code="invalid_request_error")
        yield from self._respond(mapping(message.get("response")))

    def _respond(self, options: Mapping[str, Any]) -> Iterator[Step]:
        out_of_band = options.get("conversation") == OUT_OF_BAND
        lane = fresh("apart_") if out_of_band else MAIN
        if (active := self._answers.get(lane)) is not None:
            why = (
                f"Conversation already has an active response in progress: {active.id}. Wait until the response is "
                "finished before creating a new one."
            )
            raise RequestError(why, code="conversation_already_has_active_response")
        self._answers[lane] = ActiveAnswer()
        yield SocketRequest(self._body(options, out_of_band=out_of_band), lane)

    def _body(self, options: Mapping[str, Any], *, out_of_band: bool) -> dict[str, Any]:
        """Return the request of a turn: the settings, which `options` override, and the conversation."""
        settings = {**self._settings, **without_nulls(options)}
        output = {**self._settings["audio"]["output"], **mapping(mapping(options.get("audio")).get("output"))}
        items = self._items if options.get("input") is None else [self._resolved(item) for item in options["input"]]
        copied = ("instructions", "tools", "tool_choice", "parallel_tool_calls", "max_output_tokens", "prompt")
        return {
            "model": self._settings["model"],
            "conversation_id": None if out_of_band else self._conversation,
            "previous_item_id": None if out_of_band else self._last_item,
            "output_modalities": settings["output_modalities"],
            "audio": {"output": output},
            **{key: settings[key] for key in copied if settings.get(key) is not None},
            "metadata": settings.get("metadata"),
            "input": [self._with_sound(item) for item in items],
        }

    def _resolved(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return an item, or the item that a reference names."""
        found = self._find(item.get("id")) if item.get("type") == "item_reference" else None
        return item if found is None else found

    def _with_sound(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return an item with the transcript and the duration in place of its sound."""
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

    def _existing(self, name: str, verb: str) -> dict[str, Any]:
        if (item := self._find(name)) is None:
            code = f"item_{verb}e_invalid_item_id"
            why = f"Error {verb}ing item: the item with id '{name}' does not exist."
            raise RequestError(why, code=code, param="item_id")
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


def _end_early(
    answer: ActiveAnswer, request: SocketRequest, details: Mapping[str, Any], items: Sequence[Mapping[str, Any]]
) -> Iterator[Step]:
    """Report that an answer ends early, after its beginning if nothing of it was sent yet."""
    name = answer.id or fresh("resp_")
    if not answer.id:
        yield _event("response.created", response=response_object(name, request.body, "in_progress"))
    response = response_object(name, request.body, details["type"], details)
    yield _event("response.done", response=response | {"output": items})


def _error_event(exc: RequestError) -> Message:
    error = {"type": exc.type, "code": exc.code, "message": exc.message, "param": exc.param, "event_id": None}
    return _event("error", error=error)


def _is_out_of_band(request: SocketRequest) -> bool:
    return request.body.get("conversation_id") is None


def _transcribed(item_id: str, transcript: str, ms: int, model: str) -> Iterator[Step]:
    """Send a transcript in pieces, and then complete."""
    at = {"item_id": item_id, "content_index": 0}
    kind = "conversation.item.input_audio_transcription"
    for piece in tokens.split(transcript, model):
        yield _event(f"{kind}.delta", **at, delta=piece)
    if model.startswith("whisper"):
        usage: dict[str, Any] = {"type": "duration", "seconds": -(-ms // 1000)}
    else:
        input_tokens, output_tokens = ms // INPUT_MS, tokens.count(transcript, model)
        details = {"text_tokens": 0, "audio_tokens": input_tokens}
        usage = {"type": "tokens", "total_tokens": input_tokens + output_tokens, "input_tokens": input_tokens}
        usage |= {"input_token_details": details, "output_tokens": output_tokens}
    yield _event(f"{kind}.completed", **at, transcript=transcript, usage=usage)
