"""What OpenAI's formats share: reading the common fields, the error envelope, models, chunks of a stream.

Shapes: `openai.types` of the installed SDK (`chat.ChatCompletionChunk`, `Completion`, `Model`); the envelope is
the `Error` schema of OpenAI's OpenAPI document, where all four fields are required and two may be null.
"""

from abc import abstractmethod
from itertools import zip_longest
from typing import Any

from completions import tokens
from completions.conversation import Prompt, Reply, Usage
from completions.exceptions import RequestError
from completions.wire.base import Event, WireFormat, decode_object, json_type
from completions.wire.sse import DONE, HOLE, Template, frame


class OpenAIFormat(WireFormat):
    """The parts of chat and legacy completions that are alike; a subclass says how a choice looks."""

    chunk_object: str

    def parse(self, body: bytes) -> Prompt:
        """Read the fields that every format has; only a wrong `stream` is refused here."""
        document = decode_object(body)
        stream = document.get("stream")
        if stream is not None and not isinstance(stream, bool):
            raise RequestError(
                f"Invalid type for 'stream': expected a boolean, but got {json_type(stream)} instead.",
                code="invalid_type",
                param="stream",
            )
        model, options = document.get("model"), document.get("stream_options")
        return Prompt(
            model=model if isinstance(model, str) else None,
            stream=bool(stream),
            include_usage=isinstance(options, dict) and options.get("include_usage") is True,
            body=document,
        )

    def events(self, reply: Reply, prompt: Prompt) -> list[Event]:
        """Return the chunks: a first one a choice where the format has it, tokens, finishes, usage, terminator."""
        top = self.top_level(reply, prompt) | {"object": self.chunk_object}
        tail = {"usage": None} if prompt.include_usage else {}
        starts, finishes = [], []
        lanes: list[list[bytes]] = []
        for index, choice in enumerate(reply.choices):
            if (first := self.first_delta()) is not None:
                starts.append(Event(frame(top | {"choices": [self.chunk_choice(index, first, None)]} | tail)))
            template = Template(top | {"choices": [self.chunk_choice(index, self.delta(HOLE), None)]} | tail)
            lanes.append(template.fill_each(tokens.split(choice.text, prompt.model)))
            finish = self.chunk_choice(index, self.last_delta(), choice.finish_reason)
            finishes.append(Event(frame(top | {"choices": [finish]} | tail)))
        events = [*starts, *_in_step(lanes), *finishes]
        if prompt.include_usage:
            events.append(Event(frame(top | {"choices": [], "usage": usage(reply.usage)})))
        return [*events, DONE]

    def error(self, exc: RequestError) -> dict[str, Any]:
        """Return OpenAI's envelope."""
        return envelope(exc)

    @abstractmethod
    def top_level(self, reply: Reply, prompt: Prompt) -> dict[str, Any]:
        """Return the top level of an answer, without its choices and usage."""

    @abstractmethod
    def chunk_choice(self, index: int, delta: object, finish_reason: str | None) -> dict[str, Any]:
        """Return a chunk's choice around a delta."""

    def first_delta(self) -> object:
        """Return the delta that opens a choice; None where the format has none."""
        return None

    @abstractmethod
    def delta(self, text: str) -> object:
        """Return the delta that carries a piece of text."""

    @abstractmethod
    def last_delta(self) -> object:
        """Return the delta of the chunk that carries the finish reason."""


def envelope(exc: RequestError) -> dict[str, Any]:
    """Return the error envelope; its four fields are always there."""
    return {"error": {"message": exc.message, "type": exc.type, "param": exc.param, "code": exc.code}}


def usage(counted: Usage) -> dict[str, int]:
    """Return the usage document."""
    return {
        "prompt_tokens": counted.prompt_tokens,
        "completion_tokens": counted.completion_tokens,
        "total_tokens": counted.total_tokens,
    }


def _in_step(lanes: list[list[bytes]]) -> list[Event]:
    """Interleave the choices: they are generated side by side, so each step's first event takes the time."""
    if len(lanes) == 1:
        return Event.tokens(lanes[0])
    events = []
    for step in zip_longest(*lanes):
        first, *others = [chunk for chunk in step if chunk is not None]
        events += [Event(first, token=True), *map(Event, others)]
    return events
