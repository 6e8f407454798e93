"""Realtime: `GET /v1/realtime` over a WebSocket. Each turn is a request with the whole conversation."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from completions.conversation import Prompt
from completions.event import Event
from completions.exceptions import RequestError
from completions.ids import fresh
from completions.wire.base import NO_ROUTE, Headers, Route, StreamFailure, decode_object
from completions.wire.fields import dicts, text
from completions.wire.openai.base import OpenAIFormat
from completions.wire.openai.realtime.events import narrate
from completions.wire.openai.realtime.readback import collect_event
from completions.wire.openai.realtime.secrets import SECRET
from completions.wire.openai.realtime.session import RealtimeSession
from completions.wire.openai.realtime.settings import TRANSCRIPTION, begun, begun_with
from completions.wire.openai.responses.prompt import read_prompt
from completions.wire.sockets import ConversationFormat, Message, Session

AS_TEXT = {"input_audio": "input_text", "output_audio": "output_text"}
"""The types of parts with sound, as parts with the transcript's text."""


class Realtime(ConversationFormat, OpenAIFormat):
    """OpenAI's format of conversations; its sessions store the conversation."""

    name = "realtime"
    subprotocols = ("realtime",)
    secret = SECRET
    events = staticmethod(narrate)
    collect = staticmethod(collect_event)

    def session(self, query: Mapping[str, str], headers: Mapping[str, str], preset: Message | None = None) -> Session:
        """Return a new conversation, with the model in the address or in the settings of the key."""
        settings = begun(query) if preset is None else begun_with(preset)
        if "realtime=v1" in headers.get("openai-beta", ""):
            return RealtimeSession(settings, RequestError(BETA_REMOVED, code="beta_api_shape_disabled"))
        is_supported = self.supports(text(settings.get("model")))
        refusal = self.model_in_address(query) or _refusal(settings, query.get("intent", ""), is_supported=is_supported)
        return RealtimeSession(settings, refusal)

    def model_in_address(self, query: Mapping[str, str]) -> RequestError | None:
        """Return the error for a transcription session whose address names a model (measured until 2026-09-18)."""
        model = query.get("model", "")
        if query.get("intent") != TRANSCRIPTION or not model:
            return None
        can_transcribe = "transcribe" in model or "whisper" in model
        message = MODEL_FORBIDDEN if can_transcribe else f'Model "{model}" is not supported in transcription mode.'
        return RequestError(message, code="invalid_model")

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a turn: the input of a response, with transcripts in place of sound."""
        document = decode_object(body)
        items = [_with_texts(item) for item in dicts(document.get("input"))]
        prompt = read_prompt({**document, "input": items, "stream": True}, headers)
        return replace(prompt, format=self.name, body=document)

    def error_events(self, failure: StreamFailure, prompt: Prompt) -> list[Event]:
        """Return the API's `error` event, or the fault's own event if that is flat or has no name."""
        if not failure.name or failure.flat:
            return super().error_events(failure, prompt)
        envelope = self.error(self.adapt_error(failure.error))
        event = {"type": "error", "event_id": fresh("event_"), "error": {**envelope["error"], "event_id": None}}
        return [failure.event(event)]


MODEL_FORBIDDEN = "You must not provide a model parameter for transcription sessions."
BETA_REMOVED = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
"""The message to clients of the former version (pickle-com/glass 220, jsboige/CoursIA 13149)."""


def _refusal(settings: Message, intent: str, *, is_supported: bool) -> RequestError | None:
    """Return the error that refuses a client, with the wording in livekit/agents-js 1756 and BerriAI/litellm 13471."""
    if intent not in ("", TRANSCRIPTION, "conversation"):
        return RequestError(f"Invalid intent {intent}", code="invalid_intent")
    if settings["type"] != TRANSCRIPTION and not settings["model"]:
        return RequestError("You must provide a model parameter.", code="missing_model", param="model")
    if not is_supported:
        return RequestError(f'Model "{settings["model"]}" is not supported in realtime mode.', code="invalid_model")
    return None


def _with_texts(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item with the transcripts in place of its sound."""
    parts = [
        {"type": AS_TEXT[kind], "text": text(part.get("transcript"))}
        if (kind := text(part.get("type"))) in AS_TEXT
        else part
        for part in dicts(item.get("content"))
    ]
    return {**item, "content": parts} if parts else dict(item)
