"""Mistral's speech: `POST /v1/audio/speech`, whose answer is JSON with the sound in base64, or events.

Shapes: `SpeechRequest`, `SpeechResponse` and `SpeechStreamEvents` of the mistralai SDK 3.7. The voice of a recording is
only told apart by its bytes. No source has the default format; LiteLLM takes MP3 for it.
"""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from completions.conversation import Prompt, Reply
from completions.event import Body
from completions.wire.address import Address
from completions.wire.base import NO_ROUTE, Headers, Route, decode_object
from completions.wire.dialects.mistral import Mistral
from completions.wire.fields import text
from completions.wire.openai.readback import collect_usage
from completions.wire.openai.speech import Speech
from completions.wire.readback import Answer
from completions.wire.validation import array, boolean, choice, decimal, nullable, obj, record, string

MISTRAL = Mistral()
FORMATS = ("pcm", "wav", "mp3", "flac", "opus")
_REQUEST = record(
    {
        "input": string(low=1),
        "model": nullable(string()),
        "metadata": nullable(obj),
        "stream": boolean,
        "prompt_cache_key": nullable(string()),
        "voice_id": nullable(string()),
        "ref_audio": nullable(string()),
        "expressiveness": nullable(decimal()),
        "phoneme_hints": nullable(obj),
        "conversation_history": nullable(array(obj, "objects")),
        "response_format": choice(*FORMATS),
    },
    ("input",),
    others=True,
)


class MistralSpeech(Speech):
    """Voxtral's speech."""

    delta_field = "audio_data"
    names_events = True

    def parse(self, body: bytes, headers: Headers, *, validate: bool, route: Route = NO_ROUTE) -> Prompt:
        """Read a request for speech; its text is a user message."""
        prompt = super().parse(body, headers, validate=validate, route=route)
        address = {"dialect": self._dialect.name}
        return replace(prompt, stream=prompt.body.get("stream") is True, address=address)

    def as_openai(self, body: bytes) -> dict[str, Any]:
        """Return a request with OpenAI's name of the voice."""
        document = decode_object(body)
        return document | {"voice": text(document.get("voice_id")) or text(document.get("ref_audio"))}

    def validate(self, document: dict[str, Any]) -> None:
        """Raise `RequestError` for what Mistral refuses."""
        MISTRAL.refuse(_REQUEST(document), document)

    def render(self, reply: Reply, prompt: Prompt) -> Body:
        """Return the sound in base64."""
        sound = base64.b64encode(self.sound(reply, prompt).data).decode()
        return Body(orjson.dumps({"audio_data": sound}))

    def document(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the last event of the speech, with its usage."""
        last = super().document(reply, prompt)
        usage = last["usage"]
        named = {"prompt": "input", "completion": "output", "total": "total"}
        return last | {"usage": {f"{ours}_tokens": usage[f"{theirs}_tokens"] for ours, theirs in named.items()}}

    def collect(self, document: Mapping[str, Any], answer: Answer) -> None:
        """Add the usage of the speech."""
        collect_usage(document.get("usage"), answer)


def addresses(dialect: Mistral) -> list[Address]:
    """Return the address of Mistral's speech."""
    return [Address(f"{dialect.place}audio/speech", MistralSpeech(dialect))]
