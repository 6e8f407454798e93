"""The message in Anthropic's format with which Bedrock answers if a guardrail blocks a request to Claude at `invoke`.

Recorded by agentjido/req_llm, September 2026: it is not from a model, so it costs nothing.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from completions import ids
from completions.conversation import Reply
from completions.event import Event
from completions.wire.content import only_choice

ID_LETTERS = 8
NO_USAGE = {"input_tokens": 0, "output_tokens": 0}


def whole(reply: Reply, model: str) -> dict[str, Any]:
    """Return the message."""
    return _message(reply, model, [{"type": "text", "text": _text(reply)}], "end_turn")


def events(reply: Reply, model: str) -> Iterator[Event]:
    """Yield the events of its stream, which has the text in one piece."""
    yield _event("message_start", message=_message(reply, model, [], None))
    yield _event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    delta = _event("content_block_delta", index=0, delta={"type": "text_delta", "text": _text(reply)})
    yield delta._replace(token=1)
    yield _event("content_block_stop", index=0)
    ending = _event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None})
    yield ending._replace(part="finish")
    yield _event("message_stop")


def _text(reply: Reply) -> str:
    choice = only_choice(reply)
    return choice.text or choice.refusal or ""


def _message(reply: Reply, model: str, content: list[dict[str, Any]], reason: str | None) -> dict[str, Any]:
    return {
        "id": f"bedrock-guardrails-{ids.spelled(reply.serial, ID_LETTERS, ids.HEX)}",
        "type": "message",
        "role": "assistant",
        "content": content,
        "model": model,
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": NO_USAGE,
    }


def _event(kind: str, **fields: Any) -> Event:
    return Event(orjson.dumps({"type": kind, **fields}), name=kind)
