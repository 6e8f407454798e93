"""The conversation of an exchange as JSON, in the same form for all formats, for the inspector and for tests."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from completions.control.concerns import concerns
from completions.conversation import Choice, ErrorContent, Message, ParsedExchange, Piece, Prompt, Reply, ToolCall

Document = dict[str, Any]

SHOWN_NUMBERS = 8
"""The numbers of a vector that are shown."""


def conversation(parsed: ParsedExchange, summary: str, chunks: Sequence[Mapping[str, Any]] = ()) -> Document:
    """Return the neutral form. `summary` replaces the prompt of an incomplete request; `chunks` are a stream's."""
    prompt, reply = parsed.prompt, parsed.reply
    choices = () if reply is None else reply.choices
    return {
        "format": None if prompt is None else prompt.format,
        "task": None if prompt is None else prompt.task,
        "prompt": summary if prompt is None or parsed.cut else prompt.last_user,
        "answer": "".join(map(_text_of_choice, choices)) or _count(prompt, reply),
        "cut": parsed.cut,
        "messages": [] if prompt is None else _messages(prompt),
        "choices": [_choice(choice, index, parsed.pieces, chunks) for index, choice in enumerate(choices)],
        "usage": None if reply is None or reply.usage is None else asdict(reply.usage),
        "error": None if parsed.error is None else _error(parsed.error),
        "warnings": concerns(parsed),
    }


def _messages(prompt: Prompt) -> list[Document]:
    """Return the messages; a tool's message has the name of the tool whose call it answers, if that is known."""
    names = {call.id: call.name for message in prompt.messages for call in message.tool_calls if call.id}
    return [_message(message, names) for message in prompt.messages]


def _message(message: Message, names: Mapping[str, str]) -> Document:
    return {
        "role": message.role,
        "text": message.text,
        "name": message.name or names.get(message.tool_call_id or ""),
        "tool_calls": list(map(_call, message.tool_calls)),
        "tool_call_id": message.tool_call_id,
        "parts": [asdict(part) for part in message.parts],
    }


def _call(call: ToolCall) -> Document:
    return {"id": call.id, "name": call.name, "arguments": call.arguments, "kind": call.kind}


def _choice(choice: Choice, index: int, pieces: Sequence[Piece], chunks: Sequence[Mapping[str, Any]]) -> Document:
    vector, moderation = choice.embedding, choice.moderation
    return {
        "text": choice.text,
        "refusal": choice.refusal,
        "reasoning": choice.reasoning,
        "tool_calls": list(map(_call, choice.tool_calls)),
        "blocks": [
            {"kind": block.kind, "text": block.text, "call": _call(block.call) if block.call else None}
            for block in choice.blocks
        ],
        "finish_reason": choice.finish_reason,
        "annotations": list(choice.annotations),
        "embedding": {"dimensions": len(vector), "first": vector[:SHOWN_NUMBERS]} if vector else None,
        "moderation": {"flagged": moderation.flagged, "scores": moderation.scores} if moderation else None,
        "scores": list(choice.scores) or None,
        "pieces": [
            {"kind": piece.kind, "text": piece.text, "at_ms": chunks[piece.event]["at_ms"], "event": piece.event}
            for piece in pieces
            if piece.choice == index and piece.event < len(chunks)
        ],
    }


def _text_of_choice(choice: Choice) -> str:
    """Return a choice as one text: calls as code, vectors and moderations summarized."""
    if choice.embedding:
        return f"[a vector of {len(choice.embedding)} numbers]"
    if choice.moderation is not None:
        return f"[flagged: {', '.join(_flagged(choice)) or 'yes'}]" if choice.moderation.flagged else "[not flagged]"
    if choice.scores:
        return f"[scores of {len(choice.scores)} documents]"
    calls = "".join(f"{call.name}({call.arguments})" for call in choice.tool_calls)
    return (choice.text or choice.refusal or "") + calls


def _flagged(choice: Choice) -> Iterator[str]:
    scores = choice.moderation.scores if choice.moderation else {}
    return (name for name, score in scores.items() if score >= 0.5)


def _count(prompt: Prompt | None, reply: Reply | None) -> str:
    if prompt is None or prompt.task != "count" or reply is None or reply.usage is None:
        return ""
    return f"[{reply.usage.prompt_tokens} tokens]"


def _error(error: ErrorContent) -> Document:
    return {"message": error.message, "type": error.type, "code": error.code, "param": error.param}
