"""The results of a call: an answer, and the pieces of one that is still arriving."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call the model asks for; `arguments` is the JSON text as the model wrote it, right or wrong."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """One fragment of a tool call; `id` and `name` come in the first, `arguments` adds up."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counted them, never an estimate; None for a count it did not give."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Timings:
    """How long it took, in milliseconds from the moment the request was sent (by a retry: sent again).

    `total_ms` is the time to the last of what came, `ttft_ms` to the first piece that carries something,
    `gaps_ms` are the times between such pieces; an answer that came whole has no pieces.
    """

    total_ms: float = 0.0
    ttft_ms: float | None = None
    gaps_ms: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the `n` answers; `finish_reason` is None only in a partial one."""

    index: int = 0
    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """What one chunk adds to one choice (`index`); `str(piece)` is its text.

    `raw` is the chunk as the server sent it.
    """

    index: int = 0
    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    tool_calls: tuple[ToolCallDelta, ...] = ()
    finish_reason: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        return self.text

    @property
    def carries(self) -> bool:
        """Say whether there is any of the answer in it."""
        return bool(self.text or self.reasoning or self.refusal or self.tool_calls)


_NOTHING = Choice()


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer, streamed or not; `text`, `tool_calls` and the like are the first choice's.

    `model` is the one the server named, or the one asked for when it named none. `usage` is None when the
    server sent none. `headers` are the response's, names in lower case; `raw` holds the JSON documents as
    they came: one for a whole answer, one per chunk for a stream.
    """

    id: str
    model: str
    choices: tuple[Choice, ...]
    usage: Usage | None = None
    timings: Timings = Timings()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    raw: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return self.text

    @property
    def _first(self) -> Choice:
        return self.choices[0] if self.choices else _NOTHING

    @property
    def text(self) -> str:
        """Return the first choice's text."""
        return self._first.text

    @property
    def reasoning(self) -> str:
        """Return the first choice's reasoning, empty where it shows none."""
        return self._first.reasoning

    @property
    def refusal(self) -> str:
        """Return the first choice's refusal, empty where it gave none."""
        return self._first.refusal

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """Return the first choice's tool calls, in order."""
        return self._first.tool_calls

    @property
    def finish_reason(self) -> str | None:
        """Return the first choice's finish reason; None where the server sent none."""
        return self._first.finish_reason

    @property
    def request_id(self) -> str | None:
        """Return the server's `x-request-id`, to find the exchange in its log."""
        return self.headers.get("x-request-id")

    @property
    def message(self) -> dict[str, Any]:
        """Return the answer as a message, to append to the conversation."""
        message: dict[str, Any] = {"role": "assistant", "content": self.text or None}
        if self.tool_calls:
            message["tool_calls"] = [
                {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
                for c in self.tool_calls
            ]
        return message

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON: everything but `headers` and `raw`."""
        first = asdict(self._first)
        del first["index"]
        return {
            "id": self.id,
            "model": self.model,
            **first,
            "choices": [asdict(choice) for choice in self.choices],
            "usage": asdict(self.usage) if self.usage else None,
            "timings": asdict(self.timings),
            "request_id": self.request_id,
        }
