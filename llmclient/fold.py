"""Combine the documents of the chat format, chunks or whole answers, into one `Completion`.

It is lenient on purpose: missing fields are for other modules to report.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from llmclient.completion import Choice, Completion, Piece, Timings, ToolCall, ToolCallDelta, Usage


@dataclass
class _Draft:
    """One choice while it grows."""

    pieces: list[Piece] = field(default_factory=list)
    call_ids: list[str] = field(default_factory=list)

    def choice(self, index: int) -> Choice:
        return Choice(
            index=index,
            text="".join(piece.text for piece in self.pieces),
            reasoning="".join(piece.reasoning for piece in self.pieces),
            refusal="".join(piece.refusal for piece in self.pieces),
            tool_calls=tuple(self._tool_calls()),
            finish_reason=next((p.finish_reason for p in reversed(self.pieces) if p.finish_reason), None),
        )

    def _tool_calls(self) -> Iterator[ToolCall]:
        by_index: dict[int, list[ToolCallDelta]] = {}
        for piece in self.pieces:
            for delta in piece.tool_calls:
                by_index.setdefault(delta.index, []).append(delta)
        for _, deltas in sorted(by_index.items()):
            yield ToolCall(
                id=next((delta.id for delta in deltas if delta.id), ""),
                name=next((delta.name for delta in deltas if delta.name), ""),
                arguments="".join(delta.arguments for delta in deltas),
            )

    def call_deltas(self, delta: Mapping[str, Any], whole: bool) -> Iterator[ToolCallDelta]:
        """Yield the tool-call fragments in `delta`; the old `function_call` is a call without an id."""
        for position, call in enumerate(_objects(delta.get("tool_calls"))):
            yield _call_delta(position if whole else self._call_index(call), call)
        if isinstance(function := delta.get("function_call"), dict):
            yield _call_delta(0, {"function": function})

    def _call_index(self, call: Mapping[str, Any]) -> int:
        """Return the index of a fragment; if the server sends none, a new id starts the next call."""
        if isinstance(index := call.get("index"), int):
            return index
        if (identity := _text(call.get("id"))) and identity not in self.call_ids:
            self.call_ids.append(identity)
        return self.call_ids.index(identity) if identity else max(len(self.call_ids) - 1, 0)


class Fold:
    """Aggregate documents as they come."""

    def __init__(self) -> None:
        self.documents: list[Mapping[str, Any]] = []
        self._drafts: dict[int, _Draft] = {}

    def add(self, document: Mapping[str, Any]) -> list[Piece]:
        """Add one document and return its pieces; an empty chunk has none."""
        self.documents.append(document)
        pieces = [self._add_choice(choice, document) for choice in _objects(document.get("choices"))]
        return [piece for piece in pieces if piece.carries or piece.finish_reason]

    def _add_choice(self, choice: Mapping[str, Any], document: Mapping[str, Any]) -> Piece:
        index = choice["index"] if isinstance(choice.get("index"), int) else 0
        draft = self._drafts.setdefault(index, _Draft())
        whole = isinstance(choice.get("message"), dict)
        delta = choice.get("message") if whole else choice.get("delta")
        delta = delta if isinstance(delta, dict) else {}
        piece = Piece(
            index=index,
            text=_text(delta.get("content")),
            reasoning=_text(delta.get("reasoning_content")) or _text(delta.get("reasoning")),
            refusal=_text(delta.get("refusal")),
            tool_calls=tuple(draft.call_deltas(delta, whole)),
            finish_reason=_text(choice.get("finish_reason")) or None,
            raw=document,
        )
        draft.pieces.append(piece)
        return piece

    def unfinished(self) -> list[int]:
        """Return the indexes of the choices that have no finish reason."""
        choices = [draft.choice(index) for index, draft in sorted(self._drafts.items())]
        return [choice.index for choice in choices if choice.finish_reason is None]

    @property
    def has_choices(self) -> bool:
        """Return whether any choice has come."""
        return bool(self._drafts)

    def completion(self, model: str, timings: Timings, headers: Mapping[str, str]) -> Completion:
        """Return the completion so far; `model` is used if no document names one."""
        return Completion(
            id=self._last_text("id"),
            model=self._last_text("model") or model,
            choices=tuple(draft.choice(index) for index, draft in sorted(self._drafts.items())),
            usage=next((usage for document in reversed(self.documents) if (usage := _usage(document))), None),
            timings=timings,
            headers=headers,
            raw=tuple(self.documents),
        )

    def _last_text(self, key: str) -> str:
        return next((text for document in reversed(self.documents) if (text := _text(document.get(key)))), "")


def _call_delta(index: int, call: Mapping[str, Any]) -> ToolCallDelta:
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    arguments = function.get("arguments")
    if isinstance(arguments, dict):  # some servers send the object itself instead of its text
        arguments = json.dumps(arguments)
    return ToolCallDelta(index, _text(call.get("id")), _text(function.get("name")), _text(arguments))


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    """Return a text field; content may also be a list of parts, whose texts are joined."""
    if isinstance(value, list):
        return "".join(_text(part.get("text")) for part in _objects(value))
    return value if isinstance(value, str) else ""


def _usage(document: Mapping[str, Any]) -> Usage | None:
    usage = document.get("usage")
    if not isinstance(usage, dict):
        return None
    prompt, completion = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    if prompt is None or completion is None:
        return None
    total = _count(usage, "total_tokens")
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=prompt + completion if total is None else total,
        cached_tokens=_count(usage.get("prompt_tokens_details"), "cached_tokens"),
        reasoning_tokens=_count(usage.get("completion_tokens_details"), "reasoning_tokens"),
    )


def _count(counts: object, key: str) -> int | None:
    value = counts.get(key) if isinstance(counts, dict) else None
    return value if isinstance(value, int) else None
