"""Build the neutral answer from its documents, one after the other; each format's `readback` knows their fields.

Nothing in a document is trusted: a fault, a limit or another server may have produced it.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeGuard

import orjson

from completions.conversation import (
    Block,
    Choice,
    ErrorContent,
    Moderation,
    ParsedExchange,
    Piece,
    Prompt,
    Reply,
    TextKind,
    ToolCall,
    Usage,
)
from completions.wire.fields import mapping, text, text_or_none

CallKind = Literal["function", "custom", "hosted"]
"""The kinds of calls in an answer; `hosted` is a call that the API has run itself."""


NATURAL = "natural"
"""The finish reason of formats that do not distinguish calls from text."""


@dataclass(slots=True)
class _Call:
    name: str = ""
    arguments: str = ""
    id: str = ""
    kind: CallKind = "function"
    result: str = ""

    def value(self) -> ToolCall:
        return ToolCall(self.name, self.arguments, self.id, self.kind, self.result)


@dataclass(slots=True)
class _Run:
    """A block that is being built; `place` identifies it, or its call."""

    kind: TextKind | Literal["call"]
    place: object
    text: str = ""


@dataclass(slots=True)
class ChoiceBuilder:
    """A choice that is being built.

    `citing` has the citations whose place in the text is not known yet, each with the text that it quotes.
    """

    index: int
    pieces: list[Piece]
    event: int = 0
    texts: dict[TextKind, str] = field(default_factory=dict)
    calls: dict[object, _Call] = field(default_factory=dict)
    runs: list[_Run] = field(default_factory=list)
    annotations: list[dict[str, Any]] = field(default_factory=list)
    citing: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    finish_reason: str | None = None
    stopped_by: str | None = None
    embedding: tuple[float, ...] = ()
    moderation: Moderation | None = None
    scores: tuple[float, ...] = ()

    def add_text(self, text: object, kind: TextKind = "text", place: object = None) -> None:
        """Add a piece of text, or of another kind; a value that is no string is ignored, but an empty one counts.

        `place` identifies the block among others of its kind.
        """
        if isinstance(text, str):
            self.texts[kind] = self.texts.get(kind, "") + text
            if text:
                self.pieces.append(Piece(self.index, kind, text, self.event))
                if not self.runs or (self.runs[-1].kind, self.runs[-1].place) != (kind, place):
                    self.runs.append(_Run(kind, place))
                self.runs[-1].text += text

    def add_call(
        self, place: object, *, name: object = "", arguments: object = "", id: object = "", kind: CallKind | None = None
    ) -> None:
        """Add a call, or a fragment of one; `place` identifies it."""
        if place not in self.calls:
            self.calls[place] = _Call()
            self.runs.append(_Run("call", place))
        call = self.calls[place]
        call.name += text(name)
        call.id = text(id) or call.id
        call.kind = kind or call.kind
        call.arguments += arguments if isinstance(arguments, str) else dumps(arguments)

    def add_result(self, id: object, result: object) -> None:
        """Add the result of a call, given its id."""
        for call in self.calls.values():
            if call.id and call.id == id:
                call.result = dumps(result)

    def set_finish_reason(self, reason: object, names: dict[str, str]) -> None:
        """Set the finish reason, translated to chat's by the table `names`; others stay as they are."""
        if isinstance(reason, str):
            self.finish_reason = names.get(reason, reason)

    def clear(self) -> None:
        """Forget the content, because a document with all of it follows."""
        self.texts, self.calls, self.annotations, self.pieces, self.runs = {}, {}, [], [], []

    def build(self) -> Choice:
        """Return the choice."""
        calls = tuple(each.value() for each in self.calls.values())
        natural = "tool_calls" if calls else "stop"
        choice = Choice(
            text=self.texts.get("text"),
            finish_reason=natural if self.finish_reason == NATURAL else self.finish_reason,
            tool_calls=calls,
            refusal=self.texts.get("refusal") or None,
            reasoning=self.texts.get("reasoning") or None,
            annotations=tuple(self.annotations),
            stopped_by=self.stopped_by,
            embedding=self.embedding,
            moderation=self.moderation,
            scores=self.scores,
        )
        blocks = tuple(self._block(run) for run in self.runs)
        return choice if blocks == choice.content else replace(choice, blocks=blocks)

    def _block(self, run: _Run) -> Block:
        return Block(run.kind, run.text, self.calls[run.place].value() if run.kind == "call" else None)


class Answer:
    """An answer being read. `event` is the index of the current event; `ended` means that the rest is ignored."""

    def __init__(self) -> None:
        self.event = 0
        self.ended = False
        self.id: str | None = None
        self.model: str | None = None
        self.usage: Usage | None = None
        self.error: ErrorContent | None = None
        self._choices: dict[int, ChoiceBuilder] = {}
        self._pieces: list[Piece] = []

    def choice(self, index: int = 0) -> ChoiceBuilder:
        """Return a choice by its index."""
        choice = self._choices.setdefault(index, ChoiceBuilder(index, self._pieces))
        choice.event = self.event
        return choice

    def set_id_and_model(self, id: object, model: object) -> None:
        """Set the answer's id and model, if they are strings."""
        self.id, self.model = text(id) or self.id, text(model) or self.model

    def set_usage(self, prompt: object, completion: object, cached: object = 0, reasoning: object = 0) -> None:
        """Set the token counts, if there are any; later counts replace earlier ones."""
        if _is_count(prompt) or _is_count(completion):
            self.usage = Usage(*map(_count, (prompt, completion, cached, reasoning)))

    def note_error(self, document: dict[str, Any]) -> bool:
        """Note the error in a document, and return whether the document has nothing else."""
        error = document.get("error")
        if not error and (document.get("type") == "error" or document.get("object") == "error" or _is_flat(document)):
            error = document
        if not error and isinstance(document.get("detail"), str):  # Mistral's
            error = document["detail"]
        if not error:
            return False
        fields = mapping(error)
        message = error if isinstance(error, str) else text(fields.get("message"))
        code = fields.get("code")
        kind = text_or_none(fields.get("type")) or text_or_none(fields.get("status"))
        self.error = ErrorContent(message, kind, None if code is None else str(code), text_or_none(fields.get("param")))
        return "output" not in document  # a response that failed has both

    def exchange(self, prompt: Prompt | None, *, cut: bool) -> ParsedExchange:
        """Return the question, and the answer as far as it was read."""
        choices = tuple(self._choices[index].build() for index in sorted(self._choices))
        is_answered = bool(choices) or self.usage is not None
        reply = Reply(choices, id=self.id, model=self.model, usage=self.usage) if is_answered else None
        return ParsedExchange(prompt, reply, self.error, tuple(self._pieces), cut)


def dumps(value: object) -> str:
    """Return the arguments of a call as compact JSON; empty if they are missing."""
    return orjson.dumps({} if value is None else value).decode()


def _is_flat(document: dict[str, Any]) -> bool:
    """Tell whether a document is an error without its envelope, as the fault `error_event` sends it."""
    return isinstance(document.get("message"), str) and "code" in document


MAX_COUNT = 2**53 - 1
"""The largest accepted number of tokens: the largest integer that JSON is certain to preserve."""


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT


def _count(value: object) -> int:
    return value if _is_count(value) else 0
