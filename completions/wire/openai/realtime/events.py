"""The events of a realtime answer, as in `openai.types.realtime`.

They begin in the order that BerriAI/litellm 40010 shows; a response's keys are in that of the response in
openai/openai-realtime-console 561.
"""

import base64
from collections.abc import Mapping
from typing import Any

import orjson

from completions.conversation import Block, ErrorContent, Prompt, Reply, Usage
from completions.event import Event
from completions.ids import named
from completions.tokens import text as tokens
from completions.wire.fields import contents, mapping, text
from completions.wire.framing import pieces, with_counts
from completions.wire.openai import audio
from completions.wire.openai.base import made_id
from completions.wire.openai.conversation_sound import PCM, converted, milliseconds, with_sound

INPUT_MS, OUTPUT_MS = 100, 50
"""Milliseconds of sound per token, of the input and of the output."""

UNFINISHED = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""The reason why a response is incomplete, by chat's finish reason."""

FAILED = "The server had an error while processing your request."
"""The message of a failed response, if the script has none."""

DURATION = "duration_ms"
"""The key, in a request, of a sound's duration; the request has the transcript in place of the sound."""


def narrate(reply: Reply, prompt: Prompt) -> list[Event]:
    """Return the events of an answer."""
    return _EventWriter(reply, prompt).write()


class _EventWriter:
    """Writes the events of one answer."""

    def __init__(self, reply: Reply, prompt: Prompt) -> None:
        self._reply, self._prompt = reply, prompt
        self._id = reply.id or named("resp_", f"{reply.serial}response")
        self._previous = prompt.body.get("previous_item_id")
        self._is_out_of_band = prompt.body.get("conversation_id") is None
        self._output = mapping(mapping(prompt.body.get("audio")).get("output"))
        self._speaks = "text" not in _modalities(prompt)
        self._spoken_ms = 0.0
        self._events: list[Event] = []

    def write(self) -> list[Event]:
        self._add("response.created", {"response": response_object(self._id, self._prompt.body, "in_progress")})
        choice = self._reply.choices[0] if self._reply.choices else None
        items: list[dict[str, Any]] = []
        for block in choice.content if choice is not None else ():
            if block.kind != "reasoning":
                items.append(self._item(len(items), block))
        self._add("response.done", {"response": self._done(items)}, part="finish")
        return self._events

    def _add(self, kind: str, fields: Mapping[str, Any], *, token: int = 0, part: str = "") -> None:
        event_id = named("event_", f"{self._reply.serial}/{len(self._events)}")
        data = orjson.dumps({"type": kind, "event_id": event_id, **fields})
        self._events.append(Event(data, token, True, part, kind))

    def _item(self, index: int, block: Block) -> dict[str, Any]:
        start: dict[str, Any] = {"id": named("item_", f"{self._reply.serial}/{index}"), "object": "realtime.item"}
        if (call := block.call) is not None:
            call_id = call.id or made_id("call_", self._reply, index)
            head = start | {"type": "function_call", "status": "in_progress", "name": call.name, "call_id": call_id}
            empty, whole = head | {"arguments": ""}, head | {"status": "completed", "arguments": call.arguments}
        else:
            head = start | {"type": "message", "status": "in_progress", "role": "assistant", "content": []}
            kind, key = ("output_audio", "transcript") if self._speaks else ("output_text", "text")
            empty, whole = head, head | {"status": self._status, "content": [{"type": kind, key: block.text}]}
        at = {"response_id": self._id, "output_index": index}
        self._add("response.output_item.added", {**at, "item": empty})
        self._in_conversation("conversation.item.added", empty)
        if call is not None:
            self._arguments({**at, "item_id": start["id"]}, whole)
        elif self._speaks:
            self._sound({**at, "item_id": start["id"]}, block.text)
        else:
            self._text({**at, "item_id": start["id"]}, block.text)
        self._in_conversation("conversation.item.done", whole)
        self._add("response.output_item.done", {**at, "item": whole})
        self._previous = start["id"]
        return whole

    def _in_conversation(self, kind: str, item: Mapping[str, Any]) -> None:
        if not self._is_out_of_band:
            self._add(kind, {"previous_item_id": self._previous, "item": item})

    def _arguments(self, at: Mapping[str, Any], item: Mapping[str, Any]) -> None:
        at = {**at, "call_id": item["call_id"]}
        for piece, count in with_counts(pieces(item["arguments"], self._prompt)):
            self._add("response.function_call_arguments.delta", {**at, "delta": piece}, token=count, part="arguments")
        call = {"name": item["name"], "arguments": item["arguments"]}
        self._add("response.function_call_arguments.done", {**at, **call})

    def _text(self, at: Mapping[str, Any], content: str) -> None:
        at = {**at, "content_index": 0}
        self._add("response.content_part.added", {**at, "part": {"type": "text", "text": ""}})
        for piece, count in with_counts(pieces(content, self._prompt)):
            self._add("response.output_text.delta", {**at, "delta": piece}, token=count)
        self._add("response.output_text.done", {**at, "text": content})
        self._add("response.content_part.done", {**at, "part": {"type": "text", "text": content}})

    def _sound(self, at: Mapping[str, Any], content: str) -> None:
        at = {**at, "content_index": 0}
        self._add("response.content_part.added", {**at, "part": {"type": "audio", "transcript": ""}})
        speed = self._output.get("speed")
        pcm = audio.spoken(
            content, audio.voice_name(self._output.get("voice")), speed if isinstance(speed, int | float) else 1.0
        )
        sound = converted(pcm, text(mapping(self._output.get("format")).get("type")) or PCM)
        self._spoken_ms += milliseconds(len(pcm), PCM)
        for piece, count, part in with_sound(pieces(content, self._prompt), sound):
            self._add("response.output_audio_transcript.delta", {**at, "delta": piece}, token=count)
            if part:
                self._add("response.output_audio.delta", {**at, "delta": base64.b64encode(part).decode()})
        self._add("response.output_audio.done", at)
        self._add("response.output_audio_transcript.done", {**at, "transcript": content})
        self._add("response.content_part.done", {**at, "part": {"type": "audio", "transcript": content}})

    @property
    def _reason(self) -> str:
        return (self._reply.choices[0].finish_reason if self._reply.choices else None) or ""

    @property
    def _unfinished(self) -> str | None:
        return UNFINISHED.get(self._reason)

    @property
    def _status(self) -> str:
        return "completed" if self._unfinished is None and self._reason != "error" else "incomplete"

    def _done(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        details = {"type": self._status, "reason": self._unfinished} if self._unfinished else None
        failure = self._reply.choices[0].failure if self._reply.choices else None
        done = response_object(self._id, self._prompt.body, self._status, details)
        if failure is not None or self._reason == "error":
            fields = failure or ErrorContent("")
            error = {"type": fields.type or "server_error", "code": fields.code, "message": fields.message or FAILED}
            done |= {"status": "failed", "status_details": {"type": "failed", "error": error}}
        return done | {"output": items, "usage": _usage(self._reply.used, self._prompt, self._spoken_ms)}


def _modalities(prompt: Prompt) -> list[object]:
    modalities = prompt.body.get("output_modalities")
    return modalities if isinstance(modalities, list) and modalities else ["audio"]


def response_object(
    name: str, request: Mapping[str, Any], status: str, details: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return a response without output; `request` is the body of its request."""
    output = mapping(mapping(request.get("audio")).get("output"))
    sound = {key: value for key, value in output.items() if key in ("format", "voice")}
    return {
        "object": "realtime.response",
        "id": name,
        "status": status,
        "status_details": details,
        "output": [],
        "conversation_id": request.get("conversation_id"),
        "output_modalities": request.get("output_modalities") or ["audio"],
        "max_output_tokens": request.get("max_output_tokens", "inf"),
        "audio": {"output": sound | ({"voice": audio.voice_name(sound["voice"])} if sound.get("voice") else {})},
        "usage": None,
        "metadata": request.get("metadata"),
    }


def _usage(counted: Usage, prompt: Prompt, spoken_ms: float) -> dict[str, Any]:
    """Return the usage of an answer, as in the API's `response.done`; sound is counted by its length."""
    input_audio = transcribed = 0
    for part in _sounds(prompt.body):
        is_output = part.get("type") == "output_audio"
        cost = int(part.get(DURATION) or 0) // (OUTPUT_MS if is_output else INPUT_MS)
        input_audio += cost
        transcribed += tokens.count(text(part.get("transcript")), prompt.model)
    input_text, output_text = max(counted.prompt_tokens - transcribed, 0), counted.completion_tokens
    output_audio = int(spoken_ms) // OUTPUT_MS
    cached = {"text_tokens": min(counted.cached_tokens, input_text), "audio_tokens": 0, "image_tokens": 0}
    input_details = {"text_tokens": input_text, "audio_tokens": input_audio, "image_tokens": counted.image_tokens}
    input_details["text_tokens"] -= min(counted.image_tokens, input_text)
    total = sum(input_details.values())
    return {
        "total_tokens": total + output_text + output_audio,
        "input_tokens": total,
        "output_tokens": output_text + output_audio,
        "input_token_details": {
            **input_details,
            "cached_tokens": cached["text_tokens"],
            "cached_tokens_details": cached,
        },
        "output_token_details": {"text_tokens": output_text, "audio_tokens": output_audio},
    }


def _sounds(body: Mapping[str, object]) -> list[dict[str, Any]]:
    return [part for part in contents(body.get("input")) if DURATION in part]
