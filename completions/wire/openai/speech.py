"""Speech: `POST /v1/audio/speech`, a sound whose length follows its text.

The fields are `SpeechCreateParams` of `openai.types`, whose docstrings have the limits. The events are those of
OpenAI's reference (`CreateSpeechResponseStreamEvent`); a second costs what its guide to realtime costs has for speech.
"""

import base64
from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import Any

import orjson

from completions.conversation import Message, Prompt, Reply
from completions.event import Body, Event
from completions.tokens import text as tokens
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.fields import text, text_or_none
from completions.wire.framing import group_by_chunk
from completions.wire.openai.audio import seconds_of, spoken, voice_name
from completions.wire.openai.base import OpenAIFormat
from completions.wire.openai.readback import collect_usage
from completions.wire.openai.refusals import invalid_url_refusals
from completions.wire.openai.sound_files import ENCODERS
from completions.wire.readback import Answer
from completions.wire.validation import Check, Problem, choice, decimal, either, record, refuse, string, worded_problem

MAX_INPUT = 4096
"""Characters of a text."""

VOICES = (
    *("alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer", "verse", "marin"),
    "cedar",
)
WITHOUT_EVENTS = ("tts-1", "tts-1-hd")
"""Models whose speech is not streamed as events."""

TOKENS_PER_SECOND = 20
SLOWEST, FASTEST = 0.25, 4.0

FIELDS: Mapping[str, Check] = {
    "model": string(low=1),
    "input": string(low=1, high=MAX_INPUT),
    "voice": either("one of a string or object", string=choice(*VOICES), object=record({"id": string(low=1)}, ("id",))),
    "instructions": string(),
    "response_format": choice(*ENCODERS),
    "speed": decimal(SLOWEST, FASTEST),
    "stream_format": choice("sse", "audio"),
}
_REQUEST = record(FIELDS, ("model", "input", "voice"))


class Speech(OpenAIFormat):
    """OpenAI's speech, of the text of a script, or else of the input."""

    name = "speech"
    vendor = "openai"
    refusals = invalid_url_refusals("/v1/audio/speech")
    delta_field, names_events = "audio", False
    """The field of an event that has a piece of the sound, and whether events are named by their types."""

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request for speech; its text is a user message, its instructions a system message."""
        document = self.as_openai(body)
        if validate:
            self.validate(document)
        instructions = text(document.get("instructions"))
        return Prompt(
            format=self.name,
            task="speak",
            model=text_or_none(document.get("model")),
            messages=(
                *([Message("system", instructions)] if instructions else []),
                Message("user", text(document.get("input"))),
            ),
            stream=document.get("stream_format") == "sse",
            headers=headers,
            body=document,
        )

    def as_openai(self, body: bytes) -> dict[str, Any]:
        """Return a request with OpenAI's field names."""
        return decode_object(body)

    def validate(self, document: dict[str, Any]) -> None:
        """Raise `RequestError` for an invalid request."""
        refuse(_REQUEST(document) or _stream_format(document))

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the sound in the requested format."""
        return self.sound(reply, prompt)

    def sound(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the sound in the requested format, however an answer has it."""
        media_type, encoder = ENCODERS[_format(prompt.body)]
        return Body(encoder(_sound(reply, prompt)), media_type)

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the last event of the speech, with its usage."""
        output_tokens = int(seconds_of(_sound(reply, prompt)) * TOKENS_PER_SECOND)
        input_tokens = reply.used.prompt_tokens
        usage = {
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "total_tokens": input_tokens + output_tokens,
        }
        return {"type": "speech.audio.done", "usage": usage}

    def events(self, reply: Reply, prompt: Prompt) -> list[Event]:
        """Return a piece of the sound for each token of the text, and the last event."""
        data = self.sound(reply, prompt).data
        split = tokens.split(_text(reply, prompt), prompt.model) or [""]
        sizes = list(map(len, group_by_chunk(split, split, prompt.per_chunk)))
        bounds = [len(data) * at // len(split) for at in accumulate(sizes, initial=0)]
        pieces = (data[start:end] for start, end in pairwise(bounds))
        delta, field, done = "speech.audio.delta", self.delta_field, self.document(reply, prompt)
        deltas = ({"type": delta, field: base64.b64encode(piece).decode()} for piece in pieces)
        names = (delta, done["type"]) if self.names_events else ("", "")
        return [
            *Event.tokens(map(orjson.dumps, deltas), name=names[0], counts=sizes),
            Event(orjson.dumps(done), part="finish", name=names[1]),
        ]

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Add the usage of the speech."""
        collect_usage(document.get("usage"), answer, "input", "output")


def _text(reply: Reply, prompt: Prompt) -> str:
    """Return the text of the speech, which is cut to the API's limit if the request was not validated."""
    scripted = next((choice.text for choice in reply.choices if choice.text), None)
    return (prompt.last_user if scripted is None else scripted)[:MAX_INPUT]


def _sound(reply: Reply, prompt: Prompt) -> bytes:
    speed = prompt.body.get("speed")
    if not isinstance(speed, int | float) or not SLOWEST <= speed <= FASTEST:
        speed = 1.0
    return spoken(_text(reply, prompt), voice_name(prompt.body.get("voice")), float(speed))


def _format(body: Mapping[str, object]) -> str:
    requested = body.get("response_format")
    return requested if isinstance(requested, str) and requested in ENCODERS else "mp3"


def _stream_format(body: Mapping[str, Any]) -> Problem | None:
    if body.get("stream_format") != "sse" or body["model"] not in WITHOUT_EVENTS:
        return None
    why = f"Unsupported value: 'stream_format' does not support 'sse' with the model '{body['model']}'."
    return worded_problem(why, "unsupported_value", "stream_format")
