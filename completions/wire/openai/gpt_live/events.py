"""The events of an answer in a conversation, as in `openai.types.live`, with the order and the keys of recorded ones.

What the model says comes as sound with its transcript; there is no event for its end. Calls are work that the model
delegates: to the client, as `session.delegation.created`, or to a model of the Responses API, whose events come in
`response.event`. An answer ends with `session.usage.updated`, which the API sends every 15 seconds. Recorded by
Travizm/dsh-openai-live (client delegation, 2026-10-07); the envelopes of `response.event` are those of Microsoft's
guide to GPT-Live (2026-09-04) and of a project's trace of 2026-10-03.
"""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from completions.conversation import Block, Choice, ErrorContent, Prompt, Reply
from completions.event import Event
from completions.ids import named
from completions.wire.content import only_choice
from completions.wire.fields import mapping, whole, without_nulls
from completions.wire.framing import pieces
from completions.wire.openai import audio
from completions.wire.openai.conversation_sound import converted, milliseconds, with_sound
from completions.wire.openai.gpt_live.settings import RESPONSES, backend_of, sound_type
from completions.wire.openai.responses.format import Responses
from completions.wire.openai.responses.prompt import read_prompt

CONTEXT_WINDOW = 128_000
"""Tokens of the model's context: those of which the recorded ratios are whole numbers (2026-10-07)."""

RESPONSE = "response"
"""The key of a request that the client makes of the backend itself.

Its object has the `delegation_id` that it continues; otherwise it creates one, with the `client_event_id` of the
client's message (pydantic-ai 2, whose authors checked it in October 2026).
"""

NO_ORIGIN: Mapping[str, Any] = {}

START = "start_ms"
"""The key, in a request, of its time on the conversation's timeline in milliseconds."""

FAILED = "The server had an error while processing your request."
"""The message of a failed answer, if the script has none."""

BACKEND = Responses()


def narrate(reply: Reply, prompt: Prompt) -> list[Event]:
    """Return the events of an answer."""
    return _EventWriter(reply, prompt).write()


def usage_seconds(position_ms: float) -> int:
    """Return the seconds that a conversation is billed for at a time of its timeline (recorded, rounded up)."""
    return int(-(-position_ms // 1000))


def backend_body(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request to the backend that a delegation is, in the format of the Responses API."""
    options = {"stream": True, "stream_options": {"include_obfuscation": False}, "store": False}
    return {**backend_of(body), "input": body.get("input"), **options}


class _EventWriter:
    """Writes the events of one answer."""

    def __init__(self, reply: Reply, prompt: Prompt) -> None:
        self._reply, self._prompt = reply, prompt
        self._choice = only_choice(reply)
        self._response = mapping(prompt.body.get(RESPONSE)) if RESPONSE in prompt.body else None
        self._sound_type = sound_type(prompt.body)
        self._position_ms: float = whole(prompt.body.get(START), 0) or 0
        self._events: list[Event] = []

    def write(self) -> list[Event]:
        spoken = [block for block in self._choice.content if block.kind in ("text", "refusal")]
        calls = [block for block in self._choice.content if block.call is not None]
        if self._response is not None:
            self._delegate_to_backend(self._choice)
        for block in spoken:
            self._speak(block.text)
        if calls and self._response is None:
            self._delegate(calls)
        if self._choice.finish_reason == "error" and self._response is None:
            self._fail(self._choice.failure or ErrorContent(""))
        self._end()
        return self._events

    def _add(self, kind: str, fields: Mapping[str, Any], *, token: int = 0, part: str = "") -> None:
        event_id = named("event_", f"{self._reply.serial}/{len(self._events)}")
        self._events.append(
            Event(orjson.dumps({"type": kind, **fields, "event_id": event_id}), token, True, part, kind)
        )

    def _speak(self, content: str) -> None:
        """Add the sound of a text, each piece after its transcript."""
        voice = mapping(mapping(self._prompt.body.get("audio")).get("output")).get("voice")
        sound = converted(audio.spoken(content, audio.voice_name(voice)), self._sound_type)
        for piece, count, part in with_sound(pieces(content, self._prompt), sound):
            start, self._position_ms = self._position_ms, self._position_ms + milliseconds(len(part), self._sound_type)
            times = {"start_ms": int(start), "end_ms": int(self._position_ms)}
            self._add("session.output_transcript.delta", {**times, "delta": piece}, token=count)
            if part:
                delta = {"type": "session.output_audio.delta", "delta": base64.b64encode(part).decode()}
                self._events.append(Event(orjson.dumps(delta), 0, True, "", delta["type"]))

    def _delegate(self, calls: list[Block]) -> None:
        """Delegate the calls: each one to the client, or all in one response of the backend."""
        if backend_of(self._prompt.body):
            self._delegate_to_backend(replace(self._choice, text=None, refusal=None, blocks=tuple(calls)))
            return
        for index, _ in enumerate(calls):
            name = named("item_", f"{self._reply.serial}/delegation/{index}")
            self._add_delegation({"id": name, "type": "delegation", "target": "client"})

    def _add_delegation(self, delegation: Mapping[str, Any], origin: Mapping[str, Any] = NO_ORIGIN) -> None:
        fields = {"offset_ms": int(self._position_ms), "delegation": delegation, **origin}
        self._add("session.delegation.created", fields, part="arguments")

    def _delegate_to_backend(self, choice: Choice) -> None:
        """Add the events of the backend's response; their snapshots have no input, instructions, tools and output."""
        prompt = replace(read_prompt(backend_body(self._prompt.body), self._prompt.headers), per_chunk=None)
        reply = replace(self._reply, choices=(choice,), model=prompt.model, body=None, events=None)
        events = [(each, orjson.loads(each.data)) for each in BACKEND.events(reply, prompt)]
        response_id = events[0][1]["response"]["id"]
        requested = self._response or {}
        if (name := requested.get("delegation_id")) is None:
            name = named("item_", f"{self._reply.serial}/delegation")
            target = {"id": name, "type": "delegation", "target": RESPONSES, "response_id": response_id}
            self._add_delegation(target, without_nulls({"client_event_id": requested.get("client_event_id")}))
        for event, document in events:
            if "response" in document:
                document["response"] |= {"instructions": None, "tools": [], "output": []}
            fields = {"delegation_id": name, "event": document}
            self._add("response.event", fields, token=event.token, part=event.part if event.part != "finish" else "")

    def _fail(self, failure: ErrorContent) -> None:
        error = {"type": failure.type or "server_error", "code": failure.code or "server_error"}
        self._add("error", {"error": error | {"message": failure.message or FAILED}})

    def _end(self) -> None:
        """Add the usage; an answer that a filter stops ends the conversation (`SessionClosedEvent.reason`)."""
        used, usage = self._reply.used, {"seconds": usage_seconds(self._position_ms)}
        if self._choice.finish_reason == "content_filter":
            self._add("session.closed", {"reason": "content", "usage": usage}, part="finish")
            return
        ratio = (used.prompt_tokens + used.completion_tokens) / CONTEXT_WINDOW
        fields = {"usage": usage, "context_window": {"usage_ratio": min(ratio, 1.0)}}
        self._add("session.usage.updated", fields, part="finish")
